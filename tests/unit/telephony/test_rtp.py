"""RTP packets, by the clauses of RFC 3550."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telephony.rtp import (
    Extension,
    MalformedPacket,
    RtpPacket,
    samples_between,
    sequence_after,
    timestamp_after,
)

words = st.integers(0, 0xFFFFFFFF)
extensions = st.none() | st.builds(
    Extension,
    st.integers(0, 0xFFFF),
    st.integers(0, 5).flatmap(lambda n: st.binary(min_size=4 * n, max_size=4 * n)),
)
packets = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127),
    sequence=st.integers(0, 0xFFFF),
    timestamp=words,
    ssrc=words,
    payload=st.binary(max_size=200),
    marker=st.booleans(),
    csrc=st.lists(words, max_size=15).map(tuple),
    extension=extensions,
    padding=st.integers(0, 255),
)

PLAIN = bytes.fromhex("80 88 0001 00000010 deadbeef 0102 0304".replace(" ", ""))


@given(packets)
def test_round_trip(packet: RtpPacket) -> None:
    assert RtpPacket.parse(packet.serialise()) == packet


@given(st.binary(max_size=120))
def test_any_datagram_is_a_packet_or_malformed(datagram: bytes) -> None:
    try:
        packet = RtpPacket.parse(datagram)
    except MalformedPacket:
        return
    assert len(packet.serialise()) == len(datagram)


def test_5_1_fixed_header() -> None:
    packet = RtpPacket.parse(PLAIN)
    assert packet == RtpPacket(8, 1, 16, 0xDEADBEEF, b"\x01\x02\x03\x04", marker=True)
    assert packet.serialise() == PLAIN


def test_5_1_version_must_be_two() -> None:
    with pytest.raises(MalformedPacket, match="version 1"):
        RtpPacket.parse(b"\x40" + PLAIN[1:])


@pytest.mark.parametrize("length", range(12))
def test_5_1_shorter_than_the_header(length: int) -> None:
    with pytest.raises(MalformedPacket, match="octets"):
        RtpPacket.parse(PLAIN[:length])


def test_5_1_contributing_sources() -> None:
    packet = RtpPacket.parse(b"\x82" + PLAIN[1:12] + bytes.fromhex("0000000a0000000b") + b"xy")
    assert packet.csrc == (10, 11)
    assert packet.payload == b"xy"
    with pytest.raises(MalformedPacket, match="contributing"):
        RtpPacket.parse(b"\x82" + PLAIN[1:12] + bytes.fromhex("0000000a00"))


def test_5_1_padding() -> None:
    packet = RtpPacket.parse(b"\xa0" + PLAIN[1:12] + b"xy\x00\x00\x03")
    assert packet.payload == b"xy"
    assert packet.padding == 3


@pytest.mark.parametrize("octets", [b"xy\x00", b"xy\x04", b""])
def test_5_1_padding_that_does_not_fit(octets: bytes) -> None:
    with pytest.raises(MalformedPacket, match="padding"):
        RtpPacket.parse(b"\xa0" + PLAIN[1:11] + b"\xff" + octets)


def test_5_3_1_extension() -> None:
    packet = RtpPacket.parse(b"\x90" + PLAIN[1:12] + bytes.fromhex("bede0001 10aa0000".replace(" ", "")) + b"x")
    assert packet.extension == Extension(0xBEDE, bytes.fromhex("10aa0000"))
    assert packet.payload == b"x"


@pytest.mark.parametrize("octets", [b"", b"\xbe\xde\x00", b"\xbe\xde\x00\x02\x00\x00\x00\x00"])
def test_5_3_1_extension_that_does_not_fit(octets: bytes) -> None:
    with pytest.raises(MalformedPacket, match="extension"):
        RtpPacket.parse(b"\x90" + PLAIN[1:12] + octets)


@pytest.mark.parametrize(
    "packet",
    [
        RtpPacket(128, 0, 0, 0),
        RtpPacket(8, 0x10000, 0, 0),
        RtpPacket(8, 0, -1, 0),
        RtpPacket(8, 0, 0, 1 << 32),
        RtpPacket(8, 0, 0, 0, csrc=(1,) * 16),
        RtpPacket(8, 0, 0, 0, padding=256),
        RtpPacket(8, 0, 0, 0, extension=Extension(0, b"123")),
        RtpPacket(8, 0, 0, 0, extension=Extension(0x10000)),
    ],
)
def test_fields_that_do_not_fit_their_bits(packet: RtpPacket) -> None:
    with pytest.raises(ValueError):
        packet.serialise()


def test_5_1_counters_wrap() -> None:
    assert sequence_after(0xFFFF) == 0
    assert sequence_after(0, -1) == 0xFFFF
    assert timestamp_after(0xFFFFFFFF, 160) == 159


@given(words, st.integers(-0x80000000, 0x7FFFFFFF))
def test_5_1_distances_are_right_across_the_wrap(timestamp: int, distance: int) -> None:
    assert samples_between(timestamp, timestamp_after(timestamp, distance)) == distance
