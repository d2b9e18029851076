"""Reliable provisional answers, clause by clause (RFC 3262), as the callee and as the caller."""

from __future__ import annotations

import pytest
from sipmessage import Request, Response

from app.telephony.call_states import CallState
from app.telephony.calls import Call
from app.telephony.errors import BadMessage
from app.telephony.reliable import RAck
from app.telephony.sdp import parse
from tests.unit.telephony.peer import OFFER, Bench, codes, methods, request, response

INSISTS = "Require: 100rel"
ANSWER = OFFER.replace("0 8 101", "8 101")


@pytest.fixture
def bench() -> Bench:
    return Bench()


def ringing(bench: Bench, *, body: str = OFFER) -> tuple[Call, Response]:
    """A call of theirs that insists on reliable answers, and our 180."""
    call = bench.arrive(request("INVITE", body=body, extra=[INSISTS]))
    bench.wire.clear()
    call.ring()
    rang = bench.sent()[0]
    assert isinstance(rang, Response)
    return call, rang


def prack(call: Call, rang: Response, *, branch: str = "p", cseq: int = 2, body: str = "", by: int = 0) -> str:
    rack = f"RAck: {int(rang.headers['RSeq']) + by} 1 INVITE"
    return request("PRACK", branch=branch, to_tag=call.local_tag, cseq=cseq, body=body, extra=[rack])


def test_7_2_rack_is_read_as_it_is_written() -> None:
    assert RAck.parse("776656 1 INVITE") == RAck(776656, 1, "INVITE")
    assert str(RAck(776656, 1, "INVITE")) == "776656 1 INVITE"
    for wrong in ("", "1 INVITE", "1 1", "-1 1 INVITE", "1 1 INVITE more", "12345678901 1 INVITE"):
        with pytest.raises(BadMessage):
            RAck.parse(wrong)


# -- 3: as the callee


def test_3_a_caller_who_insists_gets_a_numbered_180(bench: Bench) -> None:
    _, rang = ringing(bench)
    assert rang.code == 180
    assert rang.headers["Require"] == "100rel"
    assert 1 <= int(rang.headers["RSeq"]) < 2**31
    assert rang.headers["Contact"] == "<sip:line@127.0.0.2:5060>"


def test_3_a_caller_who_only_supports_it_gets_a_plain_180(bench: Bench) -> None:
    bench.arrive(request("INVITE", body=OFFER, extra=["Supported: 100rel"])).ring()
    rang = bench.sent()[-1]
    assert rang.headers.get("RSeq") is None
    assert codes(bench.pass_s(5)) == []


def test_3_it_is_sent_again_twice_as_late_each_time_until_its_prack(bench: Bench) -> None:
    call, rang = ringing(bench)
    assert codes(bench.pass_s(3.6)) == [180, 180, 180]  # after 0.5, 1.5 and 3.5 s
    assert codes(bench.pass_s(3.8)) == []
    assert bench.codes(prack(call, rang)) == [200]
    assert bench.pass_s(60) == []
    assert call.state is CallState.RINGING


def test_3_without_a_prack_the_call_is_refused(bench: Bench) -> None:
    ringing(bench)
    sent = bench.pass_s(32.2)
    assert codes(sent)[-2:] == [504, 504] or 504 in codes(sent)
    assert bench.told.heard[-2:] == [("ended", 504), ("gone",)]


@pytest.mark.parametrize("by", [-1, 1])
def test_3_a_prack_of_nothing_of_ours_is_481(bench: Bench, by: int) -> None:
    call, rang = ringing(bench)
    assert bench.codes(prack(call, rang, by=by)) == [481]
    assert bench.codes(prack(call, rang, branch="q", cseq=3)) == [200]
    assert bench.codes(prack(call, rang, branch="r", cseq=4)) == [481]


def test_3_a_200_does_not_wait_for_the_prack_of_an_answer_that_describes_nothing(bench: Bench) -> None:
    call, rang = ringing(bench)
    bench.wire.clear()
    call.answer()
    assert codes(bench.sent()) == [200]
    assert 180 not in codes(bench.pass_s(1.2))
    assert bench.codes(prack(call, rang)) == [200], "and its PRACK is still taken"


def test_3_a_cancelled_call_repeats_nothing(bench: Bench) -> None:
    call, _ = ringing(bench)
    assert bench.codes(request("CANCEL")) == [200, 487]
    bench.receive(request("ACK", to_tag=call.local_tag))
    assert bench.pass_s(60) == []


# -- 5: offers and answers


def test_5_without_an_offer_the_first_reliable_answer_brings_ours(bench: Bench) -> None:
    call, rang = ringing(bench, body="")
    assert parse(rang.body).streams[0].port == 42000
    bench.wire.clear()
    call.answer()
    assert bench.wire == [], "3: no 200 before the PRACK of an answer with a description"
    sent = bench.receive(prack(call, rang, body=ANSWER))
    assert codes(sent) == [200, 200]
    assert sent[1].body == b"", "and what is settled is not said again"
    remote = bench.media.remotes[-1][1]
    assert (remote.codec, remote.early) == ("PCMA", False)
    bench.receive(request("ACK", branch="a", to_tag=call.local_tag))
    assert call.state is CallState.UP


def test_5_sound_may_flow_early_and_is_no_loss_before_the_answer(bench: Bench) -> None:
    call, rang = ringing(bench, body="")
    bench.receive(prack(call, rang, body=ANSWER))
    assert bench.media.remotes[-1][1].early
    moved = request("UPDATE", branch="u", to_tag=call.local_tag, cseq=3, body=OFFER.replace("40000", "40020"))
    assert bench.codes(moved) == [200], "RFC 3311: an early dialog whose offer is answered may change"
    assert bench.media.remotes[-1][1].port == 40020


