"""One leg's side of RTCP: what we report, when, and what the reports of the other side tell (RFC 3550 6).

Times are seconds of one steady clock; `clock_offset_s` leads from it to Unix time once, so that a clock that is set
during a call cannot turn a round trip into nonsense.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import e
from random import uniform
from typing import Final, Protocol

from app.telephony.rtcp import (
    Goodbye,
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    SourceDescription,
    serialise_compound,
)

LEAST_INTERVAL_S: Final = 5.0
BANDWIDTH_OCTETS_PER_S: Final = 400.0
"""RFC 3550 6.2: five in a hundred of the 64 kbit/s of one stream."""
_COMPENSATION: Final = e - 1.5
_UNIX_EPOCH_S: Final = 2_208_988_800
"""Of NTP's time (RFC 3550 4)."""
_WORD: Final = 0xFFFFFFFF
_LONGEST_ROUND_TRIP: Final = 10 * 65536
"""Beyond ten seconds it is no round trip but a wrong number."""


class Sent(Protocol):
    """What we sent so far; `timestamp` is that of a packet that would go now."""

    @property
    def ssrc(self) -> int: ...
    @property
    def packets(self) -> int: ...
    @property
    def octets(self) -> int: ...
    @property
    def timestamp(self) -> int: ...


class Received(Protocol):
    """What we received so far; `highest` is the extended sequence number, `jitter` in timestamp units."""

    @property
    def ssrc(self) -> int: ...
    @property
    def packets(self) -> int: ...
    @property
    def expected(self) -> int: ...
    @property
    def highest(self) -> int: ...
    @property
    def jitter(self) -> float: ...


@dataclass(frozen=True)
class Returned:
    """What the other side reported of our sound: share lost since the beginning, jitter in timestamp units."""

    loss: float
    jitter: int
    round_trip_s: float | None


def interval_s(
    *,
    initial: bool,
    packet_octets: float = 128.0,
    members: int = 2,
    drawn: Callable[[float, float], float] = uniform,
) -> float:
    """Until the next report (RFC 3550 6.3.1): random within half and three halves, divided by e - 3/2; the first
    one comes after half the time. With two members the least interval is always the longer."""
    least = LEAST_INTERVAL_S / 2 if initial else LEAST_INTERVAL_S
    return max(least, members * packet_octets / BANDWIDTH_OCTETS_PER_S) * drawn(0.5, 1.5) / _COMPENSATION


def ntp_time(unix_s: float) -> int:
    """64 bits: seconds since 1900, and their 2**-32 (RFC 3550 4)."""
    return int((unix_s + _UNIX_EPOCH_S) * 2**32) & 0xFFFFFFFFFFFFFFFF


def middle(ntp: int) -> int:
    """The middle 32 bits: units of 1/65536 s."""
    return ntp >> 16 & _WORD


def lost_share(received: Received | None) -> float:
    """How much of what should have come did not; duplicates count against losses (RFC 3550 A.3)."""
    if received is None or received.expected <= 0:
        return 0.0
    return max(0.0, 1 - received.packets / received.expected)


class Reports:
    """What must be remembered from one report to the next. `returned` is None before the other side's first."""

    def __init__(self, clock_offset_s: float) -> None:
        self.returned: Returned | None = None
        self._clock_offset_s = clock_offset_s
        # RFC 7022 4.2: a random name for each call says nothing of us or of the caller.
        self._cname = secrets.token_urlsafe(12).encode()
        self._source: int | None = None
        self._expected = 0
        self._packets = 0
        self._sent_packets = 0
        self._heard: tuple[int, int, float] | None = None  # source, middle of its time, when it came

    def compose(self, now_s: float, sent: Sent, received: Received | None, *, goodbye: bool = False) -> bytes:
        """The next compound packet: SR when we sent since the last one, else RR (6.4), and our name (6.1)."""
        blocks = (self._block(now_s, received),) if received is not None else ()
        report: RtcpPacket = ReceiverReport(sent.ssrc, blocks)
        if sent.packets > self._sent_packets:
            ntp = ntp_time(now_s + self._clock_offset_s)
            report = SenderReport(sent.ssrc, ntp, sent.timestamp, sent.packets, sent.octets, blocks)
        self._sent_packets = sent.packets
        packets = [report, SourceDescription(sent.ssrc, self._cname)]
        return serialise_compound([*packets, Goodbye((sent.ssrc,))] if goodbye else packets)

    def take(self, now_s: float, packets: Sequence[RtcpPacket], sent: Sent) -> bool:
        """Take the other side's report; whether it told of our sound."""
        told = False
        for packet in packets:
            if isinstance(packet, SenderReport):
                self._heard = packet.ssrc, middle(packet.ntp), now_s
            if isinstance(packet, SenderReport | ReceiverReport):
                for block in packet.blocks:
                    if block.ssrc == sent.ssrc:
                        told = True
                        self.returned = self._returned(now_s, block, sent)
        return told

    def _block(self, now_s: float, received: Received) -> ReportBlock:
        """RFC 3550 A.3; counters that were begun anew make no loss."""
        if received.ssrc != self._source or received.expected < self._expected:
            self._source, self._expected, self._packets = received.ssrc, 0, 0
        expected = received.expected - self._expected
        lost = expected - (received.packets - self._packets)
        self._expected, self._packets = received.expected, received.packets
        fraction = min(255, (lost << 8) // expected) if expected > 0 and lost > 0 else 0
        last_report, delay = 0, 0
        if self._heard is not None and self._heard[0] == received.ssrc:
            last_report, delay = self._heard[1], int((now_s - self._heard[2]) * 65536) & _WORD
        return ReportBlock(
            received.ssrc,
            fraction,
            received.expected - received.packets,
            received.highest & _WORD,
            min(int(received.jitter), _WORD),
            last_report,
            delay,
        )

    def _returned(self, now_s: float, block: ReportBlock, sent: Sent) -> Returned:
        loss = min(1.0, max(0, block.lost) / sent.packets) if sent.packets else 0.0
        return Returned(loss, block.jitter, self._round_trip_s(now_s, block))

    def _round_trip_s(self, now_s: float, block: ReportBlock) -> float | None:
        """RFC 3550 6.4.1. None when no report of ours came before, or the numbers do not belong together."""
        if block.last_report == 0:
            return None
        arrived = middle(ntp_time(now_s + self._clock_offset_s))
        units = (arrived - block.last_report - block.delay) & _WORD
        if units > _WORD - 65536 // 100:  # under 10 ms below nothing: two clocks' rounding
            return 0.0
        return units / 65536 if units <= _LONGEST_ROUND_TRIP else None
