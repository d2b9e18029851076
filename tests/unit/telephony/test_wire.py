"""Messages off the wire: RFC 3261 7, 18.3 and 20, some of the tortures of RFC 4475, and hostile lengths."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telephony.errors import BadMessage
from app.telephony.messages import make_response, reply_hop, stamped
from app.telephony.wire import Answerable, Hop, ReceivedRequest, ReceivedResponse, read
from tests.unit.telephony.peer import CALLER, OFFER, request

CPU_BOUND_S = 1.0
"""Not a timing of ours: a pattern that runs away takes minutes on these inputs."""


def request_of(text: str | bytes) -> ReceivedRequest:
    message = read(text.encode() if isinstance(text, str) else text, CALLER)
    assert isinstance(message, ReceivedRequest)
    return message


def refused(text: str) -> int:
    message = read(text.encode(), CALLER)
    assert isinstance(message, Answerable)
    return message.error.code


def test_7_3_1_folded_lines_and_lists_of_values() -> None:
    text = request("OPTIONS").replace(
        "Max-Forwards: 70", "v:SIP/2.0/UDP 127.0.0.9 ;branch=z9hG4bKb,\r\n\tSIP / 2.0 / TCP 127.0.0.8"
    )
    vias = request_of(text).message.headers.getlist("Via")
    assert vias[1:] == ["SIP/2.0/UDP 127.0.0.9 ;branch=z9hG4bKb", "SIP / 2.0 / TCP 127.0.0.8"]


def test_7_3_1_commas_in_quotes_and_brackets_part_nothing() -> None:
    text = request("INVITE", extra=['Record-Route: "a, \\"b" <sip:x@127.0.0.1;y=1,2>, <sip:127.0.0.2>'])
    assert request_of(text).message.headers.getlist("Record-Route") == [
        '"a, \\"b" <sip:x@127.0.0.1;y=1,2>',
        "<sip:127.0.0.2>",
    ]


def test_7_3_3_compact_names_in_any_case() -> None:
    text = request("OPTIONS").replace("Call-ID:", "I :").replace("From:", "f:").replace("To:", "T:")
    assert request_of(text).call_id == "call-1"


def test_7_3_1_parameter_names_in_any_case() -> None:
    text = request("BYE", to_tag="x").replace(";branch=", ";BRANCH=").replace(";tag=", ";Tag=")
    message = request_of(text)
    assert (message.branch, message.from_tag, message.to_tag) == ("z9hG4bKone", "caller", "x")


def test_18_3_a_longer_datagram_is_cut() -> None:
    assert request_of(request("INVITE", body=OFFER) + "rest").message.body == OFFER.encode()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("SIP/2.0\r\n", "SIP/7.0\r\n", 505),
        ("INVITE sip:245022@127.0.0.2 ", "INVITE <sip:245022@127.0.0.2> ", 400),
        ("INVITE sip:245022@127.0.0.2 ", "INVITE http://127.0.0.2/ ", 416),
        ("INVITE sip:245022@127.0.0.2 ", "INVITE sip:245022@127.0.0.2; lr ", 400),
        ("Content-Length: 0", "Content-Length: 9", 400),
        ("Content-Length: 0", "Content-Length: -1", 400),
        ("Content-Length: 0", "Content-Length: 0\r\nContent-Length: 1", 400),
        ("CSeq: 1 INVITE", "CSeq: 1 OPTIONS", 400),
        ("CSeq: 1 INVITE", "CSeq: 36893488147419103232 INVITE", 400),
        ("CSeq: 1 INVITE", "CSeq: one", 400),
        ("Max-Forwards: 70", "no colon here", 400),
        ("Max-Forwards: 70", "X: a\x00b", 400),
        ("Max-Forwards: 70", "X: a\nb", 400),
        ("<sip:+79170000000@127.0.0.1>", "<bottle:1>", 400),
        ("<sip:245022@127.0.0.2>\r\n", "<sip:>\r\n", 400),
        ("Call-ID: call-1", "Call-ID:", 400),
        ("UDP 127.0.0.1:5090", "UDP", 400),
        (";tag=caller", ";self=1;tag=caller", 400),
        ("Max-Forwards: 70", "X: " + "x" * 9000, 400),
    ],
)
def test_what_is_wrong_is_answered(old: str, new: str, code: int) -> None:
    text = request("INVITE")
    assert old in text
    assert refused(text.replace(old, new, 1)) == code


@pytest.mark.parametrize("name", ["From", "To", "Call-ID", "CSeq"])
def test_rfc4475_3_3_1_without_these_a_request_is_refused(name: str) -> None:
    lines = [line for line in request("INVITE").split("\r\n") if not line.startswith(name)]
    assert refused("\r\n".join(lines)) == 400


def test_8_1_1_without_a_via_nothing_can_be_answered() -> None:
    lines = [line for line in request("INVITE").split("\r\n") if not line.startswith("Via")]
    with pytest.raises(BadMessage):
        read("\r\n".join(lines).encode(), CALLER)


def test_19_1_1_a_scheme_is_written_in_any_case() -> None:
    text = request("INVITE").replace("INVITE sip:", "INVITE SIP:", 1).replace("<sip:", "<Sip:")
    message = request_of(text)
    assert str(message.message.uri) == "sip:245022@127.0.0.2"
    assert message.sender.uri.scheme == "sip"


def test_25_1_no_escape_stands_in_a_tag() -> None:
    message = request_of(request("INVITE", from_tag="a%41b", branch="%42"))
    assert (message.from_tag, message.branch) == ("a%41b", "z9hG4bK%42")


@pytest.mark.parametrize(
    "data", [b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01", b"SIP/2.0 99 \r\n\r\n", b"\xff" * 50]
)
def test_what_is_no_sip(data: bytes) -> None:
    with pytest.raises(BadMessage):
        read(data, CALLER)


def test_an_ack_is_never_answered() -> None:
    with pytest.raises(BadMessage):
        read(request("ACK").replace("CSeq: 1 ACK", "CSeq: 1").encode(), CALLER)


def test_a_name_in_an_old_code_page_costs_nobody_the_call() -> None:
    text = request("INVITE").replace("From: <", "From: Иван Петров <").encode("cp1251")
    assert request_of(text).sender.uri.user == "+79170000000"


def test_18_3_a_short_response_is_dropped() -> None:
    text = request("OPTIONS").replace("OPTIONS sip:245022@127.0.0.2 SIP/2.0", "SIP/2.0 200 OK", 1)
    assert isinstance(read(text.encode(), CALLER), ReceivedResponse)
    with pytest.raises(BadMessage):
        read(text.replace("Content-Length: 0", "Content-Length: 5").encode(), CALLER)


@pytest.mark.parametrize(
    ("via", "expected"),
    [
        ("SIP/2.0/UDP a;rport;branch=z", "SIP/2.0/UDP a;branch=z;received=127.0.0.1;rport=5090"),
        ("SIP/2.0/UDP a;branch=z;RPORT=9", "SIP/2.0/UDP a;branch=z;received=127.0.0.1;rport=5090"),
        ("SIP/2.0/UDP a;branch=z", "SIP/2.0/UDP a;branch=z;received=127.0.0.1"),
        ("SIP/2.0/UDP a;rportable;received=6.6.6.6", "SIP/2.0/UDP a;rportable;received=127.0.0.1"),
    ],
)
def test_rfc3581_4_what_is_stamped_on_via(via: str, expected: str) -> None:
    assert stamped(via, CALLER) == expected


def test_rfc3581_4_answers_go_where_the_request_came_from() -> None:
    hop = Hop("UDP", "127.0.0.1", 33333)
    symmetric = read(request("OPTIONS").encode(), hop)
    plain = read(request("OPTIONS", rport=False).replace("127.0.0.1:5090", "10.9.8.7:5090").encode(), hop)
    assert not isinstance(symmetric, ReceivedResponse)
    assert not isinstance(plain, ReceivedResponse)
    assert reply_hop(symmetric) == hop
    assert reply_hop(plain) == Hop("UDP", "127.0.0.1", 5090)


def test_8_2_6_2_an_answer_is_made_of_its_request() -> None:
    asked = request_of(request("INVITE", extra=["Record-Route: <sip:127.0.0.9;lr>", "Timestamp: 54"]))
    made = make_response(asked, 180, to_tag="ours")
    assert made.headers["To"] == "<sip:245022@127.0.0.2>;tag=ours"
    assert made.headers["Record-Route"] == "<sip:127.0.0.9;lr>"
    trying = make_response(asked, 100, to_tag="ours")
    assert trying.headers["To"] == "<sip:245022@127.0.0.2>"
    assert trying.headers["Timestamp"] == "54"
    within = make_response(request_of(request("BYE", to_tag="theirs")), 200, to_tag="ours")
    assert within.headers["To"] == "<sip:245022@127.0.0.2>;tag=theirs"


@pytest.mark.parametrize("length", [900, 8000, 60000])
@pytest.mark.parametrize(
    "hostile",
    [
        lambda n: "a" + " \t" * (n // 2) + "b",
        lambda n: "a" * n,
        lambda n: "a-" * (n // 2),
        lambda n: "1.a." * (n // 4) + "!",
        lambda n: "<sip:a@b>" + ';a="b"' * (n // 6) + "!",
        lambda n: '"' + '\\"' * (n // 2),
        lambda n: "<tel:+" + "1" * (n - 9) + "x>",
        lambda n: "<sip:" + "a" * (n - 9) + "@>",
        lambda n: "<sip:[" + "a:" * (n // 2 - 9) + "]>",
        lambda n: "," * n,
        lambda n: "<" * n,
    ],
)
@pytest.mark.parametrize("name", ["From", "Via", "Contact", "Record-Route", "CSeq", "Call-ID", "X"])
def test_hostile_lengths_cost_nothing(name: str, hostile: Callable[[int], str], length: int) -> None:
    text = request("INVITE").replace("Max-Forwards: 70", f"{name}: {hostile(length)}")
    alone = text.replace(f"{name}: <sip:", f"X-{name}: <sip:").replace(f"{name}: SIP", f"X-{name}: SIP")
    before = time.process_time()
    for candidate in (text, alone):
        with contextlib.suppress(BadMessage):
            read(candidate.encode(), CALLER)
    assert time.process_time() - before < CPU_BOUND_S


@given(st.binary(max_size=600))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for candidate in (data, request("INVITE").encode()[: len(data)] + data):
        with contextlib.suppress(BadMessage):
            read(candidate, CALLER)
