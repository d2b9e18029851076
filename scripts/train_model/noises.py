"""Sounds of a line that are no words: noise of the surroundings, tones, music, breath, coughs. 8 kHz, any level."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from scripts.train_model.filters import LINE_RATE_HZ, Sound, band, shaped

_DTMF_HZ = ((697, 770, 852, 941), (1209, 1336, 1477, 1633))
_LINE_TONES_HZ = (350, 425, 440, 480, 620, 950, 1000, 1400, 1800, 2100)
_SCALE = (0, 2, 3, 5, 7, 8, 10, 12)


def white(samples: int, rng: np.random.Generator) -> Sound:
    return rng.standard_normal(samples, np.float32)


def coloured(samples: int, rng: np.random.Generator) -> Sound:
    """Noise whose power falls by 0 to 9 dB an octave."""
    slope = rng.uniform(0, 1.5)
    return shaped(white(samples, rng), lambda hertz: np.maximum(hertz, 20.0) ** -(slope / 2) * 20 ** (slope / 2))


def hum(samples: int, rng: np.random.Generator) -> Sound:
    """Mains and its overtones."""
    time = np.arange(samples) / LINE_RATE_HZ
    whole = 0.1 * white(samples, rng)
    for overtone in range(1, 7):
        strength = rng.uniform(0.2, 1) / overtone
        whole += (strength * np.sin(2 * np.pi * 50 * overtone * time + rng.uniform(0, 6.3))).astype(np.float32)
    return whole


def gusts(samples: int, rng: np.random.Generator) -> Sound:
    """Noise of a band that swells and falls: wind, a street, a fan."""
    low_hz = rng.uniform(80, 1500)
    noise = band(white(samples, rng), low_hz, min(3900.0, low_hz * rng.uniform(1.5, 4)), 2, 2)
    return noise * _swells(samples, rng)


def crackle(samples: int, rng: np.random.Generator) -> Sound:
    """Clicks over a weak noise."""
    whole = 0.02 * white(samples, rng)
    clicks = rng.integers(0, max(1, samples), max(1, int(samples / LINE_RATE_HZ * rng.uniform(2, 30))))
    whole[clicks] += rng.uniform(-1, 1, len(clicks)).astype(np.float32)
    return band(whole, rng.uniform(100, 500), rng.uniform(1500, 3900), 2, 2)


def babble(samples: int, rng: np.random.Generator, voices: Sequence[Sound]) -> Sound:
    """Two to six of the voices at once."""
    whole = np.zeros(samples, np.float32)
    for _ in range(int(rng.integers(2, 7))):
        voice = voices[int(rng.integers(len(voices)))]
        repeated = np.tile(voice, samples // len(voice) + 2)
        start = int(rng.integers(len(repeated) - samples))
        whole += repeated[start : start + samples] / (float(voice.std()) + 1e-6)
    return whole


def tones(samples: int, rng: np.random.Generator) -> Sound:
    """Dialling, ringing, keys: bursts of one or two frequencies."""
    whole = 1e-3 * white(samples, rng)
    for _ in range(int(rng.integers(1, 7))):
        start = int(rng.integers(samples))
        length = min(samples - start, int(LINE_RATE_HZ * rng.uniform(0.05, 1.0)))
        time = np.arange(length) / LINE_RATE_HZ
        for hertz in _some_tone(rng):
            whole[start : start + length] += np.sin(2 * np.pi * hertz * time).astype(np.float32)
    return whole


def _some_tone(rng: np.random.Generator) -> tuple[float, ...]:
    if rng.random() < 0.5:
        return tuple(float(rng.choice(group)) for group in _DTMF_HZ)
    return tuple(float(rng.choice(_LINE_TONES_HZ)) for _ in range(int(rng.integers(1, 3))))


def music(samples: int, rng: np.random.Generator) -> Sound:
    """Chords of decaying notes with overtones, as of music on hold."""
    whole = np.zeros(samples, np.float32)
    root_hz, beat = rng.uniform(110, 260), int(LINE_RATE_HZ * rng.uniform(0.15, 0.5))
    overtones = int(rng.integers(1, 7))
    decay_s = rng.uniform(0.1, 0.8)
    for start in range(0, samples, beat):
        time = np.arange(min(samples - start, 3 * beat)) / LINE_RATE_HZ
        for _ in range(int(rng.integers(1, 4))):
            hertz = root_hz * 2 ** (float(rng.choice(_SCALE)) / 12 + int(rng.integers(0, 3)))
            note = sum(
                np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, overtones + 1) if hertz * k < 3900
            )
            whole[start : start + len(time)] += (note * np.exp(-time / decay_s)).astype(np.float32)
    return whole


def breath(samples: int, rng: np.random.Generator) -> Sound:
    """Breathing and blowing into the microphone: soft swells of broad noise."""
    low_hz = rng.uniform(150, 900)
    noise = band(white(samples, rng), low_hz, rng.uniform(low_hz + 600, 3800), 1, 1)
    return noise * _swells(samples, rng) ** 2 + 1e-3 * white(samples, rng)


def coughs(samples: int, rng: np.random.Generator) -> Sound:
    """Bursts with a sharp beginning, half noise, half a throat's buzz; knocks and slammed doors are like them."""
    whole = 1e-3 * white(samples, rng)
    for _ in range(int(rng.integers(1, 4))):
        start = int(rng.integers(samples))
        length = min(samples - start, int(LINE_RATE_HZ * rng.uniform(0.05, 0.35)))
        time = np.arange(length) / LINE_RATE_HZ
        buzz = np.sign(np.sin(2 * np.pi * rng.uniform(70, 250) * time)) * rng.uniform(0, 1.5)
        fall = np.exp(-time / rng.uniform(0.02, 0.12))
        whole[start : start + length] += ((white(length, rng) + buzz) * fall).astype(np.float32)
    return band(whole, rng.uniform(100, 500), rng.uniform(1200, 3800), 1, 2)


def hush(samples: int, rng: np.random.Generator) -> Sound:
    """A line on which nothing is said, down to digital silence."""
    return white(samples, rng) * float(rng.choice((0.0, 3e-5, 2e-4, 1e-3)))


def _swells(samples: int, rng: np.random.Generator) -> Sound:
    knots = max(4, int(samples / LINE_RATE_HZ * rng.uniform(2, 8)))
    strength = np.interp(np.arange(samples), np.linspace(0, samples, knots), rng.uniform(0.02, 1, knots))
    return strength.astype(np.float32)


Kind = Callable[[int, np.random.Generator], Sound]

SURROUNDINGS: tuple[Kind, ...] = (
    white,
    coloured,
    coloured,
    hum,
    gusts,
    crackle,
)
"""What is mixed under speech."""
OTHER_SOUNDS: tuple[Kind, ...] = (
    *SURROUNDINGS,
    tones,
    tones,
    music,
    music,
    breath,
    coughs,
    hush,
)
"""What is heard alone and must not be taken for words."""
