"""The period that a page is about, and the one it is compared with (M1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.domain.errors import BadInput

LONGEST_DAYS = 1100
CHOICES = ("today", "7", "30", "custom")
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Period:
    """Days of the organisation's time zone, both inclusive. `choice` is the button that stands for it."""

    choice: str
    day_from: date
    day_to: date
    before: datetime | None = None
    """Only calls that arrived before this moment count."""

    @property
    def days(self) -> int:
        return (self.day_to - self.day_from).days + 1

    def previous(self, now: datetime) -> Period:
        """What the figures are compared with: as many days right before, and for a single day the same weekday a
        week before. Of a period that is not over, the part that has passed is compared."""
        back = WEEK if self.days == 1 else timedelta(days=self.days)
        over = now.date() > self.day_to
        return Period("custom", self.day_from - back, self.day_to - back, None if over else now - back)


def read_period(query: Mapping[str, str], now: datetime, zone: ZoneInfo) -> Period:
    """The period from `period`, `from` and `to` of an address; today where nothing is said.

    BadInput for dates that are none, stand in the wrong order or lie too far apart."""
    today = now.astimezone(zone).date()
    choice = query.get("period") or ("custom" if query.get("from") or query.get("to") else "today")
    if choice == "today":
        return Period(choice, today, today)
    if choice in ("7", "30"):
        return Period(choice, today - timedelta(days=int(choice) - 1), today)
    if choice != "custom":
        raise BadInput(f"period «{choice}»: one of {', '.join(CHOICES)}")
    day_to = read_day(query.get("to", "")) or today
    day_from = read_day(query.get("from", "")) or day_to
    return Period(choice, *checked_days(day_from, day_to))


def read_day(text: str) -> date | None:
    """`2026-11-22`, or None for "". BadInput for anything else."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput(f"«{text}» is not a day: write it as 2026-11-22") from None


def checked_days(day_from: date, day_to: date) -> tuple[date, date]:
    if day_from > day_to:
        raise BadInput(f"the period begins on {day_from} and ends before that, on {day_to}")
    if (day_to - day_from).days >= LONGEST_DAYS:
        raise BadInput(f"a period may have {LONGEST_DAYS} days at most")
    return day_from, day_to
