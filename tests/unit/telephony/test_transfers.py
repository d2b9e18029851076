"""Transfers that telephones ask for, message by message: RFC 3515, RFC 4488, RFC 5589."""

from __future__ import annotations

import pytest
from sipmessage import Request, Response

from app.telephony.outbound_calls import OutboundCall
from app.telephony.refer_in import DECISION_S
from app.telephony.wire import Hop
from tests.unit.telephony.peer import CALLER, OFFER, Bench, codes, methods, request, response

TARGET = "Refer-To: <sip:petrova@127.0.0.1>"
PREMIUM = Hop("UDP", "127.0.0.9", 5060)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def telephone(bench: Bench, *, may_refer: bool = True) -> OutboundCall:
    """A call of ours to a telephone, answered."""
    call = bench.dial(may_refer=may_refer)
    invite = next(one for one in bench.sent() if isinstance(one, Request))
    bench.receive(response(invite, 200, body=OFFER))
    bench.told.heard.clear()
    return call


def refer(call: OutboundCall, *headers: str, cseq: int = 1) -> str:
    return within("REFER", call, *(headers or [TARGET]), cseq=cseq)


def within(method: str, call: OutboundCall, *headers: str, cseq: int) -> str:
    """The telephone's request within the dialog."""
    return request(
        method,
        branch=f"r{cseq}",
        cseq=cseq,
        extra=headers,
        to_tag=call.local_tag,
        from_tag="callee",
        call_id=call.call_id,
    )


def notified(sent: list[Request | Response]) -> list[tuple[str, str, bytes]]:
    return [
        (one.headers["Event"], one.headers["Subscription-State"], one.body)
        for one in sent
        if isinstance(one, Request) and one.method == "NOTIFY"
    ]


TRYING = ("refer", "active;expires=30", b"SIP/2.0 100 Trying\r\n")
ENDED = "terminated;reason=noresource"


def test_rfc3515_2_4_202_a_first_notify_and_the_application_is_asked(bench: Bench) -> None:
    call = telephone(bench)
    sent = bench.receive(refer(call))
    assert codes(sent) == [202]
    assert notified(sent) == [TRYING]
    assert sent[1].headers["Content-Type"] == "message/sipfrag;version=2.0"
    assert sent[1].headers["Contact"] == "<sip:line@127.0.0.2:5060>"
    assert bench.wire[1][1] == CALLER
    assert bench.told.heard == [("transfer_asked", "petrova")]


@pytest.mark.parametrize(
    ("accepted", "fragment"), [(True, b"SIP/2.0 200 OK\r\n"), (False, b"SIP/2.0 603 Declined\r\n")]
)
def test_rfc3515_2_4_7_the_last_notify_tells_and_ends_the_subscription(
    bench: Bench, accepted: bool, fragment: bytes
) -> None:
    call = telephone(bench)
    bench.receive(refer(call))
    bench.wire.clear()
    call.transfers.answer(accepted=accepted)
    call.transfers.answer(accepted=not accepted)
    assert notified(bench.sent()) == [("refer", ENDED, fragment)]


def test_an_application_that_does_not_answer_is_503_in_time(bench: Bench) -> None:
    call = telephone(bench)
    first = bench.receive(refer(call))[1]
    assert isinstance(first, Request)
    bench.receive(response(first, 200))
    assert notified(bench.pass_s(DECISION_S - 0.5)) == []
    last = bench.pass_s(0.5)
    assert notified(last) == [("refer", ENDED, b"SIP/2.0 503 Service Unavailable\r\n")]
    assert isinstance(last[0], Request)
    bench.receive(response(last[0], 200))
    call.transfers.answer(accepted=True)
    assert bench.pass_s(60) == []


def test_rfc3515_2_4_6_one_at_a_time_and_a_later_one_is_named_by_its_cseq(bench: Bench) -> None:
    call = telephone(bench)
    bench.receive(refer(call))
    assert bench.codes(refer(call, cseq=2)) == [491]
    call.transfers.answer(accepted=False)
    assert notified(bench.receive(refer(call, cseq=3)))[0][0] == "refer;id=3"
    assert bench.told.heard == [("transfer_asked", "petrova")] * 2


def test_17_2_2_a_repeated_refer_asks_once(bench: Bench) -> None:
    call = telephone(bench)
    bench.receive(refer(call))
    assert bench.codes(refer(call)) == [202]
    assert bench.told.heard == [("transfer_asked", "petrova")]


def test_rfc4488_4_no_subscription_where_none_is_wanted(bench: Bench) -> None:
    call = telephone(bench)
    sent = bench.receive(refer(call, TARGET, "Refer-Sub: false", "Require: norefersub"))
    assert codes(sent) == [202]
    assert sent[0].headers["Refer-Sub"] == "false"
    assert methods(sent) == []
    bench.wire.clear()
    call.transfers.answer(accepted=True)
    assert bench.sent() == []
    assert bench.told.heard == [("transfer_asked", "petrova")]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (["Subject: nobody"], 400),
        ([TARGET, TARGET], 400),
        (["Refer-To: <sip:petrova@127.0.0.1;method=MESSAGE>"], 400),
        (["Refer-To: <http://127.0.0.1/>"], 400),
        (["Refer-To: <sip:127.0.0.1>"], 603),
        (["Refer-To: <sip:x@127.0.0.1?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>"], 603),
    ],
)
def test_rfc3515_2_4_2_what_cannot_be_asked(bench: Bench, headers: list[str], code: int) -> None:
    call = telephone(bench)
    assert bench.codes(refer(call, *headers)) == [code]
    assert bench.told.heard == []
    assert not call.transfers.pending


