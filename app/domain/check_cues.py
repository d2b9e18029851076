"""Faults of the cues: what would tick a step that was not meant, or could never tick its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

from app.domain.cues import best, heard, words_of
from app.domain.drafts import DraftFlow, DraftStep, Finding, Written, error, warning


@dataclass(frozen=True)
class _Heard:
    """A cue as it is listened for, and as it sounds when it is just said."""

    written: Written
    cue: str
    said: list[str]


@dataclass(frozen=True)
class _Step:
    stage: str
    step: DraftStep
    cues: tuple[_Heard, ...]
    unless: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.stage}/{self.step.id.text}"


def cue_findings(flow: DraftFlow, names: Mapping[str, str]) -> Iterator[Finding]:
    """`names` are what `{body}` and `{short}` stand for."""
    steps = [
        _Step(
            stage.id.text,
            step,
            tuple(_as_heard(cue, names) for cue in step.cues),
            tuple(_filled(one.text, names) for one in step.unless),
        )
        for stage in flow.stages
        for step in stage.steps
    ]
    for step in steps:
        yield from _own(step)
    for one, other in permutations(steps, 2):
        if one.step.speaker == other.step.speaker:
            yield from _between(one, other)


def _as_heard(cue: Written, names: Mapping[str, str]) -> _Heard:
    text = _filled(cue.text, names)
    return _Heard(cue, text, [word.rstrip("*") for word in words_of(text)])


def _filled(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _own(step: _Step) -> Iterator[Finding]:
    seen: dict[str, Written] = {}
    for cue in step.cues:
        words = " ".join(words_of(cue.cue))
        if words in seen:
            yield warning(cue.written, f"the cue «{cue.written.text}» stands twice in {step.name}")
        seen.setdefault(words, cue.written)
        if best(step.unless, cue.said):
            yield error(
                cue.written, f"the cue «{cue.written.text}» never ticks {step.name}: its unless suppresses it"
            )


def _between(one: _Step, other: _Step) -> Iterator[Finding]:
    """What is said for `one` and ticks `other`. Within a stage a longer cue may well tick two steps."""
    for cue in one.cues:
        if not cue.said or best(other.unless, cue.said):
            continue
        for theirs in other.cues:
            if len(theirs.said) > len(cue.said):
                continue
            same = words_of(theirs.cue) == words_of(cue.cue)
            if one.stage == other.stage:
                if same and one.step.id.place < other.step.id.place:
                    yield warning(
                        cue.written, f"the cue «{cue.written.text}» ticks both {one.name} and {other.name}"
                    )
            elif heard(theirs.cue, cue.said):
                shown = "" if same else f" by its cue «{theirs.written.text}»"
                yield error(
                    cue.written,
                    f"the cue «{cue.written.text}» of {one.name} ticks {other.name}, too{shown}: make it longer, "
                    f"or suppress it there with unless",
                )
                break
