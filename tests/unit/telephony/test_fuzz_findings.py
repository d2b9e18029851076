"""What scripts/fuzz_line.py found, one plain test each."""

from __future__ import annotations

from sipmessage import Request

from tests.unit.telephony.peer import Bench, methods, request, response


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
