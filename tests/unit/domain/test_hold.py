"""The promised time of return, over its whole range (L10: education 3.5.5)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import commands as c
from app.domain import facts as f
from app.domain.calls import Phase
from app.domain.conduct import decide
from app.domain.errors import BadInput
from app.domain.hold import HoldFigures, HoldKept, figures, next_ask_s, promised, stands
from tests.unit.domain.samples import NOW, PROFILE, call_in, does


@pytest.mark.parametrize(("seconds", "allowed"), [(4, False), (5, True), (60, True), (1800, True), (1801, False)])
def test_what_may_be_promised(seconds: int, allowed: bool) -> None:
    if allowed:
        assert promised(seconds) == seconds
    else:
        with pytest.raises(BadInput, match="between 5 seconds and 30 minutes"):
            promised(seconds)


@pytest.mark.parametrize(
    ("return_in_s", "after_s", "left_s", "warn", "overdue"),
    [
        (60, 0, 60, False, False),
        (60, 49.9, 10.1, False, False),
        (60, 50, 10, True, False),
        (60, 59.9, 0.1, True, False),
        (60, 60, 0, True, True),
        (60, 100, -40, True, True),
        (5, 0, 5, True, False),
    ],
)
def test_how_a_hold_stands(return_in_s: int, after_s: float, left_s: float, warn: bool, overdue: bool) -> None:
    its = stands(NOW, return_in_s, NOW + timedelta(seconds=after_s))
    assert (its.left_s, its.warn, its.overdue) == (left_s, warn, overdue)


@given(st.integers(5, 1800), st.floats(0, 4000))
def test_a_hold_warns_before_it_is_overdue(return_in_s: int, after_s: float) -> None:
    its = stands(NOW, return_in_s, NOW + timedelta(seconds=after_s))
    assert its.warn or not its.overdue
    assert its.overdue == (its.left_s <= 0) or abs(its.left_s) < 0.1


@pytest.mark.parametrize(
    ("promised_s", "held_s", "in_time", "over_s"),
    [(60, 0.0, True, 0.0), (60, 60.0, True, 0.0), (60, 60.1, False, 0.1), (5, 300.0, False, 295.0)],
)
def test_what_was_kept_against_what_was_promised(
    promised_s: int, held_s: float, in_time: bool, over_s: float
) -> None:
    kept = HoldKept(promised_s, held_s)
    assert (kept.in_time, kept.over_s) == (in_time, over_s)


def test_the_figures_of_several_holds() -> None:
    assert figures([]) == HoldFigures()
    assert figures([HoldKept(60, 30.5), HoldKept(30, 31.2)]) == HoldFigures(2, 90, 61.7, 1)


def test_the_caller_is_asked_at_the_time_and_each_minute_after() -> None:
    assert [next_ask_s(asked, 30) for asked in range(3)] == [30.0, 90.0, 150.0]


def test_nobody_is_asked_to_stay_before_the_time() -> None:
    held = call_in(Phase.HELD)
    for after_s, facts in [(59.9, []), (60, [f.HoldOverran(1)])]:
        assert decide(PROFILE, held, c.AskToHoldOn(), NOW + timedelta(seconds=after_s)) == facts
    again = does(held, c.AskToHoldOn(), now=NOW + timedelta(seconds=60))
    assert decide(PROFILE, again, c.AskToHoldOn(), NOW + timedelta(seconds=120)) == [f.HoldOverran(2)]
    assert decide(PROFILE, call_in(Phase.TALKING), c.AskToHoldOn(), NOW) == []