def test_rfc5057_4_2_the_subscription_outlives_the_call(bench: Bench) -> None:
    call = telephone(bench)
    bench.receive(refer(call))
    assert bench.codes(within("BYE", call, cseq=2)) == [200]
    bench.wire.clear()
    call.transfers.answer(accepted=True)
    assert notified(bench.sent()) == [("refer", ENDED, b"SIP/2.0 200 OK\r\n")]


def test_a_notify_that_nobody_answers_hurts_nothing(bench: Bench) -> None:
    call = telephone(bench)
    bench.receive(refer(call))
    bench.pass_s(100)
    bench.wire.clear()
    call.hang_up()
    assert methods(bench.sent()) == ["BYE"]


# -- RFC 5589 7: the other call is one of ours


def replaces(call_id: str, to_tag: str, from_tag: str) -> str:
    return f"Refer-To: <sip:line@127.0.0.2?Replaces={call_id}%3Bto-tag%3D{to_tag}%3Bfrom-tag%3D{from_tag}>"


def test_rfc5589_7_a_call_of_ours_stands_for_whom_it_is_with(bench: Bench) -> None:
    other = bench.talk()
    call = telephone(bench)
    assert bench.codes(refer(call, replaces("call-1", other.local_tag, "caller"))) == [202]
    assert bench.told.heard == [("transfer_asked", "245022")]


@pytest.mark.parametrize(
    ("call_id", "tag"), [("call-2", "caller"), ("call-1", "another"), ("own", "callee"), ("ended", "caller")]
)
def test_rfc5589_7_no_other_call_is_603(bench: Bench, call_id: str, tag: str) -> None:
    other = bench.talk()
    call = telephone(bench)
    named = replaces(call_id, other.local_tag, tag)
    if call_id == "own":
        named = replaces(call.call_id, call.local_tag, tag)
    if call_id == "ended":
        other.hang_up()
        named = replaces("call-1", other.local_tag, tag)
    assert bench.codes(refer(call, named)) == [603]
    assert ("transfer_asked", "245022") not in bench.told.heard


# -- toll fraud: who may not ask, and that nothing is ever called


def test_who_calls_the_line_may_not_ask(bench: Bench) -> None:
    call = bench.talk()
    sent = bench.receive(request("REFER", branch="r", to_tag=call.local_tag, cseq=2, extra=[TARGET]))
    assert (codes(sent), methods(sent)) == ([603], [])
    assert bench.told.heard[1:] == []


def test_who_was_called_through_a_trunk_may_not_ask(bench: Bench) -> None:
    call = telephone(bench, may_refer=False)
    assert bench.codes(refer(call)) == [603]
    assert bench.told.heard == []


def test_nobody_may_ask_outside_a_call_or_before_one(bench: Bench) -> None:
    assert bench.codes(request("REFER", extra=[TARGET])) == [603]
    assert bench.codes(request("REFER", branch="u", to_tag="unknown", extra=[TARGET])) == [481]
    call = bench.dial(may_refer=True)
    bench.receive(response(next(one for one in bench.sent() if isinstance(one, Request)), 180))
    assert bench.codes(refer(call)) == [603]
    assert bench.told.heard == [("ringing",)]


def test_nothing_is_called_because_of_a_refer(bench: Bench) -> None:
    """Whatever it names and whatever is answered: no INVITE, and nothing to any address but the telephone's."""
    for number, target in enumerate(
        (
            f"<sip:+79001234567@{PREMIUM.host}:{PREMIUM.port}>",
            f"<sip:1@{PREMIUM.host};transport=tcp?Route=%3Csip%3A127.0.0.9%3Blr%3E>",
            "<tel:+79001234567>",
        )
    ):
        call = bench.agent.calls[0] if bench.agent.calls else telephone(bench)
        assert isinstance(call, OutboundCall)
        went = list(bench.wire)
        bench.receive(refer(call, f"Refer-To: {target}", cseq=number + 1))
        went += bench.wire
        bench.wire.clear()
        call.transfers.answer(accepted=True)
        bench.clock.pass_s(200)
        went += bench.wire
        assert {hop for _, hop in went} == {CALLER}
        assert not any(data.startswith(b"INVITE") for data, _ in went)
    assert len(bench.agent.calls) == 1


# -- NOTIFY that nothing asked for


@pytest.mark.parametrize(
    ("event", "code"), [("Event: message-summary", 489), ("Subject: none", 489), ("Event: refer", 481)]
)
def test_rfc6665_4_1_3_a_notify_of_no_subscription(bench: Bench, event: str, code: int) -> None:
    headers = [event, "Subscription-State: active"]
    outside = bench.receive(request("NOTIFY", extra=headers))
    call = bench.talk(request("INVITE", branch="i", call_id="call-2", body=OFFER))
    notify = request("NOTIFY", branch="n", to_tag=call.local_tag, call_id="call-2", cseq=2, extra=headers)
    inside = bench.receive(notify)
    assert codes(outside) == codes(inside) == [code]
    if code == 489:
        assert outside[0].headers["Allow-Events"] == inside[0].headers["Allow-Events"] == "refer"


def test_allow_and_supported_say_so(bench: Bench) -> None:
    sent = bench.receive(request("OPTIONS"))
    assert {"REFER", "NOTIFY"} <= set(sent[0].headers["Allow"].split(", "))
    assert {"replaces", "norefersub"} <= set(sent[0].headers["Supported"].split(", "))
