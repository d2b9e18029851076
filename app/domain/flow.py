"""The scripts of a conversation and of the survey, as values (education 3.5.4-3.5.6, housing 5.12).

A flow is a graph that guides and never locks (education 3.1.1): stages have phrases to read, leading questions,
fields to fill, steps that tick, and edges to what may come next. Every phrase has variants, so that operators do
not sound alike.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from app.domain.cues import Ear, FormsOf
from app.domain.errors import BadFlow
from app.domain.facts import Speaker

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
        "topic",
        "hours",
        "next_opening",
        "due",
        "return_in",
        "target",
        "target_unit",
        "referral",
        "referral_contacts",
        "question",
        "number",
    }
)

FIELDS = ("caller", "need", "topic", "notes", "referral", "agenda", "satisfied")
"""The fields of the panel that a stage may ask for."""


class NeedWas(StrEnum):
    """Whether the caller's need was met in this call: a promise or a referral leaves it unmet (education 3.5.5)."""

    MET = "met"
    UNMET = "unmet"


class Kind(StrEnum):
    """What leads from a stage to the next."""

    ONWARD = "onward"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    LOOK_UP = "look_up"
    BACK = "back"
    TRANSFER = "transfer"
    PROMISE = "promise"
    NOT_OURS = "not_ours"
    NO_ACTING = "no_acting"
    AGREED = "agreed"
    LATER = "later"


@dataclass(frozen=True)
class Next:
    """An edge of the graph: the stage it leads to, in which case, and how the panel names it."""

    to: str
    when: Kind = Kind.ONWARD
    title: str = ""


@dataclass(frozen=True)
class Phrase:
    """One thing to say, in its variants: templates (`{greeting}`, `{surname}` ...). `when` None is always
    proposed, else only when the need was so."""

    variants: tuple[str, ...]
    when: NeedWas | None = None


@dataclass(frozen=True)
class Saying:
    """A phrase as it is proposed: the variant chosen, and the others that can be said now."""

    text: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One thing to be said or done: ticks when one of its cues is heard from its speaker, unless one of `unless`
    is heard in the same phrase."""

    id: str
    title: str
    cues: tuple[str, ...] = ()
    speaker: Speaker = Speaker.OPERATOR
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stage:
    """A part of the conversation. `source` are the clauses it comes from (`housing 5.5`); `fields` are names of
    `FIELDS`; the first of `next` is the main course; `end`: a conversation may end here."""

    id: str
    title: str
    source: tuple[str, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    steps: tuple[Step, ...] = ()
    questions: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    next: tuple[Next, ...] = ()
    end: bool = False

    def sayings(self, values: Mapping[str, str], need: NeedWas, seed: str) -> list[Saying]:
        """The phrases that can be said now; `seed` (the call) settles which variant of each is proposed."""
        fitting = [(n, p) for n, p in enumerate(self.phrases) if p.when in (None, need)]
        said = (saying(phrase.variants, values, f"{seed}/{self.id}/{n}") for n, phrase in fitting)
        return [one for one in said if one is not None]


@dataclass(frozen=True)
class Flow:
    id: str
    stages: tuple[Stage, ...]
    begins: str = ""
    """The stage a conversation starts with; "" is the first."""
    forms: FormsOf = field(default_factory=dict, compare=False, repr=False)
    """The forms of the words of its cues (`listening.with_word_forms`)."""

    @property
    def start(self) -> str:
        return self.begins or self.stages[0].id

    def stage(self, stage_id: str) -> Stage | None:
        return self._by_id.get(stage_id)

    def step(self, stage_id: str, step_id: str) -> Step | None:
        stage = self.stage(stage_id)
        return next((s for s in stage.steps if s.id == step_id), None) if stage else None

    @cached_property
    def course(self) -> tuple[str, ...]:
        """The main course: from the start along the first edges, to an end or to a stage that was passed."""
        found: list[str] = []
        at = self.stage(self.start)
        while at is not None and at.id not in found:
            found.append(at.id)
            at = self.stage(at.next[0].to) if at.next else None
        return tuple(found)

    def is_branch(self, stage_id: str) -> bool:
        """Off the main course (hold, transfer ...): the script does not lead there by itself."""
        return stage_id not in self.course

    @cached_property
    def reachable(self) -> frozenset[str]:
        """The stages to which a way leads from the start."""
        return _closure({self.start}, {s.id: {n.to for n in s.next} for s in self.stages})

    @cached_property
    def leavable(self) -> frozenset[str]:
        """The stages from which a way leads to an end."""
        back: dict[str, set[str]] = {}
        for stage in self.stages:
            for edge in stage.next:
                back.setdefault(edge.to, set()).add(stage.id)
        return _closure({s.id for s in self.stages if s.end}, back)

    @cached_property
    def ear(self) -> Ear:
        """What hears the cues of its steps."""
        steps = [step for stage in self.stages for step in stage.steps]
        return Ear((cue for step in steps for cue in (*step.cues, *step.unless)), self.forms)

    @cached_property
    def _by_id(self) -> dict[str, Stage]:
        return {stage.id: stage for stage in self.stages}


def _closure(first: set[str], edges: Mapping[str, set[str]]) -> frozenset[str]:
    found, todo = set(first), list(first)
    while todo:
        new = edges.get(todo.pop(), set()) - found
        found |= new
        todo += new
    return frozenset(found)


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
    source: tuple[str, ...]
    questions: tuple[SurveyQuestion, ...]
    attempts: int = 2
    """How often a question is asked at most: once more on silence or nonsense (L15)."""

    def question(self, question_id: str) -> SurveyQuestion | None:
        return next((q for q in self.questions if q.id == question_id), None)


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


def saying(variants: tuple[str, ...], values: Mapping[str, str], seed: str) -> Saying | None:
    """The variant for `seed` (always the same one while its variables are known) and the others; None when no
    variant can be said."""

    def rank(variant: str) -> bytes:
        return hashlib.blake2b(f"{seed}/{variant}".encode(), digest_size=8).digest()

    # Each variant has a rank of its own, so that one which becomes sayable later moves no other.
    ranked = render(tuple(sorted(variants, key=rank)), values)
    return Saying(ranked[0], tuple(ranked[1:])) if ranked else None


def greeting_by_hour(hour: int) -> str:
    """The greeting by the time of day (education 3.5.5): morning till noon, day till six, evening after."""
    if 4 <= hour < 12:
        return "Доброе утро"
    if 12 <= hour < 18:
        return "Добрый день"
    return "Добрый вечер"
