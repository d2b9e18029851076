"""The panel as it must look in each phase (docs/protocols.md, "Panel view"). Every view that any test shows is held
against the form (tests/fakes/panel_form.py); here the form is held against the document."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from app.application.ports import Ear, LegEnd
from app.domain.articles import ArticleKind
from app.domain.calls import Phase
from app.domain.errors import BadInput
from app.domain.facts import PromiseKind
from app.domain.flow import FIELDS, Kind
from app.domain.operators_speech import HintKind
from app.domain.training import TrainingStatus
from tests.fakes.panel_form import CALL, VIEW, check_view, keys_of
from tests.fakes.profile import profile
from tests.unit.application.house import CALLER, House

PROTOCOLS = Path(__file__).parents[3] / "docs" / "protocols.md"

VALUES: dict[str, set[str]] = {
    "me": {"away", "break", "ready", "offered", "busy", "wrap_up", "browser", "sip", *TrainingStatus},
    "line": {"ok", "away"},
    "call": {
        "incoming",
        "outgoing",
        "mine",
        "source",
        "null",
        "or",
        "text",
        "good",
        "fair",
        "poor",
        "caller",
        "operator",
        *Ear,
        *Phase,
    },
    "script": {"null", "or", *FIELDS, *Kind},
    "transcript": {"caller", "operator"},
    "knowledge": {str(kind) for kind in ArticleKind},
    "hint": {"null", "or", *HintKind},
    "promises": {"waiting", "due", "overdue", "null", *PromiseKind},
}
"""Words of the document's rows that are values and not keys."""


