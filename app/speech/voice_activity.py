"""Where in a stream somebody may be speaking: cheap enough to ask of every chunk. Pure; numpy.

Frames of 20 ms are compared, band by band, with the quietest tenth of a second of the last three seconds (minimum
statistics: even fluent speech lets the noise be heard between its sounds). A frame that, together with the two
before it, stands out in any band is one of speech. What is uncertain counts as speech: at the beginning, when a
noise has just grown, in music. Digital silence, a steady noise or tone, and hum do not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FRAME_S = 0.02
_BANDS_HZ = ((200, 600), (600, 1200), (1200, 2200), (2200, 3700))
_STANDS_OUT = 10 ** (8.0 / 10)
"""A mean of three frames of noise is 6 dB above the least tenth of a second once in half a minute, and a room that
breathes (a street, a fan) comes near 8; speech, where it can be understood at all, is above in every syllable."""
_LEAST_DBFS = -75.0
"""In a band. The faintest sounds of a voice at -40 dBFS are 25 dB lower; A-law's own silence is at -72 in all."""
_MEAN_FRAMES = 3
_BLOCK_FRAMES = 5
_BLOCKS = 30
"""The floor is the least of so many blocks, 3 s: a vowel held for two seconds does not become the floor."""
_LEARNT_BLOCKS = 5
"""Until so much of the stream is known, nothing but the least level is taken for silence."""


class VoiceDetector:
    """Tells for each 20 ms of one stream whether it may be speech. Samples are 16-bit integers."""

    def __init__(self, sample_rate_hz: float) -> None:
        self.frame_samples = round(sample_rate_hz * FRAME_S)
        self._waves, self._bands, full = _analysis(self.frame_samples, sample_rate_hz)
        self._least = np.float32(full * 10 ** (_LEAST_DBFS / 10))
        self._before = np.zeros((_MEAN_FRAMES - 1, len(_BANDS_HZ)), np.float32)
        self._blocks = np.full((_BLOCKS, len(_BANDS_HZ)), np.inf, np.float32)
        self._block = np.zeros(len(_BANDS_HZ), np.float32)
        self._in_block = 0
        self._seen_blocks = 0
        self._threshold = np.full(len(_BANDS_HZ), self._least * _MEAN_FRAMES * _STANDS_OUT, np.float32)

    def speech(self, samples: NDArray[np.int16]) -> NDArray[np.bool_]:
        """For each frame of `samples` (frames * frame_samples,) whether it may be speech."""
        spectrum = samples.reshape(-1, self.frame_samples).astype(np.float32) @ self._waves
        power = (spectrum * spectrum) @ self._bands
        known = np.concatenate((self._before, power))
        self._before = known[1 - _MEAN_FRAMES :]
        means = known[2:] + known[1:-1] + known[:-2]
        self._learn(power)
        return np.asarray((means > self._threshold).any(axis=1))

    def _learn(self, power: NDArray[np.float32]) -> None:
        """Take frames into account for the floor; whole blocks only, a few frames later or sooner do not matter."""
        self._block += power.sum(axis=0)
        self._in_block += len(power)
        if self._in_block < _BLOCK_FRAMES:
            return
        self._blocks[self._seen_blocks % _BLOCKS] = self._block / self._in_block
        self._block[:] = 0.0
        self._in_block = 0
        self._seen_blocks += 1
        if self._seen_blocks >= _LEARNT_BLOCKS:
            floor = np.maximum(self._blocks.min(axis=0), self._least)
            self._threshold = floor * np.float32(_MEAN_FRAMES * _STANDS_OUT)


def _analysis(frame_samples: int, sample_rate_hz: float) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
    """Windowed waves (samples, 2 * bins), the bins of each band (2 * bins, bands), the power of a full-scale sine.

    A product of matrices for the bins that are wanted costs a third of numpy's FFT of all."""
    frequencies = np.arange(frame_samples // 2) * sample_rate_hz / frame_samples
    frequencies = frequencies[(frequencies >= _BANDS_HZ[0][0]) & (frequencies < _BANDS_HZ[-1][1])]
    phases = 2 * np.pi * np.outer(np.arange(frame_samples), frequencies) / sample_rate_hz
    window = np.hanning(frame_samples)
    waves = np.concatenate((np.cos(phases), np.sin(phases)), axis=1) * window[:, None]
    bands = np.stack([(frequencies >= low) & (frequencies < high) for low, high in _BANDS_HZ], axis=1)
    full = (32768 * float(window.sum()) / 2) ** 2
    return waves.astype(np.float32), np.concatenate((bands, bands)).astype(np.float32), full
