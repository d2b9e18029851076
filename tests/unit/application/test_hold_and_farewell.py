"""The promised time of return (L10), the hold by key, and who ends the call (L14)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.application.ports import LegEnd
from app.domain import facts as f
from app.domain.calls import Phase
from app.domain.facts import By, Presence
from app.domain.hold import HoldKept
from app.domain.profile import Terms
from tests.fakes.profile import profile
from tests.unit.application.house import CALLER, House


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    made = make_house(profile=profile(terms=Terms(caller_hangs_up=True)))
    made.sit_down("ivanova")
    return made


# --- hold ----------------------------------------------------------------------------------------------------


def test_the_panel_is_warned_before_the_time_and_after_it(house: House) -> None:
    house.talk()
    house.do("ivanova", "hold", return_in_s=30)
    stood = []
    for seconds in (0, 19.9, 0.2, 9.8, 0.2):
        house.pass_s(seconds)
        hold = house.call_of("ivanova")["hold"]
        stood.append((hold["warn"], hold["overdue"]))
    assert stood == [(False, False), (False, False), (True, False), (True, False), (True, True)]


def test_the_caller_is_asked_to_stay_when_the_time_has_passed_and_again(house: House) -> None:
    caller, _ = house.talk()
    house.do("ivanova", "hold", return_in_s=30)
    house.pass_s(29)
    assert caller.hears == "music"
    house.pass_s(1)
    assert caller.hears == "hold_longer"
    house.play_out()
    assert caller.hears == "music"
    house.pass_s(57)
    assert caller.hears == "music"
    house.pass_s(1)
    assert caller.hears == "hold_longer"
    house.do("ivanova", "resume")
    assert house.live(caller).state.holds == (HoldKept(30, 90.0),)
    house.pass_s(120)
    assert "hold_longer" not in caller.hears
    assert [x for x in house.facts() if isinstance(x, f.HoldOverran)] == [f.HoldOverran(1), f.HoldOverran(2)]


def test_each_hold_keeps_its_promise_by_itself(house: House) -> None:
    caller, _ = house.talk()
    for promised, held in ((30, 10), (10, 15), (60, 60)):
        house.do("ivanova", "hold", return_in_s=promised)
        house.pass_s(held)
        house.do("ivanova", "resume")
    holds = house.live(caller).state.holds
    assert holds == (HoldKept(30, 10.0), HoldKept(10, 15.0), HoldKept(60, 60.0))
    assert [one.in_time for one in holds] == [True, False, True]


def test_the_stars_key_of_the_operators_telephone_holds_and_resumes(house: House) -> None:
    caller, operator = house.talk()
    house.phone.presses(operator, "*")
    assert house.live(caller).state.hold is not None
    house.pass_s(5)
    house.phone.presses(operator, "5")
    assert house.live(caller).state.phase is Phase.HELD
    house.phone.presses(operator, "*")
    assert (house.live(caller).state.phase, caller.hears) == (Phase.TALKING, operator.id)


def test_in_a_call_out_the_star_belongs_to_the_line_that_was_called(house: House) -> None:
    house.do("ivanova", "dial", number=CALLER)
    operator = house.phone.last("browser:ivanova")
    house.phone.picks_up(operator)
    house.phone.picks_up(house.phone.last(CALLER))
    house.phone.presses(operator, "*")
    assert house.only().phase is Phase.TALKING


def test_a_hold_that_ends_in_a_loss_is_over(house: House) -> None:
    caller, operator = house.talk()
    house.do("ivanova", "hold", return_in_s=30)
    house.pass_s(40)
    house.phone.ends(operator, LegEnd.LOST)
    assert house.live(caller).state.holds == (HoldKept(30, 40.0),)
    house.pass_s(100)
    assert house.names().count("HoldOverran") == 1


# --- the end -------------------------------------------------------------------------------------------------


def survey_over(house: House) -> None:
    """The farewell is said, both questions are answered, the thanks are heard."""
    house.say_farewell("ivanova")
    house.do("ivanova", "hang_up")
    caller = next(leg for leg in house.phone.alive() if leg.incoming)
    house.play_out()
    for key in "13":
        house.phone.presses(caller, key)
    house.play_out()


def test_after_the_thanks_the_line_waits_for_the_caller_to_hang_up(house: House) -> None:
    caller, _ = house.talk()
    survey_over(house)
    assert house.live(caller).state.phase is Phase.LEAVING
    house.pass_s(19)
    house.phone.ends(caller)
    assert house.only().ended_by is By.CALLER
    assert house.names()[-2:] == ["HangUpAwaited", "CallEnded"]


def test_after_twenty_seconds_the_line_ends_it(house: House) -> None:
    caller, _ = house.talk()
    survey_over(house)
    house.pass_s(19.9)
    assert house.phone.alive() == [caller]
    house.pass_s(0.2)
    assert house.phone.alive() == []
    assert house.facts()[-1] == f.CallEnded(By.LINE, "finished")


def test_the_operator_is_free_meanwhile(house: House) -> None:
    caller, _ = house.talk()
    survey_over(house)
    assert house.presence("ivanova") is Presence.WRAP_UP
    house.do("ivanova", "ready")
    other = house.dial("+79270000000")
    assert house.presence("ivanova") is Presence.OFFERED
    assert not caller.gone
    assert other.hears == "welcome"


def test_a_called_person_hangs_up_too(house: House) -> None:
    house.do("ivanova", "dial", number=CALLER)
    house.phone.picks_up(house.phone.last("browser:ivanova"))
    callee = house.phone.last(CALLER)
    house.phone.picks_up(callee)
    house.say_farewell("ivanova")
    house.do("ivanova", "hang_up")
    assert not callee.gone
    assert house.presence("ivanova") is Presence.WRAP_UP
    house.phone.ends(callee)
    assert (house.only().ended_by, house.only().outcome) == (By.CALLER, "answered")


def test_without_a_farewell_nobody_is_waited_for(house: House) -> None:
    house.do("ivanova", "dial", number=CALLER)
    house.phone.picks_up(house.phone.last("browser:ivanova"))
    callee = house.phone.last(CALLER)
    house.phone.picks_up(callee)
    house.do("ivanova", "hang_up", reason="угрозы")
    assert callee.gone


def test_other_organisations_end_the_call_themselves(make_house: Callable[..., House]) -> None:
    house = make_house()
    house.sit_down("ivanova")
    caller, _ = house.talk()
    survey_over(house)
    assert caller.gone
    assert house.only().ended_by is By.LINE
    assert "HangUpAwaited" not in house.names()
