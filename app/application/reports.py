"""What the pages read and who may read it: the forms in which the storage hands them over, and its ports.

Everything here is synchronous and may wait for the database: the pages call it from worker threads, never the line.
Days and hours are those of the organisation's time zone; moments are aware UTC; durations are seconds.
Operators are logins, questions and answers of the survey are the ids of the facts: the pages know their names.
Every method of the ports raises `Unavailable` when the database cannot be reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from app.domain.calls import Direction, Outcome
from app.domain.facts import By, Recorded
from app.domain.promises import Promise
from app.domain.script_texts import ScriptTexts
from app.domain.training import Training

SERVICE_LEVEL_S = 20.0
"""An incoming call answered within this many seconds counts towards the service level."""


class Role(StrEnum):
    OPERATOR = "operator"
    MANAGER = "manager"  # sees figures and calls, numbers masked (M2)
    ADMINISTRATOR = "administrator"  # sees numbers as well


@dataclass(frozen=True)
class StaffMember:
    """A person who signs in. `phone` is a `sip:` address, or "" where the browser is the phone. `active` is false
    for one who has left: no longer signs in, and still has a name in the record."""

    login: str
    surname: str
    name: str
    patronymic: str
    position: str
    unit: str
    role: Role
    phone: str = ""
    active: bool = True

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.surname, self.name, self.patronymic) if part)

    @property
    def short_name(self) -> str:
        """`Иванова А. П.`"""
        initials = [f"{part[0]}." for part in (self.name, self.patronymic) if part]
        # Initials stay with the surname where a line is broken.
        return "\u00a0".join(part for part in (self.surname, *initials) if part)


@dataclass(frozen=True)
class Totals:
    """The figures of a period. All but `outgoing` and `not_reached` are of incoming calls.

    `calls` = answered + lost + out_of_hours + interrupted + under_way. Means are None where there is nothing to
    take them of. Waiting is taken over answered calls (arrival to the first operator), `waiting_p90_s` by nearest
    rank; talking over answered calls that have ended (`Call.talked_s`).
    """

    calls: int = 0
    answered: int = 0
    lost: int = 0
    out_of_hours: int = 0
    interrupted: int = 0
    under_way: int = 0
    answered_in_time: int = 0
    """Answered with `waited_s` <= SERVICE_LEVEL_S."""
    transferred: int = 0
    """Calls with at least one completed transfer."""
    waiting_mean_s: float | None = None
    waiting_p90_s: float | None = None
    talking_mean_s: float | None = None
    outgoing: int = 0
    not_reached: int = 0


@dataclass(frozen=True)
class DayFigures:
    """Incoming calls that arrived on `day`. Every day of the period is there, also one without calls."""

    day: date
    calls: int = 0
    answered: int = 0
    lost: int = 0
    out_of_hours: int = 0
    waiting_mean_s: float | None = None


@dataclass(frozen=True)
class HourFigures:
    """Incoming calls that arrived in the hour `hour`:00-`hour`:59 of any day of the period; all 24 are there."""

    hour: int
    calls: int = 0
    answered: int = 0
    lost: int = 0
    out_of_hours: int = 0
    waiting_mean_s: float | None = None


@dataclass(frozen=True)
class RatingShare:
    """How often an answer was given to a question of the survey, as a share (0-1) of all answers to it. Only
    answers that were given are there. Incoming and outgoing calls."""

    question: str
    answer: str
    count: int
    share: float


@dataclass(frozen=True)
class OperatorFigures:
    """`answered`: incoming calls in which the operator spoke (also after a transfer); `outgoing`: calls placed by
    the operator; `talking_mean_s` over the answered ones that have ended; `ratings`: of the calls in which the
    operator answered last. Operators without any call of the period are left out."""

    operator: str
    answered: int = 0
    outgoing: int = 0
    talking_mean_s: float | None = None
    ratings: tuple[RatingShare, ...] = ()


@dataclass(frozen=True)
class Statistics:
    day_from: date
    day_to: date
    """The last day, inclusive."""
    totals: Totals
    days: tuple[DayFigures, ...]
    hours: tuple[HourFigures, ...]
    operators: tuple[OperatorFigures, ...]
    ratings: tuple[RatingShare, ...]


@dataclass(frozen=True)
class CallFilters:
    """Which calls: all conditions that are set must hold. The period is of arrival, both days inclusive."""

    day_from: date
    day_to: date
    direction: Direction | None = None
    outcome: Outcome | None = None
    hour: int | None = None
    operator: str = ""
    """Spoke in the call (is in `Call.operators`)."""
    rated_operator: str = ""
    """Answered last (`Call.operator`), and the caller answered a question."""
    question: str = ""
    answer: str = ""
    """With `question`: the call has this answer to it; "" means any answer."""
    in_time: bool = False
    """Answered within SERVICE_LEVEL_S."""
    transferred: bool = False


@dataclass(frozen=True)
class CallRow:
    """A call in a list. `waited_s` of a call that nobody answered is from its arrival to its end."""

    id: str
    arrived_at: datetime
    direction: Direction
    number: str
    """E.164, internal, or "" when withheld."""
    unit: str
    outcome: Outcome
    operators: tuple[str, ...] = ()
    """Who spoke, in order."""
    waited_s: float = 0.0
    talked_s: float = 0.0
    transfers: int = 0
    topic: str = ""
    caller_name: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    """(question, answer) as answered."""
    promises: tuple[str, ...] = ()
    ended_by: By | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True)
class CallPage:
    """Rows of one page, newest first; `total` counts all that match, pages count from 1."""

    rows: tuple[CallRow, ...]
    total: int
    page: int
    page_size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.page_size))


@dataclass(frozen=True)
class CallRecord:
    """One call with its log, ready for `app.domain.calls.fold`."""

    row: CallRow
    facts: tuple[Recorded, ...]
    script: ScriptTexts | None = None
    """What the version that led the call called its stages; None when it is not remembered."""


class PromiseList(StrEnum):
    """The lists of promises; `open` holds the overdue ones too, `kept` only those kept in time."""

    OPEN = "open"
    OVERDUE = "overdue"
    KEPT = "kept"
    LATE = "late"
    CLOSED = "closed"


@dataclass(frozen=True)
class PromiseRow:
    promise: Promise
    unit: str = ""
    """Of the call in which it was made."""
    caller_name: str = ""


@dataclass(frozen=True)
class PromiseCounts:
    counts: Mapping[PromiseList, int] = field(default_factory=dict)

    def of(self, which: PromiseList) -> int:
        return self.counts.get(which, 0)


class CallReads(Protocol):
    """What the manager's pages read: projections of the journal."""

    def statistics(self, day_from: date, day_to: date, *, before: datetime | None = None) -> Statistics:
        """The figures of calls that arrived from the first moment of `day_from` to the last of `day_to`, and
        before the moment `before` where one is given: a day that is not over is compared with an equal part."""

    def calls(self, filters: CallFilters, page: int = 1, page_size: int = 50) -> CallPage:
        """The calls that match, newest first. A page past the end is empty."""

    def record(self, call_id: str) -> CallRecord | None: ...

    def promises(self, which: PromiseList, now: datetime) -> tuple[PromiseRow, ...]:
        """Open and overdue ones by due time, earliest first; the others by closing time, latest first."""

    def promise_counts(self, now: datetime) -> PromiseCounts: ...


class StaffAccounts(Protocol):
    """Who may sign in, and who is signed in."""

    def authenticate(self, login: str, password: str) -> StaffMember | None:
        """None for an unknown login, a wrong password and a member who has left: after the same time for each."""

    def open_session(self, login: str) -> str:
        """A new session's token (unguessable; only its hash is kept)."""

    def session(self, token: str) -> StaffMember | None:
        """Whose session it is; None when it is unknown, closed, out of date or its member has left."""

    def close_session(self, token: str) -> None:
        """Nothing happens when there is none."""

    def set_phone(self, login: str, phone: str) -> None:
        """The member's own phone, "" for the browser. BadInput when it is not `sip:user@<IP address>`."""

    def trainings(self) -> tuple[Training, ...]:
        """Everybody's records of training, by day (K3)."""

    def add_training(self, training: Training) -> None:
        """One more record. BadInput for a login that nobody has."""

    def members(self) -> tuple[StaffMember, ...]:
        """Everyone, also those who have left, by surname."""
