"""What is made of the words: the steps of the script that tick (design.md, "A call, walked", 5)."""

from __future__ import annotations

from app.domain import cues
from app.domain import facts as f
from app.domain.calls import Call
from app.domain.flow import Flow, Step

JOINED_WITHIN_S = 6.0
"""A phrase that the recogniser cut in two is heard as one when the pause between was shorter."""
FAREWELL = "farewell"
TRANSFER_TOLD = ("transfer", "told")
"""The step by which the caller is told of a transfer (housing 5.7); each transfer is told anew."""


def ticks(flow: Flow, call: Call, heard: f.PhraseHeard, model: str = "") -> list[f.Fact]:
    """The steps that this phrase ticks: those of its speaker, not yet ticked, not contested by the operator."""
    said = [cues.words_of(text) for text in dict.fromkeys((heard.text, _with_what_came_before(call, heard)))]
    found: list[f.Fact] = []
    for stage in flow.stages:
        for step in stage.steps:
            place = (stage.id, step.id)
            if step.speaker != heard.speaker or call.ticked(*place) or place in call.contested:
                continue
            score = max(_score(step, words) for words in said)
            if score:
                found.append(f.StepTicked(*place, f.By.SPEECH, heard.text, round(score, 3), model))
    return found


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
    return _score(step, cues.words_of(heard.text)) > 0


def _score(step: Step, said: list[str]) -> float:
    """How surely the step was done in these words: 0 when what suppresses it stands beside."""
    score = cues.best(step.cues, said)
    return 0.0 if score and cues.best(step.unless, said) else score


def farewell_said(flow: Flow, call: Call) -> bool:
    """Every step of the farewell stage is ticked, or the flow has no such stage."""
    stage = flow.stage(FAREWELL)
    return stage is None or all(call.ticked(stage.id, step.id) for step in stage.steps)


def stage_done(flow: Flow, call: Call, stage_id: str) -> bool:
    stage = flow.stage(stage_id)
    return stage is not None and bool(stage.steps) and all(call.ticked(stage.id, s.id) for s in stage.steps)
