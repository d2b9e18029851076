"""When units review their part of the knowledge base (K2: property 35)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.reviews import ReviewStatus, overdue, review, reviews

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("ago", "status", "late"),
    [
        (None, ReviewStatus.NEVER, 0),
        (0, ReviewStatus.REVIEWED, 0),
        (-3, ReviewStatus.REVIEWED, 0),
        (25, ReviewStatus.REVIEWED, 0),
        (26, ReviewStatus.DUE_SOON, 0),
        (31, ReviewStatus.DUE_SOON, 0),
        (32, ReviewStatus.OVERDUE, 1),
        (131, ReviewStatus.OVERDUE, 100),
    ],
)
def test_how_a_review_stands(ago: int | None, status: ReviewStatus, late: int) -> None:
    last = None if ago is None else TODAY - timedelta(days=ago)
    its = review("land", last, TODAY, 31)
    assert (its.status, its.overdue_days) == (status, late)
    assert its.wanting is (status in (ReviewStatus.NEVER, ReviewStatus.OVERDUE))
    assert (its.due is None) is (last is None)


def test_the_overdue_ones_begin_with_those_never_reviewed() -> None:
    units = ["a", "b", "c", "d"]
    last = {"a": TODAY - timedelta(days=40), "b": TODAY, "c": TODAY - timedelta(days=90), "d": None}
    assert [one.unit for one in overdue(units, last, TODAY, 31)] == ["d", "c", "a"]
    assert [one.unit for one in reviews(units, last, TODAY, 31)] == units


def test_a_unit_that_nobody_wrote_down_was_never_reviewed() -> None:
    assert review("x", None, TODAY, 31) == reviews(["x"], {}, TODAY, 31)[0]


@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 400), st.dates(date(2020, 1, 1), date(2030, 1, 1))
)
def test_a_review_is_overdue_exactly_after_its_days(last: date, days: int, today: date) -> None:
    its = review("a", last, today, days)
    assert its.wanting == ((today - last).days > days)
    assert its.due is not None
    assert its.due >= min(last, today)
