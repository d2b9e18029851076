"""The core of the user agent: RFC 3261 8.2 and 11, and whatever else may arrive at an open port."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sipmessage import Request, Response

from app.telephony.limits import Limits
from app.telephony.messages import ALLOW
from app.telephony.sdp import Direction
from app.telephony.wire import Hop
from tests.unit.telephony.peer import CALLER, OFFER, Bench, codes, request, response

KNOWN_BUT_NOT_SERVED = ["REGISTER", "SUBSCRIBE", "MESSAGE", "PUBLISH"]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_11_2_options_says_what_is_served(bench: Bench) -> None:
    sent = bench.receive(request("OPTIONS"))
    assert codes(sent) == [200]
    assert sent[0].headers["Allow"] == ALLOW
    assert sent[0].headers["Accept"] == "application/sdp"
    assert ";tag=" in sent[0].headers["To"]


def test_11_2_options_says_all_that_it_should(bench: Bench) -> None:
    headers = bench.receive(request("OPTIONS", extra=["Max-Forwards: 0"]))[0].headers
    assert headers["Accept-Encoding"] == "identity"
    assert headers["Accept-Language"] == "en"
    assert {"100rel", "timer", "replaces"} <= set(headers["Supported"].split(", "))
    assert {"UPDATE", "PRACK"} <= set(headers["Allow"].split(", "))


def test_11_2_options_within_a_call_says_the_same(bench: Bench) -> None:
    call = bench.talk()
    headers = bench.receive(request("OPTIONS", branch="o", to_tag=call.local_tag, cseq=2))[0].headers
    assert headers["Accept-Encoding"] == "identity"
    assert headers["Allow"] == ALLOW


def test_21_5_4_a_full_line_is_503_with_retry_after() -> None:
    bench = Bench(limits=Limits(most_calls=1))
    assert bench.codes(request("OPTIONS", branch="o", call_id="o")) == [200]
    call = bench.arrive()
    sent = bench.receive(request("INVITE", branch="two", call_id="two", body=OFFER))
    assert codes(sent) == [503]
    assert int(sent[0].headers["Retry-After"]) > 0
    assert bench.codes(request("OPTIONS", branch="p", call_id="p")) == [503], "11.2: as an INVITE would fare"
    bench.receive(request("CANCEL"))
    assert call not in bench.agent.calls
    assert bench.codes(request("INVITE", branch="three", call_id="three", body=OFFER)) == [100]


def test_21_4_13_a_body_not_understood_is_415_with_what_is(bench: Bench) -> None:
    sent = bench.receive(request("INVITE", body="x", kind="text/plain"))
    assert codes(sent) == [415]
    assert sent[0].headers["Accept"] == "application/sdp"
    zipped = request("INVITE", branch="z", call_id="z", body=OFFER, extra=["Content-Encoding: gzip"])
    assert bench.receive(zipped)[0].headers["Accept-Encoding"] == "identity"


def test_20_11_a_body_that_may_be_passed_over_is(bench: Bench) -> None:
    optional = ["Content-Disposition: render; handling=optional"]
    assert bench.codes(request("INVITE", body="x", kind="text/plain", extra=optional)) == [100]


@pytest.mark.parametrize("method", KNOWN_BUT_NOT_SERVED)
def test_8_2_1_a_method_not_served_is_405_with_allow(bench: Bench, method: str) -> None:
    sent = bench.receive(request(method))
    assert codes(sent) == [405]
    assert "INVITE" in sent[0].headers["Allow"]


def test_21_5_2_an_unknown_method_is_501(bench: Bench) -> None:
    assert bench.codes(request("NEWMETHOD")) == [501]


def test_refer_within_a_call_makes_nobody_dial(bench: Bench) -> None:
    call = bench.talk()
    refer = request("REFER", branch="r", to_tag=call.local_tag, cseq=2, extra=["Refer-To: <sip:+7900@127.0.0.1>"])
    assert bench.codes(refer) == [603]


def test_8_2_2_3_an_unknown_extension_is_420(bench: Bench) -> None:
    sent = bench.receive(request("INVITE", body=OFFER, extra=["Require: 100rel, path, timer, gruu"]))
    assert codes(sent) == [420]
    assert sent[0].headers["Unsupported"] == "path, gruu"
    assert bench.told.heard == []


def test_8_2_2_3_cancel_is_not_asked_for_extensions(bench: Bench) -> None:
    bench.arrive()
    assert bench.codes(request("CANCEL", extra=["Require: 100rel"])) == [200, 487]


@pytest.mark.parametrize("method", ["BYE", "INFO", "PRACK", "UPDATE"])
def test_15_1_2_without_a_dialog_481(bench: Bench, method: str) -> None:
    assert bench.codes(request(method)) == [481]


def test_21_4_1_400_says_what_is_wrong(bench: Bench) -> None:
    sent = bench.receive_raw(request("INVITE").replace("CSeq: 1 INVITE", "CSeq: one"))
    assert b"SIP/2.0 400 Bad Request\r\n" in sent
    assert b'Warning: 399 127.0.0.2:5060 "CSeq cannot be read"\r\n' in sent


def test_21_5_6_another_version_is_505(bench: Bench) -> None:
    assert bench.codes(request("OPTIONS").replace(" SIP/2.0\r\n", " SIP/3.0\r\n", 1)) == [505]


def test_rfc3581_4_answers_return_to_the_address_they_came_from(bench: Bench) -> None:
    hop = Hop("UDP", "127.0.0.77", 4444)
    sent = bench.receive(request("OPTIONS"), hop)
    assert bench.wire[0][1] == hop
    assert sent[0].headers["Via"].endswith(";received=127.0.0.77;rport=4444")


@pytest.mark.parametrize("data", [b"", b"\r\n\r\n", b"\0\0\0\0", b"jaK", b"\xff\xfe" * 100])
def test_keep_alives_and_noise_are_passed_over(bench: Bench, data: bytes) -> None:
    assert bench.receive(data) == []


def test_a_stray_answer_or_ack_is_passed_over(bench: Bench) -> None:
    asked = bench.receive(request("OPTIONS"))[0]
    assert isinstance(asked, Response)
    assert bench.receive(bytes(asked)) == []
    assert bench.receive(request("ACK", branch="stray", to_tag="x")) == []


def test_17_2_2_a_repeated_refusal_is_the_same_refusal(bench: Bench) -> None:
    first = bench.receive(request("REFER"))
    again = bench.receive(request("REFER"))
    assert bytes(first[0]) == bytes(again[0])


MESSAGES = [
    request("INVITE", body=OFFER),
    request("OPTIONS"),
    request("CANCEL"),
    request("BYE", to_tag="x"),
    request("INFO", to_tag="x", body="Signal=1\r\n", kind="application/dtmf-relay"),
]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=1500))
def test_no_bytes_raise(data: bytes) -> None:
    Bench().agent.receive(data, CALLER)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(MESSAGES), st.integers(0, 2**32), st.integers(1, 12))
def test_no_damaged_message_raises(message: str, seed: int, blows: int) -> None:
    chance = random.Random(seed)
    data = bytearray(message.encode())
    for _ in range(blows):
        at = chance.randrange(len(data))
        blow = chance.randrange(4)
        if blow == 0:
            data[at] = chance.randrange(256)
        elif blow == 1:
            del data[at : at + chance.randrange(1, 20)]
        elif blow == 2:
            data[at:at] = data[at : at + chance.randrange(1, 40)]
        else:
            data[at:at] = chance.choice([b"\r\n", b'"', b"<", b";", b",", b"%", b"=", b"\xc3", b"\0"])
        if not data:
            return
    bench = Bench()
    bench.agent.receive(bytes(data), CALLER)
    for call in bench.agent.calls:
        call.answer()
    bench.agent.receive(bytes(data), CALLER)
    bench.clock.pass_s(40)
    assert bench.agent.calls == []


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "REFER", "UPDATE", "PRACK"]),
            st.sampled_from(["one", "two", "three"]),
            st.integers(1, 4),
            st.booleans(),
            st.sampled_from(["", OFFER, OFFER.replace("0 8", "18")]),
            st.sampled_from([[], ["Require: 100rel"], ["Supported: timer", "Session-Expires: 90;refresher=uac"]]),
            st.sampled_from(["ring", "answer", "reject", "hang up", "hold", "wait", "nothing"]),
        ),
        max_size=12,
    )
)
def test_no_order_of_messages_and_commands_raises(
    steps: list[tuple[str, str, int, bool, str, list[str], str]],
) -> None:
    bench = Bench()
    for method, branch, cseq, within, body, extra, command in steps:
        tag = bench.told.arrived[-1].local_tag if within and bench.told.arrived else ""
        known = bench.agent.calls[-1].unconfirmed if bench.agent.calls else None
        rack = [f"RAck: {known.rack}"] if known is not None and method == "PRACK" else []
        bench.receive(request(method, branch=branch, cseq=cseq, to_tag=tag, body=body, extra=[*extra, *rack]))
        if command == "wait":
            bench.pass_s(7)
        for call in bench.agent.calls:
            match command:
                case "ring":
                    call.ring()
                case "answer":
                    call.answer()
                case "reject":
                    call.reject(486)
                case "hang up":
                    call.hang_up()
                case "hold":
                    call.reoffer(Direction.SENDONLY)
    for call in bench.agent.calls:
        call.hang_up()
    bench.pass_s(200)
    assert bench.agent.calls == []
    assert bench.told.heard.count(("gone",)) == len(bench.told.arrived)
    assert bench.clock.pending == 0
    assert all(hop == CALLER for _, hop in bench.wire)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([100, 180, 183, 200, 302, 401, 407, 486, 487, 500]),
            st.sampled_from(["callee", "fork"]),
            st.sampled_from(["", OFFER, "nonsense"]),
            st.sampled_from([[], ["Require: 100rel", "RSeq: 1"], ["Require: 100rel", "RSeq: 2"], ["Min-SE: 2000"]]),
            st.sampled_from(["hang up", "hold", "wait", "nothing", "nothing"]),
        ),
        max_size=8,
    )
)
def test_no_order_of_answers_raises(steps: list[tuple[int, str, str, list[str], str]]) -> None:
    bench = Bench()
    call = bench.dial()
    asked = bench.sent()[0]
    assert isinstance(asked, Request)
    for code, tag, body, extra, command in steps:
        bench.receive(response(asked, code, tag=tag, body=body, extra=extra))
        if command == "hang up":
            call.hang_up()
        elif command == "hold":
            call.reoffer(Direction.SENDONLY)
        elif command == "wait":
            bench.pass_s(5)
    call.hang_up()
    bench.pass_s(200)
    assert bench.agent.calls == []
    assert bench.told.heard.count(("gone",)) == 1
    assert sum(1 for one in bench.told.heard if one[0] == "ended") <= 1
    assert bench.clock.pending == 0
