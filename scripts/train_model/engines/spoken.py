"""What an engine hands over: a spoken sentence and its phones in time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.speech.phones import SILENCE

NO_WORD = -1
_SHORTEST_SILENCE_S = 0.03


@dataclass(frozen=True)
class Segment:
    """A phone of `app.speech.phones` (or SILENCE) in seconds of the sound; `word` is its word's index in the
    sentence, `NO_WORD` for silence."""

    phone: str
    start_s: float
    end_s: float
    word: int


@dataclass(frozen=True)
class Spoken:
    """`samples` is float32 mono, full scale 1.0; the segments follow each other without gaps to its end."""

    sentence: tuple[str, ...]
    samples: NDArray[np.float32]
    rate_hz: int
    segments: tuple[Segment, ...]

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate_hz

    def pronunciations(self) -> list[tuple[str, tuple[str, ...]]]:
        """Each word with the phones that it was spoken with."""
        phones: dict[int, list[str]] = {}
        for segment in self.segments:
            if segment.word != NO_WORD:
                phones.setdefault(segment.word, []).append(segment.phone)
        return [(self.sentence[word], tuple(said)) for word, said in sorted(phones.items())]


def joined(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Silences that follow each other made one, and the silence before the first phone named."""
    whole: list[Segment] = []
    for segment in segments:
        if not whole and segment.start_s > _SHORTEST_SILENCE_S:
            whole.append(Segment(SILENCE, 0.0, segment.start_s, NO_WORD))
        if whole and whole[-1].phone == segment.phone == SILENCE:
            whole[-1] = Segment(SILENCE, whole[-1].start_s, segment.end_s, NO_WORD)
        else:
            whole.append(segment)
    return tuple(whole)


def tells_of_each_word(sentence: tuple[str, ...], segments: Iterable[Segment]) -> bool:
    return {segment.word for segment in segments} - {NO_WORD} == set(range(len(sentence)))
