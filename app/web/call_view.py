"""One call as its page shows it: the head, both sides' words, the script's ticks, and every fact in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from app.application.reports import CallRecord, Role
from app.domain import calls, facts
from app.domain.calls import Call, Direction, Outcome
from app.domain.errors import IllegalFact
from app.domain.journal_form import to_json
from app.web.call_speech import SpeechLine, speech_lines
from app.web.catalogue import N_, Catalogue
from app.web.fact_words import BY, WHY, Teller, Told, sureness
from app.web.masking import name_for, number_for
from app.web.names import Names

log = structlog.get_logger()

OUTCOMES = {
    Outcome.UNDER_WAY: (N_("under way"), "accent"),
    Outcome.ANSWERED: (N_("answered"), "good"),
    Outcome.LOST: (N_("lost"), "bad"),
    Outcome.OUT_OF_HOURS: (N_("out of hours"), ""),
    Outcome.NOT_REACHED: (N_("not reached"), "warn"),
    Outcome.INTERRUPTED: (N_("interrupted"), "warn"),
}

DIRECTIONS = {Direction.INCOMING: N_("incoming"), Direction.OUTGOING: N_("outgoing")}

PERSONAL_FIELDS = {"CallArrived": "caller", "CallPlaced": "number", "PromiseMade": "number", "CallerNamed": "name"}
"""Fields of facts that say who called."""


@dataclass(frozen=True)
class Line:
    """A phrase of the transcript; `start_s` counts from the arrival."""

    speaker: str
    who: str
    text: str
    start_s: float
    at: datetime | None


@dataclass(frozen=True)
class UnheardLine:
    """Who was not recognised, from when until when (None: it still lasts)."""

    who: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class TickedStep:
    title: str
    at: datetime | None
    by: str
    phrase: str
    heard: str = ""
    """How sure it was, and what speech model heard it; "" of a tick by hand."""


@dataclass(frozen=True)
class StageTicks:
    title: str
    steps: tuple[TickedStep, ...]

    @property
    def done(self) -> int:
        return sum(step.at is not None for step in self.steps)


@dataclass(frozen=True)
class RatingLine:
    question: str
    answer: str
    tone: str
    by: str


class CallView:
    """Raises nothing for an odd log: what cannot be folded is told fact by fact, and the page says so."""

    def __init__(self, record: CallRecord, names: Names, catalogue: Catalogue, role: Role, now: datetime) -> None:
        self.row = record.row
        self.facts = record.facts
        self._names = replace(names, script=record.script)
        self._say = catalogue
        self._role = role
        self._now = now
        self.call = _folded(record)

    @property
    def number(self) -> str:
        return number_for(self._role, self.row.number)

    @property
    def caller_name(self) -> str:
        return name_for(self._role, self.row.caller_name)

    @property
    def outcome(self) -> str:
        return self._say.text(OUTCOMES[self.row.outcome][0])

    @property
    def tone(self) -> str:
        return OUTCOMES[self.row.outcome][1]

    @property
    def operators(self) -> list[str]:
        return [self._names.full_operator(login) for login in dict.fromkeys(self.row.operators)]

    @property
    def topic(self) -> str:
        return self._names.topic(self.row.topic)

    @property
    def unit(self) -> str:
        return self._names.unit(self.row.unit)

    @property
    def talked_s(self) -> float | None:
        return self.call.talked_s(self._now) if self.call and self.call.answered_at else None

    @property
    def ended(self) -> str:
        """Who ended the call and why, or "" while it goes on."""
        if self.row.ended_by is None:
            return ""
        why = WHY.get(self.call.end_why, "") if self.call else ""
        parts = [self._say.text(BY[self.row.ended_by]), self._say.text(why) if why else ""]
        return ", ".join(part for part in parts if part)

    @property
    def hang_up_reason(self) -> str:
        return self.call.leave_reason if self.call else ""

    @property
    def flow(self) -> str:
        """The script that led the call; one whose log cannot be folded has that of its direction."""
        return self.call.flow if self.call and self.call.flow else str(self.row.direction)

    def recordings(self) -> list[float]:
        """The seconds of each recording of the call."""
        return [one.fact.seconds for one in self.facts if isinstance(one.fact, facts.CallRecorded)]

    def ratings(self) -> list[RatingLine]:
        answers = self.call.answers if self.call else ()
        return [
            RatingLine(
                self._names.question(question),
                self._names.answer(question, given.answer),
                self._names.answer_tone(question, given.answer),
                self._say.text(BY[given.by]),
            )
            for question, given in answers
        ]

    def speech(self) -> list[SpeechLine]:
        return speech_lines(self.call, self._names, self._say) if self.call else []

    def timeline(self) -> list[Told]:
        """Every fact but the words of the conversation, which stand in the transcript."""
        teller = Teller(self._names, self._say, self._role, self.flow)
        return [teller.tell(one) for one in self.facts if not isinstance(one.fact, facts.PhraseHeard)]

    def transcript(self) -> list[Line]:
        phrases = [one.fact for one in self.facts if isinstance(one.fact, facts.PhraseHeard)]
        return [self._line(phrase) for phrase in sorted(phrases, key=lambda p: (p.start_s, p.end_s))]

    def _line(self, phrase: facts.PhraseHeard) -> Line:
        caller = phrase.speaker is facts.Speaker.CALLER
        who = self._say.text("Caller") if caller else self._names.operator(phrase.operator)
        at = self.row.arrived_at + timedelta(seconds=phrase.start_s)
        return Line(str(phrase.speaker), who, phrase.text, phrase.start_s, at)

    def unheard(self) -> list[UnheardLine]:
        """When the recogniser did not hear a side: a step that stayed open then is nobody's omission."""
        return [
            UnheardLine(
                self._names.operator(gap.operator) if gap.operator else self._say.text("Caller"),
                gap.since,
                gap.until or self.call.parted_at or self.call.ended_at,
            )
            for gap in (self.call.unheard if self.call else ())
            if self.call
        ]

    def script(self) -> list[StageTicks]:
        """The stages that have steps, as in the version that led the call; what was skipped is seen (L16). Ticks of
        a version that nobody remembers stand last."""
        ticks = {(t.stage, t.step): t for t in self.call.ticks} if self.call else {}
        stages = [
            StageTicks(
                stage.title, tuple(self._step(s.title, ticks.pop((stage.id, s.id), None)) for s in stage.steps)
            )
            for stage in self._names.flow(self.flow).stages
            if stage.steps
        ]
        old = tuple(self._step(f"{tick.stage}: {tick.step}", tick) for tick in ticks.values())
        return [*stages, StageTicks(self._say.text("Earlier script"), old)] if old else stages

    def _step(self, title: str, tick: calls.Tick | None) -> TickedStep:
        if tick is None:
            return TickedStep(title, None, "", "")
        heard = sureness(self._say, tick.score, tick.model) if tick.by is facts.By.SPEECH else ""
        return TickedStep(title, tick.at, self._say.text(BY[tick.by]), tick.phrase, heard)

    @property
    def script_changed(self) -> bool:
        return bool(self.call and self.call.flow_version and self.call.flow_version != self._names.profile.version)

    def as_json(self) -> dict[str, Any]:
        """The call's log as it is stored; who called is masked for those who may not know."""
        return {
            "call": self.row.id,
            "facts": [
                {"seq": one.seq, "at": one.at.isoformat(), "kind": type(one.fact).__name__, **self._body(one.fact)}
                for one in self.facts
            ],
        }

    def _body(self, fact: facts.Fact) -> dict[str, Any]:
        body = to_json(fact)
        field = PERSONAL_FIELDS.get(type(fact).__name__)
        if field is not None and self._role is not Role.ADMINISTRATOR:
            mask = name_for if field == "name" else number_for
            body[field] = mask(self._role, body[field])
        return {"fact": body}


def _folded(record: CallRecord) -> Call | None:
    try:
        return calls.fold(record.row.id, record.facts)
    except IllegalFact:
        log.exception("call_log_cannot_be_folded", call=record.row.id)
        return None


def rating_marks(names: Names, answers: Sequence[tuple[str, str]]) -> list[RatingLine]:
    """The ratings of a row, short: answers with their tone, the question for who points at them."""
    return [
        RatingLine(
            names.question(question), names.answer(question, answer), names.answer_tone(question, answer), ""
        )
        for question, answer in answers
    ]
