"""While two people talk: what is heard, ticked, written, and the hold (L3-L6, L10)."""

from __future__ import annotations

import pytest

from app.domain import facts as f
from app.domain.errors import BadInput, Refused
from app.domain.facts import By, Presence, Speaker
from tests.fakes.phone import FakeLeg
from tests.unit.application.house import House


@pytest.fixture
def talking(house: House) -> tuple[FakeLeg, FakeLeg]:
    house.sit_down("ivanova")
    house.dial()
    house.pass_s(4)
    caller = next(iter(house.phone.legs.values()))
    return caller, house.accept("ivanova")


def test_both_sides_go_to_the_recogniser_each_on_its_channel(
    house: House, talking: tuple[FakeLeg, FakeLeg]
) -> None:
    caller, operator = talking
    house.phone.speaks(caller)
    house.phone.speaks(operator)
    house.phone.speaks(operator)
    assert house.channel(caller).fed == 320
    assert house.channel(operator).fed == 640
    assert [one.phrases for one in house.recognizer.open()] == [None, None]


def test_words_come_back_with_their_speaker_and_the_times_of_the_call(
    house: House, talking: tuple[FakeLeg, FakeLeg]
) -> None:
    caller, operator = talking
    house.channel(operator).final("меня зовут анна", 1.0)
    house.channel(caller).final("нет отопления", 3.0)
    first, second = house.feed.shown["ivanova"]["transcript"]
    assert (first["n"], first["speaker"], first["who"], first["text"]) == (
        1,
        "operator",
        "Иванова Анна Петровна",
        "меня зовут анна",
    )
    assert (first["start_s"], first["end_s"]) == (5.0, 6.4)
    assert (second["speaker"], second["start_s"], second["end_s"]) == ("caller", 7.0, 7.9)
    heard = next(fact for fact in house.facts() if isinstance(fact, f.PhraseHeard))
    assert heard.words[0] == ("меня", 5.0, 5.4)


def test_operators_words_tick_the_script_and_the_callers_do_not(
    house: House, talking: tuple[FakeLeg, FakeLeg]
) -> None:
    caller, operator = talking
    house.channel(caller).final("здравствуйте")
    assert not house.only().ticked("greeting", "hello")
    house.channel(operator).final("здравствуйте меня зовут анна")
    script = house.feed.shown["ivanova"]["script"]
    greeting = script["stages"][0]
    assert greeting["done"]
    assert [step["ticked"]["by"] for step in greeting["steps"]] == ["speech", "speech"]
    assert script["current"] == "needs"


def test_a_tick_keeps_the_phrase_the_score_and_the_model_that_heard_it(
    house: House, talking: tuple[FakeLeg, FakeLeg]
) -> None:
    house.channel(talking[1]).final("здравствуйте")
    assert house.facts()[-1] == f.StepTicked("greeting", "hello", By.SPEECH, "здравствуйте", 1.0, "hearer 1")
    assert house.only().ticks[-1].model == "hearer 1"


def test_contested_tick_stays_off_until_it_is_ticked_by_hand(
    house: House, talking: tuple[FakeLeg, FakeLeg]
) -> None:
    _, operator = talking
    house.channel(operator).final("здравствуйте")
    house.do("ivanova", "untick", stage="greeting", step="hello")
    house.channel(operator).final("здравствуйте")
    assert not house.only().ticked("greeting", "hello")
    house.do("ivanova", "tick", stage="greeting", step="hello")
    assert house.only().ticked("greeting", "hello")


