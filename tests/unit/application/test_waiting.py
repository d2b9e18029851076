"""The place in the queue, as a waiting caller hears it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.application.ports import LegEnd
from app.domain.profile import Unit
from tests.fakes.phone import FakeLeg
from tests.fakes.profile import ANNOUNCEMENTS, profile
from tests.unit.application.house import House

TEXT = "Вы {position} в очереди."
SECOND_UNIT = "+7 (8512) 51-00-00"


@pytest.fixture
def busy(make_house: Callable[..., House]) -> House:
    """Nobody answers, in a house of two units that tells the place."""
    plain = profile()
    units = (*plain.units, Unit("registry", "регистратура", (SECOND_UNIT,)))
    return make_house(profile=replace(plain, units=units, announcements={**ANNOUNCEMENTS, "position": TEXT}))


def callers(house: House, number: int, dialled: str = "") -> list[FakeLeg]:
    """So many, a second after each other."""
    legs = []
    for n in range(number):
        caller = f"+7927123450{n}"
        legs.append(house.dial(caller, dialled) if dialled else house.dial(caller))
        house.pass_s(1)
    return legs


def places(house: House) -> list[str]:
    return [text for name, text in house.announcer.spoken if name == "position"]


def test_the_place_is_said_after_the_welcome(busy: House) -> None:
    first, second, third = callers(busy, 3)
    busy.pass_s(4)
    assert places(busy) == ["Вы первый в очереди.", "Вы второй в очереди.", "Вы третий в очереди."]
    for leg in (first, second, third):
        assert [heard for heard in leg.heard if heard != "silence"] == ["welcome", "position", "music"]


def test_it_is_said_again_only_when_it_has_changed(busy: House) -> None:
    first, second = callers(busy, 2)
    busy.pass_s(4)
    busy.phone.ends(first)
    busy.pass_s(45)
    assert second.hears == "waiting position"
    assert busy.announcer.text_of("position") == "Вы первый в очереди."
    busy.pass_s(4 + 45)
    assert second.hears == "waiting"


def test_who_is_being_answered_is_not_told_a_place(busy: House) -> None:
    busy.sit_down("ivanova")
    caller = busy.dial()
    busy.play_out()
    assert caller.hears == "music"
    assert places(busy) == []


def test_each_unit_has_a_queue_of_its_own(busy: House) -> None:
    callers(busy, 2)
    callers(busy, 1, SECOND_UNIT)
    busy.pass_s(4)
    assert places(busy)[-1] == "Вы первый в очереди."


def test_two_that_come_in_one_instant_have_different_places(busy: House) -> None:
    busy.dial("+79271234501")
    busy.dial("+79271234502")
    busy.play_out()
    assert sorted(places(busy)) == ["Вы второй в очереди.", "Вы первый в очереди."]


def test_who_comes_back_to_the_queue_hears_the_place_only_when_it_is_another(busy: House) -> None:
    (caller,) = callers(busy, 1)
    busy.pass_s(4)
    busy.sit_down("ivanova")
    operator = busy.accept("ivanova")
    busy.phone.ends(operator, LegEnd.LOST)
    assert caller.hears == "connecting"
    busy.play_out()
    assert caller.hears == "music"
    assert places(busy) == ["Вы первый в очереди."]


def test_an_organisation_without_the_announcement_has_music_only(house: House) -> None:
    caller = house.dial()
    house.play_out()
    assert caller.hears == "music"
    house.pass_s(45)
    assert caller.hears == "waiting"
