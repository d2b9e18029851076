"""What was said against what was heard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """`errors` of `counted`: of words, or of whole utterances where an utterance is an answer. `exact` of all
    `utterances` had no error."""

    utterances: int = 0
    counted: int = 0
    errors: int = 0
    exact: int = 0

    @property
    def rate(self) -> float:
        """Errors in what was counted, 0 to 1 (insertions may bring it above); 0 for nothing."""
        return self.errors / self.counted if self.counted else 0.0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.utterances + other.utterances,
            self.counted + other.counted,
            self.errors + other.errors,
            self.exact + other.exact,
        )

    @classmethod
    def of_words(cls, said: Sequence[str], heard: Sequence[str]) -> Score:
        """One utterance, by words."""
        errors = word_errors(said, heard)
        return cls(1, len(said), errors, int(errors == 0))

    @classmethod
    def of_answer(cls, right: bool) -> Score:
        """One utterance that is right or wrong as a whole."""
        return cls(1, 1, int(not right), int(right))


def word_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """The fewest substitutions, deletions and insertions that make one of the other (Levenshtein)."""
    before = list(range(len(heard) + 1))
    for row, wanted in enumerate(said, start=1):
        now = [row]
        for column, got in enumerate(heard, start=1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (wanted != got)))
        before = now
    return before[-1]


def total(scores: Iterable[Score]) -> Score:
    return sum(scores, Score())
