"""Resampling and filtering of whole clips in the frequency domain. Arrays are one-dimensional float32."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]
LINE_RATE_HZ = 8000
_TAIL_S = 0.02


def _quick(longest: int) -> tuple[int, ...]:
    """The even numbers up to `longest` with no factor but 2, 3 and 5: lengths that are quick to transform."""
    found = [
        2**twos * 3**threes * 5**fives
        for twos in range(1, longest.bit_length())
        for threes in range(longest.bit_length())
        for fives in range(longest.bit_length())
        if 2**twos * 3**threes * 5**fives <= longest
    ]
    return tuple(sorted(found))


_QUICK = _quick(LINE_RATE_HZ * 1200)


def fast_length(samples: int) -> int:
    """The least length of at least so many samples that is quick to transform. ValueError beyond twenty minutes."""
    place = bisect_left(_QUICK, samples)
    if place == len(_QUICK):
        raise ValueError(f"{samples} samples are too many for one clip")
    return _QUICK[place]


def to_line(sound: Sound, rate_hz: int, faster: float = 1.0) -> tuple[Sound, float]:
    """To 8 kHz, played about `faster` (pitch and formants move with it); with how much faster exactly, because
    both lengths are rounded to quick ones (by 3 % at most for clips of a second and more)."""
    length = fast_length(len(sound) + int(_TAIL_S * rate_hz))
    target = fast_length(int(length * LINE_RATE_HZ / (rate_hz * faster)))
    spectrum = np.fft.rfft(sound, length)
    kept = np.zeros(target // 2 + 1, spectrum.dtype)
    shared = min(len(kept), len(spectrum))
    kept[:shared] = spectrum[:shared]
    resampled = np.fft.irfft(kept, target) * np.float32(target / length)
    exact = length * LINE_RATE_HZ / (target * rate_hz)
    return resampled[: max(1, len(sound) * target // length)].astype(np.float32), exact


def shaped(sound: Sound, response: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Sound:
    """Each frequency in Hz weighed by `response`, without a delay."""
    length = fast_length(len(sound) + LINE_RATE_HZ // 20)
    weights = response(np.linspace(0.0, LINE_RATE_HZ / 2, length // 2 + 1, dtype=np.float64))
    filtered = np.fft.irfft(np.fft.rfft(sound, length) * weights.astype(np.float32), length)
    return filtered[: len(sound)].astype(np.float32)


def band(sound: Sound, low_hz: float, high_hz: float, low_order: float = 4.0, high_order: float = 8.0) -> Sound:
    """A pass band with Butterworth's slopes."""

    def response(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
        above = 1 / np.sqrt(1 + (low_hz / np.maximum(hertz, 1e-3)) ** (2 * low_order))
        below = 1 / np.sqrt(1 + (hertz / high_hz) ** (2 * high_order))
        return np.asarray(above * below)

    return shaped(sound, response)


def convolved(sound: Sound, impulse: Sound) -> Sound:
    """As long as the sound: what rings on after its end is cut."""
    length = fast_length(len(sound) + len(impulse))
    product = np.fft.rfft(sound, length) * np.fft.rfft(impulse, length)
    return np.fft.irfft(product, length)[: len(sound)].astype(np.float32)
