"""Reading many sockets at once: the kernel says which of them have something, so that none is asked in vain, and
what came as expected goes to its places in a few array operations."""

from __future__ import annotations

import select
from collections.abc import Callable
from random import randrange
from typing import Final

import numpy as np

from app.telephony.departures import PACKET
from app.telephony.leg_rows import Ints, Octets
from app.telephony.rtp import HEADER
from app.telephony.rtp_stream import LARGEST_DATAGRAM, RtpStream
from app.telephony.rtp_tables import RtpTables

_MOST_PACKETS_A_BEAT: Final = 32
"""From one socket: a flood must not hold up the other legs, and what a stall kept back must fit."""
_CLEARS_EVERY: Final = 4
"""What comes while we read is for the next beat. So a second packet of a socket may have come only now, or may have
waited; a round of reading for a few such is not worth its while at each beat."""
_MANY: Final = 8  # one in so many legs with a second packet: the network or we were held up
_SAMPLED: Final = 16
_SAMPLES_EVERY: Final = 4
_FEW: Final = 64  # legs
_NO_MARKER: Final = 0xFF7F


class Arrivals:
    """The RTP streams whose sockets are read at each beat."""

    def __init__(self, tables: RtpTables) -> None:
        self._tables = tables
        self._beats = 0
        self._poll = select.epoll()
        self._ends: dict[int, tuple[Callable[[memoryview], int], RtpStream]] = {}
        self._streams: dict[int, RtpStream] = {}  # by row
        self._make_room(32)

    def add(self, stream: RtpStream) -> None:
        """Read that stream's socket; again whenever its `receive` is another."""
        number = stream.sock.fileno()
        if number not in self._ends:
            self._poll.register(number, select.EPOLLIN)
        self._ends[number] = stream.receive, stream
        self._streams[stream.row] = stream
        if len(self._ends) >= len(self._inbox):
            self._make_room(2 * len(self._inbox))

    def remove(self, stream: RtpStream) -> None:
        number = stream.sock.fileno()
        if self._ends.pop(number, None) is not None:
            self._poll.unregister(number)
            del self._streams[stream.row]

    def close(self) -> None:
        self._ends.clear()
        self._streams.clear()
        self._poll.close()

    def read(self, now: float) -> None:
        """Give every stream what came for it; `now` is the loop's time in seconds."""
        self._tables.now = now
        if not self._ends:
            return
        poll, most = self._poll.poll, len(self._ends)
        ready = poll(0, most)
        self._beats += 1
        for n in range(_MOST_PACKETS_A_BEAT):
            if not ready:
                return
            self._read_one_each(ready)
            again = poll(0, most)
            if not again:
                return
            before = set(ready)
            ready = [end for end in again if end in before]
            if n == 0 and self._beats % _CLEARS_EVERY and len(ready) * _MANY < most:
                ready = [end for end in ready if self._runs_dry(end[0])]

    def _runs_dry(self, number: int) -> bool:
        """Whether a leg has nothing to play just now: what waits for it was held up and is wanted at once."""
        return bool(self._tables.buffers.missing[self._ends[number][1].row])

    def _make_room(self, packets: int) -> None:
        self._inbox = np.zeros((packets, LARGEST_DATAGRAM), np.uint8)
        self._words = self._inbox.view(">u4")[:, :3]
        self._payloads = self._inbox[:, HEADER.size : PACKET]
        self._views = [packet.data for packet in self._inbox]

    def _read_one_each(self, ready: list[tuple[int, int]]) -> None:
        ends, views = self._ends, self._views
        rows: list[int] = []
        view = views[0]
        for number, _ in ready:
            receive, stream = ends[number]
            try:
                length = receive(view)
            except OSError:
                continue  # nothing there after all, or an ICMP error of an earlier packet
            if length == PACKET:
                rows.append(stream.row)
                view = views[len(rows)]
            elif length:
                stream.accept(bytes(view[:length]))
        if rows:
            self._sort(rows)

    def _sort(self, of_rows: list[int]) -> None:
        """The ordinary ones to the columns, the others to their streams."""
        tables, count = self._tables, len(of_rows)
        rows = np.array(of_rows, np.int64)
        words = self._words[:count].astype(np.int64)
        ordinary = (words[:, 0] >> 16 & _NO_MARKER) == tables.receptions.kind.take(rows)
        ordinary &= words[:, 2] == tables.buffers.ssrc.take(rows)
        payloads = self._payloads[:count]
        if not ordinary.all():
            for at in np.flatnonzero(~ordinary).tolist():
                self._streams[of_rows[at]].accept(bytes(self._views[at][:PACKET]))
            rows, words, payloads = rows[ordinary], words[ordinary], payloads[ordinary]
        if len(rows):
            self._sample(rows, words)
            self._place(rows, words, payloads)

    def _sample(self, rows: Ints, words: Ints) -> None:
        """Ask the kernel of one packet in 16 (128 of many), by chance, when it came: our time is that of the tick.
        Jitter is a mean of differences, and those between some are as good as those between all (RFC 3550 A.8)."""
        many = len(rows) >= _FEW
        if many and self._beats % _SAMPLES_EVERY:
            return
        step = 2 * _SAMPLED if many else _SAMPLED
        for at in range(randrange(step), len(rows), step):
            row = int(rows[at])
            arrived = self._streams[row].arrived()
            if arrived is not None:
                self._tables.receptions.note_transit(row, arrived, int(words[at, 1]))

    def _place(self, rows: Ints, words: Ints, payloads: Octets) -> None:
        tables = self._tables
        tables.receptions.note_many(rows, words[:, 0] & 0xFFFF)
        if tables.lanes.open:
            left_over = tables.lanes.forward_many(rows, words, payloads)
            for at in np.flatnonzero(left_over).tolist():
                first, timestamp, ssrc = words[at].tolist()
                codes, marker = payloads[at].tobytes(), bool(first & 0x800000)
                tables.lanes.forward(int(rows[at]), first & 0xFFFF, timestamp, ssrc, codes, marker=marker)
        placed = tables.buffers.place(rows, words[:, 1], payloads)
        if not placed.all():
            for at in np.flatnonzero(~placed).tolist():
                first, timestamp, ssrc = words[at].tolist()
                tables.buffers.put(int(rows[at]), first & 0xFFFF, timestamp, ssrc, payloads[at].tobytes())
