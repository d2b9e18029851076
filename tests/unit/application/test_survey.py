"""The two questions after the consultation, by key and by voice (L15)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.domain import facts as f
from app.domain.calls import Phase
from app.domain.facts import By, Presence
from tests.fakes.phone import FakeLeg
from tests.unit.application.house import House

REPEATED = "survey_repeat survey_answer_received"


@pytest.fixture
def caller(house: House) -> FakeLeg:
    """A caller who was sent to the survey."""
    return sent_to_survey(house)


def sent_to_survey(house: House) -> FakeLeg:
    house.sit_down("ivanova")
    caller, _ = house.talk()
    house.do("ivanova", "to_survey")
    return caller


def test_operator_is_released_and_the_caller_is_asked(house: House, caller: FakeLeg) -> None:
    assert house.presence("ivanova") is Presence.WRAP_UP
    assert house.phone.alive() == [caller]
    assert caller.hears == "survey_intro"
    house.play_out()
    assert caller.hears == "survey_answer_received"
    assert house.call_of("ivanova")["survey"] == {
        "asking": "Получен ли ответ на Ваш вопрос?",
        "answers": [],
        "complete": None,
    }


def test_answers_by_key_then_thanks_then_the_end(house: House, caller: FakeLeg) -> None:
    house.play_out()
    house.play_out()
    house.phone.presses(caller, "1")
    assert caller.hears == "survey_satisfaction"
    house.phone.presses(caller, "2")  # the prompt need not be heard to its end
    assert caller.hears == "survey_thanks"
    house.play_out()
    assert caller.gone
    assert house.only().answers[1][1].answer == "partly"
    assert house.names()[-7:] == [
        "SurveyStarted",
        "SurveyQuestionAsked",
        "SurveyAnswered",
        "SurveyQuestionAsked",
        "SurveyAnswered",
        "SurveyFinished",
        "CallEnded",
    ]
    assert house.facts()[-2:] == [f.SurveyFinished(complete=True), f.CallEnded(By.LINE, "finished")]
    assert house.call_of("ivanova")["survey"] == {
        "asking": "",
        "answers": [
            {"question": "Получен ли ответ на Ваш вопрос?", "answer": "да"},
            {"question": "Оцените качество работы консультанта", "answer": "частично удовлетворен"},
        ],
        "complete": True,
    }


def test_answers_by_voice(house: House, caller: FakeLeg) -> None:
    house.play_out()
    house.play_out()
    channel = house.channel(caller)
    assert channel.phrases is not None
    assert {"да", "не получен", "[unk]"} <= set(channel.phrases)
    channel.final("да получен")
    assert f.SurveyAnswered("answer_received", "yes", By.VOICE) in house.facts()
    assert not channel.open
    house.play_out()
    house.channel(caller).final("не удовлетворен")
    assert f.SurveyAnswered("satisfaction", "dissatisfied", By.VOICE) in house.facts()
    assert caller.hears == "survey_thanks"


def test_nothing_is_listened_to_while_the_question_is_said(house: House, caller: FakeLeg) -> None:
    house.play_out()
    assert (caller.sink, house.recognizer.open()) == (None, [])


def test_silence_is_asked_once_more_and_then_passed_over(house: House, caller: FakeLeg) -> None:
    house.play_out()
    house.play_out()
    house.pass_s(7)
    assert caller.hears == REPEATED
    assert house.announcer.text_of("survey_repeat") == "Ответ не распознан."
    house.pass_s(2 * 2 + 7)
    assert caller.hears == "survey_satisfaction"
    house.phone.presses(caller, "3")
    assert house.only().survey_complete is False
    assert [fact for fact in house.facts() if isinstance(fact, f.SurveyNotUnderstood)] == [
        f.SurveyNotUnderstood("answer_received", "silence"),
        f.SurveyNotUnderstood("answer_received", "silence"),
    ]


def test_all_silence_ends_with_thanks_too(house: House, caller: FakeLeg) -> None:
    house.pass_s(2 + 4 * 9 + 2 * 2)
    assert caller.hears == "survey_thanks"
    house.play_out()
    assert caller.gone
    assert house.only().survey_complete is False


@pytest.mark.parametrize("said", ["[unk]", "да нет", "[unk] погода"])
def test_nonsense_by_voice_is_asked_once_more(house: House, caller: FakeLeg, said: str) -> None:
    house.play_out()
    house.play_out()
    house.channel(caller).final(said)
    assert f.SurveyNotUnderstood("answer_received", "nonsense") in house.facts()
    assert caller.hears == REPEATED
    house.play_out()
    house.play_out()
    house.channel(caller).final("нет")
    assert f.SurveyAnswered("answer_received", "no", By.VOICE) in house.facts()


def test_a_word_of_little_confidence_is_no_answer(house: House, caller: FakeLeg) -> None:
    house.play_out()
    house.play_out()
    house.channel(caller).final("да", confidence=0.4)
    assert f.SurveyNotUnderstood("answer_received", "nonsense") in house.facts()
    house.play_out()
    house.play_out()
    house.channel(caller).final("да", confidence=0.55)
    assert f.SurveyAnswered("answer_received", "yes", By.VOICE) in house.facts()


def test_the_question_is_said_again_for_who_asks_and_no_attempt_is_lost(house: House, caller: FakeLeg) -> None:
    house.play_out()
    for _ in range(2):
        house.play_out()
        house.channel(caller).final("повторите пожалуйста")
        assert caller.hears == "survey_answer_received"
    house.play_out()
    house.pass_s(7)
    assert caller.hears == REPEATED
    assert f.SurveyNotUnderstood("answer_received", "again") in house.facts()


def test_key_without_a_meaning_is_nonsense(house: House, caller: FakeLeg) -> None:
    house.play_out()
    house.phone.presses(caller, "9")
    assert house.facts()[-2:] == [
        f.SurveyNotUnderstood("answer_received", "nonsense"),
        f.SurveyQuestionAsked("answer_received", 2),
    ]


def test_key_during_the_introduction_is_too_early(house: House, caller: FakeLeg) -> None:
    house.phone.presses(caller, "1")
    assert house.names()[-1] == "SurveyStarted"


def test_a_caller_who_has_begun_to_speak_is_waited_for(house: House, caller: FakeLeg) -> None:
    house.play_out()
    house.play_out()
    house.pass_s(6.5)
    house.channel(caller).partial("да")
    house.pass_s(2)
    house.channel(caller).final("да")
    assert f.SurveyAnswered("answer_received", "yes", By.VOICE) in house.facts()


def test_who_began_and_fell_silent_is_asked_again(house: House, caller: FakeLeg) -> None:
    house.play_out()
    house.play_out()
    house.channel(caller).partial("да")
    house.pass_s(7)
    assert caller.hears == "silence"
    house.pass_s(3)
    assert caller.hears == REPEATED


def test_unknown_noise_does_not_count_as_speaking(house: House, caller: FakeLeg) -> None:
    house.play_out()
    house.play_out()
    house.channel(caller).partial("[unk]")
    house.pass_s(7)
    assert caller.hears == REPEATED


def test_results_that_come_after_a_key_belong_to_no_question(house: House, caller: FakeLeg) -> None:
    house.play_out()
    house.play_out()
    channel = house.channel(caller)
    house.phone.presses(caller, "1")
    channel.partial("нет")
    channel.final("нет")
    house.play_out()
    assert house.only().answers[0][1].answer == "yes"
    house.pass_s(7)
    assert caller.hears == "survey_repeat survey_satisfaction", "a late partial must not lengthen the next question"


def test_caller_hangs_up_midway_and_what_was_answered_is_kept(house: House, caller: FakeLeg) -> None:
    house.play_out()
    house.phone.presses(caller, "1")
    house.play_out()
    house.phone.ends(caller)
    assert house.facts()[-2:] == [f.SurveyFinished(complete=False), f.CallEnded(By.CALLER, "hung_up")]
    assert house.only().answers[0][1].answer == "yes"
    assert house.call_of("ivanova")["survey"]["complete"] is False


@pytest.mark.parametrize("seconds", [0, 3, 5, 12])
def test_caller_hangs_up_at_any_moment_of_the_survey(house: House, caller: FakeLeg, seconds: int) -> None:
    house.pass_s(seconds)
    house.phone.ends(caller)
    assert house.names()[-2:] == ["SurveyFinished", "CallEnded"]


def test_caller_hangs_up_during_the_thanks(house: House, caller: FakeLeg) -> None:
    house.play_out()
    house.phone.presses(caller, "1")
    house.phone.presses(caller, "1")
    house.phone.ends(caller)
    assert house.names().count("SurveyFinished") == 1
    assert house.only().survey_complete is True


def test_the_operator_who_answered_last_is_asked_about(house: House) -> None:
    house.sit_down("ivanova")
    house.talk()
    house.sit_down("petrov")
    house.do("ivanova", "transfer", to="petrov", told=True)
    house.accept("petrov")
    house.do("petrov", "to_survey")
    assert f.SurveyStarted("petrov") in house.facts()


def test_hanging_up_after_the_farewell_leads_to_the_survey(house: House) -> None:
    house.sit_down("sidorova", device="phone")
    caller = house.dial()
    telephone = house.phone.last("sip:sidorova@127.0.0.1:5080")
    house.phone.picks_up(telephone)
    house.channel(telephone).final("спасибо за обращение до свидания")
    assert house.call_of("sidorova")["farewell_done"]
    house.phone.ends(telephone)
    assert f.OperatorLeft("sidorova", "farewell") in house.facts()
    assert caller.hears == "survey_intro"


def test_hang_up_on_the_panel_after_the_farewell_leads_to_the_survey(house: House) -> None:
    house.sit_down("ivanova")
    caller, _ = house.talk()
    house.say_farewell("ivanova")
    house.do("ivanova", "hang_up")
    assert (caller.hears, house.only().phase) == ("survey_intro", Phase.SURVEY)


def test_survey_waits_for_sounds_that_are_still_made(make_house: Callable[..., House]) -> None:
    house = make_house(sound_after_s=3)
    caller = sent_to_survey(house)
    house.pass_s(3 + 2 + 3)
    assert caller.hears == "survey_answer_received"
    house.phone.presses(caller, "2")
    house.pass_s(3)
    assert caller.hears == "survey_satisfaction"


def test_silent_recogniser_leaves_the_keys(house: House, caller: FakeLeg) -> None:
    house.play_out()
    house.play_out()
    house.channel(caller).on_available(False)
    house.phone.presses(caller, "2")
    assert f.SurveyAnswered("answer_received", "no", By.KEY) in house.facts()


def test_colleague_is_asked_only_where_the_operator_wants_it(house: House) -> None:
    house.sit_down("ivanova")
    colleague, _ = house.talk(caller="112")
    house.say_farewell("ivanova")
    house.do("ivanova", "hang_up")
    assert house.phone.alive() == []
    assert "SurveyStarted" not in house.names()
    house.do("ivanova", "ready")
    colleague, _ = house.talk(caller="113")
    house.do("ivanova", "to_survey")
    assert colleague.hears == "survey_intro"
