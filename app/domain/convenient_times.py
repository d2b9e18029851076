"""The time that is convenient for the caller, from the operator's words, and when to call (L11: housing 5.9,
property 27).

«с 10 до 12», «после обеда», «завтра утром», «в среду после 15:00», «23.11 до 11»: a day, a stretch of the day, or
both. What cannot be understood stays as it was written for people to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from app.domain.working_time import Schedule, openings

_LAST = time(23, 59)
_PARTS: tuple[tuple[str, time, time], ...] = (
    (r"перв\w+ половин\w+ дня|до обеда|с утра|утр\w*", time(0), time(12)),
    (r"втор\w+ половин\w+ дня|после обеда", time(13), _LAST),
    (r"в обед|обед\w*", time(12), time(14)),
    (r"днем", time(12), time(17)),
    (r"в конце дня|ближе к вечеру|вечер\w*", time(16), _LAST),
)
_CLOCK = r"(\d{1,2})(?:[:.-](\d{2}))?(?:\s*час\w*|\s*ч\b)?"
_BETWEEN = re.compile(rf"\bс\s*{_CLOCK}\s*(?:до|по)\s*{_CLOCK}|\b{_CLOCK}\s*[-–—]\s*{_CLOCK}")
_AFTER = re.compile(rf"\b(?:после|с|не раньше)\s*{_CLOCK}")
_BEFORE = re.compile(rf"\b(?:до|не позже|не позднее)\s*{_CLOCK}")
_AT = re.compile(rf"\b(?:в|к|около)\s*{_CLOCK}")
_PREPOSITIONS = ("с", "в", "к", "до", "по", "после", "около", "раньше", "позже", "позднее")
_DATE = re.compile(
    "".join(rf"(?<!\b{word} )" for word in _PREPOSITIONS) + r"\b(\d{1,2})\.(0[1-9]|1[0-2])(?:\.\d{2,4})?\b"
)
"""Not after a preposition: «с 10.11» is a time."""
_WEEKDAYS = ("понедельник", "вторник", "сред", "четверг", "пятниц", "суббот", "воскресень")
_NEAR = timedelta(minutes=30)
"""«в 14» and «около 14» mean half an hour around it."""


@dataclass(frozen=True)
class Convenient:
    """`day` None is any day; the stretch is of the organisation's clock."""

    day: date | None = None
    since: time = time(0)
    until: time = _LAST


def convenient(text: str, today: date) -> Convenient | None:
    """What the words mean, said on `today`; None when nothing in them is understood."""
    words = " ".join(text.lower().replace("ё", "е").split())
    day, rest = _day_in(words, today)
    stretch = _stretch_in(rest)
    if day is None and stretch is None:
        return None
    since, until = stretch or (time(0), _LAST)
    return Convenient(day, since, until)


def when_to_call(schedule: Schedule, wish: Convenient | None, now: datetime, due: datetime) -> datetime | None:
    """The first working moment from `now` on that is convenient and not after the term; None when there is none,
    and the promise has to be kept at another time or its term be agreed anew."""
    start = now.astimezone(UTC)
    for opens, closes in openings(schedule, now):
        if opens > due:
            return None
        begins, ends = _within(schedule, wish, opens, closes)
        moment = max(begins.astimezone(UTC), start)
        if moment < ends.astimezone(UTC) and moment <= due.astimezone(UTC):
            return moment.astimezone(schedule.zone)
    return None


def _within(
    schedule: Schedule, wish: Convenient | None, opens: datetime, closes: datetime
) -> tuple[datetime, datetime]:
    """The part of an open stretch that is convenient; empty where it ends before it begins."""
    if wish is None:
        return opens, closes
    day = opens.date()
    if wish.day not in (None, day):
        return closes, opens
    since = datetime.combine(day, wish.since, schedule.zone)
    until = datetime.combine(day, wish.until, schedule.zone)
    return max(opens, since), min(closes, until)


def _day_in(words: str, today: date) -> tuple[date | None, str]:
    """The day, and the words without it, so that «23.11» is not taken for a time."""
    for name, ahead in (("послезавтра", 2), ("завтра", 1), ("сегодня", 0)):
        if name in words:
            return today + timedelta(days=ahead), words.replace(name, " ")
    found = _DATE.search(words)
    if found and (day := _date_of(int(found[1]), int(found[2]), today)):
        return day, words[: found.start()] + " " + words[found.end() :]
    for number, name in enumerate(_WEEKDAYS):
        if re.search(rf"\b{name}\w*", words):
            return today + timedelta(days=(number - today.weekday()) % 7), words
    return None, words


def _date_of(number: int, month: int, today: date) -> date | None:
    """This year's, or the next one's when it has been; None for a day that no year has."""
    for year in range(today.year, today.year + 2):
        try:
            day = date(year, month, number)
        except ValueError:
            continue
        if day >= today:
            return day
    return None


def _stretch_in(words: str) -> tuple[time, time] | None:
    found = _BETWEEN.search(words)
    if found:
        marks = found.groups()
        first, last = _clock(marks[0:2]) or _clock(marks[4:6]), _clock(marks[2:4]) or _clock(marks[6:8])
        return (first, last) if first and last and first < last else None
    after, before = _AFTER.search(words), _BEFORE.search(words)
    since, until = after and _clock(after.groups()), before and _clock(before.groups())
    if since or until:
        return since or time(0), until or _LAST
    at = _AT.search(words)
    if at and (moment := _clock(at.groups())):
        return _around(moment)
    return next(((since, until) for form, since, until in _PARTS if re.search(rf"\b(?:{form})\b", words)), None)


def _clock(marks: Iterable[str | None]) -> time | None:
    hour, minute = [int(mark) if mark else 0 for mark in marks]
    return time(hour, minute) if hour < 24 and minute < 60 and (hour or minute) else None


def _around(moment: time) -> tuple[time, time]:
    anchor = datetime.combine(date(2000, 1, 2), moment)
    first, last = anchor - _NEAR, anchor + _NEAR
    same = last.date() == anchor.date()
    return first.time() if first.date() == anchor.date() else time(0), last.time() if same else _LAST
