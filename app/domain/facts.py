"""What happens to a call, in the past tense: the entries of the journal.

A fact is a frozen dataclass of plain values. `Recorded` puts it into its stream with a number and a time. The
journal's form (`journal_form`) is part of the contract: a stored fact must always be readable, so fields are only
ever added, with defaults.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Speaker(StrEnum):
    CALLER = "caller"
    OPERATOR = "operator"


class By(StrEnum):
    """Who or what did it."""

    CALLER = "caller"
    OPERATOR = "operator"
    LINE = "line"
    SPEECH = "speech"  # heard by the recogniser
    HAND = "hand"  # clicked by the operator
    KEY = "key"  # pressed on the telephone
    VOICE = "voice"  # said into the telephone


@dataclass(frozen=True)
class Fact:
    """The base of all facts."""


# --- arrival and waiting -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CallArrived(Fact):
    """A caller dialled the line. `caller` is E.164, an internal number, or "" when withheld."""

    caller: str
    dialled: str
    unit: str
    profile: str
    flow_version: str
    flow: str = ""
    """The script that leads the call: incoming, internal; "" of earlier records is incoming."""


@dataclass(frozen=True)
class LineWasClosed(Fact):
    """The call came outside working hours (housing 5.3): `why` is night, lunch, day_off or holiday."""

    next_opening: datetime
    why: str = ""


@dataclass(frozen=True)
class NumberAsked(Fact):
    """The caller is asked for the number of a call back, at the second `attempt` after a wrong one."""

    attempt: int


@dataclass(frozen=True)
class NumberMissed(Fact):
    """No number was made out: `heard` is nonsense, silence, or refused where the caller said that it is wrong."""

    heard: str


@dataclass(frozen=True)
class NumberGiven(Fact):
    """The caller left a number: by key, or by voice and confirmed. The promise that follows has it."""

    by: By


@dataclass(frozen=True)
class NumberGivenUp(Fact):
    """No number could be made out in all attempts: the caller is told when to call again."""


@dataclass(frozen=True)
class CallQueued(Fact):
    """The caller waits for an operator of the unit. `again` after an operator was lost."""

    unit: str
    again: bool = False


@dataclass(frozen=True)
class CallOffered(Fact):
    """The call rings at an operator: in the browser or on the operator's phone."""

    operator: str


@dataclass(frozen=True)
class OfferMissed(Fact):
    """The operator did not take the offered call: `why` is no_answer, declined, busy or unreachable."""

    operator: str
    why: str


@dataclass(frozen=True)
class OperatorJoined(Fact):
    """The operator answered; from now on the two talk."""

    operator: str


# --- the conversation ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PhraseHeard(Fact):
    """A final result of the recogniser. Times in seconds since the call arrived; `words` are
    (text, start_s, end_s)."""

    speaker: Speaker
    operator: str
    text: str
    start_s: float
    end_s: float
    words: tuple[tuple[str, float, float], ...] = ()


@dataclass(frozen=True)
class StepTicked(Fact):
    """A step of the script was done: heard (`phrase`, `score` 0-1: see `cues`) or ticked by hand. `model` names the
    speech model that heard it and its version, "" by hand or where nobody knows."""

    stage: str
    step: str
    by: By
    phrase: str = ""
    score: float = 1.0
    model: str = ""


@dataclass(frozen=True)
class StepUnticked(Fact):
    """The operator contests a tick."""

    stage: str
    step: str


@dataclass(frozen=True)
class StageOpened(Fact):
    """The operator went to a stage of the script."""

    stage: str


@dataclass(frozen=True)
class CallerNamed(Fact):
    """Name and patronymic by which the caller is addressed (education 3.5.5)."""

    name: str


@dataclass(frozen=True)
class NeedRestated(Fact):
    """The need as it was restated to the caller (housing 5.5)."""

    need: str


@dataclass(frozen=True)
class TopicChosen(Fact):
    """The topic, and the typical need of it (property 7), "" where it is none of the list."""

    topic: str
    need: str = ""


