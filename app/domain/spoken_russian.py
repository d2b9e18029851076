"""Times, dates and telephone numbers as a Russian announcer says them, in words.

espeak-ng reads «с 8:30 до 12:00» as «с восемь тридцать до двенадцать ноль-ноль» and «23 ноября» as «двадцать три
ноября» (heard in its phonemes), so announcements are given words in the right case and not figures.
"""

from __future__ import annotations

from datetime import date, time, timedelta

from app.domain.spoken_numbers import DAY, HOUR, MINUTE, Case, Gender, cardinal, counted, noun_form, ordinal
from app.domain.spoken_numbers import UNITS as _UNITS

_MONTHS_GENITIVE = (
    *("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября"),
    *("ноября", "декабря"),
)
_ON_WEEKDAYS = (
    *("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье"),
)


def spoken_time(moment: time) -> str:
    """After «в»: 8:30 «восемь тридцать», 9:00 «девять часов», 1:05 «час ноль пять», 8:21 «восемь двадцать одну»."""
    if moment.minute == 0:
        return f"{'' if moment.hour == 1 else cardinal(moment.hour) + ' '}{noun_form(moment.hour, HOUR)}"
    hour = "час" if moment.hour == 1 else cardinal(moment.hour)
    return f"{hour} {_minutes(moment.minute, Case.ACCUSATIVE)}"


def spoken_time_genitive(moment: time) -> str:
    """After «с» and «до»: 8:30 «восьми тридцати», 12:00 «двенадцати», 1:00 «часа», 0:00 «ноля часов»."""
    if moment.hour == 0 and moment.minute == 0:
        return "ноля часов"
    hour = "часа" if moment.hour == 1 else cardinal(moment.hour, Case.GENITIVE)
    if moment.minute == 0:
        return hour
    return f"{hour} {_minutes(moment.minute, Case.GENITIVE)}"


def spoken_hours(opens: time, closes: time) -> str:
    """«с восьми тридцати до двенадцати»; closing at 0:00 is the end of the day, «до двадцати четырёх»."""
    until = "двадцати четырёх" if closes == time(0) else spoken_time_genitive(closes)
    return f"с {spoken_time_genitive(opens)} до {until}"


def spoken_date(day: date) -> str:
    """«двадцать третьего ноября»."""
    return f"{ordinal(day.day, Case.GENITIVE)} {_MONTHS_GENITIVE[day.month - 1]}"


def spoken_weekday_and_date(day: date) -> str:
    """«в понедельник, двадцать третьего ноября»."""
    return f"{_ON_WEEKDAYS[day.weekday()]}, {spoken_date(day)}"


def spoken_duration(span: timedelta, case: Case = Case.NOMINATIVE) -> str:
    """Days, hours and minutes: «два часа пять минут», after «около» «двух часов пяти минут», after «через» «одну
    минуту». Rounded to whole minutes, at least one. Raises ValueError beyond 999 days."""
    minutes = max(1, round(span.total_seconds() / 60))
    parts = ((minutes // 1440, DAY), (minutes // 60 % 24, HOUR), (minutes % 60, MINUTE))
    return " ".join(counted(number, noun, case) for number, noun in parts if number)


def minutes_accusative(minutes: int) -> str:
    """After «через», as it is read: «1 минуту», «3 минуты», «10 минут»."""
    return f"{minutes} {noun_form(minutes, MINUTE, Case.ACCUSATIVE)}"


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


def spoken_digits(number: str) -> str:
    """Digit by digit, for checking: +79271234567 is «восемь, девять, два, семь, …», with the 8 that people dial.
    Raises ValueError when there is no digit."""
    digits = "".join(character for character in number if character in "0123456789")
    if not digits:
        raise ValueError("a telephone number without digits")
    if len(digits) == 11 and digits[0] == "7":
        digits = "8" + digits[1:]
    return ", ".join(_UNITS[int(digit)] for digit in digits)


def _digit_group(group: str) -> str:
    significant = group.lstrip("0")
    zeros = ["ноль"] * (len(group) - len(significant))
    return " ".join([*zeros, cardinal(int(significant))] if significant else zeros)


def _minutes(minute: int, case: Case) -> str:
    words = cardinal(minute, case, Gender.FEMININE)
    return f"ноль {words}" if minute < 10 else words
