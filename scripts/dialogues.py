"""The written dialogues (tests/unit/domain/dialogues): conversations marked by hand with the steps they fulfil."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from app.domain.facts import Speaker
from app.domain.flow import Flow
from app.domain.profile import Profile
from app.storage.flows import load_profile

PROJECT = Path(__file__).resolve().parent.parent
FOLDER = PROJECT / "tests" / "unit" / "domain" / "dialogues"
YEARS = range(2026, 2027)

_LINE = re.compile(r"(?P<who>[ОК]): (?P<text>[^\[\]]+?)(?: \[(?P<steps>[a-z_. ]+)\])?")
SPEAKERS = {"О": Speaker.OPERATOR, "К": Speaker.CALLER}

Place = tuple[str, str]
"""Stage and step."""


@dataclass(frozen=True)
class Turn:
    """What one side said in one breath, and the steps that it fulfilled."""

    speaker: Speaker
    text: str
    steps: frozenset[Place] = frozenset()


@dataclass(frozen=True)
class Dialogue:
    """`blind`: nothing is tuned on it."""

    profile: str
    flow: str
    title: str
    turns: tuple[Turn, ...]
    blind: bool

    @property
    def name(self) -> str:
        return f"{self.profile}, {self.flow}: {self.title}"


def dialogues() -> list[Dialogue]:
    """All of them. ValueError names a line that cannot be read or a step that there is not."""
    return [dialogue for path in sorted(FOLDER.glob("*.yaml")) for dialogue in _read(path)]


@cache
def listened(profile_id: str) -> Profile:
    """The profile, read once."""
    return load_profile(PROJECT / "call_flows" / profile_id, years=YEARS)


def flow_of(dialogue: Dialogue) -> Flow:
    profile = listened(dialogue.profile)
    return profile.flow(dialogue.flow) or profile.incoming


def _read(path: Path) -> list[Dialogue]:
    profile = path.stem.split("-")[0]
    blind = path.stem.endswith("-blind")
    found = []
    for one in yaml.safe_load(path.read_text(encoding="utf-8")):
        turns = tuple(_turn(line, f"{path.name}: {one['title']}") for line in one["talk"].strip().splitlines())
        dialogue = Dialogue(profile, one["flow"], one["title"], turns, blind)
        flow = flow_of(dialogue)
        unknown = [place for turn in turns for place in turn.steps if flow.step(*place) is None]
        if unknown:
            raise ValueError(f"{path.name}: {one['title']}: the script has no step {'.'.join(unknown[0])}")
        found.append(dialogue)
    return found


def _turn(line: str, where: str) -> Turn:
    match = _LINE.fullmatch(line.strip())
    if match is None:
        raise ValueError(f"{where}: not a turn: {line}")
    steps = (match["steps"] or "").split()
    places = frozenset((stage, step) for stage, _, step in (name.partition(".") for name in steps))
    return Turn(SPEAKERS[match["who"]], match["text"], places)