@pytest.mark.parametrize("body", ["", "nonsense", OFFER.replace("0 8 101", "18")])
def test_5_a_prack_without_a_usable_answer_changes_nothing(bench: Bench, body: str) -> None:
    call, rang = ringing(bench, body="")
    assert bench.codes(prack(call, rang, body=body))[0] in (400, 488)
    assert call.state is CallState.RINGING
    assert bench.media.remotes == []


def test_5_a_prack_may_not_offer_before_the_answer(bench: Bench) -> None:
    call, rang = ringing(bench)
    sent = bench.receive(prack(call, rang, body=OFFER))
    assert codes(sent) == [500]


def test_5_no_port_for_the_offer_is_503(bench: Bench) -> None:
    bench = Bench(ports=())
    call = bench.arrive(request("INVITE", extra=[INSISTS]))
    call.ring()
    sent = bench.sent()
    assert codes(sent) == [100, 503]
    assert sent[1].headers["Retry-After"]


# -- 4: as the caller


def dialled(bench: Bench) -> Request:
    bench.dial()
    invite = bench.sent()[0]
    assert isinstance(invite, Request)
    return invite


def reliable(invite: Request, rseq: int | str, *, code: int = 180, tag: str = "callee", body: str = "") -> str:
    return response(invite, code, tag=tag, body=body, extra=["Require: 100rel", f"RSeq: {rseq}"])


def test_4_our_invite_supports_it(bench: Bench) -> None:
    assert "100rel" in dialled(bench).headers["Supported"]


def test_4_a_reliable_answer_gets_its_prack_in_its_own_early_dialog(bench: Bench) -> None:
    invite = dialled(bench)
    sent = bench.receive(reliable(invite, 17))
    assert methods(sent) == ["PRACK"]
    number = invite.headers["CSeq"].split()[0]
    assert sent[0].headers["RAck"] == f"17 {number} INVITE"
    assert sent[0].headers["CSeq"] == f"{int(number) + 1} PRACK"
    assert sent[0].headers["To"].endswith(";tag=callee")
    fork = bench.receive(reliable(invite, 400, tag="fork"))
    assert methods(fork) == ["PRACK"]
    assert fork[0].headers["To"].endswith(";tag=fork")
    assert fork[0].headers["CSeq"] == f"{int(number) + 1} PRACK", "each dialog counts for itself"
    assert bench.told.heard == [("ringing",), ("ringing",)]


def test_4_repeated_and_late_numbers_are_passed_over(bench: Bench) -> None:
    invite = dialled(bench)
    prack = bench.receive(reliable(invite, 17))[0]
    assert isinstance(prack, Request)
    bench.receive(response(prack, 200))
    assert bench.receive(reliable(invite, 17)) == []
    assert bench.receive(reliable(invite, 19, code=183, body=ANSWER)) == []
    assert bench.media.remotes == []
    assert methods(bench.receive(reliable(invite, 18, code=183, body=ANSWER))) == ["PRACK"]
    assert len(bench.media.remotes) == 1


@pytest.mark.parametrize("rseq", ["0", "soon", "4294967296", "-1"])
def test_4_a_number_that_is_none_makes_a_plain_answer(bench: Bench, rseq: str) -> None:
    assert methods(bench.receive(reliable(dialled(bench), rseq))) == []
    assert bench.told.heard == [("ringing",)]


def test_4_the_invites_numbers_go_on_after_a_prack(bench: Bench) -> None:
    invite = dialled(bench)
    prack = bench.receive(reliable(invite, 1))[0]
    assert isinstance(prack, Request)
    bench.receive(response(prack, 200))
    ack = bench.receive(response(invite, 200, body=ANSWER))[0]
    assert ack.headers["CSeq"].split()[0] == invite.headers["CSeq"].split()[0]
    bench.wire.clear()
    bench.agent.calls[0].hang_up()
    assert int(bench.sent()[0].headers["CSeq"].split()[0]) == int(prack.headers["CSeq"].split()[0]) + 1


def test_rfc3261_13_2_1_a_reliable_answer_is_the_answer(bench: Bench) -> None:
    invite = dialled(bench)
    bench.receive(reliable(invite, 1, code=183, body=ANSWER))
    bench.receive(response(invite, 200, body=ANSWER.replace("40000", "49000")))
    assert {remote.port for _, remote in bench.media.remotes} == {40000}
    assert not bench.media.remotes[-1][1].early


def test_rfc3311_an_update_of_theirs_in_an_early_dialog(bench: Bench) -> None:
    invite = dialled(bench)
    call = bench.agent.calls[0]

    def update(cseq: int) -> str:
        return request(
            "UPDATE",
            branch=f"u{cseq}",
            to_tag=call.local_tag,
            from_tag="callee",
            call_id=call.call_id,
            cseq=cseq,
            body=ANSWER.replace("40000", "40400"),
        )

    bench.receive(response(invite, 183, body=ANSWER))
    assert bench.codes(update(1)) == [491], "our offer is not answered for good"
    bench.receive(reliable(invite, 1, code=183, body=ANSWER))
    assert bench.codes(update(2)) == [200]
    assert (bench.media.remotes[-1][1].port, bench.media.remotes[-1][1].early) == (40400, True)
    bench.receive(response(invite, 200))
    assert (bench.media.remotes[-1][1].port, bench.media.remotes[-1][1].early) == (40400, False)


def test_9_1_an_abandoned_call_still_acknowledges_what_is_reliable(bench: Bench) -> None:
    invite = dialled(bench)
    bench.agent.calls[0].hang_up()
    assert methods(bench.receive(reliable(invite, 1))) == ["PRACK", "CANCEL"]
