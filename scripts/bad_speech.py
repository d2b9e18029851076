"""The written conversations of operators who speak badly (tests/unit/domain/bad_speech), and others, with times.

Each turn is marked by hand with the slips that an attentive listener would note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from app.domain.facts import Speaker
from app.domain.operators_speech import HintKind
from scripts.dialogues import PROJECT, SPEAKERS, Dialogue

FOLDER = PROJECT / "tests" / "unit" / "domain" / "bad_speech"
USUAL_PACE = {Speaker.OPERATOR: 110.0, Speaker.CALLER: 130.0}
"""Words a minute of a turn that tells nothing else."""
USUAL_GAP_S = 0.8

_LINE = re.compile(r"(?P<who>[ОК])(?: \((?P<how>[-+.\d ]+)\))?: (?P<text>[^\[\]]+?)(?: \[(?P<slips>[a-z_ ]+)\])?")
_HOW = re.compile(r"(?P<gap>[-+]\d+(?:\.\d+)?)? ?(?P<pace>\d+)?")


@dataclass(frozen=True)
class Timed:
    """A turn in time; `slips` are the kinds that were marked."""

    speaker: Speaker
    text: str
    start_s: float
    end_s: float
    slips: frozenset[HintKind] = frozenset()

    @property
    def words(self) -> tuple[tuple[str, float, float], ...]:
        """Its words, equally long."""
        words = self.text.split()
        each_s = (self.end_s - self.start_s) / len(words)
        return tuple(
            (word, self.start_s + n * each_s, self.start_s + (n + 1) * each_s) for n, word in enumerate(words)
        )


@dataclass(frozen=True)
class Talk:
    """A conversation in the order in which turns begin. `blind`: nothing is tuned on it."""

    profile: str
    title: str
    turns: tuple[Timed, ...]
    blind: bool = False

    @property
    def name(self) -> str:
        return f"{self.profile}: {self.title}"

    @property
    def minutes(self) -> float:
        return max(turn.end_s for turn in self.turns) / 60


def bad_talks() -> list[Talk]:
    """All of them. ValueError names a line that cannot be read."""
    return [talk for path in sorted(FOLDER.glob("*.yaml")) for talk in _read(path)]


def timed(dialogue: Dialogue) -> Talk:
    """A written dialogue, talked at the usual pace and without a slip that anybody marked."""
    turns = _in_time((turn.speaker, turn.text, None, None, frozenset()) for turn in dialogue.turns)
    return Talk(dialogue.profile, dialogue.title, turns, dialogue.blind)


_Written = tuple[Speaker, str, float | None, float | None, frozenset[HintKind]]
"""Who, what, seconds after all that was said before, words a minute, slips."""


def _read(path: Path) -> list[Talk]:
    profile, blind = path.stem.split("-")[0], path.stem.endswith("-blind")
    return [
        Talk(
            profile, one["title"], _in_time(_written(line, f"{path.name}: {one['title']}") for line in lines), blind
        )
        for one in yaml.safe_load(path.read_text(encoding="utf-8"))
        if (lines := one["talk"].strip().splitlines())
    ]


def _written(line: str, where: str) -> _Written:
    match = _LINE.fullmatch(line.strip())
    how = match and _HOW.fullmatch(match["how"] or "")
    if not match or not how:
        raise ValueError(f"{where}: not a turn: {line}")
    gap, pace = (float(how[name]) if how[name] else None for name in ("gap", "pace"))
    slips = frozenset(HintKind(kind) for kind in (match["slips"] or "").split())
    return SPEAKERS[match["who"]], match["text"], gap, pace, slips


def _in_time(written: Iterable[_Written]) -> tuple[Timed, ...]:
    turns: list[Timed] = []
    silent_from_s = 0.0
    for speaker, text, gap_s, pace, slips in written:
        start_s = max(0.0, silent_from_s + (USUAL_GAP_S if gap_s is None else gap_s))
        end_s = start_s + 60 * len(text.split()) / (pace or USUAL_PACE[speaker])
        turns.append(Timed(speaker, text, round(start_s, 2), round(end_s, 2), slips))
        silent_from_s = max(silent_from_s, end_s)
    return tuple(turns)
