"""Personal data in a text that many will read: numbers, addresses of mail and names give way to asterisks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from app.domain.cues import words_of
from app.domain.search_words import STOP_WORDS
from app.domain.spoken_numbers import UNITS

MASK = "***"

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*", re.IGNORECASE)
_NUMBER = re.compile(r"\+?\d(?:[\s().–-]{0,3}\d){4,}")
"""Five digits and more, however they are set apart: shorter ones are houses, years and articles of law."""
_SPOKEN = "|".join(
    sorted(
        (
            *UNITS,
            *("нуль", "одна", "две", "двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят"),
            *("восемьдесят", "девяносто", "сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот"),
            *("семьсот", "восемьсот", "девятьсот"),
        ),
        key=len,
        reverse=True,
    )
)
_DICTATED = re.compile(rf"\b(?:{_SPOKEN})(?:[\s,.-]+(?:{_SPOKEN})\b){{3,}}", re.IGNORECASE)
"""Four words of numbers and more in a row: a number that was dictated."""

_WORD = re.compile(r"[А-Яа-яЁё]+(?:-[А-Яа-яЁё]+)*")
_PATRONYMIC = re.compile(
    r"\w{2,}[ое]вич(?:а|у|ем|ом|е|и|ей|ам|ами|ах)?|\w{2,}[ое]вн(?:а|ы|е|у|ой|ою)|\w+иничн(?:а|ы|е|у|ой)|"
    r"(?:иль|кузьм|лук|фом|никит|савв)ич(?:а|у|ом|ем|е)?|(?:никит|савв)ичн(?:а|ы|е|у|ой)"
)
_NO_PATRONYMIC = re.compile(
    "(?:без)?услов|(?:не)?винов|основ|духов|церков|любов|верхов|сослов|чинов|грехов|слов|кров|голов|готов|больнич|ключев",
    re.IGNORECASE,
)
"""Short adjectives that end so: «условна», «невиновна»."""


def without_personal_data(text: str, names: Iterable[str], normal: Callable[[str], str]) -> str:
    """The text with numbers, mail addresses and names masked. `names` are those of the caller, in any case;
    `normal` gives what all forms of a word share. A name that nobody has told stays unless a patronymic betrays it.
    """
    for pattern in (_MAIL, _NUMBER, _DICTATED):
        text = pattern.sub(MASK, text)
    caller = {form for name in names for word in words_of(name) if len(word) > 1 for form in (word, normal(word))}
    found = list(_WORD.finditer(text))
    hidden: set[int] = set()
    for place, word in enumerate(found):
        plain = word.group().lower().replace("ё", "е")
        if plain in caller or normal(plain) in caller:
            hidden.add(place)
        if _PATRONYMIC.fullmatch(plain) and not _NO_PATRONYMIC.match(plain):
            hidden |= {place, *_neighbours(text, found, place)}
    for place in sorted(hidden, reverse=True):
        text = f"{text[: found[place].start()]}{MASK}{text[found[place].end() :]}"
    return re.sub(r"\*{3}(?:\s+\*{3})+", MASK, text)


def _neighbours(text: str, found: list[re.Match[str]], place: int) -> set[int]:
    """Name and surname beside a patronymic: capital letters; in speech, which has none, the word before it."""
    spoken = found[place].group().islower()
    beside: set[int] = set()
    for step, most in ((-1, 2), (1, 1)):
        for far in range(1, most + 1):
            other = place + step * far
            if not 0 <= other < len(found) or not _adjoin(text, found, *sorted((other, other - step))):
                break
            word = found[other].group()
            name = word[0].isupper() or (spoken and step < 0 and far == 1)
            if not name or word.lower().replace("ё", "е") in STOP_WORDS:
                break
            beside.add(other)
    return beside


def _adjoin(text: str, found: list[re.Match[str]], first: int, second: int) -> bool:
    return not text[found[first].end() : found[second].start()].strip()
