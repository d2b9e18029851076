"""Handing a caller on: told first, two at most, everything goes along (L8, L9)."""

from __future__ import annotations

from typing import Any

import pytest

from app.application.ports import LegEnd
from app.domain import facts as f
from app.domain.calls import Phase
from app.domain.errors import Refused
from app.domain.facts import By, Presence
from tests.fakes.phone import FakeLeg
from tests.unit.application.house import House


@pytest.fixture
def talking(house: House) -> tuple[FakeLeg, FakeLeg]:
    house.sit_down("ivanova")
    legs = house.talk()
    house.sit_down("petrov")
    return legs


def transfer(house: House, source: str = "ivanova", target: str = "petrov") -> None:
    house.do(source, "transfer", to=target, told=True)


def test_the_caller_is_told_first(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    with pytest.raises(Refused) as refusal:
        house.do("ivanova", "transfer", to="petrov", told=False)
    assert (refusal.value.code, refusal.value.rule) == ("tell_first", "L8")
    house.channel(talking[1]).final("сейчас я переключаю вас на юриста")
    assert house.call_of("ivanova")["told"]
    house.do("ivanova", "transfer", to="petrov")
    assert house.only().phase is Phase.TRANSFERRING


def test_confirmed_by_hand_is_told_too(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    house.do("ivanova", "told")
    house.do("ivanova", "transfer", to="petrov")
    assert f.CallerTold(By.HAND) in house.facts()


@pytest.mark.parametrize("target", ["ivanova", "sidorova", "nobody", ""])
def test_only_a_free_colleague_can_be_the_target(
    house: House, talking: tuple[FakeLeg, FakeLeg], target: str
) -> None:
    with pytest.raises(Refused) as refusal:
        transfer(house, target=target)
    assert refusal.value.code == "target_not_free"
    assert house.only().phase is Phase.TALKING


def test_caller_hears_music_and_the_target_sees_everything_so_far(
    house: House, talking: tuple[FakeLeg, FakeLeg]
) -> None:
    caller, source = talking
    house.channel(caller).final("нет отопления")
    house.do("ivanova", "caller_name", name="Пётр Ильич")
    house.do("ivanova", "notes", notes="дом 5")
    house.do("ivanova", "tick", stage="greeting", step="hello")
    transfer(house)
    assert (caller.hears, source.hears) == ("connecting", "silence")
    house.play_out()
    assert caller.hears == "music"
    assert house.recognizer.open() == []
    seen = house.feed.shown["petrov"]
    assert (seen["call"]["role"], seen["call"]["phase"]) == ("offered", "transferring")
    assert (seen["call"]["caller_name"], seen["call"]["notes"]) == ("Пётр Ильич", "дом 5")
    assert [line["text"] for line in seen["transcript"]] == ["нет отопления"]
    assert seen["script"]["stages"][0]["steps"][0]["ticked"]["by"] == "hand"
    source_sees = house.call_of("ivanova")
    assert (source_sees["role"], source_sees["target_name"]) == ("source", "Петров Пётр Ильич")


def test_target_answers_and_the_source_is_released_to_the_wrap_up(
    house: House, talking: tuple[FakeLeg, FakeLeg]
) -> None:
    caller, source = talking
    transfer(house)
    target = house.accept("petrov")
    assert source.gone
    assert (caller.hears, target.hears) == (target.id, caller.id)
    assert (house.presence("ivanova"), house.presence("petrov")) == (Presence.WRAP_UP, Presence.BUSY)
    call = house.call_of("petrov")
    assert (call["role"], call["transfers"], call["told"]) == ("mine", 1, False)
    house.channel(target).final("меня зовут пётр")
    assert house.only().phrases[-1].operator == "petrov"


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("hang_up", {"reason": "чужой"}),
        ("to_survey", {}),
        ("hold", {}),
        ("told", {}),
        ("transfer", {"to": "petrov", "told": True}),
        ("resume", {}),
        ("take_back", {}),
        ("open_stage", {"stage": "needs"}),
    ],
)
def test_source_in_the_wrap_up_no_longer_conducts(
    house: House, talking: tuple[FakeLeg, FakeLeg], command: str, arguments: dict[str, Any]
) -> None:
    transfer(house)
    house.accept("petrov")
    with pytest.raises(Refused) as refusal:
        house.do("ivanova", command, **arguments)
    assert refusal.value.code == "not_now"
    assert house.only().phase is Phase.TALKING


