"""Calls that arrive, message by message under a virtual clock: RFC 3261 8.2, 9.2, 12.2.2, 13.3, 14.2, 15.1."""

from __future__ import annotations

import pytest
from sipmessage import Request, Response

from app.telephony.call_states import CallState
from app.telephony.sdp import Direction, parse
from app.telephony.wire import Hop
from tests.unit.telephony.peer import CALLER, OFFER, Bench, codes, methods, request


@pytest.fixture
def bench() -> Bench:
    return Bench()


def ok(bench: Bench) -> Response:
    return next(one for one in bench.sent() if isinstance(one, Response) and one.code == 200)


# -- 13.3: an INVITE


def test_13_3_1_100_at_once_then_180_then_200(bench: Bench) -> None:
    assert bench.codes(request("INVITE", body=OFFER)) == [100]
    call = bench.told.arrived[0]
    assert bench.told.heard == [("arrived", "+79170000000", "245022")]
    call.ring()
    call.ring()
    call.answer()
    assert codes(bench.sent()) == [100, 180, 200]
    answered = ok(bench)
    assert answered.headers["To"].endswith(f";tag={call.local_tag}")
    assert answered.headers["Contact"] == "<sip:line@127.0.0.2:5060>"
    assert parse(answered.body).streams[0].port == 42000
    assert bench.media.remotes[0][1].port == 40000


def test_17_2_1_no_100_where_the_answer_goes_at_once(bench: Bench) -> None:
    bench.told.on_arrival = lambda call: call.answer()
    assert bench.codes(request("INVITE", body=OFFER)) == [200]


def test_a_withheld_number_is_empty(bench: Bench) -> None:
    bench.receive(request("INVITE", body=OFFER).replace("sip:+79170000000@127.0.0.1", "sip:x@anonymous.invalid"))
    assert bench.told.heard == [("arrived", "", "245022")]


def test_17_2_3_a_repeated_invite_is_one_call(bench: Bench) -> None:
    call = bench.arrive()
    call.ring()
    assert bench.codes(request("INVITE", body=OFFER)) == [180]
    call.answer()
    assert bench.codes(request("INVITE", body=OFFER)) == []
    assert len(bench.told.arrived) == 1


def test_8_2_2_2_a_merged_request_is_482(bench: Bench) -> None:
    bench.arrive()
    assert bench.codes(request("INVITE", branch="other", body=OFFER)) == [482]
    assert len(bench.told.arrived) == 1


def test_13_3_1_4_200_is_repeated_until_its_ack(bench: Bench) -> None:
    bench.arrive().answer()
    assert codes(bench.pass_s(3.6)) == [200, 200, 200]
    bench.receive(request("ACK", branch="a", to_tag=bench.told.arrived[0].local_tag))
    assert bench.told.arrived[0].state is CallState.UP
    assert bench.pass_s(60) == []


def test_13_3_1_4_without_an_ack_the_call_is_ended_by_bye(bench: Bench) -> None:
    bench.arrive().answer()
    sent = bench.pass_s(32.1)
    assert methods(sent) == ["BYE"]
    assert bench.told.heard[1:] == [("ended", 408), ("gone",)]


def test_an_ack_of_another_dialog_is_not_ours(bench: Bench) -> None:
    call = bench.arrive()
    call.answer()
    bench.receive(request("ACK", branch="a", to_tag=call.local_tag, from_tag="other"))
    bench.receive(request("ACK", branch="a", to_tag="unknown"))
    bench.receive(request("ACK", branch="a", to_tag=call.local_tag, cseq=2))
    assert call.state is CallState.ANSWERED


def test_13_3_1_3_488_when_nothing_is_in_common(bench: Bench) -> None:
    sent = bench.receive(request("INVITE", body=OFFER.replace("0 8 101", "18 101")))
    assert codes(sent) == [488]
    assert sent[0].headers["Warning"].startswith("305 ")
    assert bench.told.heard == []


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (OFFER, "application/json", 415),
        ("nonsense", "application/sdp", 400),
        (OFFER.replace("c=IN IP4 127.0.0.1\r\n", ""), "application/sdp", 400),
    ],
)
def test_bodies_that_are_no_offer(bench: Bench, body: str, kind: str, code: int) -> None:
    assert bench.codes(request("INVITE", body=body, kind=kind)) == [code]
    assert bench.agent.calls == []


