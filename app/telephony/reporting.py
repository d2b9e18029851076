"""RTCP of all legs: reports that go out and come in, and how good each leg sounds because of them.

Everything here happens a few times in five seconds for a leg, never for a packet of sound. Reports come to a socket
of their own (RFC 3550 11) or to that of the sound (RFC 5761); they are believed from the host that the sound comes
from or that the signalling named, or under SRTP from whoever has the key.
"""

from __future__ import annotations

import heapq
import select
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from app.application.ports import LegId, LegQuality
from app.telephony.media_port import RtpRemote
from app.telephony.quality import leg_quality
from app.telephony.reception import Received
from app.telephony.reports import Reports, interval_s
from app.telephony.rtcp import parse_compound
from app.telephony.rtp import MalformedPacket
from app.telephony.rtp_stream import RtpStream
from app.telephony.rtp_tables import RtpTables

_log = structlog.get_logger()

QUALITY_EVERY_S: Final = 5.0
LARGEST_REPORT: Final = 1500
_MOST_REPORTS_A_BEAT: Final = 32
"""Datagrams of all legs together: what is more waits for the next tick, and a flood costs no more than this."""
_MOST_SENT_A_BEAT: Final = 32
_SO_TIMESTAMP: Final = 29
_KERNEL_TIME: Final = struct.Struct("ll")
_ANCILLARY: Final = 64

Tell = Callable[[LegId, LegQuality], None]


@dataclass(frozen=True)
class _Sent:
    """`app.telephony.reports.Sent` of one leg."""

    ssrc: int
    packets: int
    octets: int
    timestamp: int


class _End:
    """One leg's side of it. `heard_from` is where believed reports came from last."""

    def __init__(self, leg: LegId, stream: RtpStream, sock: socket.socket, reports: Reports) -> None:
        self.leg = leg
        self.stream = stream
        self.sock = sock
        self.reports = reports
        self.heard_from: tuple[str, int] | None = None
        self.number = 0
        self.connected = False
        self.octets_heard = 0

    def target(self, remote: RtpRemote) -> tuple[str, int] | None:
        """Where reports go; None for nowhere."""
        if remote.rtcp_port == 0 or self.stream.unsendable:
            return None
        return self.heard_from or (self.stream.host, remote.rtcp_port)


