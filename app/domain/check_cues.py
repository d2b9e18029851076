"""Faults of the cues: what would tick a step that was not meant, or could never tick its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

from app.domain.cues import Ear, Forms, Listened, as_said, forms_of_cues, words_of_cue
from app.domain.drafts import DraftFlow, DraftStep, Finding, Written, error, warning


@dataclass(frozen=True)
class _Heard:
    """A cue as it is listened for, and what is heard when it is just said."""

    written: Written
    cue: str
    listened: Listened

    @property
    def words(self) -> tuple[tuple[str, ...], ...]:
        return words_of_cue(self.cue)


@dataclass(frozen=True)
class _Step:
    stage: str
    step: DraftStep
    cues: tuple[_Heard, ...]
    unless: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.stage}/{self.step.id.text}"


def cue_findings(flow: DraftFlow, names: Mapping[str, str], forms_of: Callable[[str], Forms]) -> Iterator[Finding]:
    """`names` are what `{body}` and `{short}` stand for."""
    written = [one for stage in flow.stages for step in stage.steps for one in (*step.cues, *step.unless)]
    cues = [_filled(one.text, names) for one in written]
    ear = Ear(cues, forms_of_cues(cues, forms_of))
    steps = [
        _Step(
            stage.id.text,
            step,
            tuple(_as_heard(cue, names, ear) for cue in step.cues),
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


def _as_heard(cue: Written, names: Mapping[str, str], ear: Ear) -> _Heard:
    text = _filled(cue.text, names)
    return _Heard(cue, text, ear.listen(as_said(text)))


def _filled(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _own(step: _Step) -> Iterator[Finding]:
    seen: dict[tuple[tuple[str, ...], ...], Written] = {}
    for cue in step.cues:
        if cue.words in seen:
            yield warning(cue.written, f"the cue «{cue.written.text}» stands twice in {step.name}")
        seen.setdefault(cue.words, cue.written)
        if cue.listened.best(step.unless):
            yield error(
                cue.written, f"the cue «{cue.written.text}» never ticks {step.name}: its unless suppresses it"
            )


def _between(one: _Step, other: _Step) -> Iterator[Finding]:
    """What is said for `one` and ticks `other`. Within a stage a longer cue may well tick two steps."""
    for cue in one.cues:
        if not cue.words or cue.listened.best(other.unless):
            continue
        for theirs in other.cues:
            if len(theirs.words) > len(cue.words):
                continue
            same = theirs.words == cue.words
            if one.stage == other.stage:
                if same and one.step.id.place < other.step.id.place:
                    yield warning(
                        cue.written, f"the cue «{cue.written.text}» ticks both {one.name} and {other.name}"
                    )
            elif cue.listened.heard(theirs.cue):
                shown = "" if same else f" by its cue «{theirs.written.text}»"
                yield error(
                    cue.written,
                    f"the cue «{cue.written.text}» of {one.name} ticks {other.name}, too{shown}: make it longer, "
                    f"or suppress it there with unless",
                )
                break