def test_13_2_1_an_invite_without_offer_gets_ours_and_answers_in_the_ack(bench: Bench) -> None:
    call = bench.arrive(request("INVITE"))
    call.answer()
    assert parse(ok(bench).body).streams[0].formats[0].encoding == "PCMA"
    assert bench.media.remotes == []
    bench.receive(request("ACK", branch="a", to_tag=call.local_tag, body=OFFER))
    assert bench.media.remotes[0][1].codec == "PCMU"


@pytest.mark.parametrize("body", ["", "nonsense", OFFER.replace("0 8 101", "18")])
def test_13_2_1_an_ack_without_a_usable_answer_ends_the_call(bench: Bench, body: str) -> None:
    call = bench.arrive(request("INVITE"))
    call.answer()
    assert methods(bench.receive(request("ACK", branch="a", to_tag=call.local_tag, body=body))) == ["BYE"]
    assert bench.told.heard[1:] == [("ended", 488), ("gone",)]


def test_no_port_free_is_503(bench: Bench) -> None:
    bench = Bench(ports=())
    call = bench.arrive()
    call.answer()
    assert codes(bench.sent()) == [100, 503]
    assert bench.told.heard[1:] == [("ended", 503), ("gone",)]


def test_8_1_1_8_an_invite_without_contact_is_400(bench: Bench) -> None:
    text = request("INVITE", body=OFFER).replace("Contact: <sip:caller@127.0.0.1:5090>\r\n", "")
    assert bench.codes(text) == [400]


@pytest.mark.parametrize("code", [486, 480, 503])
def test_13_3_1_3_a_call_that_is_turned_away(bench: Bench, code: int) -> None:
    call = bench.arrive()
    call.reject(code)
    assert codes(bench.sent()) == [100, code]
    assert bench.agent.calls == []
    assert bench.receive(request("ACK", to_tag=call.local_tag)) == []
    assert ("ended", code) not in bench.told.heard


# -- 9.2: CANCEL


def test_9_2_cancel_is_200_and_the_invite_487(bench: Bench) -> None:
    call = bench.arrive()
    sent = bench.receive(request("CANCEL"))
    assert codes(sent) == [200, 487]
    assert {one.headers["To"].rpartition("tag=")[2] for one in sent} == {call.local_tag}
    assert bench.told.heard[1:] == [("ended", 200), ("gone",)]
    assert bench.receive(request("ACK", to_tag=call.local_tag)) == []
    assert bench.pass_s(60) == []


def test_9_2_cancel_of_nothing_is_481(bench: Bench) -> None:
    bench.arrive()
    assert bench.codes(request("CANCEL", branch="stray")) == [481]


def test_9_2_cancel_after_the_answer_changes_nothing(bench: Bench) -> None:
    call = bench.arrive()
    call.answer()
    assert bench.codes(request("CANCEL")) == [200]
    assert call.state is CallState.ANSWERED


def test_commands_after_a_cancel_do_nothing(bench: Bench) -> None:
    call = bench.arrive()
    bench.receive(request("CANCEL"))
    bench.wire.clear()
    for command in (call.ring, call.answer, call.hang_up):
        command()
    call.reject(486)
    assert bench.wire == []


# -- 15.1: BYE


def test_15_1_2_their_bye(bench: Bench) -> None:
    call = bench.talk()
    assert bench.codes(request("BYE", branch="b", to_tag=call.local_tag, cseq=2)) == [200]
    assert bench.told.heard[1:] == [("ended", 200), ("gone",)]
    assert bench.media.closed == [call.leg]
    assert bench.codes(request("BYE", branch="c", to_tag=call.local_tag, cseq=3)) == [481]


