"""The scripts of housing: they tick as they are read, and the bundled model can hear them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain import cues
from app.domain.flow import Flow, NeedWas, Stage, Step, SurveyAnswer, SurveyQuestion, render, variables_of
from app.domain.listening import FAREWELL, TRANSFER_TOLD
from app.domain.said_answers import understand
from app.storage.flows import load_profile

ROOT = Path(__file__).parents[3]
PROFILE = load_profile(ROOT / "call_flows" / "housing", years=range(2026, 2028))
WORDS = {
    line.split()[0]
    for line in (ROOT / "models/liniya-demo-ru/graph/words.txt").read_text(encoding="utf-8").splitlines()
}
VALUES = {
    "greeting": "Добрый день",
    "body": PROFILE.body,
    "unit": PROFILE.units[0].name,
    "surname": "Иванова",
    "name": "Анна",
    "patronymic": "Сергеевна",
    "position": "специалист",
    "caller": "Иван Петрович",
    "need": "когда будет готов ответ",
    "hours": PROFILE.hours_text,
    "next_opening": "понедельник, 16 ноября, 8:30",
    "due": "18.11 15:00",
    "return_in": "2 минуты",
    "target": "Петров Олег Ильич",
    "target_unit": "Отдел жилищного надзора",
    "referral": "Фонд капитального ремонта",
    "referral_contacts": "официальный сайт фонда",
    "topic": "Капитальный ремонт",
    "question": "Какой у дома адрес?",
}
FLOWS = (PROFILE.incoming, PROFILE.outgoing)
STEPS = [(flow, stage, step) for flow in FLOWS for stage in flow.stages for step in stage.steps]
FIRST, SECOND = PROFILE.survey.questions
FORMS = [(q, answer, form) for q in PROFILE.survey.questions for answer in q.answers for form in answer.spoken]


def _name(part: object) -> str:
    return str(getattr(part, "id", part))


def can_be_heard(phrase: str) -> bool:
    return all(
        any(known.startswith(word[:-1]) for known in WORDS) if word.endswith("*") else word in WORDS
        for word in cues.as_said(phrase)
    )


def ticked_by(flow: Flow, phrase: str) -> set[tuple[str, str]]:
    listened = flow.ear.listen(cues.words_of(phrase))
    return {
        (stage.id, step.id)
        for stage in flow.stages
        for step in stage.steps
        if listened.best(step.cues) and not listened.best(step.unless)
    }


@pytest.mark.parametrize(("flow", "stage", "step"), STEPS, ids=_name)
def test_every_step_can_be_heard_by_the_bundled_model(flow: Flow, stage: Stage, step: Step) -> None:
    assert any(can_be_heard(cue) for cue in step.cues)


@pytest.mark.parametrize(("flow", "stage"), [(flow, stage) for flow in FLOWS for stage in flow.stages], ids=_name)
def test_reading_out_a_stage_ticks_all_of_its_steps(flow: Flow, stage: Stage) -> None:
    variants = tuple(variant for phrase in stage.phrases for variant in phrase.variants)
    phrases = render(variants, VALUES)
    assert len(phrases) == len(variants)
    heard = set[tuple[str, str]]().union(*(ticked_by(flow, phrase) for phrase in phrases))
    assert {(stage.id, step.id) for step in stage.steps} <= heard


def test_the_proposed_greeting_ticks_all_of_the_greeting() -> None:
    for flow in FLOWS:
        stage = flow.stages[0]
        phrase = stage.sayings({**VALUES, "caller": ""}, NeedWas.MET, "c1")[0].text
        assert {(stage.id, step.id) for step in stage.steps} <= ticked_by(flow, phrase)


@pytest.mark.parametrize("minimum", [{}, {"greeting": "Добрый день", "body": PROFILE.body, "name": "Анна"}])
def test_every_stage_has_something_to_say_whatever_is_known(minimum: dict[str, str]) -> None:
    always = {"position": "специалист", "patronymic": "Сергеевна", "surname": "Иванова"}
    for flow in FLOWS:
        for stage in flow.stages[0 if minimum else 1 :]:
            known = {**always, **minimum, "return_in": "2 минуты"}
            for need in NeedWas:
                assert stage.sayings(known, need, "c1"), stage.id


OFTEN_SAID = [
    "спасибо большое",
    "спасибо",
    "да конечно",
    "специалиста сейчас нет",
    "минуту назад",
    "ваш вопрос понятен",
    "переключателя в подъезде нет",
    "кто у вас управляющая организация",
]


@pytest.mark.parametrize("text", OFTEN_SAID)
def test_common_words_tick_neither_farewell_nor_transfer(text: str) -> None:
    for flow in FLOWS:
        ticked = ticked_by(flow, text)
        assert TRANSFER_TOLD not in ticked
        assert not any(stage == FAREWELL for stage, _ in ticked)


def test_inviting_to_the_survey_names_no_position_and_no_hold() -> None:
    phrase = "Оцените качество работы консультанта, не вешайте трубку."
    assert ticked_by(PROFILE.incoming, phrase) == {("survey", "invited")}


@pytest.mark.parametrize(
    "text",
    [
        "сейчас я переключаю вас на коллегу",
        "сейчас я переведу вас на специалиста",
        "я соединяю вас с отделом",
        "давайте я вас переключу",
    ],
)
def test_l8_the_ways_of_telling_of_a_transfer(text: str) -> None:
    for flow in FLOWS:
        assert TRANSFER_TOLD in ticked_by(flow, text)


def test_the_questions_stand_as_the_order_has_them() -> None:
    assert [(q.text, [a.text for a in q.answers]) for q in PROFILE.survey.questions] == [
        ("Получен ли ответ на Ваш вопрос?", ["да", "нет"]),
        ("Оцените качество работы консультанта", ["удовлетворен", "частично удовлетворен", "не удовлетворен"]),
    ]
    assert [[a.key for a in q.answers] for q in PROFILE.survey.questions] == [["1", "2"], ["1", "2", "3"]]
    assert all(q.prompt.startswith(q.text) for q in PROFILE.survey.questions)


@pytest.mark.parametrize(("question", "answer", "form"), FORMS, ids=_name)
def test_every_spoken_form_is_understood_also_among_other_words(
    question: SurveyQuestion, answer: SurveyAnswer, form: str
) -> None:
    for said in (form, form.upper(), f"ну {form}", f"{form} спасибо", f"я думаю {form} вот"):
        assert understand(question, said) is answer


@pytest.mark.parametrize("answer", [a for q in (FIRST, SECOND) for a in q.answers], ids=_name)
def test_every_answer_has_forms_for_both_sexes_that_the_bundled_model_hears(answer: SurveyAnswer) -> None:
    forms = [form for form in answer.spoken if can_be_heard(form)]
    assert len(forms) >= 2
    if answer.text.endswith("удовлетворен"):
        assert {form.endswith("удовлетворена") for form in forms} == {True, False}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("да получен", "yes"),
        ("мне не ответили на вопрос", "no"),
        ("нет спасибо", "no"),
        ("два", ""),
        ("да нет", ""),
        ("не знаю", ""),
        ("", ""),
    ],
)
def test_was_the_answer_received(text: str, answer: str) -> None:
    assert _name(understand(FIRST, text) or "") == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("я полностью удовлетворена", "satisfied"),
        ("я не удовлетворена консультацией", "dissatisfied"),
        ("не совсем удовлетворён", "partly"),
        ("не полностью удовлетворен", "partly"),
        ("удовлетворен но частично", ""),
        ("частично не удовлетворен", "partly"),
        ("вас плохо слышно", ""),
        ("хорошо", "satisfied"),
        ("хорошо слышно", ""),
    ],
)
def test_the_quality_of_the_consultation(text: str, answer: str) -> None:
    assert _name(understand(SECOND, text) or "") == answer


def test_topics_ask_and_announcements_are_complete() -> None:
    assert 8 <= len(PROFILE.topics) <= 12
    assert all(topic.questions for topic in PROFILE.topics)
    said = PROFILE.announcements["closed"].format_map(VALUES)
    assert PROFILE.hours_text in said
    assert VALUES["next_opening"] in said
    for name, text in PROFILE.announcements.items():
        used = set() if "{" not in text else variables_of(text, name)
        assert used <= {"position": {"position"}, "closed": {"hours", "next_opening", "number"}}.get(
            name.split("_")[0], set()
        )
