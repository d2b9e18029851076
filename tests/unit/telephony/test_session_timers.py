"""Session timers, clause by clause (RFC 4028), as the callee and as the caller."""

from __future__ import annotations

import pytest
from sipmessage import Request, Response

from app.application.ports import LegEnd
from app.telephony.errors import BadMessage, IllegalTransition
from app.telephony.leg_ends import end_of
from app.telephony.limits import Limits
from app.telephony.session_timers import SESSION, SessionEvent, SessionExpires, SessionState, session_step
from tests.unit.telephony.peer import OFFER, Bench, codes, methods, request, response

CAN = "Supported: timer"
ANSWER = OFFER.replace("0 8 101", "8 101")


@pytest.fixture
def bench() -> Bench:
    return Bench()


def answered(bench: Bench, *extra: str) -> Response:
    """The 200 to an INVITE with these headers."""
    bench.talk(request("INVITE", body=OFFER, extra=extra))
    return next(one for one in bench.all_sent() if isinstance(one, Response) and one.code == 200)


def dialled(bench: Bench, *extra: str) -> Request:
    """Our INVITE, once its answer with these headers has come."""
    bench.dial()
    invite = bench.sent()[0]
    assert isinstance(invite, Request)
    bench.receive(response(invite, 200, body=ANSWER, extra=extra))
    return invite


@pytest.mark.parametrize("state", list(SessionState))
@pytest.mark.parametrize("event", list(SessionEvent))
def test_every_state_and_event(state: SessionState, event: SessionEvent) -> None:
    if (state, event) in SESSION:
        assert session_step(state, event)[0] in SessionState
    else:
        with pytest.raises(IllegalTransition):
            session_step(state, event)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("1800", SessionExpires(1800)),
        ("90;refresher=UAC", SessionExpires(90, "uac")),
        ("90 ; x=y ; refresher = uas", SessionExpires(90, "uas")),
        ("90;refresher=nobody", SessionExpires(90)),
    ],
)
def test_4_session_expires(value: str, read: SessionExpires) -> None:
    assert SessionExpires.parse(value) == read
    assert SessionExpires.parse(str(read)) == read


@pytest.mark.parametrize("value", ["", "soon", "-1", "1" * 10, "90,90"])
def test_4_session_expires_that_is_none(value: str) -> None:
    with pytest.raises(BadMessage):
        SessionExpires.parse(value)


def test_5_no_interval_is_below_ninety_seconds() -> None:
    with pytest.raises(ValueError, match="90 seconds"):
        Limits(least_session_s=60)
    with pytest.raises(ValueError, match="90 seconds"):
        Limits(session_s=100, least_session_s=120)


# -- 9: as the callee


@pytest.mark.parametrize(
    ("extra", "expires", "requires"),
    [
        ((), None, None),
        ((CAN,), "1800;refresher=uas", "timer"),
        ((CAN, "Min-SE: 3600"), "3600;refresher=uas", "timer"),
        ((CAN, "Session-Expires: 600"), "600;refresher=uas", "timer"),
        ((CAN, "Session-Expires: 600;refresher=uac"), "600;refresher=uac", "timer"),
        ((CAN, "x: 600;refresher=uac"), "600;refresher=uac", "timer"),
        ((CAN, "Session-Expires: 7200;refresher=uas"), "1800;refresher=uas", "timer"),
        ((CAN, "Session-Expires: 7200", "Min-SE: 3600"), "3600;refresher=uas", "timer"),
        (("Session-Expires: 600;refresher=uac",), "600;refresher=uas", None),
        (("Session-Expires: 60",), None, None),
    ],
)
def test_9_what_the_callee_agrees_to(
    bench: Bench, extra: tuple[str, ...], expires: str | None, requires: str | None
) -> None:
    ok = answered(bench, *extra)
    assert ok.headers.get("Session-Expires") == expires
    assert ok.headers.get("Require") == requires


def test_9_an_interval_that_is_too_short_is_422_with_min_se(bench: Bench) -> None:
    sent = bench.receive(request("INVITE", body=OFFER, extra=[CAN, "Session-Expires: 60"]))
    assert codes(sent) == [422]
    assert sent[0].headers["Min-SE"] == "90"
    assert bench.told.heard == []