def test_15_1_1_our_bye_goes_to_the_address_in_contact(bench: Bench) -> None:
    call = bench.talk(request("INVITE", body=OFFER).replace("caller@127.0.0.1:5090", "caller@127.0.0.3:7000"))
    bench.wire.clear()
    call.hang_up()
    assert methods(bench.sent()) == ["BYE"]
    assert bench.wire[0][1] == Hop("UDP", "127.0.0.3", 7000)
    assert bench.told.heard[1:] == [("gone",)]


def test_15_1_1_our_bye_goes_to_the_source_when_contact_is_a_name(bench: Bench) -> None:
    call = bench.talk(request("INVITE", body=OFFER).replace("caller@127.0.0.1:5090", "caller@phone.example.org"))
    bench.wire.clear()
    call.hang_up()
    assert bench.wire[0][1] == CALLER
    assert bench.wire[0][0].startswith(b"BYE sip:caller@phone.example.org SIP/2.0\r\n")


def test_15_our_bye_waits_for_the_ack(bench: Bench) -> None:
    call = bench.arrive()
    call.answer()
    bench.wire.clear()
    call.hang_up()
    assert bench.wire == []
    assert methods(bench.receive(request("ACK", branch="a", to_tag=call.local_tag))) == ["BYE"]


def test_hanging_up_before_the_answer_is_480(bench: Bench) -> None:
    bench.arrive().hang_up()
    assert codes(bench.sent()) == [100, 480]


@pytest.mark.parametrize("method", ["BYE", "INVITE", "OPTIONS", "INFO"])
def test_12_2_2_an_unknown_dialog_is_481(bench: Bench, method: str) -> None:
    assert bench.codes(request(method, to_tag="unknown")) == [481]


def test_12_2_2_a_dialog_has_both_tags(bench: Bench) -> None:
    call = bench.talk()
    assert bench.codes(request("BYE", branch="b", to_tag=call.local_tag, from_tag="other", cseq=2)) == [481]
    assert call.state is CallState.UP


def test_12_2_2_out_of_order_is_500(bench: Bench) -> None:
    call = bench.talk()
    assert bench.codes(request("OPTIONS", branch="b", to_tag=call.local_tag, cseq=5)) == [200]
    assert bench.codes(request("OPTIONS", branch="c", to_tag=call.local_tag, cseq=4)) == [500]


# -- 14.2: re-INVITE


@pytest.mark.parametrize("direction", ["sendonly", "inactive", "recvonly"])
def test_14_2_hold_is_answered_by_the_matching_direction(bench: Bench, direction: str) -> None:
    call = bench.talk()
    held = OFFER.replace("a=sendrecv", f"a={direction}").replace("o=- 1 1", "o=- 1 2")
    bench.receive(request("INVITE", branch="r", to_tag=call.local_tag, cseq=2, body=held))
    described = parse(ok(bench).body)
    turned = {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}[direction]
    assert described.streams[0].direction is Direction(turned)
    assert described.version == 2
    remote = bench.media.remotes[-1][1]
    assert (remote.sends, remote.receives) == (direction == "sendonly", direction == "recvonly")
    bench.receive(request("ACK", branch="ra", to_tag=call.local_tag, cseq=2))
    assert bench.pass_s(40) == []
    bench.receive(request("INVITE", branch="r2", to_tag=call.local_tag, cseq=3, body=OFFER))
    assert bench.media.remotes[-1][1].receives
    assert len(bench.told.arrived) == 1


def test_14_2_a_reinvite_that_changes_nothing_leaves_the_media_alone(bench: Bench) -> None:
    call = bench.talk()
    bench.receive(request("INVITE", branch="r", to_tag=call.local_tag, cseq=2, body=OFFER))
    assert len(bench.media.remotes) == 1


