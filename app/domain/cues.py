"""Hearing a step of the script in what was said.

A cue is a phrase as an author writes it. It is heard when all of its words are said, with at most `GAP` others
between two of them. Russian is free in its order, so the words may stand in any; and a word counts in all forms
that mean the same (`Forms`): «линии» is «линию», «поняла» is «понял», but «переключали» is not «переключаю».
Recognisers err in letters, so long words match by similarity, too. A word that is denied («не переключаю»,
«соединить не могу») is not heard unless the cue itself has the «не».

A word of a cue may be `помо*` (begins so), `*вич` (ends so), `помочь~` (any form at all), `вас!` (only as it is
written), a `<class>` of names (`names_heard`), or one of several: `звонок|обращение`. A cue that begins with `=` is
heard in its own order only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from app.domain.names_heard import CLASSES

GAP = 2
SIMILAR_ENOUGH = 86.0
"""«скажите» and «укажите» are alike by 85.7."""
FUZZY_FROM = 5
"""Words shorter than this must be spelled exactly: «да» is not «на»."""
OTHER_ORDER = 0.95
"""How sure a cue is whose words were said in another order than it has."""
REMEMBERED = 20_000
"""So many words said are remembered with the words of cues that they are."""

WORD = re.compile(r"[а-яa-z0-9]+\*?", re.IGNORECASE)
_ONE = rf"(?:<(?:{'|'.join(CLASSES)})>|\*?[а-яa-z0-9]+[*~!]?)"
_OF_CUE = re.compile(rf"{_ONE}(?:\|{_ONE})*", re.IGNORECASE)

_DENIALS = frozenset({"не", "ни"})
_DENIED_ABILITY = frozenset(
    {
        "могу",
        "можем",
        "можете",
        "сможем",
        "смогу",
        "сможете",
        "буду",
        "будем",
        "вправе",
        "имею",
        "имеем",
        "получится",
        "получается",
        "стану",
        "станем",
        "надо",
        "нужно",
        "хочу",
        "хотим",
    }
)
_INFINITIVE = re.compile(r".{2,}(?:ть|ти|чь|ться|тись|чься)")
_REACH = 4
"""A «не могу» denies an infinitive at most so many words away."""


@dataclass(frozen=True)
class Forms:
    """The forms of a word of a cue: those that mean the `same`, and the `others` of it, which do not."""

    same: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()


FormsOf = Mapping[str, Forms]
"""By the word as the cue has it."""
NO_FORMS: FormsOf = {}
_ONLY_AS_WRITTEN = Forms()


def words_of(text: str) -> list[str]:
    """The words as they are compared: small letters, «е» for «ё», no punctuation."""
    return WORD.findall(text.lower().replace("ё", "е"))


@lru_cache(maxsize=16384)
def words_of_cue(cue: str) -> tuple[tuple[str, ...], ...]:
    """The words of a cue with their marks, each as the alternatives that it has."""
    return tuple(tuple(word.split("|")) for word in _OF_CUE.findall(cue.lower().replace("ё", "е")))


def as_said(cue: str) -> list[str]:
    """How a cue sounds when it is just said."""
    return [CLASSES[one[1:-1]].example if one[0] == "<" else one.strip("*~!") for one, *_ in words_of_cue(cue)]


def forms_of_cues(cues: Iterable[str], forms_of: Callable[[str], Forms]) -> dict[str, Forms]:
    """The forms of every word of the cues that may have some. `forms_of` gives those of a word without marks."""
    words = {one for cue in cues for word in words_of_cue(cue) for one in word}
    return {one: forms_of(one.rstrip("~")) for one in words if one[0].isalnum() and one[-1] not in "*!"}


def heard(cue: str, said: Sequence[str], forms: FormsOf = NO_FORMS) -> float:
    """How surely the cue stands in `said` (from `words_of`): 0 when it does not, else the mean likeness of its
    words (1 for a word as written or in a form of it, its similarity else), less when their order is another."""
    return Ear([cue], forms).listen(said).heard(cue)


def best(cues: Iterable[str], said: Sequence[str], forms: FormsOf = NO_FORMS) -> float:
    """The surest of several cues."""
    listened = Ear(wanted := list(cues), forms).listen(said)
    return listened.best(wanted)


class Ear:
    """Hears many cues at once: each word said is compared with all their words once, and remembered."""

    def __init__(self, cues: Iterable[str], forms: FormsOf = NO_FORMS) -> None:
        wanted = sorted({one for cue in cues for word in words_of_cue(cue) for one in word})
        self._forms = forms
        self._marked = [one for one in wanted if one[0] in "<*" or one[-1] == "*"]
        self._spelled = _by_spelling(wanted, forms)
        self._fuzzy = [one for one in wanted if one.isalnum() and len(one) >= FUZZY_FROM]
        self._known: dict[str, tuple[tuple[str, float], ...]] = {}

    def listen(self, said: Sequence[str]) -> Listened:
        places: dict[str, dict[int, float]] = {}
        for place, word in enumerate(said):
            for wanted, alike in self._matches(word):
                places.setdefault(wanted, {})[place] = alike
        return Listened(said, places)

    def _matches(self, word: str) -> tuple[tuple[str, float], ...]:
        known = self._known.get(word)
        if known is None:
            known = tuple({**self._similar(word), **dict.fromkeys(self._same(word), 1.0)}.items())
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[word] = known
        return known

    def _same(self, said: str) -> list[str]:
        return [*self._spelled.get(said, ()), *(one for one in self._marked if _is_marked(one, said))]

    def _similar(self, said: str) -> dict[str, float]:
        if len(said) < FUZZY_FROM:
            return {}
        found = process.extract(
            said, self._fuzzy, scorer=fuzz.ratio, score_cutoff=SIMILAR_ENOUGH, limit=None, processor=None
        )
        return {one: score / 100 for one, score, _ in found if said not in self._others(one)}

    def _others(self, wanted: str) -> frozenset[str]:
        return self._forms.get(wanted, _ONLY_AS_WRITTEN).others


def _by_spelling(wanted: Iterable[str], forms: FormsOf) -> dict[str, list[str]]:
    """The words of cues by everything that is exactly one of them."""
    found: dict[str, list[str]] = {}
    for one in wanted:
        if one[0] in "<*" or one[-1] == "*":
            continue
        of_it = forms.get(one, _ONLY_AS_WRITTEN)
        spellings = {one.rstrip("~!")}
        if one[-1] != "!":
            spellings |= of_it.same | (of_it.others if one[-1] == "~" else frozenset())
        for spelling in spellings:
            found.setdefault(spelling, []).append(one)
    return found


def _is_marked(wanted: str, said: str) -> bool:
    if wanted[0] == "<":
        return CLASSES[wanted[1:-1]].holds(said)
    if wanted[0] == "*":
        return said.endswith(wanted[1:].rstrip("*"))
    return said.startswith(wanted[:-1])


@dataclass(frozen=True)
class Listened:
    """Words said, and where each word of the cues stands in them, with its likeness."""

    said: Sequence[str]
    places: Mapping[str, Mapping[int, float]]

    def best(self, cues: Iterable[str]) -> float:
        """The surest of several cues."""
        return max(map(self.heard, cues), default=0.0)

    def heard(self, cue: str) -> float:
        """How surely this cue stands in what was said."""
        wanted = words_of_cue(cue)
        if not wanted or not all(any(one in self.places for one in word) for word in wanted):
            return 0.0
        at = [self._places_of(word) for word in wanted]
        if not any(_DENIALS.intersection(word) for word in wanted):
            at = [{place: alike for place, alike in one.items() if not self._denied(place)} for one in at]
        starts = {place for one in at for place in one}
        other = 0.0 if cue.startswith("=") else OTHER_ORDER
        return max((self._from(place, at, other) for place in starts), default=0.0) / len(wanted)

    def _places_of(self, word: tuple[str, ...]) -> dict[int, float]:
        found: dict[int, float] = {}
        for one in word:
            for place, alike in self.places.get(one, {}).items():
                found[place] = max(alike, found.get(place, 0.0))
        return found

    def _from(
        self,
        place: int,
        at: list[dict[int, float]],
        other: float,
        last: int = -1,
        used: int = 0,
        total: float = 0.0,
        order: float = 1.0,
    ) -> float:
        """The surest way on with a word of the cue at `place`; `used` are the bits of the words found, `last` the
        one before, `other` what another order leaves of the sureness."""
        surest = 0.0
        for number, one in enumerate(at):
            if used >> number & 1 or place not in one:
                continue
            ordered = order if number == last + 1 else other
            if not ordered:
                continue
            now, likeness = used | 1 << number, total + one[place]
            if now == (1 << len(at)) - 1:
                surest = max(surest, likeness * ordered)
                continue
            for following in range(place + 1, min(place + 2 + GAP, len(self.said))):
                surest = max(surest, self._from(following, at, other, number, now, likeness, ordered))
        return surest

    def _denied(self, place: int) -> bool:
        if place and self.said[place - 1] in _DENIALS:
            return True
        return bool(_INFINITIVE.fullmatch(self.said[place])) and any(
            abs(place - at) <= _REACH for at in self._inabilities
        )

    @property
    def _inabilities(self) -> list[int]:
        return [
            place
            for place, (one, other) in enumerate(zip(self.said, self.said[1:], strict=False))
            if one in _DENIALS and other in _DENIED_ABILITY
        ]
