"""A call, as the fold of its facts: `evolve(state, recorded) -> state`.

The table `TRANSITIONS` says which fact may follow in which phase; a fact that is not there raises IllegalFact and
changes nothing. Times are those at which the facts were recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import reduce
from typing import Any

from app.domain import facts as f
from app.domain.errors import IllegalFact
from app.domain.hold import HoldKept


class Phase(StrEnum):
    NEW = "new"
    ARRIVED = "arrived"
    CLOSED = "closed"  # the caller hears that the line is closed
    WAITING = "waiting"
    OFFERED = "offered"  # waiting, and ringing at an operator
    TALKING = "talking"
    HELD = "held"
    TRANSFERRING = "transferring"
    DIALLING = "dialling"  # an outgoing call rings
    PARTED = "parted"  # the operator has left, what follows is said in the same breath
    SURVEY = "survey"
    LEAVING = "leaving"  # all is said; the caller hangs up
    ENDED = "ended"


class Direction(StrEnum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"


class Outcome(StrEnum):
    """What became of a call, for the record and the statistics."""

    UNDER_WAY = "under_way"
    ANSWERED = "answered"
    LOST = "lost"  # in working hours, and no operator spoke with the caller
    OUT_OF_HOURS = "out_of_hours"
    NOT_REACHED = "not_reached"  # an outgoing call that nobody picked up
    INTERRUPTED = "interrupted"  # the program died before an operator answered


@dataclass(frozen=True)
class Tick:
    stage: str
    step: str
    by: f.By
    phrase: str
    at: datetime
    score: float
    model: str = ""


@dataclass(frozen=True)
class Contested:
    """A tick that the operator took back; `phrase` is what had made it."""

    stage: str
    step: str
    phrase: str
    at: datetime


@dataclass(frozen=True)
class Phrase:
    speaker: f.Speaker
    operator: str
    text: str
    start_s: float
    end_s: float
    words: tuple[tuple[str, float, float], ...] = ()


@dataclass(frozen=True)
class Hold:
    since: datetime
    return_in_s: int
    asked: int = 0
    """How often the caller was asked to stay a little longer."""


@dataclass(frozen=True)
class Unheard:
    """A while in which one side was not recognised: `until` is None while it lasts, or lasted to the end."""

    speaker: f.Speaker
    operator: str
    why: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Answer:
    answer: str
    by: f.By


@dataclass(frozen=True)
class Call:
    """Everything the program knows of one call. Tuples, so that an old state stays what it was."""

    id: str = ""
    seq: int = 0
    phase: Phase = Phase.NEW
    phase_since: datetime | None = None
    direction: Direction = Direction.INCOMING
    number: str = ""
    """The other party: E.164, internal, or ""."""
    dialled: str = ""
    unit: str = ""
    profile: str = ""
    flow_version: str = ""
    flow: str = ""
    """The script that leads the call: incoming, outgoing or internal; decided when it begins."""
    arrived_at: datetime | None = None
    next_opening: datetime | None = None
    operator: str = ""
    """Who talks, holds, or is asked about in the survey: the operator who answered last."""
    offered_to: str = ""
    passed_over: tuple[str, ...] = ()
    """Operators who did not take this call, so that the next is asked first."""
    operators: tuple[str, ...] = ()
    answered_at: datetime | None = None
    parted_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: f.By | None = None
    end_why: str = ""
    leave_why: str = ""
    leave_reason: str = ""
    waited_s: float = 0.0
    held_s: float = 0.0
    hold: Hold | None = None
    holds: tuple[HoldKept, ...] = ()
    """The holds that are over, promised against kept."""
    number_asked: int = 0
    """How often the caller of a closed line was asked for a number."""
    hints: tuple[f.HintGiven, ...] = ()
    told: bool = False
    """The caller was told of the transfer that comes next."""
    target: str = ""
    source_left: bool = False
    transfers: int = 0
    failed_transfers: int = 0
    caller_name: str = ""
    need: str = ""
    topic: str = ""
    typical_need: str = ""
    notes: str = ""
    agenda: tuple[str, ...] = ()
    """What is to be asked in a clarification call, in order."""
    asked: tuple[str, ...] = ()
    """The questions of the agenda that were asked."""
    referrals: tuple[str, ...] = ()
    satisfied: bool | None = None
    """As the operator noted it; the survey has the caller's own word."""
    stage: str = ""
    ticks: tuple[Tick, ...] = ()
    contested: tuple[Contested, ...] = ()
    """Steps whose tick the operator took back, and when: speech does not tick them again soon."""
    phrases: tuple[Phrase, ...] = ()
    unheard: tuple[Unheard, ...] = ()
    """When a side was not recognised: a step that is open then may have been done."""
    promises: tuple[str, ...] = ()
    keeps: str = ""
    """The promise that this outgoing call keeps."""
    question: str = ""
    attempt: int = 0
    repeats: int = 0
    """How often the caller asked to hear the question of the survey again."""
    answers: tuple[tuple[str, Answer], ...] = ()
    survey_complete: bool | None = None
    sound: tuple[f.SoundMeasured, ...] = ()
    recordings: tuple[f.CallRecorded, ...] = ()
    articles: tuple[tuple[str, int], ...] = ()
    """Articles of the knowledge base that were used, with their versions."""
    missed_articles: tuple[str, ...] = ()
    """Questions that no article answered."""

    @property
    def open(self) -> bool:
        return self.phase not in (Phase.NEW, Phase.ENDED)

    @property
    def outcome(self) -> Outcome:
        if self.answered_at is not None:
            return Outcome.ANSWERED
        if self.next_opening is not None:
            return Outcome.OUT_OF_HOURS
        if self.phase is not Phase.ENDED:
            return Outcome.UNDER_WAY
        if self.direction is Direction.OUTGOING:
            return Outcome.NOT_REACHED
        return Outcome.INTERRUPTED if self.end_why == "interrupted" else Outcome.LOST

    @property
    def unmet(self) -> bool:
        """The need was not met in this call: a call back was promised, another body was named, or the caller said
        so."""
        return bool(self.promises or self.referrals) or self.satisfied is False

    @property
    def next_question(self) -> str:
        """The first question of the agenda that was not asked yet, "" when all were."""
        return next((question for question in self.agenda if question not in self.asked), "")

    def ticked(self, stage: str, step: str) -> bool:
        return any(t.stage == stage and t.step == step for t in self.ticks)

    def unheard_now(self, speaker: f.Speaker) -> Unheard | None:
        """Since when and why that side is not recognised; None when it is."""
        return next((one for one in self.unheard if one.speaker is speaker and one.until is None), None)

    def contest_of(self, stage: str, step: str) -> Contested | None:
        """The operator took the tick of this step back, and nobody has ticked it since."""
        return next((one for one in self.contested if (one.stage, one.step) == (stage, step)), None)

    def answer(self, question: str) -> Answer | None:
        return dict(self.answers).get(question)

    def talked_s(self, now: datetime) -> float:
        """Seconds between the first operator's answer and the last operator's leaving (or `now`)."""
        if self.answered_at is None:
            return 0.0
        return ((self.parted_at or self.ended_at or now) - self.answered_at).total_seconds()


