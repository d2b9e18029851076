"""The scripts of a conversation and of the survey, as values (education 3.5.4-3.5.6, housing 5.12).

A flow guides and never locks (education 3.1.1): stages have phrases to read, leading questions, steps that tick.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.domain.errors import BadFlow
from app.domain.facts import Speaker
from app.domain.working_time import Schedule

VARIABLES = frozenset(
    {
        "greeting",
        "body",
        "unit",
        "surname",
        "name",
        "patronymic",
        "position",
        "caller",
        "need",
        "hours",
        "next_opening",
        "due",
        "minutes",
        "target",
    }
)


@dataclass(frozen=True)
class Step:
    """One thing to be said or done: ticks when one of its cues is heard from its speaker."""

    id: str
    title: str
    cues: tuple[str, ...] = ()
    speaker: Speaker = Speaker.OPERATOR


@dataclass(frozen=True)
class Stage:
    """A part of the conversation. `phrases` are templates (`{greeting}`, `{surname}` ...); of the phrases whose
    variables are all known the first is proposed, the others stand ready. `source` is the clause."""

    id: str
    title: str
    source: str
    phrases: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    questions: tuple[str, ...] = ()
    field: str = ""
    """The field of the panel that belongs to the stage: caller, need, topic, notes or ""."""
    branch: bool = False
    """Only on a branch of the conversation (hold, transfer ...): the script does not lead there by itself."""


@dataclass(frozen=True)
class Flow:
    id: str
    stages: tuple[Stage, ...]

    def stage(self, stage_id: str) -> Stage | None:
        return next((s for s in self.stages if s.id == stage_id), None)

    def step(self, stage_id: str, step_id: str) -> Step | None:
        stage = self.stage(stage_id)
        return next((s for s in stage.steps if s.id == step_id), None) if stage else None


@dataclass(frozen=True)
class SurveyAnswer:
    """One answer: `text` verbatim as the order has it, a key, and what callers say for it."""

    id: str
    text: str
    key: str
    spoken: tuple[str, ...]


@dataclass(frozen=True)
class SurveyQuestion:
    """`text` is verbatim; `prompt` is what the caller hears: the question with the keys."""

    id: str
    text: str
    prompt: str
    answers: tuple[SurveyAnswer, ...]


@dataclass(frozen=True)
class Survey:
    source: str
    questions: tuple[SurveyQuestion, ...]
    attempts: int = 2
    """How often a question is asked at most: once more on silence or nonsense (L15)."""

    def question(self, question_id: str) -> SurveyQuestion | None:
        return next((q for q in self.questions if q.id == question_id), None)


@dataclass(frozen=True)
class Topic:
    id: str
    title: str
    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unit:
    id: str
    name: str
    numbers: tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """How long things may take in this organisation."""

    callback: timedelta = timedelta(hours=4)
    """Proposed working time until a promised call back."""
    offer_s: int = 20
    """How long a call rings at one operator."""
    wrap_up_s: int = 60
    """How long an operator has for writing up a call."""
    survey_answer_s: int = 7
    """How long the survey waits for an answer after the question."""
    max_transfers: int = 2
    hold_s: int = 60


@dataclass(frozen=True)
class Profile:
    """An organisation: its names, units, hours, terms, scripts and announcements."""

    id: str
    body: str
    schedule: Schedule
    hours_text: str
    units: tuple[Unit, ...]
    terms: Terms
    incoming: Flow
    outgoing: Flow
    survey: Survey
    topics: tuple[Topic, ...]
    announcements: Mapping[str, str]
    version: str
    """Changes with every change of the files, so that a call knows what it was led by."""

    def unit_of(self, dialled: str) -> Unit:
        """The unit that a dialled number leads to; unknown numbers go to the reception, the first unit (L2)."""
        wanted = _as_dialled(dialled)
        for unit in self.units:
            if wanted and any(_as_dialled(number) == wanted for number in unit.numbers):
                return unit
        return self.units[0]


def _as_dialled(number: str) -> str:
    """What is compared: the digits of a number, or a name such as `line` as it stands."""
    if any(c.isalpha() for c in number):
        return number.strip().lower()
    digits = "".join(c for c in number if c.isdigit())
    # 8 and +7 lead to the same Russian number.
    return "7" + digits[1:] if len(digits) == 11 and digits[0] == "8" else digits


def variables_of(template: str, where: str) -> frozenset[str]:
    """The variables a phrase uses. BadFlow names an unknown one or a broken brace, and where it stands."""
    try:
        parts = [part for part in string.Formatter().parse(template) if part[1] is not None]
    except ValueError as error:
        raise BadFlow(f"{where}: «{template}»: {error}") from None
    if any(form or conversion for _, _, form, conversion in parts):
        raise BadFlow(f"{where}: «{template}»: write a variable as {{name}}, without «:» or «!»")
    names = {str(name) for _, name, _, _ in parts}
    unknown = names - VARIABLES
    if unknown:
        raise BadFlow(
            f"{where}: unknown variable {{{sorted(unknown)[0]}}} in «{template}»; "
            f"known are {', '.join(sorted(VARIABLES))}"
        )
    return frozenset(names)


def render(templates: tuple[str, ...], values: Mapping[str, str]) -> list[str]:
    """The phrases whose variables all have a value, rendered, in their order."""
    known = {name for name, value in values.items() if value}
    return [t.format_map(values) for t in templates if variables_of(t, "phrase") <= known]


def greeting_by_hour(hour: int) -> str:
    """The greeting by the time of day (education 3.5.5): morning till noon, day till six, evening after."""
    if 4 <= hour < 12:
        return "Доброе утро"
    if 12 <= hour < 18:
        return "Добрый день"
    return "Добрый вечер"
