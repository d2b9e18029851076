"""Hearing a step of the script in what was said.

A cue is a phrase as an author writes it: words in order, `*` for "begins so" (`помо*`). It is heard when its
words follow each other with at most `GAP` words between, in any of their close spellings: recognisers err in
endings and letters, so long words match by similarity.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz import fuzz

GAP = 2
SIMILAR_ENOUGH = 84.0
FUZZY_FROM = 5
"""Words shorter than this must be spelled exactly: «да» is not «на»."""

WORD = re.compile(r"[а-яa-z0-9]+\*?", re.IGNORECASE)


def words_of(text: str) -> list[str]:
    """The words as they are compared: small letters, «е» for «ё», no punctuation."""
    return WORD.findall(text.lower().replace("ё", "е"))


def heard(cue: str, said: list[str]) -> float:
    """How surely the cue stands in `said` (from `words_of`), 0 to 1; 0 when it does not."""
    wanted = _words_of_cue(cue)
    if not wanted:
        return 0.0
    return max((_from(start, wanted, said) for start in range(len(said))), default=0.0) / len(wanted)


@lru_cache(maxsize=4096)
def _words_of_cue(cue: str) -> tuple[str, ...]:
    # The same few hundred cues are looked for in every phrase of every call.
    return tuple(words_of(cue))


def best(cues: Iterable[str], said: list[str]) -> float:
    """The surest of several cues."""
    return max((heard(cue, said) for cue in cues), default=0.0)


def _from(at: int, wanted: tuple[str, ...], said: list[str]) -> float:
    """The surest way of hearing all of `wanted` with its first word at `at`: the sum over its words, or 0."""
    alike = _alike(wanted[0], said[at])
    if not alike or len(wanted) == 1:
        return alike
    window = range(at + 1, min(at + 2 + GAP, len(said)))
    rest = max((_from(i, wanted[1:], said) for i in window), default=0.0)
    return alike + rest if rest else 0.0


@lru_cache(maxsize=65536)
def _alike(wanted: str, said: str) -> float:
    if wanted.endswith("*"):
        stem = wanted[:-1]
        return 1.0 if said.startswith(stem) else 0.0
    if wanted == said:
        return 1.0
    if min(len(wanted), len(said)) < FUZZY_FROM:
        return 0.0
    return fuzz.ratio(wanted, said, score_cutoff=SIMILAR_ENOUGH) / 100
