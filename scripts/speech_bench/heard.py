"""What a stream of answers is worth: which words were heard, and how long after their end each was there.

A word is there with the first answer (partial or final) that has it at its place in its phrase. Only words that the
recogniser got right, by the cheapest alignment with what was said, have a delay.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from scripts.speech_bench.conversations import SpokenWord


@dataclass(frozen=True)
class Answer:
    """One message of a recogniser. `at_s` counts from the beginning of the stream's sound."""

    at_s: float
    words: tuple[str, ...]
    final: bool


@dataclass(frozen=True)
class HeardWord:
    """A word of the last version of its phrase, and when it was first there."""

    text: str
    at_s: float


@dataclass(frozen=True)
class Match:
    """What became of one spoken word: `at_s` is None where it was not recognised."""

    word: SpokenWord
    at_s: float | None

    @property
    def delay_s(self) -> float:
        """From the end of the word to its being there; endless for one that never was."""
        return float("inf") if self.at_s is None else self.at_s - self.word.end_s


def answers(told: Iterable[tuple[float, bytes]]) -> list[Answer]:
    """Messages as they came. One without words to tell (`error`, remarks) is passed over."""
    found = []
    for at_s, payload in told:
        message = json.loads(payload)
        key = next((key for key in ("text", "partial") if key in message), None)
        if key is not None:
            found.append(Answer(at_s, plain(message[key]), key == "text"))
    return found


def plain(text: str) -> tuple[str, ...]:
    """Words, with «е» for «ё»: models differ in that."""
    return tuple(text.lower().replace("ё", "е").split())


def heard(told: Iterable[Answer]) -> list[HeardWord]:
    """The words of all phrases, the one that is not finished included."""
    words: list[HeardWord] = []
    phrase: list[Answer] = []
    for answer in told:
        phrase.append(answer)
        if answer.final:
            words += _of_phrase(phrase)
            phrase = []
    return words + _of_phrase(phrase)


def _of_phrase(phrase: Sequence[Answer]) -> list[HeardWord]:
    """Of the last version, each word with the first answer that had it at its place."""
    if not phrase:
        return []
    found = []
    for place, word in enumerate(phrase[-1].words):
        has = (one for one in phrase if place < len(one.words) and one.words[place] == word)
        found.append(HeardWord(word, next(has).at_s))
    return found


def matched(said: Sequence[SpokenWord], recognised: Sequence[HeardWord]) -> list[Match]:
    """One for each spoken word."""
    at: list[float | None] = [None] * len(said)
    spelled = [plain(word.text)[0] for word in said]
    for block in Levenshtein.opcodes(spelled, [word.text for word in recognised]):
        if block.tag == "equal":
            for place in range(block.src_end - block.src_start):
                at[block.src_start + place] = recognised[block.dest_start + place].at_s
    return [Match(word, one) for word, one in zip(said, at, strict=True)]


def errors(said: Sequence[SpokenWord], recognised: Sequence[HeardWord]) -> int:
    """Words that are wrong, missing or too many: the numerator of the word error rate."""
    spelled = [plain(word.text)[0] for word in said]
    return int(Levenshtein.distance(spelled, [word.text for word in recognised]))


def lost(undisturbed: Sequence[str], disturbed: Sequence[str], spared: int = 1) -> int:
    """Words of the first that the second lacks, beyond the `spared` one that was being said."""
    blocks = Levenshtein.opcodes(list(undisturbed), list(disturbed))
    missing = sum(block.src_end - block.src_start for block in blocks if block.tag in ("delete", "replace"))
    return max(0, missing - spared)
