"""When each unit is to look through its part of the knowledge base (K2: property 35, at least once a month)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

SOON = timedelta(days=5)


class ReviewStatus(StrEnum):
    NEVER = "never"
    OVERDUE = "overdue"
    DUE_SOON = "due_soon"  # within five days, the last day included
    REVIEWED = "reviewed"


@dataclass(frozen=True)
class Review:
    """How a unit's review stands: `last` and `due` are days, None where there was none yet."""

    unit: str
    status: ReviewStatus
    last: date | None = None
    due: date | None = None
    overdue_days: int = 0

    @property
    def wanting(self) -> bool:
        """It is to be made now."""
        return self.status in (ReviewStatus.NEVER, ReviewStatus.OVERDUE)


def review(unit: str, last: date | None, today: date, review_days: int) -> Review:
    """How one unit stands. A review written down for a day to come counts as today's."""
    if last is None:
        return Review(unit, ReviewStatus.NEVER)
    due = min(last, today) + timedelta(days=review_days)
    if today > due:
        return Review(unit, ReviewStatus.OVERDUE, last, due, (today - due).days)
    status = ReviewStatus.DUE_SOON if due - today <= SOON else ReviewStatus.REVIEWED
    return Review(unit, status, last, due)


def reviews(
    units: Sequence[str], last: Mapping[str, date | None], today: date, review_days: int
) -> tuple[Review, ...]:
    """All units in their order; one that is not in `last` was never reviewed."""
    return tuple(review(unit, last.get(unit), today, review_days) for unit in units)


def overdue(
    units: Sequence[str], last: Mapping[str, date | None], today: date, review_days: int
) -> tuple[Review, ...]:
    """The units that are to review now: never reviewed first, then the longest overdue."""
    wanting = [one for one in reviews(units, last, today, review_days) if one.wanting]
    return tuple(sorted(wanting, key=lambda one: (one.last is not None, -one.overdue_days)))
