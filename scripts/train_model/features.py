"""Kaldi's MFCC in numpy, as `conf/mfcc.conf` of the model asks libvosk for them.

8 kHz, windows of 25 ms every 10 ms without padding at the ends (`snip-edges`), mean removed, pre-emphasis 0.97,
Povey's window, 30 mel bins from 64 to 3800 Hz, 30 cepstra, lifter 22, no energy, no dither. Source: Kaldi's
`feat/feature-window.cc`, `feat/mel-computations.cc`, `feat/feature-mfcc.cc`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000
CEPSTRA = 30
WINDOW = 200
SHIFT = 80
_SPECTRUM = 256
_LOWEST_HZ, _HIGHEST_HZ = 64.0, 3800.0
_PREEMPHASIS = 0.97
_LIFTER = 22.0
_FLOOR = float(np.finfo(np.float32).eps)

Floats = NDArray[np.float32]


def configuration() -> str:
    """The text of `conf/mfcc.conf` that makes libvosk compute the same."""
    return (
        f"--sample-frequency={RATE_HZ}\n--use-energy=false\n--num-mel-bins={CEPSTRA}\n--num-ceps={CEPSTRA}\n"
        f"--low-freq={_LOWEST_HZ:.0f}\n--high-freq={_HIGHEST_HZ - RATE_HZ / 2:.0f}\n--dither=0\n"
    )


def mfcc(samples: NDArray[np.floating]) -> Floats:
    """Samples on the scale of 16-bit numbers at 8 kHz to (frames, 30); no frame for less than 25 ms."""
    if len(samples) < WINDOW:
        return np.zeros((0, CEPSTRA), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(np.asarray(samples, np.float64), WINDOW)[::SHIFT]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    emphasised = (frames - _PREEMPHASIS * before) * _window()
    power = np.abs(np.fft.rfft(emphasised, _SPECTRUM)[:, :-1]) ** 2
    mel = np.log(np.maximum(power @ _mel_banks().T, _FLOOR))
    return (mel @ cepstra_of_mel().T).astype(np.float32)


@cache
def _window() -> NDArray[np.float64]:
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))
    return np.asarray(hann**0.85)


def _mel(hertz: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return 1127.0 * np.log(1.0 + np.asarray(hertz) / 700.0)


@cache
def _mel_banks() -> NDArray[np.float64]:
    """(bins, spectrum without Nyquist): triangles that overlap by half on the mel scale."""
    edges = np.linspace(_mel(_LOWEST_HZ), _mel(_HIGHEST_HZ), CEPSTRA + 2)
    mel = _mel(np.arange(_SPECTRUM // 2) * RATE_HZ / _SPECTRUM)[None, :]
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (mel - left) / (centre - left), (right - mel) / (right - centre)
    return np.maximum(np.minimum(rising, falling), 0.0)


@cache
def cepstra_of_mel() -> NDArray[np.float64]:
    """(30, 30): log-mel values to liftered cepstra; orthonormal but for the lifter, so it can be undone."""
    order = np.arange(CEPSTRA)
    cosine = np.sqrt(2 / CEPSTRA) * np.cos(np.pi / CEPSTRA * np.outer(order, order + 0.5))
    cosine[0] = np.sqrt(1 / CEPSTRA)
    return np.asarray((1 + 0.5 * _LIFTER * np.sin(np.pi * order / _LIFTER))[:, None] * cosine)


@cache
def mel_of_cepstra() -> NDArray[np.float64]:
    """The inverse of `cepstra_of_mel`."""
    return np.asarray(np.linalg.inv(cepstra_of_mel()), np.float64)
