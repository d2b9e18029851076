"""The caller's convenient time, and when to call (L11: housing 5.9, property 27)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.convenient_times import Convenient, convenient, when_to_call
from app.domain.working_time import Schedule, is_working_time
from tests.unit.domain.schedules import ASTRAKHAN, DAY, schedules_near

TODAY = date(2026, 11, 18)
"""A Wednesday."""
LAST = time(23, 59)
OFFICE = Schedule(ASTRAKHAN, dict.fromkeys(range(5), DAY))


@pytest.mark.parametrize(
    ("text", "day", "since", "until"),
    [
        ("с 10 до 12", None, time(10), time(12)),
        ("С 10:30 до 12 часов", None, time(10, 30), time(12)),
        ("с 9.00 до 10.30", None, time(9), time(10, 30)),
        ("10-12", None, time(10), time(12)),
        ("10:15 – 11:45", None, time(10, 15), time(11, 45)),
        ("после 15", None, time(15), LAST),
        ("не раньше 16", None, time(16), LAST),
        ("до 11", None, time(0), time(11)),
        ("не позднее 11:30", None, time(0), time(11, 30)),
        ("в 14:30", None, time(14), time(15)),
        ("около 15 часов", None, time(14, 30), time(15, 30)),
        ("утром", None, time(0), time(12)),
        ("в первой половине дня", None, time(0), time(12)),
        ("днём", None, time(12), time(17)),
        ("после обеда", None, time(13), LAST),
        ("во второй половине дня", None, time(13), LAST),
        ("вечером", None, time(16), LAST),
        ("завтра утром", date(2026, 11, 19), time(0), time(12)),
        ("послезавтра с 9 до 10", date(2026, 11, 20), time(9), time(10)),
        ("сегодня после обеда", TODAY, time(13), LAST),
        ("в среду после 15:00", TODAY, time(15), LAST),
        ("в пятницу", date(2026, 11, 20), time(0), LAST),
        ("во вторник утром", date(2026, 11, 24), time(0), time(12)),
        ("23.11 до 11", date(2026, 11, 23), time(0), time(11)),
        ("лучше 23.11 с 10 до 11", date(2026, 11, 23), time(10), time(11)),
        ("с 10.11 до 12", None, time(10, 11), time(12)),
        ("05.01", date(2027, 1, 5), time(0), LAST),
    ],
)
def test_what_the_words_mean(text: str, day: date | None, since: time, until: time) -> None:
    assert convenient(text, TODAY) == Convenient(day, since, until)


@pytest.mark.parametrize("text", ["", "как получится", "с 12 до 10", "в 25", "31.02", "по возможности"])
def test_what_is_not_understood_stays_words(text: str) -> None:
    assert convenient(text, TODAY) is None


@pytest.mark.parametrize(
    ("wish", "now", "due", "call"),
    [
        (None, "2026-11-18 10:00", "2026-11-18 15:00", "2026-11-18 10:00"),
        (None, "2026-11-18 12:30", "2026-11-18 15:00", "2026-11-18 13:00"),
        ("после обеда", "2026-11-18 10:00", "2026-11-18 15:00", "2026-11-18 13:00"),
        ("с 10 до 11", "2026-11-18 10:20", "2026-11-18 15:00", "2026-11-18 10:20"),
        ("с 10 до 11", "2026-11-18 11:20", "2026-11-18 15:00", None),
        ("с 10 до 11", "2026-11-18 11:20", "2026-11-19 15:00", "2026-11-19 10:00"),
        ("завтра утром", "2026-11-18 10:00", "2026-11-19 15:00", "2026-11-19 08:30"),
        ("завтра утром", "2026-11-18 10:00", "2026-11-18 15:00", None),
        ("в субботу", "2026-11-18 10:00", "2026-11-23 15:00", None),
        ("вечером", "2026-11-18 10:00", "2026-11-18 17:00", "2026-11-18 16:00"),
        (None, "2026-11-18 16:00", "2026-11-18 15:00", None),
    ],
)
def test_when_to_call(wish: str | None, now: str, due: str, call: str | None) -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=ASTRAKHAN)

    meant = convenient(wish, TODAY) if wish else None
    assert when_to_call(OFFICE, meant, at(now), at(due)) == (at(call) if call else None)


@given(st.text("0123456789:.-– сдопвутремнчябзл", max_size=40))
def test_no_words_are_too_odd(text: str) -> None:
    found = convenient(text, TODAY)
    assert found is None or found.since < found.until


@given(
    schedules_near(),
    st.builds(Convenient, st.none(), st.times(max_value=time(12)), st.times(min_value=time(12, 1))),
    st.integers(0, 20000),
)
def test_a_call_is_proposed_in_working_time_within_the_wish_and_the_term(
    case: tuple[Schedule, datetime], wish: Convenient, minutes: int
) -> None:
    schedule, now = case
    due = now + timedelta(minutes=minutes)
    moment = when_to_call(schedule, wish, now, due)
    if moment is not None:
        assert now <= moment.astimezone(UTC) <= due
        assert is_working_time(schedule, moment)
