"""Schedules, zones and moments for the tests of the rules of time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from app.domain.working_time import Interval, ProductionCalendar, Schedule

ASTRAKHAN = ZoneInfo("Europe/Astrakhan")
NOVOSIBIRSK = ZoneInfo("Asia/Novosibirsk")
HOUR = timedelta(hours=1)
DAY: tuple[Interval, ...] = ((time(8, 30), time(12)), (time(13), time(17, 30)))
LONG: tuple[Interval, ...] = ((time(9), time(18)),)
SHORT: tuple[Interval, ...] = ((time(9), time(17)),)

ZONES = st.sampled_from(
    [
        # Russian zones that moved in 2010, 2011, 2014 and 2016 and had summer time before; others with clocks put
        # back at midnight (Havana), by half an hour (Lord Howe), or over a whole day (Apia, 30.12.2011).
        *("Europe/Moscow", "Europe/Astrakhan", "Asia/Novosibirsk", "Asia/Kamchatka", "Europe/Kaliningrad"),
        *("America/Havana", "Australia/Lord_Howe", "Pacific/Apia", "America/New_York", "Africa/Casablanca"),
    ]
).map(ZoneInfo)
MARKS = st.lists(st.integers(0, 47), min_size=2, max_size=6, unique=True).map(sorted)
MOMENTS = st.integers(0, 36 * 365 * 24 * 60).map(lambda m: datetime(1991, 1, 1, tzinfo=UTC) + timedelta(minutes=m))


def intervals(marks: list[int]) -> tuple[Interval, ...]:
    """Intervals between half hours of the day."""
    moments = [time(m // 2, 30 * (m % 2)) for m in marks]
    return tuple(zip(moments[::2], moments[1::2], strict=False))


@st.composite
def schedules_near(draw: st.DrawFn) -> tuple[Schedule, datetime]:
    """A schedule in any zone, and a moment: often on a day on which the zone's clocks were moved. Its days off,
    worked weekends and overrides lie around that day."""
    zone = draw(ZONES)
    moment = draw(MOMENTS)
    if draw(st.booleans()):
        moment = next_change(zone, moment) + draw(st.integers(-1500, 1500)) * timedelta(minutes=1)
    near = st.integers(-10, 40).map(lambda n: moment.astimezone(zone).date() + timedelta(days=n))
    week = draw(st.dictionaries(st.integers(0, 6), MARKS.map(intervals), min_size=1))
    calendar = ProductionCalendar(
        days_off=draw(st.frozensets(near, max_size=8)),
        working_weekends=draw(st.frozensets(near, max_size=4)),
        shortened=draw(st.frozensets(near, max_size=4)),
        exchanged=draw(st.dictionaries(near, near, max_size=4)),
    )
    overrides = draw(st.dictionaries(near, st.one_of(st.just(()), MARKS.map(intervals)), max_size=3))
    by = timedelta(minutes=draw(st.sampled_from([0, 60, 45, 600])))
    return Schedule(zone, week, calendar, overrides, by), moment


def next_change(zone: ZoneInfo, after: datetime) -> datetime:
    """The next moment at which the zone's clocks are moved, to the minute; `after` itself when they never are."""
    step, moment = timedelta(days=20), after
    for _ in range(40):
        if (moment + step).astimezone(zone).utcoffset() != moment.astimezone(zone).utcoffset():
            break
        moment += step
    else:
        return after
    low, high = moment, moment + step
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
        low, high = (middle, high) if same else (low, middle)
    return high.replace(second=0, microsecond=0)


def days_around(day: date, count: int) -> list[date]:
    return [day + timedelta(days=n) for n in range(count)]
