"""What the line does without while its recogniser cannot keep up: a table of steps, pure.

Operators' channels go first: the caller's words carry the need and the suggestions, the operator's own steps can be
ticked by hand. Then partials. Audio and calls never wait: what degrades is recognition alone, for the whole line,
and it comes back in the reverse order. Each step must have lasted before the next one, so that nothing flaps.
"""

from __future__ import annotations

from enum import Enum, IntEnum, auto

IN_TIME_S = 1.0
"""Below this lag the recogniser has caught up."""
FORGOTTEN_S = 60.0
"""After so long without a channel the strain of then says nothing of now."""


class Degree(IntEnum):
    """What is still recognised."""

    ALL = 0
    CALLERS = 1
    CALLERS_WITHOUT_PARTIALS = 2


class Trend(Enum):
    """The lag against the limits."""

    BEHIND = auto()
    BETWEEN = auto()
    CAUGHT_UP = auto()


STEPS: dict[tuple[Degree, Trend], tuple[Degree, float]] = {
    (Degree.ALL, Trend.BEHIND): (Degree.CALLERS, 2.0),
    (Degree.CALLERS, Trend.BEHIND): (Degree.CALLERS_WITHOUT_PARTIALS, 6.0),
    (Degree.CALLERS_WITHOUT_PARTIALS, Trend.CAUGHT_UP): (Degree.CALLERS, 15.0),
    (Degree.CALLERS, Trend.CAUGHT_UP): (Degree.ALL, 15.0),
}
"""(now, trend) -> (next, seconds for which both must have lasted). What is not here stays."""


class Strain:
    """Folds the greatest lag of all channels, looked at every now and then, into a degree."""

    def __init__(self, limit_s: float) -> None:
        """Beyond a lag of `limit_s` the line begins to do without. Must be above `IN_TIME_S`."""
        self._limit_s = limit_s
        self.degree = Degree.ALL
        self._trend = Trend.BETWEEN
        self._since = 0.0
        self._seen_at: float | None = None

    def seen(self, lag_s: float, now_s: float) -> Degree:
        """The lag as it is now, by a clock that only goes forward; returns the degree from now on."""
        if self._seen_at is None or now_s - self._seen_at > FORGOTTEN_S:
            self.degree, self._since = Degree.ALL, now_s
        self._seen_at = now_s
        trend = self._trend_of(lag_s)
        if trend is not self._trend:
            self._trend, self._since = trend, now_s
        following, lasting_s = STEPS.get((self.degree, trend), (self.degree, 0.0))
        if following is not self.degree and now_s - self._since >= lasting_s:
            self.degree, self._since = following, now_s
        return self.degree

    def _trend_of(self, lag_s: float) -> Trend:
        if lag_s > self._limit_s:
            return Trend.BEHIND
        return Trend.CAUGHT_UP if lag_s < IN_TIME_S else Trend.BETWEEN
