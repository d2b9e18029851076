"""What a list of calls shows and a figure counts: one filter, so that a figure is always its list's length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select

from app.domain.calls import Direction, Outcome
from app.storage.tables import call_operators, calls

SERVICE_LEVEL_S = 20.0
"""An answer within this time counts for the service level."""


@dataclass(frozen=True)
class CallFilter:
    """Which calls; what is None or empty does not narrow. All that is given must hold."""

    direction: Direction | None = None
    outcomes: frozenset[Outcome] = frozenset()
    hour: int | None = None
    """Hour of arrival, 0 to 23, in the organisation's zone."""
    unit: str = ""
    topic: str = ""
    number: str = ""
    operator: str = ""
    """Who answered last (of an outgoing call: who placed it)."""
    took_part: str = ""
    """Who talked in the call at any time."""
    answered_within_s: float | None = None
    talked: bool | None = None
    """A conversation that is over, with its length."""
    transferred: bool | None = None
    transfer_failed: bool | None = None
    surveyed: bool | None = None
    """The survey was begun and is over, complete or not."""
    survey_complete: bool | None = None
    answer_received: str = ""
    satisfaction: str = ""
    keeps_promise: bool | None = None


def conditions(wanted: CallFilter) -> list[ColumnElement[bool]]:
    """The filter as conditions on the table `calls`."""
    return [*_equal(wanted), *_either_way(wanted), *_special(wanted)]


def within(day_from: date, day_to: date) -> ColumnElement[bool]:
    """The calls that arrived on these days, both included, in the organisation's zone."""
    return calls.c.local_day.between(day_from, day_to)


def _equal(wanted: CallFilter) -> list[ColumnElement[bool]]:
    columns = ("unit", "topic", "number", "operator", "answer_received", "satisfaction")
    return [calls.c[name] == value for name in columns if (value := getattr(wanted, name))]


def _either_way(wanted: CallFilter) -> list[ColumnElement[bool]]:
    holds: dict[str, ColumnElement[bool]] = {
        "talked": calls.c.talked_s.is_not(None),
        "transferred": calls.c.transfers > 0,
        "transfer_failed": calls.c.failed_transfers > 0,
        "surveyed": calls.c.survey_complete.is_not(None),
        "survey_complete": calls.c.survey_complete.is_(True),
        "keeps_promise": calls.c.keeps_promise != "",
    }
    given = {name: getattr(wanted, name) for name in holds}
    return [holds[name] if value else ~holds[name] for name, value in given.items() if value is not None]


def _special(wanted: CallFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.direction is not None:
        found.append(calls.c.direction == str(wanted.direction))
    if wanted.outcomes:
        found.append(calls.c.outcome.in_(sorted(str(outcome) for outcome in wanted.outcomes)))
    if wanted.hour is not None:
        found.append(calls.c.local_hour == wanted.hour)
    if wanted.took_part:
        part = select(call_operators.c.call).where(call_operators.c.operator == wanted.took_part)
        found.append(calls.c.id.in_(part))
    if wanted.answered_within_s is not None:
        found.append(calls.c.answered_at.is_not(None))
        found.append(calls.c.waited_s <= wanted.answered_within_s)
    return found


def _incoming(*outcomes: Outcome) -> CallFilter:
    return CallFilter(direction=Direction.INCOMING, outcomes=frozenset(outcomes))


def _outgoing(*outcomes: Outcome) -> CallFilter:
    return CallFilter(direction=Direction.OUTGOING, outcomes=frozenset(outcomes))


COUNTED: Mapping[str, CallFilter] = {
    "incoming": _incoming(),
    "answered": _incoming(Outcome.ANSWERED),
    "lost": _incoming(Outcome.LOST),
    "out_of_hours": _incoming(Outcome.OUT_OF_HOURS),
    "not_finished": _incoming(Outcome.UNDER_WAY, Outcome.INTERRUPTED),
    "in_time": CallFilter(
        direction=Direction.INCOMING,
        outcomes=frozenset({Outcome.ANSWERED}),
        answered_within_s=SERVICE_LEVEL_S,
    ),
    "outgoing": _outgoing(),
    "reached": _outgoing(Outcome.ANSWERED),
    "not_reached": _outgoing(Outcome.NOT_REACHED),
    "outgoing_under_way": _outgoing(Outcome.UNDER_WAY),
    "transferred": CallFilter(transferred=True),
    "transfer_failed": CallFilter(transfer_failed=True),
    "surveyed": CallFilter(surveyed=True),
    "survey_complete": CallFilter(survey_complete=True),
}
"""The figures of `call_statistics.Counts`, by name: the page links a figure to the list under its filter."""
