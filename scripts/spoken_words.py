"""Synthesised sentences of which it is known when each word ends: espeak-ng's own phoneme events.

An event tells where in the sound a phoneme or a pause begins, so the end of a word is the beginning of what follows
its last phoneme.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from app.speech.espeak import SPEECH_LEVEL_DBFS
from app.speech.sound import from_pcm, level_to, to_line_rate, to_pcm
from scripts.espeak_events import EventfulEspeak, Mark


@dataclass(frozen=True)
class Spoken:
    """`pcm` is 16-bit at 8 kHz; `word_ends_s` counts from its first sample, one for each word of `words`."""

    words: tuple[str, ...]
    pcm: bytes
    word_ends_s: tuple[float, ...]


class Speaker:
    """espeak-ng with its events; one in a process."""

    def __init__(self) -> None:
        self._espeak = EventfulEspeak()

    def say(self, sentence: str, *, voice: str, rate: int = 150) -> Spoken:
        """Speak words parted by blanks. RuntimeError when the events do not tell of each word."""
        samples, marks = self._espeak.say(sentence, voice, {"rate": rate})
        sound = from_pcm(samples.tobytes())
        words = tuple(sentence.split())
        ends = _word_ends(marks, len(sound))
        if len(ends) != len(words):
            raise RuntimeError(f"espeak-ng tells of {len(ends)} words in {len(words)}")
        pcm = to_pcm(level_to(to_line_rate(sound, self._espeak.rate_hz), SPEECH_LEVEL_DBFS))
        return Spoken(words, pcm, tuple(end / self._espeak.rate_hz for end in ends))


def _word_ends(marks: list[Mark], samples: int) -> list[int]:
    """For each word the beginning of what follows its last phoneme."""
    ends: list[int] = []
    words: set[int] = set()
    for mark, after in pairwise([*marks, Mark(samples)]):
        if mark.letter and mark.letter not in words:
            words.add(mark.letter)
            ends.append(mark.sample)
        elif not mark.letter and not mark.pause and ends:
            ends[-1] = after.sample
    return ends


def silence(seconds: float) -> bytes:
    return np.zeros(round(8000 * seconds), "<i2").tobytes()
