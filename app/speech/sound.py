"""Sound as arrays: resampling into the telephone band, levels, WAV files. Pure but for `read_wav`.

Arrays are one-dimensional float64, full scale 1.0; `to_pcm` and `from_pcm` go to and from 16-bit little-endian.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.domain.errors import BadInput

Sound = NDArray[np.float64]

LINE_RATE_HZ = 8000
_PASS_UP_TO_HZ = 3500.0
_STOP_FROM_HZ = 3950.0
_LOUDEST_PEAK = 0.89
_FRAME = 160
_LONGEST_RECORDING_S = 600


def from_pcm(pcm: bytes) -> Sound:
    """16-bit little-endian mono to an array."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float64) / 32768.0


def to_pcm(sound: Sound) -> bytes:
    """An array to 16-bit little-endian mono; what exceeds full scale is limited to it."""
    return np.clip(np.rint(sound * 32768.0), -32768, 32767).astype("<i2").tobytes()


def to_line_rate(sound: Sound, rate_hz: int) -> Sound:
    """Resample to 8000 Hz with everything above the telephone band taken away first.

    Done in the frequency domain over the whole clip: the slope from 3.5 to 3.95 kHz is a raised cosine, so nothing
    folds back and nothing rings audibly.
    """
    if rate_hz == LINE_RATE_HZ or not sound.size:
        return sound
    # A tail of silence keeps the circular transform from carrying the end into the beginning; the length is
    # rounded so that both rates have a whole number of samples.
    step = rate_hz // int(np.gcd(rate_hz, LINE_RATE_HZ))
    length = -(-(sound.size + rate_hz // 20) // step) * step
    target = length * LINE_RATE_HZ // rate_hz
    spectrum = np.fft.rfft(sound, length)[: target // 2 + 1]
    if spectrum.size < target // 2 + 1:
        spectrum = np.pad(spectrum, (0, target // 2 + 1 - spectrum.size))
    frequencies = np.arange(spectrum.size) * rate_hz / length
    slope = np.clip((frequencies - _PASS_UP_TO_HZ) / (_STOP_FROM_HZ - _PASS_UP_TO_HZ), 0.0, 1.0)
    shaped = spectrum * (0.5 + 0.5 * np.cos(np.pi * slope))
    whole = np.fft.irfft(shaped, target) * (target / length)
    return np.asarray(whole[: -(-sound.size * LINE_RATE_HZ // rate_hz)], dtype=np.float64)


def trimmed(sound: Sound) -> Sound:
    """Without the silence at its ends: what is more than 50 dB below its peak, but for 20 ms."""
    loud = np.flatnonzero(np.abs(sound) > np.abs(sound).max(initial=0.0) * 10**-2.5)
    if not loud.size or not sound[loud[0]]:
        return sound[:0]
    return sound[max(0, int(loud[0]) - _FRAME) : int(loud[-1]) + _FRAME]


def active_level_dbfs(sound: Sound) -> float:
    """RMS over the 20 ms frames that are not pauses, in dB of full scale; -inf for silence.

    A pause is a frame more than 35 dB below the loudest one."""
    if sound.size < _FRAME:
        return float("-inf")
    frames = sound[: sound.size // _FRAME * _FRAME].reshape(-1, _FRAME)
    power = np.mean(frames**2, axis=1)
    loudest = float(power.max())
    if loudest <= 0.0:
        return float("-inf")
    return float(10 * np.log10(np.mean(power[power > loudest * 10**-3.5])))


def level_to(sound: Sound, dbfs: float) -> Sound:
    """Bring the active level to `dbfs`, or as near to it as the peaks allow without clipping."""
    level = active_level_dbfs(sound)
    if not np.isfinite(level):
        return sound
    gain = min(10 ** ((dbfs - level) / 20), _LOUDEST_PEAK / float(np.abs(sound).max()))
    return sound * gain


def read_wav(path: Path) -> Sound:
    """A recording at the line's rate, its channels mixed. 16-bit PCM, 8 to 48 kHz. Raises `BadInput`."""
    try:
        with wave.open(str(path), "rb") as file:
            rate, width, channels = file.getframerate(), file.getsampwidth(), file.getnchannels()
            seconds = file.getnframes() / max(1, rate)
            if width != 2 or not 8000 <= rate <= 48000 or seconds > _LONGEST_RECORDING_S:
                raise BadInput(
                    f"the recording {path} is {8 * width}-bit, {rate} Hz, {seconds:.0f} s: "
                    f"save it as 16-bit PCM at 8 to 48 kHz of at most {_LONGEST_RECORDING_S} s"
                )
            pcm = file.readframes(file.getnframes())
    except (wave.Error, EOFError, OSError) as error:
        raise BadInput(f"the recording {path} cannot be read as PCM WAV ({error}): save it anew") from error
    whole = len(pcm) // (2 * channels) * 2 * channels
    mixed = from_pcm(pcm[:whole]).reshape(-1, channels).mean(axis=1)
    return to_line_rate(np.asarray(mixed, dtype=np.float64), rate)