@dataclass(frozen=True)
class NotesWritten(Fact):
    notes: str


@dataclass(frozen=True)
class AgendaWritten(Fact):
    """The questions of a clarification, so that all are asked in one call (labour 9)."""

    questions: tuple[str, ...]


@dataclass(frozen=True)
class AgendaAsked(Fact):
    """A question of the agenda was asked; `asked` False takes that back."""

    question: str
    asked: bool = True


@dataclass(frozen=True)
class ReferralGiven(Fact):
    """The caller was told which body is competent: `referral` of the profile's book (housing 5.11)."""

    referral: str


@dataclass(frozen=True)
class SatisfactionNoted(Fact):
    """What the caller answered when the operator asked whether the answer satisfies (heritage 3.2.3)."""

    satisfied: bool


@dataclass(frozen=True)
class ArticleUsed(Fact):
    """The answer was taken from this article of the knowledge base (property 24-25). `version` 0 is that of a file
    which nobody has changed; `title` is as it was then."""

    article: str
    version: int
    title: str = ""


@dataclass(frozen=True)
class ArticleMissed(Fact):
    """A question that no article answered (K2: property 33, 35). `why`: said (the operator says so), search (a
    search of which nothing was opened) or need (the restated need, for which nothing was suggested or used)."""

    asked: str
    why: str


@dataclass(frozen=True)
class PlacedOnHold(Fact):
    """The caller was asked to stay on the line, with the time of return (education 3.5.5)."""

    return_in_s: int


@dataclass(frozen=True)
class ResumedFromHold(Fact):
    """The operator came back after `held_s`."""

    held_s: float


@dataclass(frozen=True)
class HoldOverran(Fact):
    """The promised time of return has passed: the caller is asked, for the `asked`th time, to stay a little
    longer (education 3.5.5)."""

    asked: int


@dataclass(frozen=True)
class HintGiven(Fact):
    """A quiet hint about the operator's own speech, on that operator's panel only, never a penalty by itself (L6).
    `kind` is one of `operators_speech.HintKind`, `group` the stop list's, `heard` what was said, `value` words a
    minute of a pace or seconds of a silence; `at_s` in seconds since the call arrived."""

    operator: str
    kind: str
    advice: str
    at_s: float
    heard: str = ""
    value: float = 0.0
    group: str = ""


@dataclass(frozen=True)
class HearingLost(Fact):
    """One side of the conversation is not recognised for a while: what it says then is in no transcript and ticks
    nothing, which is nobody's fault. `why` is away (the recogniser), no_place (it has too few), spared (it cannot
    keep up)."""

    speaker: Speaker
    operator: str
    why: str


@dataclass(frozen=True)
class HearingRegained(Fact):
    """That side is recognised again."""

    speaker: Speaker
    operator: str


# --- transfer and promise ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CallerTold(Fact):
    """The caller was told of the transfer beforehand (housing 5.7)."""

    by: By


@dataclass(frozen=True)
class TransferStarted(Fact):
    source: str
    target: str


@dataclass(frozen=True)
class SourceLeft(Fact):
    """The transferring operator's telephone hung up before the target answered; the transfer goes on."""

    operator: str


@dataclass(frozen=True)
class TransferCompleted(Fact):
    """The target answered. Only this counts towards the limit (housing 5.8)."""

    source: str
    target: str


@dataclass(frozen=True)
class TransferFailed(Fact):
    """The call came back to `source`: `why` is busy, no_answer, declined, unreachable or taken_back."""

    source: str
    target: str
    why: str


class PromiseKind(StrEnum):
    """Why somebody is to be called."""

    CALL_BACK = "call_back"  # an answer that could not be given at once (L11)
    CLARIFICATION = "clarification"  # an application is incomplete or has errors (C2)


