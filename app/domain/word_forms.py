"""Russian words in their forms: the stem that all forms of a word share.

The algorithm is Snowball's for Russian (M. Porter): endings are taken off in the order gerund, reflexive, adjective
or verb or noun, «-ость». It misses forms whose stem changes («идти», «шёл»).
"""

from __future__ import annotations

import re
from functools import lru_cache

_RV = re.compile(r"^([^аеиоуыэюя]*[аеиоуыэюя])(.*)$")
_R = re.compile(r"[аеиоуыэюя][^аеиоуыэюя]")


def _any(endings: str) -> str:
    return f"(?:{'|'.join(sorted(endings.split(), key=len, reverse=True))})"


def _after_a(endings: str) -> str:
    return f"(?<=[ая]){_any(endings)}"


_OF_ADJECTIVES = _any("ее ие ые ое ими ыми ей ий ый ой ем им ым ом его ого ему ому их ых ую юю ая яя ою ею")
_OF_VERBS = _any(
    "ила ыла ена ейте уйте ите или ыли ей уй ил ыл им ым ен ило ыло ено ят ует уют ит ыт ены ить ыть ишь ую ю"
)
_OF_NOUNS = _any(
    "а ев ов ие ье е иями ями ами еи ии и ией ей ой ий й иям ям ием ем ам ом о у ах иях ях ы ь ию ью ю ия ья я"
)
_GERUND = re.compile(f"(?:{_after_a('в вши вшись')}|{_any('ив ивши ившись ыв ывши ывшись')})$")
_REFLEXIVE = re.compile("(?:ся|сь)$")
_ADJECTIVE = re.compile(f"(?:{_after_a('ем нн вш ющ щ')}|{_any('ивш ывш ующ')})?{_OF_ADJECTIVES}$")
_VERB = re.compile(f"(?:{_OF_VERBS}|{_after_a('ла на ете йте ли й л ем н ло но ет ют ны ть ешь нно')})$")
_NOUN = re.compile(f"{_OF_NOUNS}$")
_OST = re.compile("ость?$")
_SUPERLATIVE = re.compile("ейше?$")


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """The stem of a word of small letters; «ё» counts as «е». A word without a vowel is its own stem."""
    word = word.replace("ё", "е")
    parts = _RV.match(word)
    if parts is None:
        return word
    head, rest = parts.groups()
    rest = _without_inflection(rest)
    rest = rest.removesuffix("и")
    rest = _without_ost(head, rest)
    return head + _tidied(rest)


def _without_inflection(rest: str) -> str:
    shorter = _GERUND.sub("", rest)
    if shorter != rest:
        return shorter
    rest = _REFLEXIVE.sub("", rest)
    for ending in (_ADJECTIVE, _VERB, _NOUN):
        shorter = ending.sub("", rest)
        if shorter != rest:
            return shorter
    return rest


def _without_ost(head: str, rest: str) -> str:
    """«-ость» goes only where two syllables stand before it («гость» keeps its own)."""
    found = _OST.search(rest)
    if found is None:
        return rest
    word = head + rest
    regions = [match.end() for match in _R.finditer(word)]
    return rest[: found.start()] if len(regions) > 1 and len(head) + found.start() >= regions[1] else rest


def _tidied(rest: str) -> str:
    shorter = _SUPERLATIVE.sub("", rest)
    if shorter.endswith("нн"):
        return shorter[:-1]
    return shorter.removesuffix("ь") if shorter == rest else shorter
