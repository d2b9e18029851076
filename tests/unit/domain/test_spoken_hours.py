"""The hours of a week, as they are said (housing 5.3, property 19)."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.spoken_hours import hours_text, says_the_hours
from app.domain.working_time import Interval, Schedule
from tests.unit.domain.schedules import DAY, LONG, MARKS, SHORT, intervals

ZONE = ZoneInfo("Europe/Astrakhan")
HALF: tuple[Interval, ...] = ((time(10), time(14)),)


def said(week: dict[int, tuple[Interval, ...]]) -> str:
    return hours_text(Schedule(ZONE, week))


@pytest.mark.parametrize(
    ("week", "text"),
    [
        (
            dict.fromkeys(range(5), DAY),
            "по будням с восьми тридцати до двенадцати и с тринадцати до семнадцати тридцати",
        ),
        (
            {**dict.fromkeys(range(4), LONG), 4: SHORT},
            "с понедельника по четверг с девяти до восемнадцати, в пятницу с девяти до семнадцати",
        ),
        (dict.fromkeys(range(7), LONG), "ежедневно с девяти до восемнадцати"),
        ({5: HALF, 6: HALF}, "по выходным с десяти до четырнадцати"),
        (
            {**dict.fromkeys(range(5), LONG), 5: HALF},
            "по будням с девяти до восемнадцати, в субботу с десяти до четырнадцати",
        ),
        ({0: LONG, 1: LONG}, "в понедельник и во вторник с девяти до восемнадцати"),
        ({0: LONG, 2: LONG, 4: LONG}, "в понедельник, в среду и в пятницу с девяти до восемнадцати"),
        (
            {1: LONG, 2: LONG, 3: LONG, 5: LONG},
            "со вторника по четверг и в субботу с девяти до восемнадцати",
        ),
        (
            {0: LONG, 1: SHORT, 2: LONG, 3: SHORT},
            "в понедельник и в среду с девяти до восемнадцати, во вторник и в четверг с девяти до семнадцати",
        ),
        (dict.fromkeys(range(6), LONG), "с понедельника по субботу с девяти до восемнадцати"),
        (
            {6: ((time(8), time(9)), (time(10), time(11)), (time(12, 5), time(13, 45)))},
            "в воскресенье с восьми до девяти, с десяти до одиннадцати и "
            "с двенадцати ноль пяти до тринадцати сорока пяти",
        ),
        ({2: ((time(1), time(2)),), 3: ()}, "в среду с часа до двух"),
    ],
)
def test_the_hours_are_said(week: dict[int, tuple[Interval, ...]], text: str) -> None:
    assert said(week) == text


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("По будням с восьми тридцати до двенадцати и с тринадцати до семнадцати тридцати", True),
        ("по будням, с восьми тридцати до двенадцати,\n и с тринадцати до семнадцати тридцати", True),
        ("по будням с восьми тридцати до двенадцати и с тринадцати до восемнадцати тридцати", False),
        ("по будням с восьми тридцати до двенадцати", False),
        ("", False),
    ],
)
def test_a_text_is_held_against_the_schedule(text: str, same: bool) -> None:
    assert says_the_hours(text, Schedule(ZONE, dict.fromkeys(range(5), DAY))) is same


WEEKS = st.dictionaries(st.integers(0, 6), MARKS.map(intervals), min_size=1)


@given(WEEKS, WEEKS)
def test_different_weeks_are_said_differently(
    one: dict[int, tuple[Interval, ...]], other: dict[int, tuple[Interval, ...]]
) -> None:
    assert (said(one) == said(other)) == (one == other)


@given(WEEKS)
def test_no_figure_is_left_for_the_voice(week: dict[int, tuple[Interval, ...]]) -> None:
    text = said(week)
    assert not any(c.isdigit() for c in text)
    assert says_the_hours(text.upper(), Schedule(ZONE, week))
