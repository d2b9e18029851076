"""Hints about the operator's own speech, on the operator's own panel (L6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.domain import facts as f
from app.domain.speech_rules import SpeechRules, WordList
from tests.fakes.profile import profile
from tests.unit.application.house import House

RULES = SpeechRules(
    pause_s=12,
    hint_every_s=20,
    stop_words=(WordList("aggression", ("вы обязаны",), "Спокойнее."),),
)


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    made = make_house(profile=replace(profile(), speech=RULES))
    made.sit_down("ivanova", "petrov")
    return made


def hints(house: House) -> list[f.HintGiven]:
    return [fact for fact in house.facts() if isinstance(fact, f.HintGiven)]


def test_a_word_of_the_stop_list_is_hinted_at_to_who_said_it(house: House) -> None:
    _, operator = house.talk()
    house.channel(operator).final("вы обязаны ждать", 3.0)
    shown = house.feed.shown["ivanova"]["hint"]
    assert (shown["kind"], shown["group"], shown["text"], shown["heard"]) == (
        "stop_word",
        "aggression",
        "Спокойнее.",
        "вы обязаны",
    )
    assert house.feed.shown["petrov"]["hint"] is None


def test_the_caller_hears_and_causes_nothing(house: House) -> None:
    caller, operator = house.talk()
    house.channel(caller).final("вы обязаны ждать", 3.0)
    assert hints(house) == []
    house.channel(operator).final("вы обязаны ждать", 6.0)
    assert (caller.hears, operator.hears) == (operator.id, caller.id)


def test_the_next_hint_waits_its_time_and_has_a_new_id(house: House) -> None:
    _, operator = house.talk()
    channel = house.channel(operator)
    channel.final("вы обязаны ждать", 3.0)
    first = house.feed.shown["ivanova"]["hint"]["id"]
    channel.final("вы обязаны ждать", 10.0)
    assert house.feed.shown["ivanova"]["hint"]["id"] == first
    channel.final("вы обязаны ждать", 40.0)
    assert house.feed.shown["ivanova"]["hint"]["id"] != first
    assert len(hints(house)) == 2


def test_silence_is_hinted_at_once(house: House) -> None:
    _, operator = house.talk()
    house.pass_s(8)
    house.channel(operator).partial("я")
    house.pass_s(11.9)
    assert hints(house) == []
    house.pass_s(0.2)
    (hint,) = hints(house)
    assert (hint.kind, hint.operator) == ("silence", "ivanova")
    house.pass_s(60)
    assert len(hints(house)) == 1


@pytest.mark.parametrize("deaf", [True, False])
def test_a_recogniser_that_is_away_hears_no_silence(house: House, deaf: bool) -> None:
    _, operator = house.talk()
    house.channel(operator).on_available(not deaf)
    house.pass_s(30)
    assert len(hints(house)) == (0 if deaf else 1)


def test_a_hold_is_no_silence(house: House) -> None:
    house.talk()
    house.do("ivanova", "hold", return_in_s=60)
    house.pass_s(50)
    house.do("ivanova", "resume")
    house.pass_s(11)
    assert hints(house) == []


def test_after_a_transfer_the_hints_are_of_the_colleague(house: House) -> None:
    house.talk()
    house.do("ivanova", "transfer", to="petrov", told=True)
    operator = house.accept("petrov")
    house.channel(operator).final("вы обязаны ждать", 3.0)
    assert [one.operator for one in hints(house)] == ["petrov"]
    assert house.feed.shown["petrov"]["hint"]["text"] == "Спокойнее."


def test_a_profile_that_watches_nothing_hints_at_nothing(make_house: Callable[..., House]) -> None:
    house = make_house()
    house.sit_down("ivanova")
    _, operator = house.talk()
    house.channel(operator).final("вы обязаны ждать", 3.0)
    house.pass_s(100)
    assert house.feed.shown["ivanova"]["hint"] is None
