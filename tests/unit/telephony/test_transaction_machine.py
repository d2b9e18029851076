"""The four transaction tables under messages, timers, losses and misuse in any order."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.telephony.errors import IllegalTransition
from app.telephony.large_requests import UDP_ONLY_S
from app.telephony.messages import make_response
from app.telephony.transaction_layer import TransactionLayer
from app.telephony.transactions import ALIVE, State, Timing
from app.telephony.wire import Hop, ReceivedRequest, ReceivedResponse, read
from tests.unit.telephony.effort import effort
from tests.unit.telephony.peer import VirtualClock, request, response

HOPS = st.sampled_from([Hop("UDP", "127.0.0.1", 5090), Hop("TCP", "127.0.0.1", 5090)])
CODES = st.sampled_from([100, 180, 200, 202, 302, 404, 486, 503, 603])
SECONDS = st.sampled_from([0.1, 0.5, 1.0, 4.0, 32.0])
FINAL_SENDS = 11
"""Table 4: at 0, T1, 3*T1 and then every T2 until 64*T1."""


def received(text: str, hop: Hop) -> ReceivedRequest:
    message = read(text.encode(), hop)
    assert isinstance(message, ReceivedRequest)
    return message


class _Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.clock = VirtualClock()
        self.sent: list[bytes] = []
        self.layer = TransactionLayer(lambda data, _: self.sent.append(data), self.clock, Timing())

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.clock.pass_s(seconds)

    def end(self) -> None:
        self.clock.pass_s(3 * 64)
        self.clock.pass_s(UDP_ONLY_S)
        assert self.clock.pending == 0, "all timers are gone"


class ClientMachine(_Machine):
    """One request of ours, INVITE or not."""

    @initialize(method=st.sampled_from(["INVITE", "OPTIONS"]), hop=HOPS)
    def place(self, method: str, hop: Hop) -> None:
        self.hop = hop
        self.codes: list[int] = []
        self.silences: list[int] = []
        self.request = received(request(method), hop).message
        self.transaction = self.layer.request(self.request, "z9hG4bKone", hop, self)

    def on_response(self, answer: ReceivedResponse) -> None:
        self.codes.append(answer.code)

    def on_silence(self, code: int) -> None:
        self.silences.append(code)

    @rule(code=CODES)
    def answer(self, code: int) -> None:
        message = read(response(self.request, code).encode(), self.hop)
        assert isinstance(message, ReceivedResponse)
        found = self.layer.client_of(message)
        if found is not None:
            found.receive(message)

    @rule()
    def lose_the_connection(self) -> None:
        self.layer.transport_failed(self.hop)

    @invariant()
    def tells_one_end(self) -> None:
        if not hasattr(self, "transaction"):
            return
        finals = [code for code in self.codes if code >= 200]
        if self.request.method == "INVITE" and finals and finals[0] < 300:
            assert all(200 <= code < 300 for code in finals), "13.2.2.4: only 2xx repeat"
            assert self.silences == []
        else:
            assert len(finals) + len(self.silences) <= 1
        assert set(self.transaction.running) <= ALIVE[self.transaction.state]
        ended = bool(finals or self.silences)
        assert self.layer.busy is not ended
        assert self.codes == sorted(self.codes, key=lambda code: code >= 200), "nothing provisional after a final"

    @invariant()
    def repeats_within_bounds(self) -> None:
        requests = sum(data.startswith((b"INVITE ", b"OPTIONS ")) for data in self.sent)
        assert requests <= (1 if self.hop.reliable else FINAL_SENDS)

    def teardown(self) -> None:
        if not hasattr(self, "transaction"):
            return
        self.clock.pass_s(64)
        if self.transaction.state is State.PROCEEDING:  # an INVITE may ring for ever
            assert self.request.method == "INVITE"
            self.layer.abandon(self.transaction)
        self.end()
        assert self.layer.empty


class ServerMachine(_Machine):
    """One request of theirs, its repetitions, our answers legal and not, their ACK."""

    @initialize(method=st.sampled_from(["INVITE", "OPTIONS"]), hop=HOPS)
    def arrive(self, method: str, hop: Hop) -> None:
        self.hop = hop
        self.method = method
        self.asked = 0
        self.acknowledged = 0
        self.first_final = 0
        self.request = received(request(method), hop)
        self.transaction = self.layer.serve(self.request, hop)
        self.transaction.on_ack = self.on_ack

    def on_ack(self, _: ReceivedRequest) -> None:
        self.acknowledged += 1

    @rule(code=CODES)
    def respond(self, code: int) -> None:
        state, sent = self.transaction.state, list(self.sent)
        answer = make_response(self.request, code, to_tag="us", reason="Said")
        try:
            self.transaction.respond(answer)
        except IllegalTransition:
            assert self.first_final or state is State.TERMINATED, "refused for no reason"
            assert (self.transaction.state, self.sent) == (state, sent), "and something was changed"
            return
        self.asked += 1
        if code >= 200 and not self.first_final:
            self.first_final = code

    @rule()
    def repeat(self) -> None:
        again = received(request(self.method), self.hop)
        found = self.layer.server_of(again)
        assert found in (None, self.transaction)
        if found is not None:
            before = len(self.sent)
            found.receive(again)
            self.asked += len(self.sent) - before

    @precondition(lambda self: self.method == "INVITE")
    @rule()
    def acknowledge(self) -> None:
        found = self.layer.server_of(received(request("ACK"), self.hop))
        if found is not None:
            found.receive(received(request("ACK"), self.hop))

    @rule()
    def lose_the_connection(self) -> None:
        self.layer.transport_failed(self.hop)

    @invariant()
    def answers_once(self) -> None:
        if not hasattr(self, "transaction"):
            return
        finals = {data[8:11] for data in self.sent if data[8:9] != b"1"}
        if self.method == "INVITE" and 200 <= self.first_final < 300:
            assert all(code.startswith(b"2") for code in finals), "RFC 6026 7.1"
        else:
            assert len(finals) <= 1
        assert len(self.sent) <= self.asked + FINAL_SENDS
        assert set(self.transaction.running) <= ALIVE[self.transaction.state]
        assert not self.acknowledged or 200 <= self.first_final < 300, "the ACK of a refusal is the transaction's"

    def teardown(self) -> None:
        if not hasattr(self, "transaction"):
            return
        if not self.transaction.answered:
            self.transaction.respond(make_response(self.request, 480, to_tag="us"))
        self.end()
        assert self.layer.empty


ClientMachine.TestCase.settings = effort(80, steps=20)
ServerMachine.TestCase.settings = effort(80, steps=20)
TestClient = ClientMachine.TestCase
TestServer = ServerMachine.TestCase
