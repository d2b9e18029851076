"""The production calendar against the calendars as they were published for 2024 to 2026."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.domain.working_time import ProductionCalendar
from app.storage.production_calendar import production_calendar, years_with_moved_days

PUBLISHED = {
    # Working days, and hours at 40 a week: the sums of the published calendars check each single day.
    2024: (248, 1979),
    2025: (247, 1972),
    2026: (247, 1972),
}
SHORTENED = {
    2024: ["2024-02-22", "2024-03-07", "2024-05-08", "2024-06-11", "2024-11-02"],
    2025: ["2025-03-07", "2025-04-30", "2025-06-11", "2025-11-01"],
    2026: ["2026-04-30", "2026-05-08", "2026-06-11", "2026-11-03"],
}
WORKED = {2024: ["2024-04-27", "2024-11-02", "2024-12-28"], 2025: ["2025-11-01"], 2026: []}


def working_days(calendar: ProductionCalendar, year: int) -> list[date]:
    days = [date(year, 1, 1) + timedelta(days=i) for i in range(366)]
    return [
        day
        for day in days
        if day.year == year
        and day not in calendar.days_off
        and (day.weekday() < 5 or day in calendar.working_weekends)
    ]


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_the_year_has_the_published_days_and_hours(year: int) -> None:
    calendar = production_calendar(range(year, year + 1))
    worked = working_days(calendar, year)
    hours = sum(7 if day in calendar.shortened else 8 for day in worked)
    assert (len(worked), hours) == PUBLISHED[year]
    assert calendar.shortened <= set(worked)


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_shortened_days_and_worked_saturdays(year: int) -> None:
    calendar = production_calendar(range(year, year + 1))
    assert sorted(map(str, calendar.shortened)) == SHORTENED[year]
    assert sorted(map(str, calendar.working_weekends)) == WORKED[year]


@pytest.mark.parametrize(
    "day",
    [
        *("2024-04-29", "2024-04-30", "2024-05-10", "2024-12-30", "2024-12-31"),
        *("2025-05-02", "2025-05-08", "2025-06-13", "2025-11-03", "2025-12-31"),
        *("2026-01-09", "2026-03-09", "2026-05-11", "2026-12-31"),
    ],
)
def test_days_off_that_were_moved(day: str) -> None:
    assert date.fromisoformat(day) in production_calendar(range(2024, 2027)).days_off


def test_only_the_years_asked_for_are_there() -> None:
    calendar = production_calendar(range(2025, 2026))
    everything = calendar.days_off | calendar.working_weekends | calendar.shortened
    assert {day.year for day in everything} == {2025}


def test_several_years_are_the_sum_of_single_ones() -> None:
    together = production_calendar(range(2024, 2027))
    alone = [production_calendar(range(year, year + 1)) for year in (2024, 2025, 2026)]
    assert together.days_off == frozenset().union(*(one.days_off for one in alone))
    assert together.shortened == frozenset().union(*(one.shortened for one in alone))


def test_the_years_with_moved_days_are_those_of_the_docstring() -> None:
    """A newer package knows more: then the docstring and this test are to be brought up to date."""
    assert {2024, 2025, 2026, 2027} <= years_with_moved_days()
    assert max(years_with_moved_days()) == 2027


def test_years_without_a_decree_keep_to_article_112() -> None:
    """2028: 4 November is a Saturday; 2 and 8 January on a weekend are not moved by the Code itself."""
    calendar = production_calendar(range(2028, 2029))
    assert date(2028, 11, 6) in calendar.days_off
    assert date(2028, 1, 10) not in calendar.days_off
    assert calendar.working_weekends == frozenset()
    assert date(2028, 11, 3) in calendar.shortened


def test_a_worked_saturday_tells_for_which_day_it_is_worked() -> None:
    calendar = production_calendar(range(2024, 2027))
    assert {str(day): str(freed) for day, freed in calendar.exchanged.items()} == {
        "2024-04-27": "2024-04-29",
        "2024-11-02": "2024-04-30",
        "2024-12-28": "2024-12-30",
        "2025-11-01": "2025-11-03",
    }
    assert set(calendar.exchanged) == calendar.working_weekends


def test_days_off_that_were_moved_are_no_holidays() -> None:
    calendar = production_calendar(range(2026, 2027))
    moved = ["2026-01-09", "2026-03-09", "2026-05-11", "2026-12-31"]
    assert sorted(map(str, calendar.moved)) == moved
    assert calendar.moved <= calendar.days_off