def test_source_in_the_wrap_up_may_write(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    transfer(house)
    house.accept("petrov")
    house.do("ivanova", "notes", notes="передала юристу")
    assert house.call_of("petrov")["notes"] == "передала юристу"


@pytest.mark.parametrize(
    ("command", "arguments"),
    [("hang_up", {"reason": "чужой"}), ("to_survey", {}), ("take_back", {}), ("notes", {"notes": "чужое"})],
)
def test_target_conducts_nothing_before_answering(
    house: House, talking: tuple[FakeLeg, FakeLeg], command: str, arguments: dict[str, Any]
) -> None:
    transfer(house)
    with pytest.raises(Refused) as refusal:
        house.do("petrov", command, **arguments)
    assert refusal.value.code == "not_now"
    assert house.only().phase is Phase.TRANSFERRING


@pytest.mark.parametrize(
    ("miss", "why", "presence"),
    [("decline", "declined", Presence.READY), ("time", "no_answer", Presence.BREAK)],
)
def test_missed_by_the_target_the_caller_comes_back_to_the_source(
    house: House, talking: tuple[FakeLeg, FakeLeg], miss: str, why: str, presence: Presence
) -> None:
    caller, source = talking
    transfer(house)
    house.play_out()
    if miss == "decline":
        house.do("petrov", "decline")
    else:
        house.pass_s(20)
    assert house.facts()[-1] == f.TransferFailed("ivanova", "petrov", why)
    assert (caller.hears, source.hears) == (source.id, caller.id)
    assert house.presence("petrov") is presence
    assert len(house.recognizer.open()) == 2
    call = house.call_of("ivanova")
    assert (call["role"], call["transfers"], call["told"]) == ("mine", 0, False)
    assert house.feed.shown["petrov"]["call"] is None


def test_taken_back_the_target_is_free_for_the_next_caller(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    caller, source = talking
    transfer(house)
    house.dial("+79271230000")
    house.do("ivanova", "take_back")
    assert caller.hears == source.id
    assert house.call_of("petrov")["number"] == "+79271230000"


def test_from_the_hold_straight_into_the_transfer(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    caller, _ = talking
    house.do("ivanova", "hold")
    house.pass_s(10)
    channels = len(house.recognizer.channels)
    transfer(house)
    assert caller.hears == "connecting"
    assert house.only().held_s == 10.0
    assert len(house.recognizer.channels) == channels, "nobody talks, nothing is listened to"


def test_source_hangs_up_its_telephone_and_the_transfer_goes_on(
    house: House, talking: tuple[FakeLeg, FakeLeg]
) -> None:
    caller, source = talking
    transfer(house)
    house.phone.ends(source)
    assert house.names()[-1] == "SourceLeft"
    with pytest.raises(Refused):
        house.do("ivanova", "take_back")
    target = house.accept("petrov")
    assert caller.hears == target.id
    assert house.presence("ivanova") is Presence.WRAP_UP


def test_source_gone_and_target_missing_the_caller_is_queued_again(
    house: House, talking: tuple[FakeLeg, FakeLeg]
) -> None:
    caller, source = talking
    transfer(house)
    house.phone.ends(source)
    house.do("petrov", "decline")
    assert house.names()[-4:] == ["TransferFailed", "OperatorLeft", "CallQueued", "CallOffered"]
    assert caller.hears == "connecting"
    assert house.presence("ivanova") is Presence.WRAP_UP
    assert house.only().offered_to == "petrov"


def test_the_second_transfer_goes_and_the_third_is_refused(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    transfer(house)
    house.accept("petrov")
    house.sit_down("sidorova", device="phone")
    transfer(house, "petrov", "sidorova")
    house.phone.picks_up(house.phone.last("sip:sidorova@127.0.0.1:5080"))
    assert house.only().transfers == 2
    house.do("ivanova", "ready")
    with pytest.raises(Refused) as refusal:
        transfer(house, "sidorova", "ivanova")
    assert (refusal.value.code, refusal.value.rule) == ("transfer_limit", "L9")
    assert house.only().operators == ("ivanova", "petrov", "sidorova")
    house.do(
        "sidorova", "promise", number="8 927 123-45-67", asked="когда дадут тепло", due_at="", interval="утром"
    )
    assert house.feed.shown["sidorova"]["promises"][0]["number"] == "+79271234567"


def test_failed_transfers_do_not_count(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    for _ in range(3):
        transfer(house)
        house.do("petrov", "decline")
    assert (house.only().transfers, house.only().failed_transfers) == (0, 3)
    transfer(house)
    house.accept("petrov")
    assert house.only().transfers == 1


def test_transfer_back_to_the_first_operator(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    caller, _ = talking
    transfer(house)
    house.accept("petrov")
    house.do("ivanova", "ready")
    transfer(house, "petrov", "ivanova")
    again = house.accept("ivanova")
    assert caller.hears == again.id
    assert (house.presence("ivanova"), house.presence("petrov")) == (Presence.BUSY, Presence.WRAP_UP)


def test_target_whose_telephone_is_busy(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    caller, source = talking
    house.sit_down("sidorova", device="phone")
    transfer(house, target="sidorova")
    house.phone.ends(house.phone.last("sip:sidorova@127.0.0.1:5080"), LegEnd.BUSY)
    assert house.facts()[-1] == f.TransferFailed("ivanova", "sidorova", "busy")
    assert caller.hears == source.id


def test_source_ends_the_call_while_the_target_rings(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    house.sit_down("sidorova", device="phone")
    transfer(house, target="sidorova")
    house.do("ivanova", "hang_up", reason="ошибка")
    assert house.phone.alive() == []
    assert house.presence("sidorova") is Presence.READY


def test_after_the_farewell_the_source_sends_to_the_survey_while_the_target_rings(
    house: House, talking: tuple[FakeLeg, FakeLeg]
) -> None:
    caller, _ = talking
    transfer(house)
    house.dial("+79271230000")
    house.do("ivanova", "to_survey")
    assert caller.hears == "survey_intro"
    assert house.call_of("petrov")["number"] == "+79271230000"
    house.pass_s(20)  # nobody waits for the target's answer any more
    assert house.live(caller).state.phase is Phase.SURVEY


class TestByTheKeyOfTheTelephone:
    """REFER of an operator's SIP phone: the same rules as on the panel."""

    def ask(self, house: House, target: str, login: str = "ivanova") -> bool:
        (live,) = [one for one in house.exchange.calls.values() if one.state.open]
        leg = live.operator_legs[login]
        house.exchange.transfer_asked(leg, target=target)
        answered = house.phone.transfers_answered.pop()
        assert answered[0] == leg
        return answered[1]

    @pytest.fixture
    def at_phones(self, house: House) -> tuple[FakeLeg, FakeLeg]:
        house.staff.phones(ivanova="sip:101@127.0.0.1:5070", petrov="sip:102@127.0.0.1:5071")
        house.sit_down("ivanova", device="phone")
        caller = house.dial()
        leg = house.phone.last("sip:101@127.0.0.1:5070")
        house.phone.picks_up(leg)
        house.sit_down("petrov", device="phone")
        return caller, leg

    @pytest.mark.parametrize("target", ["102", "petrov"])
    def test_it_rings_at_the_colleague(self, house: House, at_phones: tuple[FakeLeg, FakeLeg], target: str) -> None:
        assert self.ask(house, target)
        assert house.only().phase is Phase.TRANSFERRING
        assert house.only().target == "petrov"
        assert f.CallerTold(By.HAND) in house.facts()

    @pytest.mark.parametrize("target", ["101", "+79991234567", "nobody", "", "sidorova"])
    def test_anything_else_is_refused_and_nothing_is_dialled(
        self, house: House, at_phones: tuple[FakeLeg, FakeLeg], target: str
    ) -> None:
        dialled = len(house.phone.legs)
        assert not self.ask(house, target)
        assert house.only().phase is Phase.TALKING
        assert len(house.phone.legs) == dialled

    def test_the_third_transfer_is_refused_here_too(self, house: House, at_phones: tuple[FakeLeg, FakeLeg]) -> None:
        for source, target, phone in (("ivanova", "102", 5071), ("petrov", "101", 5070)):
            assert self.ask(house, target, source)
            house.phone.picks_up(house.phone.last(f"sip:{target}@127.0.0.1:{phone}"))
            house.clock.advance(120)
            house.do(source, "ready", device="phone")
        assert not self.ask(house, "102")
        assert house.only().transfers == 2

    def test_the_caller_cannot_ask(self, house: House, at_phones: tuple[FakeLeg, FakeLeg]) -> None:
        caller, _ = at_phones
        house.exchange.transfer_asked(caller.id, target="102")
        assert house.phone.transfers_answered == [(caller.id, False)]
