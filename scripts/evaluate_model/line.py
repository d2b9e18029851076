"""The telephone line of the tests. Not that of the training (`scripts.train_model.telephone`): what is measured
should not have been made by the very lines that the model learnt from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.speech.sound import active_level_dbfs, to_line_rate, to_pcm
from app.telephony import g711

RATE_HZ = 8000
_BEFORE_S, _AFTER_S = 0.3, 0.6
_PACKET = RATE_HZ // 50
_BAND_HZ = (300.0, 3400.0)
_SLOPE_HZ = 120.0

Sound = NDArray[np.float64]


@dataclass(frozen=True)
class Condition:
    """What the line does: noise at `snr_db` under the speech (None: none), the speech's level, the share of packets
    of 20 ms that are lost and played as silence."""

    name: str
    snr_db: float | None = None
    quietest_dbfs: float = -32.0
    loudest_dbfs: float = -14.0
    lost: float = 0.0


CLEAN = Condition("clean")
NOISY = Condition("15 dB", snr_db=15.0)
FAINT = Condition("low level", quietest_dbfs=-46.0, loudest_dbfs=-40.0)
LOSSY = Condition("3 % lost", lost=0.03)


def over_the_line(
    sound: NDArray[np.floating], rate_hz: int, condition: Condition, rng: np.random.Generator
) -> bytes:
    """Speech as 16-bit PCM at 8 kHz after band, noise, level, A-law and loss, with some silence around it."""
    speech = to_line_rate(np.asarray(sound, np.float64), rate_hz)
    speech = np.concatenate([np.zeros(int(_BEFORE_S * RATE_HZ)), speech, np.zeros(int(_AFTER_S * RATE_HZ))])
    loud = 10 ** (active_level_dbfs(speech) / 20)
    if condition.snr_db is not None:
        speech = speech + noise(len(speech), rng) * loud * 10 ** (-condition.snr_db / 20)
    speech = telephone_band(speech)
    wanted = 10 ** (rng.uniform(condition.quietest_dbfs, condition.loudest_dbfs) / 20)
    return with_loss(through_a_law(speech * wanted / loud), condition.lost, rng)


def through_a_law(sound: Sound) -> bytes:
    return g711.decode("PCMA", g711.encode("PCMA", to_pcm(sound))).astype("<i2").tobytes()


def noise(samples: int, rng: np.random.Generator) -> Sound:
    """White or, as often, pink noise with an RMS of 1."""
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    if rng.random() < 0.5:
        spectrum /= np.sqrt(np.arange(len(spectrum)) + 1.0)
    made = np.fft.irfft(spectrum, samples)
    return np.asarray(made / made.std())


def telephone_band(sound: Sound) -> Sound:
    """300-3400 Hz, the slopes a raised cosine."""
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    rise = np.clip((hertz - _BAND_HZ[0]) / _SLOPE_HZ + 0.5, 0, 1)
    fall = np.clip((_BAND_HZ[1] - hertz) / _SLOPE_HZ + 0.5, 0, 1)
    kept = np.sin(np.pi / 2 * np.minimum(rise, fall)) ** 2
    return np.fft.irfft(np.fft.rfft(sound) * kept, len(sound))


def with_loss(pcm: bytes, share: float, rng: np.random.Generator) -> bytes:
    samples = np.frombuffer(pcm, "<i2").copy()
    for packet in np.flatnonzero(rng.random(len(samples) // _PACKET) < share):
        samples[packet * _PACKET : (packet + 1) * _PACKET] = 0
    return samples.tobytes()
