"""Another RTP end, on a loopback socket of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

from app.application.ports import LegId, LegQuality
from app.telephony.media_port import Codec, RtpRemote
from app.telephony.rtcp import RtcpPacket, is_rtcp, parse_compound, serialise_compound
from app.telephony.rtp import RtpPacket
from app.telephony.srtp import Protection
from app.telephony.telephone_events import KeySender

EVENT_TYPE = 101
PAYLOAD_TYPES: dict[Codec, int] = {"PCMA": 8, "PCMU": 0, "G722": 9}


async def until(condition: Callable[[], object], what: str, seconds: float = 20) -> None:
    """Wait for what must come; the time is only the end of patience."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - what is waited for is seen from outside only
                await asyncio.sleep(0.005)
    assert condition(), f"never: {what}"


class RtpPeer(asyncio.DatagramProtocol):
    """Sends what it is told, keeps all that arrives."""

    def __init__(self, codec: Codec = "PCMA", *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.codec: Codec = codec
        self._address = host, port
        self.packets: list[RtpPacket] = []
        self.ssrc = id(self) & 0xFFFFFFFF
        self.sequence = 65530
        self.timestamp = 0xFFFFFFFF - 500
        self.protection: Protection | None = None
        self.reports: list[RtcpPacket] = []
        self.unreadable = 0
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=self._address)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.transport.close()
        await asyncio.sleep(0)

    @property
    def transport(self) -> asyncio.DatagramTransport:
        assert self._transport is not None
        return self._transport

    @property
    def port(self) -> int:
        return int(self.transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        protection = self.protection
        opened: bytes | None = data
        if is_rtcp(data):
            opened = protection.unprotect_report(data) if protection is not None else data
            self.reports += parse_compound(opened) if opened is not None else []
        else:
            opened = protection.unprotect(data) if protection is not None else data
            if opened is not None:
                self.packets.append(RtpPacket.parse(opened))
        self.unreadable += opened is None

    def remote(self, **changes: Any) -> RtpRemote:
        """How signalling describes this peer to the engine."""
        facts: dict[str, Any] = {
            "host": self._address[0],
            "port": self.port,
            "codec": self.codec,
            "payload_type": PAYLOAD_TYPES[self.codec],
            "event_payload_type": EVENT_TYPE,
        }
        return RtpRemote(**(facts | changes))

    @property
    def codes(self) -> bytes:
        """All sound received, in the order of arrival."""
        return b"".join(p.payload for p in self.packets if p.payload_type == PAYLOAD_TYPES[self.codec])

    def send(self, packet: RtpPacket, port: int) -> None:
        octets = packet.serialise()
        if self.protection is not None:
            octets = self.protection.protect(octets)
        self.transport.sendto(octets, (self._address[0], port))

    def report(self, packets: Sequence[RtcpPacket], port: int) -> None:
        octets = serialise_compound(packets)
        if self.protection is not None:
            octets = self.protection.protect_report(octets)
        self.transport.sendto(octets, (self._address[0], port))

    def _next(self, payload_type: int, payload: bytes) -> RtpPacket:
        packet = RtpPacket(payload_type, self.sequence, self.timestamp, self.ssrc, payload)
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.timestamp = (self.timestamp + 160) & 0xFFFFFFFF
        return packet

    def _sound(self, codes: bytes) -> Iterator[RtpPacket]:
        for start in range(0, len(codes), 160):
            yield self._next(PAYLOAD_TYPES[self.codec], codes[start : start + 160])

    def burst(self, codes: bytes, port: int) -> None:
        """All at once: up to 13 packets are within what a jitter buffer keeps, however loaded the machine is."""
        for packet in self._sound(codes):
            self.send(packet, port)

    async def stream(self, codes: bytes, port: int) -> None:
        """One packet every 20 ms."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for n, packet in enumerate(self._sound(codes)):
            await asyncio.sleep(began + 0.02 * n - loop.time())
            self.send(packet, port)

    def press(self, keys: str, port: int) -> None:
        sender = KeySender()
        sender.press(keys)
        while sender.busy:
            event = sender.next(self.timestamp)
            packet = self._next(EVENT_TYPE, b"")
            if event is not None:
                fields = packet.sequence, event.timestamp, self.ssrc, event.payload, event.marker
                self.send(RtpPacket(EVENT_TYPE, *fields), port)


class Told:
    """What the engine told the signalling (`MediaEvents`)."""

    def __init__(self) -> None:
        self.keys: list[tuple[LegId, str]] = []
        self.finished: list[tuple[LegId, str]] = []
        self.lost: list[LegId] = []
        self.qualities: list[tuple[LegId, LegQuality]] = []
        self.browsers: list[tuple[str, bool, bool]] = []
        self.then: Callable[[LegId], None] | None = None

    def on_key(self, leg: LegId, key: str) -> None:
        self.keys.append((leg, key))

    def on_playback_finished(self, leg: LegId, tag: str) -> None:
        self.finished.append((leg, tag))
        if self.then is not None:
            self.then(leg)

    def on_lost(self, leg: LegId) -> None:
        self.lost.append(leg)

    def on_quality(self, leg: LegId, quality: LegQuality) -> None:
        self.qualities.append((leg, quality))

    def on_browser(self, login: str, connected: bool, microphone: bool) -> None:
        self.browsers.append((login, connected, microphone))
