"""An operator whose telephone registers at the line: asked only while it is there, and told when it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from app.domain.calls import Phase
from app.domain.errors import BadInput
from app.domain.facts import Presence
from tests.fakes.office import IVANOVA, PETROV, FakeStaff
from tests.unit.application.house import House


@pytest.fixture
def house() -> House:
    """Ivanova's telephone registers at the line; Petrov has a browser."""
    house = House()
    house.staff = FakeStaff(replace(IVANOVA, phone="phone:ivanova"), PETROV)
    house.roster._staff = house.staff
    return house


def registers(house: House, *, registered: bool = True) -> None:
    house.exchange.phone_registered("ivanova", registered=registered)


def me(house: House) -> Mapping[str, Any]:
    shown: Mapping[str, Any] = house.feed.shown["ivanova"]["me"]
    return shown


def test_a_call_rings_at_the_registered_telephone(house: House) -> None:
    registers(house)
    house.sit_down("ivanova", device="phone")
    house.dial()
    leg = house.phone.last("phone:ivanova")
    house.phone.picks_up(leg)
    assert house.presence("ivanova") is Presence.BUSY


def test_without_its_telephone_nobody_becomes_ready_on_it(house: House) -> None:
    with pytest.raises(BadInput, match="not registered") as refused:
        house.sit_down("ivanova", device="phone")
    assert refused.value.code == "phone_gone"
    house.sit_down("ivanova", device="browser")
    assert house.roster.place("ivanova").free


def test_while_the_telephone_is_gone_no_call_is_offered_and_the_panel_says_so(house: House) -> None:
    registers(house)
    house.sit_down("ivanova", device="phone")
    assert me(house)["phone_registered"]
    registers(house, registered=False)
    house.dial()
    assert house.only().phase is Phase.WAITING
    assert not me(house)["phone_registered"]
    house.pass_s(15)
    assert (me(house)["presence"], me(house)["why"]) == ("break", "unreachable")


def test_a_telephone_that_comes_back_in_time_gets_the_waiting_call(house: House) -> None:
    registers(house)
    house.sit_down("ivanova", device="phone")
    registers(house, registered=False)
    house.dial()
    house.pass_s(10)
    registers(house)
    assert house.only().phase is Phase.OFFERED
    assert house.phone.last("phone:ivanova")


def test_colleagues_see_who_cannot_be_reached(house: House) -> None:
    registers(house)
    house.sit_down("ivanova", device="phone")
    house.sit_down("petrov")
    registers(house, registered=False)
    (colleague,) = house.feed.shown["petrov"]["colleagues"]
    assert colleague["free"] is False


def test_the_telephone_of_another_is_not_ones_own(house: House) -> None:
    with pytest.raises(BadInput):
        house.do("petrov", "ready", device="phone", phone="phone:ivanova")


def test_a_telephone_of_nobody_is_no_fault(house: House) -> None:
    house.exchange.phone_registered("nobody", registered=True)
    assert house.left_over() == []


def test_a_telephone_with_an_address_needs_no_registration(house: House) -> None:
    house.do("petrov", "ready", device="phone", phone="sip:petrov@127.0.0.1:5080")
    assert house.feed.shown["petrov"]["me"]["phone_registered"] is None
    assert house.roster.place("petrov").free
