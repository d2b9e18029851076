"""What is asked of a call, in the imperative: by the operator, by the telephone, by the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.facts import By, Speaker


@dataclass(frozen=True)
class Command:
    """The base of all commands."""


# --- from the telephone --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TakeCall(Command):
    """A call has come in: open, queue it; closed, say so."""

    caller: str
    dialled: str


@dataclass(frozen=True)
class Offer(Command):
    """Ring at an operator who is free."""

    operator: str


@dataclass(frozen=True)
class OperatorAnswers(Command):
    operator: str


@dataclass(frozen=True)
class OperatorMisses(Command):
    """The offered operator, or the target of a transfer, did not answer."""

    operator: str
    why: str


@dataclass(frozen=True)
class CalleeAnswers(Command):
    """The person whom we called picked up; `late` when that keeps a promise after its term."""

    late: bool = False


@dataclass(frozen=True)
class CalleeMisses(Command):
    why: str


@dataclass(frozen=True)
class CallerHangsUp(Command):
    why: str = "hung_up"


@dataclass(frozen=True)
class OperatorDrops(Command):
    """The operator's telephone hung up (`lost` False) or the connection died (`lost` True)."""

    operator: str
    lost: bool


@dataclass(frozen=True)
class PressKey(Command):
    """The caller pressed a key."""

    key: str


@dataclass(frozen=True)
class TypeNumber(Command):
    """The caller of a closed line typed a number for a call back."""

    number: str


@dataclass(frozen=True)
class SayNumber(Command):
    """The caller of a closed line said a number, and confirmed it when it was read back: E.164."""

    number: str


@dataclass(frozen=True)
class MissNumber(Command):
    """`heard`: nonsense, silence, or refused: the number that was read back was not the caller's."""

    heard: str


@dataclass(frozen=True)
class HearPhrase(Command):
    """A final result of the recogniser; times in seconds of the call. `model` names what recognised it."""

    speaker: Speaker
    operator: str
    text: str
    start_s: float
    end_s: float
    words: tuple[tuple[str, float, float], ...] = ()
    model: str = ""


# --- from the operator ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PlaceOnHold(Command):
    return_in_s: int


@dataclass(frozen=True)
class Resume(Command):
    pass


@dataclass(frozen=True)
class TellOfTransfer(Command):
    """The operator confirms that the caller was told."""


@dataclass(frozen=True)
class Transfer(Command):
    target: str
    target_is_free: bool
    told: bool = False


@dataclass(frozen=True)
class TakeBack(Command):
    pass


@dataclass(frozen=True)
class HangUp(Command):
    """The operator ends the conversation; before the farewell only with a reason (heritage 3.2.5)."""

    reason: str = ""


@dataclass(frozen=True)
class SendToSurvey(Command):
    pass


@dataclass(frozen=True)
class Tick(Command):
    stage: str
    step: str


@dataclass(frozen=True)
class Untick(Command):
    stage: str
    step: str


@dataclass(frozen=True)
class OpenStage(Command):
    stage: str


@dataclass(frozen=True)
class NameCaller(Command):
    name: str


@dataclass(frozen=True)
class RestateNeed(Command):
    need: str


@dataclass(frozen=True)
class ChooseTopic(Command):
    """`need` is a typical need of the topic, or ""."""

    topic: str
    need: str = ""


@dataclass(frozen=True)
class WriteNotes(Command):
    notes: str


@dataclass(frozen=True)
class WriteAgenda(Command):
    """The questions of a clarification call, one a line."""

    text: str


@dataclass(frozen=True)
class AskOfAgenda(Command):
    """A question of the agenda was asked, or was not after all."""

    question: str
    asked: bool = True


@dataclass(frozen=True)
class GiveReferral(Command):
    referral: str


@dataclass(frozen=True)
class NoteSatisfaction(Command):
    satisfied: bool


@dataclass(frozen=True)
class UseArticle(Command):
    """The answer is taken from this article."""

    article: str
    version: int
    title: str


@dataclass(frozen=True)
class MissArticle(Command):
    """No article answers what was asked (`facts.ArticleMissed`)."""

    asked: str
    why: str


@dataclass(frozen=True)
class MeasureSound(Command):
    """The last measurement of a party whose connection is over (`facts.SoundMeasured`)."""

    party: str
    loss_in: float
    loss_out: float | None
    jitter_ms: float
    round_trip_ms: float | None
    mos: float


@dataclass(frozen=True)
class KeepRecording(Command):
    """A recording was closed."""

    recording: str
    seconds: float


@dataclass(frozen=True)
class MakePromise(Command):
    """`due_at` None takes the profile's term; `number` as the operator typed it."""

    promise: str
    number: str
    asked: str
    due_at: datetime | None
    interval: str
    by: By = By.OPERATOR


@dataclass(frozen=True)
class PlaceCall(Command):
    """Call out; with `promise` to keep it, and with the questions of its `agenda`."""

    operator: str
    number: str
    promise: str = ""
    agenda: tuple[str, ...] = ()


# --- from the clock and the program --------------------------------------------------------------------------


@dataclass(frozen=True)
class BeginSurvey(Command):
    """Ask the first question (the introduction has been played)."""


@dataclass(frozen=True)
class AnswerSurvey(Command):
    """What the caller said or pressed: `answer` is the answer's id."""

    question: str
    answer: str
    by: By


@dataclass(frozen=True)
class MissSurveyAnswer(Command):
    """`heard`: silence, nonsense, or again: the caller wants to hear the question once more."""

    question: str
    heard: str


@dataclass(frozen=True)
class AskToHoldOn(Command):
    """The promised time of return has passed."""


@dataclass(frozen=True)
class LoseHearing(Command):
    """One side is not recognised: `why` as in `HearingLost`."""

    speaker: Speaker
    operator: str
    why: str


@dataclass(frozen=True)
class RegainHearing(Command):
    """That side is recognised again."""

    speaker: Speaker
    operator: str


@dataclass(frozen=True)
class NoticeSilence(Command):
    """Neither has been heard for a while."""


@dataclass(frozen=True)
class End(Command):
    """The line ends the call: after the survey, after the closed announcement, on a failure. Where the profile
    wants the caller to hang up, the end of the survey only begins to wait for that."""

    why: str


@dataclass(frozen=True)
class Interrupt(Command):
    """At the start of the program: the call was under way when the last one died."""

    promise: str
