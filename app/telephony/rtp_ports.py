"""The pool of RTP ports: each is bound once and lent to one leg after another."""

from __future__ import annotations

import errno
import ipaddress
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Final

import structlog

from app.telephony.media_port import NoPortFree

_log = structlog.get_logger()

REST_S: Final = 5.0
"""A port rests after a call, so that stragglers of its packets are not taken for the next caller's first."""
_MOST_STRAGGLERS: Final = 4096
_EXPEDITED: Final = 0xB8  # DSCP EF, RFC 4594 4.1: telephony


class RtpPorts:
    """Even ports of `first`..`last` on `host`, each with the odd one after it for RTCP (RFC 3550 11)."""

    def __init__(self, host: str, first: int, last: int, *, now: Callable[[], float] = time.monotonic) -> None:
        """Raises ValueError when `host` is no IP address."""
        self._host = host
        self._family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
        self._unbound = deque(range(first + first % 2, last, 2))
        self._resting: deque[tuple[float, socket.socket]] = deque()
        self._lent: set[socket.socket] = set()
        self._beside: dict[socket.socket, socket.socket] = {}
        self._numbers: dict[socket.socket, int] = {}
        self._fresh: deque[socket.socket] = deque()
        self._now = now

    def bind_ahead(self, wanted: int, most: int) -> None:
        """Have so many ports bound that were never lent, and bind `most` of them now: no caller waits for it."""
        for _ in range(min(wanted - len(self._fresh), most)):
            try:
                sock = self._bind_next()
            except NoPortFree:  # told to whoever needs one
                return
            if sock is None:
                return
            self._fresh.append(sock)

    def take(self) -> socket.socket:
        """A bound, non-blocking socket. Raises NoPortFree. What waits in it is for `empty` to throw away."""
        rested = self._resting and self._now() - self._resting[0][0] >= REST_S
        if rested:
            sock: socket.socket | None = self._resting.popleft()[1]
        else:
            sock = self._fresh.popleft() if self._fresh else self._bind_next()
        if sock is None and self._resting:
            sock = self._resting.popleft()[1]
        if sock is None:
            raise NoPortFree(f"all RTP ports on {self._host} are taken ({len(self._lent)} in calls)")
        self._lent.add(sock)
        return sock

    def empty(self, sock: socket.socket) -> None:
        """Nothing that came before now is heard from a lent socket, nor from the one beside it."""
        _empty(sock)
        _empty(self._beside[sock])

    def beside(self, sock: socket.socket) -> socket.socket:
        """The socket for the reports of a lent one."""
        return self._beside[sock]

    def number(self, sock: socket.socket) -> int:
        """The port of a lent socket."""
        return self._numbers[sock]

    def give_back(self, sock: socket.socket) -> None:
        if sock in self._lent:
            self._lent.remove(sock)
            self._resting.append((self._now(), sock))

    def close(self) -> None:
        """Close all sockets, lent ones too."""
        for sock in (*self._beside.keys(), *self._beside.values()):
            sock.close()
        self._beside.clear()
        self._numbers.clear()
        self._fresh.clear()
        self._lent.clear()
        self._resting.clear()
        self._unbound.clear()

    def _bind_next(self) -> socket.socket | None:
        while self._unbound:
            port = self._unbound.popleft()
            sockets: list[socket.socket] = []
            try:
                for each in (port, port + 1):
                    sockets.append(socket.socket(self._family, socket.SOCK_DGRAM))
                    sockets[-1].bind((self._host, each))
            except OSError as error:
                for sock in sockets:
                    sock.close()
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    self._unbound.appendleft(port)
                    raise NoPortFree(f"RTP on {self._host}: {error.strerror}") from error
                _log.warning("rtp_port_in_use", port=port)
                continue
            for sock in sockets:
                sock.setblocking(False)
                if self._family == socket.AF_INET:
                    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, _EXPEDITED)
            self._beside[sockets[0]] = sockets[1]
            self._numbers[sockets[0]] = port
            return sockets[0]
        return None


def _empty(sock: socket.socket) -> None:
    for _ in range(_MOST_STRAGGLERS):
        try:
            sock.recv(1)
        except BlockingIOError:
            return
        except OSError:
            continue  # an ICMP error of an earlier packet
