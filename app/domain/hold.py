"""The hold with its promised time of return (L10: education 3.5.5 (б), (в)): a countdown, a warning before its end,
what was promised against what was kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import BadInput

SHORTEST_S, LONGEST_S = 5, 1800
WARN_BEFORE_S = 10
LONGER_AGAIN_S = 60
"""A caller who waits past the promised time is asked again to stay after each of these."""


@dataclass(frozen=True)
class HoldStands:
    """A hold as it stands: seconds left (negative when overdue), whether to warn, whether the time has passed."""

    left_s: float
    warn: bool
    overdue: bool


@dataclass(frozen=True)
class HoldKept:
    """A hold that is over: what was promised and what it was, in seconds."""

    promised_s: int
    held_s: float

    @property
    def in_time(self) -> bool:
        return self.held_s <= self.promised_s

    @property
    def over_s(self) -> float:
        return round(max(0.0, self.held_s - self.promised_s), 1)


@dataclass(frozen=True)
class HoldFigures:
    """The holds of one call together."""

    count: int = 0
    promised_s: int = 0
    held_s: float = 0.0
    late: int = 0


def promised(return_in_s: int) -> int:
    """The time of return, as it may be promised. BadInput outside 5 seconds to 30 minutes."""
    if not SHORTEST_S <= return_in_s <= LONGEST_S:
        raise BadInput("the time of return must lie between 5 seconds and 30 minutes", "hold_range")
    return return_in_s


def stands(since: datetime, return_in_s: int, now: datetime) -> HoldStands:
    """At the promised second itself the time has passed. A hold shorter than the warning warns at once."""
    left = return_in_s - (now - since).total_seconds()
    return HoldStands(round(left, 1), warn=left <= WARN_BEFORE_S, overdue=left <= 0)


def next_ask_s(asked: int, return_in_s: int) -> float:
    """After how many seconds of the hold the caller is asked the next time to stay a little longer, having been
    asked `asked` times."""
    return float(return_in_s + asked * LONGER_AGAIN_S)


def figures(holds: Sequence[HoldKept]) -> HoldFigures:
    return HoldFigures(
        count=len(holds),
        promised_s=sum(one.promised_s for one in holds),
        held_s=round(sum(one.held_s for one in holds), 1),
        late=sum(not one.in_time for one in holds),
    )
