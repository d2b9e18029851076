"""The edge of the signalling: one port for UDP and TCP (RFC 3261 18)."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from typing import Any, cast

import structlog

from app.domain.errors import Unavailable
from app.telephony.errors import BadMessage
from app.telephony.framing import StreamFramer
from app.telephony.wire import Hop

MAX_CONNECTIONS = 256
MAX_UNSENT = 256 * 1024
PARTIAL_S = 15.0
"""How long a message over TCP may take to become whole."""
CONNECT_S = 5.0
RECEIVE_BUFFER = 1 << 20

log = structlog.get_logger()


class SipTransport:
    """Datagrams and connections of one address. `on_message` gets every whole message with where it came from;
    `on_failure` is told of hops that nothing can be sent to."""

    def __init__(self, on_message: Callable[[bytes, Hop], None], on_failure: Callable[[Hop], None]) -> None:
        self._on_message = on_message
        self._on_failure = on_failure
        self._udp: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._connections: dict[Hop, _Connection] = {}
        self._opening: dict[Hop, list[bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def open(self, host: str, port: int) -> None:
        """Listen. Port 0 takes any that is free for both. Raises Unavailable with what to do about it."""
        loop = asyncio.get_running_loop()
        for tries_left in range(9, -1, -1):
            try:
                udp, _ = await loop.create_datagram_endpoint(
                    lambda: _Datagrams(self._deliver), local_addr=(host, port)
                )
            except OSError as error:
                raise _unavailable("UDP", host, port, error) from error
            taken = udp.get_extra_info("sockname")[1]
            try:
                self._server = await loop.create_server(lambda: _Connection(self), host, taken)
            except OSError as error:
                udp.close()
                if port == 0 and tries_left:
                    continue
                raise _unavailable("TCP", host, taken, error) from error
            udp.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            self._udp, self.port = udp, taken
            return

    async def close(self) -> None:
        """Close everything. Nothing is delivered or sent afterwards."""
        if self._udp is not None:
            self._udp.close()
            self._udp = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in list(self._connections.values()):
            connection.finish()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None
        await asyncio.sleep(0)  # closed sockets are let go in the loop's next turn

    def send(self, data: bytes, hop: Hop) -> None:
        """Send, opening a connection where TCP has none to that hop."""
        if self._udp is None:
            return
        if not hop.reliable:
            self._udp.sendto(data, (hop.host, hop.port))
        elif hop in self._connections:
            self._connections[hop].write(data)
        elif hop in self._opening:
            self._opening[hop].append(data)
        else:
            self._opening[hop] = [data]
            task = asyncio.get_running_loop().create_task(self._connect(hop))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(self, hop: Hop) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_S):
                await loop.create_connection(lambda: _Connection(self), hop.host, hop.port)
        except OSError as error:  # TimeoutError is one
            self._opening.pop(hop, None)
            log.info("sip_connection_failed", pd_host=hop.host, port=hop.port, why=type(error).__name__)
            self._on_failure(hop)
            return
        except asyncio.CancelledError:
            self._opening.pop(hop, None)
            raise
        for data in self._opening.pop(hop, []):
            if hop in self._connections:
                self._connections[hop].write(data)

    def opened(self, connection: _Connection) -> None:
        """Keep a connection, at the cost of the one that has been silent for longest."""
        if len(self._connections) >= MAX_CONNECTIONS:
            oldest = min(self._connections.values(), key=lambda one: one.active_at)
            log.warning("sip_connection_given_up", pd_host=oldest.hop.host)
            oldest.finish()
        self._connections[connection.hop] = connection

    def lost(self, connection: _Connection, *, failed: bool = False) -> None:
        """A connection is over. One that was closed in good order may be followed by another (18.2.2)."""
        if self._connections.get(connection.hop) is connection:
            del self._connections[connection.hop]
            if failed and self._udp is not None:
                self._on_failure(connection.hop)

    def _deliver(self, data: bytes, hop: Hop) -> None:
        if self._udp is None:
            return
        try:
            self._on_message(data, hop)
        except Exception:
            # The line must outlive whatever one message does; the traceback is a fault to be mended.
            log.exception("sip_message_failed", pd_host=hop.host, transport=hop.transport)

    def deliver(self, data: bytes, hop: Hop) -> None:
        """A whole message of a connection."""
        self._deliver(data, hop)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, deliver: Callable[[bytes, Hop], None]) -> None:
        self._deliver_message = deliver

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self._deliver_message(data, Hop("UDP", str(addr[0]), int(addr[1])))

    def error_received(self, exc: Exception) -> None:
        # An ICMP answer: the retransmissions and their time-outs deal with it (18.4).
        log.debug("sip_datagram_refused", why=type(exc).__name__)


class _Connection(asyncio.Protocol):
    """One TCP connection, whoever opened it."""

    def __init__(self, owner: SipTransport) -> None:
        self._owner = owner
        self._framer = StreamFramer()
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self.hop = Hop("TCP", "", 0)
        self.active_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername") or ("", 0)
        self.hop = Hop("TCP", str(peer[0]), int(peer[1]))
        self.active_at = asyncio.get_running_loop().time()
        self._owner.opened(self)

    def data_received(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        self.active_at = loop.time()
        try:
            messages = self._framer.feed(data)
        except BadMessage as error:
            log.info("sip_stream_unreadable", why=error.reason, pd_host=self.hop.host)
            self.finish()
            return
        for message in messages:
            if message:
                self._owner.deliver(message, self.hop)
            else:
                self.write(b"\r\n")
        if self._framer.lost:
            self.finish()
            return
        if messages or not self._framer.waiting:
            self._disarm()
        if self._framer.waiting and self._deadline is None:
            self._deadline = loop.call_later(PARTIAL_S, self.finish)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        self._transport = None
        self._owner.lost(self, failed=exc is not None)

    def write(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self._transport.abort()  # it does not read: nothing more is kept for it
            return
        self._transport.write(data)

    def finish(self) -> None:
        self._disarm()
        self._owner.lost(self)
        if self._transport is not None:
            self._transport.close()

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _unavailable(kind: str, host: str, port: int, error: OSError) -> Unavailable:
    if error.errno == errno.EADDRINUSE:
        return Unavailable(
            f"the SIP port {port} ({kind}) on {host} is in use: stop the program that has it, or set another port"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return Unavailable(f"{host} is not an address of this machine: set the SIP address to one that is")
    if error.errno == errno.EACCES:
        return Unavailable(f"the SIP port {port} ({kind}) may not be opened: set a port above 1023")
    return Unavailable(f"the SIP port {port} ({kind}) on {host} cannot be opened: {error.strerror or error}")
