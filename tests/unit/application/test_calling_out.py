"""Promises and calls out: the operator's telephone first, then the person's (L11, L17)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.application.ports import LegEnd
from app.domain import facts as f
from app.domain.calls import Outcome, Phase
from app.domain.errors import BadInput, Refused
from app.domain.facts import By, Presence
from app.domain.promises import PromiseState
from tests.fakes.phone import FakeLeg
from tests.unit.application.house import CALLER, House

PROMISE = "id2"


@pytest.fixture
def promised(house: House) -> House:
    """A promise stands, and its operator is ready again."""
    house.sit_down("ivanova")
    caller, _ = house.talk()
    house.do(
        "ivanova", "promise", number="8 (927) 123-45-67", asked="когда дадут тепло", due_at="", interval="утром"
    )
    house.phone.ends(caller)
    house.do("ivanova", "ready")
    return house


def dial_promise(house: House) -> FakeLeg:
    """The operator's browser is up, and the person's telephone rings."""
    house.do("ivanova", "dial_promise", promise=PROMISE)
    house.phone.picks_up(house.phone.last("browser:ivanova"))
    return house.phone.last(CALLER)


def test_promise_stands_in_every_list(promised: House) -> None:
    promised.sit_down("petrov")
    for login in ("ivanova", "petrov"):
        (row,) = promised.feed.shown[login]["promises"]
        assert (row["number_shown"], row["interval"], row["standing"]) == ("+7 927 123-45-67", "утром", "waiting")
        assert row["operator"] == "Иванова Анна Петровна"


def test_promise_becomes_due_and_overdue(promised: House) -> None:
    promised.pass_s(5 * 3600)
    assert promised.panels.view("ivanova")["promises"][0]["standing"] == "due"
    promised.pass_s(3600)
    assert promised.panels.view("ivanova")["promises"][0]["standing"] == "overdue"


def test_operators_telephone_comes_first(promised: House) -> None:
    promised.do("ivanova", "dial_promise", promise=PROMISE)
    assert [leg.address for leg in promised.phone.alive()] == ["browser:ivanova"]
    assert promised.presence("ivanova") is Presence.BUSY
    call = promised.call_of("ivanova")
    assert (call["direction"], call["phase"], call["role"]) == ("outgoing", "dialling", "mine")
    assert call["promise"] == "когда дадут тепло"
    assert promised.feed.shown["ivanova"]["script"]["flow"] == "outgoing"


def test_person_answers_and_the_promise_is_kept(promised: House) -> None:
    callee = dial_promise(promised)
    promised.phone.picks_up(callee)
    operator = promised.phone.last("browser:ivanova")
    assert (callee.hears, operator.hears) == (operator.id, callee.id)
    assert promised.recorder.promises[PROMISE].state is PromiseState.KEPT
    assert promised.feed.shown["ivanova"]["promises"] == []
    assert promised.call_of("ivanova")["promise"] == "когда дадут тепло"
    promised.channel(operator).final("здравствуйте")
    assert promised.exchange.calls["id3"].state.ticked("greeting", "hello")


def test_kept_after_its_term_is_kept_late(promised: House) -> None:
    promised.pass_s(7 * 3600)
    promised.phone.picks_up(dial_promise(promised))
    assert promised.recorder.promises[PROMISE].state is PromiseState.KEPT_LATE


@pytest.mark.parametrize(
    ("end", "why"), [(LegEnd.BUSY, "busy"), (LegEnd.NO_ANSWER, "no_answer"), (LegEnd.REFUSED, "refused")]
)
def test_not_reached_is_an_attempt_and_the_promise_stands(promised: House, end: LegEnd, why: str) -> None:
    promised.phone.ends(dial_promise(promised), end)
    assert promised.facts("id3")[-3:] == [
        f.CalleeNotReached(why),
        f.PromiseAttempted(PROMISE, why),
        f.CallEnded(By.LINE, why),
    ]
    promise = promised.recorder.promises[PROMISE]
    assert (promise.state, promise.attempts) == (PromiseState.OPEN, 1)
    assert promised.presence("ivanova") is Presence.WRAP_UP
    assert promised.exchange.calls["id3"].state.outcome is Outcome.NOT_REACHED
    assert promised.phone.alive() == []


def test_operators_telephone_that_does_not_answer_ends_the_call(promised: House) -> None:
    promised.do("ivanova", "dial_promise", promise=PROMISE)
    promised.pass_s(20)
    assert promised.exchange.calls["id3"].state.phase is Phase.ENDED
    assert promised.phone.alive() == []
    assert promised.presence("ivanova") is Presence.BREAK


def test_operator_who_hangs_up_while_it_rings_ended_it(promised: House) -> None:
    dial_promise(promised)
    promised.phone.ends(promised.phone.last("browser:ivanova"))
    assert promised.facts("id3")[-2:] == [
        f.OperatorLeft("ivanova", "hung_up"),
        f.CallEnded(By.OPERATOR, "hung_up"),
    ]
    assert promised.presence("ivanova") is Presence.WRAP_UP
    assert promised.phone.alive() == []


def test_operator_ends_on_the_panel_while_it_rings(promised: House) -> None:
    dial_promise(promised)
    promised.do("ivanova", "hang_up")
    assert promised.presence("ivanova") is Presence.WRAP_UP
    assert promised.phone.alive() == []


def test_operator_lost_while_it_rings(promised: House) -> None:
    dial_promise(promised)
    promised.phone.ends(promised.phone.last("browser:ivanova"), LegEnd.LOST)
    assert promised.presence("ivanova") is Presence.BREAK
    assert promised.phone.alive() == []


@pytest.mark.parametrize("end", ["hang_up", "telephone", "callee", "lost"])
def test_outgoing_call_has_no_survey(promised: House, end: str) -> None:
    callee = dial_promise(promised)
    promised.phone.picks_up(callee)
    telephone = promised.phone.last("browser:ivanova")
    promised.say_farewell("ivanova")
    if end == "hang_up":
        promised.do("ivanova", "hang_up")
    elif end == "callee":
        promised.phone.ends(callee)
    else:
        promised.phone.ends(telephone, LegEnd.LOST if end == "lost" else LegEnd.HUNG_UP)
    assert promised.names("id3")[-1] == "CallEnded"
    assert promised.phone.alive() == []
    assert promised.presence("ivanova") is Presence.WRAP_UP


def test_lost_operator_of_an_outgoing_call_ends_it(promised: House) -> None:
    promised.phone.picks_up(dial_promise(promised))
    promised.phone.ends(promised.phone.last("browser:ivanova"), LegEnd.LOST)
    assert promised.facts("id3")[-1] == f.CallEnded(By.LINE, "lost")
    assert promised.presence("ivanova") is Presence.BREAK


def test_own_telephone_is_dialled_where_that_is_the_device(promised: House) -> None:
    promised.sit_down("sidorova", device="phone")
    promised.do("sidorova", "dial_promise", promise=PROMISE)
    telephone = promised.phone.last("sip:sidorova@127.0.0.1:5080")
    promised.phone.picks_up(telephone)
    callee = promised.phone.last(CALLER)
    promised.phone.picks_up(callee)
    assert callee.hears == telephone.id


def test_outgoing_call_is_transferred_like_any_other(promised: House) -> None:
    callee = dial_promise(promised)
    promised.phone.picks_up(callee)
    promised.sit_down("petrov")
    promised.do("ivanova", "transfer", to="petrov", told=True)
    target = promised.accept("petrov")
    assert callee.hears == target.id


def test_one_promise_is_called_by_one_operator(promised: House) -> None:
    promised.sit_down("petrov")
    dial_promise(promised)
    with pytest.raises(Refused) as refusal:
        promised.do("petrov", "dial_promise", promise=PROMISE)
    assert refusal.value.code == "not_now"


def test_kept_or_closed_promises_are_not_called_again(promised: House) -> None:
    promised.do("ivanova", "close_promise", promise=PROMISE, why="пришла сама")
    assert promised.recorder.promises[PROMISE].state is PromiseState.CLOSED
    assert promised.feed.shown["ivanova"]["promises"] == []
    for command in ("dial_promise", "close_promise"):
        with pytest.raises(Refused) as refusal:
            promised.do("ivanova", command, promise=PROMISE, why="ещё раз")
        assert refusal.value.code == "closed_promise"


def test_unknown_promises(promised: House) -> None:
    for command in ("dial_promise", "close_promise"):
        with pytest.raises(Refused) as refusal:
            promised.do("ivanova", command, promise="id99", why="нет такого")
        assert refusal.value.code == "unknown_promise"


def test_closing_a_promise_needs_a_why(promised: House) -> None:
    with pytest.raises(BadInput):
        promised.do("ivanova", "close_promise", promise=PROMISE, why="  ")


def test_a_number_is_dialled_without_a_promise(promised: House) -> None:
    promised.do("ivanova", "dial", number="8 927 123-00-00")
    promised.phone.picks_up(promised.phone.last("browser:ivanova"))
    callee = promised.phone.last("+79271230000")
    promised.phone.ends(callee, LegEnd.BUSY)
    assert promised.names("id3")[-2:] == ["CalleeNotReached", "CallEnded"]


def test_bad_number_changes_nothing(promised: House) -> None:
    with pytest.raises(BadInput):
        promised.do("ivanova", "dial", number="12")
    assert promised.presence("ivanova") is Presence.READY
    assert promised.names("id3") == []


def test_calls_go_out_from_a_break_and_the_wrap_up_but_not_from_a_call(promised: House) -> None:
    promised.do("ivanova", "break", why="")
    promised.do("ivanova", "dial", number="+79271230000")
    with pytest.raises(Refused) as refusal:
        promised.do("ivanova", "dial", number="+79271230001")
    assert refusal.value.code == "busy"
    promised.do("ivanova", "hang_up")
    assert promised.presence("ivanova") is Presence.WRAP_UP
    promised.do("ivanova", "dial", number="+79271230001")
    assert promised.presence("ivanova") is Presence.BUSY
    promised.pass_s(1)
    assert promised.call_of("ivanova")["number"] == "+79271230001"


def test_no_call_goes_out_without_sound(promised: House) -> None:
    promised.exchange.browser_changed("ivanova", connected=False, microphone=False)
    with pytest.raises(BadInput, match="sound"):
        promised.do("ivanova", "dial_promise", promise=PROMISE)


def test_promises_done_are_forgotten_after_a_day(promised: House) -> None:
    promised.do("ivanova", "close_promise", promise=PROMISE, why="пришла сама")
    promised.pass_s(timedelta(days=2).total_seconds())
    promised.talk()
    promised.do("ivanova", "promise", number=CALLER, asked="ещё раз", due_at="", interval="")
    assert PROMISE not in promised.recorder.promises
    assert len(promised.recorder.promises) == 1


def test_the_operator_hears_it_ring_until_the_person_answers(promised: House) -> None:
    callee = dial_promise(promised)
    own = promised.phone.last("browser:ivanova")
    promised.exchange.leg_ringing(callee.id, with_sound=False)
    assert own.hears == "ringback"
    promised.phone.picks_up(callee)
    assert own.hears == callee.id


def test_the_operator_hears_what_the_network_says_before_the_answer(promised: House) -> None:
    callee = dial_promise(promised)
    own = promised.phone.last("browser:ivanova")
    promised.exchange.leg_ringing(callee.id, with_sound=False)
    promised.phone.speaks_early(callee)
    assert own.hears == callee.id
    promised.phone.ends(callee, LegEnd.REFUSED)
    assert own.hears != callee.id


def test_clarification_is_planned_with_its_questions_and_dialled_with_them(house: House) -> None:
    house.sit_down("ivanova")
    questions = "Какой у Вас номер СНИЛС?\n\n  Когда выдан паспорт? \n"
    house.do("ivanova", "clarify", number="8 (927) 123-45-67", asked="Нет копии паспорта", questions=questions)
    (planned,) = house.feed.shown["ivanova"]["promises"]
    assert (planned["kind"], planned["number"], planned["asked"]) == ("clarification", CALLER, "Нет копии паспорта")
    assert planned["due_at"] == "2026-11-24T10:00:00+04:00", "24 hours, none of them on a day off (labour 8)"
    house.do("ivanova", "dial_promise", promise=planned["id"])
    agenda = ["Какой у Вас номер СНИЛС?", "Когда выдан паспорт?"]
    assert [one["question"] for one in house.call_of("ivanova")["agenda"]] == agenda
    house.phone.picks_up(house.phone.last("browser:ivanova"))
    house.phone.picks_up(house.phone.last(CALLER))
    assert house.feed.shown["ivanova"]["promises"] == [], "the call is the clarification kept"


def test_clarification_of_an_earlier_run_is_closed_in_its_own_stream(house: House) -> None:
    house.sit_down("ivanova")
    house.do("ivanova", "clarify", number=CALLER, asked="Нет подписи")
    promise = house.feed.shown["ivanova"]["promises"][0]["id"]
    house.do("ivanova", "close_promise", promise=promise, why="Клиент пришёл сам")
    kinds = [type(one.fact).__name__ for one in house.journal.of(f"promise:{promise}")]
    assert kinds == ["PromiseMade", "PromiseClosed"]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"number": "12", "asked": "Нет подписи"}, "number"),
        ({"number": CALLER, "asked": "  "}, "asked_empty"),
        ({"number": CALLER, "asked": "Нет подписи", "questions": "\n".join(map(str, range(51)))}, "too_long"),
    ],
    ids=["number", "nothing asked", "too many questions"],
)
def test_clarification_that_cannot_be_planned(house: House, values: dict[str, str], code: str) -> None:
    house.sit_down("ivanova")
    with pytest.raises(BadInput) as raised:
        house.do("ivanova", "clarify", **values)
    assert raised.value.code.startswith(code)
    assert house.feed.shown["ivanova"]["promises"] == []
