"""RTCP packets on the wire (RFC 3550 6): sender and receiver reports, the source's name, goodbye.

A datagram holds several packets, one after the other. What a telephone has no use for (APP, feedback, XR, other
items of SDES) is passed over. Whatever does not fit its own lengths raises `MalformedPacket`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from app.telephony.rtp import VERSION, MalformedPacket

MOST_BLOCKS: Final = 31
FIRST_TYPE: Final = 192
LAST_TYPE: Final = 223
"""RFC 5761 4: the second octet of an RTCP packet; that of an RTP packet with a payload type that we speak is not
among them."""

_HEADER: Final = struct.Struct("!BBH")
_SENDER: Final = struct.Struct("!QIII")
_BLOCK: Final = struct.Struct("!IIIIII")
_WORD: Final = struct.Struct("!I")
_CNAME: Final = 1
_LONGEST_CNAME: Final = 255


class PacketType(IntEnum):
    """RFC 3550 12.1."""

    SENDER_REPORT = 200
    RECEIVER_REPORT = 201
    SOURCE_DESCRIPTION = 202
    GOODBYE = 203


@dataclass(frozen=True)
class ReportBlock:
    """What one side received of the source `ssrc` (RFC 3550 6.4.1).

    `fraction_lost` is in 1/256 since the report before, `lost` in packets since the beginning, negative with
    duplicates; `highest` is the extended highest sequence number, `jitter` in timestamp units, `last_report` the
    middle 32 bits of the NTP time of the source's last sender report, `delay` since then in 1/65536 s.
    """

    ssrc: int
    fraction_lost: int
    lost: int
    highest: int
    jitter: int
    last_report: int = 0
    delay: int = 0

    @classmethod
    def parse(cls, octets: bytes) -> ReportBlock:
        ssrc, loss, highest, jitter, last_report, delay = _BLOCK.unpack(octets)
        lost = loss & 0xFFFFFF
        signed = lost - 0x1000000 if lost & 0x800000 else lost
        return cls(ssrc, loss >> 24, signed, highest, jitter, last_report, delay)

    def serialise(self) -> bytes:
        """Losses beyond 24 bits are held at the limits (6.4.1)."""
        lost = max(-0x800000, min(0x7FFFFF, self.lost)) & 0xFFFFFF
        loss = self.fraction_lost << 24 | lost
        return _BLOCK.pack(self.ssrc, loss, self.highest, self.jitter, self.last_report, self.delay)


@dataclass(frozen=True)
class SenderReport:
    """RFC 3550 6.4.1. `ntp` is the whole 64-bit time at which `timestamp` is (or would be) sent."""

    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()

    def serialise(self) -> bytes:
        wrapped = (self.timestamp & 0xFFFFFFFF, self.packets & 0xFFFFFFFF, self.octets & 0xFFFFFFFF)
        body = _WORD.pack(self.ssrc) + _SENDER.pack(self.ntp, *wrapped) + _serialised(self.blocks)
        return _framed(PacketType.SENDER_REPORT, len(self.blocks), body)


@dataclass(frozen=True)
class ReceiverReport:
    """RFC 3550 6.4.2: of one who sent nothing since the report before the last."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()

    def serialise(self) -> bytes:
        body = _WORD.pack(self.ssrc) + _serialised(self.blocks)
        return _framed(PacketType.RECEIVER_REPORT, len(self.blocks), body)


@dataclass(frozen=True)
class SourceDescription:
    """RFC 3550 6.5: the one name that each source must give (6.5.1)."""

    ssrc: int
    cname: bytes

    def serialise(self) -> bytes:
        """Raises ValueError for a name above 255 octets."""
        if len(self.cname) > _LONGEST_CNAME:
            raise ValueError(f"a CNAME of {len(self.cname)} octets, at most {_LONGEST_CNAME} fit")
        chunk = _WORD.pack(self.ssrc) + bytes((_CNAME, len(self.cname))) + self.cname
        return _framed(PacketType.SOURCE_DESCRIPTION, 1, chunk + bytes(4 - len(chunk) % 4))


@dataclass(frozen=True)
class Goodbye:
    """RFC 3550 6.6."""

    ssrcs: tuple[int, ...]

    def serialise(self) -> bytes:
        return _framed(PacketType.GOODBYE, len(self.ssrcs), struct.pack(f"!{len(self.ssrcs)}I", *self.ssrcs))


RtcpPacket = SenderReport | ReceiverReport | SourceDescription | Goodbye


def is_rtcp(datagram: bytes | memoryview) -> bool:
    """Whether a datagram of a port with both (RFC 5761 4) is a report rather than sound."""
    return len(datagram) > 1 and FIRST_TYPE <= datagram[1] <= LAST_TYPE


