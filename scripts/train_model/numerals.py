"""Numbers as they are said: cardinals in all cases, ordinals, years, sums, digits and telephone numbers.

`app.domain.spoken_numbers` has what announcements need; callers say more: «около двух тысяч рублей», «в две тысячи
двадцать четвёртом», «восемь девятьсот тринадцать».
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from scripts.train_model.word_forms import analyzer

DIGITS = ("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять")
_TEENS = (
    *("десять", "одиннадцать", "двенадцать", "тринадцать", "четырнадцать", "пятнадцать", "шестнадцать"),
    *("семнадцать", "восемнадцать", "девятнадцать"),
)
_TENS = (
    *("", "", "двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят", "восемьдесят", "девяносто"),
)
_HUNDREDS = (
    *("", "сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот"),
)
_ORDINAL_UNITS = (
    *("нулевой", "первый", "второй", "третий", "четвёртый", "пятый", "шестой", "седьмой", "восьмой", "девятый"),
    *("десятый", "одиннадцатый", "двенадцатый", "тринадцатый", "четырнадцатый", "пятнадцатый", "шестнадцатый"),
    *("семнадцатый", "восемнадцатый", "девятнадцатый"),
)
_ORDINAL_TENS = (
    *("", "", "двадцатый", "тридцатый", "сороковой", "пятидесятый", "шестидесятый", "семидесятый"),
    *("восьмидесятый", "девяностый"),
)
_ORDINAL_HUNDREDS = (
    *("", "сотый", "двухсотый", "трёхсотый", "четырёхсотый", "пятисотый", "шестисотый", "семисотый"),
    *("восьмисотый", "девятисотый"),
)
_SCALES = ((1_000_000, "миллион", "masc"), (1_000, "тысяча", "femn"))
MOST = 999_999_999


def cardinal(number: int, case: str = "nomn", gender: str = "masc") -> list[str]:
    """The words of a number from 0 to 999 999 999. Raises ValueError outside of it."""
    if not 0 <= number <= MOST:
        raise ValueError(f"{number} is not said here")
    words: list[str] = []
    for size, name, its_gender in _SCALES:
        count, number = divmod(number, size)
        if count:
            words += (cardinal(count, case, its_gender) if count > 1 else []) + [counted(count, name, case)]
    if number or not words:
        words += [_numeral(word, case, gender) for word in _below_thousand(number)]
    return words


def _below_thousand(number: int) -> list[str]:
    words = [_HUNDREDS[number // 100]] if number >= 100 else []
    number %= 100
    if 10 <= number < 20:
        return [*words, _TEENS[number - 10]]
    if number >= 20:
        words.append(_TENS[number // 10])
    if number % 10 or not words:
        words.append(DIGITS[number % 10])
    return words


@lru_cache(maxsize=4000)
def _numeral(word: str, case: str, gender: str) -> str:
    if word == "один":
        return _adjective("один", case, gender)
    if word == "два" and gender == "femn" and case in ("nomn", "accs"):
        return "две"
    if case in ("nomn", "accs"):
        return word
    if word == "ноль":
        return {"gent": "нуля", "datv": "нулю", "ablt": "нулём", "loct": "нуле"}[case]
    parse = next(p for p in analyzer().parse(word) if p.tag.POS == "NUMR")
    return str(parse.inflect({case}).word)


@lru_cache(maxsize=4000)
def counted(number: int, noun: str, case: str = "nomn") -> str:
    """The noun in the form that stands after the number: (2, «рубль»): «рубля»; (2, «рубль», datv): «рублям»."""
    parse = next((p for p in analyzer().parse(noun) if p.tag.POS == "NOUN" and "nomn" in p.tag), None)
    if number % 10 == 1 and number % 100 != 11:
        wanted = {"sing", case}
    elif case in ("nomn", "accs"):
        few = number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14)
        wanted = {"sing" if few else "plur", "gent"}
    else:
        wanted = {"plur", case}
    form = parse.inflect(wanted) if parse else None
    return str(form.word) if form else noun


def ordinal(number: int, case: str = "nomn", gender: str = "masc") -> list[str]:
    """«двадцать третьего», «две тысячи двадцать четвёртом», «двухтысячном». From 0 to 9999.

    `gender` may be «plur». Raises ValueError outside of it.
    """
    if not 0 <= number <= 9999:
        raise ValueError(f"{number} is not said here as an ordinal")
    thousands, rest = divmod(number, 1000)
    if thousands and not rest:
        first = {1: "тысячный", 2: "двухтысячный", 3: "трёхтысячный"}.get(thousands)
        return [_adjective(first or f"{cardinal(thousands, 'gent')[0]}тысячный", case, gender)]
    words = cardinal(thousands * 1000) if thousands else []
    if rest >= 100 and rest % 100 == 0:
        return [*words, _adjective(_ORDINAL_HUNDREDS[rest // 100], case, gender)]
    if rest >= 100:
        words.append(_HUNDREDS[rest // 100])
    rest %= 100
    if rest >= 20 and rest % 10 == 0:
        return [*words, _adjective(_ORDINAL_TENS[rest // 10], case, gender)]
    if rest >= 20:
        words.append(_TENS[rest // 10])
        rest %= 10
    return [*words, _adjective(_ORDINAL_UNITS[rest], case, gender)]


@lru_cache(maxsize=4000)
def _adjective(word: str, case: str, gender: str) -> str:
    if case == "nomn" and gender == "masc":
        return word
    parse = next(p for p in analyzer().parse(word) if p.tag.POS == "ADJF" and "nomn" in p.tag)
    wanted = {case, "plur"} if gender == "plur" else {case, "sing", gender}
    if case == "accs" and gender in ("masc", "plur"):
        wanted.add("inan")
    return str(parse.inflect(wanted).word)


def in_digits(digits: str) -> list[str]:
    """Each digit by itself."""
    return [DIGITS[int(digit)] for digit in digits]


def in_groups(digits: str, sizes: tuple[int, ...]) -> list[str]:
    """Digits said in groups: («9138005», (3, 2, 2)): «девятьсот тринадцать восемьдесят ноль пять»."""
    words: list[str] = []
    place = 0
    for size in sizes:
        group = digits[place : place + size]
        place += size
        zeros = len(group) - len(group.lstrip("0"))
        words += in_digits(group[:zeros])
        if group[zeros:]:
            words += cardinal(int(group[zeros:]))
    return words


def telephone(digits: str, rng: np.random.Generator) -> list[str]:
    """A telephone number the way one or another says it: digit by digit, in threes and twos, in threes."""
    if rng.random() < 0.25:
        return in_digits(digits)
    first = {11: (1, 3), 10: (3,), 7: (), 6: ()}[len(digits)]
    rest = (
        (2, 2, 2)
        if len(digits) == 6
        else [(3, 2, 2), (3, 2, 2), (3, 2, 2), (3, 3, 1), (1, 2, 2, 2)][rng.integers(5)]
    )
    words = in_groups(digits, (*first, *rest))
    if len(digits) == 11 and digits[0] == "7" and rng.random() < 0.5:
        return ["плюс", *words]
    return words