def test_partials_travel_to_the_panel_and_are_not_kept(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    caller, _ = talking
    before = house.facts()
    house.channel(caller).partial("нет ото")
    house.channel(caller).final("нет отопления")
    assert house.feed.partials == [("ivanova", "caller", "нет ото"), ("ivanova", "caller", "")]
    assert house.facts()[len(before) :] == [
        f.PhraseHeard(Speaker.CALLER, "", "нет отопления", 4.0, 4.9, (("нет", 4.0, 4.4), ("отопления", 4.5, 4.9)))
    ]


def test_empty_final_is_nothing(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    before = house.facts()
    house.channel(talking[0]).final("")
    assert house.facts() == before


def test_hold_plays_announcement_then_music_and_nothing_is_heard(
    house: House, talking: tuple[FakeLeg, FakeLeg]
) -> None:
    caller, operator = talking
    house.do("ivanova", "hold", return_in_s=30)
    assert (caller.hears, operator.hears) == ("hold_on", "silence")
    assert house.recognizer.open() == []
    assert (caller.sink, operator.sink) == (None, None)
    house.play_out()
    assert caller.hears == "music"
    call = house.call_of("ivanova")
    assert (call["phase"], call["hold"]["return_in_s"]) == ("held", 30)


def test_resume_brings_the_two_together_and_listens_again(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    caller, operator = talking
    house.do("ivanova", "hold")
    house.pass_s(12)
    house.do("ivanova", "resume")
    assert (caller.hears, operator.hears) == (operator.id, caller.id)
    assert len(house.recognizer.open()) == 2
    assert house.facts()[-1] == f.ResumedFromHold(12.0)
    house.channel(caller).final("я здесь", 0.5)
    assert house.only().phrases[-1].start_s == 16.5


def test_resume_during_the_hold_announcement_stops_it(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    caller, operator = talking
    house.do("ivanova", "hold")
    house.do("ivanova", "resume")
    house.pass_s(30)
    assert caller.hears == operator.id
    assert "music" not in caller.heard[caller.heard.index("hold_on") :]


def test_late_words_during_hold_are_still_kept(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    channel = house.channel(talking[0])
    house.do("ivanova", "hold")
    channel.final("до свидания")
    assert house.only().phrases[-1].text == "до свидания"


def test_what_the_operator_writes_stands_on_the_panel_and_in_the_script(
    house: House, talking: tuple[FakeLeg, FakeLeg]
) -> None:
    house.do("ivanova", "caller_name", name="  Пётр Ильич ")
    house.do("ivanova", "need", text="Нет отопления")
    house.do("ivanova", "topic", topic="heating")
    house.do("ivanova", "notes", notes="перезвонить в УК")
    house.do("ivanova", "open_stage", stage="needs")
    view = house.feed.shown["ivanova"]
    assert view["call"]["caller_name"] == "Пётр Ильич"
    assert (view["call"]["need"], view["call"]["topic"]) == ("Нет отопления", "heating")
    assert view["call"]["notes"] == "перезвонить в УК"
    assert view["script"]["current"] == "needs"
    assert view["script"]["stages"][2]["phrases"][0]["text"] == "Пётр Ильич, правильно ли я понимаю: Нет отопления?"


def test_writing_the_same_again_records_nothing(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    for command, arguments in [
        ("caller_name", {"name": "Пётр"}),
        ("need", {"text": "Тепло"}),
        ("topic", {"topic": "heating"}),
        ("notes", {"notes": "тепло"}),
        ("open_stage", {"stage": "needs"}),
        ("tick", {"stage": "greeting", "step": "hello"}),
        ("told", {}),
    ]:
        house.do("ivanova", command, **arguments)
        before = house.facts()
        house.do("ivanova", command, **arguments)
        assert house.facts() == before, command


def test_hanging_up_before_the_farewell_needs_a_reason(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    with pytest.raises(Refused) as refusal:
        house.do("ivanova", "hang_up")
    assert (refusal.value.code, refusal.value.rule) == ("reason_needed", "L14")
    house.do("ivanova", "hang_up", reason="оскорбления")
    assert house.facts()[-2:] == [
        f.OperatorLeft("ivanova", "hung_up", "оскорбления"),
        f.CallEnded(By.OPERATOR, "hung_up"),
    ]
    assert talking[0].gone
    assert talking[1].gone
    assert house.presence("ivanova") is Presence.WRAP_UP


def test_notes_are_written_in_the_wrap_up(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    house.phone.ends(talking[0])
    house.pass_s(40)
    house.do("ivanova", "notes", notes="всё выяснили")
    assert house.call_of("ivanova")["notes"] == "всё выяснили"
    with pytest.raises(Refused):
        house.do("ivanova", "hold")


def test_late_words_after_the_end_are_still_recorded(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    caller, operator = talking
    channel = house.channel(operator)
    house.phone.ends(caller)
    house.pass_s(5)
    channel.final("до свидания")
    assert house.only().phrases[-1].text == "до свидания"
    assert house.names()[-2:] == ["PhraseHeard", "StepTicked"]


def test_words_for_a_call_that_is_long_forgotten_do_no_harm(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    caller, _ = talking
    channel = house.channel(caller)
    house.phone.ends(caller)
    house.pass_s(300)
    before = house.names()
    channel.partial("до")
    channel.final("до свидания")
    assert house.names() == before


@pytest.mark.parametrize("seconds", [4, 1801, 0, -60])
def test_hold_has_its_bounds(house: House, talking: tuple[FakeLeg, FakeLeg], seconds: int) -> None:
    with pytest.raises(BadInput):
        house.do("ivanova", "hold", return_in_s=seconds)
    assert house.call_of("ivanova")["phase"] == "talking"
