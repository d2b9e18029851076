"""Why calls end (RFC 3326, RFC 6432): read, said, and not believed further than the log."""

from __future__ import annotations

import pytest
from sipmessage import Request
from structlog.testing import capture_logs

from app.telephony.reasons import NO_ANSWER, Reason
from tests.unit.telephony.peer import OFFER, Bench, request, response


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ('SIP ;cause=200 ;text="Call completed elsewhere"', Reason("SIP", 200, "Call completed elsewhere")),
        ('Q.850;cause=16;text="Terminated"', Reason("Q.850", 16, "Terminated")),
        ('Q.850;cause=16, SIP;cause=200;text="x"', Reason("Q.850", 16, "x")),
        ("Q.850", Reason("Q.850")),
        ('SIP;text="a \\"b\\" c"', Reason("SIP", None, 'a "b" c')),
        ("SIP;cause=many", Reason("SIP")),
        (";;;", None),
        ("", None),
    ],
)
def test_2_reasons_as_they_are_read(value: str, reason: Reason | None) -> None:
    assert Reason.parse(value) == reason


@pytest.mark.parametrize("reason", [Reason("SIP", 600, "Busy"), Reason("Q.850"), Reason("X", 1, 'say "no"\\')])
def test_2_a_reason_is_read_as_it_is_written(reason: Reason) -> None:
    assert Reason.parse(str(reason)) == reason


def test_a_reason_that_is_endless_is_cut() -> None:
    assert Reason.parse("SIP;" + "x" * 100_000) == Reason("SIP")
    assert Reason.parse('SIP;text="' + "\\" * 100_000) == Reason("SIP")


def test_2_our_bye_says_why(bench: Bench) -> None:
    bench.talk().hang_up()
    assert bench.sent()[-1].headers["Reason"] == 'Q.850;cause=16;text="Normal call clearing"'


def test_2_our_bye_says_what_went_wrong(bench: Bench) -> None:
    bench.arrive().answer()
    assert bench.pass_s(32.1)[-1].headers["Reason"].startswith("SIP;cause=408")


def test_2_our_cancel_says_why(bench: Bench) -> None:
    call = bench.dial()
    invite = bench.sent()[0]
    assert isinstance(invite, Request)
    bench.receive(response(invite, 180))
    bench.wire.clear()
    call.hang_up(NO_ANSWER)
    assert bench.sent()[0].headers["Reason"] == 'Q.850;cause=19;text="No answer"'


def test_2_the_reason_of_a_cancel_is_kept_and_logged(bench: Bench) -> None:
    call = bench.arrive()
    with capture_logs() as logged:
        bench.receive(request("CANCEL", extra=['Reason: SIP;cause=200;text="Call completed elsewhere"']))
    assert call.reason == Reason("SIP", 200, "Call completed elsewhere")
    told = next(one for one in logged if one["event"] == "call_reason")
    assert (told["by"], told["cause"], told["pd_text"]) == ("SIP", 200, "Call completed elsewhere")


def test_2_the_reason_of_a_bye_is_kept(bench: Bench) -> None:
    call = bench.talk(request("INVITE", body=OFFER))
    bench.receive(request("BYE", branch="b", to_tag=call.local_tag, cseq=2, extra=["Reason: Q.850;cause=41"]))
    assert call.reason == Reason("Q.850", 41)


def test_rfc6432_the_reason_of_a_refusal_is_kept(bench: Bench) -> None:
    call = bench.dial()
    invite = bench.sent()[0]
    assert isinstance(invite, Request)
    bench.receive(response(invite, 480, extra=["Reason: Q.850;cause=20"]))
    assert call.reason == Reason("Q.850", 20)
