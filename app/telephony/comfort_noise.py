"""Comfort noise (RFC 3389): what is heard while the other side sends nothing because nobody there speaks.

A packet gives the level of the noise and the shape of its spectrum, as the reflection coefficients of an all-pole
model. One second of such noise is made at once, in the frequency domain, and played around and around.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from app.telephony.rtp import MalformedPacket

PAYLOAD_TYPE: Final = 13
MOST_COEFFICIENTS: Final = 12
"""The order of the model; what is beyond is left out, as a receiver may (RFC 3389 3.3)."""
QUIETEST_DB: Final = 127
FRAME: Final = 160

_SAMPLES: Final = 8192
_STEP: Final = 258 / 32768
_MIDDLE: Final = 127
_RESERVED: Final = 255
_OVERLOAD: Final = 32768.0

Sound = npt.NDArray[np.int16]


@dataclass(frozen=True)
class NoiseForm:
    """`level_db` is below the overload of 16-bit sound, 0..127; `reflections` are within -1..1, at most twelve."""

    level_db: int = QUIETEST_DB
    reflections: tuple[float, ...] = ()

    @classmethod
    def parse(cls, payload: bytes) -> NoiseForm:
        """RFC 3389 3. Raises MalformedPacket for an empty payload; the reserved value of a coefficient is taken as
        none at all."""
        if not payload:
            raise MalformedPacket("CN: no noise level")
        quantised = payload[1 : 1 + MOST_COEFFICIENTS]
        reflections = tuple(0.0 if n == _RESERVED else (n - _MIDDLE) * _STEP for n in quantised)
        return cls(payload[0] & 0x7F, reflections)

    @property
    def rms(self) -> float:
        """Of 16-bit samples."""
        return _OVERLOAD * 10 ** (-self.level_db / 20)


class ComfortNoise:
    """The noise of one leg. A form like the one before costs nothing, a new level of the same shape next to it."""

    def __init__(self) -> None:
        self._form: NoiseForm | None = None
        self._shaped: npt.NDArray[np.float64] = np.zeros(_SAMPLES)
        self._noise: Sound = np.zeros(_SAMPLES, np.int16)
        self._at = 0

    def become(self, form: NoiseForm) -> None:
        """Sound like this from now on."""
        before, self._form = self._form, form
        if form == before:
            return
        if before is None or form.reflections != before.reflections:
            self._shaped = _shaped(form.reflections)
        self._noise = np.clip(np.round(self._shaped * form.rms), -32768, 32767).astype(np.int16)

    def frame(self) -> Sound:
        """The next 160 samples."""
        start, self._at = self._at, (self._at + FRAME) % _SAMPLES
        if start + FRAME <= _SAMPLES:
            return self._noise[start : start + FRAME]
        return np.concatenate((self._noise[start:], self._noise[: start + FRAME - _SAMPLES]))


def _predictor(reflections: tuple[float, ...]) -> npt.NDArray[np.float64]:
    """The polynomial of the model, 1 first, from its reflection coefficients (the step-up recursion)."""
    polynomial = np.ones(1)
    for reflection in reflections:
        longer = np.append(polynomial, 0.0)
        polynomial = longer + reflection * longer[::-1]
    return polynomial


def _shaped(reflections: tuple[float, ...]) -> npt.NDArray[np.float64]:
    """Noise of that spectrum with an RMS of 1: the model's magnitudes, phases by chance."""
    magnitudes = 1 / np.maximum(np.abs(np.fft.rfft(_predictor(reflections), _SAMPLES)), 1e-4)
    magnitudes[0] = magnitudes[-1] = 0
    phases = np.random.default_rng().uniform(0, 2 * np.pi, len(magnitudes))
    noise = np.fft.irfft(magnitudes * np.exp(1j * phases), _SAMPLES)
    scaled: npt.NDArray[np.float64] = noise / np.sqrt(np.mean(noise**2))
    return scaled
