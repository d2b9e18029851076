from __future__ import annotations

import re
from datetime import date, time, timedelta

import pytest

from app.domain.spoken_russian import (
    cardinal,
    spoken_date,
    spoken_hours,
    spoken_phone_number,
    spoken_time,
    spoken_time_genitive,
    spoken_weekday_and_date,
)

RUSSIAN = re.compile(r"[а-яё]+( [а-яё]+)*\Z")
EVERY_MINUTE = [time(minutes // 60, minutes % 60) for minutes in range(24 * 60)]


def test_every_number_has_its_own_words() -> None:
    spoken = [cardinal(number) for number in range(1000)]
    assert len(set(spoken)) == 1000
    assert all(RUSSIAN.match(words) for words in spoken)


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "ноль"), (11, "одиннадцать"), (40, "сорок"), (99, "девяносто девять"), (512, "пятьсот двенадцать")],
)
def test_numbers(number: int, words: str) -> None:
    assert cardinal(number) == words


@pytest.mark.parametrize("number", [-1, 1000])
def test_numbers_outside_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="not between"):
        cardinal(number)


def test_every_minute_of_the_day_is_said_in_both_cases_and_in_its_own_way() -> None:
    for say in (spoken_time, spoken_time_genitive):
        spoken = [say(moment) for moment in EVERY_MINUTE]
        assert len(set(spoken)) == len(EVERY_MINUTE)
        assert all(RUSSIAN.match(words) for words in spoken)


@pytest.mark.parametrize(
    ("moment", "after_v", "after_do"),
    [
        (time(0), "ноль часов", "ноля часов"),
        (time(1), "час", "часа"),
        (time(1, 5), "час ноль пять", "часа ноль пяти"),
        (time(8, 30), "восемь тридцать", "восьми тридцати"),
        (time(9), "девять часов", "девяти"),
        (time(12), "двенадцать часов", "двенадцати"),
        (time(13, 45), "тринадцать сорок пять", "тринадцати сорока пяти"),
        (time(21), "двадцать один час", "двадцати одного"),
        (time(22), "двадцать два часа", "двадцати двух"),
        (time(23, 59), "двадцать три пятьдесят девять", "двадцати трёх пятидесяти девяти"),
    ],
)
def test_times(moment: time, after_v: str, after_do: str) -> None:
    assert spoken_time(moment) == after_v
    assert spoken_time_genitive(moment) == after_do


def test_working_hours_of_housing_5_3() -> None:
    assert spoken_hours(time(8, 30), time(12)) == "с восьми тридцати до двенадцати"
    assert spoken_hours(time(13), time(17, 30)) == "с тринадцати до семнадцати тридцати"
    assert spoken_hours(time(9), time(0)) == "с девяти до двадцати четырёх"


def test_every_day_of_a_leap_year_is_said_in_its_own_way() -> None:
    days = [date(2028, 1, 1) + timedelta(days=number) for number in range(366)]
    spoken = [spoken_date(day) for day in days]
    assert len(set(spoken)) == 366
    assert all(RUSSIAN.match(words) for words in spoken)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 11, 23), "в понедельник, двадцать третьего ноября"),
        (date(2026, 12, 1), "во вторник, первого декабря"),
        (date(2026, 12, 30), "в среду, тридцатого декабря"),
        (date(2026, 5, 10), "в воскресенье, десятого мая"),
        (date(2026, 3, 20), "в пятницу, двадцатого марта"),
    ],
)
def test_dates(day: date, words: str) -> None:
    assert spoken_weekday_and_date(day) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("+7 (8512) 24-50-22", "восемь, восемьсот пятьдесят один, двести двадцать четыре, пятьдесят, двадцать два"),
        ("8 800 200-00-07", "восемь, восемьсот, двести, ноль ноль, ноль семь"),
        ("+7 913 005 12 07", "восемь, девятьсот тринадцать, ноль ноль пять, двенадцать, ноль семь"),
        ("112", "один, двенадцать"),
        ("24-50-22", "двадцать четыре, пятьдесят, двадцать два"),
    ],
)
def test_telephone_numbers(number: str, words: str) -> None:
    assert spoken_phone_number(number) == words


def test_a_telephone_number_without_digits_is_refused() -> None:
    with pytest.raises(ValueError, match="without digits"):
        spoken_phone_number("нет")
