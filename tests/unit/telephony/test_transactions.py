"""RFC 3261 17: every state and every event of the four tables, and their timers under a virtual clock."""

from __future__ import annotations

import itertools

import pytest
from sipmessage import Request

from app.telephony.errors import IllegalTransition
from app.telephony.transaction_layer import ClientTransaction, ServerTransaction, Transaction, TransactionLayer
from app.telephony.transactions import (
    ALIVE,
    CLIENT,
    INVITE_CLIENT,
    INVITE_SERVER,
    SERVER,
    TIMER_EVENTS,
    Do,
    Event,
    Intervals,
    State,
    Table,
    Timing,
    step,
)
from app.telephony.wire import Hop, ReceivedRequest, ReceivedResponse, read
from tests.unit.telephony.peer import CALLER, VirtualClock, request, response

TABLES = {
    "invite client": INVITE_CLIENT,
    "client": CLIENT,
    "invite server": INVITE_SERVER,
    "server": SERVER,
}
STREAMS = [Hop("TCP", "127.0.0.1", 5090), Hop("TLS", "127.0.0.1", 5091)]


class Taker:
    def __init__(self) -> None:
        self.got: list[int] = []

    def on_response(self, response: ReceivedResponse) -> None:
        self.got.append(response.code)

    def on_silence(self, code: int) -> None:
        self.got.append(-code)


class Rig:
    """A transaction layer, its clock, and when it sent what."""

    def __init__(self, hop: Hop = CALLER) -> None:
        self.hop = hop
        self.clock = VirtualClock()
        self.sent: list[tuple[float, str]] = []
        self.layer = TransactionLayer(self._send, self.clock, Timing())
        self.taker = Taker()

    def _send(self, data: bytes, hop: Hop) -> None:
        self.sent.append((round(self.clock.now_s, 3), data.decode().split("\r\n")[0]))

    def client(self, method: str) -> ClientTransaction:
        message = read(request(method).encode(), self.hop)
        assert isinstance(message, ReceivedRequest)
        return self.layer.request(message.message, "z9hG4bKone", self.hop, self.taker)

    def server(self, method: str) -> ServerTransaction:
        return self.layer.serve(self.incoming(method), self.hop)

    def incoming(self, method: str) -> ReceivedRequest:
        message = read(request(method).encode(), self.hop)
        assert isinstance(message, ReceivedRequest)
        return message

    def answer(self, transaction: ClientTransaction, code: int) -> None:
        message = read(response(transaction.request, code).encode(), self.hop)
        assert isinstance(message, ReceivedResponse)
        found = self.layer.client_of(message)
        if found is not None:
            found.receive(message)

    def respond(self, transaction: ServerTransaction, code: int) -> None:
        asked = transaction.request.message
        message = read(response(asked, code).encode(), self.hop)
        assert isinstance(message, ReceivedResponse)
        transaction.respond(message.message)

    def states(self, transaction: Transaction, *after_s: float) -> list[State]:
        """The state after each of these times has passed."""
        found = []
        for seconds in after_s:
            self.clock.pass_s(seconds)
            found.append(transaction.state)
        return found

    def times(self) -> list[float]:
        return [at for at, _ in self.sent]


@pytest.mark.parametrize(
    ("name", "state", "event"),
    [(name, state, event) for name in TABLES for state, event in itertools.product(State, Event)],
)
def test_every_state_and_event(name: str, state: State, event: Event) -> None:
    table: Table = TABLES[name]
    if (state, event) not in table:
        with pytest.raises(IllegalTransition):
            step(table, state, event)
        return
    after, actions = step(table, state, event)
    started = {action for action in actions if action in TIMER_EVENTS}
    assert started <= ALIVE[after], "a timer is started that its state does not have"
    for timer in ALIVE[after]:
        fires = (after, TIMER_EVENTS[timer])
        if timer in started:
            assert fires in table, "a timer is started whose end the table does not know"


@pytest.mark.parametrize("name", TABLES)
def test_every_state_reaches_the_end(name: str) -> None:
    table = TABLES[name]
    leads = {state: {row[0] for (at, _), row in table.items() if at is state} for state in State}
    for state in {at for at, _ in table}:
        reached, edge = {state}, {state}
        while edge:
            edge = {after for at in edge for after in leads[at]} - reached
            reached |= edge
        assert State.TERMINATED in reached


