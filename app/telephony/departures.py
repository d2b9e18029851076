"""The packets that go out: one a leg and tick, their headers filled together in an array and sent from it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from app.telephony.leg_rows import Column, Flags, Ints, Octets, Table
from app.telephony.rtp import HEADER, samples_between, sequence_after, timestamp_after

FRAME: Final = 160
PACKET: Final = HEADER.size + FRAME
MARKER: Final = 0x80
_WORD: Final = 0xFFFFFFFF

Send = Callable[[memoryview | bytes], object]


class Departures(Table):
    """`timestamp` and `sequence` are those of the next packet; `kind` is the first two octets of one.

    The timestamp goes on with every tick, whether a packet goes out or not (RFC 3550 5.1). `end` is where the last
    forwarded packet's sound ended, and `flowing` says that it was the last packet sent. `failed` is told of rows
    that cannot send, with the error.
    """

    columns: ClassVar[dict[str, Column]] = {
        "packet": Column(np.uint8, (PACKET,)),
        "kind": Column(),
        "marker": Column(),
        "sequence": Column(),
        "timestamp": Column(),
        "ssrc": Column(),
        "end": Column(),
        "flowing": Column(np.bool_),
        "packets": Column(),
        "more_octets": Column(),
    }
    packet: Octets
    kind: Ints
    marker: Ints
    sequence: Ints
    timestamp: Ints
    ssrc: Ints
    end: Ints
    flowing: Flags
    packets: Ints
    more_octets: Ints

    def __init__(self, failed: Callable[[int, OSError], None]) -> None:
        super().__init__()
        self.send: list[Send] = []
        self.views: list[memoryview] = []
        self._failed = failed

    def grown(self) -> None:
        self.views = [row.data for row in self.packet]
        self.send += [_nowhere] * (self.capacity - len(self.send))
        self._words: npt.NDArray[np.uint32] = self.packet.view(">u4")
        self.payload = self.packet[:, HEADER.size :]

    def clear(self, row: int) -> None:
        super().clear(row)
        self.send[row] = _nowhere

    def begin(self, row: int) -> None:
        """RFC 3550 8: the source is random, as are the two counters (5.1)."""
        self.ssrc[row] = self._words[row, 2] = secrets.randbits(32)
        self.sequence[row] = secrets.randbits(16)
        self.timestamp[row] = secrets.randbits(32)
        self.marker[row] = MARKER

    def stamp(self, rows: Ints) -> None:
        """Fill the headers of these rows' packets of this tick."""
        sequence = self.sequence.take(rows)
        self._words[rows, 0] = (self.kind.take(rows) | self.marker.take(rows)) << 16 | sequence
        self._words[rows, 1] = self.timestamp.take(rows)
        self.sequence[rows] = (sequence + 1) & 0xFFFF
        self.marker[rows] = 0
        self.packets[rows] += 1

    def stamp_one(self, row: int, kind: int, timestamp: int, payload: bytes) -> bytes:
        """A packet of another kind in the place of the row's own, after `stamp`."""
        header = bytes(self.views[row][: HEADER.size])
        sequence = int.from_bytes(header[2:4], "big")
        return HEADER.pack(header[0], kind, sequence, timestamp, int(self.ssrc[row])) + payload

    def advance(self, ticks: int = 1) -> None:
        """Time passes."""
        self.timestamp += ticks * FRAME
        self.timestamp &= _WORD

    def octets_sent(self, row: int) -> int:
        """Octets of sound: a packet has 160, but for those that were forwarded with another length."""
        return int(self.packets[row]) * FRAME + int(self.more_octets[row])

    def break_off(self) -> None:
        """Nothing was sent for some ticks: sound begins anew (RFC 3551 4.1, marker bit)."""
        self.marker[:] = MARKER

    def resume(self, row: int) -> None:
        """The tick speaks again after packets were forwarded: never at an earlier time than theirs."""
        if self.flowing[row]:
            self.flowing[row] = False
            self.marker[row] = MARKER
            end, timestamp = int(self.end[row]), int(self.timestamp[row])
            if samples_between(timestamp, end) > 0:
                self.timestamp[row] = end

    def forwarded(self, row: int, sequence: int, timestamp: int, samples: int) -> None:
        """A packet was forwarded by itself."""
        self.sequence[row] = sequence_after(sequence)
        self.end[row] = timestamp_after(timestamp, samples)
        self.flowing[row] = True
        self.packets[row] += 1
        self.more_octets[row] += samples - FRAME

    def post(self, rows: Iterable[int], packets: Iterable[memoryview | bytes]) -> None:
        """Send a packet of each row."""
        send = self.send
        for row, packet in zip(rows, packets, strict=False):
            try:
                send[row](packet)
            except BlockingIOError:  # the network card's queue is full: one frame less
                continue
            except ConnectionRefusedError:  # ICMP says of an earlier packet that nobody was there
                continue
            except OSError as error:
                self._failed(row, error)


def _nowhere(packet: memoryview | bytes) -> None:
    """A row that has no socket (any more)."""
