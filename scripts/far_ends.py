"""The other ends of many RTP legs, in a process of their own: they send a packet every 20 ms each, at their own
times within the 20 ms, and measure what comes back by the kernel's time stamps.

Every payload begins with the time at which it was sent, so that whoever gets it back knows the delay.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Final

import numpy as np

FRAME_S: Final = 0.02
_HEADER: Final = struct.Struct("!BBHII")
_STAMP: Final = struct.Struct("!4sq")
_SIGN: Final = b"\xa5\x5a\x3c\xc3"
_TIMES: Final = struct.Struct("@qq")
_SO_TIMESTAMPNS: Final = getattr(socket, "SO_TIMESTAMPNS", 35)


@dataclass
class Heard:
    """What one end got: when, and how long it had been under way where the payload says so (ns)."""

    times: list[int] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class FarFigures:
    """What all ends together saw. Jitter is the mean distance of intervals from 20 ms; gaps are between packets."""

    sent: int
    received: int
    jitter_ms: float
    longest_gap_ms: float
    delay_p50_ms: float | None
    delay_p99_ms: float | None


class FarEnds:
    """So many sockets on loopback; `groups` of them send at the same time."""

    def __init__(self, legs: int, groups: int = 20) -> None:
        self._groups = groups
        self._sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(legs)]
        self._poll = select.epoll()
        self._by_number: dict[int, int] = {}
        for leg, sock in enumerate(self._sockets):
            sock.bind(("127.0.0.1", 0))
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            self._poll.register(sock.fileno(), select.EPOLLIN)
            self._by_number[sock.fileno()] = leg
        self.ports: list[int] = [sock.getsockname()[1] for sock in self._sockets]
        self.heard = [Heard() for _ in range(legs)]
        self._tail = bytes((n * 37 + 11) & 0xFF for n in range(160 - _STAMP.size))

    def run(self, ports: list[int], seconds: float) -> int:
        """Send to the ports for that time; the number of packets sent."""
        for sock, port in zip(self._sockets, ports, strict=True):
            sock.connect(("127.0.0.1", port))
        began = time.monotonic() + 0.05
        sent = 0
        for step in range(round(seconds / FRAME_S) * self._groups):
            tick, group = divmod(step, self._groups)
            self._wait(began + FRAME_S * (tick + group / self._groups))
            for leg in range(group, len(self._sockets), self._groups):
                self._send(leg, tick)
                sent += 1
        self._wait(time.monotonic() + 0.1)
        return sent

    def _wait(self, until: float) -> None:
        """Read meanwhile."""
        while (left := until - time.monotonic()) > 0:
            self._read()
            time.sleep(max(0.0, min(left, until - time.monotonic())))

    def _send(self, leg: int, tick: int) -> None:
        header = _HEADER.pack(0x80, 8, tick & 0xFFFF, tick * 160 & 0xFFFFFFFF, 1000 + leg)
        try:
            self._sockets[leg].send(header + _STAMP.pack(_SIGN, time.time_ns()) + self._tail)
        except OSError:
            return

    def _read(self) -> None:
        for number, _ in self._poll.poll(0):
            self._read_from(self._by_number[number])

    def _read_from(self, leg: int) -> None:
        try:
            datagram, notes, _, _ = self._sockets[leg].recvmsg(2048, 64)
        except OSError:
            return
        heard = self.heard[leg]
        for _, kind, data in notes:
            if kind == _SO_TIMESTAMPNS:
                seconds, nanoseconds = _TIMES.unpack(data)
                heard.times.append(seconds * 1_000_000_000 + nanoseconds)
        if datagram[12:16] == _SIGN and heard.times:
            heard.delays.append(heard.times[-1] - _STAMP.unpack_from(datagram, 12)[1])

    def figures(self, sent: int) -> FarFigures:
        """Without each end's first half second."""
        intervals = [np.diff(np.array(heard.times[25:], np.int64)) / 1e6 for heard in self.heard]
        every = np.concatenate(intervals) if intervals else np.zeros(0)
        delays = np.array([delay for heard in self.heard for delay in heard.delays[25:]], np.int64) / 1e6
        return FarFigures(
            sent=sent,
            received=sum(len(heard.times) for heard in self.heard),
            jitter_ms=round(float(np.abs(every - 20).mean()), 4) if len(every) else 0.0,
            longest_gap_ms=round(float(every.max()), 2) if len(every) else 0.0,
            delay_p50_ms=round(float(np.percentile(delays, 50)), 2) if len(delays) else None,
            delay_p99_ms=round(float(np.percentile(delays, 99)), 2) if len(delays) else None,
        )

    def close(self) -> None:
        self._poll.close()
        for sock in self._sockets:
            sock.close()


def run_far_ends(legs: int, seconds: float, pipe: Connection) -> None:
    """The other process: tells its ports, is told the line's, sends, tells its figures."""
    ends = FarEnds(legs)
    pipe.send(ends.ports)
    ports: list[int] = pipe.recv()
    sent = ends.run(ports, seconds)
    pipe.send(ends.figures(sent))
    ends.close()