def test_an_illegal_event_changes_nothing() -> None:
    rig = Rig()
    transaction = rig.client("INVITE")
    with pytest.raises(IllegalTransition):
        transaction.take(Event.TIMER_D)
    assert transaction.state is State.CALLING


def test_17_1_1_2_invite_is_sent_again_by_timer_a_until_timer_b() -> None:
    rig = Rig()
    rig.client("INVITE")
    rig.clock.pass_s(100)
    assert rig.times() == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert rig.taker.got == [-408]
    assert not rig.layer.busy


TABLE_4 = {  # timer: over UDP, over a connection; None for one that does not run
    Do.A: (0.5, None),
    Do.B: (32, 32),
    Do.D: (32, 0),
    Do.E: (0.5, None),
    Do.F: (32, 32),
    Do.G: (0.5, None),
    Do.H: (32, 32),
    Do.I: (5, 0),
    Do.J: (32, 0),
    Do.K: (5, 0),
    Do.L: (32, 32),  # RFC 6026 7.1
    Do.M: (32, 32),
}


@pytest.mark.parametrize("timer", list(TABLE_4))
def test_17_table_4_and_rfc6026_every_timer_over_every_transport(timer: Do) -> None:
    for hop, seconds in zip([Hop("UDP", "127.0.0.1", 5090), *STREAMS], [0, 1, 1], strict=True):
        assert Intervals(Timing(), hop.reliable).next_s(timer, State.TRYING) == TABLE_4[timer][seconds]


@pytest.mark.parametrize("hop", STREAMS)
def test_17_1_1_2_over_a_connection_an_invite_is_sent_once(hop: Hop) -> None:
    rig = Rig(hop)
    rig.client("INVITE")
    rig.clock.pass_s(100)
    assert rig.times() == [0]
    assert rig.taker.got == [-408]


def test_17_1_1_2_a_provisional_answer_stops_the_repeats() -> None:
    rig = Rig()
    transaction = rig.client("INVITE")
    rig.answer(transaction, 100)
    rig.clock.pass_s(1000)
    assert rig.times() == [0]
    assert transaction.state is State.PROCEEDING


def test_17_1_1_2_a_refusal_is_acknowledged_each_time_it_comes() -> None:
    rig = Rig()
    transaction = rig.client("INVITE")
    for _ in range(3):
        rig.answer(transaction, 486)
    acks = [line for _, line in rig.sent if line.startswith("ACK")]
    assert len(acks) == 3
    assert rig.taker.got == [486]
    states = rig.states(transaction, 31.9, 0.2)
    assert states == [State.COMPLETED, State.TERMINATED]


def test_17_1_1_3_ack_is_of_the_same_branch_with_the_tag_of_the_answer() -> None:
    sent: list[bytes] = []
    rig = Rig()
    rig.layer.send = lambda data, hop: sent.append(data)
    transaction = rig.client("INVITE")
    rig.answer(transaction, 404)
    ack = read(sent[-1], CALLER)
    assert isinstance(ack, ReceivedRequest)
    assert (ack.method, ack.branch, ack.to_tag, ack.cseq.sequence) == ("ACK", "z9hG4bKone", "callee", 1)


def test_rfc6026_7_2_every_repeated_success_is_passed_on() -> None:
    rig = Rig()
    transaction = rig.client("INVITE")
    rig.answer(transaction, 200)
    rig.answer(transaction, 200)
    assert rig.taker.got == [200, 200]
    rig.clock.pass_s(32)
    assert transaction.state is State.TERMINATED


def test_17_1_2_2_requests_are_repeated_by_timer_e_until_timer_f() -> None:
    rig = Rig()
    rig.client("BYE")
    rig.clock.pass_s(100)
    assert rig.times() == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert rig.taker.got == [-408]


def test_17_1_2_2_in_proceeding_they_are_repeated_every_t2() -> None:
    rig = Rig()
    transaction = rig.client("OPTIONS")
    rig.answer(transaction, 100)
    rig.clock.pass_s(9)
    assert rig.times() == [0, 0.5, 4.5, 8.5]


def test_17_1_2_2_timer_k_absorbs_repeated_answers() -> None:
    rig = Rig()
    transaction = rig.client("BYE")
    rig.answer(transaction, 200)
    rig.answer(transaction, 200)
    assert rig.taker.got == [200]
    rig.clock.pass_s(5)
    assert transaction.state is State.TERMINATED


