"""Every term of the regulations over its whole range (L11, L18, C2, C6)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import due_times as d
from app.domain.errors import BadInput
from app.domain.working_time import (
    ProductionCalendar,
    Schedule,
    is_working_day,
    stretches,
    working_time_between,
)
from tests.unit.domain.schedules import DAY, HOUR, LONG, NOVOSIBIRSK, SHORT, schedules_near

WEEK = {**dict.fromkeys(range(4), LONG), 4: SHORT}
# The New Year holidays of 2026 and what was moved to their ends; 4 November with its shortened eve.
HOLIDAYS = frozenset({date(2026, 1, n) for n in range(1, 10)} | {date(2025, 12, 31), date(2026, 11, 4)})
CALENDAR = ProductionCalendar(HOLIDAYS, frozenset({date(2026, 11, 14)}), frozenset({date(2026, 11, 3)}))
PROPERTY = Schedule(NOVOSIBIRSK, WEEK, CALENDAR, shortened_by=HOUR)
NIGHT_SHIFT = Schedule(NOVOSIBIRSK, {0: DAY}, CALENDAR)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NOVOSIBIRSK)


@pytest.mark.parametrize(
    ("term", "since", "due"),
    [
        # Before the close of the same day, at its last second, at the close, on a day off (education 3.5.11).
        (d.END_OF_WORKING_DAY, "2026-11-18 09:30", "2026-11-18 18:00"),
        (d.END_OF_WORKING_DAY, "2026-11-18 17:59:59", "2026-11-18 18:00"),
        (d.END_OF_WORKING_DAY, "2026-11-18 18:00", "2026-11-19 18:00"),
        (d.END_OF_WORKING_DAY, "2026-11-18 04:00", "2026-11-18 18:00"),
        (d.END_OF_WORKING_DAY, "2026-11-20 10:00", "2026-11-20 17:00"),
        (d.END_OF_WORKING_DAY, "2026-11-21 10:00", "2026-11-23 18:00"),
        (d.END_OF_WORKING_DAY, "2026-11-03 10:00", "2026-11-03 17:00"),
        # 24 hours by the clock, which stands still on days off (labour 8, heritage 3.4, property 10).
        (d.CLARIFICATION, "2026-11-18 10:15", "2026-11-19 10:15"),
        (d.CLARIFICATION, "2026-11-18 23:00", "2026-11-19 23:00"),
        (d.CLARIFICATION, "2026-11-20 16:00", "2026-11-23 16:00"),
        (d.CLARIFICATION, "2026-11-21 00:00", "2026-11-24 00:00"),
        (d.CLARIFICATION, "2026-11-22 23:59", "2026-11-24 00:00"),
        (d.FIRST_ANSWER, "2026-11-03 12:00", "2026-11-05 12:00"),
        (d.FIRST_ANSWER, "2026-11-13 12:00", "2026-11-14 12:00"),
        (d.FIRST_ANSWER, "2025-12-30 15:00", "2026-01-12 15:00"),
        # One working day after the receipt, to its close (property 9).
        (d.NOTICE_OF_INSULT, "2026-11-18 00:00", "2026-11-19 18:00"),
        (d.NOTICE_OF_INSULT, "2026-11-19 23:59", "2026-11-20 17:00"),
        (d.NOTICE_OF_INSULT, "2026-11-20 12:00", "2026-11-23 18:00"),
        (d.NOTICE_OF_INSULT, "2026-11-02 12:00", "2026-11-03 17:00"),
        # Five working days (property 8).
        (d.URGENT_ANSWER, "2026-11-16 09:00", "2026-11-23 18:00"),
        (d.URGENT_ANSWER, "2026-11-15 09:00", "2026-11-20 17:00"),
        (d.URGENT_ANSWER, "2026-10-30 09:00", "2026-11-09 18:00"),
        (d.URGENT_ANSWER, "2026-11-10 09:00", "2026-11-16 18:00"),
        (d.URGENT_ANSWER, "2025-12-26 09:00", "2026-01-14 18:00"),
        # Seven and thirty days; where the last is a day off, the working day before it (education 3.4.4, 3.4.5).
        (d.REDIRECTION, "2026-11-16 09:00", "2026-11-23 18:00"),
        (d.REDIRECTION, "2026-11-14 09:00", "2026-11-20 17:00"),
        (d.REDIRECTION, "2026-10-28 09:00", "2026-11-03 17:00"),
        (d.REDIRECTION, "2026-11-07 09:00", "2026-11-14 18:00"),
        (d.ANSWER, "2026-10-20 09:00", "2026-11-19 18:00"),
        (d.ANSWER, "2026-10-22 09:00", "2026-11-20 17:00"),
        (d.ANSWER, "2025-12-05 09:00", "2025-12-30 18:00"),
        # The only working day within the term is over: the next one.
        (d.REDIRECTION, "2025-12-30 17:59", "2025-12-30 18:00"),
        (d.REDIRECTION, "2025-12-30 18:00", "2026-01-12 18:00"),
        (d.REDIRECTION, "2026-01-01 09:00", "2026-01-12 18:00"),
        # A promise in working hours (housing 5.9).
        (d.promise_term(4 * HOUR), "2026-11-18 10:00", "2026-11-18 14:00"),
        (d.promise_term(4 * HOUR), "2026-11-20 16:00", "2026-11-23 12:00"),
        (d.promise_term(timedelta(minutes=15)), "2026-11-21 10:00", "2026-11-23 09:15"),
    ],
)
def test_the_term_falls_due(term: d.Term, since: str, due: str) -> None:
    assert d.due(PROPERTY, term, at(since)) == at(due)
    assert d.due(PROPERTY, term, at(since).astimezone(UTC)) == at(due)


def test_every_term_names_its_clause() -> None:
    assert all(term.source and term.id == name for name, term in d.TERMS.items())
    named = [value for value in vars(d).values() if isinstance(value, d.Term)]
    assert set(named) == set(d.TERMS.values())


@pytest.mark.parametrize("amount", [0, -1, 400 * 24, 1e9])
@pytest.mark.parametrize("count", [c for c in d.Count if c is not d.Count.END_OF_DAY])
def test_an_amount_that_is_no_time_is_refused(amount: float, count: d.Count) -> None:
    with pytest.raises(BadInput, match="term x"):
        d.due(PROPERTY, d.Term("x", count, amount, ""), at("2026-11-18 10:00"))


@pytest.mark.parametrize("count", [d.Count.WORKING_DAYS, d.Count.CALENDAR_DAYS])
def test_days_are_whole(count: d.Count) -> None:
    with pytest.raises(BadInput, match="whole number"):
        d.due(PROPERTY, d.Term("x", count, 1.5, ""), at("2026-11-18 10:00"))


@pytest.mark.parametrize("count", [d.Count.WORKING_DAYS, d.Count.WORKING_HOURS, d.Count.HOURS_OF_WORKING_DAYS])
def test_a_term_longer_than_the_calendar_reaches_is_refused(count: d.Count) -> None:
    with pytest.raises(BadInput, match="longer than the calendar"):
        d.due(NIGHT_SHIFT, d.Term("x", count, 9000, ""), at("2026-11-18 10:00"))


def test_the_last_moment_of_a_term_is_in_time() -> None:
    since, due = at("2026-11-18 10:00"), at("2026-11-18 18:00")
    assert not d.is_overdue(PROPERTY, d.END_OF_WORKING_DAY, since, due)
    assert d.is_overdue(PROPERTY, d.END_OF_WORKING_DAY, since, due + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        ("2026-11-19 09:00", 0),
        ("2026-11-20 16:00", 0),
        ("2026-11-20 16:30", 0.5),
        ("2026-11-21 12:00", 1),
        ("2026-11-23 12:00", 4),
    ],
)
def test_overdue_is_measured_in_working_time(now: str, hours: float) -> None:
    assert d.overdue_by(PROPERTY, at("2026-11-20 16:00"), at(now)) == hours * HOUR


@given(schedules_near(), st.sampled_from(list(d.TERMS.values())))
def test_a_term_is_never_due_before_it_began(case: tuple[Schedule, datetime], term: d.Term) -> None:
    schedule, since = case
    assert d.due(schedule, term, since).astimezone(UTC) > since


@given(schedules_near(), st.integers(0, 10000), st.sampled_from(list(d.TERMS.values())))
def test_who_comes_later_is_due_no_earlier(case: tuple[Schedule, datetime], minutes: int, term: d.Term) -> None:
    schedule, since = case
    later = since + timedelta(minutes=minutes)
    assert d.due(schedule, term, since).astimezone(UTC) <= d.due(schedule, term, later).astimezone(UTC)


@given(schedules_near(), st.integers(1, 200))
def test_hours_of_working_days_are_all_their_hours(case: tuple[Schedule, datetime], hours: int) -> None:
    """Counted again, minute by minute."""
    schedule, since = case
    due = d.due(schedule, d.Term("x", d.Count.HOURS_OF_WORKING_DAYS, hours, ""), since).astimezone(UTC)
    minute, counted = timedelta(minutes=1), 0
    moment = since
    while moment < due:
        counted += is_working_day(schedule, moment.astimezone(schedule.zone).date())
        moment += minute
        if moment - since > timedelta(days=12):
            return  # long enough: the next working days lie far away
    assert counted == hours * 60


@given(schedules_near(), st.integers(1, 10))
def test_working_days_end_with_the_close_of_the_last(case: tuple[Schedule, datetime], days: int) -> None:
    schedule, since = case
    due = d.due(schedule, d.Term("x", d.Count.WORKING_DAYS, days, ""), since)
    first, last = since.astimezone(schedule.zone).date(), due.date()
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert sum(is_working_day(schedule, day) for day in between) == days
    assert due.astimezone(UTC) == stretches(schedule, last)[-1][1]


@given(schedules_near(), st.integers(1, 60))
def test_calendar_days_end_on_the_last_working_day_of_the_term(case: tuple[Schedule, datetime], days: int) -> None:
    schedule, since = case
    due = d.due(schedule, d.Term("x", d.Count.CALENDAR_DAYS, days, ""), since)
    first = since.astimezone(schedule.zone).date()
    end = datetime.combine(first + timedelta(days=days), time(23, 59), schedule.zone)
    if working_time_between(schedule, since, end) > timedelta(0):
        assert due.date() <= end.date()
        assert not working_time_between(schedule, due, end)
    else:
        assert due.astimezone(UTC) > since
