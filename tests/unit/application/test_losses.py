"""What breaks: sound, operators, the recogniser, the program itself. The caller comes first (house style 7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.application.ports import LegEnd
from app.domain import facts as f
from app.domain.calls import Outcome, Phase
from app.domain.facts import By, Presence
from tests.fakes.office import MemoryJournal
from tests.unit.application.house import CALLER, House


def test_ready_operator_whose_sound_is_gone_is_set_on_a_break(house: House) -> None:
    house.sit_down("ivanova")
    house.exchange.browser_changed("ivanova", connected=False, microphone=False)
    house.pass_s(14)
    assert house.presence("ivanova") is Presence.READY
    house.pass_s(1)
    place = house.roster.place("ivanova")
    assert (place.presence, place.why) == (Presence.BREAK, "no_sound")
    assert house.feed.shown["ivanova"]["me"]["why"] == "no_sound"


def test_sound_that_comes_back_in_time_changes_nothing(house: House) -> None:
    house.sit_down("ivanova")
    house.exchange.browser_changed("ivanova", connected=False, microphone=False)
    house.pass_s(10)
    house.exchange.browser_changed("ivanova", connected=True, microphone=True)
    house.pass_s(4)
    house.exchange.browser_changed("ivanova", connected=False, microphone=False)
    house.pass_s(14)
    assert house.presence("ivanova") is Presence.READY, "each loss has its own fifteen seconds"


def test_nobody_rings_at_an_operator_without_sound(house: House) -> None:
    house.sit_down("ivanova")
    house.exchange.browser_changed("ivanova", connected=False, microphone=False)
    house.dial()
    assert house.only().phase is Phase.WAITING


def test_operator_with_a_telephone_needs_no_browser(house: House) -> None:
    house.sit_down("sidorova", device="phone")
    house.exchange.browser_changed("sidorova", connected=False, microphone=False)
    house.pass_s(60)
    assert house.presence("sidorova") is Presence.READY


@pytest.mark.parametrize("held", [False, True])
def test_operator_lost_in_a_call_the_caller_is_queued_again_and_told(house: House, held: bool) -> None:
    house.sit_down("ivanova")
    caller, operator = house.talk()
    if held:
        house.do("ivanova", "hold")
    house.phone.ends(operator, LegEnd.LOST)
    assert caller.hears == "connecting"
    assert house.announcer.text_of("connecting") == "Переключаем Вас на другого специалиста."
    house.play_out()
    assert caller.hears == "music"
    assert house.presence("ivanova") is Presence.BREAK
    assert house.roster.place("ivanova").why == "lost"
    house.sit_down("petrov")
    second = house.accept("petrov")
    assert caller.hears == second.id
    assert house.only().operators == ("ivanova", "petrov")


def test_lost_operator_who_comes_back_gets_the_caller_again(house: House) -> None:
    house.sit_down("ivanova")
    caller, operator = house.talk()
    house.phone.ends(operator, LegEnd.LOST)
    house.do("ivanova", "ready")
    again = house.accept("ivanova")
    assert caller.hears == again.id
    assert house.only().waited_s == 0.0


@pytest.mark.parametrize("offered", [False, True])
def test_words_said_before_the_loss_are_still_kept(house: House, offered: bool) -> None:
    house.sit_down("ivanova", *(["petrov"] if offered else []))
    caller, operator = house.talk()
    channel = house.channel(caller)
    house.phone.ends(operator, LegEnd.LOST)
    assert house.only().phase is (Phase.OFFERED if offered else Phase.WAITING)
    channel.final("алло")
    assert house.only().phrases[-1].text == "алло"


def test_lost_after_the_farewell_is_the_end_of_the_conversation(house: House) -> None:
    house.sit_down("ivanova")
    caller, operator = house.talk()
    house.say_farewell("ivanova")
    house.phone.ends(operator, LegEnd.LOST)
    assert caller.hears == "survey_intro"
    assert house.presence("ivanova") is Presence.WRAP_UP


def test_telephone_hung_up_before_the_farewell_leads_to_the_survey(house: House) -> None:
    house.sit_down("ivanova")
    caller, operator = house.talk()
    house.phone.ends(operator)
    assert f.OperatorLeft("ivanova", "hung_up") in house.facts()
    assert caller.hears == "survey_intro"


def test_recogniser_away_is_seen_and_the_call_goes_on_by_hand(house: House) -> None:
    house.sit_down("ivanova")
    caller, operator = house.talk()
    house.channel(caller).on_available(False)
    assert house.feed.shown["ivanova"]["line"]["recogniser"] == "away"
    assert caller.hears == operator.id
    house.do("ivanova", "tick", stage="greeting", step="hello")
    house.channel(operator).on_available(True)
    assert house.feed.shown["ivanova"]["line"]["recogniser"] == "ok"


def test_callers_line_that_is_lost_ends_the_call_by_the_line(house: House) -> None:
    house.sit_down("ivanova")
    caller, _ = house.talk()
    house.phone.ends(caller, LegEnd.LOST)
    assert house.facts()[-2:] == [f.OperatorLeft("ivanova", "caller_gone"), f.CallEnded(By.LINE, "lost")]


# --- operators who leave the directory -----------------------------------------------------------------------


def test_operator_removed_during_a_call_finishes_it_and_gets_no_other(house: House) -> None:
    house.sit_down("ivanova", "petrov")
    caller, _ = house.talk()
    house.staff.remove("ivanova")
    house.do("ivanova", "hold")
    house.do("ivanova", "resume")
    assert [one["login"] for one in house.feed.shown["petrov"]["colleagues"]] == ["sidorova"]
    assert house.feed.shown["ivanova"]["me"]["surname"] == "ivanova"
    house.do("ivanova", "to_survey")
    house.phone.ends(caller)
    house.do("petrov", "break", why="")
    house.pass_s(60)
    house.dial("+79271230000")
    assert house.call_of("ivanova") is None
    assert house.presence("ivanova") is Presence.AWAY


def test_removed_operator_is_not_asked(house: House) -> None:
    house.sit_down("ivanova")
    house.staff.remove("ivanova")
    house.dial()
    assert house.only().phase is Phase.WAITING


# --- the end of the program ----------------------------------------------------------------------------------


def survivor(make_house: Callable[..., House], first: House) -> House:
    """The next run of the program over the same journal, after a crash."""
    house = make_house(first.clock.now(), journal=first.journal)
    for operator in house.staff.operators():
        stream = f"operator:{operator.login}"
        house.recorder.known(stream, len(house.journal.of(stream)))
    return house


def crashed(prepare: Callable[[House], None]) -> House:
    """A house that is not asked to end well."""
    house = House()
    prepare(house)
    return house


def waiting(house: House) -> None:
    house.dial()


def talking(house: House) -> None:
    house.sit_down("ivanova")
    house.talk()


def transferring(house: House) -> None:
    talking(house)
    house.sit_down("petrov")
    house.do("ivanova", "transfer", to="petrov", told=True)


@pytest.mark.parametrize(
    ("prepare", "outcome"),
    [(waiting, Outcome.INTERRUPTED), (talking, Outcome.ANSWERED), (transferring, Outcome.ANSWERED)],
)
def test_call_cut_off_by_a_crash_is_closed_and_its_caller_called_back(
    make_house: Callable[..., House], prepare: Callable[[House], None], outcome: Outcome
) -> None:
    house = survivor(make_house, crashed(prepare))
    house.exchange.interrupt("id1", house.journal.of("call:id1"))
    assert house.facts()[-1] == f.CallEnded(By.LINE, "interrupted")
    (promise,) = house.recorder.promises.values()
    assert (promise.number, promise.made_by) == (CALLER, By.LINE)
    assert house.exchange.calls == {}
    assert [place.presence for place in house.roster.places()] == []


def test_operator_of_a_cut_off_call_may_have_left_the_directory(make_house: Callable[..., House]) -> None:
    house = survivor(make_house, crashed(talking))
    house.staff.remove("ivanova")
    house.exchange.interrupt("id1", house.journal.of("call:id1"))
    assert house.names()[-1] == "CallEnded"


def test_cut_off_survey_keeps_what_it_has_and_nobody_is_called_back(make_house: Callable[..., House]) -> None:
    def asked(house: House) -> None:
        talking(house)
        house.do("ivanova", "to_survey")
        house.play_out()
        house.phone.presses(house.phone.last(CALLER), "1")

    house = survivor(make_house, crashed(asked))
    house.exchange.interrupt("id1", house.journal.of("call:id1"))
    assert house.facts()[-2:] == [f.SurveyFinished(complete=False), f.CallEnded(By.LINE, "interrupted")]
    assert not house.recorder.promises


def test_who_has_a_promise_already_is_not_promised_twice(make_house: Callable[..., House]) -> None:
    def promised(house: House) -> None:
        talking(house)
        house.do("ivanova", "promise", number=CALLER, asked="тепло", due_at="", interval="")

    house = survivor(make_house, crashed(promised))
    house.exchange.interrupt("id1", house.journal.of("call:id1"))
    assert house.names().count("PromiseMade") == 1


def test_interrupting_an_ended_call_does_nothing(make_house: Callable[..., House]) -> None:
    def over(house: House) -> None:
        house.phone.ends(house.dial())

    house = survivor(make_house, crashed(over))
    before = house.names()
    house.exchange.interrupt("id1", house.journal.of("call:id1"))
    assert house.names() == before


def test_stop_closes_every_call_and_rings_at_nobody(house: House) -> None:
    house.sit_down("ivanova")
    house.talk()
    house.sit_down("sidorova", device="phone")
    house.dial("+79271230000")
    house.dial("+79271230001")
    legs = len(house.phone.legs)
    house.exchange.stop()
    assert house.phone.alive() == []
    assert len(house.phone.legs) == legs, "no telephone rings for a program that ends"
    for call in ("id1", "id2", "id3"):
        assert f.CallEnded(By.LINE, "interrupted") in house.facts(call)
    assert len(house.recorder.promises) == 3


def test_calls_that_arrive_after_the_stop_are_turned_away(house: House) -> None:
    house.exchange.stop()
    caller = house.dial()
    assert caller.rejected is not None
    assert house.exchange.calls == {}


def test_one_failed_effect_does_not_keep_the_others_from_being_carried_out(
    house: House, log_entries: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError("the sound card is on fire")

    house.sit_down("ivanova")
    caller, operator = house.talk()
    monkeypatch.setattr(house.phone, "stop_playing", broken)
    house.do("ivanova", "hang_up", reason="ошибка")
    assert (caller.gone, operator.gone) == (True, True)
    (entry,) = [one for one in log_entries if one["event"] == "effect_failed"]
    assert (entry["fact"], entry["call"]) == ("OperatorLeft", "id1")
    monkeypatch.undo()
    log_entries.clear()


def test_journal_of_a_crash_can_be_empty(make_house: Callable[..., House]) -> None:
    house = make_house(journal=MemoryJournal())
    house.exchange.stop()
    assert house.journal.recorded == []


def test_callers_hear_an_apology_when_the_line_is_stopped(house: House) -> None:
    house.sit_down("ivanova")
    caller, operator = house.talk()
    assert house.exchange.warn_callers()
    assert (caller.hears, operator.hears) == ("trouble", "silence")
    house.exchange.stop()
    assert not house.exchange.warn_callers()
