"""When a buffer of sound has become deeper than it need be, and which frames may be left out to mend that.

A buffer grows at a stall of the network, or slowly where the sender's clock is fast. Left alone the delay stays for
the whole call; taken back at once it eats words. So: a small surplus goes frame by frame in the pauses of speech,
a large one also in speech, but never two frames in a row.
"""

from __future__ import annotations

from collections import deque
from typing import Final

FRAME_SAMPLES: Final = 160
WINDOW_TICKS: Final = 50  # one second
NOTHING: Final = 1 << 30
"""The least distance of a window in which nothing arrived."""

_WINDOWS: Final = 5  # of calm before a single frame is called surplus
_LARGE_FRAMES: Final = 4  # so many are surplus after one window already
_LOUD_FRAMES: Final = 3  # with so many still to go, loud frames go too
_TICKS_BETWEEN: Final = 5
_PATIENCE_TICKS: Final = 250  # a single frame waits so long for a pause


class Surplus:
    """Judges how far ahead of need sound arrives, window by window; `spare_samples` is what is kept."""

    def __init__(self, spare_samples: int) -> None:
        self._spare = spare_samples
        self._minima: deque[int] = deque(maxlen=_WINDOWS)
        self._waited = 0
        self.frames = 0

    def end_window(self, least_samples: int) -> None:
        """A second has passed: the least distance at which sound came before it was needed (negative: too late),
        `NOTHING` when none came."""
        if least_samples == NOTHING:
            self.forget()
            return
        self._minima.append(least_samples)
        self._judge(least_samples)

    def _judge(self, least: int) -> None:
        frames = (least - self._spare) // FRAME_SAMPLES
        if frames < _LARGE_FRAMES:
            calm = len(self._minima) == _WINDOWS
            frames = 1 if calm and min(self._minima) >= self._spare + FRAME_SAMPLES else 0
        if frames > self.frames:
            self.frames = frames
            self._waited = 0
            self._minima.clear()

    def tick(self) -> None:
        """A frame was played while there is a surplus."""
        self._waited += 1

    def take(self, *, is_quiet: bool) -> bool:
        """Whether the frame about to be played is to be left out."""
        if not self.frames or self._waited < _TICKS_BETWEEN:
            return False
        if self.frames < _LOUD_FRAMES and self._waited < _PATIENCE_TICKS and not is_quiet:
            return False
        self.frames -= 1
        self._waited = 0
        return True

    def forget(self) -> None:
        """The stream began anew."""
        self.frames = 0
        self._minima.clear()


class WatchedSurplus(Surplus):
    """Keeps the windows itself."""

    def __init__(self, spare_samples: int) -> None:
        super().__init__(spare_samples)
        self._least = NOTHING
        self._ticks = 0

    def note(self, ahead_samples: int) -> None:
        """Sound was there this much before it was needed (negative: came late)."""
        if ahead_samples < self._least:
            self._least = ahead_samples

    def tick(self) -> None:
        """A frame was played."""
        super().tick()
        self._ticks += 1
        if self._ticks == WINDOW_TICKS:
            self._ticks = 0
            least, self._least = self._least, NOTHING
            self.end_window(least)

    def forget(self) -> None:
        """The stream began anew."""
        super().forget()
        self._least = NOTHING
