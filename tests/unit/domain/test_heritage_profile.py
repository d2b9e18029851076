"""The profile of the inspectorate for cultural heritage, Novosibirsk region, against its order."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from app.domain import cues
from app.domain.due_times import CLARIFICATION, due
from app.domain.facts import PhraseHeard, Speaker
from app.domain.flow import Flow, Kind, NeedWas, Stage
from app.domain.operators_speech import all_slips
from app.domain.spoken_hours import says_the_hours
from app.domain.working_time import intervals_of, is_open
from app.storage.flows import load_profile
from app.storage.regulations import load_regulation
from tests.unit.domain.read_aloud import said_in, ticked_by, values_of

CALL_FLOWS = Path(__file__).parents[3] / "call_flows"
PROFILE = load_profile(CALL_FLOWS / "heritage", years=range(2026, 2028))
REGISTER = load_regulation(CALL_FLOWS / "regulations" / "heritage.yaml")
INCOMING, OUTGOING = PROFILE.incoming, PROFILE.outgoing
STAGES = [(flow, stage) for flow in (INCOMING, OUTGOING) for stage in flow.stages]
VALUES = values_of(PROFILE)
CALLS = [f"call-{number}" for number in range(20)]


def _name(part: object) -> str:
    return str(getattr(part, "id", part))


def _stage(flow: Flow, stage_id: str) -> Stage:
    stage = flow.stage(stage_id)
    assert stage is not None
    return stage


def _leads(stage: Stage) -> dict[Kind, str]:
    return {edge.when: edge.to for edge in stage.next}


def _own(stage: Stage, speaker: Speaker = Speaker.OPERATOR) -> set[tuple[str, str]]:
    return {(stage.id, step.id) for step in stage.steps if step.speaker is speaker}


# --- the body ------------------------------------------------------------------------------------------------


def test_the_full_name_and_a_reception_that_takes_every_number() -> None:
    assert PROFILE.body == "Государственная инспекция по охране объектов культурного наследия Новосибирской области"
    assert PROFILE.units[0].name == "приёмная"
    assert PROFILE.unit_of("line") is PROFILE.unit_of("+7 (383) 000-00-00") is PROFILE.units[0]


def test_every_topic_has_its_unit_and_every_unit_its_topics() -> None:
    assert {topic.id for unit in PROFILE.units for topic in map(PROFILE.topic, unit.topics) if topic} == {
        topic.id for topic in PROFILE.topics
    }
    for topic in PROFILE.topics:
        unit = PROFILE.unit(topic.unit)
        assert unit is not None
        assert topic.id in unit.topics
        assert topic.questions


@pytest.mark.parametrize(("weekday", "closes"), list(enumerate([18, 18, 18, 18, 17])))
def test_the_hours_of_the_week_in_novosibirsk(weekday: int, closes: int) -> None:
    day = date(2026, 11, 9) + timedelta(weekday)
    opens = datetime.combine(day, time(9), PROFILE.schedule.zone)
    ends = datetime.combine(day, time(closes), PROFILE.schedule.zone)
    assert not is_open(PROFILE.schedule, opens - timedelta(seconds=1))
    assert is_open(PROFILE.schedule, opens)
    assert is_open(PROFILE.schedule, ends - timedelta(seconds=1))
    assert not is_open(PROFILE.schedule, ends)
    assert str(PROFILE.schedule.zone) == "Asia/Novosibirsk"


def test_the_eve_of_a_holiday_the_weekend_and_the_hours_in_words() -> None:
    assert intervals_of(PROFILE.schedule, date(2026, 5, 8)) == ((time(9), time(16)),)
    assert not intervals_of(PROFILE.schedule, date(2026, 11, 14))
    assert says_the_hours(PROFILE.hours_text, PROFILE.schedule)


# --- the incoming call (heritage 3.2) ------------------------------------------------------------------------


def test_3_2_the_course_of_the_incoming_call() -> None:
    course = ("greeting", "identity", "needs", "answer", "satisfaction", "farewell", "hang_up")
    assert INCOMING.course == course
    assert {"hold", "transfer", "promise", "referral", "no_acting"} <= {
        stage.id for stage in INCOMING.stages if INCOMING.is_branch(stage.id)
    }


def test_3_2_1_the_greeting_goes_hello_full_name_surname_name_patronymic_position() -> None:
    for call in CALLS:
        said = _stage(INCOMING, "greeting").sayings(VALUES, NeedWas.MET, call)[0].text
        parts = [PROFILE.body, VALUES["surname"], VALUES["name"], VALUES["patronymic"], VALUES["position"]]
        places = [said.index(part) for part in parts]
        assert places == sorted(places)
        assert said.startswith((VALUES["greeting"], "Здравствуйте"))


@pytest.mark.parametrize("missing", [["patronymic"], ["patronymic", "surname"]])
def test_3_2_1_who_has_no_patronymic_still_greets(missing: list[str]) -> None:
    stage = _stage(INCOMING, "greeting")
    said = stage.sayings(VALUES | dict.fromkeys(missing, ""), NeedWas.MET, "call")
    assert said
    for text in [text for one in said for text in (one.text, *one.others)]:
        assert ticked_by(INCOMING, text) == _own(stage)


@pytest.mark.parametrize("position", ["специалист", "консультант", "главный эксперт", "начальник отдела"])
@pytest.mark.parametrize("greeting", ["Доброе утро", "Добрый день", "Добрый вечер"])
def test_3_2_1_the_parts_are_heard_at_every_hour_from_every_position(greeting: str, position: str) -> None:
    values = {**VALUES, "greeting": greeting, "position": position}
    stage = _stage(INCOMING, "greeting")
    for said in stage.sayings(values, NeedWas.MET, "call"):
        for text in (said.text, *said.others):
            assert ticked_by(INCOMING, text) == _own(stage), text


def test_3_2_3_satisfaction_is_asked_and_written_down_before_the_farewell() -> None:
    stage = _stage(INCOMING, "satisfaction")
    assert "satisfied" in stage.fields
    assert _leads(stage)[Kind.ONWARD] == "farewell"
    assert _leads(stage)[Kind.UNANSWERED] == "needs"


def test_3_2_4_the_caller_is_told_before_each_of_at_most_two_transfers() -> None:
    assert PROFILE.terms.max_transfers == 2
    for flow in (INCOMING, OUTGOING):
        for text in said_in(PROFILE, _stage(flow, "transfer")):
            assert ticked_by(flow, text) == {("transfer", "told")}


def test_3_2_5_thanks_and_farewell_then_the_caller_hangs_up_first() -> None:
    assert PROFILE.terms.caller_hangs_up
    farewell, waiting = _stage(INCOMING, "farewell"), _stage(INCOMING, "hang_up")
    for text in said_in(PROFILE, farewell):
        assert ticked_by(INCOMING, text) >= {("farewell", "thanks")}
    for need in NeedWas:
        for call in CALLS:
            said = farewell.sayings(VALUES, need, call)[0].text
            assert ticked_by(INCOMING, said) == _own(farewell)
    assert (farewell.end, waiting.end) == (True, True)
    assert {step.speaker for step in waiting.steps} == {Speaker.CALLER}
    assert ticked_by(INCOMING, "спасибо до свидания", Speaker.CALLER) == {("hang_up", "caller_goodbye")}


def test_l10_hold_names_its_time_of_return_and_comes_back() -> None:
    for flow in (INCOMING, OUTGOING):
        asked, back = _stage(flow, "hold").phrases
        for variant in asked.variants:
            assert "через {return_in}" in variant
            assert ticked_by(flow, variant.format_map(VALUES)) == {("hold", "asked"), ("hold", "time")}
        for variant in back.variants:
            assert ticked_by(flow, variant) == {("hold", "back")}


# --- the call about an incomplete application (heritage 3.4) --------------------------------------------------


def test_3_4_the_course_of_the_outgoing_call() -> None:
    assert OUTGOING.course == ("greeting", "purpose", "problems", "options", "questions", "farewell")
    leads = _leads(_stage(OUTGOING, "purpose"))
    assert leads == {Kind.AGREED: "problems", Kind.ANSWERED: "answer", Kind.LATER: "later"}
    assert "agenda" in _stage(OUTGOING, "problems").fields


def test_3_4_both_ways_are_proposed_first_to_mend_then_to_apply_anew() -> None:
    stage = _stage(OUTGOING, "options")
    mend, anew = stage.phrases
    for phrase, step in ((mend, "complete"), (anew, "again")):
        assert {frozenset(ticked_by(OUTGOING, text)) for text in phrase.variants} == {
            frozenset({("options", step)})
        }


def test_3_4_the_client_is_contacted_within_24_hours_but_not_on_days_off() -> None:
    assert PROFILE.terms.clarification == timedelta(hours=CLARIFICATION.amount) == timedelta(hours=24)
    zone = PROFILE.schedule.zone
    for found, last in ((date(2026, 11, 11), date(2026, 11, 12)), (date(2026, 11, 13), date(2026, 11, 16))):
        since = datetime.combine(found, time(11), zone)
        assert due(PROFILE.schedule, CLARIFICATION, since) == datetime.combine(last, time(11), zone)


# --- what is said (heritage 3.3) -----------------------------------------------------------------------------


@pytest.mark.parametrize(("flow", "stage"), STAGES, ids=_name)
def test_every_phrase_has_variants_and_ticks_the_steps_of_its_own_stage(flow: Flow, stage: Stage) -> None:
    assert stage.phrases
    assert all(len(phrase.variants) >= 2 for phrase in stage.phrases)
    ticked = [ticked_by(flow, text) for text in said_in(PROFILE, stage)]
    assert set[tuple[str, str]]().union(*ticked) == _own(stage)


@pytest.mark.parametrize(("flow", "stage"), STAGES, ids=_name)
def test_3_3_no_phrase_breaks_the_rules_of_speech(flow: Flow, stage: Stage) -> None:
    for text in [*said_in(PROFILE, stage), *stage.questions]:
        assert not all_slips(PROFILE.speech, [PhraseHeard(Speaker.OPERATOR, "anna", text, 0.0, 10.0)]), text


@pytest.mark.parametrize(("flow", "stage"), STAGES, ids=_name)
def test_3_3_phrases_are_positive(flow: Flow, stage: Stage) -> None:
    for text in said_in(PROFILE, stage):
        assert not {"не", "нет", "нельзя", "невозможно", "сожалению", "ни"} & set(cues.words_of(text)), text


def test_3_3_each_fault_that_the_order_names_is_watched_for() -> None:
    groups = {group.id for group in PROFILE.speech.stop_words}
    assert {"archaisms", "jargon", "vernacular", "aggression", "officialese", "terms", "reasoning"} <= groups
    for phrase in ("вопрос взят на контроль", "принято в обработку"):
        assert phrase in PROFILE.speech.evasions.words
    assert PROFILE.speech.pace.fastest < 140


# --- the register --------------------------------------------------------------------------------------------

NAMED = {"L3", "L6", "L8", "L9", "L14", "C2", "C3", "M1"}
"""The requirements that name this order."""


def test_every_requirement_that_names_the_order_has_a_clause() -> None:
    assert {rule for clause in REGISTER.clauses for rule in clause.rules} >= NAMED


def test_every_stage_comes_from_a_clause() -> None:
    own = {clause.id for clause in REGISTER.clauses}
    for _, stage in STAGES:
        assert stage.source
        for source in stage.source:
            name, clause = source.split()[:2]
            assert name != "heritage" or clause in own
