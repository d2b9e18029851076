"""`liniya flows check` and `liniya flows show`, as a person runs them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from app.__main__ import main
from app.config import PROJECT

FLOWS = PROJECT / "call_flows"


@pytest.fixture
def flows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of scripts with housing alone, without articles."""
    for name in ("default", "regulations"):
        shutil.copytree(FLOWS / name, tmp_path / "flows" / name)
    shutil.copytree(FLOWS / "housing", tmp_path / "flows" / "housing", ignore=shutil.ignore_patterns("articles"))
    monkeypatch.setenv("LINIYA_CALL_FLOWS_DIR", str(tmp_path / "flows"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "flows"


def broken(flows: Path) -> None:
    path = flows / "housing" / "outgoing.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("{to: status,", "{to: statsu,", 1), encoding="utf-8")


def test_findings_are_printed_with_file_and_line_and_a_summary(
    flows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken(flows)
    assert main(["flows", "check"]) == 1
    printed = capsys.readouterr().out.splitlines()
    line = next(line for line in printed if "«statsu»" in line)
    file, number, severity, _ = line.split(":", 3)
    assert (file, severity) == ("flows/housing/outgoing.yaml", " error")
    assert "statsu" in (flows.parent / file).read_text(encoding="utf-8").splitlines()[int(number) - 1]
    assert printed[-1].startswith("1 profile: ")
    assert "error" in printed[-1]


def test_findings_as_json(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken(flows)
    assert main(["flows", "check", "housing", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert {"file", "line", "severity", "text"} == set(found[0])
    assert any("«statsu»" in one["text"] for one in found)


def test_an_unknown_profile_is_told_with_those_that_there_are(
    flows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["flows", "check", "houses"]) == 2
    assert "there is no profile «houses»" in (printed := capsys.readouterr().err)
    assert "there are: housing" in printed
    shutil.rmtree(flows / "housing")
    assert main(["flows", "check"]) == 2
    assert "there is no profile" in capsys.readouterr().err


def test_a_script_is_drawn_into_a_file_or_printed(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flows", "show", "housing", "outgoing", "-o", "drawn.svg"]) == 0
    assert capsys.readouterr().out == "drawn.svg is written\n"
    drawn = (flows.parent / "drawn.svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(drawn)[0].text == (
        "Сценарий исходящего звонка, Служба жилищного надзора Астраханской области"
    )
    assert main(["flows", "show", "housing"]) == 0
    assert "Приветствие" in capsys.readouterr().out
    assert main(["flows", "show", "-o", "nowhere/drawn.svg"]) == 2
    assert "cannot be written" in capsys.readouterr().err
