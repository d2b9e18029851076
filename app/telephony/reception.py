"""What has been received on each RTP leg, counted as RFC 3550 A.1, A.3 and A.8 say, for reports and quality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from app.telephony.leg_rows import Column, Flags, Ints, Table

_MOST_LEFT_OUT: Final = 3000  # RFC 3550 A.1, MAX_DROPOUT: beyond, the sender began anew
_MOST_BEHIND: Final = 100  # MAX_MISORDER
_FRAME: Final = 160
SLOW_PATH: Final = -2  # with any sequence number, no first word of a packet


@dataclass(frozen=True)
class Received:
    """A leg's stream so far. `highest` is the extended highest sequence number; `jitter` in timestamp units."""

    ssrc: int
    packets: int
    octets: int
    expected: int
    highest: int
    jitter: float


class Receptions(Table):
    """`kind`: the first two octets of the leg's ordinary packets, without the marker; SLOW_PATH when there are none
    (not answered yet, or no source yet). `heard_at` is loop time in seconds, as of the last `look`.

    The ordinary packet changes `highest` only: packets are counted as those expected less `lost` (RFC 3550 6.4.1),
    and as most have 160 octets, only what they have more or less is counted, `more_octets`. `seen` is what
    `received_packets` was at the last `look`."""

    columns: ClassVar[dict[str, Column]] = {
        "kind": Column(fill=SLOW_PATH),
        "heard_at": Column(np.float64),
        "ssrc": Column(fill=-1),
        "first": Column(),
        "highest": Column(),
        "lost": Column(fill=1),
        "more_octets": Column(),
        "seen": Column(),
        "transit": Column(fill=-1),
        "jitter": Column(np.float64),
        "differences": Column(),
    }
    kind: Ints
    heard_at: np.ndarray[tuple[int], np.dtype[np.float64]]
    ssrc: Ints
    first: Ints
    highest: Ints
    lost: Ints
    more_octets: Ints
    seen: Ints
    transit: Ints
    jitter: np.ndarray[tuple[int], np.dtype[np.float64]]
    differences: Ints

    @property
    def received_packets(self) -> Ints:
        """Of all rows."""
        return self.highest - self.first + 1 - self.lost

    def follows(self, rows: Ints, firsts: Ints) -> Flags:
        """Which of these first words of packets are of the row's kind and of the next sequence number. That of
        number 0 is passed over, once in 22 minutes."""
        flags: Flags = firsts - (self.highest.take(rows) & 0xFFFF) == (self.kind.take(rows) << 16) + 1
        return flags

    def note_next(self, rows: Ints) -> None:
        """The packets that follow arrived, one of each row, with 160 octets of payload."""
        self.highest[rows] = self.highest.take(rows) + 1

    def note_many(self, rows: Ints, sequences: Ints) -> None:
        """Packets of known sources arrived, one of each row, with 160 octets of payload."""
        highest = self.highest.take(rows)
        ahead = ((sequences - highest + 0x8000) & 0xFFFF) - 0x8000
        plain = ahead == 1
        if plain.all():
            self.highest[rows] = highest + 1
            return
        self.highest[rows[plain]] += 1
        for at in np.flatnonzero(~plain).tolist():
            self._follow(int(rows[at]), int(sequences[at]))

    def look(self, now: float) -> None:
        """See from which rows packets came since it was looked last."""
        packets = self.received_packets
        self.heard_at[packets != self.seen] = now
        self.seen[:] = packets

    def note(self, row: int, sequence: int, ssrc: int, octets: int, now: float) -> None:
        """One packet of any kind that this call knows."""
        self.heard_at[row] = now
        if ssrc != self.ssrc[row]:
            self.ssrc[row] = ssrc
            self._begin(row, sequence)
        else:
            self._follow(row, sequence)
        self.more_octets[row] += octets - _FRAME

    def _begin(self, row: int, sequence: int) -> None:
        self.first[row] = self.highest[row] = sequence
        self.lost[row] = self.more_octets[row] = 0
        self.transit[row] = -1
        self.jitter[row] = self.differences[row] = 0

    def _follow(self, row: int, sequence: int) -> None:
        highest = int(self.highest[row])
        ahead = (sequence - highest) & 0xFFFF
        if ahead < _MOST_LEFT_OUT:
            self.highest[row] = highest + ahead
            self.lost[row] += ahead - 1
        elif ahead < 0x10000 - _MOST_BEHIND:
            self._begin(row, sequence)
        else:
            self.lost[row] -= 1

    def note_transit(self, row: int, arrived: int, timestamp: int) -> None:
        """When a packet came, in timestamp units of a clock of ours (RFC 3550 A.8).

        Not every packet need be told: the differences of packets further apart are of the same kind."""
        transit = (arrived - timestamp) & 0xFFFFFFFF
        before, self.transit[row] = int(self.transit[row]), transit
        if before >= 0:
            change = abs(((transit - before + 0x80000000) & 0xFFFFFFFF) - 0x80000000)
            # RFC 3550 6.4.1, but for the first sixteen, whose plain mean is there sooner than a sixteenth of each.
            self.differences[row] = min(16, int(self.differences[row]) + 1)
            self.jitter[row] += (change - self.jitter[row]) / self.differences[row]

    def received(self, row: int) -> Received | None:
        """None before the first packet."""
        if self.ssrc[row] < 0:
            return None
        expected = int(self.highest[row] - self.first[row]) + 1
        packets = expected - int(self.lost[row])
        return Received(
            ssrc=int(self.ssrc[row]),
            packets=packets,
            octets=packets * _FRAME + int(self.more_octets[row]),
            expected=expected,
            highest=int(self.highest[row] & 0xFFFFFFFF),
            jitter=float(self.jitter[row]),
        )
