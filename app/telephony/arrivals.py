"""Reading many sockets at once: the kernel says which of them have something, so that none is asked in vain."""

from __future__ import annotations

import select
from typing import Final

from app.telephony.rtp_stream import RtpStream

_MOST_PACKETS_A_TICK: Final = 32
"""From one socket: a flood must not hold up the other legs, and what a stall kept back must fit."""


class Arrivals:
    """The RTP streams whose sockets are read each tick."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._streams: dict[int, RtpStream] = {}

    def add(self, stream: RtpStream) -> None:
        number = stream.sock.fileno()
        self._streams[number] = stream
        self._poll.register(number, select.EPOLLIN)

    def remove(self, stream: RtpStream) -> None:
        number = stream.sock.fileno()
        if self._streams.pop(number, None) is not None:
            self._poll.unregister(number)

    def read(self, now: float) -> None:
        """Give every stream what came for it; `now` is the loop's time in seconds."""
        if not self._streams:
            return
        for _ in range(_MOST_PACKETS_A_TICK):
            ready = self._poll.poll(0, len(self._streams))
            if not ready:
                return
            for number, _ in ready:
                self._streams[number].receive(now)

    def close(self) -> None:
        self._streams.clear()
        self._poll.close()
