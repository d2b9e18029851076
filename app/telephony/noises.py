"""The pauses of the legs whose other side says with comfort noise (RFC 3389) that nobody speaks."""

from __future__ import annotations

from typing import ClassVar, Final

from app.telephony.comfort_noise import ComfortNoise, NoiseForm
from app.telephony.leg_rows import Column, Ints, Sound, Table

_LONGEST_LEAD: Final = 16
"""Frames of sound that may still be in the jitter buffer when the noise is announced."""
_LEAST_BETWEEN_S: Final = 0.1
"""A new spectrum costs a quarter of a millisecond; nobody's noise changes more often."""


class _Pause:
    def __init__(self) -> None:
        self.noise = ComfortNoise()
        self.changed_at = -1.0
        self.began = False
        self.lead = 0


class Noises(Table):
    """By row; most have none."""

    columns: ClassVar[dict[str, Column]] = {}

    def __init__(self) -> None:
        super().__init__()
        self._pauses: dict[int, _Pause] = {}

    def clear(self, row: int) -> None:
        super().clear(row)
        self._pauses.pop(row, None)

    def take(self, row: int, payload: bytes, now: float) -> None:
        """A packet of comfort noise came. Raises MalformedPacket."""
        form = NoiseForm.parse(payload)
        pause = self._pauses.setdefault(row, _Pause())
        if now - pause.changed_at >= _LEAST_BETWEEN_S or not pause.began:
            pause.changed_at = now
            pause.noise.become(form)

    def fill(self, sound: Sound, stages: Ints) -> None:
        """Put noise in the frames that did not arrive, which then count as sound; to be called once a tick. A
        pause ends with the first frame of sound after it."""
        for row, pause in list(self._pauses.items()):
            if row >= len(stages):
                continue
            if stages[row]:
                sound[row] = pause.noise.frame()
                stages[row] = 0
                pause.began = True
            elif pause.began or pause.lead >= _LONGEST_LEAD:
                del self._pauses[row]
            else:
                pause.lead += 1

    def pausing(self) -> list[int]:
        """The rows in whose place noise sounds now."""
        return [row for row, pause in self._pauses.items() if pause.began]
