"""Times, dates and telephone numbers as a Russian announcer says them, in words.

espeak-ng reads «с 8:30 до 12:00» as «с восемь тридцать до двенадцать ноль-ноль» and «23 ноября» as «двадцать три
ноября» (heard in its phonemes), so announcements are given words in the right case and not figures.
"""

from __future__ import annotations

from datetime import date, time

_UNITS = (
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
_GENITIVE_TENS = ("", "", "двадцати", "тридцати", "сорока", "пятидесяти")
_ORDINAL_GENITIVE = (
    *("", "первого", "второго", "третьего", "четвёртого", "пятого", "шестого", "седьмого", "восьмого"),
    *("девятого", "десятого", "одиннадцатого", "двенадцатого", "тринадцатого", "четырнадцатого"),
    *("пятнадцатого", "шестнадцатого", "семнадцатого", "восемнадцатого", "девятнадцатого"),
)
_MONTHS_GENITIVE = (
    *("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября"),
    *("ноября", "декабря"),
)
_ON_WEEKDAYS = (
    *("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье"),
)


def cardinal(number: int) -> str:
    """0 to 999 in the nominative (and accusative), masculine. Raises ValueError outside."""
    if not 0 <= number <= 999:
        raise ValueError(f"{number} is not between 0 and 999")
    if number == 0:
        return _UNITS[0]
    words = [_HUNDREDS[number // 100], *_below_hundred(number % 100, _UNITS, _TENS)]
    return " ".join(word for word in words if word)


def spoken_time(moment: time) -> str:
    """After «в»: 8:30 «восемь тридцать», 9:00 «девять часов», 1:05 «час ноль пять»."""
    if moment.minute == 0:
        return f"{'' if moment.hour == 1 else cardinal(moment.hour) + ' '}{_hours_noun(moment.hour)}"
    hour = "час" if moment.hour == 1 else cardinal(moment.hour)
    return f"{hour} {_minutes(moment.minute, cardinal(moment.minute))}"


def spoken_time_genitive(moment: time) -> str:
    """After «с» and «до»: 8:30 «восьми тридцати», 12:00 «двенадцати», 1:00 «часа», 0:00 «ноля часов»."""
    if moment.hour == 0 and moment.minute == 0:
        return "ноля часов"
    hour = "часа" if moment.hour == 1 else _genitive(moment.hour)
    if moment.minute == 0:
        return hour
    return f"{hour} {_minutes(moment.minute, _genitive(moment.minute))}"


def spoken_hours(opens: time, closes: time) -> str:
    """«с восьми тридцати до двенадцати»; closing at 0:00 is the end of the day, «до двадцати четырёх»."""
    until = "двадцати четырёх" if closes == time(0) else spoken_time_genitive(closes)
    return f"с {spoken_time_genitive(opens)} до {until}"


def spoken_date(day: date) -> str:
    """«двадцать третьего ноября»."""
    return f"{_ordinal_genitive(day.day)} {_MONTHS_GENITIVE[day.month - 1]}"


def spoken_weekday_and_date(day: date) -> str:
    """«в понедельник, двадцать третьего ноября»."""
    return f"{_ON_WEEKDAYS[day.weekday()]}, {spoken_date(day)}"


def spoken_phone_number(number: str) -> str:
    """Digits in the groups that people say: +78512245022 is «восемь, восемьсот пятьдесят один, двести двадцать
    четыре, пятьдесят, двадцать два».

    A Russian number of eleven digits is said with the 8 that people dial and in groups of 3, 3, 2 and 2; any other
    from its end in pairs. Zeros at a group's head are said («ноль пять», «ноль ноль семь»). Raises ValueError when
    there is no digit.
    """
    digits = "".join(character for character in number if character in "0123456789")
    if not digits:
        raise ValueError("a telephone number without digits")
    if len(digits) == 11 and digits[0] in "78":
        groups = ["8", digits[1:4], digits[4:7], digits[7:9], digits[9:11]]
    else:
        odd = len(digits) % 2
        groups = [digits[:odd]] if odd else []
        groups += [digits[place : place + 2] for place in range(odd, len(digits), 2)]
    return ", ".join(_digit_group(group) for group in groups)


def _digit_group(group: str) -> str:
    significant = group.lstrip("0")
    zeros = ["ноль"] * (len(group) - len(significant))
    return " ".join([*zeros, cardinal(int(significant))] if significant else zeros)


def _below_hundred(number: int, units: tuple[str, ...], tens: tuple[str, ...]) -> list[str]:
    if number < 20:
        return [units[number]] if number else []
    return [tens[number // 10], *([units[number % 10]] if number % 10 else [])]


def _genitive(number: int) -> str:
    return " ".join(_below_hundred(number, _GENITIVE_UNITS, _GENITIVE_TENS)) or _GENITIVE_UNITS[0]


def _minutes(minute: int, words: str) -> str:
    return f"ноль {words}" if minute < 10 else words


def minutes_accusative(minutes: int) -> str:
    """After «через», as it is read: «1 минуту», «3 минуты», «10 минут»."""
    if minutes % 10 == 1 and minutes % 100 != 11:
        return f"{minutes} минуту"
    few = minutes % 10 in (2, 3, 4) and minutes % 100 not in (12, 13, 14)
    return f"{minutes} {'минуты' if few else 'минут'}"


def _hours_noun(hour: int) -> str:
    if hour % 10 == 1 and hour != 11:
        return "час"
    return "часа" if hour % 10 in (2, 3, 4) and hour not in (12, 13, 14) else "часов"


def _ordinal_genitive(number: int) -> str:
    if number < 20:
        return _ORDINAL_GENITIVE[number]
    if number % 10 == 0:
        return "двадцатого" if number == 20 else "тридцатого"
    return f"{_TENS[number // 10]} {_ORDINAL_GENITIVE[number % 10]}"
