"""Hearing a step of the script in what was said.

A cue is a phrase as an author writes it: words in order, `*` for "begins so" (`помо*`). It is heard when its
words follow each other with at most `GAP` words between, in any of their close spellings: recognisers err in
endings and letters, so long words match by similarity.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

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
    wanted = words_of(cue)
    if not wanted:
        return 0.0
    return max((_from(start, wanted, said) for start in range(len(said))), default=0.0)


def best(cues: Iterable[str], said: list[str]) -> float:
    """The surest of several cues."""
    return max((heard(cue, said) for cue in cues), default=0.0)


def _from(start: int, wanted: list[str], said: list[str]) -> float:
    """The surest way of hearing all of `wanted`, its first word at `start`; 0 when there is none."""
    ends = {start: _alike(wanted[0], said[start])}
    for word in wanted[1:]:
        following: dict[int, float] = {}
        for at, total in ends.items():
            for i in range(at + 1, min(at + 2 + GAP, len(said))):
                alike = _alike(word, said[i]) if total else 0.0
                if alike:
                    following[i] = max(following.get(i, 0.0), total + alike)
        ends = following
    return max(ends.values(), default=0.0) / len(wanted)


def _alike(wanted: str, said: str) -> float:
    if wanted.endswith("*"):
        stem = wanted[:-1]
        return 1.0 if said.startswith(stem) else 0.0
    if wanted == said:
        return 1.0
    if min(len(wanted), len(said)) < FUZZY_FROM:
        return 0.0
    ratio = fuzz.ratio(wanted, said)
    return ratio / 100 if ratio >= SIMILAR_ENOUGH else 0.0
