"""Numbers in Russian words, in the case and gender that a sentence asks for: «третий», «около трёх минут»,
«через двадцать одну минуту».

Cardinals and ordinals go from 0 (ordinals from 1) to 999: nothing larger is said on a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MOST = 999


class Case(StrEnum):
    """The cases that announcements need."""

    NOMINATIVE = "nominative"
    GENITIVE = "genitive"
    ACCUSATIVE = "accusative"  # of things, not of persons


class Gender(StrEnum):
    MASCULINE = "masculine"
    FEMININE = "feminine"
    NEUTER = "neuter"


@dataclass(frozen=True)
class Noun:
    """What is counted. `one` is the nominative singular («минута»), `object` the accusative singular («минуту»),
    `few` the genitive singular («минуты»), `many` the genitive plural («минут»)."""

    gender: Gender
    one: str
    object: str
    few: str
    many: str


SECOND = Noun(Gender.FEMININE, "секунда", "секунду", "секунды", "секунд")
MINUTE = Noun(Gender.FEMININE, "минута", "минуту", "минуты", "минут")
HOUR = Noun(Gender.MASCULINE, "час", "час", "часа", "часов")
DAY = Noun(Gender.MASCULINE, "день", "день", "дня", "дней")

UNITS = (
    *("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять"),
    *("одиннадцать", "двенадцать", "тринадцать", "четырнадцать", "пятнадцать", "шестнадцать", "семнадцать"),
    *("восемнадцать", "девятнадцать"),
)
_TENS = (
    *("", "", "двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят", "восемьдесят"),
    "девяносто",
)
_HUNDREDS = (
    *("", "сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот"),
)
_GENITIVE_UNITS = (
    *("ноля", "одного", "двух", "трёх", "четырёх", "пяти", "шести", "семи", "восьми", "девяти", "десяти"),
    *("одиннадцати", "двенадцати", "тринадцати", "четырнадцати", "пятнадцати", "шестнадцати", "семнадцати"),
    *("восемнадцати", "девятнадцати"),
)
_GENITIVE_TENS = (
    *("", "", "двадцати", "тридцати", "сорока", "пятидесяти", "шестидесяти", "семидесяти", "восьмидесяти"),
    "девяноста",
)
_GENITIVE_HUNDREDS = (
    *("", "ста", "двухсот", "трёхсот", "четырёхсот", "пятисот", "шестисот", "семисот", "восьмисот", "девятисот"),
)
_ONE = {
    (Gender.FEMININE, Case.NOMINATIVE): "одна",
    (Gender.FEMININE, Case.GENITIVE): "одной",
    (Gender.FEMININE, Case.ACCUSATIVE): "одну",
    (Gender.NEUTER, Case.NOMINATIVE): "одно",
    (Gender.NEUTER, Case.ACCUSATIVE): "одно",
}
_ORDINAL_UNITS = (
    *("", "первый", "второй", "третий", "четвёртый", "пятый", "шестой", "седьмой", "восьмой", "девятый"),
    *("десятый", "одиннадцатый", "двенадцатый", "тринадцатый", "четырнадцатый", "пятнадцатый"),
    *("шестнадцатый", "семнадцатый", "восемнадцатый", "девятнадцатый"),
)
_ORDINAL_TENS = (
    *("", "", "двадцатый", "тридцатый", "сороковой", "пятидесятый", "шестидесятый", "семидесятый"),
    *("восьмидесятый", "девяностый"),
)
_ORDINAL_HUNDREDS = (
    *("", "сотый", "двухсотый", "трёхсотый", "четырёхсотый", "пятисотый", "шестисотый", "семисотый"),
    *("восьмисотый", "девятисотый"),
)


def cardinal(number: int, case: Case = Case.NOMINATIVE, gender: Gender = Gender.MASCULINE) -> str:
    """0 to 999: «двадцать один», «двадцати одной». Raises ValueError outside."""
    _check(number, 0)
    if number == 0:
        return _GENITIVE_UNITS[0] if case is Case.GENITIVE else UNITS[0]
    genitive = case is Case.GENITIVE
    units, tens, hundreds = (
        (_GENITIVE_UNITS, _GENITIVE_TENS, _GENITIVE_HUNDREDS) if genitive else (UNITS, _TENS, _HUNDREDS)
    )
    words = [hundreds[number // 100]]
    below = number % 100
    if below >= 20:
        words.append(tens[below // 10])
        below %= 10
    if below:
        words.append(_unit(below, units[below], case, gender))
    return " ".join(word for word in words if word)


def ordinal(number: int, case: Case = Case.NOMINATIVE) -> str:
    """1 to 999, masculine: «третий», «двадцать третьего», «сто первый». Raises ValueError outside."""
    _check(number, 1)
    hundreds, below = divmod(number, 100)
    if below == 0:
        return _declined(_ORDINAL_HUNDREDS[hundreds], case)
    words = [_HUNDREDS[hundreds]]
    if below >= 20 and below % 10:
        words.append(_TENS[below // 10])
        below %= 10
    last = _ORDINAL_UNITS[below] if below < 20 else _ORDINAL_TENS[below // 10]
    return " ".join(word for word in [*words, _declined(last, case)] if word)


def counted(number: int, noun: Noun, case: Case = Case.NOMINATIVE) -> str:
    """The number with its noun: «три минуты», «около» + «двадцати одной минуты», «через» + «одну минуту»."""
    return f"{cardinal(number, case, noun.gender)} {noun_form(number, noun, case)}"


def noun_form(number: int, noun: Noun, case: Case = Case.NOMINATIVE) -> str:
    """The noun as it stands after the number in that case."""
    one = number % 10 == 1 and number % 100 != 11
    if case is Case.GENITIVE:
        return noun.few if one else noun.many
    if one:
        return noun.object if case is Case.ACCUSATIVE else noun.one
    few = number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14)
    return noun.few if few else noun.many


def _unit(number: int, word: str, case: Case, gender: Gender) -> str:
    if number == 1:
        return _ONE.get((gender, case), word)
    return "две" if number == 2 and case is not Case.GENITIVE and gender is Gender.FEMININE else word


def _declined(word: str, case: Case) -> str:
    """An ordinal in the case: «третий» is soft, all others go like adjectives."""
    if case is not Case.GENITIVE:
        return word
    return "третьего" if word == "третий" else f"{word[:-2]}ого"


def _check(number: int, least: int) -> None:
    if not least <= number <= MOST:
        raise ValueError(f"{number} is not between {least} and {MOST}")
