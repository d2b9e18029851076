"""The documents say what is true of this tree: links and commands exist, twins agree, no machine is named."""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.__main__ import main
from app.config import PROJECT, Settings, load
from app.main import read_profile
from scripts import list_licences

TWINS = [("README.md", "README.ru.md"), ("docs/administrator-guide.md", "docs/administrator-guide.ru.md")]

_FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^(#+) ", re.MULTILINE)
_COMMAND = re.compile(r"(?:\.venv/bin/|`|^)liniya ([^`\n|]*)", re.MULTILINE)
_TARGET = re.compile(r"(?:^|`)make ([a-z-]+)", re.MULTILINE)
_SETTING = re.compile(r"\bLINIYA_[A-Z_]+[A-Z]\b")
_OTHERS_SETTINGS = {"LINIYA_SETTINGS", "LINIYA_DB_PASSWORD", "LINIYA_MINDED"}
"""Named LINIYA_ and no settings: the file of the settings, a variable of the compose example, the minder's mark."""

MACHINE = re.compile(r"/(?:home|root|work|Users)/[A-Za-z0-9_]")
# Each name is broken by a class of one letter: the rule holds for this file too.
REGISTRY = re.compile(
    r"p[y]pi\.org|p[y]thonhosted|files\.p[y]thon|registry\.n[p]mjs|gh[c]r\.io|qu[a]y\.io|do[c]ker\.io|d[e]b\.debian\.org"
    r"|index-url\s*="
)


@cache
def tracked() -> tuple[Path, ...]:
    """The project's files: what git has; in a copy without git, what stands here but the ignored folders."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, check=False)
    if listed.returncode == 0:
        names = [PROJECT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        names = [path for path in PROJECT.rglob("*") if not {".venv", "var", "build"} & set(path.parts)]
    return tuple(path for path in names if path.is_file())


def documents() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md"]


def named(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def text_of(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(("english", "russian"), TWINS)
def test_twins_have_the_same_headings_and_commands(english: str, russian: str) -> None:
    levels = [_HEADING.findall(_FENCED.sub("", text_of(name))) for name in (english, russian)]
    assert levels[0] == levels[1]
    blocks = [[_commands(block) for block in _FENCED.findall(text_of(name))] for name in (english, russian)]
    assert blocks[0] == blocks[1]


def _commands(block: str) -> str:
    """The block without what stands in angle brackets, which is words."""
    return re.sub(r"<[^>]*>", "<>", block)


@pytest.mark.parametrize("document", documents(), ids=named)
def test_every_relative_link_leads_to_a_file(document: Path) -> None:
    links = _LINK.findall(_FENCED.sub("", document.read_text(encoding="utf-8")))
    targets = [link.split("#")[0] for link in links if "://" not in link]
    assert not [target for target in targets if target and not (document.parent / target).exists()]


def test_links_within_a_document_lead_to_a_heading() -> None:
    text = text_of("CHANGELOG.md")
    titles = {title.strip().lower().replace(" ", "-") for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
    assert {link[1:] for link in _LINK.findall(text) if link.startswith("#")} <= titles


@pytest.mark.parametrize("document", documents(), ids=named)
def test_every_command_of_the_program_exists(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in set(_COMMAND.findall(document.read_text(encoding="utf-8"))):
        words = re.sub(r"--settings \S+ ?", "", line).split()
        verbs = [word for word in words[: 2 if words[0] in ("user", "model", "knowledge") else 1] if word.isalpha()]
        with pytest.raises(SystemExit) as ended:
            main([*verbs, "--help"])
        printed = capsys.readouterr()
        assert ended.value.code == 0, f"liniya {line}: {printed.err}"
        assert not [option for option in re.findall(r"--[a-z0-9-]+", " ".join(words)) if option not in printed.out]


@pytest.mark.parametrize("document", documents(), ids=named)
def test_every_make_target_exists(document: Path) -> None:
    known = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    named_here = set(_TARGET.findall(document.read_text(encoding="utf-8")))
    assert named_here <= known, named_here - known


@pytest.mark.parametrize("document", documents(), ids=named)
def test_every_setting_named_exists(document: Path) -> None:
    known = {f"LINIYA_{name.upper()}" for name in Settings.model_fields} | _OTHERS_SETTINGS
    assert set(_SETTING.findall(document.read_text(encoding="utf-8"))) <= known


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = []
    for path in tracked():
        raw = path.read_bytes()
        if b"\0" in raw or path == Path(__file__):
            continue
        for number, line in enumerate(raw.decode("utf-8", "replace").splitlines(), 1):
            if MACHINE.search(line) or REGISTRY.search(line):
                found.append(f"{named(path)}:{number}: {line.strip()[:100]}")
    assert not found


def test_the_patterns_find_what_they_seek() -> None:
    assert MACHINE.search("open('/home/anna/liniya')")
    assert not MACHINE.search("/opt/liniya/.venv, /var/lib/liniya")
    assert REGISTRY.search("--index-url=" + "https://p" + "ypi.org/simple")


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    explained = text_of("docs/decisions/0007-dependencies.md").lower()
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    names = [re.sub(r"[\[<>=;~ ].*", "", one).lower() for one in (*project["dependencies"], *extras)]
    assert not [name for name in names if not re.search(rf"\b{re.escape(name)}\b", explained)]


def test_every_pinned_package_stands_in_the_notices() -> None:
    notices = text_of("THIRD-PARTY-NOTICES.md")
    rows = set(re.findall(r"^\| ([\w.-]+)[ |]", notices, re.MULTILINE))
    assert list_licences.required()
    assert set(list_licences.required()) <= rows


def test_a_licence_is_read_from_the_metadata() -> None:
    licences = dict(list_licences.rows())
    assert licences["fastapi"] == "MIT"
    assert licences["psycopg"] == "LGPL-3.0-only"


def test_the_image_installs_as_the_machine_does() -> None:
    flags = re.compile(r"pip install (.*)")
    of_image = [_essential(line) for line in flags.findall(text_of("Dockerfile"))]
    of_machine = [_essential(line) for line in flags.findall(text_of("scripts/bootstrap.sh"))]
    assert of_image == of_machine == [{"--require-hashes", "-r"}, {"--no-deps", "--no-build-isolation", "-e", "."}]


def _essential(line: str) -> set[str]:
    quiet = {"--quiet", "-qq", "--disable-pip-version-check", "--no-cache-dir", "||"}
    return {word for word in line.split() if word not in quiet and "requirements" not in word}


def test_what_the_image_copies_is_there_and_let_through() -> None:
    let_through = [line[1:] for line in text_of(".dockerignore").splitlines() if line.startswith("!")]
    for line in re.findall(r"^COPY (?!--from)(.*)$", text_of("Dockerfile"), re.MULTILINE):
        for source in line.split()[:-1]:
            assert (PROJECT / source).exists(), source
            assert any(one == source or one.startswith(f"{source}/") for one in let_through), source


def test_the_compose_example_sets_only_what_exists() -> None:
    example: dict[str, Any] = yaml.safe_load(text_of("docs/compose.example.yaml"))
    known = {f"LINIYA_{name.upper()}" for name in Settings.model_fields}
    for name, service in example["services"].items():
        if name != "database":
            assert set(service["environment"]) <= known, name
            with pytest.raises(SystemExit) as ended:
                main([*service["command"], "--help"])
            assert ended.value.code == 0


def test_the_shortcuts_of_the_guide_are_those_of_the_panel() -> None:
    keys = re.findall(r'key: "([A-Z])"', text_of("static/js/panel/actions.js"))
    assert keys
    assert re.findall(r"^\| Ctrl\+Shift\+([A-Z]) ", text_of("docs/operator-guide.ru.md"), re.MULTILINE) == keys


def test_what_the_documents_count_on_in_the_profile() -> None:
    """One minute of wrap-up, two transfers, the unit `line`."""
    profile = read_profile(load())
    assert (profile.terms.wrap_up_s, profile.terms.max_transfers) == (60, 2)
    assert profile.units[0].id == "line"


@pytest.mark.parametrize("name", ["panel.png", "manager.png"])
def test_the_pictures_are_small(name: str) -> None:
    assert (PROJECT / "docs" / "images" / name).stat().st_size < 300_000