def test_17_1_4_a_transport_that_fails_is_told_as_503() -> None:
    rig = Rig()
    rig.client("INVITE")
    rig.layer.transport_failed(rig.hop)
    assert rig.taker.got == [-503]
    assert rig.clock.pending == 0


def test_17_2_1_a_refusal_is_repeated_by_timer_g_until_the_ack() -> None:
    rig = Rig()
    transaction = rig.server("INVITE")
    rig.respond(transaction, 486)
    rig.clock.pass_s(4)
    assert rig.times() == [0, 0.5, 1.5, 3.5]
    transaction.receive(rig.incoming("ACK"))
    states = rig.states(transaction, 4.9, 0.2)
    assert states == [State.CONFIRMED, State.TERMINATED]
    assert len(rig.sent) == 4


def test_17_2_1_timer_h_gives_up_on_the_ack() -> None:
    rig = Rig()
    transaction = rig.server("INVITE")
    rig.respond(transaction, 486)
    rig.clock.pass_s(33)
    assert transaction.state is State.TERMINATED
    assert rig.times()[:6] == [0, 0.5, 1.5, 3.5, 7.5, 11.5]


@pytest.mark.parametrize("hop", STREAMS)
def test_17_2_1_over_a_connection_a_refusal_is_sent_once(hop: Hop) -> None:
    rig = Rig(hop)
    transaction = rig.server("INVITE")
    rig.respond(transaction, 486)
    rig.clock.pass_s(10)
    assert rig.times() == [0]


def test_17_2_1_a_repeated_invite_gets_the_last_answer_again() -> None:
    rig = Rig()
    transaction = rig.server("INVITE")
    rig.respond(transaction, 180)
    transaction.receive(rig.incoming("INVITE"))
    assert [line for _, line in rig.sent] == ["SIP/2.0 180 Said"] * 2


def test_rfc6026_7_1_after_success_a_repeated_invite_is_absorbed() -> None:
    rig = Rig()
    transaction = rig.server("INVITE")
    rig.respond(transaction, 200)
    transaction.receive(rig.incoming("INVITE"))
    assert len(rig.sent) == 1
    rig.clock.pass_s(32)
    assert transaction.state is State.TERMINATED


def test_17_2_2_a_repeated_request_gets_its_answer_again_until_timer_j() -> None:
    rig = Rig()
    transaction = rig.server("OPTIONS")
    transaction.receive(rig.incoming("OPTIONS"))
    assert rig.sent == []
    rig.respond(transaction, 200)
    transaction.receive(rig.incoming("OPTIONS"))
    assert len(rig.sent) == 2
    rig.clock.pass_s(32)
    assert transaction.state is State.TERMINATED
    assert rig.layer.server_of(rig.incoming("OPTIONS")) is None


def test_17_2_3_branch_sent_by_and_method_make_the_match() -> None:
    rig = Rig()
    transaction = rig.server("INVITE")
    assert rig.layer.server_of(rig.incoming("INVITE")) is transaction
    assert rig.layer.server_of(rig.incoming("ACK")) is transaction
    assert rig.layer.server_of(rig.incoming("CANCEL")) is None
    assert rig.layer.server_of(rig.incoming("CANCEL"), "INVITE") is transaction
    elsewhere = read(request("INVITE").replace("UDP 127.0.0.1", "UDP 127.0.0.7").encode(), CALLER)
    assert isinstance(elsewhere, ReceivedRequest)
    assert rig.layer.server_of(elsewhere) is None


def test_17_2_3_without_the_cookie_more_is_compared() -> None:
    rig = Rig()
    old = request("INVITE").replace("z9hG4bKone", "1")
    first = read(old.encode(), CALLER)
    assert isinstance(first, ReceivedRequest)
    transaction = rig.layer.serve(first, CALLER)
    again, other = read(old.encode(), CALLER), read(old.replace("call-1", "call-2").encode(), CALLER)
    assert isinstance(again, ReceivedRequest)
    assert isinstance(other, ReceivedRequest)
    assert rig.layer.server_of(again) is transaction
    assert rig.layer.server_of(other) is None


def test_no_timer_outlives_its_layer() -> None:
    rig = Rig()
    rig.client("INVITE")
    rig.respond(rig.server("BYE"), 200)
    rig.layer.close()
    assert rig.clock.pending == 0
    assert isinstance(rig.incoming("BYE").message, Request)
