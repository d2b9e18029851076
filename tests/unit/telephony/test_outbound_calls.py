"""Calls of ours, message by message under a virtual clock: RFC 3261 9.1, 13.2, 14.2, 22."""

from __future__ import annotations

import pytest
from sipmessage import Request

from app.application.ports import LegEnd
from app.telephony.call_states import CALL, CallEvent, CallState, call_step, possible
from app.telephony.digest import Authenticator
from app.telephony.errors import IllegalTransition
from app.telephony.leg_ends import end_of
from app.telephony.media_port import NoPortFree
from app.telephony.outbound_calls import OutboundCall
from app.telephony.sdp import parse
from tests.unit.telephony.peer import CALLER, OFFER, Bench, codes, methods, request, response

CHALLENGE = 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"'
ANSWER = OFFER.replace("0 8 101", "8 101")


@pytest.fixture
def bench() -> Bench:
    return Bench()


def invite_of(bench: Bench) -> Request:
    return next(one for one in bench.sent() if isinstance(one, Request) and one.method == "INVITE")


def dialled(bench: Bench) -> tuple[OutboundCall, Request]:
    call = bench.dial()
    return call, invite_of(bench)


def talking(bench: Bench) -> tuple[OutboundCall, Request]:
    call, invite = dialled(bench)
    bench.receive(response(invite, 200, body=ANSWER))
    return call, invite


@pytest.mark.parametrize("state", list(CallState))
@pytest.mark.parametrize("event", list(CallEvent))
def test_every_state_and_event(state: CallState, event: CallEvent) -> None:
    if (state, event) in CALL:
        after, _ = call_step(state, event)
        assert possible(state, event)
        assert state is not CallState.ENDED, "what has ended stays so"
        assert after in CallState
    else:
        with pytest.raises(IllegalTransition):
            call_step(state, event)


@pytest.mark.parametrize("state", [state for state in CallState if state is not CallState.ENDED])
def test_whatever_the_state_a_call_can_be_hung_up(state: CallState) -> None:
    waiting_for_their_answer = {CallState.PARTING, CallState.ABANDONED, CallState.CANCELLING}
    assert possible(state, CallEvent.HANG_UP) or state in waiting_for_their_answer


def test_13_2_1_an_invite_with_an_offer(bench: Bench) -> None:
    _, invite = dialled(bench)
    assert str(invite.uri) == "sip:op@127.0.0.1:5090"
    assert invite.headers["Contact"] == "<sip:line@127.0.0.2:5060>"
    assert ";rport" in invite.headers["Via"]
    assert parse(invite.body).streams[0].port == 42000


def test_13_2_2_4_ringing_answer_and_ack(bench: Bench) -> None:
    call, invite = dialled(bench)
    bench.receive(response(invite, 100))
    bench.receive(response(invite, 180))
    sent = bench.receive(response(invite, 200, body=ANSWER))
    assert methods(sent) == ["ACK"]
    assert bench.wire[0][1] == CALLER
    assert sent[0].headers["CSeq"].split()[0] == invite.headers["CSeq"].split()[0]
    assert sent[0].headers["Via"] != invite.headers["Via"]
    assert bench.told.heard == [("ringing",), ("answered",)]
    assert bench.media.remotes == [(call.leg, bench.media.remotes[0][1])]
    assert bench.media.remotes[0][1].codec == "PCMA"


def test_13_2_2_4_a_repeated_answer_gets_its_ack_again(bench: Bench) -> None:
    _, invite = talking(bench)
    assert methods(bench.receive(response(invite, 200, body=ANSWER))) == ["ACK"]
    assert bench.told.heard == [("answered",)]


def test_13_2_2_4_another_branch_that_answers_is_let_go(bench: Bench) -> None:
    _, invite = talking(bench)
    sent = bench.receive(response(invite, 200, tag="fork", body=ANSWER))
    assert methods(sent) == ["ACK", "BYE"]
    assert all(one.headers["To"].endswith("tag=fork") for one in sent)
    assert bench.told.heard == [("answered",)]


@pytest.mark.parametrize("body", ["", OFFER.replace("0 8 101", "18"), "nonsense"])
def test_an_answer_we_cannot_speak_with_is_acknowledged_and_left(bench: Bench, body: str) -> None:
    _, invite = dialled(bench)
    assert methods(bench.receive(response(invite, 200, body=body))) == ["ACK", "BYE"]
    assert bench.told.heard == [("ended", 488), ("gone",)]


def test_the_description_may_have_come_with_the_ringing(bench: Bench) -> None:
    _, invite = dialled(bench)
    bench.receive(response(invite, 183, body=ANSWER))
    bench.receive(response(invite, 200))
    assert bench.told.heard == [("ringing",), ("answered",)]


@pytest.mark.parametrize(
    ("code", "end"),
    [
        (486, LegEnd.BUSY),
        (600, LegEnd.BUSY),
        (408, LegEnd.NO_ANSWER),
        (480, LegEnd.NO_ANSWER),
        (487, LegEnd.NO_ANSWER),
        (403, LegEnd.REFUSED),
        (404, LegEnd.REFUSED),
        (603, LegEnd.REFUSED),
        (302, LegEnd.REFUSED),
        (488, LegEnd.FAILED),
        (500, LegEnd.FAILED),
        (503, LegEnd.FAILED),
    ],
)
def test_refusals_by_their_status(bench: Bench, code: int, end: LegEnd) -> None:
    call, invite = dialled(bench)
    contact = ["Contact: <sip:premium@127.0.0.9>"] if code == 302 else []
    sent = bench.receive(response(invite, code, extra=contact))
    assert methods(sent) == ["ACK"], "and a redirection is not followed"
    assert bench.told.heard == [("ended", code), ("gone",)]
    assert end_of(code, call) is end


