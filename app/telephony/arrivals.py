"""Reading many sockets at once: the kernel says which of them have something, so that none is asked in vain, and
what came as expected goes to its places in a few array operations."""

from __future__ import annotations

import select
import struct
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
_HELD_UP_S: Final = 0.03
_HEADER_WORDS: Final = struct.Struct(">3I")


class Arrivals:
    """The RTP streams whose sockets are read at each beat."""

    def __init__(self, tables: RtpTables) -> None:
        self._tables = tables
        self._beats = 0
        self._poll = select.epoll()
        self._read_at = 0.0
        self._ends: dict[int, tuple[Callable[[memoryview], int], int, RtpStream]] = {}
        self._streams: dict[int, RtpStream] = {}  # by row
        self._make_room(32)

    def add(self, stream: RtpStream) -> None:
        """Read that stream's socket; again whenever its `receive` is another."""
        number = stream.sock.fileno()
        if number not in self._ends:
            self._poll.register(number, select.EPOLLIN)
        self._ends[number] = stream.receive, stream.row, stream
        self._streams[stream.row] = stream
        if len(self._ends) >= len(self._views):
            self._make_room(2 * len(self._views))

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
        calm = self._beats % _CLEARS_EVERY and now - self._read_at < _HELD_UP_S and not self._tables.lanes.open
        self._read_at = now
        for n in range(_MOST_PACKETS_A_BEAT):
            if not ready:
                return
            if self._read_one_each(ready) and n == 0 and calm:
                return
            again = poll(0, most)
            if not again:
                return
            before = set(ready)
            ready = [end for end in again if end in before]
            if n == 0 and self._beats % _CLEARS_EVERY and len(ready) * _MANY < most:
                ready = [end for end in ready if self._runs_dry(end[0])]

    def _runs_dry(self, number: int) -> bool:
        """Whether a leg has nothing to play just now: what waits for it was held up and is wanted at once."""
        return bool(self._tables.buffers.missing[self._ends[number][1]])

    def _make_room(self, packets: int) -> None:
        """Ordinary packets lie one after the other and fill few cache lines; a larger one reaches into the places
        of those that are not read yet."""
        octets = np.zeros(packets * PACKET + LARGEST_DATAGRAM, np.uint8)
        inbox = octets[: packets * PACKET].reshape(packets, PACKET)
        self._words = inbox.view(">u4")[:, : HEADER.size // 4]
        self._payloads = inbox[:, HEADER.size :]
        self._views = [octets[at * PACKET :][:LARGEST_DATAGRAM].data for at in range(packets)]

    def _read_one_each(self, ready: list[tuple[int, int]]) -> bool:
        """Whether everything was ordinary, and no leg ran dry."""
        ends, views = self._ends, self._views
        rows: list[int] = []
        view = views[0]
        others = 0
        for number, _ in ready:
            receive, row, stream = ends[number]
            try:
                length = receive(view)
            except OSError:
                continue  # nothing there after all, or an ICMP error of an earlier packet
            if length == PACKET:
                rows.append(row)
                view = views[len(rows)]
            elif length:
                others += 1
                stream.accept(bytes(view[:length]))
        return not rows or (self._sort(rows) and not others)

    def _sort(self, of_rows: list[int]) -> bool:
        """Those that follow on what came before to the columns at once, the others as they are; whether all did,
        to legs that have something to play."""
        tables, count = self._tables, len(of_rows)
        rows = np.array(of_rows, np.int64)
        words = self._words[:count].astype(np.int64)
        payloads = self._payloads[:count]
        follow = tables.receptions.follows(rows, words[:, 0])
        follow &= tables.buffers.follows(rows, words[:, 1], words[:, 2])
        following = np.count_nonzero(follow)
        if following == count:
            dry = np.count_nonzero(tables.buffers.missing.take(rows))
            self._sample(rows, words)
            self._append(rows, words, payloads)
            return not dry
        if following:
            self._append(rows[follow], words[follow], payloads[follow])
        self._sort_out(rows[~follow], words[~follow], payloads[~follow])
        return False

    def _append(self, rows: Ints, words: Ints, payloads: Octets) -> None:
        tables = self._tables
        tables.receptions.note_next(rows)
        if tables.lanes.open:
            self._forward(rows, words, payloads)
        tables.buffers.append(rows, payloads)

    def _sort_out(self, rows: Ints, words: Ints, payloads: Octets) -> None:
        """The ordinary ones to the columns, the others to their streams."""
        tables = self._tables
        ordinary = (words[:, 0] >> 16 & _NO_MARKER) == tables.receptions.kind.take(rows)
        ordinary &= words[:, 2] == tables.buffers.ssrc.take(rows)
        for at in np.flatnonzero(~ordinary).tolist():
            header = _HEADER_WORDS.pack(*words[at].tolist())
            self._streams[int(rows[at])].accept(header + payloads[at].tobytes())
        if ordinary.any():
            self._sample(rows[ordinary], words[ordinary])
            self._place(rows[ordinary], words[ordinary], payloads[ordinary])

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
            self._forward(rows, words, payloads)
        placed = tables.buffers.place(rows, words[:, 1], payloads)
        if not placed.all():
            for at in np.flatnonzero(~placed).tolist():
                first, timestamp, ssrc = words[at].tolist()
                tables.buffers.put(int(rows[at]), first & 0xFFFF, timestamp, ssrc, payloads[at].tobytes())

    def _forward(self, rows: Ints, words: Ints, payloads: Octets) -> None:
        lanes = self._tables.lanes
        for at in lanes.forward_many(rows, words, payloads):
            first, timestamp, ssrc = words[at].tolist()
            codes, marker = payloads[at].tobytes(), bool(first & 0x800000)
            lanes.forward(int(rows[at]), first & 0xFFFF, timestamp, ssrc, codes, marker=marker)
