"""The straight way through a plain bridge of two RTP legs: packets go on as they arrive.

A packet keeps the sender's spacing in sequence numbers and timestamps, so that the far end's own jitter buffer sees
losses, reordering and pauses as they are; both are shifted to go on from what we sent before, under our own SSRC.
A copy goes through the jitter buffer and the tick for whoever listens.
"""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from app.telephony import g711
from app.telephony.departures import MARKER, PACKET, Departures
from app.telephony.leg_rows import Column, Flags, Ints, Octets, Table
from app.telephony.rtp import HEADER, sequence_after, timestamp_after

FRAME: Final = 160
SILENT_AFTER_TICKS: Final = 3
"""When so much time has passed without a packet to forward, the tick sends silence again."""
AS_IT_IS: Final = 0
TRANSCODED_TO: Final = {law: place + 1 for place, law in enumerate(g711.LAWS)}

_MOST_LEFT_OUT: Final = 50  # packets: beyond, and
_FURTHEST: Final = 16000  # samples away from our own clock, the sender began anew
_HALF, _WORD = 0x80000000, 0xFFFFFFFF
_MARKER: Final = MARKER << 16  # in the first word
_TABLES: Final = np.concatenate(
    [np.arange(256, dtype=np.uint8)] + [np.frombuffer(g711.TRANSCODE[law], np.uint8) for law in g711.LAWS]
)