_P = Phase
_CONVERSATION = (_P.TALKING, _P.HELD, _P.TRANSFERRING)
_WAITS = (_P.ARRIVED, _P.CLOSED, _P.WAITING, _P.OFFERED, _P.DIALLING)
_ALIVE = (*_WAITS, *_CONVERSATION, _P.PARTED, _P.SURVEY, _P.LEAVING)
_AFTER_ANSWER = (*_CONVERSATION, _P.PARTED, _P.SURVEY, _P.LEAVING, _P.ENDED)
"""Notes, topics and late words come in the wrap-up too."""


def _stays(fact: type[f.Fact], *phases: Phase) -> dict[tuple[Phase, type[f.Fact]], Phase]:
    return {(phase, fact): phase for phase in phases}


def _to(target: Phase, fact: type[f.Fact], *phases: Phase) -> dict[tuple[Phase, type[f.Fact]], Phase]:
    return {(phase, fact): target for phase in phases}


TRANSITIONS: dict[tuple[Phase, type[f.Fact]], Phase] = {
    **_to(_P.ARRIVED, f.CallArrived, _P.NEW),
    **_to(_P.DIALLING, f.CallPlaced, _P.NEW),
    **_to(_P.CLOSED, f.LineWasClosed, _P.ARRIVED),
    **_to(_P.WAITING, f.CallQueued, _P.ARRIVED, _P.PARTED),
    **_to(_P.OFFERED, f.CallOffered, _P.WAITING),
    **_to(_P.WAITING, f.OfferMissed, _P.OFFERED),
    **_to(_P.TALKING, f.OperatorJoined, _P.OFFERED),
    **_to(_P.TALKING, f.CalleeAnswered, _P.DIALLING),
    **_stays(f.CalleeNotReached, _P.DIALLING),
    **_stays(f.PhraseHeard, *_AFTER_ANSWER, _P.WAITING, _P.OFFERED),
    **_stays(f.StepTicked, *_AFTER_ANSWER, _P.WAITING),
    **_stays(f.StepUnticked, *_AFTER_ANSWER),
    **_stays(f.StageOpened, *_AFTER_ANSWER),
    **_stays(f.CallerNamed, *_AFTER_ANSWER),
    **_stays(f.NeedRestated, *_AFTER_ANSWER),
    **_stays(f.TopicChosen, *_AFTER_ANSWER),
    **_stays(f.NotesWritten, *_AFTER_ANSWER),
    **_stays(f.AgendaWritten, *_AFTER_ANSWER, _P.DIALLING),
    **_stays(f.AgendaAsked, *_AFTER_ANSWER),
    **_stays(f.ReferralGiven, *_AFTER_ANSWER),
    **_stays(f.SatisfactionNoted, *_AFTER_ANSWER),
    **_stays(f.ArticleUsed, *_AFTER_ANSWER),
    **_stays(f.ArticleMissed, *_AFTER_ANSWER),
    **_to(_P.HELD, f.PlacedOnHold, _P.TALKING),
    **_to(_P.TALKING, f.ResumedFromHold, _P.HELD),
    **_stays(f.HoldOverran, _P.HELD),
    **_stays(f.HintGiven, _P.TALKING),
    **_stays(f.HearingLost, _P.TALKING),
    **_stays(f.HearingRegained, _P.TALKING),
    **_stays(f.NumberAsked, _P.CLOSED),
    **_stays(f.NumberMissed, _P.CLOSED),
    **_stays(f.NumberGiven, _P.CLOSED),
    **_stays(f.NumberGivenUp, _P.CLOSED),
    **_stays(f.CallerTold, _P.TALKING, _P.HELD),
    **_to(_P.TRANSFERRING, f.TransferStarted, _P.TALKING),
    **_stays(f.SourceLeft, _P.TRANSFERRING),
    **_to(_P.TALKING, f.TransferCompleted, _P.TRANSFERRING),
    **_to(_P.TALKING, f.TransferFailed, _P.TRANSFERRING),
    **_stays(f.PromiseMade, *_AFTER_ANSWER, *_WAITS),
    **_stays(f.PromiseAttempted, _P.DIALLING),
    **_stays(f.PromiseKept, _P.TALKING),
    **_to(_P.PARTED, f.OperatorLeft, *_CONVERSATION, _P.DIALLING),
    **_to(_P.SURVEY, f.SurveyStarted, _P.PARTED),
    **_stays(f.SurveyQuestionAsked, _P.SURVEY),
    **_stays(f.SurveyAnswered, _P.SURVEY),
    **_stays(f.SurveyNotUnderstood, _P.SURVEY),
    **_stays(f.SurveyFinished, _P.SURVEY),
    **_to(_P.LEAVING, f.HangUpAwaited, _P.PARTED, _P.SURVEY),
    **_stays(f.SoundMeasured, *_ALIVE, _P.ENDED),
    **_stays(f.CallRecorded, *_ALIVE, _P.ENDED),
    **_to(_P.ENDED, f.CallEnded, *_ALIVE),
}