def parse_compound(datagram: bytes) -> list[RtcpPacket]:
    """The packets of a datagram that we understand, in their order. Raises MalformedPacket (RFC 3550 A.2).

    A compound packet of feedback alone (RFC 5506) is as good: it just says nothing to us.
    """
    found: list[RtcpPacket] = []
    for kind, count, body in _packets(datagram):
        if kind == PacketType.SENDER_REPORT:
            found.append(_sender_report(count, body))
        elif kind == PacketType.RECEIVER_REPORT:
            found.append(ReceiverReport(_ssrc(body), _blocks(count, body, 4)))
        elif kind == PacketType.SOURCE_DESCRIPTION:
            found.extend(_descriptions(count, body))
        elif kind == PacketType.GOODBYE:
            found.append(_goodbye(count, body))
    return found


def serialise_compound(packets: Sequence[RtcpPacket]) -> bytes:
    """One datagram; the first of the packets must be a report (RFC 3550 6.1)."""
    return b"".join(packet.serialise() for packet in packets)


def _serialised(blocks: tuple[ReportBlock, ...]) -> bytes:
    if len(blocks) > MOST_BLOCKS:
        raise ValueError(f"{len(blocks)} report blocks, at most {MOST_BLOCKS} fit")
    return b"".join(block.serialise() for block in blocks)


def _framed(kind: PacketType, count: int, body: bytes) -> bytes:
    return _HEADER.pack(VERSION << 6 | count, kind, len(body) // 4) + body


def _packets(datagram: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Type, count and body of each packet."""
    offset = 0
    while offset < len(datagram):
        if len(datagram) - offset < _HEADER.size:
            raise MalformedPacket("RTCP: the end of the datagram is no packet")
        flags, kind, words = _HEADER.unpack_from(datagram, offset)
        end = offset + 4 + 4 * words
        if flags >> 6 != VERSION or not FIRST_TYPE <= kind <= LAST_TYPE:
            raise MalformedPacket(f"RTCP: version {flags >> 6}, type {kind}")
        if end > len(datagram):
            raise MalformedPacket(f"RTCP: a packet of {words} words does not fit")
        body = datagram[offset + 4 : end]
        if flags & 0x20:
            body = _without_padding(body, last=end == len(datagram))
        yield kind, flags & 0x1F, body
        offset = end


def _without_padding(body: bytes, *, last: bool) -> bytes:
    """RFC 3550 6.4.1: only the last packet of a datagram may be padded."""
    padding = body[-1] if body else 0
    if not last or not padding or padding % 4 or padding > len(body):
        raise MalformedPacket(f"RTCP: padding of {padding} octets does not fit")
    return body[:-padding]


def _ssrc(body: bytes) -> int:
    if len(body) < 4:
        raise MalformedPacket("RTCP: a report without its source")
    return int.from_bytes(body[:4])


def _sender_report(count: int, body: bytes) -> SenderReport:
    if len(body) < 4 + _SENDER.size:
        raise MalformedPacket("RTCP: a sender report without what was sent")
    ntp, timestamp, packets, octets = _SENDER.unpack_from(body, 4)
    return SenderReport(_ssrc(body), ntp, timestamp, packets, octets, _blocks(count, body, 4 + _SENDER.size))


def _blocks(count: int, body: bytes, start: int) -> tuple[ReportBlock, ...]:
    if len(body) < start + count * _BLOCK.size:
        raise MalformedPacket(f"RTCP: {count} report blocks do not fit")
    places = range(start, start + count * _BLOCK.size, _BLOCK.size)
    return tuple(ReportBlock.parse(body[place : place + _BLOCK.size]) for place in places)


def _goodbye(count: int, body: bytes) -> Goodbye:
    if len(body) < 4 * count:
        raise MalformedPacket(f"RTCP: goodbye of {count} sources does not fit")
    return Goodbye(struct.unpack_from(f"!{count}I", body))


def _descriptions(count: int, body: bytes) -> Iterator[SourceDescription]:
    """The chunks with a CNAME; each ends with a null octet and is filled to a whole word (RFC 3550 6.5)."""
    offset = 0
    for _ in range(count):
        if len(body) < offset + 8:
            raise MalformedPacket(f"RTCP: {count} sources do not fit")
        ssrc = int.from_bytes(body[offset : offset + 4])
        offset += 4
        while body[offset : offset + 1] not in (b"\0", b""):
            kind, item = body[offset], _item(body, offset)
            if kind == _CNAME:
                yield SourceDescription(ssrc, item)
            offset += 2 + len(item)
        offset += 4 - offset % 4


def _item(body: bytes, offset: int) -> bytes:
    if len(body) < offset + 2 or len(body) < offset + 2 + body[offset + 1]:
        raise MalformedPacket("RTCP: an item of a source's description does not fit")
    return body[offset + 2 : offset + 2 + body[offset + 1]]
