"""When the line is open, and when a promise falls due (housing 5.3, property 19).

Plain values only: the calendar's days come from outside. All results are in the organisation's zone; every
argument must be aware. Searches are bounded by `HORIZON`: a schedule with no opening within it is refused when it
is made, so no caller can meet one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domain.errors import BadInput

HORIZON = timedelta(days=400)
DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Interval = tuple[time, time]


@dataclass(frozen=True)
class ProductionCalendar:
    """The state's working calendar, for the years that it is known."""

    days_off: frozenset[date] = frozenset()
    """Public holidays and days off moved onto a weekday."""
    working_weekends: frozenset[date] = frozenset()
    """Saturdays and Sundays that are worked in exchange."""
    shortened: frozenset[date] = frozenset()
    """Working days on the eve of a public holiday (Labour Code, article 95)."""


@dataclass(frozen=True)
class Schedule:
    """The working hours of an organisation."""

    zone: ZoneInfo
    week: Mapping[int, tuple[Interval, ...]]
    """Weekday (Monday 0) to its intervals, in order and apart."""
    calendar: ProductionCalendar = field(default_factory=ProductionCalendar)
    overrides: Mapping[date, tuple[Interval, ...]] = field(default_factory=dict)
    """The organisation's own word on single days; an empty tuple closes the day."""
    shortened_by: timedelta = timedelta(0)
    """How much earlier a shortened day ends."""
    always_open: bool = False
    """The demonstration's line: open at any hour, while terms keep counting working time."""

    def __post_init__(self) -> None:
        if not any(self.week.values()):
            raise BadInput("working hours: no day of the week has any; give at least one interval")
        for intervals in [*self.week.values(), *self.overrides.values()]:
            _check_intervals(intervals)


def _check_intervals(intervals: tuple[Interval, ...]) -> None:
    previous = time.min
    for start, end in intervals:
        if not previous <= start < end:
            raise BadInput(
                f"working hours: {start:%H:%M}-{end:%H:%M} must begin before it ends, after the one before it"
            )
        previous = end


def intervals_of(schedule: Schedule, day: date) -> tuple[Interval, ...]:
    """The open intervals of one day, after calendar, overrides and the eve's hour."""
    if day in schedule.overrides:
        return schedule.overrides[day]
    calendar = schedule.calendar
    if day in calendar.days_off:
        return ()
    if day in calendar.working_weekends:
        # A moved working Saturday keeps the hours of a full working day.
        intervals = schedule.week.get(day.weekday()) or next(filter(None, schedule.week.values()))
    else:
        intervals = schedule.week.get(day.weekday(), ())
    if day in calendar.shortened and schedule.shortened_by:
        return _cut_the_end(intervals, schedule.shortened_by)
    return intervals


def _cut_the_end(intervals: tuple[Interval, ...], by: timedelta) -> tuple[Interval, ...]:
    if not intervals:
        return ()
    anchor = date(2000, 1, 1)
    last_end = (datetime.combine(anchor, intervals[-1][1]) - by).time()
    return tuple((start, min(end, last_end)) for start, end in intervals if start < last_end)


def openings(schedule: Schedule, since: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The open stretches that end after `since`, in order, up to the horizon."""
    local = since.astimezone(schedule.zone)
    day = local.date()
    while day <= local.date() + HORIZON:
        for start, end in intervals_of(schedule, day):
            opens = datetime.combine(day, start, schedule.zone)
            closes = datetime.combine(day, end, schedule.zone)
            if closes > local:
                yield opens, closes
        day += timedelta(days=1)


def is_open(schedule: Schedule, at: datetime) -> bool:
    """True from the first second of an interval to its last: 12:00:00 is already the lunch break."""
    return schedule.always_open or is_working_time(schedule, at)


def is_working_time(schedule: Schedule, at: datetime) -> bool:
    """As `is_open`, but by the schedule alone."""
    local = at.astimezone(schedule.zone)
    moment = local.time().replace(tzinfo=None)
    return any(start <= moment < end for start, end in intervals_of(schedule, local.date()))


def ends_in_working_time(schedule: Schedule, due: datetime) -> bool:
    """A term may fall due at any working moment, the last one of an interval included."""
    return is_working_time(schedule, due) or is_working_time(schedule, due - timedelta(microseconds=1))


def next_opening(schedule: Schedule, after: datetime) -> datetime:
    """The first moment after `after` at which the line opens (or `after` itself, when it is open)."""
    for opens, _ in openings(schedule, after):
        return max(opens, after.astimezone(schedule.zone))
    raise BadInput("working hours: the line never opens again; check the overrides")


def add_working_time(schedule: Schedule, start: datetime, term: timedelta) -> datetime:
    """The moment at which `term` of working time has passed since `start` (housing 5.9)."""
    left = term
    for opens, closes in openings(schedule, start):
        begins = max(opens, start.astimezone(schedule.zone))
        if closes - begins >= left:
            return begins + left
        left -= closes - begins
    raise BadInput("working hours: the term is longer than the calendar reaches")


def end_of_working_day(schedule: Schedule, at: datetime) -> datetime:
    """The last open moment of the day of `at`, or of the next working day when that has passed
    (education 3.5.12)."""
    first: date | None = None
    last: datetime | None = None
    for opens, closes in openings(schedule, at):
        first = first or opens.date()
        if opens.date() != first:
            break
        last = closes
    if last is None:
        raise BadInput("working hours: the line never opens again; check the overrides")
    return last
