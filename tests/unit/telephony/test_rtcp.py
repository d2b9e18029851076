"""RTCP on the wire (RFC 3550 6)."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telephony.rtcp import (
    Goodbye,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    is_rtcp,
    parse_compound,
    serialise_compound,
)
from app.telephony.rtp import MalformedPacket, RtpPacket

WORDS = st.integers(0, 0xFFFFFFFF)
BLOCKS = st.builds(
    ReportBlock, WORDS, st.integers(0, 255), st.integers(-0x800000, 0x7FFFFF), WORDS, WORDS, WORDS, WORDS
)
PACKETS = st.one_of(
    st.builds(SenderReport, WORDS, st.integers(0, 2**64 - 1), WORDS, WORDS, WORDS, st.tuples(BLOCKS)),
    st.builds(ReceiverReport, WORDS, st.lists(BLOCKS, max_size=31).map(tuple)),
    st.builds(SourceDescription, WORDS, st.binary(max_size=255)),
    st.builds(Goodbye, st.lists(WORDS, max_size=31).map(tuple)),
)


@given(st.lists(PACKETS, max_size=4))
def test_round_trip(packets: list[SenderReport | ReceiverReport | SourceDescription | Goodbye]) -> None:
    assert parse_compound(serialise_compound(packets)) == packets


def test_6_4_1_the_octets_of_a_sender_report() -> None:
    block = ReportBlock(7, 64, -2, 0x10005, 80, 0xAABBCCDD, 0x10000)
    report = SenderReport(9, 0x0102030405060708, 160, 3, 480, (block,))
    assert report.serialise() == bytes.fromhex(
        "81c8000c 00000009 0102030405060708 000000a0 00000003 000001e0"
        "00000007 40fffffe 00010005 00000050 aabbccdd 00010000"
    )


def test_6_4_1_losses_are_held_at_the_limits() -> None:
    parsed = parse_compound(ReceiverReport(1, (ReportBlock(2, 255, 2**30, 0, 0),)).serialise())
    assert parsed == [ReceiverReport(1, (ReportBlock(2, 255, 0x7FFFFF, 0, 0),))]


@pytest.mark.parametrize("name", [b"", b"a", b"ab", b"abc", b"abcd"])
def test_6_5_a_name_is_filled_to_whole_words_with_a_null(name: bytes) -> None:
    octets = SourceDescription(1, name).serialise()
    assert len(octets) % 4 == 0
    assert octets[-1] == 0
    assert parse_compound(octets) == [SourceDescription(1, name)]


def test_6_5_other_items_and_sources_are_passed_over() -> None:
    chunks = struct.pack("!I", 1) + b"\x02\x04name\x01\x02me" + bytes(2)
    chunks += struct.pack("!I", 2) + b"\x08\x03pri" + bytes(3)
    chunks += struct.pack("!I", 3) + b"\x01\x03you" + bytes(3)
    octets = struct.pack("!BBH", 0x83, 202, len(chunks) // 4) + chunks
    assert parse_compound(octets) == [SourceDescription(1, b"me"), SourceDescription(3, b"you")]


def test_6_1_what_a_telephone_does_not_know_is_passed_over() -> None:
    unknown = b"".join(struct.pack("!BBHI", 0x80, kind, 1, 1) for kind in (204, 205, 206, 207, 195))
    goodbye = Goodbye((5,))
    assert parse_compound(unknown + goodbye.serialise()) == [goodbye]
    with_reason = struct.pack("!BBHI", 0x81, 203, 2, 5) + b"\x03bye"
    assert parse_compound(with_reason) == [goodbye]


def test_6_4_1_padding_is_taken_off_the_last() -> None:
    octets = bytearray(Goodbye((5,)).serialise() + b"\0\0\0\4")
    octets[0] |= 0x20
    octets[3] += 1
    assert parse_compound(bytes(octets)) == [Goodbye((5,))]


@pytest.mark.parametrize(
    "octets",
    [
        "80",
        "80c900",
        "00c90001 00000001",  # version 0
        "80080001 00000001",  # a packet of sound
        "80c90002 00000001",  # longer than the datagram
        "80c90000",  # no source
        "81c90001 00000001",  # a block that is not there
        "80c80001 00000001",  # SR without what was sent
        "82cb0001 00000001",  # two goodbyes, one source
        "81ca0001 00000001",  # a source without items
        "81ca0002 00000001 01ff6161",  # an item beyond the end
        "a0c90001 00000001 80c90001 00000001",  # padding within
        "a0c90001 00000000",  # padding of nothing
        "a0c90001 00000008",
        "80c90001 00000001 00",
    ],
)
def test_a_2_what_does_not_fit_is_refused(octets: str) -> None:
    with pytest.raises(MalformedPacket):
        parse_compound(bytes.fromhex(octets))


@pytest.mark.parametrize(
    "packet",
    [
        SourceDescription(1, bytes(256)),
        ReceiverReport(1, (ReportBlock(2, 0, 0, 0, 0),) * 32),
    ],
)
def test_what_does_not_fit_its_bits_is_not_sent(packet: SourceDescription | ReceiverReport) -> None:
    with pytest.raises(ValueError, match="at most"):
        packet.serialise()


def test_rfc5761_4_reports_are_told_from_sound() -> None:
    assert is_rtcp(ReceiverReport(1).serialise())
    assert is_rtcp(SenderReport(1, 0, 0, 0, 0).serialise())
    for payload_type in (0, 8, 9, 13, 96, 101, 127):
        for marker in (False, True):
            assert not is_rtcp(RtpPacket(payload_type, 1, 1, 1, marker=marker).serialise())
    assert not is_rtcp(b"\x80")


@given(st.binary(max_size=200) | st.lists(PACKETS, max_size=2).map(serialise_compound).map(lambda one: one[:-3]))
def test_any_datagram_is_read_or_refused(datagram: bytes) -> None:
    with contextlib.suppress(MalformedPacket):
        parse_compound(datagram)
