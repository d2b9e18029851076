"""When the line is open, and when a promise falls due (housing 5.3, property 19).

Plain values only: the calendar's days come from outside. All results are in the organisation's zone; every
argument must be aware. Searches are bounded by `HORIZON`: a schedule with no opening within it is refused when it
is made, so no caller can meet one.

Moments are compared and terms measured in UTC: on days when a zone's clocks are put back or forward, clock times
differ by more or less than passes between them (PEP 495). A clock time that is leapt over is the moment that much
after the leap; one that comes twice is the first of the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.domain.errors import BadInput

HORIZON = timedelta(days=400)
DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Interval = tuple[time, time]


class WhyClosed(StrEnum):
    """Why nobody answers now, as `closed.yaml` names it."""

    NIGHT = "night"  # before the opening or after the close of a working day
    LUNCH = "lunch"  # between two intervals of a day
    DAY_OFF = "day_off"  # a weekend, a day off moved onto a weekday, or closed by the organisation's own word
    HOLIDAY = "holiday"  # a public holiday


@dataclass(frozen=True)
class ProductionCalendar:
    """The state's working calendar, for the years that it is known."""

    days_off: frozenset[date] = frozenset()
    """Public holidays and days off moved onto a weekday."""
    working_weekends: frozenset[date] = frozenset()
    """Saturdays and Sundays that are worked in exchange."""
    shortened: frozenset[date] = frozenset()
    """Working days on the eve of a public holiday (Labour Code, article 95)."""
    moved: frozenset[date] = frozenset()
    """Those of `days_off` that are no holidays: days off moved onto a weekday."""
    exchanged: Mapping[date, date] = field(default_factory=dict)
    """A worked weekend to the weekday that became free for it, where the decree tells."""


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
    """The open intervals of one day, by its clock, after calendar, overrides and the eve's hour."""
    if day in schedule.overrides:
        return schedule.overrides[day]
    calendar = schedule.calendar
    if day in calendar.days_off:
        return ()
    if day in calendar.working_weekends:
        intervals = _of_worked_weekend(schedule, day)
    else:
        intervals = schedule.week.get(day.weekday(), ())
    if day in calendar.shortened and schedule.shortened_by:
        return _cut_the_end(intervals, schedule.shortened_by)
    return intervals


def _of_worked_weekend(schedule: Schedule, day: date) -> tuple[Interval, ...]:
    """The hours of the day that became free for it (order 588n of 13.08.2009: a Friday's where a short Friday was
    moved); where that is not known or never worked, its own, else those of the longest day of the week."""
    week = schedule.week
    free = schedule.calendar.exchanged.get(day)
    if free is not None and week.get(free.weekday()):
        return week[free.weekday()]
    return week.get(day.weekday()) or max((week[n] for n in sorted(week)), key=_length)


def _length(intervals: tuple[Interval, ...]) -> timedelta:
    return sum((_since_midnight(end) - _since_midnight(start) for start, end in intervals), timedelta(0))


def _since_midnight(moment: time) -> timedelta:
    return timedelta(
        hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond
    )


def _cut_the_end(intervals: tuple[Interval, ...], by: timedelta) -> tuple[Interval, ...]:
    if not intervals or _since_midnight(intervals[-1][1]) <= by:
        return ()
    anchor = date(2000, 1, 1)
    last_end = (datetime.combine(anchor, intervals[-1][1]) - by).time()
    return tuple((start, min(end, last_end)) for start, end in intervals if start < last_end)


def stretches(schedule: Schedule, day: date) -> list[tuple[datetime, datetime]]:
    """The open stretches of one day in UTC, as they pass: without what the clocks leap over."""
    found = []
    for start, end in intervals_of(schedule, day):
        opens = datetime.combine(day, start, schedule.zone).astimezone(UTC)
        closes = datetime.combine(day, end, schedule.zone).astimezone(UTC)
        # A zone that changed its side of the date line has passed over whole days.
        if opens < closes and opens.astimezone(schedule.zone).date() == day:
            found.append((opens, closes))
    return found