class Lanes(Table):
    """By the row of the leg that speaks: `to` is the row of the leg that hears it, -1 when there is no lane."""

    columns: ClassVar[dict[str, Column]] = {
        "to": Column(fill=-1),
        "table": Column(),
        "ssrc": Column(fill=-1),
        "last": Column(),  # sequence number of the newest packet that came
        "sequence_shift": Column(),
        "timestamp_shift": Column(),
        "idle": Column(fill=SILENT_AFTER_TICKS),
    }
    to: Ints
    table: Ints
    ssrc: Ints
    last: Ints
    sequence_shift: Ints
    timestamp_shift: Ints
    idle: Ints

    def __init__(self, departures: Departures) -> None:
        super().__init__()
        self._departures = departures
        self.open: dict[int, int] = {}
        self._transcodes = False

    def grown(self) -> None:
        self._packets: Octets = np.zeros((self.capacity, PACKET), np.uint8)
        self._words: npt.NDArray[np.uint32] = self._packets.view(">u4")
        self._views = [packet.data for packet in self._packets]

    def clear(self, row: int) -> None:
        """The leg is gone: nothing more comes from it nor goes to it."""
        super().clear(row)
        self.open.pop(row, None)
        for source in [source for source, to in self.open.items() if to == row]:
            self._close(source)

    def lead(self, wanted: dict[int, tuple[int, int]]) -> None:
        """Have just these lanes: by source row the row that hears it and the table (AS_IT_IS, TRANSCODED_TO)."""
        for source in [s for s, to in self.open.items() if s not in wanted or wanted[s][0] != to]:
            self._close(source)
        for source, (to, table) in wanted.items():
            if source not in self.open:
                super().clear(source)
                self.open[source] = to
                self.to[source] = to
            self.table[source] = table
        self._transcodes = any(table != AS_IT_IS for _, table in wanted.values())

    def _close(self, source: int) -> None:
        to = self.open.pop(source)
        super().clear(source)
        self._departures.resume(to)

    def silent(self) -> list[int]:
        """Once a tick: the rows that hear of lanes through which nothing came for long enough."""
        sources = np.array(list(self.open), np.int64)
        idle = self.idle.take(sources) + 1
        self.idle[sources] = idle
        rows: list[int] = self.to.take(sources[idle > SILENT_AFTER_TICKS]).tolist()
        for row in rows:
            self._departures.resume(row)
        return sorted(rows)

    # The ordinary packet, of many legs at once

    def forward_many(self, rows: Ints, words: Ints, payloads: Octets) -> list[int]:
        """Forward one ordinary packet of each row that has a lane and goes on as it did; the places of those left.

        `words` (packets, 3) are the header's words, whose SSRC the leg knows; `payloads` have 160 octets.
        """
        to, departures = self.to.take(rows), self._departures
        timestamp = (words[:, 1] + self.timestamp_shift.take(rows)) & _WORD
        plain: Flags = (words[:, 0] - self.last.take(rows) - 1) & 0xFFFF < _MOST_LEFT_OUT
        plain &= (timestamp - departures.timestamp.take(to) + _FURTHEST) & _WORD <= 2 * _FURTHEST
        plain &= words[:, 2] == self.ssrc.take(rows)  # where there is no lane, this is no SSRC
        plain &= departures.flowing.take(to)
        forwarded = np.count_nonzero(plain)
        if forwarded == len(rows):
            self._forward(rows, to, words[:, 0], timestamp, payloads)
            return []
        if forwarded:
            self._forward(rows[plain], to[plain], words[plain, 0], timestamp[plain], payloads[plain])
        left: list[int] = np.flatnonzero(~plain & (to >= 0)).tolist()
        return left

    def _forward(self, rows: Ints, to: Ints, firsts: Ints, timestamp: Ints, payloads: Octets) -> None:
        departures, count = self._departures, len(rows)
        shifted = (firsts + self.sequence_shift.take(rows)) & 0xFFFF
        words = self._words
        kind = (departures.kind.take(to) | departures.marker.take(to)) << 16
        words[:count, 0] = kind | firsts & _MARKER | shifted
        words[:count, 1] = timestamp
        words[:count, 2] = departures.ssrc.take(to)
        if self._transcodes:
            payloads = _TABLES.take(payloads + (self.table.take(rows) << 8)[:, None])
        self._packets[:count, HEADER.size :] = payloads
        self.last[rows] = firsts & 0xFFFF
        self.idle[rows] = 0
        departures.sequence[to] = (shifted + 1) & 0xFFFF
        departures.end[to] = (timestamp + FRAME) & _WORD
        departures.marker[to] = 0
        departures.packets[to] = departures.packets.take(to) + 1
        departures.post(to.tolist(), self._views)

    # Any packet

    def forward(self, row: int, sequence: int, timestamp: int, ssrc: int, codes: bytes, *, marker: bool) -> None:
        """Forward one packet of sound, in the law of its leg, if there is a lane."""
        to = int(self.to[row])
        if to < 0 or not codes:
            return
        departures = self._departures
        if not self._goes_on(row, to, sequence, timestamp, ssrc):
            self._begin(row, to, sequence, timestamp, ssrc)
            marker = True
        shifted = sequence_after(sequence, int(self.sequence_shift[row]))
        stamp = timestamp_after(timestamp, int(self.timestamp_shift[row]))
        kind = int(departures.kind[to]) & 0x7F | (MARKER if marker else int(departures.marker[to]))
        table = int(self.table[row])
        if table:
            codes = codes.translate(_TABLES[256 * table : 256 * table + 256].tobytes())
        packet = HEADER.pack(0x80, kind, shifted, stamp, int(departures.ssrc[to])) + codes
        if (sequence - int(self.last[row])) & 0xFFFF < _HALF >> 16:
            self.last[row] = sequence
            departures.forwarded(to, shifted, stamp, len(codes))
        departures.marker[to] = 0
        self.idle[row] = 0
        departures.post((to,), (packet,))

    def swallow(self, row: int, sequence: int) -> None:
        """A packet that is not for the other party: no gap is to show there."""
        if self.to[row] >= 0 and (sequence - int(self.last[row])) & 0xFFFF == 1:
            self.last[row] = sequence
            self.sequence_shift[row] -= 1

    def _goes_on(self, row: int, to: int, sequence: int, timestamp: int, ssrc: int) -> bool:
        departures = self._departures
        ahead = ((sequence - int(self.last[row]) + 0x8000) & 0xFFFF) - 0x8000
        stamp = timestamp + int(self.timestamp_shift[row])
        distance = ((stamp - int(departures.timestamp[to]) + _HALF) & _WORD) - _HALF
        return bool(
            departures.flowing[to]
            and ssrc == self.ssrc[row]
            and -_MOST_LEFT_OUT <= ahead <= _MOST_LEFT_OUT
            and abs(distance) <= _FURTHEST
        )

    def _begin(self, row: int, to: int, sequence: int, timestamp: int, ssrc: int) -> None:
        """Go on from what was sent to `to` before."""
        departures = self._departures
        departures.resume(to)
        self.ssrc[row] = ssrc
        self.last[row] = (sequence - 1) & 0xFFFF
        self.sequence_shift[row] = int(departures.sequence[to]) - sequence
        self.timestamp_shift[row] = int(departures.timestamp[to]) - timestamp
