"""Sound to measure with, and the measuring."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]


def tone(hertz: float, seconds: float, amplitude: float = 8000) -> Samples:
    times = np.arange(round(seconds * 8000)) / 8000
    return np.round(amplitude * np.sin(2 * np.pi * hertz * times)).astype(np.int16)


def noise(samples: int, seed: int = 1, amplitude: float = 4000) -> Samples:
    """Never like itself at another offset, so that a place can be found in it."""
    drawn = np.random.default_rng(seed).normal(0, amplitude, samples)
    return np.clip(drawn, -32000, 32000).astype(np.int16)


def samples_of(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, "<i2").astype(np.int16)


def best_match(needle: Samples, haystack: Samples) -> tuple[float, int]:
    """The highest normalised correlation of the needle within the haystack, and its offset in samples."""
    wanted, heard = needle.astype(float), haystack.astype(float)
    size = 1 << (len(wanted) + len(heard)).bit_length()
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size))
    products = np.fft.irfft(spectrum, size)[: len(heard) - len(wanted) + 1]
    energies = np.concatenate(([0.0], np.cumsum(heard**2)))
    local = np.sqrt(np.maximum(energies[len(wanted) :] - energies[: -len(wanted)], 1.0) * np.sum(wanted**2))
    place = int(np.argmax(products / local))
    return float(products[place] / local[place]), place


def share_of_tone(heard: Samples, hertz: float) -> float:
    """How much of the energy is at the frequency (+- 25 Hz): 1 is a pure tone."""
    power = np.abs(np.fft.rfft(heard.astype(float) * np.hanning(len(heard)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(heard), 1 / 8000) - hertz) <= 25
    return float(power[near].sum() / max(power.sum(), 1.0))


def unsigned_8_bit(sound: Samples) -> bytes:
    """As pyVoIP takes and gives it."""
    return ((sound >> 8) + 128).astype(np.uint8).tobytes()


def of_unsigned_8_bit(sound: bytes) -> Samples:
    return ((np.frombuffer(sound, np.uint8).astype(np.int16) - 128) << 8).astype(np.int16)


def write_wav(path: Path, sound: Samples, rate: int = 8000) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(sound.astype("<i2").tobytes())
