"""A bad network on loopback: SIP and RTP between a caller and a line, with loss and jitter.

The relay stands between two sockets, one for each side. In the signalling it writes its own ports in the place of
the other side's, so that both sides send everything to it; all ports have five digits, so no length changes. For
the sound it has a socket for each side too. What is lost and how late the rest comes is drawn from a seed, one
packet after the other, so that one packet may overtake another.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LOOPBACK = "127.0.0.1"
_MEDIA = re.compile(rb"(\r\nm=audio )(\d{5})( )")


@dataclass(frozen=True)
class Weather:
    """`loss` is a share of all packets; each of the others is late by up to `jitter_ms`."""

    loss: float
    jitter_ms: float
    seed: int = 1

    def __str__(self) -> str:
        return f"{100 * self.loss:.0f} % lost, jitter {self.jitter_ms:.0f} ms"


class _Socket(asyncio.DatagramProtocol):
    def __init__(self, on_datagram: Callable[[bytes, int], None]) -> None:
        self._on_datagram = on_datagram
        self._transport: asyncio.DatagramTransport | None = None
        self.port = 0

    async def open(self) -> _Socket:
        """On a port of five digits."""
        loop = asyncio.get_running_loop()
        while self.port < 10000:
            self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(LOOPBACK, 0))
            self.port = int(self._transport.get_extra_info("sockname")[1])
        return self

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self._on_datagram(data, addr[1])

    def send(self, data: bytes, port: int) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, (LOOPBACK, port))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class LossyRelay:
    """Between the caller at `caller_port` and the line at `line_port`; the caller calls `port`."""

    def __init__(self, caller_port: int, line_port: int, weather: Weather) -> None:
        self._chance = random.Random(weather.seed)
        self._weather = weather
        self._caller_port, self._line_port = caller_port, line_port
        self._caller_media = self._line_media = 0
        self._late: set[asyncio.TimerHandle] = set()
        self.packets = self.lost = 0
        self._to_caller = _Socket(self._from_caller)
        self._to_line = _Socket(self._from_line)
        self._sound_to_caller = _Socket(self._sound_from_caller)
        self._sound_to_line = _Socket(self._sound_from_line)

    async def __aenter__(self) -> LossyRelay:
        for each in self._sockets:
            await each.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        for handle in self._late:
            handle.cancel()
        for each in self._sockets:
            each.close()
        await asyncio.sleep(0)

    @property
    def _sockets(self) -> tuple[_Socket, ...]:
        return self._to_caller, self._to_line, self._sound_to_caller, self._sound_to_line

    @property
    def port(self) -> int:
        return self._to_caller.port

    # -- signalling

    def _from_caller(self, data: bytes, _: int) -> None:
        found = _MEDIA.search(data)
        if found is not None:
            self._caller_media = int(found.group(2))
        data = _MEDIA.sub(rb"\g<1>%d\g<3>" % self._sound_to_line.port, data)
        ports = {self._caller_port: self._to_line.port, self._to_caller.port: self._line_port}
        self._carry(self._to_line, _with_ports(data, ports), lambda: self._line_port)

    def _from_line(self, data: bytes, _: int) -> None:
        found = _MEDIA.search(data)
        if found is not None:
            self._line_media = int(found.group(2))
        data = _MEDIA.sub(rb"\g<1>%d\g<3>" % self._sound_to_caller.port, data)
        ports = {self._line_port: self._to_caller.port, self._to_line.port: self._caller_port}
        self._carry(self._to_caller, _with_ports(data, ports), lambda: self._caller_port)

    # -- sound

    def _sound_from_caller(self, data: bytes, _: int) -> None:
        self._carry(self._sound_to_line, data, lambda: self._line_media)

    def _sound_from_line(self, data: bytes, _: int) -> None:
        self._carry(self._sound_to_caller, data, lambda: self._caller_media)

    def _carry(self, way: _Socket, data: bytes, port: Callable[[], int]) -> None:
        self.packets += 1
        if self._chance.random() < self._weather.loss:
            self.lost += 1
            return
        delay_s = self._chance.random() * self._weather.jitter_ms / 1000

        def arrive() -> None:
            self._late.discard(handle)
            if port():
                way.send(data, port())

        handle = asyncio.get_running_loop().call_later(delay_s, arrive)
        self._late.add(handle)


def _with_ports(data: bytes, ports: dict[int, int]) -> bytes:
    """With these ports of 127.0.0.1 in the place of those, all at once."""
    known = b"|".join(b"%d" % port for port in ports)
    return re.sub(rb"(?<=127\.0\.0\.1:)(?:%s)(?!\d)" % known, lambda found: b"%d" % ports[int(found.group())], data)
