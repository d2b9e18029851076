"""The profile of the Ministry of Labour and Social Development, Novosibirsk region, against its order."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from app.domain.facts import Speaker
from app.domain.flow import Flow, Kind, NeedWas, Stage
from app.domain.working_time import intervals_of, is_open
from app.storage.flows import load_profile
from app.storage.regulations import load_regulation
from tests.unit.domain.read_aloud import said_in, ticked_by, values_of

CALL_FLOWS = Path(__file__).parents[3] / "call_flows"
PROFILE = load_profile(CALL_FLOWS / "labour", years=range(2026, 2028))
REGISTER = load_regulation(CALL_FLOWS / "regulations" / "labour.yaml")
CLARIFYING = PROFILE.outgoing
STAGES = [(flow, stage) for flow in (PROFILE.incoming, CLARIFYING) for stage in flow.stages]
VALUES = values_of(PROFILE)
SENTENCE = re.compile(r"(?<=[.!?])\s+")


def _name(part: object) -> str:
    return str(getattr(part, "id", part))


def _stage(flow: Flow, stage_id: str) -> Stage:
    stage = flow.stage(stage_id)
    assert stage is not None
    return stage


def _leads(stage: Stage) -> dict[Kind, str]:
    return {edge.when: edge.to for edge in stage.next}


# --- the body ------------------------------------------------------------------------------------------------


def test_the_line_is_the_ministrys_hotline_and_takes_every_number() -> None:
    assert PROFILE.body == "Министерство труда и социального развития Новосибирской области"
    (unit,) = PROFILE.units
    assert (unit.id, unit.numbers) == ("line", ("line",))
    assert PROFILE.unit_of("+7 (383) 000-00-00") is unit


@pytest.mark.parametrize("weekday", range(7))
def test_the_edges_of_every_weekday(weekday: int) -> None:
    day = date(2026, 11, 9) + timedelta(weekday)
    closes = {4: 17, 5: 0, 6: 0}.get(weekday, 18)
    opens = datetime.combine(day, time(9), PROFILE.schedule.zone)
    assert not is_open(PROFILE.schedule, opens - timedelta(seconds=1))
    assert is_open(PROFILE.schedule, opens) is (closes > 0)
    ends = datetime.combine(day, time(closes), PROFILE.schedule.zone)
    assert is_open(PROFILE.schedule, ends - timedelta(seconds=1)) is (closes > 0)
    assert not is_open(PROFILE.schedule, ends)


def test_the_eve_of_a_holiday_is_an_hour_shorter_also_on_a_friday() -> None:
    assert intervals_of(PROFILE.schedule, date(2026, 5, 8)) == ((time(9), time(16)),)
    assert intervals_of(PROFILE.schedule, date(2026, 11, 3)) == ((time(9), time(17)),)


def test_8_incomplete_applications_are_told_of_within_24_hours() -> None:
    assert PROFILE.terms.clarification == timedelta(hours=24)


# --- the clarifying call (labour 8 and 9) --------------------------------------------------------------------


def test_9_the_course_of_the_clarifying_call() -> None:
    course = ("greeting", "purpose", "consent", "questions", "missing", "next_step", "more", "farewell")
    assert CLARIFYING.course == course


def test_9_the_greeting_goes_hello_full_name_surname_name_patronymic_position() -> None:
    greeting = _stage(CLARIFYING, "greeting")
    full, without_patronymic = greeting.phrases[:2]
    for variants, names in (
        (full.variants, "Иванова Анна Сергеевна"),
        (without_patronymic.variants, "Иванова Анна"),
    ):
        for variant in variants:
            said = variant.format_map({**VALUES, "greeting": "Здравствуйте"})
            places = [said.find(part) for part in ("Здравствуйте", PROFILE.body, names, "главный специалист")]
            assert min(places) >= 0 and places == sorted(places), said
            assert ticked_by(CLARIFYING, said) == {("greeting", step.id) for step in greeting.steps}


def test_9_the_purpose_is_said_in_one_or_two_plain_phrases() -> None:
    for phrase in _stage(CLARIFYING, "purpose").phrases:
        for variant in phrase.variants:
            assert len(SENTENCE.split(variant)) <= 2, variant
            assert ticked_by(CLARIFYING, variant.format_map(VALUES)) == {("purpose", "said")}


def test_9_questions_are_asked_with_consent_only_and_all_in_one_call() -> None:
    consent = _stage(CLARIFYING, "consent")
    leads = _leads(consent)
    assert leads == {
        Kind.AGREED: "questions",
        Kind.ANSWERED: "answer",
        Kind.LATER: "postpone",
        Kind.UNANSWERED: "written",
    }
    into = {stage.id for stage in CLARIFYING.stages for edge in stage.next if edge.to == "questions"}
    # Besides the consent, only a colleague or a hold brings the conversation back to them.
    assert into == {"consent", "hold", "transfer"}
    questions = _stage(CLARIFYING, "questions")
    assert "agenda" in questions.fields
    assert all("{question}" in variant for variant in questions.phrases[0].variants)
    assert ("questions", "complete") in ticked_by(CLARIFYING, "других вопросов у меня нет")


@pytest.mark.parametrize("said", ["да, удобно", "да, говорите", "конечно, спрашивайте", "давайте"])
def test_9_consent_is_heard_from_the_client(said: str) -> None:
    assert ("consent", "agreed") in ticked_by(CLARIFYING, said, Speaker.CALLER)


@pytest.mark.parametrize(
    "said", ["нет, мне неудобно", "давайте позже", "не могу говорить", "перезвоните завтра", "кто это"]
)
def test_9_no_consent_is_heard_in_a_refusal(said: str) -> None:
    assert ("consent", "agreed") not in ticked_by(CLARIFYING, said, Speaker.CALLER)


def test_8_what_is_missing_is_named_with_both_ways_to_mend_it() -> None:
    missing = _stage(CLARIFYING, "missing")
    assert missing.source == ("labour 8",)
    said = " ".join(said_in(PROFILE, missing))
    for word in ("не хватает документа", "исправить заявление", "подать заявление повторно", "Госуслуги", "МФЦ"):
        assert word in said
    assert _leads(missing)[Kind.LATER] == "written"


@pytest.mark.parametrize("need", NeedWas)
def test_9_the_farewell_thanks_for_the_application_and_parts(need: NeedWas) -> None:
    farewell = _stage(CLARIFYING, "farewell")
    assert farewell.end
    for phrase in (one for one in farewell.phrases if one.when in (None, need)):
        for variant in phrase.variants:
            said = variant.format_map(VALUES)
            assert "обращение" in said
            assert ticked_by(CLARIFYING, said) == {("farewell", "thanks"), ("farewell", "goodbye")}
    assert farewell.sayings({}, need, "a call")


# --- the words (labour 7) ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("flow", "stage"), STAGES, ids=_name)
def test_reading_a_stage_out_ticks_all_of_its_steps_and_no_other_stages(flow: Flow, stage: Stage) -> None:
    found = set[tuple[str, str]]().union(*(ticked_by(flow, text) for text in said_in(PROFILE, stage)))
    assert found == {(stage.id, step.id) for step in stage.steps if step.speaker is Speaker.OPERATOR}


@pytest.mark.parametrize(("flow", "stage"), STAGES, ids=_name)
def test_every_stage_says_its_things_in_variants_and_names_its_clause(flow: Flow, stage: Stage) -> None:
    assert all(len(set(phrase.variants)) >= 2 for phrase in stage.phrases)
    assert stage.source
    own = [source.split()[1] for source in stage.source if source.startswith("labour ")]
    assert all(REGISTER.has(clause) for clause in own)


@pytest.mark.parametrize(("flow", "stage"), STAGES, ids=_name)
def test_7_sentences_are_short(flow: Flow, stage: Stage) -> None:
    for phrase in stage.phrases:
        for variant in phrase.variants:
            assert all(len(sentence.split()) <= 16 for sentence in SENTENCE.split(variant)), variant


def test_7_a_refusal_never_stays_without_a_way_out() -> None:
    assert _leads(_stage(PROFILE.incoming, "answer"))[Kind.UNANSWERED] == "alternative"
    alternative = _stage(PROFILE.incoming, "alternative")
    for text in said_in(PROFILE, alternative):
        assert ("alternative", "way_out") in ticked_by(PROFILE.incoming, text), text


# --- feedback (labour 13 and 14), topics, referrals ----------------------------------------------------------


def test_14_the_ways_of_feedback_are_named() -> None:
    said = " ".join(said_in(PROFILE, _stage(PROFILE.incoming, "feedback")))
    ways = (
        "приёме",
        "электронной почте",
        "«Обращения граждан»",
        "письмом",
        "МФЦ",
        "Госуслуг",
        "сайте министерства",
    )
    assert [way for way in ways if way not in said] == []
    assert "горячую линию" in PROFILE.announcements["welcome"]


def test_topics_have_needs_and_questions_and_referrals_know_them() -> None:
    assert all(len(topic.needs) >= 2 and len(topic.questions) >= 2 for topic in PROFILE.topics)
    needs = [need.id for topic in PROFILE.topics for need in topic.needs]
    assert len(needs) == len(set(needs))
    topics = {topic.id for topic in PROFILE.topics}
    for one in PROFILE.referrals:
        assert set(one.topics) <= topics
        spoken = {word.strip(".,:") for word in one.say.split() if word[0].isdigit()}
        assert spoken <= {word.strip(".,:") for word in one.contacts.split()}, one.id


def test_where_the_order_is_silent_the_default_speaks() -> None:
    own = {path.name for path in (CALL_FLOWS / "labour").glob("*.yaml")}
    assert not own & {"survey.yaml", "closed.yaml", "internal.yaml"}
    assert [question.text for question in PROFILE.survey.questions]
    assert PROFILE.closed.say and PROFILE.internal.stages


def test_the_register_has_every_clause_and_every_rule_that_names_labour() -> None:
    assert {clause.id for clause in REGISTER.clauses} >= {str(number) for number in range(1, 18)}
    named = {rule for clause in REGISTER.clauses for rule in clause.rules}
    assert named >= {"L3", "L6", "L17", "C2"}
