"""RTP packets on the wire (RFC 3550 5.1) and the arithmetic of their wrapping counters.

Faults of a packet raise `MalformedPacket`; the caller drops the packet, as it came from anyone.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from app.domain.errors import LiniyaError

VERSION: Final = 2
HEADER: Final = struct.Struct("!BBHII")
"""The fixed header: version and flags, marker and payload type, sequence number, timestamp, SSRC."""
PLAIN: Final = VERSION << 6
"""The first byte of a packet without padding, extension and contributing sources: nearly all packets."""


class MalformedPacket(LiniyaError):
    """A datagram that is not the packet it should be."""


def sequence_after(number: int, by: int = 1) -> int:
    """The sequence number `by` packets later (16 bits)."""
    return (number + by) & 0xFFFF


def timestamp_after(timestamp: int, samples: int) -> int:
    """The timestamp `samples` later (32 bits)."""
    return (timestamp + samples) & 0xFFFFFFFF


def samples_between(earlier: int, later: int) -> int:
    """How far `later` is ahead, the short way around the wrap; negative when behind."""
    return ((later - earlier + 0x80000000) & 0xFFFFFFFF) - 0x80000000


@dataclass(frozen=True)
class Extension:
    """The header extension (RFC 3550 5.3.1): 16 bits of the profile's choice, and whole 32-bit words."""

    profile: int
    words: bytes = b""


@dataclass(frozen=True)
class RtpPacket:
    """One packet. `padding` is the number of padding octets, its own count octet included; 0 is none."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes = b""
    marker: bool = False
    csrc: tuple[int, ...] = ()
    extension: Extension | None = None
    padding: int = 0

    @classmethod
    def parse(cls, datagram: bytes) -> RtpPacket:
        """Raises MalformedPacket for another version, or lengths that do not fit."""
        if len(datagram) < HEADER.size:
            raise MalformedPacket(f"RTP: {len(datagram)} octets, the header has {HEADER.size}")
        flags, kind, sequence, timestamp, ssrc = HEADER.unpack_from(datagram)
        if flags >> 6 != VERSION:
            raise MalformedPacket(f"RTP: version {flags >> 6}")
        csrc, offset = _contributing_sources(datagram, flags & 0x0F)
        extension = None
        if flags & 0x10:
            extension, offset = _extension(datagram, offset)
        padding = _padding(datagram, offset) if flags & 0x20 else 0
        payload = datagram[offset : len(datagram) - padding]
        return cls(kind & 0x7F, sequence, timestamp, ssrc, payload, kind > 0x7F, csrc, extension, padding)

    def serialise(self) -> bytes:
        """The octets; raises ValueError when a field does not fit its bits."""
        self._check()
        flags = PLAIN | (0x20 if self.padding else 0) | (0x10 if self.extension else 0) | len(self.csrc)
        parts = [
            HEADER.pack(flags, self.marker << 7 | self.payload_type, self.sequence, self.timestamp, self.ssrc),
            struct.pack(f"!{len(self.csrc)}I", *self.csrc),
        ]
        if self.extension:
            words = self.extension.words
            parts.append(struct.pack("!HH", self.extension.profile, len(words) // 4) + words)
        parts.append(self.payload)
        if self.padding:
            parts.append(bytes(self.padding - 1) + bytes((self.padding,)))
        return b"".join(parts)

    def _check(self) -> None:
        if not 0 <= self.payload_type <= 0x7F:
            raise ValueError(f"payload type {self.payload_type} has more than 7 bits")
        if not 0 <= self.sequence <= 0xFFFF:
            raise ValueError(f"sequence number {self.sequence} has more than 16 bits")
        if len(self.csrc) > 15:
            raise ValueError(f"{len(self.csrc)} contributing sources, at most 15 fit")
        if not 0 <= self.padding <= 255:
            raise ValueError(f"padding of {self.padding} octets, at most 255 fit")
        for number in (self.timestamp, self.ssrc, *self.csrc):
            if not 0 <= number <= 0xFFFFFFFF:
                raise ValueError(f"{number} has more than 32 bits")
        if self.extension:
            _check_extension(self.extension)


def _check_extension(extension: Extension) -> None:
    if not 0 <= extension.profile <= 0xFFFF:
        raise ValueError(f"extension profile {extension.profile} has more than 16 bits")
    if len(extension.words) % 4 or len(extension.words) > 4 * 0xFFFF:
        raise ValueError(f"extension of {len(extension.words)} octets is not in 32-bit words")


def _contributing_sources(datagram: bytes, count: int) -> tuple[tuple[int, ...], int]:
    end = HEADER.size + 4 * count
    if len(datagram) < end:
        raise MalformedPacket(f"RTP: {count} contributing sources do not fit")
    return struct.unpack_from(f"!{count}I", datagram, HEADER.size), end


def _extension(datagram: bytes, offset: int) -> tuple[Extension, int]:
    if len(datagram) < offset + 4:
        raise MalformedPacket("RTP: the extension's header does not fit")
    profile, words = struct.unpack_from("!HH", datagram, offset)
    start = offset + 4
    end = start + 4 * words
    if len(datagram) < end:
        raise MalformedPacket(f"RTP: an extension of {words} words does not fit")
    return Extension(profile, datagram[start:end]), end


def _padding(datagram: bytes, offset: int) -> int:
    padding = datagram[-1]
    if padding == 0 or len(datagram) - padding < offset:
        raise MalformedPacket(f"RTP: padding of {padding} octets does not fit")
    return padding
