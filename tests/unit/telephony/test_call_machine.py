"""Two user agents of ours call each other over a bad network, with any commands at any time."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from app.telephony.call_states import CallState
from app.telephony.calls import Call
from app.telephony.sdp import Direction
from tests.unit.telephony.effort import effort
from tests.unit.telephony.virtual_network import End, Network

COMMANDS: dict[str, Callable[[Call], None]] = {
    "ring": lambda call: call.ring(),
    "answer": lambda call: call.answer(),
    "busy": lambda call: call.reject(486),
    "full": lambda call: call.reject(503),
    "hold": lambda call: call.reoffer(Direction.SENDONLY),
    "take back": lambda call: call.reoffer(Direction.SENDRECV),
    "hang up": lambda call: call.hang_up(),
}
OVER_S = 64 * 0.5 + 5
"""Longer than anything unanswered is waited for (table 4)."""


class CallsOverABadNetwork(RuleBasedStateMachine):
    @initialize(
        seed=st.integers(0, 2**32),
        loss=st.sampled_from([0.0, 0.1, 0.5]),
        doubling=st.sampled_from([0.0, 0.2]),
        delay_s=st.sampled_from([0.0, 0.05, 2.0]),
    )
    def connect(self, seed: int, loss: float, doubling: float, delay_s: float) -> None:
        self.network = Network(seed)
        self.network.loss, self.network.doubling, self.network.delay_s = loss, doubling, delay_s
        self.ends = (End(self.network, "127.0.0.1"), End(self.network, "127.0.0.2"))

    @rule(caller=st.sampled_from([0, 1]))
    def dial(self, caller: int) -> None:
        self.ends[caller].dial(self.ends[1 - caller])

    @rule(caller=st.sampled_from([0, 1]), seconds=st.sampled_from([0.0, 1.0, 5.0]))
    def talk(self, caller: int, seconds: float) -> None:
        """A call that most likely stands."""
        self.ends[caller].dial(self.ends[1 - caller])
        self.network.clock.pass_s(3.0)
        for call in self.ends[1 - caller].calls:
            call.answer()
        self.network.clock.pass_s(seconds)

    @rule(which=st.integers(0, 5), both=st.booleans())
    def change(self, which: int, both: bool) -> None:
        """One side holds what stands, or both at once (14.1: glare)."""
        for end in self.ends if both else self.ends[:1]:
            standing = [call for call in end.calls if call.state is CallState.UP]
            if standing:
                standing[which % len(standing)].reoffer(Direction.SENDONLY)

    @rule(end=st.sampled_from([0, 1]), which=st.integers(0, 5), command=st.sampled_from(sorted(COMMANDS)))
    def command(self, end: int, which: int, command: str) -> None:
        calls = self.ends[end].calls
        if calls:
            COMMANDS[command](calls[which % len(calls)])

    @rule(seconds=st.sampled_from([0.01, 0.1, 0.6, 3.0, 40.0]))
    def wait(self, seconds: float) -> None:
        self.network.clock.pass_s(seconds)

    @rule()
    def cut_the_wire(self) -> None:
        self.network.cut = True

    @precondition(lambda self: not self.network.cut)
    @rule(end=st.sampled_from([0, 1]))
    def one_side_ends_all(self, end: int) -> None:
        """What one side ends is over for the other too, by itself: by a BYE, a CANCEL or a final answer."""
        self.network.clock.pass_s(10)
        ended = {call.call_id for call in self.ends[end].calls}
        for call in self.ends[end].calls:
            call.hang_up()
        self.network.clock.pass_s(2 * OVER_S)
        assert not ended & {call.call_id for other in self.ends for call in other.calls}

    def teardown(self) -> None:
        if not hasattr(self, "ends"):
            return
        for _ in range(4):  # what is on its way may arrive as a call yet
            self.network.clock.pass_s(OVER_S)
            for call in [*self.ends[0].calls, *self.ends[1].calls]:
                call.hang_up()
        for _ in range(4):
            self.network.clock.pass_s(OVER_S)
        for end in self.ends:
            assert end.calls == []
            assert end.agent.layer.empty
            assert not end.agent.layer.busy
            for leg, told in end.told.items():
                assert told.count("gone") == 1, (leg, told)
                assert told.count("ended") <= 1
                assert told.count("answered") <= 1
            assert {leg for leg, _ in end.media.remotes} <= set(end.media.closed)
        assert self.network.clock.pending == 0
        # Table 4: 7 INVITEs, 11 of any other request, 11 of a 200 and as many again as it is asked for.
        assert max(self.network.carried.values(), default=0) <= 60


CallsOverABadNetwork.TestCase.settings = effort(120, steps=30)
TestCallsOverABadNetwork = CallsOverABadNetwork.TestCase
