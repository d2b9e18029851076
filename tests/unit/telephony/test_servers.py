"""Which server is turned to, which trunk, and whether it is there: RFC 3263 4.3, RFC 2782, RFC 3261 11, 20.33."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from sipmessage import Request

from app.telephony.account import Account
from app.telephony.accounts import contact_users
from app.telephony.keep_alive import KeepAlive
from app.telephony.location import Service, in_order
from app.telephony.messages import Identity
from app.telephony.servers import LONGEST_REST_S, REST_S, Servers
from app.telephony.transaction_layer import TransactionLayer
from app.telephony.transactions import Timing
from app.telephony.wire import Hop, ReceivedRequest, ReceivedResponse, read
from tests.unit.telephony.peer import VirtualClock, response

FIRST, SECOND, THIRD = (Hop("UDP", f"127.0.0.{n}", 5060) for n in (1, 2, 3))


def test_the_best_is_the_first_that_does_not_rest_and_again_later() -> None:
    clock = VirtualClock()
    servers = Servers(clock, [FIRST, SECOND])
    assert servers.best == FIRST
    servers.rest(FIRST)
    assert servers.in_order == [SECOND, FIRST]
    servers.rest(SECOND, 10)
    assert not servers.fresh
    assert servers.best == FIRST, "better than none"
    clock.pass_s(10)
    assert servers.best == SECOND
    clock.pass_s(REST_S)
    assert servers.best == FIRST
    servers.rest(FIRST, 10**9)
    clock.pass_s(LONGEST_REST_S)
    assert servers.best == FIRST, "no server sends us away for ever"


def test_what_the_dns_says_anew() -> None:
    clock = VirtualClock()
    servers = Servers(clock, [FIRST, SECOND])
    servers.rest(FIRST)
    assert not servers.found([SECOND, FIRST])
    assert servers.all == (FIRST, SECOND), "chance among equals moves nobody"
    assert servers.found([SECOND, THIRD])
    assert servers.best == SECOND
    assert clock.pending == 0, "nothing is remembered of what is gone"
    servers.rest(FIRST)
    assert clock.pending == 0


def test_rfc2782_by_priority_then_by_weight() -> None:
    services = [Service(10, weight, 5060, str(weight)) for weight in (0, 10, 30)] + [Service(5, 0, 5060, "first")]
    chances = itertools.cycle([n / 400 for n in range(400)])
    firsts: Counter[str] = Counter()
    for _ in range(400):
        ordered = in_order(services, lambda: next(chances))
        assert ordered[0].target == "first"
        assert {one.target for one in ordered} == {"first", "0", "10", "30"}
        firsts[ordered[1].target] += 1
    assert firsts["30"] > 2 * firsts["10"] > 0
    assert firsts["0"] < 10


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999999])
def test_rfc2782_weights_of_nothing(chance: float) -> None:
    services = [Service(1, 0, 5060, name) for name in "abc"]
    assert len(in_order(services, lambda: chance)) == 3
    assert in_order([], lambda: chance) == []


def test_each_account_has_a_contact_user_of_its_own() -> None:
    accounts = [Account(host, user) for host, user in (("a", "line"), ("b", "line"), ("c", "x"), ("d", "line"))]
    assert contact_users(accounts) == ["line", "line-2", "x", "line-3"]


# -- OPTIONS


class Asked:
    """A keep-alive, and what it asks."""

    def __init__(self, *hops: Hop, dead_after: int = 3) -> None:
        self.clock = VirtualClock()
        self.asked: list[tuple[Hop, Request]] = []
        self.changes: list[bool] = []
        self.servers = Servers(self.clock, hops)
        self.layer = TransactionLayer(self._send, self.clock, Timing())
        account = Account("pbx.example.org", "line", keep_alive_s=30, dead_after=dead_after)
        self.keep_alive = KeepAlive(
            account,
            self.servers,
            self.layer,
            Identity("127.0.0.9", 5060, "Liniya"),
            on_change=lambda: self.changes.append(self.keep_alive.alive),
            chance=lambda: 1.0,
        )
        self.keep_alive.start()

    def _send(self, data: bytes, hop: Hop) -> None:
        message = read(data, hop)
        assert isinstance(message, ReceivedRequest)
        if not self.asked or message.message.headers["CSeq"] != self.asked[-1][1].headers["CSeq"]:
            self.asked.append((hop, message.message))

    def answer(self, code: int, *extra: str) -> None:
        hop, asked = self.asked[-1]
        said = read(response(asked, code, extra=extra).encode(), hop)
        assert isinstance(said, ReceivedResponse)
        transaction = self.layer.client_of(said)
        assert transaction is not None
        transaction.receive(said)

    @property
    def hops(self) -> list[Hop]:
        return [hop for hop, _ in self.asked]


def test_11_asked_again_and_again_while_it_answers() -> None:
    trunk = Asked(FIRST)
    for count, code in enumerate((200, 404, 401, 501), 1):
        assert len(trunk.asked) == count
        assert trunk.asked[-1][1].method == "OPTIONS"
        trunk.answer(code)
        trunk.clock.pass_s(29.9)
        assert len(trunk.asked) == count
        trunk.clock.pass_s(0.2)
    assert trunk.changes == [], "any answer is a sign of life"


def test_dead_after_three_and_alive_with_the_first_answer() -> None:
    trunk = Asked(FIRST)
    trunk.clock.pass_s(9)
    trunk.clock.pass_s(13)
    assert trunk.changes == []
    trunk.clock.pass_s(13)
    assert trunk.changes == [False], "told once"
    trunk.clock.pass_s(100)
    assert trunk.changes == [False]
    trunk.answer(200)
    assert trunk.changes == [False, True]
    assert trunk.servers.fresh, "and its server counts again"


def test_the_next_server_is_asked_when_one_is_silent_or_full() -> None:
    trunk = Asked(FIRST, SECOND, THIRD)
    trunk.answer(503, "Retry-After: 1000")
    trunk.clock.pass_s(5.1)
    trunk.layer.transport_failed(SECOND)
    trunk.clock.pass_s(5.1)
    trunk.answer(200)
    assert trunk.hops == [FIRST, SECOND, THIRD]
    assert trunk.changes == []
    for _ in range(4):
        trunk.clock.pass_s(30.1)
        trunk.answer(200)
    assert set(trunk.hops[3:]) == {SECOND, THIRD}, "the better one again after its rest; the first asked for more"


def test_an_answer_that_comes_too_late_is_none_to_the_last() -> None:
    trunk = Asked(FIRST, dead_after=1)
    late = response(trunk.asked[0][1], 200).encode()
    trunk.clock.pass_s(8.1)
    assert trunk.changes == [False]
    said = read(late, FIRST)
    assert isinstance(said, ReceivedResponse)
    transaction = trunk.layer.client_of(said)
    assert transaction is not None
    transaction.receive(said)
    assert trunk.changes == [False]


def test_nothing_is_asked_once_stopped() -> None:
    trunk = Asked(FIRST)
    trunk.keep_alive.stop()
    trunk.clock.pass_s(1000)
    assert len(trunk.asked) == 1
    assert trunk.changes == []
