"""Outside working hours: the announcement with the next opening, the key, the record (L1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from app.domain import facts as f
from app.domain.calls import Outcome, Phase
from app.domain.facts import By, Presence
from tests.fakes.clock import MONDAY_TEN
from tests.fakes.profile import profile
from tests.unit.application.house import CALLER, House

LUNCH = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.fixture
def closed(make_house: Callable[..., House]) -> House:
    return make_house(SATURDAY)


@pytest.mark.parametrize(
    ("at", "opening"),
    [
        (LUNCH, "в понедельник, двадцать третьего ноября, в тринадцать часов"),
        (SATURDAY, "в понедельник, двадцать третьего ноября, в восемь тридцать"),
    ],
)
def test_caller_hears_the_hours_and_the_next_opening(
    make_house: Callable[..., House], at: datetime, opening: str
) -> None:
    house = make_house(at)
    house.sit_down("ivanova")
    caller = house.dial()
    assert caller.hears == "closed"
    assert house.announcer.text_of("closed") == (
        f"Линия не работает. Мы отвечаем по будням с 8:30 до 17:30. Откроемся: {opening}. Нажмите один."
    )
    assert house.presence("ivanova") is Presence.READY
    assert not house.feed.shown["ivanova"]["line"]["open"]


def test_after_the_announcement_the_line_waits_for_the_key_and_ends(closed: House) -> None:
    caller = closed.dial()
    closed.play_out()
    closed.pass_s(5)
    assert closed.phone.alive() == [caller]
    closed.pass_s(1)
    assert closed.phone.alive() == []
    assert closed.facts()[-1] == f.CallEnded(By.LINE, "closed")
    assert closed.only().outcome is Outcome.OUT_OF_HOURS


@pytest.mark.parametrize("after_s", [0, 1, 4])
def test_key_one_makes_a_promise_to_call_back(closed: House, after_s: float) -> None:
    caller = closed.dial()
    closed.pass_s(after_s)
    closed.phone.presses(caller, "1")
    assert caller.hears == "closed_promised"
    closed.play_out()
    assert caller.gone
    (promise,) = closed.recorder.promises.values()
    assert (promise.number, promise.made_by) == (CALLER, By.CALLER)
    # Four working hours from Monday's opening at 8:30 end at 13:30, after lunch.
    assert promise.due_at == datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    assert closed.only().outcome is Outcome.OUT_OF_HOURS


def test_pressing_one_twice_promises_once(closed: House) -> None:
    caller = closed.dial()
    closed.phone.presses(caller, "1")
    closed.phone.presses(caller, "1")
    assert len(closed.recorder.promises) == 1


@pytest.mark.parametrize("key", ["2", "3", "#"])
def test_keys_without_a_meaning_promise_nothing(closed: House, key: str) -> None:
    caller = closed.dial()
    closed.phone.presses(caller, key)
    assert not closed.recorder.promises
    closed.pass_s(8)
    assert caller.gone


def test_caller_who_hangs_up_is_out_of_hours_and_not_lost(closed: House) -> None:
    caller = closed.dial()
    closed.phone.ends(caller)
    assert closed.only().outcome is Outcome.OUT_OF_HOURS


def test_conversation_that_began_before_lunch_goes_on(make_house: Callable[..., House]) -> None:
    house = make_house(datetime(2026, 11, 23, 7, 59, 50, tzinfo=UTC))
    house.sit_down("ivanova")
    caller, operator = house.talk()
    house.pass_s(60)
    assert caller.hears == operator.id
    assert house.dial("+79271230000").hears == "closed"
    house.do("ivanova", "hold")
    house.do("ivanova", "resume")
    assert house.live(caller).state.phase is Phase.TALKING


def test_line_of_the_demonstration_is_open_at_any_hour(make_house: Callable[..., House]) -> None:
    house = make_house(SATURDAY, profile=profile(always_open=True))
    assert house.dial().hears == "welcome"
    house.sit_down("ivanova")
    line = house.feed.shown["ivanova"]["line"]
    assert (line["open"], line["next_opening"]) == (True, None)


def test_open_again_after_lunch(make_house: Callable[..., House]) -> None:
    house = make_house(LUNCH)
    house.pass_s(30 * 60)
    assert house.dial().hears == "welcome"
    assert house.clock.now() > MONDAY_TEN