def test_10_the_callee_refreshes_at_half_the_interval_by_update_where_it_is_allowed(bench: Bench) -> None:
    answered(bench, CAN, "Session-Expires: 600", "Allow: INVITE, UPDATE")
    assert bench.pass_s(299) == []
    update = bench.pass_s(1.2)[0]
    assert isinstance(update, Request)
    assert (update.method, update.body) == ("UPDATE", b"")
    assert update.headers["Session-Expires"] == "600;refresher=uac"
    bench.receive(response(update, 200, extra=["Session-Expires: 600;refresher=uac", "Require: timer"]))
    assert methods(bench.pass_s(300.2)) == ["UPDATE"]


def test_7_4_without_update_the_refresh_is_a_reinvite_with_the_same_description(bench: Bench) -> None:
    ok = answered(bench, CAN, "Session-Expires: 600")
    invite = bench.pass_s(300.2)[0]
    assert isinstance(invite, Request)
    assert invite.method == "INVITE"
    assert b"m=audio 42000" in invite.body
    assert ok.body.split(b"\r\n")[1].split()[1] == invite.body.split(b"\r\n")[1].split()[1]
    sent = bench.receive(
        response(invite, 200, body=OFFER, extra=["Session-Expires: 600;refresher=uac", "Require: timer"])
    )
    assert methods(sent) == ["ACK"]
    assert methods(bench.pass_s(300.2)) == ["INVITE"]


@pytest.mark.parametrize("code", [405, 501])
def test_an_update_that_is_not_served_after_all_becomes_a_reinvite(bench: Bench, code: int) -> None:
    answered(bench, CAN, "Session-Expires: 600", "Allow: UPDATE")
    update = bench.pass_s(300.2)[0]
    assert isinstance(update, Request)
    assert methods(bench.receive(response(update, code))) == ["INVITE"]


@pytest.mark.parametrize("code", [408, 481])
def test_10_a_refresh_that_finds_nobody_ends_the_call(bench: Bench, code: int) -> None:
    answered(bench, CAN, "Session-Expires: 600", "Allow: UPDATE")
    update = bench.pass_s(300.2)[0]
    assert isinstance(update, Request)
    assert methods(bench.receive(response(update, code))) == ["BYE"]
    assert bench.told.heard[-2:] == [("ended", 408), ("gone",)]


def test_10_a_refresh_that_fails_is_tried_again_until_the_session_expires(bench: Bench) -> None:
    answered(bench, CAN, "Session-Expires: 600", "Allow: UPDATE")
    update = bench.pass_s(300.2)[0]
    assert isinstance(update, Request)
    bench.receive(response(update, 500))
    again = bench.pass_s(30.2)[0]
    assert isinstance(again, Request)
    bench.receive(response(again, 500))
    assert "BYE" in methods(bench.pass_s(600))
    assert bench.told.heard[-2:] == [("ended", 408), ("gone",)]
    bench.pass_s(40)
    assert bench.clock.pending == 0


def test_10_without_a_refresh_the_call_is_ended_before_the_interval_is_over(bench: Bench) -> None:
    answered(bench, CAN, "Session-Expires: 90;refresher=uac")
    assert bench.pass_s(59) == []
    bye = bench.pass_s(1.2)[0]
    assert isinstance(bye, Request)
    assert bye.method == "BYE"
    assert bye.headers["Reason"].startswith("SIP;cause=408")
    assert bench.told.heard[-2:] == [("ended", 408), ("gone",)]
    assert end_of(408, bench.told.arrived[0]) is LegEnd.LOST


@pytest.mark.parametrize("method", ["UPDATE", "INVITE"])
def test_9_their_refresh_winds_the_clock_up(bench: Bench, method: str) -> None:
    answered(bench, CAN, "Session-Expires: 90;refresher=uac")
    bench.pass_s(50)
    call = bench.told.arrived[0]
    body = OFFER if method == "INVITE" else ""
    refresh = request(
        method,
        branch="r",
        to_tag=call.local_tag,
        cseq=2,
        body=body,
        extra=[CAN, "Session-Expires: 90;refresher=uac"],
    )
    sent = bench.receive(refresh)
    assert codes(sent) == [200]
    assert sent[0].headers["Session-Expires"] == "90;refresher=uac"
    assert sent[0].headers["Require"] == "timer"
    bench.receive(request("ACK", branch="ra", to_tag=call.local_tag, cseq=2))
    assert methods(bench.pass_s(50)) == []
    assert methods(bench.pass_s(10.2)) == ["BYE"]


