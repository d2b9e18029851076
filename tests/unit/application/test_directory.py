"""The directory for transfers (L8): who is competent in the topic comes first, then who is free."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.application.directory import competent_units
from tests.fakes.profile import profile
from tests.unit.application.house import House


def order(house: House) -> list[tuple[str, bool, bool]]:
    listed = house.panels.view("ivanova")["colleagues"]
    return [(one["login"], one["competent"], one["free"]) for one in listed]


def test_l8_the_unit_of_the_topic_comes_first_and_the_free_ones_among_equals(house: House) -> None:
    house.sit_down("ivanova")
    house.talk()
    assert order(house) == [("petrov", False, False), ("sidorova", False, False)]
    house.do("ivanova", "topic", topic="heating")
    assert order(house) == [("sidorova", True, False), ("petrov", False, False)]
    house.sit_down("petrov")
    assert order(house) == [("sidorova", True, False), ("petrov", False, True)], "competence before being free"
    house.do("ivanova", "topic", topic="")
    assert order(house) == [("petrov", False, True), ("sidorova", False, False)]


def test_units_are_named_and_not_given_by_their_ids(house: House) -> None:
    listed = {one["login"]: one["unit_name"] for one in house.panels.view("ivanova")["colleagues"]}
    units = {unit.id: unit.name for unit in profile().units}
    assert listed["sidorova"] == units["legal"]
    assert listed["petrov"] == profile().units[0].name, "an unknown unit is the reception"


@pytest.mark.parametrize(("topic", "expected"), [("heating", {"legal", "line"}), ("none", set()), ("", set())])
def test_a_topic_names_its_unit_and_units_name_their_topics(topic: str, expected: set[str]) -> None:
    first, *others = profile().units
    both = replace(profile(), units=(replace(first, id="line", topics=("heating",)), *others))
    assert competent_units(both, topic) == expected