def evolve(call: Call, recorded: f.Recorded) -> Call:
    """The call after one more fact. IllegalFact when the fact cannot follow, or is out of its turn."""
    fact = recorded.fact
    phase = TRANSITIONS.get((call.phase, type(fact)))
    if phase is None:
        raise IllegalFact(f"{type(fact).__name__} cannot follow in phase {call.phase}")
    if recorded.seq != call.seq + 1:
        raise IllegalFact(f"fact {recorded.seq} cannot follow fact {call.seq}")
    changes = _CHANGES.get(type(fact), _nothing)(call, fact, recorded.at)
    since = call.phase_since if phase is call.phase else recorded.at
    return replace(call, **changes, seq=recorded.seq, phase=phase, phase_since=since)


def fold(call_id: str, recorded: Iterable[f.Recorded]) -> Call:
    """The call from its whole log."""
    return reduce(evolve, recorded, Call(id=call_id))


Changes = dict[str, Any]


def _nothing(_call: Call, _fact: f.Fact, _at: datetime) -> Changes:
    return {}


def _arrived(_call: Call, fact: f.CallArrived, at: datetime) -> Changes:
    return {
        "number": fact.caller,
        "dialled": fact.dialled,
        "unit": fact.unit,
        "profile": fact.profile,
        "flow_version": fact.flow_version,
        "flow": fact.flow or "incoming",
        "arrived_at": at,
    }