def test_9_a_refresh_that_asks_for_no_timer_ends_it(bench: Bench) -> None:
    answered(bench, CAN, "Session-Expires: 90;refresher=uac")
    call = bench.told.arrived[0]
    assert bench.codes(request("UPDATE", branch="r", to_tag=call.local_tag, cseq=2)) == [200]
    assert bench.pass_s(500) == []


# -- 7: as the caller


def test_7_1_our_invite_asks_for_a_session_interval(bench: Bench) -> None:
    invite = dialled(bench)
    assert "timer" in invite.headers["Supported"]
    assert invite.headers["Session-Expires"] == "1800"
    assert invite.headers.get("Min-SE") is None
    assert bench.pass_s(4000) == [], "and without Session-Expires in the answer there is no timer"


def test_7_3_422_is_tried_again_with_the_interval_it_names(bench: Bench) -> None:
    bench.dial()
    invite = bench.sent()[0]
    assert isinstance(invite, Request)
    sent = bench.receive(response(invite, 422, extra=["Min-SE: 3600"]))
    assert methods(sent) == ["ACK", "INVITE"]
    assert sent[1].headers["Session-Expires"] == "3600"
    assert sent[1].headers["Min-SE"] == "3600"
    assert sent[1].headers["Call-ID"] == invite.headers["Call-ID"]


@pytest.mark.parametrize("least", [[], ["Min-SE: 90"], ["Min-SE: 99999999"], ["Min-SE: soon"]])
def test_7_3_a_422_that_helps_nothing_is_a_refusal(bench: Bench, least: list[str]) -> None:
    bench.dial()
    invite = bench.sent()[0]
    assert isinstance(invite, Request)
    assert methods(bench.receive(response(invite, 422, extra=least))) == ["ACK"]
    assert bench.told.heard == [("ended", 422), ("gone",)]


def test_7_3_422_is_believed_three_times(bench: Bench) -> None:
    bench.dial()
    sent = bench.sent()
    for least in (1900, 2000, 2100, 2200):
        invite = sent[-1]
        assert isinstance(invite, Request)
        sent = bench.receive(response(invite, 422, extra=[f"Min-SE: {least}"]))
    assert bench.told.heard == [("ended", 422), ("gone",)]


def test_7_2_the_answer_says_who_refreshes(bench: Bench) -> None:
    dialled(bench, "Session-Expires: 600;refresher=uac", "Require: timer", "Allow: UPDATE")
    assert methods(bench.pass_s(300.2)) == ["UPDATE"]


def test_7_2_where_the_callee_refreshes_we_wait(bench: Bench) -> None:
    dialled(bench, "Session-Expires: 600;refresher=uas", "Allow: UPDATE")
    assert bench.pass_s(560) == []
    assert methods(bench.pass_s(8.2)) == ["BYE"]


def test_an_answer_cannot_make_us_refresh_all_the_time(bench: Bench) -> None:
    dialled(bench, "Session-Expires: 1;refresher=uac", "Allow: UPDATE")
    assert bench.pass_s(44) == []
    assert methods(bench.pass_s(1.2)) == ["UPDATE"]


def test_our_limits_are_asked_for() -> None:
    bench = Bench(limits=Limits(session_s=600, least_session_s=120))
    invite = dialled(bench)
    assert invite.headers["Session-Expires"] == "600"
    assert invite.headers["Min-SE"] == "120"
    sent = bench.receive(request("INVITE", body=OFFER, extra=[CAN, "Session-Expires: 100"]))
    assert sent[0].headers["Min-SE"] == "120"


def test_a_call_that_ends_has_no_clock_left(bench: Bench) -> None:
    answered(bench, CAN, "Session-Expires: 600", "Allow: UPDATE")
    bench.told.arrived[0].hang_up()
    bye = bench.sent()[-1]
    assert isinstance(bye, Request)
    bench.receive(response(bye, 200))
    bench.pass_s(40)
    assert bench.clock.pending == 0
