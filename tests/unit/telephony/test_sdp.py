"""Session descriptions: RFC 8866, and offer and answer by RFC 3264."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telephony.errors import BadSdp, NoCommonCodec
from app.telephony.offer_answer import ANSWERING, LocalSession, accept, answer, choose
from app.telephony.sdp import Direction, parse

LOCAL = LocalSession("127.0.0.2", 42000, 7)


def described(*lines: str, host: str | None = "127.0.0.1") -> bytes:
    head = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", *([f"c=IN IP4 {host}"] if host else []), "t=0 0"]
    return ("\r\n".join([*head, *lines]) + "\r\n").encode()


def test_round_trip() -> None:
    offer = LOCAL.offer()
    assert parse(offer.serialise()) == offer


def test_own_offer_is_what_a_telephone_speaks() -> None:
    assert LOCAL.offer().serialise() == (
        b"v=0\r\no=- 7 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
        b"m=audio 42000 RTP/AVP 8 0 9 13 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
        b"a=rtpmap:9 G722/8000\r\na=rtpmap:13 CN/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
        b"a=ptime:20\r\na=sendrecv\r\n"
    )


def test_5_7_the_streams_own_connection_wins() -> None:
    offer = parse(described("m=audio 4000 RTP/AVP 8", "c=IN IP4 127.0.0.9"))
    assert choose(offer, "127.0.0.5").remote.host == "127.0.0.9"


def test_5_7_a_connection_only_in_the_stream() -> None:
    offer = parse(described("m=audio 4000 RTP/AVP 8", "c=IN IP6 ::1", host=None))
    assert choose(offer, "127.0.0.5").remote.host == "::1"


def test_5_7_no_connection_at_all_is_an_error() -> None:
    with pytest.raises(BadSdp):
        choose(parse(described("m=audio 4000 RTP/AVP 8", host=None)), "127.0.0.5")


@pytest.mark.parametrize("host", ["pbx.example.org", "224.0.1.1", "255.255.255.255", "fe80::1%eth0"])
def test_names_and_groups_are_never_sent_to(host: str) -> None:
    offer = parse(described("m=audio 4000 RTP/AVP 8", host=host))
    assert choose(offer, "127.0.0.5").remote.host == "127.0.0.5"


def test_6_7_direction_of_the_session_holds_for_its_streams() -> None:
    offer = parse(described("a=inactive", "m=audio 4000 RTP/AVP 8", "m=audio 4002 RTP/AVP 8", "a=sendonly"))
    assert [stream.direction for stream in offer.streams] == [Direction.INACTIVE, Direction.SENDONLY]


def test_rfc3551_static_types_need_no_rtpmap() -> None:
    chosen = choose(parse(described("m=audio 4000 RTP/AVP 18 0 8")), "127.0.0.5")
    assert (chosen.remote.codec, chosen.remote.payload_type) == ("PCMU", 0)


def test_rfc3264_6_1_the_offerers_order_decides() -> None:
    assert choose(parse(described("m=audio 4000 RTP/AVP 8 0")), "127.0.0.5").remote.codec == "PCMA"


def test_dynamic_types_are_taken_as_numbered() -> None:
    offer = parse(
        described("m=audio 4000 RTP/AVP 97 98", "a=rtpmap:97 pcma/8000/1", "a=rtpmap:98 telephone-event/8000")
    )
    remote = choose(offer, "127.0.0.5").remote
    assert (remote.codec, remote.payload_type, remote.event_payload_type) == ("PCMA", 97, 98)


def test_wide_band_is_another_codec() -> None:
    with pytest.raises(NoCommonCodec):
        choose(parse(described("m=audio 4000 RTP/AVP 97", "a=rtpmap:97 PCMA/16000")), "127.0.0.5")


def test_telephone_event_of_another_clock_is_not_ours() -> None:
    offer = parse(described("m=audio 4000 RTP/AVP 8 101", "a=rtpmap:101 telephone-event/48000"))
    assert choose(offer, "127.0.0.5").remote.event_payload_type is None


@pytest.mark.parametrize(
    "lines",
    [
        ("m=audio 4000 RTP/AVP 18",),
        ("m=audio 0 RTP/AVP 8",),
        ("m=audio 4000 RTP/SAVP 8",),
        ("m=video 4000 RTP/AVP 8",),
        (),
    ],
)
def test_nothing_in_common(lines: tuple[str, ...]) -> None:
    with pytest.raises(NoCommonCodec):
        choose(parse(described(*lines)), "127.0.0.5")


def test_rfc3264_6_other_streams_are_refused_in_place() -> None:
    offer = parse(
        described(
            "m=video 5000 RTP/AVP 96",
            "a=rtpmap:96 VP8/90000",
            "m=audio 4000 RTP/AVP 8",
            "m=image 0 udptl t38",
        )
    )
    answered = answer(offer, choose(offer, "127.0.0.5"), LOCAL)
    assert [(stream.kind, stream.port) for stream in answered.streams] == [
        ("video", 0),
        ("audio", 42000),
        ("image", 0),
    ]
    assert b"m=image 0 udptl t38\r\n" in answered.serialise()
    assert parse(answered.serialise()).streams[1].formats == answered.streams[1].formats


@pytest.mark.parametrize("direction", list(Direction))
def test_rfc3264_6_1_direction_is_turned(direction: Direction) -> None:
    offer = parse(described("m=audio 4000 RTP/AVP 8", f"a={direction}"))
    chosen = choose(offer, "127.0.0.5")
    turned = answer(offer, chosen, LOCAL).streams[0].direction
    assert turned is ANSWERING[direction]
    assert (turned.receives, turned.sends) == (chosen.remote.sends, chosen.remote.receives)


def test_rfc3264_8_4_the_old_hold_wants_no_sound() -> None:
    remote = choose(parse(described("m=audio 4000 RTP/AVP 8", host="0.0.0.0")), "127.0.0.5").remote
    assert (remote.sends, remote.receives) == (True, False)


def test_rfc3264_8_versions_count_on() -> None:
    later = LOCAL.next_version().offer()
    assert (later.session_id, later.version) == (7, 2)


def test_rfc3264_6_an_answer_has_as_many_streams_as_the_offer() -> None:
    with pytest.raises(BadSdp):
        accept(parse(described("m=audio 4000 RTP/AVP 8", "m=audio 4002 RTP/AVP 8")), "127.0.0.5")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"v=1\r\n",
        b"v=0\r\ns=-\r\n",
        b"v=0\r\no=- a 1 IN IP4 h\r\n",
        b"v=0\r\no=- 1 1\r\n",
        described("m=audio"),
        described("m=audio x RTP/AVP 0"),
        described("m=audio 70000 RTP/AVP 0"),
        described("m=audio 4000 RTP/AVP 0", "c=IN IP4"),
        described(*["m=audio 4000 RTP/AVP 0"] * 17),
        described("m=audio 4000 RTP/AVP " + " ".join(str(n) for n in range(65))),
    ],
)
def test_what_cannot_be_read(body: bytes) -> None:
    with pytest.raises(BadSdp):
        parse(body)


@given(st.binary(max_size=300) | st.text("vocsm=0129 \r\nINP4RTPAVaudio:/", max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for candidate in (body, described() + body):
        with contextlib.suppress(BadSdp, NoCommonCodec):
            choose(parse(candidate), "127.0.0.1")