class Reporting:
    """The reports of all legs. `tell` hears of a leg's quality every five seconds while sound comes, and whenever
    the other side told of ours. `now_s` below is the loop's time."""

    def __init__(self, tables: RtpTables, tell: Tell) -> None:
        self._tables = tables
        self._tell = tell
        self._ends: dict[LegId, _End] = {}
        self._by_socket: dict[int, _End] = {}
        # By number, so that what is due later for a leg that is gone holds nothing of it.
        self._due: list[tuple[float, int, int, Callable[[_End, float], float]]] = []
        self._numbered: dict[int, _End] = {}
        self._count = 0
        self._poll = select.epoll()

    def open(self, leg: LegId, stream: RtpStream, sock: socket.socket) -> None:
        """A leg with a socket of its own for reports, which stays the lender's."""
        end = _End(leg, stream, sock, Reports(time.time() - time.monotonic()))
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMP, 1)
        self._ends[leg] = self._by_socket[sock.fileno()] = end
        self._poll.register(sock.fileno(), select.EPOLLIN)
        stream.on_report = lambda datagram: self._take(end, datagram, self._tables.now)

    def connect(self, leg: LegId, now_s: float) -> None:
        """The leg was answered, or its signalling said something new."""
        end = self._ends.get(leg)
        if end is None:
            return
        end.heard_from = None
        if not end.connected:
            end.connected = True
            self._count += 1
            end.number = self._count
            self._numbered[end.number] = end
            self._later(end, now_s + interval_s(initial=True), self._report)
            self._later(end, now_s + QUALITY_EVERY_S, self._measure)

    def close(self, leg: LegId, now_s: float) -> None:
        """Say goodbye (RFC 3550 6.3.7) and forget the leg. Idempotent."""
        end = self._ends.pop(leg, None)
        if end is None:
            return
        if end.connected:
            self._send(end, now_s, goodbye=True)
        self._numbered.pop(end.number, None)
        end.connected = False
        del self._by_socket[end.sock.fileno()]
        self._poll.unregister(end.sock.fileno())
        end.stream.on_report = None

    def stop(self) -> None:
        """All legs were closed."""
        self._poll.close()

    def beat(self, now_s: float) -> None:
        """Once a tick: read what came, send what is due."""
        if not self._ends:
            self._due.clear()
            return
        for number, _ in self._poll.poll(0, _MOST_REPORTS_A_BEAT):
            self._receive(self._by_socket[number], now_s)
        for _ in range(_MOST_SENT_A_BEAT):
            if not self._due or self._due[0][0] > now_s:
                return
            _, _, number, action = heapq.heappop(self._due)
            end = self._numbered.get(number)
            if end is not None:
                self._later(end, now_s + action(end, now_s), action)

    def quality(self, leg: LegId) -> LegQuality | None:
        """Of the leg so far; None for one that is not connected."""
        end = self._ends.get(leg)
        return self._quality(end) if end is not None and end.connected else None

    # What is due

    def _later(self, end: _End, at_s: float, action: Callable[[_End, float], float]) -> None:
        self._count += 1
        heapq.heappush(self._due, (at_s, self._count, end.number, action))

    def _report(self, end: _End, now_s: float) -> float:
        self._send(end, now_s)
        return interval_s(initial=False)

    def _measure(self, end: _End, now_s: float) -> float:
        received = self._received(end)
        octets = received.octets if received is not None else 0
        if octets != end.octets_heard:
            end.octets_heard = octets
            self._tell_quality(end)
        return QUALITY_EVERY_S

    def _send(self, end: _End, now_s: float, *, goodbye: bool = False) -> None:
        remote = end.stream.remote
        target = end.target(remote) if remote is not None else None
        if remote is None or target is None:
            return
        packet = end.reports.compose(now_s, self._sent(end), self._received(end), goodbye=goodbye)
        if end.stream.protection is not None:
            packet = end.stream.protection.protect_report(packet)
        if not packet:
            return
        try:
            if remote.rtcp_port == remote.port:
                end.stream.send_beside(packet)
            else:
                end.sock.sendto(packet, target)
        except OSError as error:
            _log.debug("rtcp_not_sent", leg=end.leg, error=error.strerror)

    # What came

    def _receive(self, end: _End, now_s: float) -> None:
        try:
            datagram, ancillary, _, source = end.sock.recvmsg(LARGEST_REPORT, _ANCILLARY)
        except OSError:
            return  # nothing there after all, or an ICMP error of an earlier report
        if not end.connected:
            return
        believed = source[0] in end.stream.hosts or end.stream.protection is not None
        if believed and self._take(end, datagram, now_s - _waited_s(ancillary)):
            end.heard_from = source[:2]

    def _take(self, end: _End, datagram: bytes, arrived_s: float) -> bool:
        """Take a datagram of the other side; whether it was one of reports."""
        protection = end.stream.protection
        opened = protection.unprotect_report(datagram) if protection is not None else datagram
        if opened is None:
            return False
        try:
            packets = parse_compound(opened)
        except MalformedPacket:
            return False
        if end.reports.take(arrived_s, packets, self._sent(end)):
            self._tell_quality(end)
        return True

    # What is known

    def _tell_quality(self, end: _End) -> None:
        self._tell(end.leg, self._quality(end))

    def _quality(self, end: _End) -> LegQuality:
        remote = end.stream.remote
        codec = remote.codec if remote is not None else "PCMA"
        return leg_quality(codec, self._received(end), end.reports.returned)

    def _received(self, end: _End) -> Received | None:
        return self._tables.receptions.received(end.stream.row)

    def _sent(self, end: _End) -> _Sent:
        departures, row = self._tables.departures, end.stream.row
        return _Sent(
            int(departures.ssrc[row]),
            int(departures.packets[row]),
            departures.octets_sent(row),
            int(departures.timestamp[row]),
        )


def _waited_s(ancillary: list[tuple[int, int, bytes]]) -> float:
    """How long ago the kernel took the datagram: a round trip must not be longer by our tick."""
    for level, kind, value in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMP) and len(value) >= _KERNEL_TIME.size:
            seconds, micro = _KERNEL_TIME.unpack_from(value)
            waited: float = time.time() - seconds - micro / 1e6
            return min(max(0.0, waited), 1.0)
    return 0.0
