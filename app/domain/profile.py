"""An organisation, as values: its names, units, hours, terms, scripts, and what its callers hear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from app.domain.articles import Article
from app.domain.flow import Flow, Survey
from app.domain.internal_numbers import InternalNumbers
from app.domain.speech_rules import SpeechRules
from app.domain.working_time import Schedule


@dataclass(frozen=True)
class Need:
    """A typical need of a topic (property 7)."""

    id: str
    title: str


@dataclass(frozen=True)
class Topic:
    """What callers ask about; `unit` is the one that knows most of it, "" for none in particular."""

    id: str
    title: str
    questions: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    unit: str = ""


@dataclass(frozen=True)
class Unit:
    """`topics` are those it is most competent in; `overflow` is the unit that is asked, too, when nobody of this
    one has been free for `Terms.overflow_s`, "" for the reception."""

    id: str
    name: str
    numbers: tuple[str, ...]
    topics: tuple[str, ...] = ()
    overflow: str = ""


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
    """Proposed time of return from hold."""
    overflow_s: int = 60
    """How long a caller waits before the overflow unit is asked, too."""
    clarification: timedelta = timedelta(hours=24)
    """Term of an outgoing clarification, not counted on days off (labour 8, heritage 3.4)."""
    caller_hangs_up: bool = False
    """After the farewell the line waits for the caller to hang up (heritage 3.2.5)."""
    training_months: int = 24
    """How long an operator's training holds (property 20)."""
    training_bars: bool = False
    """An operator whose training has lapsed gets no calls; else it is only flagged."""
    review_days: int = 31
    """How often a unit reviews its part of the knowledge base (property 35)."""


class ClosedReason(StrEnum):
    """Why the line is closed."""

    NIGHT = "night"
    LUNCH = "lunch"
    DAY_OFF = "day_off"
    HOLIDAY = "holiday"


class ClosedAction(StrEnum):
    """What a key does while the line is closed."""

    CALL_BACK = "call_back"  # a promise to the number that is shown
    OTHER_NUMBER = "other_number"  # the caller types another number and #


@dataclass(frozen=True)
class ClosedKey:
    key: str
    action: ClosedAction


@dataclass(frozen=True)
class Closed:
    """What a caller meets outside the hours (housing 5.3). `say` has an announcement for NIGHT always."""

    source: tuple[str, ...] = ()
    say: Mapping[ClosedReason, str] = field(default_factory=lambda: {ClosedReason.NIGHT: "closed"})
    keys: tuple[ClosedKey, ...] = (ClosedKey("1", ClosedAction.CALL_BACK),)
    wait_s: int = 6
    """How long a key may still be pressed after the announcement."""

    def announcement(self, reason: ClosedReason) -> str:
        """The name of what is said."""
        return self.say.get(reason) or self.say[ClosedReason.NIGHT]

    def action(self, key: str) -> ClosedAction | None:
        return next((one.action for one in self.keys if one.key == key), None)


@dataclass(frozen=True)
class Referral:
    """A body that is competent where this one is not (L13: housing 5.11, property 29).

    `questions` is what people ask that belongs there, `say` a ready phrase.
    """

    id: str
    body: str
    contacts: str
    say: str = ""
    source: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


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
    internal: Flow
    survey: Survey
    topics: tuple[Topic, ...]
    announcements: Mapping[str, str]
    version: str
    """Changes with every change of the scripts, so that a call knows what it was led by."""
    short: str = ""
    """For narrow places; "" where the full name will do."""
    internal_numbers: tuple[InternalNumbers, ...] = ()
    closed: Closed = Closed()
    referrals: tuple[Referral, ...] = ()
    speech: SpeechRules = field(default_factory=SpeechRules)
    articles: tuple[Article, ...] = ()
    """The knowledge base; it has a life of its own and does not change the version."""

    @property
    def topic_titles(self) -> Mapping[str, str]:
        return {topic.id: topic.title for topic in self.topics}

    @property
    def flows(self) -> tuple[Flow, ...]:
        return (self.incoming, self.outgoing, self.internal)

    def flow(self, flow_id: str) -> Flow | None:
        return next((flow for flow in self.flows if flow.id == flow_id), None)

    def is_internal(self, number: str) -> bool:
        """A colleague's number: such calls are led by the internal flow (education 3.5.8)."""
        return any(numbers.has(number) for numbers in self.internal_numbers)

    def unit(self, unit_id: str) -> Unit | None:
        return next((unit for unit in self.units if unit.id == unit_id), None)

    def topic(self, topic_id: str) -> Topic | None:
        return next((topic for topic in self.topics if topic.id == topic_id), None)

    def referral(self, referral_id: str) -> Referral | None:
        return next((one for one in self.referrals if one.id == referral_id), None)

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
