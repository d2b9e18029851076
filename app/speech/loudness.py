"""Loudness as people hear it (ITU-R BS.1770-4), true peaks, and sound brought to a level.

The measure is computed over the whole clip in the frequency domain, at the line's 8 kHz or any other rate: both
K-weighting filters are the analogue ones of the recommendation under the bilinear transform, as everybody has them.
Sounds shorter than a block of 400 ms are one block.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.speech.sound import LINE_RATE_HZ, Sound

SPEECH_LUFS = -20.0
MUSIC_LUFS = -28.0
PEAK_DBFS = -3.0

_BLOCK_S, _STEP_S = 0.4, 0.1
_ABSOLUTE_GATE_LUFS, _RELATIVE_GATE_LU = -70.0, -10.0
_SHELF_HZ, _SHELF_GAIN_DB, _SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
_PASS_HZ, _PASS_Q = 38.13547087602444, 0.5003270373238773
_SETTLES_S = 0.5
_FINER = 4
_LOOK_AHEAD = 16
_ROUNDS = 4
_CLOSE_LU = 0.15

Spectrum = NDArray[np.complex128]


def loudness_lufs(sound: Sound, rate_hz: int = LINE_RATE_HZ) -> float:
    """Gated loudness of mono sound in LUFS; -inf for silence."""
    if not sound.size:
        return float("-inf")
    power = _block_powers(_weighted(sound, rate_hz), rate_hz)
    audible = power[_lufs(power) > _ABSOLUTE_GATE_LUFS]
    if not audible.size:
        return float("-inf")
    gate = _lufs(float(audible.mean())) + _RELATIVE_GATE_LU
    return float(_lufs(float(audible[_lufs(audible) > gate].mean())))


def true_peak_dbfs(sound: Sound) -> float:
    """The peak between the samples, too (four times finer, BS.1770-4 annex 2); -inf for silence."""
    peak = float(np.abs(_finer(sound)).max()) if sound.size else 0.0
    return float(20 * np.log10(peak)) if peak > 0.0 else float("-inf")


def brought_to(sound: Sound, lufs: float) -> Sound:
    """The sound at that loudness with no true peak above -3 dBFS. What would exceed it is drawn down for some
    milliseconds; where that costs loudness, the rest is raised again. Silence stays as it is."""
    made, level = sound, loudness_lufs(sound)
    for _ in range(_ROUNDS):
        if not np.isfinite(level) or (abs(level - lufs) < _CLOSE_LU and made is not sound):
            break
        made = _limited(made * 10 ** ((lufs - level) / 20))
        level = loudness_lufs(made)
    return made


def _weighted(sound: Sound, rate_hz: int) -> Sound:
    """K-weighted; the tail of silence lets the filters die away before the transform comes round."""
    length = _quick(sound.size + int(_SETTLES_S * rate_hz))
    z = np.exp(-2j * np.pi * np.arange(length // 2 + 1) / length)
    weighted = np.fft.irfft(np.fft.rfft(sound, length) * _shelf(z, rate_hz) * _high_pass(z, rate_hz), length)
    return np.asarray(weighted[: sound.size], dtype=np.float64)


def _shelf(z: Spectrum, rate_hz: int) -> Spectrum:
    """The head's effect: 4 dB more above 1.7 kHz. `z` is the delay of one sample."""
    k = np.tan(np.pi * _SHELF_HZ / rate_hz)
    high = 10 ** (_SHELF_GAIN_DB / 20)
    band = high**0.4996667741545416
    top = (high + band * k / _SHELF_Q + k * k, 2 * (k * k - high), high - band * k / _SHELF_Q + k * k)
    return _response(z, top, k, _SHELF_Q)


def _high_pass(z: Spectrum, rate_hz: int) -> Spectrum:
    k = np.tan(np.pi * _PASS_HZ / rate_hz)
    scale = 1 + k / _PASS_Q + k * k
    # The recommendation leaves the numerator 1, -2, 1 as it is.
    return _response(z, (scale, -2 * scale, scale), k, _PASS_Q)


def _response(z: Spectrum, top: tuple[float, float, float], k: float, q: float) -> Spectrum:
    bottom = (1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k)
    upper = top[0] + top[1] * z + top[2] * z * z
    lower = bottom[0] + bottom[1] * z + bottom[2] * z * z
    return np.asarray(upper / lower, dtype=np.complex128)


def _block_powers(weighted: Sound, rate_hz: int) -> Sound:
    """Mean squares of the blocks of 400 ms that begin every 100 ms."""
    block, step = int(_BLOCK_S * rate_hz), int(_STEP_S * rate_hz)
    if weighted.size <= block:
        return np.array([np.mean(weighted**2)])
    sums = np.concatenate([[0.0], np.cumsum(weighted**2)])
    starts = np.arange(0, weighted.size - block + 1, step)
    return np.asarray((sums[starts + block] - sums[starts]) / block, dtype=np.float64)


def _lufs(power: Sound | float) -> Sound:
    with np.errstate(divide="ignore"):
        return np.asarray(-0.691 + 10 * np.log10(power), dtype=np.float64)


def _finer(sound: Sound) -> Sound:
    """Four times as many samples, by zeros in the frequency domain."""
    length = _quick(sound.size + 64)
    spectrum = np.fft.rfft(sound, length)
    return np.asarray(np.fft.irfft(spectrum, length * _FINER) * _FINER, dtype=np.float64)


def _quick(length: int) -> int:
    """The next length that the transform is fast at; an even one."""
    return -(-length // 4000) * 4000


def _limited(sound: Sound) -> Sound:
    """Drawn down around each peak that is too high, with a smooth look-ahead of 2 ms each side at 8 kHz."""
    ceiling = 10 ** ((PEAK_DBFS - 0.1) / 20)
    finer = np.abs(_finer(sound))[: sound.size * _FINER]
    peaks = finer.reshape(-1, _FINER).max(axis=1)
    peaks = np.maximum(peaks, np.concatenate([peaks[1:], peaks[-1:]]))
    peaks = np.maximum(peaks, np.concatenate([peaks[:1], peaks[:-1]]))
    wanted = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    if wanted.min() >= 1.0:
        return sound
    around = np.pad(wanted, 2 * _LOOK_AHEAD, constant_values=1.0)
    lowest = np.lib.stride_tricks.sliding_window_view(around, 2 * _LOOK_AHEAD + 1).min(axis=1)
    window = np.hanning(2 * _LOOK_AHEAD + 3)[1:-1]
    gain = np.convolve(lowest, window / window.sum(), mode="valid")
    return np.asarray(sound * gain, dtype=np.float64)
