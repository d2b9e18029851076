"""A clock that stands still until it is told to go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MONDAY_TEN = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
"""Ten in the morning of a working Monday in Astrakhan."""


@dataclass(eq=False)
class VirtualTimer:
    """One appointment; those of one moment are kept in the order in which they were made."""

    at: datetime
    number: int
    action: Callable[[], None]
    clock: VirtualClock

    def cancel(self) -> None:
        if self in self.clock.pending:
            self.clock.pending.remove(self)


class VirtualClock:
    """Implements `ports.Clock`."""

    def __init__(self, at: datetime = MONDAY_TEN) -> None:
        self._now = at
        self._made = 0
        self.pending: list[VirtualTimer] = []

    def now(self) -> datetime:
        return self._now

    def call_later(self, seconds: float, action: Callable[[], None]) -> VirtualTimer:
        self._made += 1
        timer = VirtualTimer(self._now + timedelta(seconds=seconds), self._made, action, self)
        self.pending.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        """Let so much time pass; what falls due is done in its turn and at its moment."""
        until = self._now + timedelta(seconds=seconds)
        while due := [timer for timer in self.pending if timer.at <= until]:
            timer = min(due, key=lambda one: (one.at, one.number))
            self.pending.remove(timer)
            self._now = timer.at
            timer.action()
        self._now = until
