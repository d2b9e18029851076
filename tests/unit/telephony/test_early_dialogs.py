"""Forked calls of ours: RFC 3261 12.1.2, 12.2.1, 13.2.2; early media."""

from __future__ import annotations

import pytest
from sipmessage import Request

from app.telephony.call_states import CallState
from app.telephony.early_dialogs import MAX_BRANCHES
from app.telephony.wire import Hop
from tests.unit.telephony.peer import OFFER, Bench, codes, methods, request, response

ANSWER = OFFER.replace("0 8 101", "8 101")
ROUTED = ["Record-Route: <sip:127.0.0.11;lr>", "Record-Route: <sip:127.0.0.12;lr>"]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def dialled(bench: Bench) -> Request:
    bench.dial()
    invite = bench.sent()[0]
    assert isinstance(invite, Request)
    return invite


def test_13_2_2_1_early_media_is_heard_and_answers_nothing(bench: Bench) -> None:
    invite = dialled(bench)
    bench.receive(response(invite, 183, body=ANSWER))
    remote = bench.media.remotes[-1][1]
    assert (remote.port, remote.early) == (40000, True)
    assert bench.told.heard == [("ringing",)]
    assert bench.agent.calls[0].sounds_early
    assert bench.agent.calls[0].state is CallState.EARLY
    bench.receive(response(invite, 200, body=ANSWER))
    assert not bench.media.remotes[-1][1].early
    assert bench.told.heard == [("ringing",), ("answered",)]


def test_rfc3960_3_1_who_only_says_that_it_rings_leaves_it_to_us_to_make_that_heard(bench: Bench) -> None:
    invite = dialled(bench)
    bench.receive(response(invite, 180, body=ANSWER))
    assert bench.media.remotes[-1][1].early
    assert not bench.agent.calls[0].sounds_early


def test_13_2_2_4_the_last_early_description_wins_until_the_answer(bench: Bench) -> None:
    invite = dialled(bench)
    for tag, port in (("a", 40100), ("b", 40200), ("a", 40110)):
        bench.receive(response(invite, 183, tag=tag, body=ANSWER.replace("40000", str(port))))
        assert bench.media.remotes[-1][1].port == port
    bench.receive(response(invite, 200, tag="b"))
    assert bench.media.remotes[-1][1].port == 40200, "that of the branch which answered"
    assert not bench.media.remotes[-1][1].early


def test_13_2_2_4_a_branch_that_described_nothing_does_not_answer_with_anothers(bench: Bench) -> None:
    invite = dialled(bench)
    bench.receive(response(invite, 183, tag="a", body=ANSWER))
    assert methods(bench.receive(response(invite, 200, tag="b"))) == ["ACK", "BYE"]
    assert bench.told.heard[-2:] == [("ended", 488), ("gone",)]


def test_12_1_2_each_branch_has_its_own_route_and_target(bench: Bench) -> None:
    invite = dialled(bench)
    extra = ["Require: 100rel", "RSeq: 1"]
    here = bench.receive(response(invite, 180, tag="a", extra=[*extra, *ROUTED]))[0]
    assert here.headers.getlist("Route") == ["<sip:127.0.0.12;lr>", "<sip:127.0.0.11;lr>"]
    assert bench.wire[0][1] == Hop("UDP", "127.0.0.12", 5060)
    there = response(invite, 180, tag="b", extra=extra).replace("op@127.0.0.1:5090", "op@127.0.0.9:5099")
    other = bench.receive(there)[0]
    assert isinstance(other, Request)
    assert str(other.uri) == "sip:op@127.0.0.9:5099"
    assert bench.wire[0][1] == Hop("UDP", "127.0.0.9", 5099)


def test_13_2_2_4_the_route_set_is_that_of_the_2xx(bench: Bench) -> None:
    invite = dialled(bench)
    bench.receive(response(invite, 180, extra=ROUTED))
    ack = bench.receive(response(invite, 200, body=ANSWER))[0]
    assert ack.headers.getlist("Route") == []
    assert bench.wire[0][1] == Hop("UDP", "127.0.0.1", 5090)


def test_13_2_2_4_the_ack_goes_along_the_route(bench: Bench) -> None:
    invite = dialled(bench)
    ack = bench.receive(response(invite, 200, body=ANSWER, extra=ROUTED))[0]
    assert ack.headers.getlist("Route") == ["<sip:127.0.0.12;lr>", "<sip:127.0.0.11;lr>"]
    assert bench.wire[0][1] == Hop("UDP", "127.0.0.12", 5060)


def test_13_2_2_4_of_two_branches_that_answer_the_second_is_told_why_it_goes(bench: Bench) -> None:
    invite = dialled(bench)
    bench.receive(response(invite, 200, tag="a", body=ANSWER))
    sent = bench.receive(response(invite, 200, tag="b", body=ANSWER))
    assert methods(sent) == ["ACK", "BYE"]
    assert sent[1].headers["Reason"] == 'SIP;cause=200;text="Call completed elsewhere"'
    assert bench.agent.calls[0].state is CallState.UP


def test_15_a_branch_that_rings_cannot_hang_up(bench: Bench) -> None:
    invite = dialled(bench)
    call = bench.agent.calls[0]
    bench.receive(response(invite, 180))

    def within(method: str, branch: str, cseq: int) -> str:
        return request(
            method, branch=branch, to_tag=call.local_tag, from_tag="callee", call_id=call.call_id, cseq=cseq
        )

    assert bench.codes(within("BYE", "b", 1)) == [481]
    assert bench.codes(within("INVITE", "i", 2)) == [491]
    assert bench.codes(within("OPTIONS", "o", 3)) == [200]
    assert bench.codes(within("OPTIONS", "p", 2)) == [500]
    assert call.state is CallState.EARLY


def test_branches_are_bounded(bench: Bench) -> None:
    invite = dialled(bench)
    call = bench.agent.calls[0]
    for number in range(MAX_BRANCHES + 5):
        bench.receive(response(invite, 180, tag=f"t{number}"))
    known = [call.dialog_with(f"t{number}") is not None for number in range(MAX_BRANCHES + 5)]
    assert known == [True] * MAX_BRANCHES + [False] * 5
    late = f"t{MAX_BRANCHES + 1}"
    assert methods(bench.receive(response(invite, 200, tag=late, body=ANSWER))) == ["ACK"]


@pytest.mark.parametrize("body", ["nonsense", OFFER.replace("0 8 101", "18")])
def test_an_early_description_that_cannot_be_used_is_passed_over(bench: Bench, body: str) -> None:
    invite = dialled(bench)
    bench.receive(response(invite, 183, body=body))
    assert bench.media.remotes == []
    bench.receive(response(invite, 200, body=ANSWER))
    assert bench.told.heard == [("ringing",), ("answered",)]


def test_no_sound_is_connected_once_the_call_is_given_up(bench: Bench) -> None:
    invite = dialled(bench)
    bench.agent.calls[0].hang_up()
    bench.receive(response(invite, 183, body=ANSWER))
    assert bench.media.remotes == []


def test_9_1_a_cancelled_invite_without_a_final_answer_is_forgotten(bench: Bench) -> None:
    invite = dialled(bench)
    bench.receive(response(invite, 180))
    bench.wire.clear()
    bench.agent.calls[0].hang_up()
    cancel = bench.sent()[0]
    assert isinstance(cancel, Request)
    bench.receive(response(cancel, 200))
    bench.pass_s(33)
    assert not bench.agent.layer.busy
    assert bench.receive(response(invite, 200, body=ANSWER)) == []
    assert codes(bench.sent()) == []
