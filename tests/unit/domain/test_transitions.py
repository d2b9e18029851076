"""Every fact in every phase: where the table sends it, or refused without a trace (house-style, habit 2)."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta

import pytest

from app.domain import facts as f
from app.domain.calls import TRANSITIONS, Call, Outcome, Phase, evolve, fold
from app.domain.errors import IllegalFact
from app.domain.facts import By
from app.domain.journal_form import KINDS
from tests.unit.domain.samples import FACTS, LOGS, NOW, after, call_in, recorded

PAIRS = [(phase, fact) for phase in Phase for fact in FACTS]


def test_every_kind_of_fact_has_a_sample() -> None:
    assert {type(fact) for fact in FACTS} == set(KINDS.values())
    assert len(FACTS) == len(KINDS)


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_can_be_reached(phase: Phase) -> None:
    assert call_in(phase).phase is phase
    assert set(LOGS) == set(Phase)


@pytest.mark.parametrize(("phase", "fact"), PAIRS, ids=lambda p: p if isinstance(p, str) else type(p).__name__)
def test_a_fact_goes_where_the_table_says_or_changes_nothing(phase: Phase, fact: f.Fact) -> None:
    call = call_in(phase)
    before = deepcopy(call)
    entry = f.Recorded("call:c1", call.seq + 1, NOW + timedelta(seconds=5), fact)
    target = TRANSITIONS.get((phase, type(fact)))
    if target is None:
        with pytest.raises(IllegalFact, match=f"{type(fact).__name__} cannot follow in phase {phase}"):
            evolve(call, entry)
    else:
        changed = evolve(call, entry)
        assert changed.phase is target
        assert changed.seq == call.seq + 1
        assert changed.phase_since == (call.phase_since if target is phase else entry.at)
    assert call == before


@pytest.mark.parametrize("seq", [0, 4, 6, 7])
def test_a_fact_out_of_its_turn_is_illegal(seq: int) -> None:
    call = call_in(Phase.TALKING)
    assert call.seq == 4
    with pytest.raises(IllegalFact, match=f"fact {seq} cannot follow fact 4"):
        evolve(call, f.Recorded("call:c1", seq, NOW, f.CallerNamed("Анна")))


def test_nothing_leaves_the_end() -> None:
    assert {target for (phase, _), target in TRANSITIONS.items() if phase is Phase.ENDED} == {Phase.ENDED}


def test_every_living_phase_can_end() -> None:
    ends = {phase for phase, kind in TRANSITIONS if kind is f.CallEnded}
    assert ends == set(Phase) - {Phase.NEW, Phase.ENDED}


def test_facts_of_other_streams_never_enter_a_call() -> None:
    kinds = {kind for _, kind in TRANSITIONS}
    assert set(KINDS.values()) - kinds == {f.PromiseClosed, f.PresenceChanged}


def test_times_of_a_call_are_those_of_its_facts() -> None:
    at = [NOW + timedelta(seconds=s) for s in (0, 1, 4, 10, 40, 70, 100)]
    facts = [*LOGS[Phase.TALKING], f.PlacedOnHold(60), f.ResumedFromHold(30.0), f.OperatorLeft("anna", "farewell")]
    call = fold("c1", [f.Recorded("call:c1", n, t, x) for n, (t, x) in enumerate(zip(at, facts, strict=True), 1)])
    assert (call.arrived_at, call.answered_at, call.parted_at) == (at[0], at[3], at[6])
    assert (call.waited_s, call.held_s, call.talked_s(NOW)) == (10.0, 30.0, 90.0)


def test_leaving_in_hold_counts_the_hold() -> None:
    call = after(call_in(Phase.HELD), f.OperatorLeft("anna", "lost"), at=NOW + timedelta(seconds=25))
    assert (call.held_s, call.hold) == (25.0, None)


def test_a_contested_tick_is_forgotten_when_ticked_by_hand() -> None:
    tick = f.StepTicked("greeting", "hello", By.SPEECH)
    call = call_in(Phase.TALKING, tick, f.StepUnticked("greeting", "hello"))
    assert not call.ticked("greeting", "hello")
    assert [(one.stage, one.step) for one in call.contested] == [("greeting", "hello")]
    call = after(call, f.StepTicked("greeting", "hello", By.HAND))
    assert (call.ticked("greeting", "hello"), call.contested) == (True, ())


def test_an_answer_given_twice_keeps_the_last() -> None:
    first = f.SurveyAnswered("answer_received", "yes", By.KEY)
    call = after(call_in(Phase.SURVEY), first, f.SurveyAnswered("answer_received", "no", By.VOICE))
    answer = call.answer("answer_received")
    assert answer is not None
    assert (answer.answer, answer.by, len(call.answers)) == ("no", By.VOICE, 1)


END = f.CallEnded(By.CALLER, "hung_up")
OUTCOMES = [
    (Phase.ARRIVED, END, Outcome.LOST),
    (Phase.WAITING, END, Outcome.LOST),
    (Phase.OFFERED, END, Outcome.LOST),
    (Phase.CLOSED, END, Outcome.OUT_OF_HOURS),
    (Phase.TALKING, END, Outcome.ANSWERED),
    (Phase.SURVEY, END, Outcome.ANSWERED),
    (Phase.DIALLING, END, Outcome.NOT_REACHED),
    (Phase.WAITING, f.CallEnded(By.LINE, "interrupted"), Outcome.INTERRUPTED),
    (Phase.TALKING, f.CallEnded(By.LINE, "interrupted"), Outcome.ANSWERED),
]


@pytest.mark.parametrize(("phase", "end", "outcome"), OUTCOMES)
def test_what_became_of_a_call(phase: Phase, end: f.CallEnded, outcome: Outcome) -> None:
    assert after(call_in(phase), end).outcome is outcome


def test_a_call_under_way_has_no_outcome_yet() -> None:
    assert call_in(Phase.WAITING).outcome is Outcome.UNDER_WAY
    assert not Call().open
    assert call_in(Phase.WAITING).open


def test_waiting_again_forgets_what_belonged_to_the_lost_operator() -> None:
    lost = after(call_in(Phase.TRANSFERRING), f.OperatorLeft("anna", "lost"), f.CallQueued("line", again=True))
    assert (lost.told, lost.target, lost.hold, lost.parted_at, lost.passed_over) == (False, "", None, None, ())
    assert lost.answered_at is not None


def test_numbering_starts_at_one() -> None:
    assert [entry.seq for entry in recorded(Call(id="c1"), LOGS[Phase.TALKING])] == [1, 2, 3, 4]
