"""When things fall due: every term that the regulations name, by one table (L11, L18, C2, C6).

A term is counted in one of the ways of `Count`; `due` finds its moment. Days are counted from the day after that
of the beginning (Civil Code, article 191); a term of days ends with the last working moment of its last day, since
what is to be done then is done by people at work (article 194).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from app.domain.errors import BadInput
from app.domain.working_time import (
    HORIZON,
    Schedule,
    add_working_time,
    end_of_working_day,
    is_working_day,
    stretches,
    working_time_between,
)

_DAY = timedelta(days=1)


class Count(StrEnum):
    """How the time of a term runs."""

    WORKING_HOURS = "working_hours"  # only while the line is open
    END_OF_DAY = "end_of_day"  # to the close of the day, `amount` is not looked at
    HOURS_OF_WORKING_DAYS = "hours_of_working_days"  # by day and night, but not on days off
    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"  # the earlier working day where the last falls on a day off


@dataclass(frozen=True)
class Term:
    """`amount` is hours or days, as `count` has it; `source` is the clause."""

    id: str
    count: Count
    amount: float
    source: str


END_OF_WORKING_DAY = Term("end_of_working_day", Count.END_OF_DAY, 0, "education 3.5.11")
"""An internal client's question that takes more work (L18)."""
CLARIFICATION = Term("clarification", Count.HOURS_OF_WORKING_DAYS, 24, "labour 8, heritage 3.4")
"""The client of an incomplete application is contacted (C2)."""
FIRST_ANSWER = Term("first_answer", Count.HOURS_OF_WORKING_DAYS, 24, "property 10")
"""A message is confirmed (C6)."""
NOTICE_OF_INSULT = Term("notice_of_insult", Count.WORKING_DAYS, 1, "property 9")
URGENT_ANSWER = Term("urgent_answer", Count.WORKING_DAYS, 5, "property 8")
REDIRECTION = Term("redirection", Count.CALENDAR_DAYS, 7, "education 3.4.5")
ANSWER = Term("answer", Count.CALENDAR_DAYS, 30, "education 3.4.4")

TERMS: dict[str, Term] = {
    term.id: term
    for term in (
        END_OF_WORKING_DAY,
        CLARIFICATION,
        FIRST_ANSWER,
        NOTICE_OF_INSULT,
        URGENT_ANSWER,
        REDIRECTION,
        ANSWER,
    )
}
"""The terms of the regulations, by id; that of a promise is the profile's own (`promise_term`). The registration of
messages within three days is of federal law and named in none of the five regulations: it is not here."""


def promise_term(callback: timedelta) -> Term:
    """The term of a promise to call back: so much working time (housing 5.9, property 27)."""
    return Term("promise", Count.WORKING_HOURS, callback / timedelta(hours=1), "housing 5.9")


def due(schedule: Schedule, term: Term, since: datetime) -> datetime:
    """When `term` that began at `since` falls due, in the organisation's zone. BadInput for an amount that is not
    above zero (where it counts), no whole number of days, or longer than the calendar reaches."""
    if term.count is not Count.END_OF_DAY and not 0 < term.amount < HORIZON / timedelta(hours=1):
        raise BadInput(f"term {term.id}: {term.amount} is no amount of time; give a number above zero")
    return _COUNTS[term.count](schedule, term, since)


def is_overdue(schedule: Schedule, term: Term, since: datetime, now: datetime) -> bool:
    """The term has passed: its last moment itself is still in time."""
    return now.astimezone(UTC) > due(schedule, term, since).astimezone(UTC)


def overdue_by(schedule: Schedule, due_at: datetime, now: datetime) -> timedelta:
    """The working time that has passed since the term; zero before it."""
    return working_time_between(schedule, due_at, now)


def _working_hours(schedule: Schedule, term: Term, since: datetime) -> datetime:
    return add_working_time(schedule, since, timedelta(hours=term.amount))


def _end_of_day(schedule: Schedule, _term: Term, since: datetime) -> datetime:
    return end_of_working_day(schedule, since)


def _hours_of_working_days(schedule: Schedule, term: Term, since: datetime) -> datetime:
    """The clock stands still from the first to the last minute of a day off."""
    left = timedelta(hours=term.amount)
    start, zone = since.astimezone(UTC), schedule.zone
    first = since.astimezone(zone).date()
    for number in range(HORIZON.days + 1):
        day = first + number * _DAY
        if not is_working_day(schedule, day):
            continue
        begins = max(start, _midnight(schedule, day))
        ends = _midnight(schedule, day + _DAY)
        if ends - begins >= left:
            return (begins + left).astimezone(zone)
        left -= max(ends - begins, timedelta(0))
    raise BadInput(f"term {term.id}: longer than the calendar reaches")


def _midnight(schedule: Schedule, day: date) -> datetime:
    return datetime.combine(day, time(0), schedule.zone).astimezone(UTC)


def _working_days(schedule: Schedule, term: Term, since: datetime) -> datetime:
    day, left = since.astimezone(schedule.zone).date(), _whole_days(term)
    last = day + HORIZON
    while left and day <= last:
        day += _DAY
        left -= is_working_day(schedule, day)
    if left:
        raise BadInput(f"term {term.id}: longer than the calendar reaches")
    return _close_of(schedule, day)


def _calendar_days(schedule: Schedule, term: Term, since: datetime) -> datetime:
    """Back from the last day to a working one (education 3.4.4). Where that one is over already, as before long
    holidays, the work cannot be done then: the next close counts."""
    began = since.astimezone(schedule.zone).date()
    day = began + _whole_days(term) * _DAY
    while day > began and not is_working_day(schedule, day):
        day -= _DAY
    if is_working_day(schedule, day) and stretches(schedule, day)[-1][1] > since:
        return _close_of(schedule, day)
    return end_of_working_day(schedule, since)


def _whole_days(term: Term) -> int:
    if term.amount != int(term.amount):
        raise BadInput(f"term {term.id}: {term.amount} days; give a whole number")
    return int(term.amount)


def _close_of(schedule: Schedule, day: date) -> datetime:
    return stretches(schedule, day)[-1][1].astimezone(schedule.zone)


_COUNTS: dict[Count, Callable[[Schedule, Term, datetime], datetime]] = {
    Count.WORKING_HOURS: _working_hours,
    Count.END_OF_DAY: _end_of_day,
    Count.HOURS_OF_WORKING_DAYS: _hours_of_working_days,
    Count.WORKING_DAYS: _working_days,
    Count.CALENDAR_DAYS: _calendar_days,
}
