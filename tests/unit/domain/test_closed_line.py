"""Whatever a caller of a closed line presses and types (L1, `closed.yaml`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.domain import commands as c
from app.domain import facts as f
from app.domain.calls import Call, Outcome, Phase
from app.domain.closed_line import ATTEMPTS_BY_VOICE, CONFIRMATION, home_of
from app.domain.conduct import decide
from app.domain.profile import Closed, ClosedAction, ClosedKey
from app.domain.said_answers import understand
from app.domain.working_time import add_working_time
from tests.unit.domain.samples import CALLER, LUNCH, PROFILE, after, does

KEYS = (ClosedKey("1", ClosedAction.CALL_BACK), ClosedKey("2", ClosedAction.OTHER_NUMBER))
OFFICE = replace(PROFILE, closed=Closed(keys=KEYS))
TYPED = {"89161112233": "+79161112233", "9161112233": "+79161112233", "12": "", "": "", "0000000000": ""}


class ClosedCall(RuleBasedStateMachine):
    """One call out of hours."""

    def __init__(self) -> None:
        super().__init__()
        self.now = LUNCH
        self.call = Call(id="c1")
        self.facts: list[f.Fact] = []

    @initialize(number=st.sampled_from([CALLER, "", "101"]))
    def arrives(self, number: str) -> None:
        self.call = does(self.call, c.TakeCall(number, "line"), now=self.now, profile=OFFICE)
        assert self.call.phase is Phase.CLOSED

    def do(self, command: c.Command) -> list[f.Fact]:
        self.now += timedelta(seconds=1)
        facts = decide(OFFICE, self.call, command, self.now)
        self.call = after(self.call, *facts, at=self.now)
        self.facts += facts
        return facts

    @rule(key=st.sampled_from("1234567890*#"))
    def press(self, key: str) -> None:
        before = self.call
        facts = self.do(c.PressKey(key))
        if key not in "12" or before.promises or before.number_asked or before.phase is not Phase.CLOSED:
            assert facts == []
        elif key == "1" and before.number == CALLER:
            due = add_working_time(OFFICE.schedule, self.now, OFFICE.terms.callback)
            assert facts == [f.PromiseMade("c1", CALLER, "", due, "", f.By.CALLER)]
        else:
            assert facts == [f.NumberAsked(1)]

    @rule(typed=st.sampled_from(list(TYPED)))
    def type(self, typed: str) -> None:
        before = self.call
        facts = self.do(c.TypeNumber(typed))
        if before.phase is not Phase.CLOSED or before.promises or not before.number_asked:
            assert facts == []
        elif TYPED[typed]:
            assert facts[0] == f.NumberGiven(f.By.KEY)
            assert [fact.number for fact in facts if isinstance(fact, f.PromiseMade)] == [TYPED[typed]]
        elif before.number_asked == 1:
            assert facts == [f.NumberAsked(2)]
        else:
            assert facts == [f.NumberGivenUp()]

    @rule(said=st.sampled_from(["+79161112233", "12"]))
    def say(self, said: str) -> None:
        before = self.call
        facts = self.do(c.SayNumber(said))
        if before.phase is not Phase.CLOSED or before.promises or not before.number_asked:
            assert facts == []
        elif said == "12":
            assert facts[0] == f.NumberMissed("nonsense")
        else:
            assert facts[0] == f.NumberGiven(f.By.VOICE)
            assert [fact.number for fact in facts if isinstance(fact, f.PromiseMade)] == [said]

    @rule(heard=st.sampled_from(["nonsense", "silence", "refused"]))
    def miss(self, heard: str) -> None:
        before = self.call
        facts = self.do(c.MissNumber(heard))
        if before.phase is not Phase.CLOSED or before.promises or not before.number_asked:
            assert facts == []
        else:
            more = before.number_asked <= ATTEMPTS_BY_VOICE
            after = f.NumberAsked(before.number_asked + 1) if more else f.NumberGivenUp()
            assert facts == [f.NumberMissed(heard), after]

    @rule()
    def end(self) -> None:
        self.do(c.End("closed"))

    @invariant()
    def at_most_one_promise_and_never_lost(self) -> None:
        made = [fact for fact in self.facts if isinstance(fact, f.PromiseMade)]
        assert len(made) <= 1
        assert all(fact.number.startswith("+7") for fact in made)
        assert self.call.outcome is Outcome.OUT_OF_HOURS or self.call.phase is Phase.NEW

    @invariant()
    def digits_stand_in_no_fact_but_the_promise(self) -> None:
        others = [fact for fact in self.facts if not isinstance(fact, f.PromiseMade)]
        assert not any("9161112233" in repr(fact) for fact in others)


TestClosedCall = ClosedCall.TestCase
TestClosedCall.settings = settings(max_examples=60, stateful_step_count=12, deadline=None)


def test_the_bodys_own_number_has_the_area_code() -> None:
    assert home_of(OFFICE).startswith("+7")
    assert home_of(replace(OFFICE, units=())) == ""
    inside = replace(OFFICE.units[0], numbers=("101", "+7 (8512) 24-50-22"))
    assert home_of(replace(OFFICE, units=(inside,))) == "+78512245022"


def test_what_confirms_a_number_is_understood() -> None:
    for answer in CONFIRMATION.answers:
        for form in answer.spoken:
            assert understand(CONFIRMATION, form) == answer
    assert understand(CONFIRMATION, "да нет") is None
