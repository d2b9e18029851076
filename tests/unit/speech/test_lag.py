"""When a panel says that words come late, on a clock of the test's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.speech.lag import HOLD_S, IN_TIME_S, LATE_S, Lateness


def told(lags: list[tuple[float, float]]) -> list[int]:
    """What is told at each (moment, lag)."""
    lateness = Lateness()
    return [lateness.seen(lag_s, now_s) for now_s, lag_s in lags]


def test_two_seconds_are_in_time_and_what_is_more_is_late() -> None:
    assert told([(0, 0.1), (1, LATE_S), (2, 2.1)]) == [0, 0, 2]


def test_late_words_are_late_until_they_come_within_a_second() -> None:
    assert told([(0, 2.5), (3, 1.5), (6, IN_TIME_S), (9, 0.9), (12, 1.5)]) == [2, 2, 2, 0, 0]


@pytest.mark.parametrize(("lag_s", "shown"), [(2.9, 2), (3.0, 3), (5.9, 4), (7.0, 6), (60.0, 10)])
def test_seconds_are_told_in_steps(lag_s: float, shown: int) -> None:
    assert told([(0, lag_s)]) == [shown]


@given(st.lists(st.tuples(st.floats(0.01, 4), st.floats(0, 12)), max_size=60))
def test_what_is_told_changes_no_faster_than_its_hold(steps: list[tuple[float, float]]) -> None:
    lateness, now_s, changed_at, shown = Lateness(), 0.0, None, 0
    for wait_s, lag_s in steps:
        now_s += wait_s
        if (newer := lateness.seen(lag_s, now_s)) != shown:
            assert changed_at is None or now_s - changed_at >= HOLD_S
            assert newer == 0 or lag_s >= IN_TIME_S
            changed_at, shown = now_s, newer
