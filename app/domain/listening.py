"""What is made of the words: the steps of the script that tick (design.md, "A call, walked", 5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.domain import facts as f
from app.domain.calls import Call, Contested
from app.domain.cues import Forms, Listened, forms_of_cues, words_of
from app.domain.flow import Flow, Step
from app.domain.profile import Profile

JOINED_WITHIN_S = 6.0
"""A phrase that the recogniser cut in two is heard as one when the pause between was shorter."""
FAREWELL = "farewell"
TRANSFER_TOLD = ("transfer", "told")
"""The step by which the caller is told of a transfer (housing 5.7); each transfer is told anew."""
RECURRING = frozenset({"hold", "transfer"})
"""Stages that a call may pass more than once: their steps tick each time."""
AGAIN_AFTER_S = 45.0
"""So long after its last tick a recurring step may tick again: «перевожу Вас… сейчас соединю» is one telling, and
no hold is promised, kept and begun anew in less."""
CONTEST_HOLDS_S = 60.0
"""So long after the operator contested a tick speech does not tick the step again: what was misheard is often said
again at once. What was contested once is never ticked by the same words."""

Place = tuple[str, str]
"""Stage and step."""


def recurs(place: Place) -> bool:
    """The step may be done several times in a call."""
    return place[0] in RECURRING


def ticks(flow: Flow, call: Call, heard: f.PhraseHeard, model: str = "") -> list[f.Fact]:
    """The steps that this phrase ticks: those of its speaker that are not ticked, or may be again, and that the
    operator has not contested. `model` is what recognised the phrase."""
    listened = [
        flow.ear.listen(words_of(text)) for text in dict.fromkeys((heard.text, _with_what_came_before(call, heard)))
    ]
    found: list[f.Fact] = []
    for stage in flow.stages:
        for step in stage.steps:
            place = (stage.id, step.id)
            if step.speaker != heard.speaker or not _may_tick(call, place, heard):
                continue
            score = max(_score(step, one) for one in listened)
            if score:
                found.append(f.StepTicked(*place, f.By.SPEECH, heard.text, round(score, 3), model))
    return found


def _may_tick(call: Call, place: Place, heard: f.PhraseHeard) -> bool:
    contested = call.contest_of(*place)
    if contested is not None:
        return _outlasted(call, contested, heard)
    last = max((tick.at for tick in call.ticks if (tick.stage, tick.step) == place), default=None)
    if last is None:
        return True
    if not recurs(place) or call.arrived_at is None:
        return False
    return heard.start_s - (last - call.arrived_at).total_seconds() >= AGAIN_AFTER_S


def _outlasted(call: Call, contested: Contested, heard: f.PhraseHeard) -> bool:
    if call.arrived_at is None or words_of(heard.text) == words_of(contested.phrase):
        return False
    return heard.start_s - (contested.at - call.arrived_at).total_seconds() >= CONTEST_HOLDS_S


def _with_what_came_before(call: Call, heard: f.PhraseHeard) -> str:
    for phrase in reversed(call.phrases):
        if phrase.speaker == heard.speaker:
            near = 0 <= heard.start_s - phrase.end_s <= JOINED_WITHIN_S
            return f"{phrase.text} {heard.text}" if near and phrase.operator == heard.operator else heard.text
    return heard.text


def told_of_transfer(flow: Flow, heard: f.PhraseHeard) -> bool:
    """The operator said in this phrase that the caller will be transferred."""
    step = flow.step(*TRANSFER_TOLD)
    if step is None or heard.speaker != step.speaker:
        return False
    return _score(step, flow.ear.listen(words_of(heard.text))) > 0


def _score(step: Step, listened: Listened) -> float:
    """How surely the step was done in these words: 0 when what suppresses it stands beside."""
    score = listened.best(step.cues)
    return 0.0 if score and listened.best(step.unless) else score


def farewell_said(flow: Flow, call: Call) -> bool:
    """Every step of the farewell stage is ticked, or the flow has no such stage."""
    stage = flow.stage(FAREWELL)
    return stage is None or all(call.ticked(stage.id, step.id) for step in stage.steps)


def stage_done(flow: Flow, call: Call, stage_id: str) -> bool:
    stage = flow.stage(stage_id)
    return stage is not None and bool(stage.steps) and all(call.ticked(stage.id, s.id) for s in stage.steps)


# --- word forms ----------------------------------------------------------------------------------------------


def with_word_forms(profile: Profile, forms_of: Callable[[str], Forms]) -> Profile:
    """The profile with the forms of every word of its cues, so that no dictionary is asked while calls run.
    `forms_of` gives those of a word without its marks."""
    return replace(
        profile,
        incoming=_with_forms(profile.incoming, forms_of),
        outgoing=_with_forms(profile.outgoing, forms_of),
        internal=_with_forms(profile.internal, forms_of),
    )


def _with_forms(flow: Flow, forms_of: Callable[[str], Forms]) -> Flow:
    cues = (cue for stage in flow.stages for step in stage.steps for cue in (*step.cues, *step.unless))
    made = replace(flow, forms=forms_of_cues(cues, forms_of))
    assert made.ear  # it takes 30 ms to make: now, and not when the first word of a call is heard
    return made
