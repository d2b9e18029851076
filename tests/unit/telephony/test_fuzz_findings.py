"""What scripts/fuzz_line.py found, one plain test each."""

from __future__ import annotations

import gc
from types import FrameType, TracebackType

import pytest
from sipmessage import Request

from app.telephony.limits import Limits
from app.telephony.session_timers import SessionTimer, Terms
from tests.unit.telephony.peer import Bench, VirtualClock, methods, request, response


def test_9_1_a_reliable_answer_without_a_contact_still_lets_the_call_be_cancelled() -> None:
    """It was thrown away whole: the INVITE was no more repeated, nor timed out, nor could it be cancelled."""
    bench = Bench()
    call = bench.dial()
    invite = bench.sent()[0]
    assert isinstance(invite, Request)
    rang = response(invite, 180, extra=["Require: 100rel", "RSeq: 1"])
    bench.receive(rang.replace("Contact: <sip:op@127.0.0.1:5090>\r\n", ""))
    bench.wire.clear()
    call.hang_up()
    assert methods(bench.sent()) == ["CANCEL"]
    bench.pass_s(70)
    assert bench.agent.calls == []
    assert bench.agent.layer.empty


def test_15_1_2_an_ack_that_a_bye_has_overtaken_is_nothing() -> None:
    """An ACK under the branch of its INVITE raised IllegalTransition."""
    bench = Bench()
    call = bench.arrive()
    call.answer()
    bench.receive(request("BYE", branch="two", cseq=2, to_tag=call.local_tag))
    assert bench.agent.calls == []
    assert bench.receive(request("ACK", to_tag=call.local_tag)) == []


@pytest.mark.parametrize(
    ("old", "new"), [("Via: SIP/2.0/UDP 127", "Via: <>"), ("<sip:+79170000000@127.0.0.1>", "; ;")]
)
def test_what_cannot_be_read_is_not_kept(old: str, new: str) -> None:
    """sipmessage raises one and the same ValueError, and its traceback grew by each unreadable datagram."""
    text = request("OPTIONS").replace(old, new)
    bench = Bench()

    def frames() -> int:
        gc.collect()
        return sum(isinstance(one, FrameType | TracebackType) for one in gc.get_objects())

    bench.receive_raw(text)
    before = frames()
    for _ in range(50):
        bench.receive_raw(text)
    assert frames() <= before + 5


def test_rfc4028_10_a_refused_change_leaves_no_second_clock() -> None:
    """Found by the call machine: the refresh's own timer was left running, and fired into a call that was over."""
    clock = VirtualClock()
    due: list[float] = []
    timer = SessionTimer(clock, Limits(), lambda: due.append(clock.now_s), lambda: None)
    timer.agree(Terms(1800, ours=True))
    clock.pass_s(10)
    timer.refused()
    clock.pass_s(31)
    assert due == [40]
    timer.stop()
    assert clock.pending == 0
    clock.pass_s(2000)
    assert due == [40]
