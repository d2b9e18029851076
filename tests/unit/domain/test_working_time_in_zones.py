"""Working time where clocks are moved, reasons of being closed, and worked weekends (L1)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.working_time import (
    Interval,
    ProductionCalendar,
    Schedule,
    WhyClosed,
    add_working_time,
    intervals_of,
    is_working_time,
    next_opening,
    openings,
    why_closed,
    working_time_between,
)
from tests.unit.domain.schedules import ASTRAKHAN, DAY, HOUR, LONG, NOVOSIBIRSK, SHORT, schedules_near

MOSCOW = ZoneInfo("Europe/Moscow")
PROPERTY_WEEK = {**dict.fromkeys(range(4), LONG), 4: SHORT}
MINUTE = timedelta(minutes=1)


# --- worked weekends -----------------------------------------------------------------------------------------

SATURDAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("freed", "hours"),
    [
        (date(2026, 11, 30), LONG),  # a Monday: a full day is worked
        (date(2026, 11, 27), SHORT),  # a Friday: its short one
        (date(2026, 11, 29), LONG),  # a Sunday was never worked: a full day
        (None, LONG),
    ],
)
def test_a_worked_saturday_has_the_hours_of_the_day_that_became_free(
    freed: date | None, hours: tuple[Interval, ...]
) -> None:
    exchanged = {SATURDAY: freed} if freed else {}
    calendar = ProductionCalendar(working_weekends=frozenset({SATURDAY}), exchanged=exchanged)
    assert intervals_of(Schedule(NOVOSIBIRSK, PROPERTY_WEEK, calendar), SATURDAY) == hours


def test_a_worked_saturday_is_a_full_day_although_the_week_begins_with_a_short_one() -> None:
    week = {0: SHORT, 1: LONG, 4: SHORT}
    calendar = ProductionCalendar(working_weekends=frozenset({SATURDAY}))
    assert intervals_of(Schedule(NOVOSIBIRSK, week, calendar), SATURDAY) == LONG


def test_a_worked_saturday_before_a_holiday_is_shortened_like_the_day_it_stands_for() -> None:
    calendar = ProductionCalendar(
        working_weekends=frozenset({SATURDAY}),
        shortened=frozenset({SATURDAY}),
        exchanged={SATURDAY: date(2026, 11, 27)},
    )
    schedule = Schedule(NOVOSIBIRSK, PROPERTY_WEEK, calendar, shortened_by=HOUR)
    assert intervals_of(schedule, SATURDAY) == ((time(9), time(16)),)


@pytest.mark.parametrize(
    ("minutes", "ends"),
    [(0, "18:00"), (30, "17:30"), (45, "17:15"), (90, "16:30"), (539, "09:01"), (540, ""), (541, ""), (1300, "")],
)
def test_an_eve_is_shorter_by_any_minutes_and_never_longer(minutes: int, ends: str) -> None:
    eve = date(2026, 11, 26)
    calendar = ProductionCalendar(shortened=frozenset({eve}))
    schedule = Schedule(NOVOSIBIRSK, PROPERTY_WEEK, calendar, shortened_by=timedelta(minutes=minutes))
    assert [f"{end:%H:%M}" for _, end in intervals_of(schedule, eve)] == ([ends] if ends else [])


# --- why it is closed ----------------------------------------------------------------------------------------

HOLIDAY, MOVED, CLOSED, OPENED = date(2026, 11, 4), date(2026, 11, 6), date(2026, 11, 10), date(2026, 11, 14)
HOUSING = Schedule(
    ASTRAKHAN,
    dict.fromkeys(range(5), DAY),
    ProductionCalendar(frozenset({HOLIDAY, MOVED}), moved=frozenset({MOVED})),
    {CLOSED: (), OPENED: ((time(10), time(11)), (time(12), time(13)), (time(14), time(15)))},
)


@pytest.mark.parametrize(
    ("day", "clock", "why"),
    [
        (date(2026, 11, 5), "08:29", WhyClosed.NIGHT),
        (date(2026, 11, 5), "08:30", None),
        (date(2026, 11, 5), "12:00", WhyClosed.LUNCH),
        (date(2026, 11, 5), "12:59", WhyClosed.LUNCH),
        (date(2026, 11, 5), "13:00", None),
        (date(2026, 11, 5), "17:30", WhyClosed.NIGHT),
        (date(2026, 11, 5), "23:59", WhyClosed.NIGHT),
        (date(2026, 11, 7), "00:00", WhyClosed.DAY_OFF),
        (date(2026, 11, 8), "12:30", WhyClosed.DAY_OFF),
        (HOLIDAY, "10:00", WhyClosed.HOLIDAY),
        (HOLIDAY, "03:00", WhyClosed.HOLIDAY),
        (MOVED, "10:00", WhyClosed.DAY_OFF),
        (CLOSED, "10:00", WhyClosed.DAY_OFF),
        (OPENED, "09:59", WhyClosed.NIGHT),
        (OPENED, "11:30", WhyClosed.LUNCH),
        (OPENED, "13:30", WhyClosed.LUNCH),
        (OPENED, "14:30", None),
        (OPENED, "15:00", WhyClosed.NIGHT),
    ],
)
def test_the_reason_of_being_closed(day: date, clock: str, why: WhyClosed | None) -> None:
    at = datetime.combine(day, time.fromisoformat(clock), ASTRAKHAN)
    assert why_closed(HOUSING, at) is why
    assert why_closed(HOUSING, at.astimezone(UTC)) is why


@given(schedules_near())
def test_there_is_a_reason_exactly_when_nobody_works(case: tuple[Schedule, datetime]) -> None:
    schedule, at = case
    assert (why_closed(schedule, at) is None) == is_working_time(schedule, at)


# --- clocks that are moved -----------------------------------------------------------------------------------


def test_the_night_of_summer_time_is_an_hour_shorter() -> None:
    """Moscow, 28.03.2010: 2:00 became 3:00."""
    schedule = Schedule(MOSCOW, dict.fromkeys(range(7), ((time(0), time(23, 30)),)))
    start = datetime(2010, 3, 28, 1, 0, tzinfo=MOSCOW)
    assert add_working_time(schedule, start, HOUR) == datetime(2010, 3, 28, 3, 0, tzinfo=MOSCOW)
    spent = working_time_between(
        schedule, datetime(2010, 3, 28, tzinfo=MOSCOW), datetime(2010, 3, 29, tzinfo=MOSCOW)
    )
    assert spent == timedelta(hours=22, minutes=30)


def test_the_night_of_winter_time_is_an_hour_longer() -> None:
    """Moscow, 26.10.2014: 2:00 became 1:00."""
    schedule = Schedule(MOSCOW, dict.fromkeys(range(7), ((time(0), time(23, 30)),)))
    start = datetime(2014, 10, 26, 0, 30, tzinfo=MOSCOW)
    due = add_working_time(schedule, start, 2 * HOUR)
    assert (due.astimezone(UTC), due.fold) == (datetime(2014, 10, 25, 22, 30, tzinfo=UTC), 1)


def test_hours_that_the_clocks_leap_over_are_no_working_time() -> None:
    schedule = Schedule(MOSCOW, {6: ((time(2), time(3)), (time(9), time(10)))})
    found = next_opening(schedule, datetime(2010, 3, 28, tzinfo=MOSCOW))
    assert found == datetime(2010, 3, 28, 9, tzinfo=MOSCOW)


def test_a_day_that_never_was_has_no_hours() -> None:
    """Samoa went from 29.12.2011 straight to the 31st."""
    apia = ZoneInfo("Pacific/Apia")
    schedule = Schedule(apia, dict.fromkeys(range(7), LONG))
    found = openings(schedule, datetime(2011, 12, 29, tzinfo=apia))
    days = [opens.day for _, (opens, _) in zip(range(3), found, strict=False)]
    assert days == [29, 31, 1]


@given(schedules_near())
def test_stretches_are_in_order_apart_and_of_some_length(case: tuple[Schedule, datetime]) -> None:
    schedule, since = case
    found = [
        (a.astimezone(UTC), b.astimezone(UTC))
        for (a, b), _ in zip(openings(schedule, since), range(8), strict=False)
    ]
    assert all(opens < closes for opens, closes in found)
    assert all(one[1] <= other[0] for one, other in pairwise(found))
    assert all(is_working_time(schedule, opens) for opens, _ in found)
    assert all(is_working_time(schedule, closes - MINUTE / 60) for _, closes in found)


@given(schedules_near(), st.integers(1, 300))
def test_a_term_takes_exactly_its_working_time(case: tuple[Schedule, datetime], minutes: int) -> None:
    schedule, start = case
    due = add_working_time(schedule, start, minutes * MINUTE)
    assert working_time_between(schedule, start, due) == minutes * MINUTE
    assert is_working_time(schedule, due.astimezone(UTC) - timedelta(microseconds=1))


@given(schedules_near(), st.integers(0, 3000), st.integers(0, 3000))
def test_working_time_adds_up(case: tuple[Schedule, datetime], one: int, other: int) -> None:
    schedule, start = case
    middle, end = start + one * MINUTE, start + (one + other) * MINUTE
    whole = working_time_between(schedule, start, end)
    assert whole == working_time_between(schedule, start, middle) + working_time_between(schedule, middle, end)
    assert timedelta(0) <= whole <= end - start


@given(schedules_near())
def test_working_time_is_what_the_clock_on_the_wall_says(case: tuple[Schedule, datetime]) -> None:
    """On every day on which the clocks are left alone."""
    schedule, at = case
    local = at.astimezone(schedule.zone)
    around = {(at + timedelta(hours=h)).astimezone(schedule.zone).utcoffset() for h in range(-36, 37, 12)}
    if len(around) == 1:
        moment = local.time().replace(tzinfo=None)
        wall = any(start <= moment < end for start, end in intervals_of(schedule, local.date()))
        assert is_working_time(schedule, at) is wall


@given(schedules_near())
def test_the_next_opening_is_open_and_none_was_before(case: tuple[Schedule, datetime]) -> None:
    schedule, after = case
    opens = next_opening(schedule, after)
    assert is_working_time(schedule, opens)
    assert opens.astimezone(UTC) >= after
    assert working_time_between(schedule, after, opens) == timedelta(0)
