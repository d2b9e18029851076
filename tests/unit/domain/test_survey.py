"""The two questions by telephone (L15: housing 5.12, property 30)."""

from __future__ import annotations

from itertools import product

import pytest

from app.config import PROJECT
from app.domain import commands as c
from app.domain import facts as f
from app.domain.calls import Call, Phase
from app.domain.conduct import decide
from app.domain.errors import BadInput
from app.domain.facts import By
from app.domain.flow import SurveyAnswer, SurveyQuestion
from app.domain.said_answers import grammar, understand, wants_it_again
from app.storage.flows import load_profile
from tests.unit.domain.samples import NOW, PROFILE, SURVEY, call_in, does

FIRST, SECOND = SURVEY.questions
SILENCE = c.MissSurveyAnswer("answer_received", "silence")


def begun() -> Call:
    """In the survey, before the first question."""
    return does(call_in(Phase.TALKING), c.SendToSurvey())


def given(call: Call) -> dict[str, tuple[str, By]]:
    return {question: (answer.answer, answer.by) for question, answer in call.answers}


def test_the_survey_is_about_the_operator_who_answered_last() -> None:
    call = does(call_in(Phase.TRANSFERRING), c.OperatorAnswers("boris"), c.SendToSurvey())
    assert (call.phase, call.operator) == (Phase.SURVEY, "boris")


def test_the_first_question_is_asked_once() -> None:
    call = does(begun(), c.BeginSurvey())
    assert (call.question, call.attempt) == ("answer_received", 1)
    assert decide(PROFILE, call, c.BeginSurvey(), NOW) == []


@pytest.mark.parametrize(("one", "two"), list(product(FIRST.answers, SECOND.answers)), ids=lambda a: a.id)
def test_both_questions_by_keys(one: SurveyAnswer, two: SurveyAnswer) -> None:
    call = does(begun(), c.BeginSurvey(), c.PressKey(one.key))
    assert (call.question, call.attempt) == ("satisfaction", 1)
    call = does(call, c.PressKey(two.key))
    assert given(call) == {"answer_received": (one.id, By.KEY), "satisfaction": (two.id, By.KEY)}
    assert (call.survey_complete, call.question) == (True, "")


def test_both_questions_by_voice() -> None:
    call = does(
        begun(),
        c.BeginSurvey(),
        c.AnswerSurvey("answer_received", "no", By.VOICE),
        c.AnswerSurvey("satisfaction", "dissatisfied", By.VOICE),
    )
    assert given(call) == {"answer_received": ("no", By.VOICE), "satisfaction": ("dissatisfied", By.VOICE)}
    assert call.survey_complete


@pytest.mark.parametrize(
    "miss", [c.MissSurveyAnswer("answer_received", "silence"), c.PressKey("7"), c.PressKey("#")]
)
def test_silence_or_nonsense_repeats_once_and_then_goes_on(miss: c.Command) -> None:
    call = does(begun(), c.BeginSurvey(), miss)
    assert (call.question, call.attempt) == ("answer_received", 2)
    call = does(call, miss)
    assert (call.question, call.attempt) == ("satisfaction", 1)


def test_all_silence_ends_in_an_unfinished_survey() -> None:
    silence = [c.MissSurveyAnswer(q.id, "silence") for q in SURVEY.questions for _ in range(2)]
    call = does(begun(), c.BeginSurvey(), *silence)
    assert (call.answers, call.survey_complete, call.question, call.phase) == ((), False, "", Phase.SURVEY)


def test_one_answer_of_two_is_kept_and_unfinished() -> None:
    silence = SILENCE
    call = does(begun(), c.BeginSurvey(), silence, silence, c.PressKey("2"))
    assert given(call) == {"satisfaction": ("partly", By.KEY)}
    assert call.survey_complete is False


@pytest.mark.parametrize("end", [c.CallerHangsUp(), c.CallerHangsUp("lost"), c.End("failed"), c.Interrupt("p9")])
@pytest.mark.parametrize("keys", ["", "1"])
def test_a_survey_cut_off_keeps_what_it_has(end: c.Command, keys: str) -> None:
    call = does(begun(), c.BeginSurvey(), *map(c.PressKey, keys), end)
    assert (call.phase, call.survey_complete, len(call.answers)) == (Phase.ENDED, False, len(keys))


def test_cut_off_before_the_first_question_is_unfinished_too() -> None:
    assert does(begun(), c.CallerHangsUp()).survey_complete is False


@pytest.mark.parametrize("end", [c.CallerHangsUp(), c.End("finished")])
def test_a_finished_survey_stays_finished(end: c.Command) -> None:
    call = does(begun(), c.BeginSurvey(), c.PressKey("1"), c.PressKey("1"))
    assert decide(PROFILE, call, end, NOW)[0] != f.SurveyFinished(complete=False)
    assert does(call, end).survey_complete is True


