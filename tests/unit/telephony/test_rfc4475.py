"""The torture messages of RFC 4475 and RFC 5118: the table says of each its section, its name, what the RFC wants
and what we do; see `tests/unit/telephony/torture`."""

from __future__ import annotations

import re

import pytest

from app.telephony.errors import BadMessage
from app.telephony.framing import StreamFramer
from app.telephony.wire import Answerable, Hop, ReceivedRequest, ReceivedResponse, read
from tests.unit.telephony.peer import CALLER, OFFER, Bench, request
from tests.unit.telephony.torture import RFC4475, RFC5118, SILENCE, Torture

ALL = [*RFC4475, *RFC5118]
OVER_TCP = Hop("TCP", "127.0.0.1", 5090)


def named(name: str) -> Torture:
    return next(one for one in ALL if one.name == name)


def understood(name: str) -> ReceivedRequest:
    message = read(named(name).data, CALLER)
    assert isinstance(message, ReceivedRequest)
    return message


def answers(bench: Bench, data: bytes, hop: Hop = CALLER) -> list[bytes]:
    """What goes back for a message; a call that arrives is taken."""
    bench.wire.clear()
    bench.agent.receive(data, hop)
    for call in bench.agent.calls:
        call.answer()
    return [sent for sent, _ in bench.wire]


def finals(sent: list[bytes]) -> list[int]:
    found = [int(match.group(1)) for one in sent if (match := re.match(rb"SIP/2\.0 (\d{3}) ", one))]
    assert len(found) == len(sent), "nothing but answers"
    return [code for code in found if code >= 200]


def test_the_set_is_whole() -> None:
    assert len(RFC4475) == 49
    assert len({one.name for one in RFC4475}) == 49
    assert len(RFC5118) == 12


@pytest.mark.parametrize("one", ALL, ids=lambda one: f"{one.section} {one.name}")
@pytest.mark.parametrize("hop", [CALLER, OVER_TCP], ids=["UDP", "TCP"])
def test_each_gets_what_its_rfc_wants(one: Torture, hop: Hop) -> None:
    bench = Bench()
    sent = answers(bench, one.data, hop)
    assert finals(sent) == ([] if one.final == SILENCE else [one.final]), one.wants
    assert all(to == hop for _, to in bench.wire if one.is_request and hop.reliable)
    vias = [
        line for line in one.data.partition(b"\r\n\r\n")[0].split(b"\r\n") if re.match(rb"(?i)(via|v)\s*:", line)
    ]
    for answer in sent:
        assert answer.count(b"\r\nVia: ") >= len(vias), "8.2.6.2: every Via comes back"
    # Nothing of it is left, and the next call comes as if nothing had been.
    bench.clock.pass_s(40)
    bench.clock.pass_s(40)
    assert bench.agent.calls == []
    bench.talk(request("INVITE", body=OFFER, call_id="after", branch="after"))
    assert len(bench.agent.calls) == 1


@pytest.mark.parametrize("one", ALL, ids=lambda one: f"{one.section} {one.name}")
def test_each_twice_is_answered_alike(one: Torture) -> None:
    """17.2: the same datagram again opens nothing more."""
    bench = Bench()
    first = finals(answers(bench, one.data))
    again = finals(answers(bench, one.data))
    assert set(again) <= set(first)
    assert len(bench.told.arrived) <= 1


def test_3_1_1_1_wsinv_is_understood() -> None:
    wsinv = understood("wsinv")
    headers = wsinv.message.headers
    assert (wsinv.method, wsinv.to_tag, wsinv.from_tag) == ("INVITE", "1918181833n", "98asjd8")
    assert (wsinv.cseq.sequence, wsinv.cseq.method) == (9, "INVITE")
    assert str(wsinv.message.uri) == "sip:vivekg@chair-dnrc.example.com;unknownparam"
    assert wsinv.message.max_forwards == 68
    assert len(headers.getlist("Via")) == 3
    assert (wsinv.via.transport, wsinv.via.host, wsinv.branch) == ("UDP", "192.0.2.2", "390skdjuw")
    assert headers["Subject"] == ""
    assert headers["NewFangledHeader"] == "newfangled value continued newfangled value"
    assert headers["UnknownHeaderWithUnusualValue"] == ";;,,;;,;"
    assert len(wsinv.message.body) == 150


def test_3_1_1_2_intmeth_is_understood() -> None:
    intmeth = understood("intmeth")
    assert intmeth.message.uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
    assert intmeth.message.uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    assert intmeth.message.uri.host == "example.com"
    assert intmeth.from_tag == "_token~1'+`*%!-."
    assert intmeth.branch == "z9hG4bK-.!%66*_+`'~", "no escape in a token"
    assert intmeth.message.headers["extensionHeader-!.%*+_`'~"] == "\ufeff大停電"


def test_3_1_1_3_esc01_is_understood() -> None:
    bench = Bench()
    answers(bench, named("esc01").data)
    assert bench.told.heard[0] == ("arrived", "I have spaces", "sips:user@example.com")
    assert str(understood("esc01").recipient.uri) == "sip:user@example.com"


def test_3_1_1_4_escnull_is_understood() -> None:
    escnull = understood("escnull")
    assert escnull.sender.uri.user == "null-\0-null"
    assert escnull.message.headers.getlist("Contact") == [
        "<sip:%00@host5.example.com>",
        "<sip:%00%00@host5.example.com>",
    ]


