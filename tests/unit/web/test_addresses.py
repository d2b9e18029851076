"""Periods and filters: what stands in an address, read and written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.application.reports import CallFilters
from app.domain.calls import Direction, Outcome
from app.domain.errors import BadInput
from app.web.call_queries import calls_address, read_filters, read_page
from app.web.periods import Period, read_period
from app.web.signed_in import safe_next

ZONE = ZoneInfo("Europe/Astrakhan")
NOW = datetime(2026, 11, 22, 21, 30, tzinfo=UTC)
TODAY = date(2026, 11, 23)
"""In Astrakhan it is the next day already."""


def read(**query: str) -> Period:
    return read_period({name.rstrip("_"): value for name, value in query.items()}, NOW, ZONE)


def test_today_is_the_organisations() -> None:
    assert read() == Period("today", TODAY, TODAY)


def test_a_week_ends_today() -> None:
    assert read(period="7") == Period("7", date(2026, 11, 17), TODAY)


def test_custom_days() -> None:
    assert read(from_="2026-11-01", to="2026-11-10") == Period("custom", date(2026, 11, 1), date(2026, 11, 10))
    assert read(to="2026-11-10").days == 1


@pytest.mark.parametrize(
    "query",
    [
        {"period": "century"},
        {"from_": "01.11.2026"},
        {"from_": "2026-11-10", "to": "2026-11-01"},
        {"from_": "2020-01-01", "to": "2026-11-01"},
        {"from_": "2026-02-30"},
    ],
)
def test_days_that_cannot_be_used(query: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        read(**query)


def test_today_is_compared_with_the_same_part_of_the_same_weekday() -> None:
    previous = read().previous(NOW.astimezone(ZONE))
    assert (previous.day_from, previous.day_to) == (TODAY - timedelta(days=7), TODAY - timedelta(days=7))
    assert previous.before == NOW - timedelta(days=7)


def test_a_month_is_compared_with_the_month_before() -> None:
    previous = read(period="30").previous(NOW.astimezone(ZONE))
    assert (previous.day_to, previous.days) == (TODAY - timedelta(days=30), 30)


def test_days_that_are_over_are_compared_whole() -> None:
    assert read(from_="2026-11-09", to="2026-11-15").previous(NOW.astimezone(ZONE)) == Period(
        "custom", date(2026, 11, 2), date(2026, 11, 8)
    )


ids = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-&=%+ ё", min_size=1, max_size=20)


@given(
    filters=st.builds(
        CallFilters,
        day_from=st.dates(date(2026, 1, 1), date(2026, 6, 1)),
        day_to=st.dates(date(2026, 6, 2), date(2026, 12, 1)),
        direction=st.none() | st.sampled_from(Direction),
        outcome=st.none() | st.sampled_from(Outcome),
        hour=st.none() | st.integers(0, 23),
        operator=st.just("") | ids,
        rated_operator=st.just("") | ids,
        question=ids,
        answer=st.just("") | ids,
        in_time=st.booleans(),
        transferred=st.booleans(),
    )
)
def test_filters_come_back_from_their_address(filters: CallFilters) -> None:
    query = dict(parse_qsl(urlsplit(calls_address(filters)).query))
    assert read_filters(query, NOW, ZONE) == filters


@pytest.mark.parametrize(
    "query",
    [
        {"outcome": "won"},
        {"direction": "up"},
        {"hour": "24"},
        {"hour": "-1"},
        {"hour": "٣"},
        {"operator": "x" * 201},
    ],
)
def test_filters_that_there_are_not(query: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        read_filters(query, NOW, ZONE)


@pytest.mark.parametrize("text", ["0", "x", "-2", "1e3", "99999999999999999999"])
def test_pages_count_from_one(text: str) -> None:
    with pytest.raises(BadInput):
        read_page({"page": text})


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "/\\evil", "javascript:1", "a", "/a\nb"]
)
def test_the_login_leads_nowhere_else(target: str) -> None:
    assert safe_next(target) == ""


def test_the_login_leads_back() -> None:
    assert safe_next("/manager/calls?from=2026-11-01&page=2") == "/manager/calls?from=2026-11-01&page=2"
