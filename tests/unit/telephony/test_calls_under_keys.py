"""Calls with SRTP as the policy wants it (RFC 4568, docs/decisions/0011), through the whole user agent."""

from __future__ import annotations

import pytest
from sipmessage import Request

from app.telephony.errors import NoCommonCodec
from app.telephony.media_policy import MediaPolicy
from app.telephony.sdp import Stream, parse
from app.telephony.srtp import Crypto
from tests.unit.telephony.peer import OFFER, Bench, codes, request, response

KEY = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
OTHER_KEY = "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
UNDER_KEYS = OFFER.replace("RTP/AVP", "RTP/SAVP") + f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\r\n"
OPTIONAL = MediaPolicy(srtp="optional")
REQUIRED = MediaPolicy(srtp="required", keys_in_clear=True)


def stream_of(message: object) -> Stream:
    assert hasattr(message, "body")
    return parse(message.body).streams[0]


@pytest.mark.parametrize(
    ("policy", "offer", "status"),
    [
        (MediaPolicy(), OFFER, 0),
        (MediaPolicy(), UNDER_KEYS, 488),
        (OPTIONAL, OFFER, 0),
        (OPTIONAL, UNDER_KEYS, 0),
        (REQUIRED, OFFER, 488),
        (REQUIRED, UNDER_KEYS, 0),
        (MediaPolicy(srtp="required"), UNDER_KEYS, 488),  # over UDP, where anybody reads the key
    ],
)
def test_who_may_call(policy: MediaPolicy, offer: str, status: int) -> None:
    bench = Bench(policy=policy)
    refused = [code for code in bench.codes(request("INVITE", body=offer)) if code >= 300]
    assert refused == ([status] if status else [])
    assert len(bench.told.arrived) == (0 if status else 1)


def test_answer_and_engine_have_the_same_key() -> None:
    bench = Bench(policy=OPTIONAL)
    call = bench.arrive(request("INVITE", body=UNDER_KEYS))
    bench.wire.clear()
    call.answer()
    sent = Crypto.parse(stream_of(bench.sent()[-1]).cryptos[0])
    remote = bench.media.remotes[-1][1]
    assert remote.srtp_out == sent.keys
    assert remote.srtp_in is not None
    assert remote.srtp_in != sent.keys


def test_a_reinvite_keeps_our_key_while_theirs_stays() -> None:
    bench = Bench(policy=OPTIONAL)
    call = bench.talk(request("INVITE", body=UNDER_KEYS))
    first = bench.media.remotes[-1][1]
    held = UNDER_KEYS.replace("sendrecv", "sendonly")
    bench.receive(request("INVITE", body=held, to_tag=call.local_tag, cseq=2, branch="two"))
    bench.receive(request("ACK", to_tag=call.local_tag, cseq=2, branch="ack2"))
    assert bench.media.remotes[-1][1].srtp_out == first.srtp_out
    moved = UNDER_KEYS.replace(KEY, OTHER_KEY)
    bench.receive(request("INVITE", body=moved, to_tag=call.local_tag, cseq=3, branch="three"))
    assert bench.media.remotes[-1][1].srtp_in != first.srtp_in
    assert bench.media.remotes[-1][1].srtp_out != first.srtp_out


def test_a_late_offer_of_ours_has_keys_where_they_are_required() -> None:
    bench = Bench(policy=REQUIRED)
    call = bench.arrive(request("INVITE"))
    bench.wire.clear()
    call.answer()
    offered = stream_of(bench.sent()[-1])
    assert offered.protocol == "RTP/SAVP"
    bench.receive(request("ACK", to_tag=call.local_tag, branch="ack", body=UNDER_KEYS))
    remote = bench.media.remotes[-1][1]
    assert remote.srtp_out == Crypto.parse(offered.cryptos[0]).keys


def test_a_call_of_ours_under_keys() -> None:
    bench = Bench(policy=REQUIRED)
    bench.dial()
    invite = bench.sent()[0]
    assert isinstance(invite, Request)
    assert stream_of(invite).protocol == "RTP/SAVP"
    bench.receive(response(invite, 200, body=UNDER_KEYS))
    assert ("answered",) in bench.told.heard
    assert bench.media.remotes[-1][1].srtp_out is not None


def test_an_answer_in_the_clear_ends_a_call_under_keys() -> None:
    bench = Bench(policy=REQUIRED)
    bench.dial()
    invite = bench.sent()[0]
    assert isinstance(invite, Request)
    bench.receive(response(invite, 200, body=OFFER))
    assert ("ended", 488) in bench.told.heard
    assert bench.media.remotes == []


def test_no_key_goes_over_signalling_in_the_clear_unless_told() -> None:
    bench = Bench(policy=MediaPolicy(srtp="required"))
    with pytest.raises(NoCommonCodec):
        bench.dial()
    assert codes(bench.sent()) == []
    assert bench.wire == []
    assert bench.agent.calls == []
