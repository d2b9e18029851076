from __future__ import annotations

import re

import pytest

from app.domain.spoken_numbers import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Case,
    Gender,
    Noun,
    cardinal,
    counted,
    noun_form,
    ordinal,
)

RUSSIAN = re.compile(r"[а-яё]+( [а-яё]+)*\Z")
N, G, A = Case.NOMINATIVE, Case.GENITIVE, Case.ACCUSATIVE


@pytest.mark.parametrize("case", Case)
@pytest.mark.parametrize("gender", Gender)
def test_every_number_has_its_own_words(case: Case, gender: Gender) -> None:
    spoken = [cardinal(number, case, gender) for number in range(1000)]
    assert len(set(spoken)) == 1000
    assert all(RUSSIAN.match(words) for words in spoken)


@pytest.mark.parametrize("case", Case)
def test_every_place_has_its_own_words(case: Case) -> None:
    spoken = [ordinal(number, case) for number in range(1, 1000)]
    assert len(set(spoken)) == 999
    assert all(RUSSIAN.match(words) for words in spoken)


def test_numbers_that_are_built_consist_of_their_parts() -> None:
    for case in Case:
        for number in range(21, 1000):
            hundreds, below = number // 100 * 100, number % 100
            if below == 0:
                continue
            if hundreds:
                assert cardinal(number, case) == f"{cardinal(hundreds, case)} {cardinal(below, case)}"
                assert ordinal(number, case) == f"{cardinal(hundreds)} {ordinal(below, case)}"
            elif below % 10:
                tens = below // 10 * 10
                assert cardinal(number, case) == f"{cardinal(tens, case)} {cardinal(below % 10, case)}"
                assert ordinal(number, case) == f"{cardinal(tens)} {ordinal(below % 10, case)}"


CARDINALS = {
    0: ("ноль", "ноля"),
    1: ("один", "одного"),
    2: ("два", "двух"),
    3: ("три", "трёх"),
    4: ("четыре", "четырёх"),
    5: ("пять", "пяти"),
    6: ("шесть", "шести"),
    7: ("семь", "семи"),
    8: ("восемь", "восьми"),
    9: ("девять", "девяти"),
    10: ("десять", "десяти"),
    11: ("одиннадцать", "одиннадцати"),
    12: ("двенадцать", "двенадцати"),
    13: ("тринадцать", "тринадцати"),
    14: ("четырнадцать", "четырнадцати"),
    15: ("пятнадцать", "пятнадцати"),
    16: ("шестнадцать", "шестнадцати"),
    17: ("семнадцать", "семнадцати"),
    18: ("восемнадцать", "восемнадцати"),
    19: ("девятнадцать", "девятнадцати"),
    20: ("двадцать", "двадцати"),
    30: ("тридцать", "тридцати"),
    40: ("сорок", "сорока"),
    50: ("пятьдесят", "пятидесяти"),
    60: ("шестьдесят", "шестидесяти"),
    70: ("семьдесят", "семидесяти"),
    80: ("восемьдесят", "восьмидесяти"),
    90: ("девяносто", "девяноста"),
    100: ("сто", "ста"),
    200: ("двести", "двухсот"),
    300: ("триста", "трёхсот"),
    400: ("четыреста", "четырёхсот"),
    500: ("пятьсот", "пятисот"),
    600: ("шестьсот", "шестисот"),
    700: ("семьсот", "семисот"),
    800: ("восемьсот", "восьмисот"),
    900: ("девятьсот", "девятисот"),
}
"""Written from the grammar (Зализняк), not from the program."""


@pytest.mark.parametrize(("number", "words"), CARDINALS.items())
def test_numbers_of_their_own(number: int, words: tuple[str, str]) -> None:
    assert (cardinal(number), cardinal(number, G)) == words
    assert cardinal(number, A) == words[0]


@pytest.mark.parametrize(
    ("number", "case", "gender", "words"),
    [
        (1, N, Gender.FEMININE, "одна"),
        (1, G, Gender.FEMININE, "одной"),
        (1, A, Gender.FEMININE, "одну"),
        (1, N, Gender.NEUTER, "одно"),
        (1, G, Gender.NEUTER, "одного"),
        (1, A, Gender.NEUTER, "одно"),
        (2, N, Gender.FEMININE, "две"),
        (2, G, Gender.FEMININE, "двух"),
        (2, A, Gender.FEMININE, "две"),
        (2, N, Gender.NEUTER, "два"),
        (11, N, Gender.FEMININE, "одиннадцать"),
        (12, N, Gender.FEMININE, "двенадцать"),
        (121, A, Gender.FEMININE, "сто двадцать одну"),
        (342, N, Gender.FEMININE, "триста сорок две"),
    ],
)
def test_one_and_two_have_a_gender(number: int, case: Case, gender: Gender, words: str) -> None:
    assert cardinal(number, case, gender) == words


