"""An INVITE that takes the place of a call (RFC 3891), message by message."""

from __future__ import annotations

import pytest
from sipmessage import Request

from app.telephony.call_states import CallState
from app.telephony.calls import Call
from app.telephony.gate import Admitted, Load, OpenGate, Verdict
from app.telephony.replacing import MOST_REMEMBERED
from app.telephony.sdp import parse
from app.telephony.wire import Hop, ReceivedRequest
from tests.unit.telephony.peer import CALLER, OFFER, Bench, codes, methods, request, response

PBX = Hop("UDP", "127.0.0.7", 5060)
MOVED = OFFER.replace("40000", "40100").replace("127.0.0.1", "127.0.0.7")


@pytest.fixture
def bench() -> Bench:
    return Bench()


class Suspicious(OpenGate):
    """Lets everybody in and believes nobody; `login` proved who it is."""

    def __init__(self, login: str) -> None:
        self.login = login

    def judge(self, request: ReceivedRequest, load: Load) -> Verdict:
        return Admitted(login=self.login, trusted=False)


def replacing(call: Call, *extra: str, from_tag: str = "caller", body: str = MOVED, early: bool = False) -> str:
    named = f"Replaces: {call.call_id};from-tag={from_tag};to-tag={call.local_tag}" + (
        ";early-only" if early else ""
    )
    headers = [named, *extra]
    invite = request("INVITE", branch="pbx", call_id="pbx-1", from_tag="pbx", body=body, extra=headers)
    return invite.replace("caller@127.0.0.1:5090", "pbx@127.0.0.7:5060")


def test_rfc3891_3_the_leg_goes_on_in_the_new_dialog(bench: Bench) -> None:
    old = bench.talk()
    bench.told.heard.clear()
    sent = bench.receive(replacing(old, "Require: replaces"), PBX)
    assert (codes(sent), methods(sent)) == ([200], ["BYE"])
    assert [hop for _, hop in bench.wire] == [PBX, CALLER]
    new = bench.told.arrived[-1]
    assert new.leg == old.leg
    assert bench.told.heard == [("replaced",), ("gone",)], "the application hears nothing of it"
    assert parse(sent[0].body).streams[0].port == 42000, "the leg keeps its port"
    assert "replaces" in sent[0].headers["Supported"]
    assert bench.media.closed == []
    assert [(leg, remote.host, remote.port) for leg, remote in bench.media.remotes[1:]] == [
        (old.leg, "127.0.0.7", 40100)
    ]
    ack = request("ACK", branch="a", call_id="pbx-1", from_tag="pbx", to_tag=new.local_tag)
    bench.receive(ack, PBX)
    assert new.state is CallState.UP
    assert bench.agent.calls == [new]
    bye = request("BYE", branch="b", cseq=2, call_id="pbx-1", from_tag="pbx", to_tag=new.local_tag)
    assert bench.codes(bye, PBX) == [200]
    assert bench.told.heard[2:] == [("ended", 200), ("gone",)]
    assert bench.media.closed == [old.leg]


def test_rfc3891_3_a_call_of_ours_is_replaced_too(bench: Bench) -> None:
    old = bench.dial(may_refer=True)
    invite = next(one for one in bench.sent() if isinstance(one, Request))
    bench.receive(response(invite, 200, body=OFFER))
    sent = bench.receive(replacing(old, from_tag="callee"), PBX)
    assert (codes(sent), methods(sent)) == ([200], ["BYE"])
    new = bench.told.arrived[-1]
    assert new.leg == old.leg
    assert not new.transfers.may_ask


def test_15_the_bye_waits_for_the_ack_of_the_old_dialog(bench: Bench) -> None:
    old = bench.arrive()
    old.answer()
    sent = bench.receive(replacing(old), PBX)
    assert (codes(sent), methods(sent)) == ([200], [])
    assert methods(bench.receive(request("ACK", branch="a", to_tag=old.local_tag))) == ["BYE"]
    assert bench.media.closed == []
    assert bench.agent.calls == [bench.told.arrived[-1]]


def test_13_2_1_a_late_offer(bench: Bench) -> None:
    old = bench.talk()
    sent = bench.receive(replacing(old, body=""), PBX)
    assert parse(sent[0].body).streams[0].port == 42000
    new = bench.told.arrived[-1]
    ack = request("ACK", branch="a", call_id="pbx-1", from_tag="pbx", to_tag=new.local_tag, body=MOVED)
    bench.receive(ack, PBX)
    assert bench.media.remotes[-1][1].port == 40100


