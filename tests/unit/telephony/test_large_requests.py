"""RFC 3261 18.1.1: what is too large for a datagram goes over TCP, and by UDP where there is none."""

from __future__ import annotations

import pytest
from sipmessage import URI, Request, Response

from app.telephony.large_requests import MAX_UDP_ONLY, LargeRequests
from app.telephony.messages import Identity, make_cancel, make_request, new_branch
from app.telephony.transaction_layer import TransactionLayer
from app.telephony.transactions import Timing
from app.telephony.wire import Hop, ReceivedRequest, ReceivedResponse, read
from tests.unit.telephony.peer import CALLER, VirtualClock, response

TCP = Hop("TCP", CALLER.host, CALLER.port)
IDENTITY = Identity("127.0.0.2", 5060, "Liniya")


class Sender:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.sent: list[tuple[Hop, Request | Response]] = []
        self.heard: list[int] = []
        self.layer = TransactionLayer(self._send, self.clock, Timing())

    def _send(self, data: bytes, hop: Hop) -> None:
        message = read(data, hop)
        assert isinstance(message, ReceivedRequest | ReceivedResponse)
        self.sent.append((hop, message.message))

    def on_response(self, response: ReceivedResponse) -> None:
        self.heard.append(response.code)

    def on_silence(self, code: int) -> None:
        self.heard.append(code)

    def ask(self, octets: int, method: str = "INVITE", hop: Hop = CALLER) -> Request:
        branch = new_branch()
        headers = [("Via", IDENTITY.via(hop, branch)), ("From", "<sip:a@127.0.0.2>;tag=1")]
        headers += [("To", "<sip:b@127.0.0.1>"), ("Call-ID", "c"), ("CSeq", f"1 {method}")]
        request = make_request(method, URI.parse("sip:b@127.0.0.1"), headers, b"x" * octets)
        self.layer.request(request, branch, hop, self)
        return request

    def via(self) -> list[tuple[Hop, str]]:
        return [(hop, message.headers["Via"].split()[0]) for hop, message in self.sent]


@pytest.mark.parametrize(("octets", "way"), [(100, CALLER), (1300, TCP)])
def test_by_size(octets: int, way: Hop) -> None:
    sender = Sender()
    sender.ask(octets)
    assert sender.via() == [(way, f"SIP/2.0/{way.transport}")]


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_by_udp_where_tcp_leads_nowhere_and_from_then_on(method: str) -> None:
    sender = Sender()
    request = sender.ask(1300, method)
    sender.layer.transport_failed(TCP)
    assert sender.via() == [(TCP, "SIP/2.0/TCP"), (CALLER, "SIP/2.0/UDP")]
    assert sender.heard == []
    assert make_cancel(request).headers["Via"].startswith("SIP/2.0/UDP "), "9.1: that of the INVITE as it went"
    sender.clock.pass_s(0.6)
    assert len(sender.sent) == 3, "sent again, as over UDP"
    again = sender.sent[-1][1]
    assert isinstance(again, Request)
    answer = read(response(again, 486).encode(), CALLER)
    assert isinstance(answer, ReceivedResponse)
    transaction = sender.layer.client_of(answer)
    assert transaction is not None
    transaction.receive(answer)
    assert sender.heard == [486]
    sender.sent.clear()
    sender.ask(1300, method)
    assert sender.via() == [(CALLER, "SIP/2.0/UDP")], "not tried again at once"
    sender.clock.pass_s(601)
    sender.sent.clear()
    sender.ask(1300, method)
    assert sender.via() == [(TCP, "SIP/2.0/TCP")], "but later"


def test_a_failure_of_both_is_told_once() -> None:
    sender = Sender()
    sender.ask(1300)
    sender.layer.transport_failed(TCP)
    sender.layer.transport_failed(CALLER)
    assert sender.heard == [503]


def test_no_more_is_remembered_than_the_limit() -> None:
    clock = VirtualClock()
    large = LargeRequests(clock)
    for port in range(1, MAX_UDP_ONLY + 50):
        large.failed(Hop("TCP", "127.0.0.1", port))
        large.failed(Hop("TCP", "127.0.0.1", port))
    assert clock.pending == MAX_UDP_ONLY
    large.close()
    assert clock.pending == 0
