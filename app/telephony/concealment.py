"""What is heard in place of sound that did not arrive.

The last pitch period is repeated, as in ITU-T G.711 Appendix I: one period for the first 20 ms, then two, then
three, so that it does not buzz; at full strength for 10 ms, then fading to nothing at 60 ms; and where sound
arrives again, a few milliseconds lead over to it. Unlike there, sound is not delayed by 3.75 ms for the lead-in:
the repeated stretch is made to join onto itself instead.
"""

from __future__ import annotations

from collections import deque
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from app.telephony.jitter_buffer import FADE_FRAMES, FRAME, NO_SOUND
from app.telephony.leg_rows import Column, Ints, Sound, Table

_Wave = npt.NDArray[np.float64]

_SHORTEST, _LONGEST = 40, 120  # samples: a pitch of 200 and 66 Hz
_HISTORY_FRAMES: Final = 3
_HISTORY: Final = _HISTORY_FRAMES * FRAME
_LEAD_OVER: Final = 40
_FULL: Final = 80
_GAIN: Final = np.clip(1 - (np.arange((FADE_FRAMES + 1) * FRAME) - _FULL) / (FADE_FRAMES * FRAME - _FULL), 0, 1)


def pitch_of(history: _Wave) -> int:
    """The period, in samples, at which the last 20 ms resemble what was before them best."""
    recent = history[-FRAME:]
    earlier = np.lib.stride_tricks.sliding_window_view(history[:-_SHORTEST], FRAME)[
        -1 : -(_LONGEST - _SHORTEST) - 2 : -1
    ]
    energy = np.einsum("ij,ij->i", earlier, earlier)
    return _SHORTEST + int(np.argmax(earlier @ recent / np.sqrt(energy + 1.0)))


class _Erasure:
    """One stretch of lost sound, being made up."""

    def __init__(self, history: _Wave) -> None:
        self._history = history
        self._pitch = pitch_of(history)
        self._made = 0
        self._at = 0
        self._stretch = self._of_periods(1)

    def _of_periods(self, periods: int) -> _Wave:
        """So many of the last periods, the end of which leads over to their beginning."""
        length, lead = periods * self._pitch, self._pitch // 4
        stretch = self._history[-length:].copy()
        rising = np.arange(1, lead + 1) / (lead + 1)
        stretch[-lead:] += (self._history[-length - lead : -length] - stretch[-lead:]) * rising
        return stretch

    def next(self, samples: int) -> _Wave:
        """The next samples, faded."""
        if self._made in (FRAME, 2 * FRAME):
            self._lengthen(self._made // FRAME + 1)
        gain = _GAIN[self._made : self._made + samples]
        self._made += samples
        return self._repeated(samples)[: len(gain)] * gain

    def _repeated(self, samples: int) -> _Wave:
        at = (self._at + np.arange(samples)) % len(self._stretch)
        self._at = (self._at + samples) % len(self._stretch)
        return self._stretch[at]

    def _lengthen(self, periods: int) -> None:
        lead = self._pitch // 4
        at = self._at
        before = self._repeated(lead)
        self._stretch = self._of_periods(periods)
        self._at = at % self._pitch
        places = (self._at + np.arange(lead)) % len(self._stretch)
        falling = 1 - np.arange(1, lead + 1) / (lead + 1)
        self._stretch[places] += (before - self._stretch[places]) * falling


class Concealment(Table):
    """The sound that each leg was heard with lately, and what is being made up of it. The sound of the last ticks
    is kept as it was given, all legs together: nothing is copied."""

    columns: ClassVar[dict[str, Column]] = {}

    def __init__(self) -> None:
        super().__init__()
        self._before: deque[Sound] = deque(maxlen=_HISTORY_FRAMES)
        self._erasures: dict[int, _Erasure] = {}

    def clear(self, row: int) -> None:
        super().clear(row)
        self._erasures.pop(row, None)
        for sound in self._before:
            if row < len(sound):
                sound[row] = 0

    def mend(self, sound: Sound, stages: Ints) -> None:
        """Put sound in the frames that have none, by their stages (`JitterBuffers.take`). Rows are those of all
        legs; to be called once a tick, with an array of its own that nobody changes afterwards."""
        if self._erasures or np.count_nonzero(stages):
            self._make_up(sound, stages)
        self._before.append(sound)

    def _make_up(self, sound: Sound, stages: Ints) -> None:
        sound[stages == NO_SOUND] = 0
        for row in list(self._erasures):
            if row >= len(stages) or stages[row] in (0, NO_SOUND):
                self._end(row, sound, int(stages[row]) if row < len(stages) else NO_SOUND)
        for row in np.flatnonzero((stages > 0) & (stages < NO_SOUND)).tolist():
            erasure = self._erasures.get(row)
            if erasure is None:
                erasure = self._erasures[row] = _Erasure(self._history(row))
            sound[row] = erasure.next(FRAME)

    def _end(self, row: int, sound: Sound, stage: int) -> None:
        erasure = self._erasures.pop(row)
        if stage == 0:
            made_up = erasure.next(_LEAD_OVER)
            rising = np.arange(1, _LEAD_OVER + 1) / (_LEAD_OVER + 1)
            sound[row, :_LEAD_OVER] = made_up + (sound[row, :_LEAD_OVER] - made_up) * rising

    def _history(self, row: int) -> _Wave:
        history = np.zeros((_HISTORY_FRAMES, FRAME))
        for frame, sound in zip(history[::-1], reversed(self._before), strict=False):
            if row < len(sound):
                frame[:] = sound[row]
        return history.reshape(-1)
