"""Telephone conversations that nobody had: two channels of synthesised speech, of which it is known when each word
ends.

The turns lie in `conversations.txt`. Each side is silent more than half of the time, but not digitally: the noise
of a telephone lies under both channels, steady or swelling, and in two of the eight loud (20 dB below the voice).
Speech and noise go through A-law, as they do on a line. All random state comes of one seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.telephony import g711
from scripts.spoken_words import Speaker

RATE_HZ = 8000
SIDES = ("caller", "operator")
TEXTS = Path(__file__).with_name("conversations.txt")
VOICES = ("m3", "f3", "m6", "f5", "adam", "linda", "klatt3", "anika", "steph2", "iven2", "Gene2", "edward2")
"""Variants of espeak-ng that the bundled model was not trained on."""
LOUD_NOISE_DB = 20.0
QUIET_NOISE_DBFS = (-65.0, -55.0)
SPEECH_DBFS = (-27.0, -20.0)
BACKGROUNDS = ((0.05, False), (1 / 3, False), (0.15, False), (0.15, True))
"""Of every four conversations: how much the noise swells (a third is 6 dB from least to most), and whether it is
loud. A line hisses steadily, a room breathes, a street comes and goes."""
_BETWEEN_TURNS_S = (0.35, 1.1)
_SPOKEN_AT_DBFS = -20.0  # what `Speaker` gives
_PEAK = 32767.0

Pcm = NDArray[np.int16]


@dataclass(frozen=True)
class SpokenWord:
    """`end_s` counts from the beginning of the sound."""

    text: str
    end_s: float


@dataclass(frozen=True)
class Channel:
    """One side's sound at 8 kHz, and its words in the order of their ends."""

    pcm: Pcm
    words: tuple[SpokenWord, ...]

    @property
    def seconds(self) -> float:
        return len(self.pcm) / RATE_HZ

    def part(self, start_s: float, seconds: float) -> Channel:
        """So much of the sound from `start_s` on, going round at its end. Begin it in a pause of this side: words
        that are not whole at the end are left out, words at the beginning are not looked at."""
        first = round(start_s * RATE_HZ)
        turned = np.resize(np.roll(self.pcm, -first), round(seconds * RATE_HZ))
        ends = ((word.text, (word.end_s - start_s) % self.seconds) for word in self.words)
        inside = sorted((end, text) for text, end in ends if end < seconds - 0.05)
        return Channel(turned, tuple(SpokenWord(text, end) for end, text in inside))


