from __future__ import annotations

import re
from datetime import date, time, timedelta

import pytest

from app.domain.spoken_numbers import Case
from app.domain.spoken_russian import (
    spoken_date,
    spoken_digits,
    spoken_duration,
    spoken_hours,
    spoken_phone_number,
    spoken_time,
    spoken_time_genitive,
    spoken_weekday_and_date,
)

RUSSIAN = re.compile(r"[а-яё]+( [а-яё]+)*\Z")
EVERY_MINUTE = [time(minutes // 60, minutes % 60) for minutes in range(24 * 60)]


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
        (time(8, 1), "восемь ноль одну", "восьми ноль одной"),
        (time(21, 21), "двадцать один двадцать одну", "двадцати одного двадцати одной"),
        (time(10, 42), "десять сорок две", "десяти сорока двух"),
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
    ("minutes", "how_long", "about", "after_cherez"),
    [
        (0, "одна минута", "одной минуты", "одну минуту"),
        (3, "три минуты", "трёх минут", "три минуты"),
        (60, "один час", "одного часа", "один час"),
        (81, "один час двадцать одна минута", "одного часа двадцати одной минуты", "один час двадцать одну минуту"),
        (125, "два часа пять минут", "двух часов пяти минут", "два часа пять минут"),
        (1440, "один день", "одного дня", "один день"),
        (
            2 * 1440 + 62,
            "два дня один час две минуты",
            "двух дней одного часа двух минут",
            "два дня один час две минуты",
        ),
        (
            5 * 1440 + 11 * 60,
            "пять дней одиннадцать часов",
            "пяти дней одиннадцати часов",
            "пять дней одиннадцать часов",
        ),
    ],
)
def test_how_long(minutes: int, how_long: str, about: str, after_cherez: str) -> None:
    span = timedelta(minutes=minutes)
    assert spoken_duration(span) == how_long
    assert spoken_duration(span, Case.GENITIVE) == about
    assert spoken_duration(span, Case.ACCUSATIVE) == after_cherez


def test_every_minute_of_a_week_lasts_in_its_own_words() -> None:
    for case in Case:
        spoken = [spoken_duration(timedelta(minutes=minutes), case) for minutes in range(1, 7 * 1440)]
        assert len(set(spoken)) == len(spoken)
        assert all(RUSSIAN.match(words) for words in spoken)


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


def test_a_number_is_read_back_digit_by_digit() -> None:
    assert spoken_digits("+7 (927) 000-12-34") == (
        "восемь, девять, два, семь, ноль, ноль, ноль, один, два, три, четыре"
    )
    assert spoken_digits("24-50-22") == "два, четыре, пять, ноль, два, два"
    with pytest.raises(ValueError, match="without digits"):
        spoken_digits("нет")
