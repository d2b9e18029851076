"""What a telephone line makes of a sound: room, microphone, surroundings, band, level, loss, codec.

Sounds are float32 at 8 kHz; what goes in has any level, what comes out is on the scale of 16-bit numbers, as
`features.mfcc` takes it. All chance comes from the generator that is handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from scripts.train_model.filters import LINE_RATE_HZ, Sound, band, convolved, shaped
from scripts.train_model.noises import SURROUNDINGS, Kind, babble

FULL_SCALE = 32767.0
_QUIETEST_DBFS = -42.0
_PACKET = LINE_RATE_HZ // 50
_TINY = 1e-9


def over_the_line(sound: Sound, rng: np.random.Generator, voices: Sequence[Sound] = ()) -> Sound:
    """One call's way of the sound; `voices` are what babble is made of."""
    heard = sound / (np.abs(sound).max(initial=0.0) + _TINY)
    if rng.random() < 0.35:
        heard = in_a_room(heard, rng)
    if rng.random() < 0.5:
        heard = through_a_microphone(heard, rng)
    if rng.random() < 0.65:
        heard = with_surroundings(heard, rng, voices)
    if rng.random() < 0.6:
        heard = in_the_telephone_band(heard, rng)
    heard = at_some_level(heard, rng)
    if rng.random() < 0.06:
        heard = clipped(heard, rng)
    if rng.random() < 0.1:
        heard = with_lost_packets(heard, rng)
    return by_some_codec(heard, rng)


def in_a_room(sound: Sound, rng: np.random.Generator) -> Sound:
    """Reverberation of 50 to 400 ms: noise that decays, after the direct sound."""
    length = int(LINE_RATE_HZ * rng.uniform(0.05, 0.4))
    decay = np.exp(-np.arange(length) / (length / rng.uniform(3, 7)))
    impulse = (rng.standard_normal(length) * decay * rng.uniform(0.03, 0.35)).astype(np.float32)
    impulse[0] = 1.0
    return convolved(sound, impulse)


def through_a_microphone(sound: Sound, rng: np.random.Generator) -> Sound:
    """A response that is not even: up to 6 dB here and there, and a tilt."""
    knots_hz = np.linspace(0, LINE_RATE_HZ / 2, 9)
    gains_db = rng.normal(0, 2.5, len(knots_hz)) + rng.uniform(-6, 6) * np.linspace(-1, 1, len(knots_hz))
    return shaped(sound, lambda hertz: 10 ** (np.interp(hertz, knots_hz, gains_db) / 20))


def with_surroundings(sound: Sound, rng: np.random.Generator, voices: Sequence[Sound]) -> Sound:
    """Noise 5 to 40 dB below the sound."""
    kinds: list[Kind] = [*SURROUNDINGS]
    if voices:
        kinds.append(partial(babble, voices=voices))
    noise = kinds[int(rng.integers(len(kinds)))](len(sound), rng)
    below = 10 ** (-rng.uniform(5, 40) / 20)
    return np.asarray(sound + noise * (float(sound.std()) * below / (float(noise.std()) + _TINY)), np.float32)


def in_the_telephone_band(sound: Sound, rng: np.random.Generator) -> Sound:
    return band(
        sound,
        rng.uniform(120, 350),
        rng.uniform(3100, 3800),
        low_order=float(rng.choice((2, 3, 4))),
        high_order=float(rng.choice((4, 8, 16))),
    )


def at_some_level(sound: Sound, rng: np.random.Generator) -> Sound:
    """The peak between full scale and 42 dB below it."""
    gain = 10 ** (rng.uniform(_QUIETEST_DBFS, 0.0) / 20)
    return np.asarray(sound * (FULL_SCALE * gain / (float(np.abs(sound).max(initial=0.0)) + _TINY)), np.float32)


def clipped(sound: Sound, rng: np.random.Generator) -> Sound:
    """Overdriven up to 14 dB, then brought back to its level."""
    limit = float(np.abs(sound).max(initial=0.0)) * rng.uniform(0.2, 0.9)
    return np.clip(sound, -limit, limit)


def with_lost_packets(sound: Sound, rng: np.random.Generator) -> Sound:
    """Packets of 20 ms that did not come: silence in their place, or the packet before, fainter."""
    packets = len(sound) // _PACKET
    lost = np.flatnonzero(rng.random(packets) < rng.uniform(0.005, 0.05))
    received = sound.copy()
    concealed = rng.random() < 0.5
    for packet in lost.tolist():
        start = packet * _PACKET
        before = received[start - _PACKET : start] * 0.7 if concealed and packet else np.float32(0)
        received[start : start + _PACKET] = before
    return received


def by_some_codec(sound: Sound, rng: np.random.Generator) -> Sound:
    chance = rng.random()
    if chance < 0.6:
        return a_law(sound)
    if chance < 0.75:
        return mu_law(sound)
    return np.rint(np.clip(sound, -FULL_SCALE, FULL_SCALE)).astype(np.float32)


def a_law(sound: Sound) -> Sound:
    """There and back through G.711's A-law: 13 segments, 16 steps each (G.711 table 1a)."""
    magnitude = np.minimum(np.abs(sound), FULL_SCALE) / 8
    segment = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))) - 4, 1)
    step = 2.0**segment
    decoded = (np.floor(magnitude / step) + 0.5) * step * 8
    return np.asarray(np.where(sound < 0, -1, 1) * np.minimum(decoded, FULL_SCALE), np.float32)


def mu_law(sound: Sound) -> Sound:
    """There and back through G.711's mu-law: 15 segments, 16 steps each (G.711 table 2a)."""
    bias = 33.0
    magnitude = np.minimum(np.abs(sound) / 4, 8158) + bias
    step = 2.0 ** (np.floor(np.log2(magnitude)) - 4)
    decoded = ((np.floor(magnitude / step) + 0.5) * step - bias) * 4
    return np.asarray(np.where(sound < 0, -1, 1) * np.where(magnitude < bias + 1, 0, decoded), np.float32)
