"""The buffer of one browser's sound: frames of 20 ms in order, as a WebSocket brings them, often in bursts."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np

from app.telephony.surplus import FRAME_SAMPLES, WatchedSurplus

FRAME_BYTES: Final = 2 * FRAME_SAMPLES
SILENCE: Final = bytes(FRAME_BYTES)
TARGET_FRAMES: Final = 2
DEEPEST_FRAMES: Final = 16
FADE_FRAMES: Final = 3
_QUIET: Final = 512  # -36 dBFS


def _is_quiet(frame: bytes) -> bool:
    samples = np.frombuffer(frame, "<i2")
    return int(samples.max()) < _QUIET and int(samples.min()) > -_QUIET


class FrameQueue:
    """Starts to play when two frames are there, begins anew after running dry, and keeps the newest 320 ms."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque(maxlen=DEEPEST_FRAMES)
        self._gathering = True
        self._last = SILENCE
        self._missing = FADE_FRAMES
        self._surplus = WatchedSurplus(FRAME_SAMPLES)

    def put(self, frame: bytes) -> None:
        """A frame of 320 bytes."""
        self._frames.append(frame)

    def pull(self) -> tuple[bytes, int]:
        """The next 320 bytes, and how often the frame was repeated, as `JitterBuffer.pull`."""
        self._surplus.tick()
        if self._gathering and len(self._frames) < TARGET_FRAMES:
            return self._conceal()
        self._gathering = not self._frames
        if self._gathering:
            return self._conceal()
        frame = self._frames.popleft()
        self._surplus.note(FRAME_SAMPLES * len(self._frames))
        if self._frames and self._surplus.frames and self._surplus.take(is_quiet=_is_quiet(frame)):
            frame = self._frames.popleft()
        self._last, self._missing = frame, 0
        return frame, 0

    def clear(self) -> None:
        """Forget what waits: another browser, another call."""
        self._frames.clear()
        self._gathering = True
        self._last, self._missing = SILENCE, FADE_FRAMES
        self._surplus.forget()

    def __len__(self) -> int:
        return len(self._frames)

    def _conceal(self) -> tuple[bytes, int]:
        if self._missing >= FADE_FRAMES:
            return SILENCE, 0
        self._missing += 1
        return self._last, self._missing
