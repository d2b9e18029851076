"""When the words of a channel are late: pure, with hysteresis, so that a notice does not flicker.

The lag of a channel is the age of its oldest sound for which the recogniser has not answered yet.
"""

from __future__ import annotations

LATE_S = 2.0
"""Words that come later than this after they were said are late: an operator who waits for a tick has gone on."""
IN_TIME_S = 1.0
HOLD_S = 2.0
"""What is told stays so long."""
_TOLD_S = (2, 3, 4, 6, 8, 10)
"""Seconds that are told, rounded down: a panel that counts every second of it would only distract."""


class Lateness:
    """Late above `LATE_S`, in time again below `IN_TIME_S`; between the two it stays what it was."""

    def __init__(self) -> None:
        self.late_s = 0
        """By how many seconds words come late, of `_TOLD_S`; 0 while they come in time."""
        self._told_at: float | None = None

    def seen(self, lag_s: float, now_s: float) -> int:
        """The lag as it is now, by a clock that only goes forward; returns what is to be told."""
        if self._told_at is not None and now_s - self._told_at < HOLD_S:
            return self.late_s
        late = lag_s > LATE_S or (self.late_s > 0 and lag_s >= IN_TIME_S)
        told = max((step for step in _TOLD_S if step <= lag_s), default=_TOLD_S[0]) if late else 0
        if told != self.late_s:
            self.late_s, self._told_at = told, now_s
        return self.late_s