@dataclass(frozen=True)
class PromiseMade(Fact):
    """The body promises to call back (housing 5.9). `number` is E.164, `due_at` lies in working time,
    `interval` is the caller's convenient time in words. A clarification (labour 8, heritage 3.4) stands in the
    stream `promise:<id>` of its own; `agenda` are its questions, which are all asked in one call (labour 9)."""

    promise: str
    number: str
    asked: str
    due_at: datetime
    interval: str
    by: By
    operator: str = ""
    kind: PromiseKind = PromiseKind.CALL_BACK
    agenda: tuple[str, ...] = ()


@dataclass(frozen=True)
class PromiseAttempted(Fact):
    """The promised call was dialled and not answered."""

    promise: str
    why: str


@dataclass(frozen=True)
class PromiseKept(Fact):
    """The promised call reached the person."""

    promise: str
    late: bool


@dataclass(frozen=True)
class PromiseClosed(Fact):
    """A person closed the promise without a call through the line, and says why. Stream `promise:<id>`."""

    promise: str
    operator: str
    why: str


# --- outgoing ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CallPlaced(Fact):
    """An operator calls out: to keep a promise, or to a number."""

    operator: str
    number: str
    unit: str
    profile: str
    flow_version: str
    promise: str = ""


@dataclass(frozen=True)
class CalleeAnswered(Fact):
    """The person called picked up."""


@dataclass(frozen=True)
class CalleeNotReached(Fact):
    """Nobody picked up: busy, no_answer, refused, failed."""

    why: str


# --- the survey and the end ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class OperatorLeft(Fact):
    """The operator's part is over: `why` is farewell, to_survey, hung_up, lost or caller_gone; `reason` is what
    the operator gave for hanging up before the farewell (heritage 3.2.5)."""

    operator: str
    why: str
    reason: str = ""


@dataclass(frozen=True)
class SurveyStarted(Fact):
    """The caller is asked about the operator who answered last (housing 5.12)."""

    operator: str


@dataclass(frozen=True)
class SurveyQuestionAsked(Fact):
    question: str
    attempt: int


@dataclass(frozen=True)
class SurveyAnswered(Fact):
    question: str
    answer: str
    by: By


@dataclass(frozen=True)
class SurveyNotUnderstood(Fact):
    """Nothing usable was said or pressed: `heard` is silence, nonsense, or again where the caller asked for it."""

    question: str
    heard: str


@dataclass(frozen=True)
class SurveyFinished(Fact):
    complete: bool


@dataclass(frozen=True)
class CallEnded(Fact):
    """The last fact that changes the phase: `by` says who ended it, `why` is hung_up, finished, closed,
    interrupted (the program died), failed or lost."""

    by: By
    why: str


@dataclass(frozen=True)
class HangUpAwaited(Fact):
    """The farewell is said and the survey over: the caller ends the call (heritage 3.2.5)."""


@dataclass(frozen=True)
class SoundMeasured(Fact):
    """How one party's sound fared over its whole connection: `party` is `caller` or an operator's login. Losses are
    shares 0..1 of the packets expected; what the other side never reported is None. `mos` is 1..4.5 (G.107)."""

    party: str
    loss_in: float
    loss_out: float | None
    jitter_ms: float
    round_trip_ms: float | None
    mos: float


@dataclass(frozen=True)
class CallRecorded(Fact):
    """A recording was closed: `recording` is its place below the folder of recordings, without an ending."""

    recording: str
    seconds: float


# --- operators -----------------------------------------------------------------------------------------------


class Presence(StrEnum):
    """An operator's state, as on every desk."""

    AWAY = "away"  # not signed in
    BREAK = "break"
    READY = "ready"
    OFFERED = "offered"  # a call rings
    BUSY = "busy"  # in a call
    WRAP_UP = "wrap_up"  # writing up the call


@dataclass(frozen=True)
class PresenceChanged(Fact):
    """Stream `operator:<login>`."""

    operator: str
    presence: Presence
    call: str = ""
    why: str = ""


# --- in the journal -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recorded:
    """A fact in its place: `seq` counts from 1 in its stream, `at` is aware UTC. Streams are `call:<id>`,
    `operator:<login>` and `promise:<id>`."""

    stream: str
    seq: int
    at: datetime
    fact: Fact