def openings(schedule: Schedule, since: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The open stretches that end after `since`, in order, up to the horizon."""
    zone, edge = schedule.zone, since.astimezone(UTC)
    first = since.astimezone(zone).date()
    # From the day before: where clocks leap over midnight, a close of that day can fall after it.
    for number in range(-1, HORIZON.days + 1):
        for opens, closes in stretches(schedule, first + timedelta(days=number)):
            if closes > edge:
                yield opens.astimezone(zone), closes.astimezone(zone)


def is_open(schedule: Schedule, at: datetime) -> bool:
    """True from the first second of an interval to its last: 12:00:00 is already the lunch break."""
    return schedule.always_open or is_working_time(schedule, at)


def is_working_time(schedule: Schedule, at: datetime) -> bool:
    """As `is_open`, but by the schedule alone."""
    moment = at.astimezone(UTC)
    day = at.astimezone(schedule.zone).date()
    days = (day - timedelta(days=1), day)
    return any(opens <= moment < closes for one in days for opens, closes in stretches(schedule, one))


def why_closed(schedule: Schedule, at: datetime) -> WhyClosed | None:
    """Why nobody works at `at` by the schedule; None in working time."""
    if is_working_time(schedule, at):
        return None
    day = at.astimezone(schedule.zone).date()
    intervals = stretches(schedule, day)
    if not intervals:
        calendar = schedule.calendar
        public = day in calendar.days_off and day not in calendar.moved
        return WhyClosed.HOLIDAY if public else WhyClosed.DAY_OFF
    between = intervals[0][0] <= at < intervals[-1][1]
    return WhyClosed.LUNCH if between else WhyClosed.NIGHT


def is_working_day(schedule: Schedule, day: date) -> bool:
    """Somebody works on that day at all."""
    return bool(stretches(schedule, day))


def ends_in_working_time(schedule: Schedule, due: datetime) -> bool:
    """A term may fall due at any working moment, the last one of an interval included."""
    before = due.astimezone(UTC) - timedelta(microseconds=1)
    return is_working_time(schedule, due) or is_working_time(schedule, before)


def next_opening(schedule: Schedule, after: datetime) -> datetime:
    """The first moment after `after` at which the line opens (or `after` itself, when it is open)."""
    for opens, _ in openings(schedule, after):
        return _later(opens, after).astimezone(schedule.zone)
    raise BadInput("working hours: the line never opens again; check the overrides")


def opening_of_a_later_day(schedule: Schedule, at: datetime) -> datetime:
    """When the line opens on the next day that it does after that of `at`."""
    today = at.astimezone(schedule.zone).date()
    return next(opens.astimezone(schedule.zone) for opens, _ in openings(schedule, at) if opens.date() > today)


def add_working_time(schedule: Schedule, start: datetime, term: timedelta) -> datetime:
    """The moment at which `term` of working time has passed since `start` (housing 5.9)."""
    left = term
    for opens, closes in openings(schedule, start):
        begins = _later(opens, start)
        lasts = closes.astimezone(UTC) - begins
        if lasts >= left:
            return (begins + left).astimezone(schedule.zone)
        left -= lasts
    raise BadInput("working hours: the term is longer than the calendar reaches")


def _later(one: datetime, other: datetime) -> datetime:
    return max(one.astimezone(UTC), other.astimezone(UTC))


def working_time_between(schedule: Schedule, start: datetime, end: datetime) -> timedelta:
    """How much working time passes from `start` to `end`, which may be the earlier; at most up to the horizon."""
    total, until = timedelta(0), end.astimezone(UTC)
    for opens, closes in openings(schedule, start):
        begins = _later(opens, start)
        if begins >= until:
            break
        total += min(closes.astimezone(UTC), until) - begins
    return total


def end_of_working_day(schedule: Schedule, at: datetime) -> datetime:
    """The last open moment of the day of `at`, or of the next working day when that has passed
    (education 3.5.11)."""
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
