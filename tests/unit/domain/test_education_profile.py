"""The profile of the Ministry of Education and Science, Kursk region, against its order."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from app.domain import commands as c
from app.domain.calls import Phase
from app.domain.conduct import flow_of
from app.domain.due_times import END_OF_WORKING_DAY, due
from app.domain.facts import PhraseHeard, Speaker
from app.domain.flow import Flow, Kind, NeedWas, Stage, greeting_by_hour, render
from app.domain.operators_speech import all_slips
from app.domain.spoken_hours import says_the_hours
from app.domain.working_time import WhyClosed, why_closed
from app.storage.flows import load_profile
from app.storage.regulations import load_regulation
from tests.unit.domain.read_aloud import said_in, ticked_by, values_of
from tests.unit.domain.samples import call_in, does

CALL_FLOWS = Path(__file__).parents[3] / "call_flows"
PROFILE = load_profile(CALL_FLOWS / "education", years=range(2026, 2028))
REGISTER = load_regulation(CALL_FLOWS / "regulations" / "education.yaml")
INCOMING, OUTGOING, INTERNAL = PROFILE.flows
STAGES = [(flow, stage) for flow in PROFILE.flows for stage in flow.stages]
VALUES = values_of(PROFILE)
CALLS = [f"call-{number}" for number in range(20)]
MORNING = datetime(2026, 11, 18, 10, 0, tzinfo=PROFILE.schedule.zone)


def _name(part: object) -> str:
    return str(getattr(part, "id", part))


def _stage(flow: Flow, stage_id: str) -> Stage:
    stage = flow.stage(stage_id)
    assert stage is not None
    return stage


def _leads(stage: Stage) -> dict[Kind, str]:
    return {edge.when: edge.to for edge in stage.next}


def _own(stage: Stage) -> set[tuple[str, str]]:
    return {(stage.id, step.id) for step in stage.steps}


# --- the body ------------------------------------------------------------------------------------------------


def test_the_ministry_its_reception_and_the_directions_of_its_work() -> None:
    assert PROFILE.body == "Министерство образования и науки Курской области"
    assert PROFILE.unit_of("+7 (4712) 00-00-00") is PROFILE.units[0]
    for topic in PROFILE.topics:
        unit = PROFILE.unit(topic.unit)
        assert unit is not None
        assert topic.id in unit.topics
        assert topic.questions


def test_2_6_1_calls_are_answered_in_working_time_and_at_lunch_the_break_is_told() -> None:
    assert says_the_hours(PROFILE.hours_text, PROFILE.schedule)
    at = MORNING.replace
    assert [why_closed(PROFILE.schedule, at(hour=hour)) for hour in (8, 9, 13, 14, 18)] == [
        WhyClosed.NIGHT,
        None,
        WhyClosed.LUNCH,
        None,
        WhyClosed.NIGHT,
    ]


# --- the incoming call (education 3.5.5, 3.8.8) --------------------------------------------------------------


def test_3_5_5_the_course_of_the_incoming_call_and_its_branches() -> None:
    course = ("greeting", "identity", "needs", "answer", "satisfaction", "farewell")
    assert INCOMING.course == course
    leads = _leads(_stage(INCOMING, "answer"))
    assert (leads[Kind.ANSWERED], leads[Kind.LOOK_UP], leads[Kind.PROMISE]) == ("satisfaction", "hold", "promise")
    back = _leads(_stage(INCOMING, "hold"))
    assert back == {Kind.BACK: "answer", Kind.UNANSWERED: "promise"}


@pytest.mark.parametrize("unit", [unit.name for unit in PROFILE.units])
def test_3_8_8_the_greeting_goes_hello_names_position_body_unit_and_the_offer(unit: str) -> None:
    stage = _stage(INCOMING, "greeting")
    values = {**VALUES, "unit": unit}
    for call in CALLS:
        said = stage.sayings(values, NeedWas.MET, call)[0].text
        parts = [values[part] for part in ("greeting", "surname", "name", "patronymic", "position", "body", "unit")]
        places = [said.index(part) for part in parts]
        assert places == sorted(places)
        assert said.index("чем могу" if "чем могу" in said else "Чем могу") > places[-1]
        assert ticked_by(INCOMING, said) == _own(stage)


@pytest.mark.parametrize(("hour", "greeting"), [(9, "Доброе утро"), (12, "Добрый день"), (18, "Добрый вечер")])
def test_3_5_5_every_greeting_is_by_the_time_of_day(hour: int, greeting: str) -> None:
    values = {**VALUES, "greeting": greeting_by_hour(hour)}
    for flow in PROFILE.flows:
        for phrase in _stage(flow, "greeting").phrases:
            said = render(phrase.variants, values)
            assert len(said) == len(phrase.variants)
            assert all(text.startswith(greeting) for text in said)
            assert all(("greeting", "hello") in ticked_by(flow, text) for text in said)


def test_3_1_3_the_caller_is_addressed_by_name_at_every_stage_after_that() -> None:
    for stage in INCOMING.stages:
        if stage.id in ("greeting", "identity", "survey"):
            continue
        named = [variant for phrase in stage.phrases for variant in phrase.variants if "{caller}" in variant]
        assert named, stage.id


def test_3_5_5_hold_names_its_time_of_return_and_comes_back() -> None:
    for flow in PROFILE.flows:
        asked, back = _stage(flow, "hold").phrases
        for variant in asked.variants:
            assert "через {return_in}" in variant
            assert ticked_by(flow, variant.format_map(VALUES)) == {("hold", "asked"), ("hold", "time")}
        for variant in back.variants:
            assert ticked_by(flow, variant.format_map(VALUES)) == {("hold", "back")}


def test_3_5_5_a_promise_names_its_term_and_asks_for_the_telephone() -> None:
    stage = _stage(INCOMING, "promise")
    assert all("до {due}" in variant for variant in stage.phrases[0].variants)
    for text in said_in(PROFILE, stage):
        assert ticked_by(INCOMING, text) == {("promise", "number"), ("promise", "term")}


def test_3_1_3_a_refusal_has_its_reason_and_what_may_be_done() -> None:
    stage = _stage(INCOMING, "refusal")
    for text in said_in(PROFILE, stage):
        assert ticked_by(INCOMING, text) & {("refusal", "reason"), ("refusal", "options")}
    assert _leads(stage) == {Kind.ONWARD: "satisfaction"}


@pytest.mark.parametrize("flow", PROFILE.flows, ids=_name)
def test_3_5_5_the_farewell_goes_by_whether_the_need_was_met(flow: Flow) -> None:
    farewell = _stage(flow, "farewell")
    said = {
        need: {text for call in CALLS for one in farewell.sayings(VALUES, need, call) for text in (one.text,)}
        for need in NeedWas
    }
    assert said[NeedWas.MET]
    assert said[NeedWas.UNMET]
    assert not said[NeedWas.MET] & said[NeedWas.UNMET]
    assert not any("рады" in text.lower() for text in said[NeedWas.UNMET])
    for text in said[NeedWas.MET] | said[NeedWas.UNMET]:
        assert ticked_by(flow, text) == _own(farewell)


def test_3_5_1_at_most_two_transfers_and_the_caller_is_told() -> None:
    assert PROFILE.terms.max_transfers == 2
    for flow in PROFILE.flows:
        for text in said_in(PROFILE, _stage(flow, "transfer")):
            assert ticked_by(flow, text) == {("transfer", "told")}


# --- the outgoing call (education 3.5.6) ---------------------------------------------------------------------


def test_3_5_6_the_course_of_the_outgoing_call() -> None:
    assert OUTGOING.course == ("greeting", "purpose", "status", "answer", "farewell")
    point, actions = _stage(OUTGOING, "status").phrases
    for phrase, step in ((point, "point"), (actions, "actions")):
        for text in render(phrase.variants, VALUES):
            assert ticked_by(OUTGOING, text) == {("status", step)}
    assert _leads(_stage(OUTGOING, "answer"))[Kind.PROMISE] == "promise"
    assert _leads(_stage(OUTGOING, "purpose"))[Kind.LATER] == "later"


def test_3_5_6_the_greeting_names_the_operator_and_the_body_and_the_purpose_is_short() -> None:
    greeting, purpose = _stage(OUTGOING, "greeting"), _stage(OUTGOING, "purpose")
    for text in said_in(PROFILE, greeting):
        assert ticked_by(OUTGOING, text) >= {("greeting", "hello"), ("greeting", "name"), ("greeting", "body")}
    for text in said_in(PROFILE, purpose):
        assert sum(text.count(end) for end in ".?!") <= 4
        assert ticked_by(OUTGOING, text) == _own(purpose)


# --- internal clients (education 3.5.8-3.5.12) ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "flow"),
    [("100", "internal"), ("499", "internal"), ("500", "incoming"), ("+74712123456", "incoming")],
)
def test_3_5_8_calls_of_colleagues_are_led_by_the_internal_flow(caller: str, flow: str) -> None:
    call = does(call_in(Phase.NEW), c.TakeCall(caller, "line"), now=MORNING, profile=PROFILE)
    assert call.flow == flow
    assert flow_of(PROFILE, call) is PROFILE.flow(flow)


def test_3_5_8_the_course_of_the_internal_call_and_its_branches() -> None:
    assert INTERNAL.course == ("greeting", "needs", "answer", "satisfaction", "farewell")
    leads = _leads(_stage(INTERNAL, "answer"))
    assert (leads[Kind.PROMISE], leads[Kind.UNANSWERED]) == ("promise", "other_ways")
    assert {step.id for step in _stage(INTERNAL, "needs").steps} == {"asked", "restated"}


def test_3_5_11_a_colleague_is_answered_by_the_end_of_the_working_day() -> None:
    assert due(PROFILE.schedule, END_OF_WORKING_DAY, MORNING) == MORNING.replace(hour=18)
    evening = MORNING.replace(hour=19)
    assert due(PROFILE.schedule, END_OF_WORKING_DAY, evening) == MORNING.replace(hour=18) + timedelta(days=1)
    for text in said_in(PROFILE, _stage(INTERNAL, "promise")):
        assert ticked_by(INTERNAL, text) == {("promise", "term")}


def test_3_5_12_other_ways_of_communication_are_offered() -> None:
    for text in said_in(PROFILE, _stage(INTERNAL, "other_ways")):
        assert ticked_by(INTERNAL, text) == {("other_ways", "offered")}
        assert any(way in text for way in ("СЭД", "электронной почте"))


# --- what is said --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("flow", "stage"), STAGES, ids=_name)
def test_every_phrase_has_variants_and_ticks_the_steps_of_its_own_stage(flow: Flow, stage: Stage) -> None:
    assert stage.phrases
    assert all(len(phrase.variants) >= 2 for phrase in stage.phrases)
    ticked = [ticked_by(flow, text) for text in said_in(PROFILE, stage)]
    assert set[tuple[str, str]]().union(*ticked) == _own(stage)


@pytest.mark.parametrize(("flow", "stage"), STAGES, ids=_name)
def test_3_5_2_no_phrase_breaks_the_rules_of_speech(flow: Flow, stage: Stage) -> None:
    for text in [*said_in(PROFILE, stage), *stage.questions]:
        assert not all_slips(PROFILE.speech, [PhraseHeard(Speaker.OPERATOR, "anna", text, 0.0, 10.0)]), text


def test_3_5_2_each_fault_that_the_order_names_is_watched_for() -> None:
    groups = {group.id for group in PROFILE.speech.stop_words}
    assert {"archaisms", "jargon", "vernacular", "aggression", "impatience", "indifference"} <= groups
    assert PROFILE.speech.interjections.words
    assert PROFILE.speech.tautology.over_words > 0
    assert 0 < PROFILE.speech.pace.slowest < PROFILE.speech.pace.fastest


# --- the register --------------------------------------------------------------------------------------------

NAMED = {
    *("L3", "L4", "L5", "L6", "L7", "L9", "L10", "L11", "L16", "L17", "L18"),
    *("C6", "C7", "K1", "M1", "M2", "M3", "M4"),
}
"""The requirements that name this order."""


def test_every_requirement_that_names_the_order_has_a_clause() -> None:
    assert {rule for clause in REGISTER.clauses for rule in clause.rules} >= NAMED


def test_every_stage_comes_from_a_clause_of_the_order() -> None:
    own = {clause.id for clause in REGISTER.clauses}
    for _, stage in STAGES:
        assert stage.source
        for source in stage.source:
            assert source.split()[0] == "education"
            assert source.split()[1] in own


def test_public_holidays_close_the_line() -> None:
    holiday = datetime.combine(date(2026, 11, 4), time(10), PROFILE.schedule.zone)
    assert why_closed(PROFILE.schedule, holiday) is WhyClosed.HOLIDAY
