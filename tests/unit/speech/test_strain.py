"""What the line does without, step by step, on a clock of the test's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.speech.strain import FORGOTTEN_S, STEPS, Degree, Strain, Trend

LIMIT_S = 4.0
LOOK_S = 0.5
LAG_OF = {Trend.BEHIND: 5.0, Trend.BETWEEN: 2.0, Trend.CAUGHT_UP: 0.2}


class Line:
    """A line whose greatest lag the test sets."""

    def __init__(self) -> None:
        self.strain = Strain(LIMIT_S)
        self.now_s = 100.0

    def lags(self, lag_s: float, for_s: float) -> Degree:
        for _ in range(round(for_s / LOOK_S)):
            self.strain.seen(lag_s, self.now_s)
            self.now_s += LOOK_S
        return self.strain.degree


@pytest.fixture
def line() -> Line:
    return Line()


def test_operators_go_first_then_partials_and_all_come_back_in_the_reverse_order(line: Line) -> None:
    assert line.lags(5.0, 2.0) is Degree.ALL
    assert line.lags(5.0, 0.5) is Degree.CALLERS
    assert line.lags(5.0, 5.5) is Degree.CALLERS
    assert line.lags(5.0, 0.5) is Degree.CALLERS_WITHOUT_PARTIALS
    assert line.lags(0.2, 15.0) is Degree.CALLERS_WITHOUT_PARTIALS
    assert line.lags(0.2, 0.5) is Degree.CALLERS
    assert line.lags(0.2, 14.5) is Degree.CALLERS
    assert line.lags(0.2, 0.5) is Degree.ALL


def test_beyond_the_last_step_nothing_more_is_given_up(line: Line) -> None:
    assert line.lags(60.0, 60.0) is Degree.CALLERS_WITHOUT_PARTIALS


def test_late_words_below_the_limit_cost_nothing(line: Line) -> None:
    assert line.lags(LIMIT_S, 60.0) is Degree.ALL


def test_a_short_stall_costs_nothing(line: Line) -> None:
    assert line.lags(5.0, 1.5) is Degree.ALL
    assert line.lags(3.0, 0.5) is Degree.ALL
    assert line.lags(5.0, 1.5) is Degree.ALL


def test_half_way_back_nothing_returns_yet(line: Line) -> None:
    line.lags(5.0, 3.0)
    assert line.lags(2.0, 300.0) is Degree.CALLERS


def test_a_line_without_calls_forgets_its_strain(line: Line) -> None:
    line.lags(5.0, 3.0)
    line.now_s += FORGOTTEN_S + 1
    assert line.lags(0.2, 0.5) is Degree.ALL


@pytest.mark.parametrize("degree", Degree)
@pytest.mark.parametrize("trend", Trend)
def test_every_step_of_the_table_is_taken_after_its_time_and_no_other(degree: Degree, trend: Trend) -> None:
    line = Line()
    if degree is not Degree.ALL:
        line.lags(5.0, 2.5 if degree is Degree.CALLERS else 8.5)
    assert line.strain.degree is degree
    following, lasting_s = STEPS.get((degree, trend), (degree, 0.0))
    assert line.lags(LAG_OF[trend], lasting_s + 1.0) is following


_SHORTEST_S = min(lasting_s for _, lasting_s in STEPS.values())


@given(st.lists(st.tuples(st.floats(0.01, 20), st.floats(0, 10)), max_size=80))
def test_no_step_comes_faster_than_its_hold_and_none_is_jumped(looks: list[tuple[float, float]]) -> None:
    strain, now_s, changed_at = Strain(LIMIT_S), 0.0, 0.0
    for wait_s, lag_s in looks:
        before, now_s = strain.degree, now_s + wait_s
        degree = strain.seen(lag_s, now_s)
        if degree is not before:
            assert abs(degree - before) == 1
            assert now_s - changed_at >= _SHORTEST_S
            assert lag_s > LIMIT_S if degree > before else lag_s < 1.0
            changed_at = now_s
