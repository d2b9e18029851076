"""Who is recognised in a call, on the panel and in the record."""

from __future__ import annotations

import pytest

from app.application.hearing import UNHEARD_S
from app.application.ports import Ear, Heard, Rank, Reception
from app.domain import facts as f
from app.domain.facts import Speaker
from tests.unit.application.house import House

SPARED = Reception(Ear.SPARED)
HEARD = Reception()


@pytest.fixture
def talking(house: House) -> House:
    house.sit_down("ivanova", "petrov")
    return house


def gaps(house: House) -> list[f.Fact]:
    return [one for one in house.facts() if isinstance(one, (f.HearingLost, f.HearingRegained))]


def test_callers_go_before_operators_and_surveys_before_all(talking: House) -> None:
    caller, operator = talking.talk()
    assert (talking.channel(caller).rank, talking.channel(operator).rank) == (Rank.CALLER, Rank.OPERATOR)
    talking.do("ivanova", "to_survey")
    talking.play_out()
    talking.play_out()
    talking.play_out()
    assert talking.channel(caller).rank is Rank.SURVEY < Rank.CALLER < Rank.OPERATOR


def test_late_words_are_told_at_the_call_and_go_from_the_panel_again(talking: House) -> None:
    caller, operator = talking.talk()
    talking.channel(caller).on_reception(Reception(late_s=3))
    talking.channel(operator).on_reception(Reception(late_s=2))
    assert talking.call_of("ivanova")["hearing"] == {"caller": "hears", "operator": "hears", "late_s": 3}
    talking.channel(caller).on_reception(HEARD)
    talking.channel(operator).on_reception(HEARD)
    assert talking.call_of("ivanova")["hearing"]["late_s"] == 0
    assert gaps(talking) == []


def test_an_operator_who_is_spared_sees_it_and_the_record_keeps_it(talking: House) -> None:
    _, operator = talking.talk()
    talking.channel(operator).on_reception(SPARED)
    assert talking.call_of("ivanova")["hearing"]["operator"] == "spared"
    assert talking.feed.shown["ivanova"]["line"]["recogniser"] == "ok"
    talking.pass_s(20)
    talking.channel(operator).on_reception(HEARD)
    assert talking.call_of("ivanova")["hearing"]["operator"] == "hears"
    assert gaps(talking) == [
        f.HearingLost(Speaker.OPERATOR, "ivanova", "spared"),
        f.HearingRegained(Speaker.OPERATOR, "ivanova"),
    ]
    (gap,) = talking.only().unheard
    assert gap.until is not None
    assert (gap.until - gap.since).total_seconds() == 20


@pytest.mark.parametrize("ear", [Ear.AWAY, Ear.NO_PLACE])
def test_a_recogniser_that_is_soon_back_has_lost_no_word(talking: House, ear: Ear) -> None:
    caller, _ = talking.talk()
    talking.channel(caller).on_reception(Reception(ear))
    talking.pass_s(UNHEARD_S - 0.1)
    talking.channel(caller).on_reception(HEARD)
    talking.pass_s(UNHEARD_S)
    assert gaps(talking) == []


@pytest.mark.parametrize("ear", [Ear.AWAY, Ear.NO_PLACE])
def test_one_that_stays_away_costs_words_and_the_record_says_so(talking: House, ear: Ear) -> None:
    caller, _ = talking.talk()
    talking.channel(caller).on_reception(Reception(ear))
    talking.pass_s(UNHEARD_S)
    assert gaps(talking) == [f.HearingLost(Speaker.CALLER, "", str(ear))]
    assert talking.only().unheard_now(Speaker.CALLER) is not None


def test_each_operator_of_a_transfer_has_a_gap_of_their_own(talking: House) -> None:
    _, operator = talking.talk()
    talking.channel(operator).on_reception(SPARED)
    talking.do("ivanova", "transfer", to="petrov", told=True)
    colleague = talking.accept("petrov")
    assert talking.call_of("petrov")["hearing"]["operator"] == ""
    talking.channel(colleague).on_reception(SPARED)
    first, second = talking.only().unheard
    assert (first.operator, second.operator) == ("ivanova", "petrov")
    assert first.until == second.since
    assert second.until is None


def test_on_hold_nobody_is_heard_and_nobody_asks(talking: House) -> None:
    caller, _ = talking.talk()
    talking.channel(caller).on_reception(Reception(Ear.NO_PLACE))
    talking.do("ivanova", "hold", return_in_s=60)
    talking.pass_s(UNHEARD_S + 1)
    assert gaps(talking) == []
    assert talking.call_of("ivanova")["hearing"] == {"caller": "", "operator": "", "late_s": 0}


def test_what_a_closed_channel_still_tells_changes_no_panel(talking: House) -> None:
    caller, _ = talking.talk()
    channel = talking.channel(caller)
    talking.do("ivanova", "hold", return_in_s=60)
    channel.on_reception(Reception(Ear.NO_PLACE))
    assert talking.call_of("ivanova")["hearing"]["caller"] == ""


def test_a_phrase_without_times_of_its_words_was_said_when_it_was_heard(talking: House) -> None:
    caller, _ = talking.talk()
    for text in ("первая фраза", "вторая"):
        talking.pass_s(7)
        talking.channel(caller).on_heard(Heard(text, final=True))
    assert [(phrase.text, phrase.start_s, phrase.end_s) for phrase in talking.only().phrases] == [
        ("первая фраза", 7.0, 7.0),
        ("вторая", 14.0, 14.0),
    ]


def test_nothing_is_left_over(talking: House) -> None:
    caller, operator = talking.talk()
    talking.channel(caller).on_reception(Reception(Ear.AWAY))
    talking.channel(operator).on_reception(SPARED)
    assert talking.empty() == []
