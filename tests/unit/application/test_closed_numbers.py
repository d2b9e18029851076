"""The closed line by its reason, and the number that a caller types (L1, `closed.yaml`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from structlog.testing import capture_logs

from app.domain import facts as f
from app.domain.facts import By
from app.domain.profile import Closed, ClosedAction, ClosedKey, ClosedReason, Profile
from app.domain.working_time import ProductionCalendar
from tests.fakes.phone import FakeLeg
from tests.fakes.profile import profile
from tests.unit.application.house import CALLER, House

LUNCH = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
HOLIDAY = datetime(2026, 11, 4, 8, 0, tzinfo=UTC)
KEYS = (ClosedKey("1", ClosedAction.CALL_BACK), ClosedKey("2", ClosedAction.OTHER_NUMBER))
SAY = {
    ClosedReason.NIGHT: "closed",
    ClosedReason.LUNCH: "closed_lunch",
    ClosedReason.HOLIDAY: "closed_holiday",
}
OTHER, TYPED = "+79161112233", "89161112233"
BACK = "восемь, девять, один, шесть, один, один, один, два, два, три, три"


def office() -> Profile:
    usual = profile()
    announcements = {**usual.announcements, "closed_holiday": "Праздник.", "closed_goodbye": "Перезвоните {hours}."}
    calendar = ProductionCalendar(frozenset({date(2026, 11, 4)}))
    return replace(
        usual,
        closed=Closed((), SAY, KEYS, wait_s=4),
        announcements=announcements,
        schedule=replace(usual.schedule, calendar=calendar),
    )


@pytest.fixture
def closed(make_house: Callable[..., House]) -> House:
    return make_house(SATURDAY, profile=office())


def types(house: House, leg: FakeLeg, keys: str) -> None:
    for key in keys:
        house.phone.presses(leg, key)


@pytest.mark.parametrize(
    ("at", "hears", "why"),
    [
        (NIGHT, "closed", "night"),
        (LUNCH, "closed_lunch", "lunch"),
        (SATURDAY, "closed", "day_off"),  # has none of its own
        (HOLIDAY, "closed_holiday", "holiday"),
    ],
)
def test_each_reason_has_its_announcement(
    make_house: Callable[..., House], at: datetime, hears: str, why: str
) -> None:
    house = make_house(at, profile=office())
    assert house.dial().hears == hears
    closed = next(fact for fact in house.facts() if isinstance(fact, f.LineWasClosed))
    assert closed.why == why


def test_the_profile_says_how_long_a_key_may_be_pressed(closed: House) -> None:
    caller = closed.dial()
    closed.play_out()
    closed.pass_s(3.9)
    assert closed.phone.alive() == [caller]
    closed.pass_s(0.2)
    assert closed.phone.alive() == []


@pytest.mark.parametrize(("number", "key"), [(CALLER, "2"), ("anonymous", "1"), ("anonymous", "2"), ("101", "1")])
@pytest.mark.parametrize("heard_out", [True, False])
def test_a_number_is_typed_read_back_and_promised(closed: House, number: str, key: str, heard_out: bool) -> None:
    caller = closed.dial(number)
    with capture_logs() as logs:
        closed.phone.presses(caller, key)
        assert caller.hears == "closed_number"
        if heard_out:
            closed.play_out()
        types(closed, caller, TYPED[:5])
        assert caller.hears == "silence"
        closed.pass_s(9)
        types(closed, caller, TYPED[5:] + "#")
    assert caller.hears == "closed_number_back"
    assert closed.announcer.text_of("closed_number_back") == f"Ваш номер: {BACK}."
    (promise,) = closed.recorder.promises.values()
    assert (promise.number, promise.made_by) == (OTHER, By.CALLER)
    assert promise.due_at == datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    closed.play_out()
    assert caller.hears == "closed_promised"
    closed.play_out()
    assert caller.gone
    assert not [one for one in logs if "9161112233" in str(one) or "89161" in str(one)]


def test_a_wrong_number_is_asked_for_once_more(closed: House) -> None:
    caller = closed.dial()
    types(closed, caller, "2123#")
    assert caller.hears == "closed_number_wrong"
    types(closed, caller, TYPED + "#")
    assert [p.number for p in closed.recorder.promises.values()] == [OTHER]
    assert [x for x in closed.facts() if isinstance(x, f.NumberAsked)] == [f.NumberAsked(1), f.NumberAsked(2)]


@pytest.mark.parametrize("second", ["#", "4#", "123456789012345678901234567890#"])
def test_a_second_wrong_number_ends_the_call(closed: House, second: str) -> None:
    caller = closed.dial()
    types(closed, caller, "2#" + second)
    assert caller.hears == "closed_goodbye"
    assert closed.announcer.text_of("closed_goodbye") == "Перезвоните по будням с 8:30 до 17:30."
    closed.play_out()
    assert caller.gone
    assert closed.facts()[-2:] == [f.NumberGivenUp(), f.CallEnded(By.LINE, "closed")]
    assert not closed.recorder.promises


def test_the_star_begins_the_number_anew(closed: House) -> None:
    caller = closed.dial()
    types(closed, caller, f"277*{TYPED}#")
    assert [p.number for p in closed.recorder.promises.values()] == [OTHER]


def test_ten_seconds_of_silence_end_it(closed: House) -> None:
    caller = closed.dial()
    types(closed, caller, "2")
    closed.play_out()
    closed.pass_s(9.9)
    assert closed.phone.alive() == [caller]
    closed.pass_s(0.2)
    assert closed.phone.alive() == []
    assert not closed.recorder.promises


def test_who_forgets_the_last_key_is_called_back_all_the_same(closed: House) -> None:
    caller = closed.dial()
    types(closed, caller, "2" + TYPED)
    closed.pass_s(10)
    assert [p.number for p in closed.recorder.promises.values()] == [OTHER]


def test_who_hangs_up_while_typing_leaves_nothing(closed: House) -> None:
    caller = closed.dial()
    types(closed, caller, "2891")
    closed.phone.ends(caller)
    assert not closed.recorder.promises
    assert not closed.exchange._effects.closed._leaving


def test_an_organisation_may_leave_out_the_reading_back(make_house: Callable[..., House]) -> None:
    texts = {name: text for name, text in office().announcements.items() if name != "closed_number_back"}
    house = make_house(SATURDAY, profile=replace(office(), announcements=texts))
    caller = house.dial()
    types(house, caller, f"2{TYPED}#")
    assert caller.hears == "closed_promised"