def documented_keys(section: str) -> set[str]:
    rows = PROTOCOLS.read_text(encoding="utf-8").partition("## Gateway")[0].splitlines()
    row = next(line for line in rows if line.startswith(f"| `{section}`")).split("|", 2)[2]
    return set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]+)`", row))))


@pytest.mark.parametrize("section", sorted(VIEW))
def test_the_document_and_the_form_name_the_same_keys(section: str) -> None:
    keys, documented = keys_of(VIEW[section]), documented_keys(section)
    assert keys - documented == set(), "not in docs/protocols.md"
    assert documented - keys - VALUES.get(section, set()) == set(), "in docs/protocols.md only"


def test_the_form_finds_departures(house: House) -> None:
    view: dict[str, Any] = dict(house.panels.view("ivanova"))
    for broken in (
        {key: view[key] for key in view if key != "line"},
        view | {"extra": 1},
        view | {"me": view["me"] | {"since": "now"}},
        view | {"line": view["line"] | {"waiting": True}},
        view | {"transcript": None},
    ):
        with pytest.raises((AssertionError, ValueError)):
            check_view(broken)


def test_an_empty_desk(house: House) -> None:
    view = house.panels.view("ivanova")
    check_view(view)
    assert (view["call"], view["script"], view["transcript"], view["promises"]) == (None, None, [], [])
    assert view["me"]["presence"] == "away"
    assert [(one["login"], one["presence"], one["free"]) for one in view["colleagues"]] == [
        ("petrov", "away", False),
        ("sidorova", "away", False),
    ]
    (heating,) = view["topics"]
    assert heating == {
        "id": "heating",
        "title": "Отопление",
        "questions": ["Когда отключили?"],
        "needs": [{"id": "cold", "title": "Холодно в квартире"}],
        "unit": "legal",
    }
    (fund,) = view["referrals"]
    assert (fund["id"], fund["body"], fund["contacts"], fund["say"]) == (
        *("fund", "Фонд капитального ремонта", "официальный сайт фонда"),
        "Вам поможет Фонд капитального ремонта.",
    )
    assert view["line"]["hours"] == "по будням с 8:30 до 17:30"


def test_a_call_from_its_offer_to_its_end(house: House) -> None:
    """One operator's panel, phase by phase."""
    seen: list[tuple[str, str, str]] = []

    def look() -> None:
        view = house.panels.view("ivanova")
        check_view(view)
        call = view["call"]
        seen.append(
            (call["phase"], call["role"], view["me"]["presence"]) if call else ("", "", view["me"]["presence"])
        )

    house.sit_down("ivanova", "petrov")
    caller = house.dial()
    look()
    operator = house.accept("ivanova")
    house.channel(operator).final("здравствуйте")
    look()
    house.do("ivanova", "hold")
    look()
    house.do("ivanova", "resume")
    house.do("ivanova", "transfer", to="petrov", told=True)
    look()
    house.do("petrov", "decline")
    look()
    house.do("ivanova", "to_survey")
    look()
    house.phone.ends(caller)
    look()
    house.pass_s(60)
    look()
    assert seen == [
        ("offered", "offered", "offered"),
        ("talking", "mine", "busy"),
        ("held", "mine", "busy"),
        ("transferring", "source", "busy"),
        ("talking", "mine", "busy"),
        ("survey", "mine", "wrap_up"),
        ("ended", "mine", "wrap_up"),
        ("", "", "ready"),
    ]


def test_the_offered_call_shows_number_and_waiting(house: House) -> None:
    house.dial()
    house.pass_s(30)
    house.sit_down("ivanova")
    call = house.call_of("ivanova")
    assert call.keys() == CALL.keys()
    assert (call["number"], call["number_shown"]) == (CALLER, "+7 927 123-45-67")
    assert call["unit"] == "Консультационная линия"
    assert call["dialled"] == "+78512245022"
    assert call["arrived_at"] < call["phase_since"]
    assert (call["answered_at"], call["waited_s"], call["operator_name"]) == (None, 0.0, "")


def test_l11_a_dictated_number_is_proposed_beside_the_callers_own(house: House) -> None:
    house.sit_down("ivanova")
    caller, operator = house.talk()
    assert house.call_of("ivanova")["number_said"] is None
    channel = house.channel(caller)
    channel.final("восемь девятьсот тринадцать двести сорок пять")
    assert house.call_of("ivanova")["number_said"] is None
    channel.final("шестьдесят семь ноль восемь", 5.0)
    said = {"number": "+79132456708", "number_shown": "+7 913 245-67-08", "by": "caller"}
    assert house.call_of("ivanova")["number_said"] == said
    assert house.call_of("ivanova")["number"] == CALLER
    house.channel(operator).final("восемь девятьсот двадцать семь сто двадцать три сорок пять шестьдесят семь", 9.0)
    assert house.call_of("ivanova")["number_said"] is None, "it is the one that calls"


def test_two_operators_see_their_own_calls_and_each_other(house: House) -> None:
    house.sit_down("ivanova", "petrov")
    house.talk("ivanova")
    second, _ = house.talk("petrov", "+79271230000")
    house.channel(second).final("нет воды")
    first_sees, second_sees = house.feed.shown["ivanova"], house.feed.shown["petrov"]
    assert (first_sees["call"]["number"], second_sees["call"]["number"]) == (CALLER, "+79271230000")
    assert first_sees["transcript"] == []
    assert [line["text"] for line in second_sees["transcript"]] == ["нет воды"]
    assert [one["presence"] for one in first_sees["colleagues"]] == ["busy", "away"]
    house.do("ivanova", "notes", notes="моё")
    assert house.call_of("petrov")["notes"] == ""
    house.channel(second).partial("и")
    assert house.feed.partials[-1] == ("petrov", "caller", "и")


def test_script_is_rendered_for_its_operator(house: House) -> None:
    house.sit_down("ivanova")
    house.talk()
    assert said(house, "greeting") == [
        "Доброе утро! Служба жилищного надзора. Меня зовут Анна Петровна, специалист."
    ]
    assert said(house, "needs") == ["Какой у Вас вопрос?"]
    assert said(house, "farewell") == ["Спасибо за обращение. До свидания!"]
    house.do("ivanova", "caller_name", name="Пётр Ильич")
    assert said(house, "farewell")[0] == "Спасибо за обращение, Пётр Ильич. До свидания!"


def test_l16_the_farewell_depends_on_whether_the_need_was_met(house: House) -> None:
    house.sit_down("ivanova")
    house.talk()
    assert "Мы вернёмся с ответом. До свидания!" not in said(house, "farewell")
    house.do("ivanova", "promise", number=CALLER, asked="когда", due_at="", interval="")
    assert said(house, "farewell") == ["Мы вернёмся с ответом. До свидания!"]


def test_every_phrase_has_one_variant_proposed_and_the_others_beside(house: House) -> None:
    house.sit_down("ivanova")
    house.talk()
    (phrase,) = stage_of(house, "identity")["phrases"]
    assert {phrase["text"], *phrase["others"]} == {"Как к Вам обращаться?", "Представьтесь, пожалуйста."}
    assert stage_of(house, "identity")["phrases"] == [phrase], "the same each time"


def test_the_questions_of_the_topic_join_those_of_the_needs(house: House) -> None:
    house.sit_down("ivanova")
    house.talk()
    assert stage_of(house, "needs")["questions"] == ["Что произошло?"]
    house.do("ivanova", "topic", topic="heating")
    assert stage_of(house, "needs")["questions"] == ["Что произошло?", "Когда отключили?"]
    assert stage_of(house, "greeting")["questions"] == []


def test_the_script_is_a_graph_and_shows_what_was_skipped(house: House) -> None:
    house.sit_down("ivanova")
    house.talk()
    house.do("ivanova", "open_stage", stage="farewell")
    assert [stage["id"] for stage in script(house)["stages"] if stage["skipped"]] == ["greeting", "needs"]
    assert [stage["id"] for stage in script(house)["stages"] if stage["branch"]] == ["transfer", "promise"]
    assert stage_of(house, "needs")["next"] == [
        {"to": "farewell", "when": "answered", "title": "Ответ дан"},
        {"to": "transfer", "when": "transfer", "title": "Переключение"},
        {"to": "promise", "when": "promise", "title": "Обещание"},
    ]


def test_education_3_5_8_a_colleagues_call_is_led_by_the_internal_script(house: House) -> None:
    house.sit_down("ivanova")
    house.talk(caller="112")
    assert script(house)["flow"] == "internal"
    assert [stage["id"] for stage in script(house)["stages"]] == ["greeting", "farewell"]


def script(house: House) -> dict[str, Any]:
    found: dict[str, Any] = house.feed.shown["ivanova"]["script"]
    return found


def stage_of(house: House, stage_id: str) -> dict[str, Any]:
    return next(stage for stage in script(house)["stages"] if stage["id"] == stage_id)


def said(house: House, stage_id: str) -> list[str]:
    return [phrase["text"] for phrase in stage_of(house, stage_id)["phrases"]]


def test_operator_sees_who_ended_and_how(house: House) -> None:
    house.sit_down("ivanova")
    caller, _ = house.talk()
    house.phone.ends(caller, LegEnd.LOST)
    call = house.call_of("ivanova")
    assert (call["phase"], call["ended_by"], call["end_why"]) == ("ended", "line", "lost")
    assert call["ended_at"] is not None
    assert house.feed.shown["ivanova"]["me"]["wrap_up_until"] is not None


def test_panels_are_brought_up_to_date_only_after_they_were_asked_for(house: House) -> None:
    house.dial()
    assert house.feed.shown == {}
    house.panels.view("petrov")
    house.dial("+79271230000")
    assert house.feed.shown["petrov"]["line"]["waiting"] == 2


def test_a_word_touches_the_panels_at_its_call_and_no_other(house: House) -> None:
    house.sit_down("ivanova", "petrov")
    caller, _ = house.talk("ivanova")
    house.feed.shown.clear()
    house.channel(caller).final("нет воды")
    house.do("ivanova", "notes", notes="вода")
    assert house.feed.shown.keys() == {"ivanova"}
    assert house.call_of("ivanova")["notes"] == "вода"
    house.do("ivanova", "promise", number=CALLER, asked="когда", due_at="")
    assert len(house.feed.shown["petrov"]["promises"]) == 1


def test_view_changes_only_when_something_changed(house: House) -> None:
    house.sit_down("ivanova")
    house.talk()
    before = house.panels.view("ivanova")
    house.pass_s(20)
    assert house.panels.view("ivanova") == before, "times are moments, not counters: nothing travels in silence"


def test_unit_that_has_no_overflow_of_its_own_is_named_as_dialled(house: House) -> None:
    house.sit_down("ivanova")
    house.dial(dialled="+78512245023")
    assert house.call_of("ivanova")["unit"] == "Юристы"
    assert profile().unit_of("8 (8512) 24-50-23").id == "legal"


def test_what_is_written_up_stands_on_the_panel_and_in_the_phrases(house: House) -> None:
    house.sit_down("ivanova")
    house.talk()
    house.do("ivanova", "topic", topic="heating", need="cold")
    house.do("ivanova", "agenda", text="Какой адрес?\nКакой этаж?")
    house.do("ivanova", "agenda_asked", question="Какой адрес?", done=True)
    house.do("ivanova", "referral", referral="fund")
    house.do("ivanova", "satisfied", satisfied=False)
    call = house.call_of("ivanova")
    assert (call["typical_need"], call["referral"], call["satisfied"]) == ("cold", "fund", False)
    assert call["agenda"] == [
        {"question": "Какой адрес?", "asked": True},
        {"question": "Какой этаж?", "asked": False},
    ]
    assert "Мы вернёмся с ответом. До свидания!" in said(house, "farewell")
    assert said(house, "promise") == ["Осталось спросить: Какой этаж? Вам поможет Фонд капитального ремонта."]


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("satisfied", {"satisfied": "yes"}),
        ("satisfied", {}),
        ("agenda_asked", {"question": "Какой адрес?"}),
        ("agenda", {"text": 7}),
        ("referral", {"referral": "circus"}),
        ("topic", {"topic": "heating", "need": "warm"}),
    ],
)
def test_what_cannot_be_written_up_is_explained(house: House, command: str, arguments: dict[str, Any]) -> None:
    house.sit_down("ivanova")
    house.talk()
    with pytest.raises(BadInput):
        house.do("ivanova", command, **arguments)


def test_education_3_5_11_the_proposed_term_in_a_colleagues_call_is_the_end_of_the_day(house: House) -> None:
    house.sit_down("ivanova", "petrov")
    house.talk(caller="112")
    assert house.feed.shown["ivanova"]["line"]["promise_due"] == "2026-11-23T17:30:00+04:00"
    assert house.feed.shown["petrov"]["line"]["promise_due"] == "2026-11-23T15:00:00+04:00"
    house.do("ivanova", "promise", number="112", asked="справка", due_at="", interval="")
    (promise,) = house.recorder.promises.values()
    assert (promise.number, promise.due_at.isoformat()) == ("112", "2026-11-23T17:30:00+04:00")
