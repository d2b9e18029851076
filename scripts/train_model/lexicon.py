"""How every word of the model may sound.

espeak-ng's way and Festival's (they differ in the stress of many words), what synthesisers were heard to say, what
the next word makes of the end, and what people make of it in quick speech («здрасте», «тыща», «пятьсят», «Иваныч»).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.domain.errors import BadInput
from app.speech.pronunciation import pronounce as by_espeak
from app.speech.pronunciation import pronounce_before

Phones = tuple[str, ...]
Lexicon = Mapping[str, tuple[tuple[Phones, float], ...]]
"""Label: its pronunciations, each with its cost (minus the logarithm of its likelihood against the best one's)."""

_SHORT = 4
"""Words of so few letters are also looked up before another word, where they lose their stress."""
_MOST_VARIANTS = 5
_LEAST_SHARE = 0.08
"""A pronunciation seen more rarely than this, against the commonest, is a slip of a synthesiser."""
_QUICK_COST = 1.2
_UNSTRESSED_COST = 0.3
_READ_COST = 0.7
_VOICED_COST = 1.0
_VOICED = {
    "p": "b", "t": "d", "k": "g", "f": "v", "s": "z", "sh": "zh",
    "pj": "bj", "tj": "dj", "kj": "gj", "fj": "vj", "sj": "zj",
}  # fmt: skip
"""The last consonant of a short word is voiced before another word's voiced one («как бы», «нет дома»)."""

_QUICK = {
    "здравствуйте": "z d r a s tj i|z d r a s t vj i tj i|z d r a s t v u j tj e",
    "пожалуйста": "p V zh a l s t V|p a zh a l u s t V",
    "сейчас": "sch a s|sj i ch a s",
    "тысяча": "t y sch V",
    "тысячи": "t y sch i",
    "тысяч": "t y sch",
    "что": "sh t V|ch t o",
    "чтобы": "sh t o b y|sh t V b",
    "пятьдесят": "pj i zj dj i sj a t|pj i sj a t|pj i dj i sj a t",
    "шестьдесят": "sh y i sj a t|sh y zj dj i sj a t",
    "семьдесят": "sj e m dj i sj i t|sj e mj i sj i t",
    "восемьдесят": "v o sj i m dj i sj i t|v o sj i mj i sj i t",
    "девяносто": "dj i vj i n o s t V",
    "шестьсот": "sh y s s o t|sh y s o t",
    "пятьсот": "pj i ts o t|pj i t s o t",
    "девятьсот": "dj i vj i ts o t|dj i vj i t s o t",
    "семьсот": "sj i m s o t",
    "восемьсот": "v V sj i m s o t",
    "двадцать": "d v a ts V tj|d v a ts y tj|d v a t ts tj",
    "тридцать": "t rj i ts V tj|t rj i ts y tj|t rj i t ts tj",
    "одиннадцать": "V dj i n V ts V tj",
    "четыре": "ch i t y rj i|ch t y rj i",
    "восемь": "v o sj i m",
    "семь": "sj e m",
    "рублей": "r u b lj e j",
    "сегодня": "sj i v o dj nj V|sj o dj nj V",
    "вообще": "v V p sch e",
    "говорит": "g V r i t",
    "говорю": "g V r ju",
    "конечно": "k V nj e sh n V|k V nj e sh n",
    "спасибо": "s p V sj i b V|p V sj i b V",
    "человек": "ch i l V vj e k|ch e k",
    "когда": "k V d a|k V g d a",
    "его": "j i v o|i v o",
    "меня": "mj i nj a",
    "тебя": "tj a",
    "только": "t o k V",
    "сколько": "s k o k V",
    "столько": "s t o k V",
    "если": "j e sj i",
    "или": "i lj",
    "удовлетворен": "u d V v lj i t v V rj o n|u d V lj i t v V rj o n",
    "удовлетворена": "u d V v lj i t v V rj i n a|u d V lj i t v V rj i n a",
    "удовлетворены": "u d V v lj i t v V rj i n y|u d V lj i t v V rj i n y",
    "алло": "V l o|a l o|V lj o",
    "ага": "V x a|a x a|V g a",
    "угу": "u g u|u x u|m x u",
    "э": "e|V|m",
    "мгм": "m x m",
}
"""Quick speech, written by ear (standard reductions of spoken Russian)."""
_PATRONYMICS = ((("o", "vj", "i", "ch"), ("y", "ch")), (("V", "vj", "i", "ch"), ("y", "ch")),
                (("i", "vj", "i", "ch"), ("i", "ch")), (("V", "v", "n", "V"), ("n", "V")),
                (("i", "v", "n", "V"), ("n", "V")))  # fmt: skip
"""«Иванович» is called «Иваныч», «Петровна» «Петрна» (only endings that bear no stress)."""


@dataclass(frozen=True)
class Heard:
    """What synthesisers make of spoken words. `said`: how often they were heard to say which phones ("s p V sj i b
    V": 12). `read`: how Festival reads the word by itself."""

    said: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    read: Mapping[str, Phones] = field(default_factory=dict)

    def ways(self, word: str) -> list[tuple[Phones, float]]:
        read = [(self.read[word], _READ_COST)] if word in self.read else []
        return [*read, *_as_seen(self.said.get(word, {}))]


def pronounce(words: Iterable[str]) -> dict[str, tuple[Phones, ...]]:
    """All pronunciations by rule of each spoken word that has any; the first is the commonest."""
    found: dict[str, tuple[Phones, ...]] = {}
    for word in words:
        ways = _by_rule(word)
        if ways:
            found[word] = tuple(phones for phones, _cost in ways)
    return found


def lexicon_of(spoken: Mapping[str, Iterable[str]], heard: Heard | None = None) -> Lexicon:
    """The lexicon of labels; `spoken` are the spoken spellings of each. A label without any pronunciation is left
    out."""
    heard = heard or Heard()
    lexicon: dict[str, tuple[tuple[Phones, float], ...]] = {}
    for label, spellings in spoken.items():
        ways: dict[Phones, float] = {}
        for word in spellings:
            for phones, cost in (*_by_rule(word), *heard.ways(word)):
                ways[phones] = min(cost, ways.get(phones, math.inf))
        if ways:
            best = sorted(ways.items(), key=lambda way: (way[1], way[0]))
            lexicon[label] = tuple(best[: _MOST_VARIANTS + len(_quick(label))])
    return lexicon


def _by_rule(word: str) -> tuple[tuple[Phones, float], ...]:
    try:
        ways = [(phones, 0.0) for phones in by_espeak(word)]
    except BadInput:
        return ()
    if 1 < len(word) <= _SHORT:
        ways += _unstressed(word)
        ways += [(voiced, cost + _VOICED_COST) for phones, cost in ways if (voiced := _voiced(phones))]
    ways += [(phones, _QUICK_COST) for phones in _quick(word)]
    if word.endswith(("ич", "вна")):
        ways += [(phones, _QUICK_COST) for phones in _shortened(ways[0][0])]
    first: dict[Phones, float] = {}
    for phones, cost in ways:
        if phones:
            first.setdefault(phones, cost)
    return tuple(first.items())


def _unstressed(word: str) -> list[tuple[Phones, float]]:
    try:
        return [(pronounce_before(word, following), _UNSTRESSED_COST) for following in ("там", "окно", "дом")]
    except BadInput:
        return []


def _voiced(phones: Phones) -> Phones:
    return (*phones[:-1], _VOICED[phones[-1]]) if phones[-1:] and phones[-1] in _VOICED else ()


def _quick(word: str) -> list[Phones]:
    line = _QUICK.get(word.replace("ё", "е"), "").replace("ju", "j u")
    return [tuple(way.split()) for way in line.split("|") if way]


def _shortened(phones: Phones) -> list[Phones]:
    return [
        (*phones[: -len(ending)], *quick)
        for ending, quick in _PATRONYMICS
        if phones[-len(ending) :] == ending and len(phones) > len(ending) + 2
    ]


def _as_seen(counts: Mapping[str, int]) -> list[tuple[Phones, float]]:
    if not counts:
        return []
    most = max(counts.values())
    return [
        (tuple(phones.split()), -math.log(count / most))
        for phones, count in counts.items()
        if count >= _LEAST_SHARE * most and count > 1
    ]
