"""Changing a session that stands: RFC 3261 14, RFC 3311 5, RFC 3264 8; theirs and ours, and where they meet."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sipmessage import Request, Response

from app.telephony.call_states import CallState
from app.telephony.calls import Call
from app.telephony.digest import Authenticator
from app.telephony.outbound_calls import OutboundCall
from app.telephony.sdp import Direction, parse
from app.telephony.wire import Hop
from tests.unit.telephony.peer import OFFER, Bench, codes, methods, request, response

ANSWER = OFFER.replace("0 8 101", "8 101")
HELD = OFFER.replace("a=sendrecv", "a=sendonly")


@pytest.fixture
def bench() -> Bench:
    return Bench()


def asked(bench: Bench, call: Call, direction: Direction) -> Request:
    """The re-INVITE that a wish becomes."""
    bench.wire.clear()
    call.reoffer(direction)
    invite = bench.sent()[0]
    assert isinstance(invite, Request)
    return invite


def update(call: Call, cseq: int = 2, *, body: str = "", branch: str = "u") -> str:
    return request("UPDATE", branch=branch, to_tag=call.local_tag, cseq=cseq, body=body)


def ours(bench: Bench) -> OutboundCall:
    """A call of ours, answered."""
    call = bench.dial()
    invite = bench.sent()[0]
    assert isinstance(invite, Request)
    bench.receive(response(invite, 200, body=ANSWER))
    return call


# -- theirs: UPDATE


def test_rfc3311_5_2_an_update_with_an_offer_is_answered(bench: Bench) -> None:
    call = bench.talk()
    sent = bench.receive(update(call, body=HELD))
    assert codes(sent) == [200]
    assert parse(sent[0].body).streams[0].direction is Direction.RECVONLY
    assert parse(sent[0].body).version == 2
    assert sent[0].headers["Contact"] == "<sip:line@127.0.0.2:5060>"
    assert not bench.media.remotes[-1][1].receives
    assert bench.pass_s(40) == [], "and there is no ACK to wait for"


def test_rfc3311_5_2_an_update_without_an_offer_moves_the_target_only(bench: Bench) -> None:
    call = bench.talk()
    moved = update(call).replace("caller@127.0.0.1:5090", "caller@127.0.0.4:5095")
    sent = bench.receive(moved)
    assert (codes(sent), sent[0].body) == ([200], b"")
    assert len(bench.media.remotes) == 1
    bench.wire.clear()
    call.hang_up()
    assert bench.wire[0][1] == Hop("UDP", "127.0.0.4", 5095)


def test_rfc3264_8_a_description_that_says_nothing_new_keeps_its_version(bench: Bench) -> None:
    call = bench.talk()
    assert parse(bench.receive(update(call, body=OFFER))[0].body).version == 1


@pytest.mark.parametrize(
    ("body", "code"), [(OFFER.replace("0 8 101", "18"), 488), ("nonsense", 400), (OFFER.replace("c=", "x="), 400)]
)
def test_rfc3311_5_2_an_update_that_fails_leaves_the_session_as_it_was(bench: Bench, body: str, code: int) -> None:
    call = bench.talk()
    assert bench.codes(update(call, body=body)) == [code]
    assert (call.state, len(bench.media.remotes)) == (CallState.UP, 1)
    assert bench.codes(update(call, 3, body=HELD, branch="v")) == [200]


def test_12_2_2_an_update_with_a_contact_that_is_none_changes_nothing(bench: Bench) -> None:
    call = bench.talk()
    wrong = update(call, body=HELD).replace("Contact: <sip:caller@127.0.0.1:5090>", "Contact: <what>")
    assert bench.codes(wrong) == [400]
    assert len(bench.media.remotes) == 1


def test_rfc3311_5_2_before_the_answer_an_offer_must_wait(bench: Bench) -> None:
    call = bench.arrive()
    sent = bench.receive(update(call, body=OFFER))
    assert codes(sent) == [500]
    assert 0 <= int(sent[0].headers["Retry-After"]) <= 10
    assert bench.codes(update(call, 3, branch="v")) == [200], "one without an offer need not"
    call.answer()
    assert codes(bench.sent())[-1] == 200


def test_rfc3311_5_2_an_offer_that_meets_ours_in_a_200_is_491(bench: Bench) -> None:
    call = bench.arrive(request("INVITE"))
    call.answer()
    assert bench.codes(update(call, body=OFFER)) == [491]


def test_rfc3311_5_2_an_offer_that_meets_our_reinvite_is_491(bench: Bench) -> None:
    call = bench.talk()
    asked(bench, call, Direction.SENDONLY)
    assert bench.codes(update(call, body=OFFER)) == [491]
    assert bench.codes(update(call, 3, branch="v")) == [200]


# -- theirs: re-INVITE


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_rfc3264_8_4_an_address_of_nowhere_is_a_hold(bench: Bench, host: str) -> None:
    call = bench.talk()
    held = OFFER.replace("c=IN IP4 127.0.0.1", f"c=IN IP{6 if ':' in host else 4} {host}")
    bench.receive(request("INVITE", branch="r", to_tag=call.local_tag, cseq=2, body=held))
    assert not bench.media.remotes[-1][1].receives


def test_rfc3264_8_3_moved_sound_and_another_codec(bench: Bench) -> None:
    call = bench.talk()
    moved = OFFER.replace("40000", "41000").replace("0 8 101", "8 101")
    bench.receive(request("INVITE", branch="r", to_tag=call.local_tag, cseq=2, body=moved))
    remote = bench.media.remotes[-1][1]
    assert (remote.port, remote.codec) == (41000, "PCMA")


def test_14_2_a_refused_reinvite_leaves_target_and_session_as_they_were(bench: Bench) -> None:
    call = bench.talk()
    bad = request("INVITE", branch="r", to_tag=call.local_tag, cseq=2, body=OFFER.replace("0 8 101", "18"))
    assert bench.codes(bad.replace("caller@127.0.0.1:5090", "caller@127.0.0.4:5095")) == [488]
    bench.wire.clear()
    call.hang_up()
    assert bench.wire[0][1] == Hop("UDP", "127.0.0.1", 5090)


def test_14_2_a_reinvite_that_meets_ours_is_491(bench: Bench) -> None:
    call = bench.talk()
    asked(bench, call, Direction.SENDONLY)
    theirs = request("INVITE", branch="r", to_tag=call.local_tag, cseq=2, body=OFFER)
    assert bench.codes(theirs) == [491]


# -- ours


def test_14_1_hold_and_back(bench: Bench) -> None:
    call = bench.talk()
    invite = asked(bench, call, Direction.SENDONLY)
    assert parse(invite.body).streams[0].direction is Direction.SENDONLY
    assert parse(invite.body).version == 2
    sent = bench.receive(response(invite, 200, body=OFFER.replace("sendrecv", "recvonly")))
    assert methods(sent) == ["ACK"]
    assert sent[0].headers["CSeq"] == invite.headers["CSeq"].replace("INVITE", "ACK")
    remote = bench.media.remotes[-1][1]
    assert (remote.sends, remote.receives) == (False, True)
    again = bench.receive(response(invite, 200, body=OFFER.replace("sendrecv", "recvonly")))
    assert methods(again) == ["ACK"], "13.2.2.4: a repeated answer gets its ACK again"
    invite = asked(bench, call, Direction.SENDRECV)
    assert parse(invite.body).version == 3
    bench.receive(response(invite, 200, body=OFFER))
    assert bench.media.remotes[-1][1].sends


def test_rfc3264_8_4_while_we_hold_an_offer_of_theirs_does_not_take_it_back(bench: Bench) -> None:
    call = bench.talk()
    invite = asked(bench, call, Direction.SENDONLY)
    bench.receive(response(invite, 200, body=OFFER.replace("sendrecv", "recvonly")))
    answered = bench.receive(update(call, body=OFFER))[0]
    assert parse(answered.body).streams[0].direction is Direction.SENDONLY


def test_12_2_1_2_the_answer_to_a_reinvite_moves_the_target(bench: Bench) -> None:
    call = bench.talk()
    invite = asked(bench, call, Direction.SENDRECV)
    moved = response(invite, 200, body=OFFER).replace("op@127.0.0.1:5090", "op@127.0.0.6:5096")
    bench.receive(moved)
    assert bench.wire[0][1] == Hop("UDP", "127.0.0.6", 5096)


def test_14_1_the_other_side_may_refuse_and_the_session_stays(bench: Bench) -> None:
    call = bench.talk()
    invite = asked(bench, call, Direction.INACTIVE)
    assert methods(bench.receive(response(invite, 488))) == ["ACK"]
    assert (call.state, call.direction, len(bench.media.remotes)) == (CallState.UP, Direction.SENDRECV, 1)
    assert bench.codes(update(call, body=HELD)) == [200]


@pytest.mark.parametrize("code", [408, 481])
def test_12_2_1_2_a_dialog_that_is_gone_ends_the_call(bench: Bench, code: int) -> None:
    call = bench.talk()
    invite = asked(bench, call, Direction.INACTIVE)
    assert methods(bench.receive(response(invite, code))) == ["ACK", "BYE"]
    assert bench.told.heard[-2:] == [("ended", 408), ("gone",)]
    assert call.state is CallState.ENDED


def test_12_2_1_2_silence_to_a_reinvite_ends_the_call(bench: Bench) -> None:
    call = bench.talk()
    asked(bench, call, Direction.INACTIVE)
    assert "BYE" in methods(bench.pass_s(32.5))
    assert bench.told.heard[-2:] == [("ended", 408), ("gone",)]


@pytest.mark.parametrize("body", ["", "nonsense", OFFER.replace("0 8 101", "18")])
def test_13_2_2_4_an_answer_that_is_none_is_acknowledged_and_the_call_ended(bench: Bench, body: str) -> None:
    call = bench.talk()
    invite = asked(bench, call, Direction.SENDRECV)
    assert methods(bench.receive(response(invite, 200, body=body))) == ["ACK", "BYE"]


def test_14_1_491_is_tried_again_after_up_to_two_seconds_by_who_was_called(bench: Bench) -> None:
    call = bench.talk()
    invite = asked(bench, call, Direction.SENDONLY)
    assert methods(bench.receive(response(invite, 491))) == ["ACK"]
    again = bench.pass_s(2.005)
    assert methods(again)[0] == "INVITE"
    assert parse(again[0].body).streams[0].direction is Direction.SENDONLY


def test_14_1_491_is_tried_again_after_two_to_four_seconds_by_who_called(bench: Bench) -> None:
    call = ours(bench)
    invite = asked(bench, call, Direction.SENDONLY)
    bench.receive(response(invite, 491))
    assert methods(bench.pass_s(2.095)) == []
    assert methods(bench.pass_s(1.91))[0] == "INVITE"


def test_14_1_491_is_not_tried_again_for_ever(bench: Bench) -> None:
    call = bench.talk()
    invite = asked(bench, call, Direction.SENDONLY)
    tries = 1
    while True:
        bench.receive(response(invite, 491))
        later = [one for one in bench.pass_s(2.005) if isinstance(one, Request) and one.method == "INVITE"]
        if not later:
            break
        invite, tries = later[0], tries + 1
    assert tries == 9
    assert call.state is CallState.UP


def test_14_1_a_wish_waits_for_what_is_under_way(bench: Bench) -> None:
    call = bench.arrive()
    call.answer()
    bench.wire.clear()
    call.reoffer(Direction.SENDONLY)
    assert bench.sent() == [], "our 200 is not acknowledged yet"
    sent = bench.receive(request("ACK", branch="a", to_tag=call.local_tag))
    assert methods(sent) == ["INVITE"]
    first = sent[0]
    assert isinstance(first, Request)
    bench.wire.clear()
    call.reoffer(Direction.INACTIVE)
    call.reoffer(Direction.SENDRECV)
    assert bench.sent() == []
    sent = bench.receive(response(first, 200, body=OFFER.replace("sendrecv", "recvonly")))
    assert methods(sent) == ["ACK", "INVITE"]
    assert parse(sent[1].body).streams[0].direction is Direction.SENDRECV, "the last wish counts"


def test_22_a_reinvite_proves_who_we_are(bench: Bench) -> None:
    call = bench.dial(Authenticator("u", "p"))
    invite = bench.sent()[0]
    assert isinstance(invite, Request)
    bench.receive(response(invite, 200, body=ANSWER))
    again = asked(bench, call, Direction.SENDONLY)
    challenge = 'Proxy-Authenticate: Digest realm="r", nonce="n", qop="auth"'
    sent = bench.receive(response(again, 407, extra=[challenge]))
    assert methods(sent) == ["ACK", "INVITE"]
    proven = sent[1]
    assert isinstance(proven, Request)
    assert proven.headers.get("Proxy-Authorization")
    acked = bench.receive(response(proven, 200, body=ANSWER))[0]
    assert acked.headers["Proxy-Authorization"] == proven.headers["Proxy-Authorization"]


def test_15_a_reinvite_outlived_by_its_call_is_acknowledged_and_forgotten(bench: Bench) -> None:
    call = bench.talk()
    invite = asked(bench, call, Direction.SENDONLY)
    bench.receive(response(invite, 100))
    bench.wire.clear()
    call.hang_up()
    assert methods(bench.sent()) == ["BYE"]
    assert methods(bench.receive(response(invite, 200, body=OFFER))) == ["ACK"]
    assert len(bench.media.remotes) == 1
    bench.pass_s(70)
    assert not bench.agent.layer.busy
    assert bench.clock.pending == 0


def test_9_1_a_reinvite_that_nobody_answers_is_forgotten_with_its_call(bench: Bench) -> None:
    call = bench.talk()
    invite = asked(bench, call, Direction.SENDONLY)
    bench.receive(response(invite, 100))
    bye = request("BYE", branch="b", to_tag=call.local_tag, cseq=2)
    assert bench.codes(bye) == [200]
    assert bench.agent.layer.busy
    bench.pass_s(70)
    assert not bench.agent.layer.busy


def test_a_wish_for_a_call_that_is_over_does_nothing(bench: Bench) -> None:
    call = bench.talk()
    call.hang_up()
    bench.wire.clear()
    call.reoffer(Direction.SENDONLY)
    assert bench.wire == []


def test_hold_by_the_bench_is_the_same_for_a_call_of_ours(bench: Bench) -> None:
    call = ours(bench)
    bench.wire.clear()
    held = request(
        "INVITE", branch="h", to_tag=call.local_tag, from_tag="callee", call_id=call.call_id, cseq=7, body=HELD
    )
    answered = bench.receive(held)
    assert codes(answered) == [200]
    assert isinstance(answered[0], Response)
    assert bench.media.remotes[-1][1] == replace(bench.media.remotes[-1][1], receives=False, sends=True)
