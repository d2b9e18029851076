"""What the operator writes down beside a call: agenda, referral, typical need, satisfaction; terms of promises."""

from __future__ import annotations

from datetime import datetime

import pytest

from app.domain import commands as c
from app.domain import facts as f
from app.domain.calls import Call, Phase
from app.domain.conduct import decide
from app.domain.errors import BadInput, Refused
from app.domain.writing_up import AGENDA_LIMIT
from tests.unit.domain.samples import CALLER, LUNCH, NOW, PROFILE, ZONE, after, call_in, does

TALKING = call_in(Phase.TALKING)
AGENDA = "Какой у дома адрес?\n\n  Какой   этаж? \nКакой у дома адрес?\n"


def colleague() -> Call:
    """A call from the internal number 215, answered."""
    call = does(call_in(Phase.NEW), c.TakeCall("215", "line"))
    return after(call, f.CallOffered("anna"), f.OperatorJoined("anna"))


def promise(call: Call, now: datetime = NOW, number: str = CALLER) -> f.PromiseMade:
    made = decide(PROFILE, call, c.MakePromise("p2", number, "крыша", None, ""), now)[-1]
    assert isinstance(made, f.PromiseMade)
    return made


def test_labour_9_the_questions_of_a_clarification_are_asked_one_after_the_other() -> None:
    call = does(TALKING, c.WriteAgenda(AGENDA))
    assert call.agenda == ("Какой у дома адрес?", "Какой этаж?")
    assert call.next_question == "Какой у дома адрес?"
    call = does(call, c.AskOfAgenda("Какой у дома адрес?"))
    assert call.next_question == "Какой этаж?"
    assert does(call, c.AskOfAgenda("Какой этаж?")).next_question == ""
    assert does(call, c.AskOfAgenda("Какой у дома адрес?", asked=False)).next_question == "Какой у дома адрес?"


def test_an_agenda_may_change_and_what_was_asked_stays_asked() -> None:
    call = does(TALKING, c.WriteAgenda(AGENDA), c.AskOfAgenda("Какой этаж?"))
    call = does(call, c.WriteAgenda("Какой подъезд?\nКакой этаж?"))
    assert (call.agenda, call.asked, call.next_question) == (
        *(("Какой подъезд?", "Какой этаж?"), ("Какой этаж?",), "Какой подъезд?"),
    )
    assert does(call, c.WriteAgenda("")).agenda == ()


def test_an_agenda_may_be_written_while_it_rings() -> None:
    assert does(call_in(Phase.DIALLING), c.WriteAgenda(AGENDA)).next_question == "Какой у дома адрес?"
    with pytest.raises(Refused):
        decide(PROFILE, call_in(Phase.WAITING), c.WriteAgenda(AGENDA), NOW)


def test_an_agenda_has_its_bounds() -> None:
    assert decide(PROFILE, TALKING, c.AskOfAgenda("Что?"), NOW) == [], "not on the agenda"
    with pytest.raises(BadInput, match=f"{AGENDA_LIMIT + 1} questions, at most {AGENDA_LIMIT}"):
        decide(PROFILE, TALKING, c.WriteAgenda("\n".join(str(n) for n in range(AGENDA_LIMIT + 1))), NOW)


def test_l13_the_referral_given_is_recorded_and_leaves_the_need_unmet() -> None:
    call = does(TALKING, c.GiveReferral("fund"))
    assert (call.referrals, call.unmet, TALKING.unmet) == (("fund",), True, False)
    assert decide(PROFILE, call, c.GiveReferral("fund"), NOW) == []
    with pytest.raises(BadInput, match="the referral book has no «circus»"):
        decide(PROFILE, call, c.GiveReferral("circus"), NOW)


def test_property_7_a_typical_need_belongs_to_its_topic() -> None:
    call = does(TALKING, c.ChooseTopic("repairs", "roof"))
    assert (call.topic, call.typical_need) == ("repairs", "roof")
    assert decide(PROFILE, call, c.ChooseTopic("repairs", "roof"), NOW) == []
    assert does(call, c.ChooseTopic("repairs")).typical_need == ""
    for topic in ("", "repairs"):
        with pytest.raises(BadInput, match="has no need «cellar»"):
            decide(PROFILE, call, c.ChooseTopic(topic, "cellar"), NOW)


def test_heritage_3_2_3_the_operator_notes_whether_the_answer_satisfies() -> None:
    assert TALKING.satisfied is None
    satisfied = does(TALKING, c.NoteSatisfaction(satisfied=True))
    assert (satisfied.satisfied, satisfied.unmet) == (True, False)
    assert decide(PROFILE, satisfied, c.NoteSatisfaction(satisfied=True), NOW) == []
    assert does(satisfied, c.NoteSatisfaction(satisfied=False)).unmet


@pytest.mark.parametrize("command", [c.GiveReferral("fund"), c.NoteSatisfaction(satisfied=True)])
def test_before_an_operator_answers_nothing_is_written(command: c.Command) -> None:
    with pytest.raises(Refused):
        decide(PROFILE, call_in(Phase.WAITING), command, NOW)


def test_l18_a_promise_to_a_colleague_is_due_by_the_end_of_the_working_day() -> None:
    assert promise(colleague()).due_at == datetime(2026, 11, 18, 17, 30, tzinfo=ZONE)
    assert promise(colleague(), LUNCH).due_at == datetime(2026, 11, 18, 17, 30, tzinfo=ZONE)
    evening = datetime(2026, 11, 18, 18, 0, tzinfo=ZONE)
    assert promise(colleague(), evening).due_at == datetime(2026, 11, 19, 17, 30, tzinfo=ZONE)


def test_l11_a_promise_to_anybody_else_has_the_time_of_the_profile() -> None:
    assert promise(TALKING).due_at == datetime(2026, 11, 18, 15, 0, tzinfo=ZONE)


def test_a_term_that_is_named_holds_in_internal_calls_too() -> None:
    named = datetime(2026, 11, 19, 9, 0, tzinfo=ZONE)
    (made,) = decide(PROFILE, colleague(), c.MakePromise("p2", "215", "крыша", named, ""), NOW)
    assert isinstance(made, f.PromiseMade)
    assert made.due_at == named


def test_a_colleagues_number_is_kept_and_called_as_it_stands() -> None:
    assert promise(colleague(), number=" 215 ").number == "215"
    assert does(call_in(Phase.NEW), c.PlaceCall("anna", "215", "p2")).number == "215"
    with pytest.raises(BadInput, match="«315»"):
        promise(colleague(), number="315")


def test_a_colleague_whom_the_program_cut_off_is_called_back_the_same_day() -> None:
    made, *_ = decide(PROFILE, colleague(), c.Interrupt("p9"), NOW)
    assert isinstance(made, f.PromiseMade)
    assert (made.number, made.due_at) == ("215", datetime(2026, 11, 18, 17, 30, tzinfo=ZONE))