def _placed(_call: Call, fact: f.CallPlaced, at: datetime) -> Changes:
    return {
        "direction": Direction.OUTGOING,
        "number": fact.number,
        "unit": fact.unit,
        "profile": fact.profile,
        "flow_version": fact.flow_version,
        "flow": "outgoing",
        "arrived_at": at,
        "operator": fact.operator,
        "operators": (fact.operator,),
        "keeps": fact.promise,
    }


def _queued(_call: Call, fact: f.CallQueued, _at: datetime) -> Changes:
    return {"unit": fact.unit, "passed_over": (), "hold": None, "target": "", "told": False, "parted_at": None}


def _missed(call: Call, fact: f.OfferMissed, _at: datetime) -> Changes:
    return {"offered_to": "", "passed_over": (*call.passed_over, fact.operator)}


def _joined(call: Call, fact: f.OperatorJoined, at: datetime) -> Changes:
    first = call.answered_at is None
    waited = (at - call.arrived_at).total_seconds() if first and call.arrived_at else call.waited_s
    return {
        "operator": fact.operator,
        "operators": (*call.operators, fact.operator),
        "offered_to": "",
        "answered_at": call.answered_at or at,
        "waited_s": waited,
    }


def _callee_answered(call: Call, _fact: f.CalleeAnswered, at: datetime) -> Changes:
    waited = (at - call.arrived_at).total_seconds() if call.arrived_at else 0.0
    return {"answered_at": at, "waited_s": waited}


def _heard(call: Call, fact: f.PhraseHeard, _at: datetime) -> Changes:
    phrase = Phrase(fact.speaker, fact.operator, fact.text, fact.start_s, fact.end_s, fact.words)
    return {"phrases": (*call.phrases, phrase)}


def _hearing_lost(call: Call, fact: f.HearingLost, at: datetime) -> Changes:
    gap = Unheard(fact.speaker, fact.operator, fact.why, at)
    return {"unheard": (*_closed(call.unheard, fact.speaker, at), gap)}


def _closed(gaps: tuple[Unheard, ...], speaker: f.Speaker, at: datetime) -> tuple[Unheard, ...]:
    return tuple(replace(gap, until=at) if gap.speaker is speaker and gap.until is None else gap for gap in gaps)


def _ticked(call: Call, fact: f.StepTicked, at: datetime) -> Changes:
    tick = Tick(fact.stage, fact.step, fact.by, fact.phrase, at, fact.score, fact.model)
    return {"ticks": (*call.ticks, tick), "contested": _without(call.contested, (fact.stage, fact.step))}


def _unticked(call: Call, fact: f.StepUnticked, at: datetime) -> Changes:
    place = (fact.stage, fact.step)
    ticks = tuple(t for t in call.ticks if (t.stage, t.step) != place)
    phrase = next((t.phrase for t in reversed(call.ticks) if (t.stage, t.step) == place), "")
    return {"ticks": ticks, "contested": (*_without(call.contested, place), Contested(*place, phrase, at))}


def _without(contested: tuple[Contested, ...], place: tuple[str, str]) -> tuple[Contested, ...]:
    return tuple(one for one in contested if (one.stage, one.step) != place)


def _agenda(call: Call, fact: f.AgendaWritten, _at: datetime) -> Changes:
    return {"agenda": fact.questions, "asked": tuple(q for q in call.asked if q in fact.questions)}


def _asked(call: Call, fact: f.AgendaAsked, _at: datetime) -> Changes:
    others = tuple(q for q in call.asked if q != fact.question)
    return {"asked": (*others, fact.question) if fact.asked else others}


def _resumed(call: Call, fact: f.ResumedFromHold, _at: datetime) -> Changes:
    return {"hold": None, "held_s": call.held_s + fact.held_s, "holds": _with_hold(call, fact.held_s)}


def _with_hold(call: Call, held_s: float) -> tuple[HoldKept, ...]:
    return (*call.holds, HoldKept(call.hold.return_in_s, held_s)) if call.hold else call.holds


def _transferred(call: Call, fact: f.TransferCompleted, _at: datetime) -> Changes:
    return {
        "operator": fact.target,
        "operators": (*call.operators, fact.target),
        "target": "",
        "source_left": False,
        "told": False,
        "transfers": call.transfers + 1,
    }


def _transfer_failed(call: Call, _fact: f.TransferFailed, _at: datetime) -> Changes:
    return {"target": "", "told": False, "failed_transfers": call.failed_transfers + 1}


