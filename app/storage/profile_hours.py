"""An organisation's working hours from its `profile.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.domain.errors import BadFlow, BadInput
from app.domain.working_time import DAY_NAMES, Interval, Schedule
from app.storage.marked_yaml import Marked
from app.storage.production_calendar import production_calendar

_INTERVAL = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")


def schedule(fields: Mapping[str, Marked], years: range, *, always_open: bool) -> Schedule:
    """The hours of the keys zone, hours, shortened_eve and overrides, with the production calendar of `years`."""
    week = {DAY_NAMES.index(day): hours for day, hours in _week(fields["hours"]).items()}
    shortened = fields["shortened_eve"].one_of(("0", "60")) if "shortened_eve" in fields else "0"
    try:
        return Schedule(
            zone=_zone(fields["zone"]),
            week=week,
            calendar=production_calendar(years),
            overrides=_overrides(fields["overrides"]) if "overrides" in fields else {},
            shortened_by=timedelta(minutes=int(shortened)),
            always_open=always_open,
        )
    except BadFlow:
        raise
    except BadInput as error:
        fields["hours"].fail(str(error))


def _zone(marked: Marked) -> ZoneInfo:
    name = marked.text()
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        marked.fail(f"is «{name}», which is not a time zone; write it as Europe/Moscow")


def _week(marked: Marked) -> dict[str, tuple[Interval, ...]]:
    days = marked.fields(set(), set(DAY_NAMES))
    return {day: _intervals(hours) for day, hours in days.items()}


def _overrides(marked: Marked) -> dict[date, tuple[Interval, ...]]:
    found: dict[date, tuple[Interval, ...]] = {}
    for key, hours in marked.pairs():
        try:
            day = date.fromisoformat(key.name)
        except ValueError:
            key.fail("is not a day; write it as 2026-05-08")
        found[day] = _intervals(hours)
    return found


def _intervals(marked: Marked) -> tuple[Interval, ...]:
    found: list[Interval] = []
    for item in marked.items():
        interval = _interval(item)
        if interval[0] >= interval[1] or (found and interval[0] < found[-1][1]):
            item.fail(f"{item.text()} must begin before it ends, and after the one before it")
        found.append(interval)
    return tuple(found)


def _interval(marked: Marked) -> Interval:
    text = marked.text()
    match = _INTERVAL.fullmatch(text)
    if match is None:
        marked.fail(f"has «{text}»; write hours as 8:30-12:00")
    hours = [int(part) for part in match.groups()]
    try:
        return time(hours[0], hours[1]), time(hours[2], hours[3])
    except ValueError:
        marked.fail(f"has «{text}»; hours go to 23, minutes to 59")
