"""Whoever goes in whatever phase, nobody is left behind: no leg, no timer, no channel, no busy operator.

The house of each test is empty at its end (conftest); here the moment right after is looked at too.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.application.ports import LegEnd
from app.domain.calls import Phase
from app.domain.errors import LiniyaError
from app.domain.facts import Presence
from tests.fakes.phone import FakeLeg
from tests.unit.application.house import CALLER, House

Walk = Callable[[House], FakeLeg]


def waiting(house: House) -> FakeLeg:
    return house.dial()


def waiting_with_music(house: House) -> FakeLeg:
    caller = house.dial()
    house.play_out()
    return caller


def offered(house: House) -> FakeLeg:
    house.sit_down("ivanova")
    return house.dial()


def offered_to_a_telephone(house: House) -> FakeLeg:
    house.sit_down("sidorova", device="phone")
    return house.dial()


def accepting(house: House) -> FakeLeg:
    caller = offered(house)
    house.do("ivanova", "accept")
    return caller


def declined(house: House) -> FakeLeg:
    caller = offered(house)
    house.do("ivanova", "decline")
    return caller


def talking(house: House) -> FakeLeg:
    house.sit_down("ivanova")
    return house.talk()[0]


def held(house: House) -> FakeLeg:
    caller = talking(house)
    house.do("ivanova", "hold")
    return caller


def transferring(house: House) -> FakeLeg:
    caller = talking(house)
    house.sit_down("sidorova", device="phone")
    house.do("ivanova", "transfer", to="sidorova", told=True)
    return caller


def transferring_without_source(house: House) -> FakeLeg:
    caller = transferring(house)
    house.phone.ends(house.phone.last("browser:ivanova"))
    return caller


def transferred(house: House) -> FakeLeg:
    caller = transferring(house)
    house.phone.picks_up(house.phone.last("sip:sidorova@127.0.0.1:5080"))
    return caller


def queued_again(house: House) -> FakeLeg:
    caller = talking(house)
    house.phone.ends(house.phone.last("browser:ivanova"), LegEnd.LOST)
    return caller


def survey_introduced(house: House) -> FakeLeg:
    caller = talking(house)
    house.do("ivanova", "to_survey")
    return caller


def survey_asking(house: House) -> FakeLeg:
    caller = survey_introduced(house)
    house.play_out()
    return caller


def survey_listening(house: House) -> FakeLeg:
    caller = survey_asking(house)
    house.play_out()
    house.channel(caller).partial("да")
    return caller


def survey_thanking(house: House) -> FakeLeg:
    caller = survey_asking(house)
    house.phone.presses(caller, "1")
    house.phone.presses(caller, "1")
    return caller


def dialling(house: House) -> FakeLeg:
    house.sit_down("ivanova")
    house.do("ivanova", "dial", number=CALLER)
    house.phone.picks_up(house.phone.last("browser:ivanova"))
    return house.phone.last(CALLER)


def called_out(house: House) -> FakeLeg:
    callee = dialling(house)
    house.phone.picks_up(callee)
    return callee


WALKS: list[tuple[Walk, Phase]] = [
    (waiting, Phase.WAITING),
    (waiting_with_music, Phase.WAITING),
    (offered, Phase.OFFERED),
    (offered_to_a_telephone, Phase.OFFERED),
    (accepting, Phase.OFFERED),
    (declined, Phase.WAITING),
    (talking, Phase.TALKING),
    (held, Phase.HELD),
    (transferring, Phase.TRANSFERRING),
    (transferring_without_source, Phase.TRANSFERRING),
    (transferred, Phase.TALKING),
    (queued_again, Phase.WAITING),
    (survey_introduced, Phase.SURVEY),
    (survey_asking, Phase.SURVEY),
    (survey_listening, Phase.SURVEY),
    (survey_thanking, Phase.SURVEY),
    (dialling, Phase.DIALLING),
    (called_out, Phase.TALKING),
]

EVERYTHING = ("accept", "told", "hold", "resume", "take_back", "decline", "to_survey", "hang_up", "ready")

each_phase = pytest.mark.parametrize(("walk", "phase"), WALKS, ids=[walk.__name__ for walk, _ in WALKS])


def assert_over(house: House) -> None:
    """The call has ended in the journal, and nothing of it is alive."""
    assert house.only().phase is Phase.ENDED
    assert house.names()[-1] == "CallEnded"
    assert house.phone.alive() == []
    assert house.recognizer.open() == []
    assert house.only().survey_complete in (None, True) or house.names()[-2] == "SurveyFinished"
    (live,) = house.exchange.calls.values()
    assert (live.timers, live.operator_legs, live.channels, live.caller_leg) == ({}, {}, [], None)
    for place in house.roster.places():
        assert place.presence not in (Presence.BUSY, Presence.OFFERED), place
    assert house.phone.faults == []


@each_phase
def test_the_other_party_hangs_up(house: House, walk: Walk, phase: Phase) -> None:
    leg = walk(house)
    assert house.only().phase is phase
    house.phone.ends(leg)
    assert_over(house)


@each_phase
def test_the_other_party_is_lost(house: House, walk: Walk, phase: Phase) -> None:
    house.phone.ends(walk(house), LegEnd.LOST)
    assert_over(house)


@each_phase
def test_the_program_ends(house: House, walk: Walk, phase: Phase) -> None:
    walk(house)
    house.exchange.stop()
    assert_over(house)


@each_phase
@pytest.mark.parametrize("why", [LegEnd.HUNG_UP, LegEnd.LOST])
def test_every_operators_telephone_ends_and_the_caller_is_never_left_in_silence(
    house: House, walk: Walk, phase: Phase, why: LegEnd
) -> None:
    caller = walk(house)
    for leg in house.phone.alive():
        if leg is not caller and not leg.gone:
            house.phone.ends(leg, why)
    assert caller.gone or caller.hears != "silence" or phase is Phase.SURVEY
    for place in house.roster.places():
        if place.presence in (Presence.BUSY, Presence.OFFERED):
            assert house.exchange.calls[place.call].state.open, place


@each_phase
def test_nobody_does_anything_and_nobody_is_stuck(house: House, walk: Walk, phase: Phase) -> None:
    """Ten minutes later only those who talk, or wait for an operator, are still on the line."""
    caller = walk(house)
    house.pass_s(600)
    state = house.exchange.calls.get("id1")
    assert state is None or state.state.phase in (
        Phase.WAITING,
        Phase.TALKING,
        Phase.HELD,
        Phase.DIALLING,
    )
    assert caller.gone or caller.hears != "silence" or phase is Phase.DIALLING


@each_phase
def test_the_operator_presses_everything(house: House, walk: Walk, phase: Phase) -> None:
    """Commands in any phase are carried out or refused; none breaks anything."""
    walk(house)
    for login in ("ivanova", "sidorova", "petrov"):
        for command in EVERYTHING:
            try:
                house.do(login, command, reason="проверка")
            except LiniyaError:
                continue
