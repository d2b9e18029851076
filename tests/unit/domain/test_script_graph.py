"""The script as a graph: its course and branches, variants of phrases, suppressing cues, internal numbers."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import commands as c
from app.domain import facts as f
from app.domain.calls import Phase
from app.domain.conduct import flow_of
from app.domain.errors import BadInput
from app.domain.facts import By, Speaker
from app.domain.flow import Flow, Kind, NeedWas, Next, Saying, Stage, saying
from app.domain.internal_numbers import InternalNumbers
from app.domain.journal_form import from_json, to_json
from app.domain.listening import ticks, told_of_transfer
from app.domain.profile import Closed, ClosedAction, ClosedReason
from app.domain.spoken_russian import minutes_accusative
from tests.unit.domain.samples import INCOMING, NOW, PROFILE, after, call_in, does


def test_the_course_goes_along_the_first_edges() -> None:
    assert INCOMING.course == ("greeting", "needs", "farewell")
    assert [s.id for s in INCOMING.stages if INCOMING.is_branch(s.id)] == ["transfer"]


NAMES = ("a", "b", "c", "d", "e")
GRAPHS = st.fixed_dictionaries({name: st.lists(st.sampled_from(NAMES), max_size=3) for name in NAMES})


@given(GRAPHS, st.sets(st.sampled_from(NAMES)), st.sampled_from(("", *NAMES)))
def test_any_graph_has_a_course_and_its_ways(graph: dict[str, list[str]], ends: set[str], begins: str) -> None:
    stages = tuple(Stage(n, n, next=tuple(map(Next, to)), end=n in ends) for n, to in graph.items())
    flow = Flow("any", stages, begins)
    assert flow.course[0] == flow.start == (begins or stages[0].id)
    assert len(set(flow.course)) == len(flow.course), "a circle is walked once"
    assert all(after in graph[before] for before, after in zip(flow.course, flow.course[1:], strict=False))
    assert set(flow.course) <= flow.reachable
    assert flow.reachable == {flow.start}.union(*(graph[name] for name in flow.reachable))
    assert ends <= flow.leavable
    for name, to in graph.items():
        assert (name in flow.leavable) is (name in ends or not flow.leavable.isdisjoint(to))


def test_every_call_has_its_own_variant_and_keeps_it() -> None:
    variants = ("один", "два", "три")
    said = [saying(variants, {}, f"call{n}") for n in range(300)]
    chosen = Counter(one.text for one in said if one is not None)
    assert set(chosen) == set(variants)
    assert min(chosen.values()) > 60
    assert saying(variants, {}, "call1") == saying(variants, {}, "call1")


def test_the_order_in_which_variants_are_written_does_not_matter() -> None:
    assert saying(("один", "два", "три"), {}, "c") == saying(("три", "один", "два"), {}, "c")


@given(st.text(max_size=8))
def test_a_variant_that_becomes_sayable_moves_no_other(seed: str) -> None:
    variants = ("Спасибо, {caller}.", "Спасибо.", "Благодарю.")
    before, now = saying(variants, {}, seed), saying(variants, {"caller": "Анна"}, seed)
    assert before is not None
    assert now is not None
    assert now.text in (before.text, "Спасибо, Анна.")
    assert {now.text, *now.others} == {before.text, *before.others, "Спасибо, Анна."}


def test_a_phrase_without_a_sayable_variant_is_not_proposed() -> None:
    assert saying(("До {due}.", "{caller}!"), {"due": ""}, "c") is None


def test_l16_what_is_said_at_the_end_depends_on_the_need() -> None:
    farewell = INCOMING.stage("farewell")
    assert farewell is not None
    met = farewell.sayings({}, NeedWas.MET, "c")
    unmet = farewell.sayings({}, NeedWas.UNMET, "c")
    assert met == [Saying("Спасибо!"), Saying("Рады помочь.")]
    assert unmet == [Saying("Спасибо!"), Saying("Мы вернёмся с ответом.")]


def test_a_promise_leaves_the_need_unmet() -> None:
    call = call_in(Phase.TALKING)
    assert not call.unmet
    assert after(call, f.PromiseMade("p1", "+79271234567", "крыша", NOW, "", By.OPERATOR)).unmet


def heard(text: str, start_s: float = 1.0) -> f.PhraseHeard:
    return f.PhraseHeard(Speaker.OPERATOR, "anna", text, start_s, start_s + 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("сейчас переключаю вас на коллегу", True),
        ("переключаю вас не буду", False),
        ("я не буду сейчас переключаю вас", False),
        ("не буду", False),
    ],
)
def test_a_suppressing_cue_in_the_same_phrase_stops_the_tick(text: str, told: bool) -> None:
    assert bool(ticks(INCOMING, call_in(Phase.TALKING), heard(text))) is told
    assert told_of_transfer(INCOMING, heard(text)) is told


def test_what_suppressed_one_phrase_does_not_suppress_the_next() -> None:
    call = after(call_in(Phase.TALKING), heard("переключаю вас не буду"))
    assert not ticks(INCOMING, call, heard("ну вот", 3.0)), "no tick from the words before"
    assert ticks(INCOMING, call, heard("всё же переключаю вас", 3.0))


def test_a_phrase_cut_in_two_is_suppressed_as_a_whole() -> None:
    call = after(call_in(Phase.TALKING), heard("я не буду переключаю"))
    assert not ticks(INCOMING, call, heard("вас сейчас", 3.0))


@pytest.mark.parametrize(
    ("written", "has", "has_not"),
    [
        ("112", ["112"], ["113", "1120", "+112", ""]),
        ("2xx", ["200", "299"], ["2", "20", "2000", "2xx", "300", "20a"]),
        ("2ХХ", ["200", "299"], ["300"]),
        ("1[0-4]x", ["100", "149"], ["150", "10", "1400"]),
        ("100-199", ["100", "150", "199"], ["099", "200", "15", "1500", "-150", "+79271234567"]),
        ("0100 - 0199", ["0150"], ["150"]),
    ],
)
def test_internal_numbers(written: str, has: list[str], has_not: list[str]) -> None:
    numbers = InternalNumbers(written)
    assert [one for one in has if not numbers.has(one)] == []
    assert [one for one in has_not if numbers.has(one)] == []


@pytest.mark.parametrize("written", ["", "1", "+7 927", "1*", "a12", "200-100", "10-199", "[4-0]1", "1[0-]2", ".*"])
def test_what_is_no_pattern_of_numbers_is_refused(written: str) -> None:
    with pytest.raises(BadInput, match=r"internal number|range|choice"):
        InternalNumbers(written)


def test_education_3_5_8_the_flow_is_decided_at_the_arrival() -> None:
    colleague = does(call_in(Phase.NEW), c.TakeCall("215", "line"))
    assert (colleague.flow, flow_of(PROFILE, colleague)) == ("internal", PROFILE.internal)
    caller = does(call_in(Phase.NEW), c.TakeCall("+79271234567", "line"))
    assert (caller.flow, flow_of(PROFILE, caller)) == ("incoming", PROFILE.incoming)
    placed = does(call_in(Phase.NEW), c.PlaceCall("anna", "+79271234567"))
    assert (placed.flow, flow_of(PROFILE, placed)) == ("outgoing", PROFILE.outgoing)


def test_a_call_of_an_earlier_version_has_the_incoming_flow() -> None:
    old = from_json("CallArrived", {**to_json(f.CallArrived("215", "line", "line", "sample", "1")), "flow": ""})
    assert flow_of(PROFILE, after(call_in(Phase.NEW), old)) is PROFILE.incoming


def test_what_stands_elsewhere_in_the_profile() -> None:
    assert PROFILE.flow("internal") is PROFILE.internal
    assert PROFILE.flow("nothing") is None
    unit, topic, fund = PROFILE.unit("visits"), PROFILE.topic("repairs"), PROFILE.referral("fund")
    assert (unit and unit.name, topic and topic.title, fund and fund.body) == ("Приём", "Ремонт", "Фонд")
    assert (PROFILE.unit(""), PROFILE.topic(""), PROFILE.referral("")) == (None, None, None)


def test_the_closed_line_says_the_usual_where_nothing_else_is_given() -> None:
    closed = Closed(say={ClosedReason.NIGHT: "closed", ClosedReason.LUNCH: "closed_lunch"})
    assert [closed.announcement(reason) for reason in ClosedReason] == [
        "closed",
        "closed_lunch",
        "closed",
        "closed",
    ]
    assert (closed.action("1"), closed.action("2")) == (ClosedAction.CALL_BACK, None)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        *[(1, "1 минуту"), (2, "2 минуты"), (3, "3 минуты"), (4, "4 минуты"), (5, "5 минут"), (10, "10 минут")],
        *[(11, "11 минут"), (12, "12 минут"), (14, "14 минут"), (21, "21 минуту"), (22, "22 минуты")],
        *[(30, "30 минут"), (101, "101 минуту"), (111, "111 минут"), (112, "112 минут")],
    ],
)
def test_minutes_after_in(minutes: int, words: str) -> None:
    assert minutes_accusative(minutes) == words


def test_every_kind_of_edge_has_its_name() -> None:
    assert {str(kind) for kind in Kind} == {
        *("onward", "answered", "unanswered", "look_up", "back", "transfer", "promise", "not_ours", "no_acting"),
        *("agreed", "later"),
    }
