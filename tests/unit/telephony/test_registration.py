"""RFC 3261 10.2: registered, refreshed, tried again, taken back; every state and event."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from sipmessage import Request

from app.telephony.account import Account
from app.telephony.errors import IllegalTransition
from app.telephony.messages import Identity
from app.telephony.registration import (
    REGISTRATION,
    Registration,
    RegistrationEvent,
    RegistrationState,
    registration_step,
)
from app.telephony.servers import Servers
from app.telephony.transaction_layer import TransactionLayer
from app.telephony.transactions import Timing
from app.telephony.wire import Hop, ReceivedRequest, ReceivedResponse, read
from tests.unit.telephony.peer import CALLER, VirtualClock, response

ACCOUNT = Account("127.0.0.1", "line", "secret", port=5090, expires_s=100)
CHALLENGE = 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'


class Office:
    """A registrar that answers when it is told to."""

    def __init__(self, hops: Sequence[Hop] = (CALLER,)) -> None:
        self.clock = VirtualClock()
        self.asked: list[Request] = []
        self.layer = TransactionLayer(self._send, self.clock, Timing())
        identity = Identity("127.0.0.2", 5060, "Liniya")
        self.servers = servers = Servers(self.clock, hops)
        self.hops: list[Hop] = []
        self.registration = Registration(ACCOUNT, servers, self.layer, identity, chance=lambda: 1.0)

    def _send(self, data: bytes, hop: Hop) -> None:
        message = read(data, hop)
        assert isinstance(message, ReceivedRequest)
        self.asked.append(message.message)
        self.hops.append(hop)

    def answer(self, code: int, *extra: str) -> None:
        text = response(self.asked[-1], code, extra=extra).replace("Contact: <sip:op@127.0.0.1:5090>\r\n", "")
        message = read(text.encode(), CALLER)
        assert isinstance(message, ReceivedResponse)
        transaction = self.layer.client_of(message)
        assert transaction is not None
        transaction.receive(message)

    @property
    def state(self) -> RegistrationState:
        return self.registration.state


@pytest.fixture
def office() -> Office:
    office = Office()
    office.registration.start()
    return office


@pytest.mark.parametrize(("state", "event"), list(itertools.product(RegistrationState, RegistrationEvent)))
def test_every_state_and_event(state: RegistrationState, event: RegistrationEvent) -> None:
    if (state, event) in REGISTRATION:
        after, _ = registration_step(state, event)
        assert state is not RegistrationState.GONE or after is RegistrationState.GONE
    else:
        with pytest.raises(IllegalTransition):
            registration_step(state, event)


@pytest.mark.parametrize("state", RegistrationState)
def test_whatever_the_state_it_can_be_stopped(state: RegistrationState) -> None:
    registration_step(state, RegistrationEvent.STOP)


def test_10_2_what_is_asked(office: Office) -> None:
    asked = office.asked[0]
    assert str(asked.uri) == "sip:127.0.0.1:5090"
    assert asked.headers["To"] == "<sip:line@127.0.0.1:5090>"
    assert asked.headers["Contact"] == "<sip:line@127.0.0.2:5060>"
    assert asked.headers["Expires"] == "100"


def test_22_2_challenged_then_registered_then_refreshed(office: Office) -> None:
    office.answer(401, CHALLENGE)
    first, second = office.asked
    assert second.headers["Call-ID"] == first.headers["Call-ID"]
    assert int(second.headers["CSeq"].split()[0]) == int(first.headers["CSeq"].split()[0]) + 1
    assert "algorithm=SHA-256" in second.headers["Authorization"]
    office.answer(200, "Contact: <sip:x@127.0.0.9>;expires=9, <sip:line@127.0.0.2:5060>;expires=60")
    assert office.state is RegistrationState.REGISTERED
    office.clock.pass_s(29)
    assert len(office.asked) == 2
    assert office.registration.registered
    office.clock.pass_s(2)
    assert len(office.asked) > 2
    assert office.registration.registered, "while it is refreshed, too"
    assert "nc=00000002" in office.asked[2].headers["Authorization"]


@pytest.mark.parametrize(("expires", "after_s"), [("3600", 3560), ("0", 60), ("x", 60), ("99999999", 60)])
def test_10_2_4_expires_of_the_answer(office: Office, expires: str, after_s: int) -> None:
    office.answer(200, f"Expires: {expires}")
    states = []
    for seconds in (after_s - 1, 2):
        office.clock.pass_s(seconds)
        states.append(office.state)
    assert states == [RegistrationState.REGISTERED, RegistrationState.REGISTERING]


def test_10_2_8_423_lengthens(office: Office) -> None:
    office.answer(423, "Min-Expires: 600")
    assert office.asked[-1].headers["Expires"] == "600"
    office.answer(423, "Min-Expires: 600")
    assert office.state is RegistrationState.WAITING


def test_failures_are_tried_again_ever_more_rarely(office: Office) -> None:
    waits = []
    for _ in range(10):
        office.answer(503)
        before, count = office.clock.now_s, len(office.asked)
        while len(office.asked) == count:
            office.clock.pass_s(1)
        waits.append(office.clock.now_s - before)
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_a_registrar_that_is_silent(office: Office) -> None:
    office.clock.pass_s(33)
    assert office.state is RegistrationState.WAITING


def test_a_wrong_password_is_not_hammered(office: Office) -> None:
    office.answer(401, CHALLENGE)
    office.answer(401, CHALLENGE)
    assert office.state is RegistrationState.WAITING
    assert len(office.asked) == 2


def test_10_2_2_taken_back_with_expires_0(office: Office) -> None:
    office.answer(200)
    office.registration.stop()
    assert office.asked[-1].headers["Expires"] == "0"
    office.answer(401, CHALLENGE)
    assert office.asked[-1].headers["Expires"] == "0"
    office.answer(200)
    assert office.state is RegistrationState.GONE
    office.clock.pass_s(10000)
    assert office.clock.pending == 0


def test_an_answer_that_comes_too_late_is_none_to_the_last(office: Office) -> None:
    office.registration.stop()
    first = read(response(office.asked[0], 200).encode(), CALLER)
    assert isinstance(first, ReceivedResponse)
    transaction = office.layer.client_of(first)
    assert transaction is not None
    transaction.receive(first)
    assert office.state is RegistrationState.LEAVING


# -- several servers (RFC 3263 4.3)

BACKUP = Hop("TCP", "127.0.0.3", 5090)


def test_a_server_out_of_service_rests_and_the_next_is_asked_at_once() -> None:
    office = Office([CALLER, BACKUP])
    office.registration.start()
    office.answer(503, "Retry-After: 120")
    office.clock.pass_s(0)
    assert office.hops == [CALLER, BACKUP]
    assert "SIP/2.0/TCP" in office.asked[1].headers["Via"]
    office.answer(401, CHALLENGE)
    assert office.hops[-1] == BACKUP, "a challenge is answered where it came from"
    office.answer(200, "Expires: 100")
    office.clock.pass_s(61)
    assert office.hops[-1] == BACKUP, "the better one still rests"
    office.answer(200, "Expires: 100")
    office.clock.pass_s(61)
    assert office.hops[-1] == CALLER, "and is turned to again"


def test_after_the_last_server_it_is_waited_for() -> None:
    office = Office([CALLER, BACKUP])
    office.registration.start()
    office.answer(503)
    office.clock.pass_s(0)
    office.layer.transport_failed(BACKUP)
    assert office.state is RegistrationState.WAITING
    office.clock.pass_s(3.9)
    assert len(office.asked) == 2
    office.clock.pass_s(0.2)
    assert office.hops == [CALLER, BACKUP, CALLER]


def test_a_refusal_is_the_accounts_and_not_the_servers() -> None:
    office = Office([CALLER, BACKUP])
    office.registration.start()
    office.answer(403)
    office.clock.pass_s(10)
    assert set(office.hops) == {CALLER}


@pytest.mark.parametrize(("after", "waits_s"), [("20", 20), ("9999", 300), ("soon", 2)])
def test_20_33_retry_after_is_waited_for(office: Office, after: str, waits_s: int) -> None:
    office.answer(503, f"Retry-After: {after}")
    office.clock.pass_s(waits_s - 1)
    assert len(office.asked) == 1
    office.clock.pass_s(1.1)
    assert len(office.asked) == 2


def test_a_broken_connection_is_registered_over_anew() -> None:
    office = Office([BACKUP])
    office.registration.start()
    office.answer(200)
    office.registration.look_again(CALLER)
    office.clock.pass_s(3)
    assert len(office.asked) == 1
    waits = []
    for _ in range(5):
        office.registration.look_again(BACKUP)
        before, count = office.clock.now_s, len(office.asked)
        while len(office.asked) == count:
            office.clock.pass_s(1)
        waits.append(office.clock.now_s - before)
        office.answer(200)
    assert waits == [2, 4, 8, 16, 32], "ever more rarely, where it closes every connection"
    office.clock.pass_s(61)
    office.answer(200)
    office.registration.look_again(BACKUP)
    count = len(office.asked)
    office.clock.pass_s(2)
    assert len(office.asked) == count + 1, "one that lasted is registered anew at once"


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (["Service-Route: <sip:p1.example.org;lr>, <sip:p2.example.org;lr>"], 2),
        (["Service-Route: <sip:p1.example.org;lr>", "Service-Route: <sip:p2.example.org;lr>"], 2),
        (["Service-Route: nonsense here"], 0),
        ([f"Service-Route: {', '.join(['<sip:p;lr>'] * 9)}"], 0),
        ([], 0),
    ],
)
def test_rfc3608_6_1_service_route(office: Office, values: list[str], kept: int) -> None:
    office.answer(200, *values)
    routes = office.registration.service_route
    assert len(routes) == kept
    assert kept == 0 or routes == ("<sip:p1.example.org;lr>", "<sip:p2.example.org;lr>")
