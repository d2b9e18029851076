"""A new profile while calls are under way: each call keeps the version that it began with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.domain.flow import Flow, Phrase, Stage, Survey
from app.domain.profile import Terms, Topic
from tests.fakes.profile import ANNOUNCEMENTS, SURVEY, profile
from tests.unit.application.house import House

HELLO = Stage("hello", "Новое приветствие", phrases=(Phrase(("Слушаю Вас.",)),), end=True)
NEWER = replace(
    profile(terms=Terms(hold_s=300, max_transfers=0)),
    version="newer",
    incoming=Flow(
        "incoming", (Stage("hello", "Новое приветствие", phrases=(Phrase(("Слушаю Вас.",)),), end=True),)
    ),
    topics=(Topic("roofs", "Крыши"),),
    survey=Survey(("housing 5.12",), SURVEY.questions[:1]),
    announcements={**ANNOUNCEMENTS, "hold_on": "По-новому."},
)


@pytest.fixture
def house() -> House:
    house = House()
    house.sit_down("ivanova", "petrov")
    return house


def shown(house: House, login: str) -> Any:
    return house.feed.shown[login]


def stages(house: House, login: str) -> list[str]:
    return [stage["id"] for stage in shown(house, login)["script"]["stages"]]


def test_a_call_under_way_keeps_its_script_and_the_next_has_the_new_one(house: House) -> None:
    house.talk()
    before = stages(house, "ivanova")
    house.exchange.use_profile(NEWER)
    assert stages(house, "ivanova") == before
    assert [topic["id"] for topic in shown(house, "ivanova")["topics"]] == ["heating"]
    house.do("ivanova", "tick", stage="greeting", step="hello")
    house.talk("petrov", caller="+79271234568")
    assert stages(house, "petrov") == ["hello"]
    assert [topic["id"] for topic in shown(house, "petrov")["topics"]] == ["roofs"]
    assert [live.state.flow_version for live in house.exchange.calls.values()] == ["test", "newer"]


def test_panels_without_a_call_show_the_new_profile_at_once(house: House) -> None:
    house.exchange.use_profile(replace(NEWER, body="Новая служба", short="Служба"))
    assert (shown(house, "petrov")["line"]["body"], shown(house, "petrov")["line"]["short"]) == (
        *("Новая служба", "Служба"),
    )


def test_terms_announcements_and_survey_are_those_of_the_calls_own_version(house: House) -> None:
    caller, _ = house.talk()
    house.exchange.use_profile(NEWER)
    house.do("ivanova", "hold")
    assert house.call_of("ivanova")["hold"]["return_in_s"] == 60
    assert house.announcer.text_of("hold_on") == ANNOUNCEMENTS["hold_on"]
    house.do("ivanova", "resume")
    assert house.call_of("ivanova")["max_transfers"] == 2
    house.do("ivanova", "to_survey")
    house.play_out()
    house.play_out()
    house.phone.presses(caller, "1")
    house.play_out()
    house.phone.presses(caller, "2")
    assert house.only().survey_complete, "both questions of the old version were asked"
    assert house.only().answers[1][0] == "satisfaction"


def test_a_call_that_waits_through_a_reload_keeps_its_version(house: House) -> None:
    house.do("ivanova", "break")
    house.do("petrov", "break")
    house.dial()
    house.exchange.use_profile(NEWER)
    house.do("petrov", "ready")
    house.accept("petrov")
    assert "greeting" in stages(house, "petrov")


def test_nothing_is_held_for_the_old_version_once_its_calls_are_over(house: House) -> None:
    house.talk()
    house.exchange.use_profile(NEWER)
    assert house.empty() == []
    assert not any(live.profile.version == "test" for live in house.exchange.calls.values())
