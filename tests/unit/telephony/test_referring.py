"""Transfers that we ask of a PBX: REFER out and the NOTIFYs that follow it (RFC 3515, RFC 6665, RFC 5589)."""

from __future__ import annotations

from itertools import count

import pytest
from sipmessage import Request

from app.telephony.calls import Call
from app.telephony.digest import Authenticator
from app.telephony.errors import IllegalTransition
from app.telephony.refer_forms import ReferTo
from app.telephony.refer_out import FOLLOWED_S, REFER, ReferEvent, ReferState, refer_step
from app.telephony.transfers import refer, to_replace
from tests.unit.telephony.peer import OFFER, Bench, codes, methods, request, response

TO_1203 = ReferTo.parse("<sip:1203@127.0.0.1>")


@pytest.fixture
def bench() -> Bench:
    return Bench()


class Asked:
    """A call of theirs that we want handed on, and what was told of it."""

    def __init__(self, bench: Bench) -> None:
        self.told: list[bool] = []
        self.bench = bench
        self.call = bench.talk()
        self._numbers = count(2)
        bench.wire.clear()
        assert refer(self.call, TO_1203, self.told.append)
        self.request = self.last()

    def last(self) -> Request:
        return next(one for one in reversed(self.bench.sent()) if isinstance(one, Request))

    def answered(self, code: int, *extra: str) -> None:
        self.bench.receive(response(self.request, code, extra=extra))

    def notify(
        self, fragment: str, state: str, event: str = "refer", kind: str = "message/sipfrag", number: int = 0
    ) -> list[int]:
        number = number or next(self._numbers)
        return self.bench.codes(
            request(
                "NOTIFY",
                branch=f"n{number}",
                to_tag=self.call.local_tag,
                cseq=number,
                body=fragment,
                kind=kind,
                extra=[f"Event: {event}", f"Subscription-State: {state}"],
            )
        )


@pytest.fixture
def asked(bench: Bench) -> Asked:
    return Asked(bench)


@pytest.mark.parametrize("state", list(ReferState))
@pytest.mark.parametrize("event", list(ReferEvent))
def test_every_state_and_event(state: ReferState, event: ReferEvent) -> None:
    if (state, event) in REFER:
        after, actions = refer_step(state, event)
        assert len(actions) <= 1
        assert after is ReferState.DONE or not actions, "what is told is told at the end"
        assert state is not ReferState.DONE or not actions, "and once"
    else:
        with pytest.raises(IllegalTransition):
            refer_step(state, event)


def test_rfc3515_2_4_1_one_refer_to_within_the_dialog(asked: Asked) -> None:
    assert asked.request.method == "REFER"
    assert asked.request.headers.getlist("Refer-To") == ["<sip:1203@127.0.0.1>"]
    assert asked.request.headers["Contact"] == "<sip:line@127.0.0.2:5060>"
    assert asked.request.headers["Referred-By"] == "<sip:245022@127.0.0.2>"
    assert f";tag={asked.call.local_tag}" in asked.request.headers["From"]


def test_rfc3515_2_4_5_followed_until_the_call_is_taken(asked: Asked) -> None:
    asked.answered(202)
    assert asked.notify("SIP/2.0 100 Trying", "active;expires=60") == [200]
    assert asked.notify("SIP/2.0 180 Ringing", "active;expires=59") == [200]
    assert asked.told == []
    assert asked.notify("SIP/2.0 200 OK", "terminated;reason=noresource") == [200]
    assert asked.told == [True]


@pytest.mark.parametrize(
    ("fragment", "state"),
    [
        ("SIP/2.0 486 Busy Here", "terminated;reason=noresource"),
        ("SIP/2.0 603 Declined", "active;expires=10"),
        ("SIP/2.0 180 Ringing", "terminated;reason=timeout"),
        ("", "terminated;reason=rejected"),
    ],
)
def test_rfc3515_2_4_5_a_call_that_was_not_taken(asked: Asked, fragment: str, state: str) -> None:
    asked.answered(202)
    assert asked.notify(fragment, state) == [200]
    assert asked.told == [False]
    assert asked.notify("SIP/2.0 200 OK", "terminated") == [200], "what comes later changes nothing"
    assert asked.told == [False]
    assert refer(asked.call, TO_1203, asked.told.append), "and it may be asked again"


@pytest.mark.parametrize("code", [405, 420, 481, 603, 503])
def test_rfc3515_2_4_3_refused(asked: Asked, code: int) -> None:
    asked.answered(code)
    assert asked.told == [False]


def test_8_1_3_1_a_refer_that_nobody_answers(asked: Asked) -> None:
    asked.bench.pass_s(33)
    assert asked.told == [False]


def test_rfc6665_4_1_2_4_a_notify_that_overtakes_the_answer(asked: Asked) -> None:
    assert asked.notify("SIP/2.0 200 OK", "terminated;reason=noresource") == [200]
    asked.answered(202)
    assert asked.told == [True]


