"""The profile of the Department of Property and Land Relations, Novosibirsk region, against its order."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from app.domain.facts import Speaker
from app.domain.flow import Flow, Kind, Stage
from app.domain.listening import TRANSFER_TOLD
from app.domain.spoken_russian import spoken_hours
from app.domain.working_time import intervals_of, is_open, next_opening
from app.storage.flows import load_profile
from app.storage.regulations import load_regulation
from tests.unit.domain.read_aloud import VALUES, said_in, ticked_by, values_of

CALL_FLOWS = Path(__file__).parents[3] / "call_flows"
PROFILE = load_profile(CALL_FLOWS / "property", years=range(2026, 2028))
REGISTER = load_regulation(CALL_FLOWS / "regulations" / "property.yaml")
ZONE = PROFILE.schedule.zone
STAGES = [(flow, stage) for flow in (PROFILE.incoming, PROFILE.outgoing) for stage in flow.stages]

# Clause 18, as the order has it.
UNITS = {
    "приёмная": ("238-60-02", "238-60-62"),
    "отдел финансового обеспечения": ("238-60-06", "238-60-08"),
    "отдел контроля использования имущества и ведения дел об административных правонарушениях": (
        "238-60-10",
        "238-60-12",
    ),
    "отдел приватизации и учёта имущества": ("238-60-51", "238-60-52"),
    "юридический отдел": ("238-60-17", "238-60-19"),
    "отдел организационной и кадровой работы": ("238-60-21", "238-60-25"),
    "отдел земельных отношений": ("238-60-34", "238-60-35"),
    "отдел управления имуществом": ("238-60-58", "238-60-40"),
    "отдел обеспечения доходов": ("238-60-55", "238-60-61"),
    "отдел реализации перераспределённых полномочий по распоряжению земельными участками": (
        "238-60-64",
        "238-60-69",
    ),
}
NUMBERS = [(number, name) for name, numbers in UNITS.items() for number in numbers]


def _name(part: object) -> str:
    return str(getattr(part, "id", part))


def _local(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=ZONE)


# --- units and numbers (property 18) -------------------------------------------------------------------------


def test_18_ten_units_with_two_numbers_each_in_the_order_of_the_clause() -> None:
    assert [unit.name for unit in PROFILE.units] == list(UNITS)
    assert len(NUMBERS) == 20


@pytest.mark.parametrize(("number", "name"), NUMBERS)
def test_18_each_number_leads_to_its_unit_however_it_is_dialled(number: str, name: str) -> None:
    bare = number.replace("-", "")
    for dialled in (number, bare, f"+7383{bare}", f"8383{bare}", f"+7 (383) {number}", f"8 (383) {number}"):
        assert PROFILE.unit_of(dialled).name == name, dialled


@pytest.mark.parametrize("dialled", ["", "line", "anonymous", "238-60-99", "+7 (495) 238-60-17", "112"])
def test_18_a_number_that_is_not_in_the_clause_goes_to_the_reception(dialled: str) -> None:
    assert PROFILE.unit_of(dialled).id == "reception"


def test_26_every_topic_has_the_unit_that_knows_it_best() -> None:
    of_units = {topic: unit.id for unit in PROFILE.units for topic in unit.topics}
    assert of_units == {topic.id: topic.unit for topic in PROFILE.topics}
    assert all(unit.topics for unit in PROFILE.units)
    assert [unit.overflow for unit in PROFILE.units] == ["", *["reception"] * 9]


# --- hours (property 19) -------------------------------------------------------------------------------------

MONDAY = date(2026, 11, 9)


@pytest.mark.parametrize("weekday", range(7))
def test_19_the_edges_of_every_weekday(weekday: int) -> None:
    day = MONDAY + timedelta(weekday)
    closes = {4: 17, 5: 0, 6: 0}.get(weekday, 18)
    second = timedelta(seconds=1)
    assert not is_open(PROFILE.schedule, _local(day, 9) - second)
    assert is_open(PROFILE.schedule, _local(day, 9)) is (closes > 0)
    # No lunch break is named.
    assert is_open(PROFILE.schedule, _local(day, 13)) is (closes > 0)
    if closes:
        assert is_open(PROFILE.schedule, _local(day, closes) - second)
        assert not is_open(PROFILE.schedule, _local(day, closes))


@pytest.mark.parametrize(
    ("eve", "closes"),
    [(date(2026, 4, 30), 17), (date(2026, 5, 8), 16), (date(2026, 6, 11), 17), (date(2026, 11, 3), 17)],
)
def test_19_the_eve_of_a_holiday_is_an_hour_shorter_also_on_a_friday(eve: date, closes: int) -> None:
    assert intervals_of(PROFILE.schedule, eve) == ((time(9), time(closes)),)


@pytest.mark.parametrize("holiday", [date(2026, 1, 5), date(2026, 5, 1), date(2026, 6, 12), date(2026, 11, 4)])
def test_19_public_holidays_are_closed(holiday: date) -> None:
    assert intervals_of(PROFILE.schedule, holiday) == ()


def test_19_the_clock_is_that_of_novosibirsk() -> None:
    assert is_open(PROFILE.schedule, datetime(2026, 11, 9, 2, 0, tzinfo=UTC))
    assert not is_open(PROFILE.schedule, datetime(2026, 11, 9, 11, 0, tzinfo=UTC))
    assert next_opening(PROFILE.schedule, _local(date(2026, 11, 13), 17)) == _local(date(2026, 11, 16), 9)


def test_19_the_hours_are_said_as_they_are() -> None:
    for day, words in ((0, "с понедельника по четверг"), (4, "в пятницу")):
        ((opens, closes),) = PROFILE.schedule.week[day]
        assert f"{words} {spoken_hours(opens, closes)}" in PROFILE.hours_text
    assert PROFILE.hours_text in PROFILE.announcements["closed"].format_map(values_of(PROFILE))


# --- the scripts (property 21-30) ----------------------------------------------------------------------------


@pytest.mark.parametrize(("flow", "stage"), STAGES, ids=_name)
def test_reading_a_stage_out_ticks_all_of_its_steps_and_no_other_stages(flow: Flow, stage: Stage) -> None:
    found = set[tuple[str, str]]().union(*(ticked_by(flow, text) for text in said_in(PROFILE, stage)))
    assert found == {(stage.id, step.id) for step in stage.steps if step.speaker is Speaker.OPERATOR}


@pytest.mark.parametrize(("flow", "stage"), STAGES, ids=_name)
def test_every_stage_says_its_things_in_variants_and_names_its_clause(flow: Flow, stage: Stage) -> None:
    assert stage.phrases
    assert all(len(set(phrase.variants)) >= 2 for phrase in stage.phrases)
    assert stage.source
    for source in stage.source:
        regulation, clause = source.split()
        assert regulation == REGISTER.id and REGISTER.has(clause), source


@pytest.mark.parametrize("flow", [PROFILE.incoming, PROFILE.outgoing], ids=_name)
def test_l3_the_greeting_goes_hello_body_name_position(flow: Flow) -> None:
    values = {**values_of(PROFILE), "unit": "приёмная"}
    for variant in flow.stages[0].phrases[0].variants:
        said = variant.format_map({**values, "greeting": "Здравствуйте"})
        parts = ("Здравствуйте", PROFILE.body, "Анна Сергеевна", VALUES["position"])
        places = [said.find(part) for part in parts]
        assert min(places) >= 0 and places == sorted(places), said


def test_l16_the_main_course_and_what_may_come_of_the_answer() -> None:
    course = ("greeting", "identity", "needs", "answer", "satisfaction", "survey", "farewell")
    assert PROFILE.incoming.course == course
    answer = PROFILE.incoming.stage("answer")
    assert answer is not None
    leads = {edge.when: edge.to for edge in answer.next}
    assert leads[Kind.LOOK_UP] == "hold"
    assert leads[Kind.TRANSFER] == "transfer"
    assert leads[Kind.PROMISE] == "promise"
    assert leads[Kind.NOT_OURS] == "referral"
    assert leads[Kind.NO_ACTING] == "no_acting"


def test_27_the_promise_asks_for_number_term_and_time_and_closes_by_the_script() -> None:
    promise = PROFILE.incoming.stage("promise")
    assert promise is not None
    assert {step.id for step in promise.steps} == {"number", "term", "interval"}
    assert promise.next[0].to == "farewell"


@pytest.mark.parametrize(
    "text", ["сейчас я переключаю вас на коллегу", "сейчас я переведу вас", "я соединяю вас с отделом"]
)
def test_26_the_ways_of_telling_of_a_transfer(text: str) -> None:
    for flow in (PROFILE.incoming, PROFILE.outgoing):
        assert TRANSFER_TOLD in ticked_by(flow, text)


@pytest.mark.parametrize("text", ["спасибо", "да конечно", "минуту назад", "специалиста сейчас нет", "слушаю"])
def test_common_words_tick_nothing(text: str) -> None:
    for flow in (PROFILE.incoming, PROFILE.outgoing):
        assert not ticked_by(flow, text)


def test_29_referrals_name_whom_to_call_and_say_only_what_their_contacts_have() -> None:
    topics = {topic.id for topic in PROFILE.topics}
    for one in PROFILE.referrals:
        assert one.source == ("property 29",)
        assert one.questions and set(one.topics) <= topics
        spoken = {word.strip(".,:") for word in one.say.split() if word[0].isdigit()}
        assert spoken <= {word.strip(".,:") for word in one.contacts.split()}, one.id
        assert ("referral", "contacts") in ticked_by(PROFILE.incoming, f"Запишите контакты: {one.contacts}.")


def test_30_the_questions_stand_as_the_order_has_them() -> None:
    assert PROFILE.survey.source == ("property 30",)
    assert [(q.text, [a.text for a in q.answers]) for q in PROFILE.survey.questions] == [
        ("Получен ли ответ на Ваш вопрос?", ["да", "нет"]),
        ("Оцените качество работы консультанта", ["удовлетворен", "частично удовлетворен", "не удовлетворен"]),
    ]
    assert all(question.prompt.startswith(question.text) for question in PROFILE.survey.questions)


def test_36_visits_are_booked_and_cancelled_by_the_number_of_the_reception() -> None:
    visit = PROFILE.incoming.stage("visit")
    assert visit is not None
    assert {step.id for step in visit.steps} == {"choice", "reminder", "directions", "cancel"}
    (cancel,) = [phrase for phrase in visit.phrases if "отменить" in phrase.variants[0]]
    assert all("238-60-02" in variant for variant in cancel.variants)
    assert PROFILE.unit_of("238-60-02").topics[-1] == "visit"


def test_7_and_23_every_topic_has_typical_needs_and_leading_questions() -> None:
    assert all(len(topic.needs) >= 2 and len(topic.questions) >= 2 for topic in PROFILE.topics)
    needs = [need.id for topic in PROFILE.topics for need in topic.needs]
    assert len(needs) == len(set(needs))


def test_20_26_and_35_the_terms_of_the_order() -> None:
    terms = PROFILE.terms
    assert (terms.max_transfers, terms.training_months, terms.review_days) == (2, 24, 31)
    assert not terms.training_bars


# --- the register --------------------------------------------------------------------------------------------


def test_the_register_has_every_clause_and_every_rule_that_names_property() -> None:
    assert {clause.id for clause in REGISTER.clauses} >= {str(number) for number in range(1, 43)}
    named = {rule for clause in REGISTER.clauses for rule in clause.rules}
    lines = {"L1", "L2", "L5", "L6", "L7", "L8", "L9", "L11", "L12", "L13", "L15"}
    assert named >= lines | {"C1", "C4", "C5", "C6", "K1", "K2", "K3"}
