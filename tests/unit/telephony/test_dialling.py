"""Calls out under a virtual clock: which trunk takes a number, and which is next (RFC 3263 4.3)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sipmessage import Request

from app.application.ports import LegId
from app.telephony.account import Account
from app.telephony.accounts import AccountBook
from app.telephony.calls import Call
from app.telephony.dialling import MAX_WAYS, NEXT_WAY_S, Dialler, NoWay
from app.telephony.location import Locator
from app.telephony.messages import Identity
from app.telephony.wire import Hop
from tests.unit.telephony.peer import LINE, OFFER, Bench, Told, response

NUMBER = "+78512245022"
LEG = LegId("leg")
CHALLENGE = 'Proxy-Authenticate: Digest realm="r", nonce="n", qop="auth"'


def trunk(place: int, order: int = 100, numbers: tuple[str, ...] = ()) -> Account:
    return Account(
        *(f"127.0.0.{place}", f"u{place}", "p"), registers=False, name=f"t{place}", order=order, numbers=numbers
    )


class Hearing(Told):
    """Hears of ends that no other way follows."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: list[int] = []
        self.goes_on: Callable[[Call, int], bool] = lambda call, code: False

    def call_ended(self, call: Call, code: int) -> None:
        if not self.goes_on(call, code):
            self.ended.append(code)


class Line(Bench):
    """A bench whose calls are placed by a dialler, as the line does it."""

    def __init__(self, *accounts: Account, ports: range = range(42000, 42040, 2)) -> None:
        told = Hearing()
        super().__init__(ports, told=told)
        self.calls: dict[LegId, Call] = {}
        self.failed: list[str] = []
        identity = Identity(LINE.host, LINE.port, "Liniya")
        locator = Locator("127.0.0.1:53")
        self.book = AccountBook(accounts, self.agent.layer, identity, locator, [None] * len(accounts))
        self.book.start()
        self.dialler = Dialler(
            self.agent, self.book, self.calls, "line", lambda login: None, lambda leg, why: self.failed.append(why)
        )
        told.goes_on = self.dialler.goes_on
        self.ended = told.ended
        self.wire.clear()

    @property
    def invites(self) -> list[tuple[str, Request]]:
        """Where INVITEs went, repeated ones once."""
        found: dict[str, tuple[str, Request]] = {}
        for (_, hop), message in zip(self.wire, self.sent(), strict=True):
            if isinstance(message, Request) and message.method == "INVITE":
                found.setdefault(message.headers["Via"], (hop.host, message))
        return list(found.values())

    @property
    def hosts(self) -> list[str]:
        return [host for host, _ in self.invites]

    def answer_last(self, code: int, *extra: str, body: str = "", which: int = -1) -> None:
        host, invite = self.invites[which]
        self.agent.receive(response(invite, code, extra=extra, body=body).encode(), Hop("UDP", host, 5060))


@pytest.fixture
def line() -> Line:
    return Line(trunk(3, order=2), trunk(2, order=1), trunk(4, numbers=("112",), order=0))


def test_by_order_and_only_where_the_number_is_taken(line: Line) -> None:
    line.dialler.dial(LEG, NUMBER)
    assert line.hosts == ["127.0.0.2"]
    invite = line.invites[0][1]
    assert str(invite.uri) == f"sip:{NUMBER}@127.0.0.2"
    assert invite.headers["From"].startswith("<sip:u2@127.0.0.2>;tag=")
    assert invite.headers["Contact"] == "<sip:u2@127.0.0.2:5060>"


@pytest.mark.parametrize("code", [408, 503])
def test_what_got_through_goes_no_other_way(line: Line, code: int) -> None:
    line.dialler.dial(LEG, NUMBER)
    line.answer_last(100)
    line.answer_last(code)
    assert line.ended == [code], "100 came: somebody has the call"


@pytest.mark.parametrize("code", [408, 503])
def test_without_a_provisional_answer_the_leg_goes_on(line: Line, code: int) -> None:
    line.dialler.dial(LEG, NUMBER)
    line.answer_last(code)
    assert line.hosts == ["127.0.0.2", "127.0.0.3"]
    assert line.ended == []
    line.answer_last(code)
    assert line.ended == [code], "each once"
    line.pass_s(NEXT_WAY_S)
    assert line.hosts == []


@pytest.mark.parametrize("code", [404, 486, 500, 603])
def test_what_somebody_decided_stands(line: Line, code: int) -> None:
    line.dialler.dial(LEG, NUMBER)
    line.answer_last(code)
    assert line.hosts == ["127.0.0.2"]
    assert line.ended == [code]


def test_after_a_challenge_a_silent_server_is_still_left(line: Line) -> None:
    line.dialler.dial(LEG, NUMBER)
    line.answer_last(407, CHALLENGE)
    assert line.invites[1][1].headers.getlist("Proxy-Authorization")
    line.agent.transport_failed(Hop("UDP", "127.0.0.2", 5060))
    assert line.hosts[2:] == ["127.0.0.3"]
    assert not line.invites[2][1].headers.getlist("Proxy-Authorization"), "what one trunk asked is no other's"


def test_silence_is_not_waited_out_where_there_is_another_way(line: Line) -> None:
    line.dialler.dial(LEG, NUMBER)
    first = line.invites[0][1]
    line.wire.clear()
    line.clock.pass_s(NEXT_WAY_S)
    assert line.hosts[-1] == "127.0.0.3"
    line.answer_last(200, body=OFFER)
    assert ("answered",) in line.told.heard
    line.wire.clear()
    line.agent.receive(response(first, 200, body=OFFER).encode(), Hop("UDP", "127.0.0.2", 5060))
    late = [one.method for one in line.sent() if isinstance(one, Request)]
    assert late == ["ACK", "BYE"], "13.2.2.4: who answers too late is let go"
    assert line.told.heard.count(("answered",)) == 1
    assert line.calls[LEG].leg == LEG
    line.clock.pass_s(100)
    assert line.ended == []


def test_a_call_that_was_hung_up_goes_nowhere(line: Line) -> None:
    line.dialler.dial(LEG, NUMBER)
    line.calls.pop(LEG).hang_up()
    line.pass_s(NEXT_WAY_S + 1)
    assert "127.0.0.3" not in line.hosts
    line.clock.pass_s(100)
    assert line.ended == []


def test_no_more_ways_than_the_limit() -> None:
    line = Line(*(trunk(place) for place in range(2, 12)))
    line.dialler.dial(LEG, NUMBER)
    for _ in range(MAX_WAYS):
        line.answer_last(503)
    assert len(line.hosts) == MAX_WAYS
    assert line.ended == [503]


def test_no_port_for_the_next_way_ends_the_leg(line: Line) -> None:
    poor = Line(trunk(2), trunk(3), ports=range(42000, 42002, 2))
    poor.dialler.dial(LEG, NUMBER)
    poor.answer_last(503)
    assert poor.ended == [503]
    with pytest.raises(NoWay):
        poor.dialler.dial(LEG, NUMBER)


@pytest.mark.parametrize(
    "address", ["911x", "sip:a@pbx.example.org", "sip:a@0.0.0.0", "phone:ivanova", "nonsense", "+1"]
)
def test_what_leads_nowhere(line: Line, address: str) -> None:
    with pytest.raises(NoWay):
        line.dialler.dial(LEG, address)
    assert line.wire == []