def test_3_1_1_5_esc02_is_understood() -> None:
    esc02 = understood("esc02")
    assert esc02.method == "RE%47IST%45R"
    assert esc02.sender.name == "%Z%45"
    assert esc02.branch == "z9hG4bK209%fzsnel234"
    assert len(esc02.message.headers.getlist("Contact")) == 2
    assert esc02.message.headers["C%6Fntact"] == "<sip:alias2@host2.example.com>"


def test_3_1_1_7_longreq_is_understood() -> None:
    longreq = understood("longreq")
    assert len(longreq.message.headers.getlist("Via")) == 34
    assert longreq.sender.uri.user == "amazinglylongcallername" * 5
    assert len(longreq.from_tag) == 155


def test_3_1_1_9_semiuri_is_understood() -> None:
    assert understood("semiuri").message.uri.user == "user;par=u@example.net"


def test_3_1_1_11_mpart01_keeps_its_octets() -> None:
    body = understood("mpart01").message.body
    assert body.startswith(b"--7a9cbec02ceef655\r\n")
    assert bytes(range(256)) in body
    assert body.endswith(b"--7a9cbec02ceef655--\r\n")


def test_3_1_1_12_and_13_reasons_are_read() -> None:
    unreason = read(named("unreason").data, CALLER)
    noreason = read(named("noreason").data, CALLER)
    assert isinstance(unreason, ReceivedResponse)
    assert isinstance(noreason, ReceivedResponse)
    assert unreason.message.phrase == "= 2**3 * 5**2 но сто девяносто девять - простое"
    assert (noreason.code, noreason.message.phrase) == (100, "")


def test_3_1_2_6_a_quote_is_inferred_only_where_one_address_can_be_meant() -> None:
    assert understood("quotbal").recipient.uri.user == "j.user"
    two = named("quotbal").data.replace(
        b"<sip:j.user@example.com>", b"<sip:j.user@example.com> <sip:realj@example.com>"
    )
    assert isinstance(read(two, CALLER), Answerable)


def test_3_2_1_requests_with_a_bare_cookie_are_told_apart() -> None:
    bench = Bench()
    one = named("badbranch").data
    other = one.replace(b"badbranch.", b"other.")
    assert finals(answers(bench, one)) == [200]
    assert b"Call-ID: other." in answers(bench, other)[0]


def test_3_3_1_insuf_is_answered_with_what_it_has() -> None:
    (sent,) = answers(Bench(), named("insuf").data)
    assert b"\r\nCSeq: 193942 INVITE\r\n" in sent
    assert b"\r\nFrom:" not in sent


def test_3_3_5_and_6_say_what_is_missing() -> None:
    assert (
        b"\r\nUnsupported: nothingSupportsThis, nothingSupportsThisEither\r\n"
        in answers(Bench(), named("bext01").data)[-1]
    )
    assert b"\r\nAccept: application/sdp\r\n" in answers(Bench(), named("invut").data)[-1]


def test_3_4_1_a_call_of_old_is_held_and_ended() -> None:
    bench = Bench()
    answers(bench, named("inv2543").data)
    assert bench.told.heard[0] == ("arrived", "+13035551111", "UserB")
    ok = bench.wire[-1][0]
    tag = re.search(rb"\r\nTo: [^\r]*;tag=([0-9a-f]+)\r\n", ok)
    assert tag is not None
    head = named("inv2543").data.partition(b"Content-Type")[0].replace(b"INVITE", b"BYE").replace(b"56 ", b"57 ")
    bye = head.replace(b"phone\r\nCall-ID", b"phone;tag=" + tag.group(1) + b"\r\nCall-ID") + b"\r\n"
    assert finals(answers(bench, bye)) == [200]
    assert bench.agent.calls == []


@pytest.mark.parametrize(
    ("name", "host", "port"),
    [("port-ambiguous", "[2001:db8::10:5070]", None), ("port-unambiguous", "[2001:db8::10]", 5070)],
)
def test_rfc5118_4_3_and_4_4_ports(name: str, host: str, port: int | None) -> None:
    uri = understood(name).message.uri
    assert (uri.host, uri.port) == (host, port)


def test_as_a_stream_all_but_the_lying_come_out_whole() -> None:
    """18.3: a stream is told apart by lengths alone, so what has a wrong one, or none, must end it."""
    unframed = {
        "badinv01",
        "clerr",
        "ncl",
        "mcl01",
        "ltgtruri",
        "lwsruri",
        "inv2543",
        "ipv6-in-sdp",
        "mult-ip-in-sdp",
    }
    framer = StreamFramer()
    for one in ALL:
        if one.name in unframed | {"ipv4-mapped-ipv6", "dblreq", "mismatch02"}:
            continue
        whole: list[bytes] = []
        for at in range(0, len(one.data), 97):
            whole += framer.feed(one.data[at : at + 97])
        assert [message for message in whole if message] == [one.data[: len(whole[0])]], one.name
        framer = StreamFramer() if framer.waiting else framer


@pytest.mark.parametrize("name", ["ncl", "mcl01"])
def test_3_1_2_3_and_3_3_9_a_stream_without_a_length_is_answered_and_ends(name: str) -> None:
    framer = StreamFramer()
    whole = framer.feed(named(name).data)
    assert finals(answers(Bench(), whole[0], OVER_TCP)) == [400]
    assert len(whole) == 1
    with pytest.raises(BadMessage):
        framer.feed(b"")