def test_14_2_a_reinvite_without_offer_gets_ours(bench: Bench) -> None:
    call = bench.talk()
    bench.receive(request("INVITE", branch="r", to_tag=call.local_tag, cseq=2))
    assert parse(ok(bench).body).streams[0].direction is Direction.SENDRECV
    moved = OFFER.replace("40000", "40010")
    bench.receive(request("ACK", branch="ra", to_tag=call.local_tag, cseq=2, body=moved))
    assert bench.media.remotes[-1][1].port == 40010


def test_14_2_a_reinvite_we_cannot_follow_is_488_and_the_call_goes_on(bench: Bench) -> None:
    call = bench.talk()
    worse = OFFER.replace("0 8 101", "18")
    again = request("INVITE", branch="r", to_tag=call.local_tag, cseq=2, body=worse)
    assert bench.codes(again) == [488]
    assert call.state is CallState.UP


def test_14_2_a_reinvite_before_the_ack_of_the_last_is_500(bench: Bench) -> None:
    call = bench.arrive()
    call.answer()
    sent = bench.receive(request("INVITE", branch="r", to_tag=call.local_tag, cseq=2, body=OFFER))
    assert codes(sent) == [500]
    assert 0 <= int(sent[0].headers["Retry-After"]) <= 10


def test_14_2_a_reinvite_whose_200_nobody_acknowledges_ends_the_call(bench: Bench) -> None:
    call = bench.talk()
    bench.receive(request("INVITE", branch="r", to_tag=call.local_tag, cseq=2, body=OFFER))
    assert "BYE" in methods(bench.pass_s(33))
    assert bench.told.heard[-2:] == [("ended", 408), ("gone",)]


def test_12_2_2_a_reinvite_moves_the_target(bench: Bench) -> None:
    call = bench.talk()
    moved = request("INVITE", branch="r", to_tag=call.local_tag, cseq=2, body=OFFER)
    bench.receive(moved.replace("caller@127.0.0.1:5090", "caller@127.0.0.4:5095"))
    bench.receive(request("ACK", branch="ra", to_tag=call.local_tag, cseq=2))
    bench.wire.clear()
    call.hang_up()
    assert bench.wire[0][1] == Hop("UDP", "127.0.0.4", 5095)


# -- INFO with keys


@pytest.mark.parametrize(("offer", "expected"), [(OFFER, []), (OFFER.replace(" 101", ""), [("key", "5")])])
def test_relayed_keys_count_where_no_events_were_agreed(
    bench: Bench, offer: str, expected: list[tuple[str, str]]
) -> None:
    call = bench.talk(request("INVITE", body=offer))
    info = request(
        "INFO",
        branch="i",
        to_tag=call.local_tag,
        cseq=2,
        body="Signal=5\r\nDuration=160\r\n",
        kind="application/dtmf-relay",
    )
    assert bench.codes(info) == [200]
    assert bench.told.heard[1:] == expected


@pytest.mark.parametrize(("body", "key"), [("7", "7"), ("7\r\n", "7"), ("#", "#"), ("16", None), ("", None)])
def test_keys_as_plain_text(bench: Bench, body: str, key: str | None) -> None:
    call = bench.talk(request("INVITE", body=OFFER.replace(" 101", "")))
    info = request("INFO", branch="i", to_tag=call.local_tag, cseq=2, body=body, kind="application/dtmf")
    assert bench.codes(info) == [200]
    assert bench.told.heard[1:] == ([("key", key)] if key else [])


def test_rfc6086_4_2_2_a_body_of_another_kind_is_415(bench: Bench) -> None:
    call = bench.talk()
    info = request("INFO", branch="i", to_tag=call.local_tag, cseq=2, body="x", kind="text/plain")
    assert bench.codes(info) == [415]
    assert bench.codes(request("INFO", branch="j", to_tag=call.local_tag, cseq=3)) == [200]


def test_everything_sent_is_a_whole_message(bench: Bench) -> None:
    call = bench.talk()
    call.hang_up()
    for message in bench.sent():
        assert int(message.headers["Content-Length"]) == len(message.body)
        assert isinstance(message, Request | Response)
