"""The working hours in words, as an announcement says them after «Мы отвечаем на звонки» (L1: housing 5.3,
property 19): «по будням с восьми тридцати до двенадцати и с тринадцати до семнадцати тридцати»."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from app.domain.spoken_russian import spoken_hours, spoken_time, spoken_weekday_and_date
from app.domain.working_time import Interval, Schedule

_IN = ("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье")
_FROM = ("с понедельника", "со вторника", "со среды", "с четверга", "с пятницы")
_TO = ("", "", "по среду", "по четверг", "по пятницу", "по субботу", "по воскресенье")
_NAMED = {
    frozenset(range(7)): "ежедневно",
    frozenset(range(5)): "по будням",
    frozenset({5, 6}): "по выходным",
}
RUN = 3
"""From so many days in a row on they are said as «с … по …»."""


def spoken_opening(opens: datetime) -> str:
    """«в понедельник, двадцать третьего ноября, в восемь тридцать»: figures would be read in the wrong case.
    `opens` is in the organisation's zone."""
    return f"{spoken_weekday_and_date(opens.date())}, в {spoken_time(opens.time())}"


def hours_text(schedule: Schedule) -> str:
    """The week's hours, days with the same hours together, in the order of the week."""
    together: dict[tuple[Interval, ...], list[int]] = {}
    for day in range(7):
        if intervals := schedule.week.get(day):
            together.setdefault(intervals, []).append(day)
    return ", ".join(f"{_days(days)} {_hours(hours)}" for hours, days in together.items())


def says_the_hours(text: str, schedule: Schedule) -> bool:
    """The text is the schedule's: compared by its words, so that stress marks, commas and lines do not matter."""
    return _bare(text) == _bare(hours_text(schedule))


def _bare(text: str) -> list[str]:
    return text.lower().replace("ё", "е").replace("\N{COMBINING ACUTE ACCENT}", "").replace(",", " ").split()


def _hours(intervals: tuple[Interval, ...]) -> str:
    return _listed(spoken_hours(opens, closes) for opens, closes in intervals)


def _days(days: list[int]) -> str:
    named = _NAMED.get(frozenset(days))
    if named:
        return named
    said: list[str] = []
    for run in _runs(days):
        if len(run) >= RUN:
            said.append(f"{_FROM[run[0]]} {_TO[run[-1]]}")
        else:
            said += [_IN[day] for day in run]
    return _listed(said)


def _runs(days: list[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _listed(items: Iterable[str]) -> str:
    *most, last = items
    return f"{', '.join(most)} и {last}" if most else last
