"""Between 16 and 8 kHz, frame by frame without seams: a low-pass of 64 taps, and every other sample.

2 ms of delay, flat to 3.4 kHz, 50 dB down from 4.3 kHz on. A frame is one product with a matrix that has the taps
in each row, a step further along: at this size that takes half the time of a convolution.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

_Matrix = npt.NDArray[np.float32]
Sound = npt.NDArray[np.int16]

NARROW: Final = 160
WIDE: Final = 320
"""Samples of 20 ms."""

_TAPS: Final = 64
_EDGE_HZ: Final = 3840.0


def _low_pass() -> npt.NDArray[np.float64]:
    """A Kaiser-windowed sinc at 16 kHz, of gain 1."""
    at = np.arange(_TAPS) - (_TAPS - 1) / 2
    taps: npt.NDArray[np.float64] = np.sinc(2 * _EDGE_HZ / 16000 * at) * np.kaiser(_TAPS, 6.0)
    taps /= taps.sum()
    return taps


def _halving() -> _Matrix:
    """(160, 64 + 320): sample n is of the wide samples up to 2 n + 1."""
    matrix = np.zeros((NARROW, _TAPS + WIDE), np.float32)
    for n in range(NARROW):
        matrix[n, 2 * n + 2 : 2 * n + 2 + _TAPS] = _low_pass()[::-1]
    return matrix


def _doubling() -> _Matrix:
    """(320, 32 + 160): sample n is of the narrow samples up to n / 2, which stand for two, one of them zero."""
    matrix = np.zeros((WIDE, _TAPS // 2 + NARROW), np.float32)
    for n in range(WIDE):
        phase = 2 * _low_pass()[n % 2 :: 2]
        matrix[n, n // 2 + 1 : n // 2 + 1 + len(phase)] = phase[::-1]
    return matrix


class _Filter:
    """A matrix, and the samples of the frames before that it looks back to."""

    def __init__(self, matrix: _Matrix, frame: int) -> None:
        self._matrix = matrix
        self._frame = frame
        self._samples = np.zeros(matrix.shape[1], np.float32)

    def next(self, sound: Sound) -> Sound:
        samples, frame = self._samples, self._frame
        before = len(samples) - frame
        samples[:before] = samples[frame:]
        samples[before:] = sound
        made = self._matrix @ samples
        np.rint(made, out=made)
        np.maximum(made, -32768, out=made)
        np.minimum(made, 32767, out=made)
        return made.astype(np.int16)


_HALVING: Final = _halving()
_DOUBLING: Final = _doubling()


class Halver:
    """16 kHz to 8 kHz."""

    def __init__(self) -> None:
        self._filter = _Filter(_HALVING, WIDE)

    def halve(self, sound: Sound) -> Sound:
        """160 samples of 320, which go on from those before."""
        return self._filter.next(sound)


class Doubler:
    """8 kHz to 16 kHz."""

    def __init__(self) -> None:
        self._filter = _Filter(_DOUBLING, NARROW)

    def double(self, sound: Sound) -> Sound:
        """320 samples of 160, which go on from those before."""
        return self._filter.next(sound)
