"""From the arrival of a call to the moment when two people talk (design.md, "A call, walked", 1-3)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.application.ports import LegEnd
from app.domain import facts as f
from app.domain.calls import Phase
from app.domain.facts import Presence
from tests.fakes.phone import SILENCE
from tests.unit.application.house import CALLER, House


def test_caller_hears_welcome_and_music_while_nobody_is_there(house: House) -> None:
    caller = house.dial()
    assert (caller.ringing, caller.answered) == (True, True)
    house.play_out()
    assert caller.heard == [SILENCE, "welcome", SILENCE, "music"]
    assert caller.loop
    assert house.only().phase is Phase.WAITING


def test_waiting_caller_is_spoken_to_now_and_then(house: House) -> None:
    caller = house.dial()
    house.play_out()
    house.pass_s(45)
    assert caller.hears == "waiting"
    house.play_out()
    assert caller.hears == "music"
    house.pass_s(45)
    assert caller.hears == "waiting"


def test_ready_operator_accepts_in_the_browser_and_the_two_are_bridged(house: House) -> None:
    house.sit_down("ivanova")
    caller = house.dial()
    assert house.presence("ivanova") is Presence.OFFERED
    assert house.call_of("ivanova")["role"] == "offered"
    house.pass_s(3)
    operator = house.accept("ivanova")
    assert (caller.hears, operator.hears) == (operator.id, caller.id)
    assert house.presence("ivanova") is Presence.BUSY
    call = house.call_of("ivanova")
    assert (call["role"], call["phase"], call["waited_s"]) == ("mine", "talking", 3.0)
    assert house.names() == ["CallArrived", "CallQueued", "CallOffered", "OperatorJoined"]


def test_an_announcement_that_is_late_does_not_disturb_the_conversation(
    make_house: Callable[..., House],
) -> None:
    house = make_house(sound_after_s=5)
    house.sit_down("ivanova")
    caller, operator = house.talk()
    house.pass_s(60)
    assert caller.hears == operator.id
    assert "welcome" not in caller.heard


def test_accepting_twice_dials_the_browser_once(house: House) -> None:
    house.sit_down("ivanova")
    house.dial()
    house.do("ivanova", "accept")
    house.do("ivanova", "accept")
    assert len(house.phone.alive()) == 2


def test_operators_own_telephone_rings_and_answers(house: House) -> None:
    house.sit_down("sidorova", device="phone")
    caller = house.dial()
    telephone = house.phone.last("sip:sidorova@127.0.0.1:5080")
    assert house.call_of("sidorova")["role"] == "offered"
    house.phone.picks_up(telephone)
    assert caller.hears == telephone.id
    assert house.presence("sidorova") is Presence.BUSY


@pytest.mark.parametrize(
    ("end", "why", "presence"),
    [
        (LegEnd.BUSY, "busy", Presence.READY),
        (LegEnd.REFUSED, "declined", Presence.READY),
        (LegEnd.NO_ANSWER, "no_answer", Presence.BREAK),
        (LegEnd.FAILED, "unreachable", Presence.BREAK),
    ],
)
def test_telephone_that_is_not_answered_leaves_the_caller_waiting(
    house: House, end: LegEnd, why: str, presence: Presence
) -> None:
    house.sit_down("sidorova", device="phone")
    house.dial()
    house.phone.ends(house.phone.last("sip:sidorova@127.0.0.1:5080"), end)
    assert house.facts()[-1] == f.OfferMissed("sidorova", why)
    assert house.presence("sidorova") is presence
    assert house.only().phase is Phase.WAITING


def test_ringing_telephone_is_cancelled_when_nobody_answers_in_time(house: House) -> None:
    house.sit_down("sidorova", device="phone")
    house.dial()
    house.pass_s(20)
    assert house.phone.last("sip:sidorova@127.0.0.1:5080").gone
    place = house.roster.place("sidorova")
    assert (place.presence, place.why) == (Presence.BREAK, "no_answer")


def test_who_declines_is_passed_over_and_asked_again_later(house: House) -> None:
    house.sit_down("ivanova", "petrov")
    house.dial()
    house.do("ivanova", "decline")
    assert house.presence("ivanova") is Presence.READY
    assert house.presence("petrov") is Presence.OFFERED
    house.do("petrov", "decline")
    assert house.only().phase is Phase.WAITING
    house.pass_s(10)
    assert house.only().phase is Phase.OFFERED


def test_declined_call_does_not_keep_the_operator_from_the_next_caller(house: House) -> None:
    house.sit_down("ivanova")
    first = house.dial()
    house.do("ivanova", "decline")
    house.dial("+79271230000")
    assert house.call_of("ivanova")["number"] == "+79271230000"
    assert house.live(first).state.phase is Phase.WAITING


def test_operator_who_did_not_answer_gets_the_caller_after_coming_back(house: House) -> None:
    house.sit_down("ivanova")
    house.dial()
    house.pass_s(20)
    assert house.presence("ivanova") is Presence.BREAK
    house.pass_s(30)
    house.do("ivanova", "ready")
    assert house.presence("ivanova") is Presence.OFFERED


def test_operator_back_within_seconds_is_asked_when_the_pause_is_over(house: House) -> None:
    house.sit_down("ivanova")
    house.dial()
    house.pass_s(25)
    house.do("ivanova", "ready")
    assert house.presence("ivanova") is Presence.READY
    house.pass_s(5)
    assert house.presence("ivanova") is Presence.OFFERED


def test_two_callers_and_one_operator_are_served_in_their_order(house: House) -> None:
    first = house.dial()
    house.pass_s(1)
    second = house.dial("+79271230000")
    house.sit_down("ivanova")
    assert house.call_of("ivanova")["number"] == CALLER
    assert house.feed.shown["ivanova"]["line"]["waiting"] == 2
    house.accept("ivanova")
    assert house.live(second).state.phase is Phase.WAITING
    house.phone.ends(first)
    house.do("ivanova", "ready")
    assert house.call_of("ivanova")["number"] == "+79271230000"


def test_the_next_caller_is_offered_when_the_first_gives_up_while_it_rings(house: House) -> None:
    house.sit_down("ivanova")
    first = house.dial()
    house.pass_s(1)
    house.dial("+79271230000")
    house.phone.ends(first)
    assert house.call_of("ivanova")["number"] == "+79271230000"


def test_two_operators_ready_at_once_get_one_caller_each(house: House) -> None:
    house.dial()
    house.dial("+79271230000")
    house.sit_down("ivanova")
    house.sit_down("petrov")
    numbers = {house.call_of(login)["number"] for login in ("ivanova", "petrov")}
    assert numbers == {CALLER, "+79271230000"}


def test_own_unit_is_asked_first_and_the_reception_after_a_while(house: House) -> None:
    house.sit_down("ivanova")
    house.pass_s(1)
    house.sit_down("sidorova", device="phone")
    house.dial(dialled="+78512245023")
    assert house.presence("sidorova") is Presence.OFFERED
    house.phone.picks_up(house.phone.last("sip:sidorova@127.0.0.1:5080"))
    house.dial("+79271230000", dialled="+78512245023")
    assert house.presence("ivanova") is Presence.READY
    house.pass_s(house.exchange.profile.terms.overflow_s)
    assert house.presence("ivanova") is Presence.OFFERED


def test_unit_with_nobody_at_the_desk_leaves_no_caller_waiting(house: House) -> None:
    house.sit_down("ivanova")
    house.dial(dialled="+78512245023")
    assert house.presence("ivanova") is Presence.OFFERED


def test_operator_without_sound_is_not_asked_until_it_comes(house: House) -> None:
    house.do("ivanova", "ready", device="browser")
    house.dial()
    assert house.presence("ivanova") is Presence.READY
    house.exchange.browser_changed("ivanova", connected=True, microphone=False)
    assert house.presence("ivanova") is Presence.OFFERED
    assert house.feed.shown["ivanova"]["me"]["audio"] == {"connected": True, "microphone": False}


def test_browser_that_fails_while_accepting_is_a_miss(house: House) -> None:
    house.sit_down("ivanova")
    house.dial()
    house.do("ivanova", "accept")
    house.phone.ends(house.phone.last("browser:ivanova"), LegEnd.FAILED)
    assert house.facts()[-1] == f.OfferMissed("ivanova", "unreachable")
    assert house.presence("ivanova") is Presence.BREAK


def test_withheld_number_is_answered_as_any_other(house: House) -> None:
    house.dial("anonymous")
    assert house.only().number == ""
    assert house.only().phase is Phase.WAITING


def test_wrap_up_ends_by_itself_and_the_operator_is_asked_again(house: House) -> None:
    house.sit_down("ivanova")
    caller, _ = house.talk()
    house.phone.ends(caller)
    assert house.presence("ivanova") is Presence.WRAP_UP
    house.dial("+79271230000")
    house.pass_s(59)
    assert house.presence("ivanova") is Presence.WRAP_UP
    house.pass_s(1)
    assert house.presence("ivanova") is Presence.OFFERED


def test_break_taken_in_the_wrap_up_stays_a_break(house: House) -> None:
    house.sit_down("ivanova")
    caller, _ = house.talk()
    house.phone.ends(caller)
    house.do("ivanova", "break", why="обед")
    house.pass_s(120)
    assert house.presence("ivanova") is Presence.BREAK
    assert house.feed.shown["ivanova"]["me"]["why"] == "обед"
