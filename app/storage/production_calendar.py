"""The Russian production calendar, from the package `holidays`.

What it knows: the public holidays of the Labour Code (article 112) for all years, and the government's moved days
off with the Saturdays worked in exchange for the years in `years_with_moved_days` (holidays 0.109: to 2027;
years before it that are not named had nothing moved). The decree for a year comes in the autumn before it, and a
release of the package some weeks later: for years after the last one only the Code's own rule is applied (a holiday
on a weekend moves to the next working day, the New Year holidays excepted), and an organisation writes the rest
into `overrides` of its profile.

Shortened days (article 95): a working day right before a public holiday is an hour shorter. A Saturday that is
worked in exchange has the length of the day that became free for it (order 588n of 13.08.2009), so it is shortened
when that day stands before a holiday: 2024-11-02 for 2024-04-30 and 2025-11-01 for 2025-11-03, but not 2024-12-28
for 2024-12-30.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import holidays

from app.domain.working_time import ProductionCalendar

DAY = timedelta(days=1)
SATURDAY = 5
_MOVED = "Выходной (перенесено с "
_OBSERVED = "(выходной)"


def years_with_moved_days() -> frozenset[int]:
    """The years for which the package knows the government's moved days."""
    package = holidays.country_holidays("RU")
    return frozenset(package.special_public_holidays) | frozenset(package.special_public_holidays_observed)


def production_calendar(years: range) -> ProductionCalendar:
    """The calendar of these years."""
    # The eve of 1 January belongs to the year before.
    named = holidays.country_holidays("RU", years=range(years.start, years.stop + 1), language="ru")
    moved = {day: origin for day, name in named.items() if (origin := _moved_from(name)) is not None}
    public = {day for day, name in named.items() if day not in moved and not name.endswith(_OBSERVED)}
    days_off = set(named) | _moved_by_law(public, max(years_with_moved_days()))
    worked = {day for day in moved.values() if day.weekday() >= SATURDAY and day not in public}
    eves = {day - DAY for day in public}
    shortened = {day for day in eves if day.weekday() < SATURDAY and day not in days_off}
    shortened |= {origin for day, origin in moved.items() if origin in worked and day in eves}
    return ProductionCalendar(
        days_off=_within(years, days_off),
        working_weekends=_within(years, worked),
        shortened=_within(years, shortened),
        moved=_within(years, days_off - public),
        exchanged={origin: day for day, origin in moved.items() if origin in worked and origin.year in years},
    )


def _moved_from(name: str) -> date | None:
    """The day given for a moved day off, from the package's name for it; a day can have several names."""
    for part in name.split("; "):
        if part.startswith(_MOVED):
            # A date without a time has no zone.
            return datetime.strptime(part.removeprefix(_MOVED)[:10], "%d.%m.%Y").date()  # noqa: DTZ007 - a date
    return None


def _moved_by_law(public: set[date], last_known: int) -> set[date]:
    """Article 112 for the years without a decree: a holiday on a weekend moves to the next working day."""
    found: set[date] = set()
    for day in sorted(public):
        if day.year <= last_known or day.weekday() < SATURDAY or (day.month == 1 and day.day <= 8):
            continue
        free = day + DAY
        while free.weekday() >= SATURDAY or free in public or free in found:
            free += DAY
        found.add(free)
    return found


def _within(years: range, days: set[date]) -> frozenset[date]:
    return frozenset(day for day in days if day.year in years)
