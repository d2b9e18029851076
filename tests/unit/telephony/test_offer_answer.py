"""Offer and answer of protected sound, comfort noise and RTCP: RFC 3264, 4568, 3389, 3605, 5761."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.telephony.errors import BadSdp, NoCommonCodec
from app.telephony.media_policy import MediaPolicy, SrtpPolicy
from app.telephony.media_port import RtpRemote
from app.telephony.offer_answer import Agreed, LocalSession, accept, answer, choose
from app.telephony.sdp import SessionDescription, Stream, parse
from app.telephony.srtp import Crypto
from tests.unit.telephony.test_sdp import described

KEY = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
OTHER_KEY = "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
LONG = f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"
SHORT = f"a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:{OTHER_KEY}"
HOST = "127.0.0.5"
OPTIONAL = MediaPolicy(srtp="optional")
REQUIRED = MediaPolicy(srtp="required")


def local(srtp: SrtpPolicy = "off") -> LocalSession:
    return LocalSession("127.0.0.2", 42000, 7, policy=MediaPolicy(srtp=srtp))


def chosen(*lines: str, policy: MediaPolicy = OPTIONAL, current: RtpRemote | None = None) -> Agreed:
    return choose(parse(described(*lines)), HOST, policy, current)


def answered(*lines: str, policy: MediaPolicy = OPTIONAL) -> Stream:
    offer = parse(described(*lines))
    body = answer(offer, choose(offer, HOST, policy), local()).serialise()
    return next(stream for stream in parse(body).streams if stream.port)


# -- keys (RFC 4568)


def test_rfc4568_5_1_2_an_answer_has_the_tag_and_suite_and_a_key_of_its_own() -> None:
    stream = answered("m=audio 4000 RTP/SAVP 8", LONG, SHORT)
    ours = Crypto.parse(stream.cryptos[0])
    assert stream.protocol == "RTP/SAVP"
    assert len(stream.cryptos) == 1
    assert (ours.tag, ours.keys.suite) == (1, "AES_CM_128_HMAC_SHA1_80")
    assert ours.keys.master != Crypto.parse(LONG.removeprefix("a=crypto:")).keys.master


def test_rfc4568_6_1_each_side_says_with_what_it_sends() -> None:
    offer = parse(described("m=audio 4000 RTP/SAVP 8", "a=crypto:9 NEW_SUITE inline:x", SHORT))
    agreed = choose(offer, HOST, OPTIONAL)
    sent = Crypto.parse(answer(offer, agreed, local()).streams[0].cryptos[0])
    assert agreed.remote.srtp_in == Crypto.parse(SHORT.removeprefix("a=crypto:")).keys
    assert agreed.remote.srtp_out == sent.keys
    assert (sent.tag, sent.keys.suite) == (2, "AES_CM_128_HMAC_SHA1_32")


@pytest.mark.parametrize(
    ("policy", "lines", "secured"),
    [
        ("off", ("m=audio 4000 RTP/AVP 8",), False),
        ("off", ("m=audio 4000 RTP/AVP 8", LONG), False),
        ("off", ("m=audio 4000 RTP/SAVP 8", LONG, "m=audio 4002 RTP/AVP 8"), False),
        ("optional", ("m=audio 4000 RTP/AVP 8",), False),
        ("optional", ("m=audio 4000 RTP/SAVP 8", LONG, "m=audio 4002 RTP/AVP 8"), True),
        ("optional", ("m=audio 4000 RTP/SAVP 8", "m=audio 4002 RTP/AVP 8"), False),
        ("required", ("m=audio 4002 RTP/AVP 8", "m=audio 4000 RTP/SAVP 8", LONG), True),
        ("off", ("m=audio 4000 RTP/SAVP 8", LONG), None),
        ("optional", ("m=audio 4000 RTP/SAVP 8",), None),
        ("optional", ("m=audio 4000 RTP/SAVP 8", f"{LONG} UNENCRYPTED_SRTP"), None),
        ("optional", ("m=audio 4000 UDP/TLS/RTP/SAVPF 8", LONG), None),
        ("required", ("m=audio 4000 RTP/AVP 8",), None),
        ("required", ("m=audio 4000 RTP/AVP 8", LONG), None),
    ],
)
def test_the_policy_decides(policy: SrtpPolicy, lines: tuple[str, ...], secured: bool | None) -> None:
    if secured is None:
        with pytest.raises(NoCommonCodec):
            chosen(*lines, policy=MediaPolicy(srtp=policy))
        return
    remote = chosen(*lines, policy=MediaPolicy(srtp=policy)).remote
    assert (remote.srtp_in is not None, remote.srtp_out is not None) == (secured, secured)


@pytest.mark.parametrize("protocol", ["RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF"])
def test_rfc3264_6_the_answer_has_the_offers_protocol(protocol: str) -> None:
    assert answered(f"m=audio 4000 {protocol} 8", LONG).protocol == protocol


def test_rfc4568_5_1_1_required_is_offered_as_savp() -> None:
    offer = local("required").offer().streams[0]
    assert (offer.protocol, len(offer.cryptos)) == ("RTP/SAVP", 1)
    for plain in (local("off"), local("optional")):
        assert (plain.offer().streams[0].protocol, plain.offer().streams[0].cryptos) == ("RTP/AVP", ())


def test_rfc4568_5_1_3_our_offer_is_answered_with_keys() -> None:
    ours = local("required")
    remote = accept(parse(described("m=audio 4000 RTP/SAVP 8", LONG)), HOST, ours)
    assert remote.srtp_in == Crypto.parse(LONG.removeprefix("a=crypto:")).keys
    assert remote.srtp_out == Crypto.parse(ours.offer().streams[0].cryptos[0]).keys


@pytest.mark.parametrize(
    "lines",
    [
        ("m=audio 4000 RTP/AVP 8",),
        ("m=audio 4000 RTP/SAVP 8",),
        ("m=audio 4000 RTP/SAVP 8", LONG.replace(":1", ":3")),
        ("m=audio 4000 RTP/SAVP 8", LONG.replace("_80", "_32")),
        ("m=audio 0 RTP/SAVP 8", LONG),
    ],
)
def test_rfc4568_5_1_3_no_answer_takes_the_keys_away(lines: tuple[str, ...]) -> None:
    with pytest.raises(NoCommonCodec):
        accept(parse(described(*lines)), HOST, local("required"))


def test_an_offer_in_the_clear_is_not_answered_with_keys() -> None:
    with pytest.raises(NoCommonCodec):
        accept(parse(described("m=audio 4000 RTP/SAVP 8", LONG)), HOST, local("optional"))


def test_rfc4568_5_1_4_keys_stay_while_theirs_do() -> None:
    lines = ("m=audio 4000 RTP/SAVP 8", LONG)
    first = chosen(*lines).remote
    assert chosen(*lines, current=first).remote == first
    assert chosen("m=audio 4002 RTP/SAVP 8", LONG, current=first).remote.srtp_out == first.srtp_out
    moved = chosen("m=audio 4000 RTP/SAVP 8", LONG.replace(KEY, OTHER_KEY), current=first).remote
    assert moved.srtp_out is not None
    assert moved.srtp_out != first.srtp_out


def test_rfc3264_8_3_2_our_own_offer_later_keeps_numbers_and_keys() -> None:
    lines = ("a=rtpmap:97 PCMU/8000", "a=rtpmap:99 telephone-event/8000", LONG)
    current = chosen("m=audio 4000 RTP/SAVP 8 97 99", *lines, policy=MediaPolicy(("PCMU",), "optional")).remote
    stream = local("optional").offer(current).streams[0]
    assert stream.protocol == "RTP/SAVP"
    assert [form.payload_type for form in stream.formats] == ["97", "8", "9", "13", "99"]
    assert Crypto.parse(stream.cryptos[0]).keys == current.srtp_out
    again = accept(parse(described("m=audio 4000 RTP/SAVP 97 99", *lines)), HOST, local("optional"), current)
    assert again == replace(current, comfort_noise=False)


def test_keys_are_never_shown() -> None:
    offer = parse(described("m=audio 4000 RTP/SAVP 8", LONG))
    agreed = choose(offer, HOST, OPTIONAL)
    ours = local("required")
    assert agreed.remote.srtp_out is not None
    for shown in (offer, agreed, agreed.remote, ours, ours.offer(), answer(offer, agreed, ours)):
        assert KEY not in repr(shown)
        for master in (agreed.remote.srtp_out.master, ours.master):
            assert repr(master)[2:-1] not in repr(shown)


def test_round_trip_of_everything() -> None:
    stream = replace(
        local("required").offer().streams[0], rtcp_port=5, rtcp_host="::1", rtcp_mux=True, reports=False
    )
    description: SessionDescription = local().describe((stream,))
    assert parse(description.serialise()) == description


# -- codecs and comfort noise


def test_our_offer_is_in_the_order_of_the_policy() -> None:
    stream = LocalSession("127.0.0.2", 42000, policy=MediaPolicy(("PCMU", "PCMA"))).offer().streams[0]
    assert [form.payload_type for form in stream.formats] == ["0", "8", "13", "101"]


def test_rfc3551_4_5_2_g722_is_known_by_its_number_and_by_its_name() -> None:
    for lines in (("m=audio 4000 RTP/AVP 9 8",), ("m=audio 4000 RTP/AVP 9 8", "a=rtpmap:9 G722/8000")):
        remote = chosen(*lines).remote
        assert (remote.codec, remote.payload_type) == ("G722", 9)
    named = chosen("m=audio 4000 RTP/AVP 100", "a=rtpmap:100 g722/8000/1").remote
    assert (named.codec, named.payload_type) == ("G722", 100)
    with pytest.raises(NoCommonCodec):
        chosen("m=audio 4000 RTP/AVP 100", "a=rtpmap:100 G722/16000")


def test_a_codec_outside_of_the_policy_is_not_ours() -> None:
    assert chosen("m=audio 4000 RTP/AVP 8 0", policy=MediaPolicy(("PCMU",))).remote.codec == "PCMU"


def test_rfc3389_4_comfort_noise_is_agreed_where_offered() -> None:
    assert [form.payload_type for form in answered("m=audio 4000 RTP/AVP 8 13").formats] == ["8", "13"]
    assert chosen("m=audio 4000 RTP/AVP 8 13").remote.comfort_noise
    assert not chosen("m=audio 4000 RTP/AVP 8").remote.comfort_noise
    assert not chosen("m=audio 4000 RTP/AVP 8 98", "a=rtpmap:98 CN/16000").remote.comfort_noise
    assert not chosen("m=audio 4000 RTP/AVP 8 98", "a=rtpmap:98 CN/8000").remote.comfort_noise


def test_rfc3264_6_1_numbers_of_the_offer_stay() -> None:
    stream = answered("m=audio 4000 RTP/AVP 96 97", "a=rtpmap:96 PCMA/8000", "a=rtpmap:97 telephone-event/8000")
    assert [form.payload_type for form in stream.formats] == ["96", "97"]


# -- RTCP


@pytest.mark.parametrize(
    ("lines", "port"),
    [
        (("m=audio 4000 RTP/AVP 8",), 4001),  # RFC 3550 11
        (("m=audio 65535 RTP/AVP 8",), 0),
        (("m=audio 4000 RTP/AVP 8", "a=rtcp:5003"), 5003),  # RFC 3605 2.1
        (("m=audio 4000 RTP/AVP 8", "a=rtcp:5003 IN IP4 127.0.0.1"), 5003),
        (("m=audio 4000 RTP/AVP 8", "a=rtcp:5003 IN IP4 127.0.0.9"), 0),
        (("m=audio 4000 RTP/AVP 8", "a=rtcp:5003 IN IP4 pbx.example.org"), 0),
        (("m=audio 4000 RTP/AVP 8", "a=rtcp:70000"), 4001),
        (("m=audio 4000 RTP/AVP 8", "a=rtcp:x"), 4001),
        (("m=audio 4000 RTP/AVP 8", "b=RS:0", "b=RR:0"), 0),  # RFC 3556 2
        (("m=audio 4000 RTP/AVP 8", "b=RR:0"), 4001),
        (("m=audio 4000 RTP/AVP 8", "a=rtcp-mux"), 4000),  # RFC 5761 5.1.1
    ],
)
def test_where_reports_go(lines: tuple[str, ...], port: int) -> None:
    assert chosen(*lines).remote.rtcp_port == port


def test_rfc5761_5_1_1_multiplexing_is_answered_where_offered_only() -> None:
    assert answered("m=audio 4000 RTP/AVP 8", "a=rtcp-mux").rtcp_mux
    assert not answered("m=audio 4000 RTP/AVP 8").rtcp_mux
    accepted = accept(parse(described("m=audio 4000 RTP/AVP 8", "a=rtcp-mux")), HOST)
    assert accepted.rtcp_port == 4001


def test_rfc5761_4_numbers_that_look_like_reports_are_not_multiplexed() -> None:
    lines = ("m=audio 4000 RTP/AVP 72", "a=rtpmap:72 PCMA/8000", "a=rtcp-mux")
    assert not answered(*lines).rtcp_mux
    assert chosen(*lines).remote.rtcp_port == 4001


@pytest.mark.parametrize("number_of_streams", [0, 2])
def test_rfc3264_6_an_answer_has_as_many_streams(number_of_streams: int) -> None:
    with pytest.raises(BadSdp):
        accept(parse(described(*["m=audio 4000 RTP/AVP 8"] * number_of_streams)), HOST, local())