def test_17_1_1_2_nobody_there(bench: Bench) -> None:
    bench.dial()
    bench.pass_s(33)
    assert bench.told.heard == [("ended", 408), ("gone",)]


def test_no_port_free_sends_nothing() -> None:
    bench = Bench(ports=())
    with pytest.raises(NoPortFree):
        bench.dial()
    assert bench.wire == []
    assert bench.agent.calls == []


# -- 9.1: CANCEL


def test_9_1_cancel_after_a_provisional_answer(bench: Bench) -> None:
    call, invite = dialled(bench)
    bench.receive(response(invite, 180))
    bench.wire.clear()
    call.hang_up()
    sent = bench.sent()
    assert methods(sent) == ["CANCEL"]
    assert sent[0].headers["Via"] == invite.headers["Via"]
    assert methods(bench.receive(response(invite, 487))) == ["ACK"]
    assert bench.told.heard == [("ringing",), ("gone",)]


def test_9_1_cancel_waits_for_a_provisional_answer(bench: Bench) -> None:
    call, invite = dialled(bench)
    bench.wire.clear()
    call.hang_up()
    assert bench.wire == []
    assert methods(bench.receive(response(invite, 100))) == ["CANCEL"]


def test_9_1_cancel_that_crosses_the_answer(bench: Bench) -> None:
    call, invite = dialled(bench)
    bench.receive(response(invite, 180))
    call.hang_up()
    assert methods(bench.receive(response(invite, 200, body=ANSWER))) == ["ACK", "BYE"]
    assert bench.told.heard == [("ringing",), ("gone",)]
    assert bench.media.remotes == []


def test_9_1_cancel_that_nobody_answers(bench: Bench) -> None:
    call, invite = dialled(bench)
    bench.receive(response(invite, 180))
    call.hang_up()
    bench.pass_s(33)
    assert bench.told.heard[-1] == ("gone",)


# -- within the dialog


def test_15_1_2_their_bye(bench: Bench) -> None:
    call, invite = talking(bench)
    bye = request("BYE", to_tag=call.local_tag, from_tag="callee", call_id=call.call_id, cseq=9, branch="theirs")
    assert codes(bench.receive(bye)) == [200]
    assert bench.told.heard == [("answered",), ("ended", 200), ("gone",)]
    assert invite.headers["Call-ID"] == call.call_id


def test_14_2_an_invite_that_meets_ours_is_491(bench: Bench) -> None:
    call, _ = dialled(bench)
    glare = request("INVITE", to_tag=call.local_tag, from_tag="callee", call_id=call.call_id, body=OFFER)
    assert bench.codes(glare) == [491]
    assert bench.told.arrived == []


# -- 22: who we are


def test_22_2_a_challenge_is_answered_with_the_next_number(bench: Bench) -> None:
    bench.dial(Authenticator("u", "p"))
    first = invite_of(bench)
    sent = bench.receive(response(first, 401, extra=[CHALLENGE]))
    assert methods(sent) == ["ACK", "INVITE"]
    second = sent[1]
    assert int(second.headers["CSeq"].split()[0]) == int(first.headers["CSeq"].split()[0]) + 1
    assert second.headers["Call-ID"] == first.headers["Call-ID"]
    assert second.headers["From"] == first.headers["From"]
    assert second.headers["Authorization"].startswith('Digest username="u"')
    assert isinstance(second, Request)
    sent = bench.receive(response(second, 200, body=ANSWER))
    assert methods(sent) == ["ACK"]
    assert sent[0].headers["Authorization"] == second.headers["Authorization"]
    assert bench.told.heard == [("answered",)]


def test_22_2_a_wrong_password_ends_the_call(bench: Bench) -> None:
    bench.dial(Authenticator("u", "p"))
    sent = bench.receive(response(invite_of(bench), 401, extra=[CHALLENGE]))
    second = sent[1]
    assert isinstance(second, Request)
    bench.receive(response(second, 401, extra=[CHALLENGE]))
    assert bench.told.heard == [("ended", 401), ("gone",)]


def test_22_2_without_an_account_a_challenge_is_a_refusal(bench: Bench) -> None:
    _, invite = dialled(bench)
    bench.receive(response(invite, 407, extra=[CHALLENGE.replace("WWW", "Proxy")]))
    assert bench.told.heard == [("ended", 407), ("gone",)]


def test_22_3_a_proxy_may_ask_for_the_bye_too(bench: Bench) -> None:
    call = bench.dial(Authenticator("u", "p"))
    bench.receive(response(invite_of(bench), 200, body=ANSWER))
    bench.wire.clear()
    call.hang_up()
    bye = bench.sent()[0]
    assert isinstance(bye, Request)
    sent = bench.receive(response(bye, 407, extra=[CHALLENGE.replace("WWW-Auth", "Proxy-Auth")]))
    assert methods(sent) == ["BYE"]
    assert sent[0].headers["Proxy-Authorization"].startswith("Digest ")
