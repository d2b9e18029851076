"""Sentences of the project's own texts: scripts, knowledge base, announcements, regulations, guides in Russian."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scripts.train_model.spoken import Sentence, sentences_of, spoken_words
from scripts.train_model.word_forms import analyzer

PROJECT = Path(__file__).resolve().parents[2]
_PROFILES = ("default", "education", "heritage", "housing", "labour", "property")
_VARIABLE = re.compile(r"\{[a-z_]+\}")
_CYRILLIC = re.compile(r"[А-Яа-яЁё]")
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_SKIPPED_KEYS = {"source", "sources", "id", "key", "contacts", "zone", "order", "done", "later", "not", "rules"}
_STEM = re.compile(r"([А-Яа-яЁё]+)\*")
_MOST_COMPLETIONS = 12
_UNKNOWN_VALUE = "\n"
"""A variable ends the phrase where nothing is known to stand for it."""


@dataclass(frozen=True)
class Texts:
    """`asked`: what callers ask (questions of articles, referrals, needs). `heard`: short answers and cues that the
    program listens for. `said`: everything else that is spoken or read out. `guides`: documents for reading."""

    asked: tuple[Sentence, ...]
    heard: tuple[Sentence, ...]
    said: tuple[Sentence, ...]
    guides: tuple[Sentence, ...]


def read_texts(root: Path = PROJECT) -> Texts:
    """All texts under `root`, in a stable order, repetitions kept once."""
    asked: list[str] = []
    heard: list[str] = []
    said: list[str] = []
    for path in sorted((root / "call_flows").glob("*/*.yaml")):
        if path.parent.name in _PROFILES:
            for kind, text in _strings(_loaded(path.read_text(encoding="utf-8")), ""):
                {"asked": asked, "heard": heard}.get(kind, said).append(text)
    for path in sorted((root / "call_flows").glob("*/articles/*.md")):
        front, body = _article(path.read_text(encoding="utf-8"))
        asked += [front["title"], *front.get("questions", ())]
        said.append(body)
    return Texts(
        _spoken(asked), _unique(_heard(heard)), _spoken(said), _spoken([*_regulations(root), *_guides(root)])
    )


def _regulations(root: Path) -> list[str]:
    found: list[str] = []
    for path in sorted((root / "call_flows" / "regulations").glob("*.yaml")):
        regulation = _loaded(path.read_text(encoding="utf-8"))
        found += [regulation["title"], *(str(clause["says"]) for clause in regulation["clauses"])]
    return found


def _guides(root: Path) -> list[str]:
    paths = [
        root / "README.ru.md",
        *sorted((root / "docs").glob("*.ru.md")),
        root / "docs" / "operator-guide.ru.md",
    ]
    return [re.sub(r"```.*?```|`[^`]*`|https?:\S+", "\n", path.read_text(encoding="utf-8"), flags=re.DOTALL)
            for path in dict.fromkeys(paths)]  # fmt: skip


def _article(text: str) -> tuple[dict[str, Any], str]:
    match = _FRONT_MATTER.match(text)
    if match is None:
        raise ValueError("an article begins with its front matter between two lines of three hyphens")
    return _loaded(match[1]), text[match.end() :]


def _loaded(text: str) -> Any:
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _strings(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Strings with Cyrillic letters, each with its kind: "asked", "heard" or "said"."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in _SKIPPED_KEYS:
                yield from _strings(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, key)
    elif isinstance(value, str) and _CYRILLIC.search(value):
        kind = {"questions": "asked", "needs": "asked", "cues": "heard", "unless": "heard", "spoken": "heard",
                "words": "heard"}.get(key, "said")  # fmt: skip
        yield kind, _VARIABLE.sub(_UNKNOWN_VALUE, value)


def _spoken(texts: list[str]) -> tuple[Sentence, ...]:
    return _unique(sentence for text in texts for sentence in sentences_of(text))


def _unique(sentences: Any) -> tuple[Sentence, ...]:
    return tuple(dict.fromkeys(sentences))


def _heard(cues: list[str]) -> Iterator[Sentence]:
    for cue in cues:
        words = spoken_words(cue.lower()) if "*" not in cue else None
        if words:
            yield tuple(words)


def cue_stems(root: Path = PROJECT) -> tuple[str, ...]:
    """The stems of all cues: «жилищн» of «жилищн* надзор*»."""
    found: dict[str, None] = {}
    for path in sorted((root / "call_flows").glob("*/*.yaml")):
        if path.parent.name in _PROFILES:
            for _kind, text in _strings(_loaded(path.read_text(encoding="utf-8")), ""):
                found.update(dict.fromkeys(stem.lower() for stem in _STEM.findall(text)))
    return tuple(found)


def completions(stem: str) -> list[str]:
    """Dictionary words that begin with a stem, shortest first, at most twelve."""
    words = {parse[0] for parse in analyzer().dictionary.words.iteritems(stem)} if len(stem) > 2 else set()
    return sorted((word for word in words if "-" not in word), key=lambda word: (len(word), word))[
        :_MOST_COMPLETIONS
    ]