def _left(call: Call, fact: f.OperatorLeft, at: datetime) -> Changes:
    held = (at - call.hold.since).total_seconds() if call.hold else 0.0
    return {
        "parted_at": at,
        "leave_why": fact.why,
        "leave_reason": fact.reason,
        "hold": None,
        "held_s": call.held_s + held,
        "holds": _with_hold(call, round(held, 1)),
        "target": "",
        "source_left": False,
    }


def _survey_asked(call: Call, fact: f.SurveyQuestionAsked, _at: datetime) -> Changes:
    same = call.question == fact.question
    repeats = call.repeats + (fact.attempt == call.attempt) if same else 0
    return {"question": fact.question, "attempt": fact.attempt, "repeats": repeats}


def _answered(call: Call, fact: f.SurveyAnswered, _at: datetime) -> Changes:
    kept = tuple(pair for pair in call.answers if pair[0] != fact.question)
    return {"answers": (*kept, (fact.question, Answer(fact.answer, fact.by)))}


_CHANGES: dict[type[f.Fact], Callable[[Call, Any, datetime], Changes]] = {
    f.CallArrived: _arrived,
    f.CallPlaced: _placed,
    f.LineWasClosed: lambda _c, fact, _at: {"next_opening": fact.next_opening},
    f.CallQueued: _queued,
    f.CallOffered: lambda _c, fact, _at: {"offered_to": fact.operator},
    f.OfferMissed: _missed,
    f.OperatorJoined: _joined,
    f.CalleeAnswered: _callee_answered,
    f.CalleeNotReached: lambda _c, fact, _at: {"end_why": fact.why},
    f.PhraseHeard: _heard,
    f.StepTicked: _ticked,
    f.StepUnticked: _unticked,
    f.StageOpened: lambda _c, fact, _at: {"stage": fact.stage},
    f.CallerNamed: lambda _c, fact, _at: {"caller_name": fact.name},
    f.NeedRestated: lambda _c, fact, _at: {"need": fact.need},
    f.TopicChosen: lambda _c, fact, _at: {"topic": fact.topic, "typical_need": fact.need},
    f.NotesWritten: lambda _c, fact, _at: {"notes": fact.notes},
    f.AgendaWritten: _agenda,
    f.AgendaAsked: _asked,
    f.ReferralGiven: lambda c, fact, _at: {"referrals": (*c.referrals, fact.referral)},
    f.SatisfactionNoted: lambda _c, fact, _at: {"satisfied": fact.satisfied},
    f.ArticleUsed: lambda call, fact, _at: {
        "articles": (*(pair for pair in call.articles if pair[0] != fact.article), (fact.article, fact.version))
    },
    f.ArticleMissed: lambda call, fact, _at: {"missed_articles": (*call.missed_articles, fact.asked)},
    f.PlacedOnHold: lambda _c, fact, at: {"hold": Hold(at, fact.return_in_s)},
    f.ResumedFromHold: _resumed,
    f.HoldOverran: lambda c, fact, _at: {"hold": replace(c.hold, asked=fact.asked) if c.hold else None},
    f.HintGiven: lambda c, fact, _at: {"hints": (*c.hints, fact)},
    f.HearingLost: _hearing_lost,
    f.HearingRegained: lambda c, fact, at: {"unheard": _closed(c.unheard, fact.speaker, at)},
    f.NumberAsked: lambda _c, fact, _at: {"number_asked": fact.attempt},
    f.SoundMeasured: lambda call, fact, _at: {"sound": (*call.sound, fact)},
    f.CallRecorded: lambda call, fact, _at: {"recordings": (*call.recordings, fact)},
    f.CallerTold: lambda _c, _fact, _at: {"told": True},
    f.TransferStarted: lambda _c, fact, _at: {"target": fact.target},
    f.SourceLeft: lambda _c, _fact, _at: {"source_left": True},
    f.TransferCompleted: _transferred,
    f.TransferFailed: _transfer_failed,
    f.PromiseMade: lambda c, fact, _at: {"promises": (*c.promises, fact.promise)},
    f.OperatorLeft: _left,
    f.SurveyStarted: lambda _c, fact, _at: {"operator": fact.operator},
    f.SurveyQuestionAsked: _survey_asked,
    f.SurveyAnswered: _answered,
    f.SurveyFinished: lambda _c, fact, _at: {"survey_complete": fact.complete, "question": ""},
    f.CallEnded: lambda _c, fact, at: {"ended_at": at, "ended_by": fact.by, "end_why": fact.why, "question": ""},
}