def test_what_comes_too_late_changes_nothing() -> None:
    call = does(begun(), c.BeginSurvey(), c.PressKey("1"))
    late: list[c.Command] = [
        c.AnswerSurvey("answer_received", "no", By.VOICE),
        c.MissSurveyAnswer("answer_received", "silence"),
    ]
    done = does(call, c.PressKey("1"))
    for command in late:
        assert decide(PROFILE, call, command, NOW) == []
        assert decide(PROFILE, done, command, NOW) == []
    assert decide(PROFILE, done, c.PressKey("3"), NOW) == []


def test_keys_before_the_first_question_are_too_early() -> None:
    assert decide(PROFILE, begun(), c.PressKey("1"), NOW) == []


@pytest.mark.parametrize("answer", ["partly", "", "да"])
def test_an_answer_that_the_question_does_not_have_is_not_kept(answer: str) -> None:
    with pytest.raises(BadInput, match="has no answer"):
        decide(PROFILE, does(begun(), c.BeginSurvey()), c.AnswerSurvey("answer_received", answer, By.VOICE), NOW)


def heard(question: SurveyQuestion, text: str) -> str:
    answer = understand(question, text)
    return answer.id if answer else ""


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("да", "yes"),
        ("Да!", "yes"),
        ("ну да", "yes"),
        ("да спасибо большое", "yes"),
        ("нет", "no"),
        ("нет не получен", "no"),
        ("ответ не получен", "no"),
        ("да нет", ""),
        ("дача", ""),
        ("", ""),
        ("[unk]", ""),
        ("да да конечно", "yes"),
        ("не", "no"),
        ("не [unk]", ""),
        ("сожалению нет", "no"),
        ("как сожалению нет", "no"),
        ("к сожалению да", "yes"),
        ("да [unk]", ""),
        ("[unk] да", ""),
        ("да но", ""),
        ("нет да", ""),
        ("не знаю да", ""),
        ("да нет наверное", ""),
        ("оператор", ""),
        ("да я хотела еще спросить про справку", ""),
        ("два", ""),
    ],
)
def test_yes_and_no(text: str, answer: str) -> None:
    assert heard(FIRST, text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("удовлетворён", "satisfied"),
        ("не удовлетворён", "dissatisfied"),
        ("нет не удовлетворен", "dissatisfied"),
        ("я не удовлетворен ответом", "dissatisfied"),
        ("частично", "partly"),
        ("частично удовлетворен", "partly"),
        ("удовлетворен частично", ""),
        ("не знаю", ""),
        ("да удовлетворен", "satisfied"),
        ("да не удовлетворен", ""),
        ("нет удовлетворен", ""),
        ("[unk] удовлетворен", ""),
        ("скорее удовлетворен", ""),
        ("не очень", ""),
        ("да частично", "partly"),
    ],
)
def test_the_longest_form_wins_and_a_tie_is_no_answer(text: str, answer: str) -> None:
    assert heard(SECOND, text) == answer


@pytest.mark.parametrize(
    ("text", "wants"),
    [("повторите", True), ("повторите пожалуйста", True), ("ну еще раз", True), ("да еще раз", False), ("", False)],
)
def test_a_caller_may_ask_for_the_question_again(text: str, wants: bool) -> None:
    assert wants_it_again(text) is wants
    if wants:
        assert heard(FIRST, text) == ""


def test_the_grammar_has_what_is_no_answer_too() -> None:
    phrases = grammar(FIRST)
    assert {"да", "не получен", "не знаю", "повторите", "[unk]"} <= set(phrases)
    assert len(phrases) == len(set(phrases))


def test_hearing_it_again_is_no_attempt_but_has_an_end() -> None:
    again = c.MissSurveyAnswer("answer_received", "again")
    call = does(begun(), c.BeginSurvey(), again, again)
    assert (call.question, call.attempt, call.repeats) == ("answer_received", 1, 2)
    call = does(call, again)
    assert (call.question, call.attempt) == ("answer_received", 2)
    call = does(call, c.PressKey("1"))
    assert (call.question, call.attempt, call.repeats) == ("satisfaction", 1, 0)


FORMS = [
    (body, question, answer, form)
    for body in ("housing", "property", "labour")
    for question in load_profile(PROJECT / "call_flows" / body, years=range(2026, 2028)).survey.questions
    for answer in question.answers
    for form in answer.spoken
]


def test_every_form_of_the_organisations_is_its_own_answer() -> None:
    """Each alone, with small talk, and never with a form of another answer beside it."""
    assert len(FORMS) > 500
    for body, question, answer, form in FORMS:
        assert understand(question, form) == answer, (body, form)
        assert understand(question, f"ну {form} спасибо") == answer, (body, form)
        assert understand(question, f"{form} [unk]") is None, (body, form)
        for other in question.answers:
            if other is not answer:
                both = understand(question, f"{form} . {other.spoken[0]}")
                assert both is None or f"{form} {other.spoken[0]}" in both.spoken, (body, form, other.spoken[0])