def test_a_new_dialog_that_nobody_acknowledges_ends_the_leg(bench: Bench) -> None:
    old = bench.talk()
    bench.receive(replacing(old), PBX)
    bench.told.heard.clear()
    assert "BYE" in methods(bench.pass_s(33))
    assert bench.told.heard == [("ended", 408), ("gone",)]
    assert bench.media.closed == [old.leg]


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Replaces: call-2;to-tag={tag};from-tag=caller", 481),
        ("Replaces: call-1;to-tag=unknown;from-tag=caller", 481),
        ("Replaces: call-1;to-tag={tag};from-tag=another", 481),
        ("Replaces: call-1;to-tag=caller;from-tag={tag}", 481),
        ("Replaces: call-1;to-tag={tag}", 400),
        ("Replaces: call-1;to-tag={tag};from-tag=caller;early-only", 486),
    ],
)
def test_rfc3891_3_what_is_refused_leaves_the_call_as_it_was(bench: Bench, header: str, code: int) -> None:
    old = bench.talk()
    bench.told.heard.clear()
    named = header.format(tag=old.local_tag)
    invite = request("INVITE", branch="pbx", call_id="pbx-1", from_tag="pbx", body=MOVED, extra=[named])
    assert bench.codes(invite, PBX) == [code]
    assert old.state is CallState.UP
    assert bench.agent.calls == [old]
    assert bench.told.heard == []
    assert len(bench.media.remotes) == 1


def test_rfc3891_3_two_headers_are_400(bench: Bench) -> None:
    old = bench.talk()
    assert bench.codes(replacing(old, "Replaces: x;to-tag=1;from-tag=2"), PBX) == [400]
    assert old.state is CallState.UP


def test_rfc3891_3_in_another_request_it_is_400(bench: Bench) -> None:
    assert bench.codes(request("OPTIONS", extra=["Replaces: x;to-tag=1;from-tag=2"])) == [400]


@pytest.mark.parametrize("early", [True, False])
def test_rfc3891_3_a_call_of_ours_that_rings_is_picked_up_elsewhere(bench: Bench, early: bool) -> None:
    old = bench.dial()
    invite = next(one for one in bench.sent() if isinstance(one, Request))
    bench.receive(response(invite, 180))
    sent = bench.receive(replacing(old, from_tag="callee", early=early), PBX)
    assert (codes(sent), methods(sent)) == ([200], ["CANCEL"])
    new = bench.told.arrived[-1]
    assert bench.told.heard == [("ringing",), ("replaced",), ("answered",)]
    bench.receive(request("ACK", branch="a", call_id="pbx-1", from_tag="pbx", to_tag=new.local_tag), PBX)
    bench.receive(response(invite, 487))
    assert bench.agent.calls == [new]
    assert bench.media.closed == []
    assert bench.told.heard[3:] == [("gone",)]


def test_rfc3891_3_an_answer_that_crosses_is_let_go(bench: Bench) -> None:
    old = bench.dial()
    invite = next(one for one in bench.sent() if isinstance(one, Request))
    bench.receive(response(invite, 180))
    bench.receive(replacing(old, from_tag="callee"), PBX)
    assert methods(bench.receive(response(invite, 200, body=OFFER))) == ["ACK", "BYE"]
    assert bench.media.closed == []
    assert [remote.port for _, remote in bench.media.remotes] == [40100]


@pytest.mark.parametrize("early", [True, False])
def test_rfc3891_3_a_call_that_still_rings_is_not_theirs_to_replace(bench: Bench, early: bool) -> None:
    old = bench.arrive()
    old.ring()
    assert bench.codes(replacing(old, early=early), PBX) == [481]
    assert old.state is CallState.RINGING


def test_rfc3891_3_a_dialog_that_is_over_is_603(bench: Bench) -> None:
    old = bench.talk()
    old.hang_up()
    assert bench.codes(replacing(old), PBX) == [603]
    parting = bench.arrive(request("INVITE", branch="p", call_id="call-2", body=OFFER))
    parting.answer()
    parting.hang_up()
    again = replacing(parting).replace("pbx-1", "pbx-2").replace("z9hG4bKpbx", "z9hG4bKpbx2")
    assert bench.codes(again, PBX) == [603]


def test_dialogs_that_are_over_are_forgotten_in_the_end(bench: Bench) -> None:
    old = bench.talk()
    old.hang_up()
    for number in range(MOST_REMEMBERED):
        bench.receive(request("INVITE", branch=f"i{number}", call_id=f"other-{number}", body=OFFER))
        bench.told.arrived[-1].reject(486)
    assert bench.codes(replacing(old), PBX) == [481]


def test_an_offer_that_cannot_be_met_leaves_the_call_as_it_was(bench: Bench) -> None:
    old = bench.talk()
    assert bench.codes(replacing(old, body=MOVED.replace("0 8 101", "18")), PBX) == [488]
    assert old.state is CallState.UP


@pytest.mark.parametrize(("login", "expected"), [("", [403]), ("ivanova", [200])])
def test_rfc3891_7_only_who_is_trusted_may_replace(bench: Bench, login: str, expected: list[int]) -> None:
    old = bench.talk()
    bench.agent.gate = Suspicious(login)
    assert bench.codes(replacing(old), PBX) == expected
    assert old.state is (CallState.UP if expected == [403] else CallState.ENDED)


def test_rfc3891_7_who_is_not_trusted_learns_nothing(bench: Bench) -> None:
    bench.agent.gate = Suspicious("")
    named = ["Replaces: unknown;to-tag=1;from-tag=2"]
    assert bench.codes(request("INVITE", body=MOVED, extra=named), PBX) == [403]