def test_a_pbx_that_never_tells_is_waited_for_in_bounds(asked: Asked) -> None:
    asked.answered(202)
    asked.notify("SIP/2.0 100 Trying", "active")
    asked.bench.pass_s(FOLLOWED_S)
    assert asked.told == [False]


def test_one_at_a_time(asked: Asked) -> None:
    asked.bench.wire.clear()
    assert not refer(asked.call, TO_1203, asked.told.append)
    assert asked.bench.wire == []


@pytest.mark.parametrize("ours", [True, False])
def test_a_leg_that_ends_first_tells_no_more_and_leaves_no_timer(asked: Asked, ours: bool) -> None:
    asked.answered(202)
    if ours:
        asked.call.hang_up()
    else:
        asked.bench.receive(request("BYE", branch="b", to_tag=asked.call.local_tag, cseq=9))
    asked.bench.pass_s(40)
    assert asked.bench.clock.pending == 0, "the end of the transactions, long before that of the waiting"
    assert asked.told == []


def test_rfc3515_2_4_6_an_id_is_the_cseq_of_the_refer(asked: Asked) -> None:
    asked.answered(202)
    cseq = int(asked.request.headers["CSeq"].split()[0])
    for strange in (f"refer;id={cseq + 1}", f"refer;id={cseq - 1}", "refer;id=x", "refer;id=" + "9" * 40):
        assert asked.notify("SIP/2.0 200 OK", "terminated", strange) == [481]
    assert asked.told == []
    assert asked.notify("SIP/2.0 200 OK", "terminated", f"refer;id={cseq}") == [200]
    assert asked.told == [True]


@pytest.mark.parametrize(
    ("fragment", "state", "event", "kind", "code"),
    [
        ("SIP/2.0 200 OK", "terminated", "presence", "message/sipfrag", 489),
        ("SIP/2.0 200 OK", "terminated", "a b", "message/sipfrag", 400),
        ("SIP/2.0 200 OK", ";;", "refer", "message/sipfrag", 400),
        ("SIP/2.0 200 OK", "terminated", "refer", "text/plain", 415),
        ("nonsense", "terminated", "refer", "message/sipfrag", 400),
        ("SIP/2.0 999 x", "terminated", "refer", "message/sipfrag", 400),
    ],
)
def test_a_notify_that_cannot_be_read_changes_nothing(
    asked: Asked, fragment: str, state: str, event: str, kind: str, code: int
) -> None:
    asked.answered(202)
    assert asked.notify(fragment, state, event, kind) == [code]
    assert asked.told == []


def test_12_2_2_an_old_notify_is_out_of_order(asked: Asked) -> None:
    asked.answered(202)
    asked.notify("SIP/2.0 100 Trying", "active", number=7)
    assert asked.notify("SIP/2.0 200 OK", "terminated", number=6) == [500]
    assert asked.told == []


def test_22_2_a_pbx_that_asks_who_we_are(bench: Bench) -> None:
    told: list[bool] = []
    call = bench.dial(Authenticator("line", "secret"))
    invite = next(one for one in bench.sent() if isinstance(one, Request))
    bench.receive(response(invite, 200, body=OFFER))
    bench.wire.clear()
    assert refer(call, TO_1203, told.append)
    first = bench.sent()[0]
    assert isinstance(first, Request)
    challenge = 'Proxy-Authenticate: Digest realm="r", nonce="n", qop="auth"'
    again = bench.receive(response(first, 407, extra=[challenge]))
    assert methods(again) == ["REFER"]
    assert again[0].headers["Proxy-Authorization"].startswith("Digest ")
    assert isinstance(again[0], Request)
    bench.receive(response(again[0], 202))
    cseq = again[0].headers["CSeq"].split()[0]
    notify = request(
        "NOTIFY",
        to_tag=call.local_tag,
        from_tag="callee",
        call_id=call.call_id,
        body="SIP/2.0 200 OK",
        kind="message/sipfrag",
        extra=[f"Event: refer;id={cseq}", "Subscription-State: terminated"],
    )
    assert bench.codes(notify) == [200]
    assert told == [True]


def test_rfc5589_7_to_take_the_place_of_another_leg(bench: Bench) -> None:
    call = bench.dial()
    assert to_replace(call) is None, "not before it is up"
    invite = next(one for one in bench.sent() if isinstance(one, Request))
    bench.receive(response(invite, 200, body=OFFER))
    named = to_replace(call)
    assert named is not None
    value = f"{call.call_id}%3Bto-tag%3Dcallee%3Bfrom-tag%3D{call.local_tag}"
    assert str(named) == f"<sip:op@127.0.0.1:5090?Replaces={value}>"


def test_only_a_call_that_is_up_is_handed_on(bench: Bench) -> None:
    ringing: Call = bench.arrive()
    told: list[bool] = []
    assert not refer(ringing, TO_1203, told.append)
    assert codes(bench.sent()) == [100]
