"""The number that a caller of the closed line says instead of typing it (L1): heard, read back, confirmed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from app.domain import facts as f
from app.domain.facts import By
from app.domain.profile import Profile
from tests.fakes.phone import FakeLeg
from tests.unit.application.house import House
from tests.unit.application.test_closed_numbers import SATURDAY, office, types

SAID = "восемь девятьсот шестнадцать сто одиннадцать двадцать два тридцать три"
NUMBER, TYPED = "+79161112233", "89161112233"
BACK = "восемь, девять, один, шесть, один, один, один, два, два, три, три"
OTHER_SAID = "восемь девятьсот семнадцать сто одиннадцать двадцать два тридцать три"
VOICE = {
    "closed_number_voice": "Назовите номер или наберите его.",
    "closed_number_again": "Назовите номер ещё раз.",
    "closed_number_check": "Ваш номер: {number}. Верно?",
    "closed_goodbye": "Перезвоните {hours}.",
}


def with_voice() -> Profile:
    its = office()
    return replace(its, announcements={**its.announcements, **VOICE})


@pytest.fixture
def closed(make_house: Callable[..., House]) -> House:
    return make_house(SATURDAY, profile=with_voice())


def asked(house: House, *, available: bool = True) -> FakeLeg:
    """A caller who pressed 2 and was asked for the number."""
    caller = house.dial()
    channel = house.recognizer.channels[-1]
    assert channel.fed, "a recogniser answers to sound only"
    channel.on_available(available)
    house.phone.presses(caller, "2")
    return caller


def says(house: House, caller: FakeLeg, text: str, *, confidence: float = 1.0) -> None:
    """The question is heard to its end, and the words come one by one."""
    if caller.playing:
        house.play_out()
    channel = house.channel(caller)
    channel.partial(text.split()[0])
    channel.final(text, confidence=confidence)


def promised(house: House) -> list[str]:
    return [promise.number for promise in house.recorder.promises.values()]


def missed(house: House) -> list[str]:
    return [fact.heard for fact in house.facts() if isinstance(fact, f.NumberMissed)]


@pytest.mark.parametrize("by_key", [True, False])
def test_a_number_is_said_read_back_confirmed_and_promised(closed: House, by_key: bool) -> None:
    with capture_logs() as logs:
        caller = asked(closed)
        assert caller.hears == "closed_number_voice"
        says(closed, caller, SAID)
        closed.pass_s(1.3)
        assert caller.hears == "closed_number_check"
        assert closed.announcer.text_of("closed_number_check") == f"Ваш номер: {BACK}. Верно?"
        assert promised(closed) == []
        if by_key:
            closed.phone.presses(caller, "1")
        else:
            says(closed, caller, "да верно")
    assert caller.hears == "closed_promised"
    assert promised(closed) == [NUMBER]
    assert f.NumberGiven(By.VOICE) in closed.facts()
    closed.play_out()
    assert caller.gone
    assert not [one for one in logs if "9161112233" in str(one) or "шестнадцать" in str(one)]


def test_a_number_in_several_phrases_is_waited_for(closed: House) -> None:
    caller = asked(closed)
    for part in ("восемь девятьсот шестнадцать", "сто одиннадцать", "двадцать два"):
        says(closed, caller, part)
        closed.pass_s(2.5)
        assert caller.hears == "silence"
    says(closed, caller, "тридцать три")
    closed.pass_s(1.3)
    assert closed.announcer.text_of("closed_number_check") == f"Ваш номер: {BACK}. Верно?"


def test_a_towns_number_is_completed_with_the_bodys_area_code(closed: House) -> None:
    caller = asked(closed)
    says(closed, caller, "двадцать четыре пятьдесят двадцать два")
    closed.pass_s(3.1)
    closed.phone.presses(caller, "1")
    assert promised(closed) == ["+78512245022"]


def test_what_is_no_number_is_asked_for_again_then_by_keys_and_then_goodbye(closed: House) -> None:
    caller = asked(closed)
    says(closed, caller, "восемь девятьсот")
    closed.pass_s(3.1)
    assert caller.hears == "closed_number_again"
    says(closed, caller, "пять")
    closed.pass_s(3.1)
    assert caller.hears == "closed_number"
    closed.play_out()
    assert closed.recognizer.open() == [] or caller.sink is None
    types(closed, caller, "12#")
    assert caller.hears == "closed_goodbye"
    closed.play_out()
    assert caller.gone
    assert missed(closed) == ["nonsense", "nonsense"]
    assert closed.facts()[-2:] == [f.NumberGivenUp(), f.CallEnded(By.LINE, "closed")]


@pytest.mark.parametrize("no", ["нет", "2", "*"])
def test_a_number_that_was_read_back_wrong_is_asked_for_again(closed: House, no: str) -> None:
    caller = asked(closed)
    says(closed, caller, OTHER_SAID)
    closed.pass_s(1.3)
    if no == "нет":
        says(closed, caller, no)
    else:
        closed.phone.presses(caller, no)
    assert missed(closed) == ["refused"]
    assert caller.hears == "closed_number_again"
    says(closed, caller, SAID)
    closed.pass_s(1.3)
    says(closed, caller, "да")
    assert promised(closed) == [NUMBER]


@pytest.mark.parametrize("correction", [f"нет {SAID}", SAID, "нет не семнадцать а шестнадцать"])
def test_the_number_may_be_put_right_while_it_is_confirmed(closed: House, correction: str) -> None:
    caller = asked(closed)
    says(closed, caller, OTHER_SAID)
    closed.pass_s(1.3)
    says(closed, caller, correction)
    assert closed.announcer.text_of("closed_number_check") == f"Ваш номер: {BACK}. Верно?"
    assert missed(closed) == []
    says(closed, caller, "да")
    assert promised(closed) == [NUMBER]


@pytest.mark.parametrize(("said", "confidence"), [("да нет", 1.0), ("[unk]", 1.0), ("да", 0.5), ("", 1.0)])
def test_nothing_is_promised_without_a_clear_yes(closed: House, said: str, confidence: float) -> None:
    caller = asked(closed)
    says(closed, caller, SAID)
    closed.pass_s(1.3)
    for _ in range(2):
        assert caller.hears == "closed_number_check"
        closed.play_out()
        if said:
            closed.channel(caller).final(said, confidence=confidence)
        else:
            closed.pass_s(7.1)
    assert caller.hears == "closed_number_again"
    assert missed(closed) == ["nonsense" if said else "silence"]
    assert promised(closed) == []


def test_a_key_ends_listening_at_any_time(closed: House) -> None:
    caller = asked(closed)
    says(closed, caller, "восемь девятьсот")
    channel = closed.channel(caller)
    types(closed, caller, TYPED + "#")
    channel.final("семнадцать")
    assert caller.hears == "closed_number_back"
    assert promised(closed) == [NUMBER]
    assert f.NumberGiven(By.KEY) in closed.facts()
    closed.pass_s(10)


def test_who_begins_to_type_while_a_number_is_read_back_types_another(closed: House) -> None:
    caller = asked(closed)
    says(closed, caller, OTHER_SAID)
    closed.pass_s(1.3)
    types(closed, caller, TYPED + "#")
    assert promised(closed) == [NUMBER]


def test_without_a_recogniser_nobody_is_asked_to_speak(closed: House) -> None:
    caller = asked(closed, available=False)
    assert caller.hears == "closed_number"
    closed.play_out()
    assert caller.sink is None
    types(closed, caller, TYPED + "#")
    assert promised(closed) == [NUMBER]


def test_a_recogniser_that_goes_away_meanwhile_leaves_the_keys(closed: House) -> None:
    caller = asked(closed)
    closed.play_out()
    closed.channel(caller).on_available(False)
    closed.pass_s(10.1)
    assert caller.hears == "closed_number"
    types(closed, caller, TYPED + "#")
    assert promised(closed) == [NUMBER]


def test_silence_ends_it_and_other_speech_is_asked_again(closed: House) -> None:
    caller = asked(closed)
    says(closed, caller, "[unk]")
    closed.pass_s(10.1)
    assert caller.hears == "closed_number_again"
    closed.play_out()
    closed.pass_s(10.1)
    assert caller.gone
    assert missed(closed) == ["nonsense"]


def test_without_its_announcements_numbers_are_typed(make_house: Callable[..., House]) -> None:
    house = make_house(SATURDAY, profile=office())
    caller = house.dial()
    assert house.recognizer.channels == []
    house.phone.presses(caller, "2")
    assert caller.hears == "closed_number"


@pytest.mark.parametrize("seconds", [0, 1, 3, 5])
def test_caller_hangs_up_at_any_moment(closed: House, seconds: float) -> None:
    caller = asked(closed)
    closed.pass_s(seconds)
    if caller.sink is not None:
        closed.channel(caller).final(SAID)
        closed.pass_s(seconds)
    closed.phone.ends(caller)
    assert promised(closed) == []
