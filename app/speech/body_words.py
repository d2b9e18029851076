"""Words that a body adds at run time, as a chain of the model's phone-words; and the chains joined to words again.

A model that allows it has two "words" for each phone: `+a` (another phone follows) and `-a` (the added word ends
with it). Its language model never uses them; `body_vocabulary` writes one that does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.speech.phones import PHONES

_INNER, _LAST = "+", "-"


def inner_symbol(phone: str) -> str:
    return f"{_INNER}{phone}"


def last_symbol(phone: str) -> str:
    return f"{_LAST}{phone}"


PHONE_WORDS = (*(inner_symbol(phone) for phone in PHONES), *(last_symbol(phone) for phone in PHONES))
_SYMBOLS = frozenset(PHONE_WORDS)


def chain_of(phones: tuple[str, ...]) -> tuple[str, ...]:
    """The phone-words of a pronunciation. Raises ValueError for none."""
    if not phones:
        raise ValueError("a word has at least one phone")
    return (*(inner_symbol(phone) for phone in phones[:-1]), last_symbol(phones[-1]))


@dataclass(frozen=True)
class BodyWords:
    """The added words by their chains."""

    by_chain: Mapping[tuple[str, ...], str]

    def __bool__(self) -> bool:
        return bool(self.by_chain)

    def joined_in(self, answer: str) -> str:
        """`joined` for an answer in JSON."""
        return json.dumps(self.joined(json.loads(answer)), ensure_ascii=False) if self.by_chain else answer

    def joined(self, answer: dict[str, Any]) -> dict[str, Any]:
        """One answer of libvosk (partial, result or with alternatives), its chains joined.

        A joined word begins with its first phone-word, ends with the last and has the least of their confidences.
        A chain not yet whole (in a partial) is left out.
        """
        if not self.by_chain:
            return answer
        joined = dict(answer)
        for key in ("partial", "text"):
            if isinstance(joined.get(key), str):
                joined[key] = " ".join(self._texts(joined[key].split()))
        for key in ("result", "partial_result"):
            if key in joined:
                joined[key] = self._words(joined[key])
        if "alternatives" in joined:
            joined["alternatives"] = [self.joined(alternative) for alternative in joined["alternatives"]]
        return joined

    def _texts(self, words: Iterable[str]) -> list[str]:
        return [text for text, _parts in self._grouped(words)]

    def _words(self, words: list[dict[str, Any]]) -> list[dict[str, Any]]:
        found = []
        place = 0
        for text, parts in self._grouped(word["word"] for word in words):
            place = parts[0]
            first, last = words[place], words[parts[-1]]
            merged = {**first, "word": text, "end": last["end"]}
            if "conf" in first:
                merged["conf"] = min(words[part].get("conf", 1.0) for part in parts)
            found.append(merged)
        return found

    def _grouped(self, words: Iterable[str]) -> list[tuple[str, list[int]]]:
        """Each word with the places of its parts."""
        found: list[tuple[str, list[int]]] = []
        chain: list[str] = []
        places: list[int] = []
        for place, word in enumerate(words):
            if word not in _SYMBOLS:
                chain, places = [], []
                found.append((word, [place]))
                continue
            chain.append(word)
            places.append(place)
            if word.startswith(_LAST):
                whole = self.by_chain.get(tuple(chain))
                if whole is not None:
                    found.append((whole, places))
                chain, places = [], []
        return found