@dataclass(frozen=True)
class Conversation:
    """Both channels, equally long; `pauses_s` are moments at which nobody speaks."""

    name: str
    caller: Channel
    operator: Channel
    pauses_s: tuple[float, ...]

    def parts(self, seconds: float, count: int) -> list[tuple[Channel, Channel]]:
        """`count` parts that begin in pauses, spread over the conversation."""
        starts = [self.pauses_s[len(self.pauses_s) * n // count] for n in range(count)]
        return [(self.caller.part(start, seconds), self.operator.part(start, seconds)) for start in starts]


@dataclass(frozen=True)
class Turn:
    """Who speaks, and what; a turn without words is a pause of `pause_s`."""

    side: str
    words: str
    pause_s: float = 0.0


def written(text: str) -> dict[str, list[Turn]]:
    """The conversations of a text. Raises ValueError with the line that cannot be understood."""
    found: dict[str, list[Turn]] = {}
    turns: list[Turn] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        side, colon, words = line.partition(": ")
        if line.startswith("== "):
            turns = found.setdefault(line.removeprefix("== ").strip(), [])
        elif not line.strip() or line.startswith("#"):
            continue
        elif turns is not None and colon and side in SIDES:
            turns.append(Turn(side, words.strip()))
        elif turns is not None and line.replace(".", "", 1).isdigit():
            turns.append(Turn("", "", float(line)))
        else:
            raise ValueError(f"line {number}: write «caller: words», «operator: words», a pause or «== name»")
    return found


def conversations(speaker: Speaker, count: int = 8, seed: int = 1) -> list[Conversation]:
    """The first so many, spoken. Takes a second or two."""
    rng = np.random.default_rng(seed)
    texts = list(written(TEXTS.read_text(encoding="utf-8")).items())[:count]
    return [_spoken(name, turns, number, speaker, rng) for number, (name, turns) in enumerate(texts)]


def _spoken(
    name: str, turns: Sequence[Turn], number: int, speaker: Speaker, rng: np.random.Generator
) -> Conversation:
    voices = {side: VOICES[(2 * number + place) % len(VOICES)] for place, side in enumerate(SIDES)}
    rates = {side: int(rng.integers(140, 166)) for side in SIDES}
    levels = {side: float(rng.uniform(*SPEECH_DBFS)) for side in SIDES}
    at_s, pauses = 0.3, [0.0]
    placed: dict[str, list[tuple[float, NDArray[np.float64]]]] = {side: [] for side in SIDES}
    words: dict[str, list[SpokenWord]] = {side: [] for side in SIDES}
    for turn in turns:
        if turn.words:
            said = speaker.say(turn.words, voice=f"ru+{voices[turn.side]}", rate=rates[turn.side])
            louder = 10 ** ((levels[turn.side] - _SPOKEN_AT_DBFS) / 20)
            placed[turn.side].append((at_s, louder * np.frombuffer(said.pcm, "<i2")))
            words[turn.side] += map(SpokenWord, said.words, (at_s + end for end in said.word_ends_s))
            at_s += len(said.pcm) / 2 / RATE_HZ
        pause = turn.pause_s or float(rng.uniform(*_BETWEEN_TURNS_S))
        pauses.append(at_s + pause / 2)
        at_s += pause
    swell, loud = BACKGROUNDS[number % len(BACKGROUNDS)]
    channels = []
    for side in SIDES:
        dbfs = levels[side] - LOUD_NOISE_DB if loud else float(rng.uniform(*QUIET_NOISE_DBFS))
        background = noise(round(at_s * RATE_HZ), dbfs, rng, swell=swell)
        channels.append(_channel(placed[side], words[side], background))
    return Conversation(name, channels[0], channels[1], tuple(pauses[:-1]))


def _channel(
    placed: list[tuple[float, NDArray[np.float64]]], words: list[SpokenWord], background: NDArray[np.float64]
) -> Channel:
    sound = background.copy()
    for start_s, speech in placed:
        first = round(start_s * RATE_HZ)
        sound[first : first + len(speech)] += speech[: len(sound) - first]
    through = g711.decode("PCMA", g711.encode("PCMA", np.clip(sound, -_PEAK, _PEAK).astype(np.int16)))
    return Channel(through, tuple(words))


def noise(samples: int, dbfs: float, rng: np.random.Generator, *, swell: float = 0.05) -> NDArray[np.float64]:
    """A telephone's background: of the band from 200 to 3400 Hz, falling by 3 dB an octave, its amplitude swelling
    by `swell` either way every three seconds; its mean level is `dbfs`."""
    whole = 1 << max(1, samples - 1).bit_length()  # a transform of any other length takes a hundred times as long
    hertz = np.fft.rfftfreq(whole, 1 / RATE_HZ)
    shape = np.where((hertz > 200) & (hertz < 3400), 1 / np.sqrt(np.maximum(hertz, 1.0)), 0.0)
    hiss = np.fft.irfft(np.fft.rfft(rng.standard_normal(whole)) * shape, whole)[:samples]
    wave = np.sin(2 * np.pi * (np.arange(samples) / RATE_HZ * 0.3 + rng.uniform()))
    sound = hiss * (1 + swell * wave)
    loudness = np.sqrt(np.mean(sound**2)) if samples else 1.0
    scaled: NDArray[np.float64] = sound / loudness * _PEAK * 10 ** (dbfs / 20)
    return scaled
