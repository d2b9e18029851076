"""Working hours over their whole range (L1: housing 5.3, property 19)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import BadInput
from app.domain.working_time import (
    Interval,
    ProductionCalendar,
    Schedule,
    add_working_time,
    end_of_working_day,
    intervals_of,
    is_open,
    is_working_time,
    next_opening,
    opening_of_a_later_day,
    openings,
)

ASTRAKHAN = ZoneInfo("Europe/Astrakhan")
NOVOSIBIRSK = ZoneInfo("Asia/Novosibirsk")
HOUR = timedelta(hours=1)
DAY = ((time(8, 30), time(12)), (time(13), time(17, 30)))
LONG, SHORT = ((time(9), time(18)),), ((time(9), time(17)),)

HOLIDAY = date(2026, 11, 4)
WORKED_SATURDAY = date(2026, 11, 28)
EVE = date(2026, 11, 3)
CALENDAR = ProductionCalendar(frozenset({HOLIDAY}), frozenset({WORKED_SATURDAY}), frozenset({EVE, HOLIDAY}))
HOUSING = Schedule(ASTRAKHAN, dict.fromkeys(range(5), DAY), CALENDAR, shortened_by=HOUR)
PROPERTY = Schedule(NOVOSIBIRSK, {**dict.fromkeys(range(4), LONG), 4: SHORT}, CALENDAR, shortened_by=HOUR)


def local(day: date, hour: int, minute: int = 0, second: int = 0, zone: ZoneInfo = ASTRAKHAN) -> datetime:
    return datetime.combine(day, time(hour, minute, second), zone)


def minutes_of(day: date, zone: ZoneInfo) -> list[datetime]:
    midnight = datetime.combine(day, time(0), zone).astimezone(UTC)
    return [midnight + timedelta(minutes=m) for m in range(24 * 60)]


def open_minutes(schedule: Schedule, day: date) -> list[str]:
    """The minutes of the day at which the line is open, gathered into stretches."""
    flags = [is_open(schedule, minute) for minute in minutes_of(day, schedule.zone)] + [False]
    edges = [m for m, (before, now) in enumerate(pairwise([False, *flags])) if before != now]
    shown = [f"{m // 60}:{m % 60:02}" for m in edges]
    return [f"{start}-{end}" for start, end in zip(shown[::2], shown[1::2], strict=True)]


WEEK = [date(2026, 11, 16) + timedelta(days=n) for n in range(7)]


@pytest.mark.parametrize("day", WEEK)
def test_every_minute_of_a_week_of_housing(day: date) -> None:
    assert open_minutes(HOUSING, day) == ([] if day.weekday() > 4 else ["8:30-12:00", "13:00-17:30"])


@pytest.mark.parametrize("day", WEEK)
def test_every_minute_of_a_week_of_property_with_its_short_friday(day: date) -> None:
    expected = {4: ["9:00-17:00"], 5: [], 6: []}
    assert open_minutes(PROPERTY, day) == expected.get(day.weekday(), ["9:00-18:00"])


@pytest.mark.parametrize(
    ("day", "housing", "by_property"),
    [
        (EVE, ["8:30-12:00", "13:00-16:30"], ["9:00-17:00"]),
        (HOLIDAY, [], []),
        (WORKED_SATURDAY, ["8:30-12:00", "13:00-17:30"], ["9:00-18:00"]),
        (WORKED_SATURDAY + timedelta(days=1), [], []),
    ],
)
def test_holiday_eve_and_worked_saturday(day: date, housing: list[str], by_property: list[str]) -> None:
    assert open_minutes(HOUSING, day) == housing
    assert open_minutes(PROPERTY, day) == by_property


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (date(2026, 11, 17), ()),
        (date(2026, 11, 18), ((time(10), time(11)),)),
        (HOLIDAY, DAY),
        (EVE, DAY),
        (date(2026, 11, 21), ((time(10), time(11)),)),
    ],
)
def test_the_organisations_own_word_is_stronger_than_the_calendar(day: date, hours: tuple[Interval, ...]) -> None:
    schedule = Schedule(ASTRAKHAN, HOUSING.week, CALENDAR, {day: hours}, HOUR)
    assert intervals_of(schedule, day) == hours


@pytest.mark.parametrize(
    ("by", "left"),
    [
        (timedelta(0), DAY),
        (timedelta(hours=4), ((time(8, 30), time(12)), (time(13), time(13, 30)))),
        (timedelta(hours=4, minutes=30), ((time(8, 30), time(12)),)),
        (timedelta(hours=5), ((time(8, 30), time(12)),)),
        (timedelta(hours=6), ((time(8, 30), time(11, 30)),)),
    ],
)
def test_a_shortened_day_is_cut_at_its_end(by: timedelta, left: tuple[Interval, ...]) -> None:
    assert intervals_of(Schedule(ASTRAKHAN, HOUSING.week, CALENDAR, shortened_by=by), EVE) == left


@pytest.mark.parametrize(
    ("hour", "minute", "second", "is_it"),
    [
        (8, 29, 59, False),
        (8, 30, 0, True),
        (11, 59, 59, True),
        (12, 0, 0, False),
        (12, 59, 59, False),
        (13, 0, 0, True),
        (17, 29, 59, True),
        (17, 30, 0, False),
    ],
)
def test_the_second_of_opening_and_of_closing(hour: int, minute: int, second: int, is_it: bool) -> None:
    moment = local(date(2026, 11, 18), hour, minute, second)
    assert is_open(HOUSING, moment) is is_it
    assert is_open(HOUSING, moment.astimezone(UTC)) is is_it


def test_an_always_open_line_keeps_counting_working_time() -> None:
    always = Schedule(ASTRAKHAN, HOUSING.week, CALENDAR, always_open=True)
    night = local(date(2026, 11, 18), 3)
    assert is_open(always, night)
    assert not is_working_time(always, night)
    assert add_working_time(always, night, HOUR) == local(date(2026, 11, 18), 9, 30)


@pytest.mark.parametrize(
    ("after", "opens"),
    [
        (local(date(2026, 11, 18), 3), local(date(2026, 11, 18), 8, 30)),
        (local(date(2026, 11, 18), 12, 0), local(date(2026, 11, 18), 13)),
        (local(date(2026, 11, 18), 10), local(date(2026, 11, 18), 10)),
        (local(date(2026, 11, 20), 17, 30), local(date(2026, 11, 23), 8, 30)),
        (local(EVE, 16, 30), local(HOLIDAY + timedelta(days=1), 8, 30)),
        (local(date(2026, 11, 27), 18), local(WORKED_SATURDAY, 8, 30)),
        (local(WORKED_SATURDAY, 18), local(date(2026, 11, 30), 8, 30)),
    ],
)
def test_the_next_opening(after: datetime, opens: datetime) -> None:
    assert next_opening(HOUSING, after) == opens
    assert next_opening(HOUSING, after.astimezone(UTC)).tzinfo is ASTRAKHAN


@pytest.mark.parametrize(
    ("start", "term", "due"),
    [
        (local(date(2026, 11, 18), 10), 4 * HOUR, local(date(2026, 11, 18), 15)),
        (local(date(2026, 11, 18), 8, 30), 3.5 * HOUR, local(date(2026, 11, 18), 12)),
        (local(date(2026, 11, 18), 12, 30), HOUR, local(date(2026, 11, 18), 14)),
        (local(date(2026, 11, 20), 16), 4 * HOUR, local(date(2026, 11, 23), 11)),
        (local(EVE, 16), HOUR, local(HOLIDAY + timedelta(days=1), 9)),
        # Five full days fill to the last minute: the term ends at the closing, not at the next opening.
        (local(date(2026, 11, 18), 8, 30), 40 * HOUR, local(date(2026, 11, 24), 17, 30)),
    ],
)
def test_a_term_in_working_time(start: datetime, term: timedelta, due: datetime) -> None:
    assert add_working_time(HOUSING, start, term) == due


@pytest.mark.parametrize(
    ("at", "end"),
    [
        (local(date(2026, 11, 18), 9), local(date(2026, 11, 18), 17, 30)),
        (local(date(2026, 11, 18), 12, 30), local(date(2026, 11, 18), 17, 30)),
        (local(date(2026, 11, 18), 17, 30), local(date(2026, 11, 19), 17, 30)),
        (local(EVE, 10), local(EVE, 16, 30)),
        (local(date(2026, 11, 21), 10), local(date(2026, 11, 23), 17, 30)),
    ],
)
def test_the_end_of_the_working_day(at: datetime, end: datetime) -> None:
    assert end_of_working_day(HOUSING, at) == end


@pytest.mark.parametrize(
    "week",
    [
        {},
        {0: ()},
        {0: ((time(12), time(12)),)},
        {0: ((time(12), time(9)),)},
        {0: ((time(13), time(17)), (time(9), time(12)))},
        {0: ((time(9), time(12)), (time(11), time(17)))},
    ],
)
def test_hours_that_make_no_sense_are_refused(week: dict[int, tuple[Interval, ...]]) -> None:
    with pytest.raises(BadInput, match="working hours"):
        Schedule(ASTRAKHAN, week)


def test_overrides_are_checked_too() -> None:
    with pytest.raises(BadInput, match="12:00-09:00"):
        Schedule(ASTRAKHAN, HOUSING.week, overrides={HOLIDAY: ((time(12), time(9)),)})


def test_a_term_longer_than_the_calendar_reaches_is_refused() -> None:
    with pytest.raises(BadInput, match="longer than the calendar"):
        add_working_time(HOUSING, local(HOLIDAY, 10), timedelta(days=400))


# --- properties over any schedule ----------------------------------------------------------------------------

HALF_HOURS = st.lists(st.integers(0, 47), min_size=2, max_size=6, unique=True).map(sorted)


def _intervals(marks: list[int]) -> tuple[Interval, ...]:
    moments = [time(m // 2, 30 * (m % 2)) for m in marks]
    return tuple(zip(moments[::2], moments[1::2], strict=False))


DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
CALENDARS = st.builds(
    ProductionCalendar,
    st.frozensets(DAYS, max_size=20),
    st.frozensets(DAYS, max_size=10),
    st.frozensets(DAYS, max_size=10),
)
SCHEDULES = st.builds(
    Schedule,
    st.sampled_from([ASTRAKHAN, NOVOSIBIRSK]),
    st.dictionaries(st.integers(0, 6), HALF_HOURS.map(_intervals), min_size=1),
    CALENDARS,
    st.dictionaries(DAYS, st.one_of(st.just(()), HALF_HOURS.map(_intervals)), max_size=5),
    st.sampled_from([timedelta(0), HOUR]),
)
MOMENTS = st.integers(0, 545 * 24 * 3600).map(lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
# Short enough for half an hour a week within the horizon, with every day off drawn on it.
TERMS = st.integers(1, 60 * 3).map(lambda minutes: timedelta(minutes=minutes))


@given(SCHEDULES, MOMENTS)
def test_stretches_are_in_order_apart_and_open(schedule: Schedule, since: datetime) -> None:
    found = [stretch for stretch, _ in zip(openings(schedule, since), range(6), strict=False)]
    assert all(opens < closes for opens, closes in found)
    assert all(one[1] <= other[0] for one, other in pairwise(found))
    assert all(is_working_time(schedule, opens) for opens, _ in found)
    assert all(closes > since for _, closes in found)


@given(SCHEDULES, MOMENTS)
def test_the_next_opening_is_the_first_open_moment(schedule: Schedule, after: datetime) -> None:
    opens = next_opening(schedule, after)
    assert opens >= after
    assert is_working_time(schedule, opens)
    if is_working_time(schedule, after):
        assert opens == after
    else:
        span = opens - after
        assert not any(is_working_time(schedule, after + span * n / 50) for n in range(50))


@given(SCHEDULES, MOMENTS, TERMS)
def test_a_term_ends_in_working_time(schedule: Schedule, start: datetime, term: timedelta) -> None:
    due = add_working_time(schedule, start, term)
    assert due >= start + term
    assert is_working_time(schedule, due - timedelta(microseconds=1))


@given(SCHEDULES, MOMENTS, MOMENTS, TERMS)
def test_who_calls_later_is_answered_no_earlier(
    schedule: Schedule, one: datetime, other: datetime, term: timedelta
) -> None:
    earlier, later = sorted([one, other])
    assert add_working_time(schedule, earlier, term) <= add_working_time(schedule, later, term)


@given(SCHEDULES, MOMENTS, TERMS, TERMS)
def test_a_term_is_the_sum_of_its_parts(schedule: Schedule, start: datetime, a: timedelta, b: timedelta) -> None:
    assert add_working_time(schedule, add_working_time(schedule, start, a), b) == add_working_time(
        schedule, start, a + b
    )


@given(SCHEDULES, MOMENTS)
def test_no_term_ends_when_the_line_next_opens(schedule: Schedule, start: datetime) -> None:
    assert add_working_time(schedule, start, timedelta(0)) == next_opening(schedule, start)


@given(SCHEDULES, MOMENTS)
def test_the_day_ends_at_a_closing_and_not_before_now(schedule: Schedule, at: datetime) -> None:
    end = end_of_working_day(schedule, at)
    assert end > at
    assert is_working_time(schedule, end - timedelta(microseconds=1))
    assert end.time() == intervals_of(schedule, end.date())[-1][1]


@given(SCHEDULES, MOMENTS, TERMS)
def test_the_zone_of_the_question_does_not_matter(schedule: Schedule, at: datetime, term: timedelta) -> None:
    elsewhere = at.astimezone(ZoneInfo("America/New_York"))
    assert is_open(schedule, at) is is_open(schedule, elsewhere)
    assert add_working_time(schedule, at, term) == add_working_time(schedule, elsewhere, term)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-20 10:00", "2026-11-23 08:30"),
        ("2026-11-23 07:00", "2026-11-24 08:30"),
        ("2026-11-22 12:00", "2026-11-23 08:30"),
    ],
    ids=["Friday", "before the opening", "Sunday"],
)
def test_the_opening_of_a_later_day(at: str, opens: str) -> None:
    zone = HOUSING.zone
    found = opening_of_a_later_day(HOUSING, datetime.fromisoformat(at).replace(tzinfo=zone))
    assert found == datetime.fromisoformat(opens).replace(tzinfo=zone)