ORDINALS = {
    1: ("первый", "первого"),
    2: ("второй", "второго"),
    3: ("третий", "третьего"),
    4: ("четвёртый", "четвёртого"),
    5: ("пятый", "пятого"),
    6: ("шестой", "шестого"),
    7: ("седьмой", "седьмого"),
    8: ("восьмой", "восьмого"),
    9: ("девятый", "девятого"),
    10: ("десятый", "десятого"),
    11: ("одиннадцатый", "одиннадцатого"),
    12: ("двенадцатый", "двенадцатого"),
    13: ("тринадцатый", "тринадцатого"),
    14: ("четырнадцатый", "четырнадцатого"),
    15: ("пятнадцатый", "пятнадцатого"),
    16: ("шестнадцатый", "шестнадцатого"),
    17: ("семнадцатый", "семнадцатого"),
    18: ("восемнадцатый", "восемнадцатого"),
    19: ("девятнадцатый", "девятнадцатого"),
    20: ("двадцатый", "двадцатого"),
    30: ("тридцатый", "тридцатого"),
    40: ("сороковой", "сорокового"),
    50: ("пятидесятый", "пятидесятого"),
    60: ("шестидесятый", "шестидесятого"),
    70: ("семидесятый", "семидесятого"),
    80: ("восьмидесятый", "восьмидесятого"),
    90: ("девяностый", "девяностого"),
    100: ("сотый", "сотого"),
    200: ("двухсотый", "двухсотого"),
    300: ("трёхсотый", "трёхсотого"),
    400: ("четырёхсотый", "четырёхсотого"),
    500: ("пятисотый", "пятисотого"),
    600: ("шестисотый", "шестисотого"),
    700: ("семисотый", "семисотого"),
    800: ("восьмисотый", "восьмисотого"),
    900: ("девятисотый", "девятисотого"),
}


@pytest.mark.parametrize(("number", "words"), ORDINALS.items())
def test_places_of_their_own(number: int, words: tuple[str, str]) -> None:
    assert (ordinal(number), ordinal(number, G)) == words
    assert ordinal(number, A) == words[0]


@pytest.mark.parametrize(
    ("number", "noun", "how_many", "about", "after_cherez"),
    [
        (1, MINUTE, "одна минута", "одной минуты", "одну минуту"),
        (2, MINUTE, "две минуты", "двух минут", "две минуты"),
        (5, MINUTE, "пять минут", "пяти минут", "пять минут"),
        (11, MINUTE, "одиннадцать минут", "одиннадцати минут", "одиннадцать минут"),
        (21, MINUTE, "двадцать одна минута", "двадцати одной минуты", "двадцать одну минуту"),
        (14, HOUR, "четырнадцать часов", "четырнадцати часов", "четырнадцать часов"),
        (1, HOUR, "один час", "одного часа", "один час"),
        (4, HOUR, "четыре часа", "четырёх часов", "четыре часа"),
        (111, DAY, "сто одиннадцать дней", "ста одиннадцати дней", "сто одиннадцать дней"),
        (131, DAY, "сто тридцать один день", "ста тридцати одного дня", "сто тридцать один день"),
        (0, SECOND, "ноль секунд", "ноля секунд", "ноль секунд"),
        (22, SECOND, "двадцать две секунды", "двадцати двух секунд", "двадцать две секунды"),
    ],
)
def test_what_is_counted(number: int, noun: Noun, how_many: str, about: str, after_cherez: str) -> None:
    assert counted(number, noun) == how_many
    assert counted(number, noun, G) == about
    assert counted(number, noun, A) == after_cherez


def test_the_noun_goes_by_the_last_two_figures_over_the_whole_range() -> None:
    for number in range(1000):
        teen = 11 <= number % 100 <= 14
        last = number % 10
        expected = "час" if last == 1 and not teen else "часа" if last in (2, 3, 4) and not teen else "часов"
        assert noun_form(number, HOUR) == expected


@pytest.mark.parametrize("number", [-1, 1000])
def test_numbers_outside_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="not between"):
        cardinal(number)
    with pytest.raises(ValueError, match="not between"):
        ordinal(number)
    with pytest.raises(ValueError, match="not between 1"):
        ordinal(0)
