"""No more than two transfers in one call, whatever happens in it (L8, L9: housing 5.7-5.8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.domain import commands as c
from app.domain import facts as f
from app.domain.calls import Call, Phase
from app.domain.conduct import decide
from app.domain.errors import BadInput, Refused
from app.domain.profile import Profile
from app.domain.transfers import Asked, left, refusal
from tests.unit.domain.samples import NOW, PROFILE, after, call_in, does

COLLEAGUES = ("anna", "boris", "vera", "gleb")


@pytest.mark.parametrize(
    ("completed", "allowed", "remain"),
    [(0, 2, 2), (1, 2, 1), (2, 2, 0), (3, 2, 0), (0, 1, 1), (1, 1, 0), (0, 0, 0), (0, 5, 2), (2, 5, 0)],
)
def test_what_is_left(completed: int, allowed: int, remain: int) -> None:
    assert left(completed, allowed) == remain


@pytest.mark.parametrize(
    ("completed", "told", "to_oneself", "is_free"),
    list(product(range(4), [True, False], [True, False], [True, False])),
)
def test_every_case_of_the_rule(completed: int, told: bool, to_oneself: bool, is_free: bool) -> None:
    asked = Asked(completed, told, "anna", "anna" if to_oneself else "boris", is_free)
    no = refusal(asked, 2)
    if completed >= 2:
        expected = ("transfer_limit", "L9")
    elif not told:
        expected = ("tell_first", "L8")
    elif to_oneself or not is_free:
        expected = ("target_not_free", "L8")
    else:
        assert no is None
        return
    assert no is not None
    assert (no.code, no.rule) == expected
    assert no.reason
    assert (no.refused().code, no.refused().rule) == expected


def test_a_third_is_refused_with_the_reason_and_the_promise_in_its_place() -> None:
    no = refusal(Asked(2, told=True, source="anna", target="boris", target_is_free=True), 2)
    assert no is not None
    assert "transferred 2 times; promise to call back" in no.reason
    call = call_in(Phase.TALKING)
    for target in ("boris", "vera"):
        call = does(call, c.Transfer(target, target_is_free=True, told=True), c.OperatorAnswers(target))
    with pytest.raises(Refused, match="promise to call back"):
        decide(PROFILE, call, c.Transfer("gleb", target_is_free=True, told=True), NOW)
    promise = c.MakePromise("p2", "8 927 123-45-67", "крыша", None, "утром")
    assert does(call, promise).promises == ("p2",)


class Transfers(RuleBasedStateMachine):
    """A call that is handed about: told or not, to whoever, answered, missed, taken back, dropped, lost, queued."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.profile: Profile = PROFILE
        self.call = call_in(Phase.TALKING)
        self.completed = self.failed = 0

    @initialize(allowed=st.sampled_from([0, 1, 2, 2, 2]))
    def profile_allows(self, allowed: int) -> None:
        self.profile = replace(PROFILE, terms=replace(PROFILE.terms, max_transfers=allowed))

    def do(self, command: c.Command) -> list[f.Fact]:
        self.now += timedelta(seconds=1)
        try:
            facts = decide(self.profile, self.call, command, self.now)
        except (Refused, BadInput):
            return []
        self.call = after(self.call, *facts, at=self.now)
        self.completed += sum(isinstance(fact, f.TransferCompleted) for fact in facts)
        self.failed += sum(isinstance(fact, f.TransferFailed) for fact in facts)
        return facts

    @rule(to=st.sampled_from(COLLEAGUES), told=st.booleans(), free=st.sampled_from([True, True, True, False]))
    def transfer(self, to: str, told: bool, free: bool) -> None:
        before: Call = self.call
        facts = self.do(c.Transfer(to, target_is_free=free, told=told))
        if any(isinstance(fact, f.TransferStarted) for fact in facts):
            assert self.completed < self.profile.terms.max_transfers
            assert told or before.told
            assert free
            assert to != before.operator

    @rule()
    def tell(self) -> None:
        self.do(c.TellOfTransfer())

    @rule()
    def target_answers(self) -> None:
        self.do(c.OperatorAnswers(self.call.target))

    @rule(why=st.sampled_from(["busy", "no_answer", "declined", "unreachable"]))
    def target_misses(self, why: str) -> None:
        self.do(c.OperatorMisses(self.call.target, why))

    @rule()
    def take_back(self) -> None:
        self.do(c.TakeBack())

    @rule(hold=st.booleans())
    def hold(self, hold: bool) -> None:
        self.do(c.PlaceOnHold(60) if hold else c.Resume())

    @precondition(lambda self: self.call.phase is Phase.TRANSFERRING)
    @rule(lost=st.booleans())
    def source_drops(self, lost: bool) -> None:
        """A blind transfer: the source is gone before the target answers."""
        self.do(c.OperatorDrops(self.call.operator, lost=lost))

    @precondition(lambda self: self.call.phase is Phase.TALKING)
    @rule()
    def operator_is_lost(self) -> None:
        self.do(c.OperatorDrops(self.call.operator, lost=True))

    @precondition(lambda self: self.call.phase is Phase.WAITING)
    @rule(operator=st.sampled_from(COLLEAGUES))
    def another_operator(self, operator: str) -> None:
        self.do(c.Offer(operator))
        self.do(c.OperatorAnswers(operator))

    @invariant()
    def never_more_than_allowed(self) -> None:
        assert self.call.transfers == self.completed <= self.profile.terms.max_transfers
        assert self.call.failed_transfers == self.failed

    @invariant()
    def the_limit_is_all_that_locks(self) -> None:
        """Who was told and finds a free colleague is refused only for the limit (M4)."""
        if self.call.phase not in (Phase.TALKING, Phase.HELD):
            return
        other = next(one for one in COLLEAGUES if one != self.call.operator)
        command = c.Transfer(other, target_is_free=True, told=True)
        try:
            decide(self.profile, self.call, command, self.now)
        except Refused as refused:
            assert refused.code == "transfer_limit"
            assert self.completed == self.profile.terms.max_transfers
        else:
            assert self.completed < self.profile.terms.max_transfers


TestTransfers = Transfers.TestCase
TestTransfers.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
