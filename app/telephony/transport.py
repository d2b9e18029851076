"""The edge of the signalling: one port for UDP and TCP, another for TLS (RFC 3261 18)."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import structlog

from app.domain.errors import Unavailable
from app.telephony.connections import GOODBYE_S, Connection
from app.telephony.tls import TlsListener, TlsServer
from app.telephony.wire import Hop

MAX_CONNECTIONS = 256
MAX_OF_ONE_SOURCE = 64
MAX_OPENING = 64
MAX_AWAITING = 64
"""Messages that wait for one connection to open."""
CONNECT_S = 5.0
HANDSHAKE_S = 5.0
RECEIVE_BUFFER = 1 << 20

log = structlog.get_logger()


@dataclass(frozen=True)
class Peers:
    """What the transport must know of other servers. `tls_server` is who a TLS hop must prove to be, None for a hop
    that no connection may be opened to. `kept` says of a hop whether its connection is kept alive; `closed` is told
    of every connection of ours that is over, in good order or not."""

    tls_server: Callable[[Hop], TlsServer | None] = lambda _: None
    kept: Callable[[Hop], bool] = lambda _: False
    closed: Callable[[Hop], None] = lambda _: None


class SipTransport:
    """Datagrams and connections of one address. `on_message` gets every whole message with where it came from;
    `on_failure` is told of hops that nothing can be sent to, `on_lost` of those whose connection broke."""

    def __init__(
        self,
        on_message: Callable[[bytes, Hop], None],
        on_failure: Callable[[Hop], None],
        on_lost: Callable[[Hop], None] | None = None,
        peers: Peers | None = None,
    ) -> None:
        self._on_message = on_message
        self._on_failure = on_failure
        self._on_lost = on_lost or on_failure
        self.peers = peers or Peers()
        self._udp: asyncio.DatagramTransport | None = None
        self._servers: list[asyncio.Server] = []
        self._connections: dict[Hop, Connection] = {}
        self._living: set[Connection] = set()
        self._opening: dict[Hop, list[tuple[bytes, Hop]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.tls_port = 0

    async def open(self, host: str, port: int, tls: TlsListener | None = None) -> None:
        """Listen. Port 0 takes any that is free for both. Raises Unavailable with what to do about it."""
        await self._open_plain(host, port)
        if tls is None:
            return
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(lambda: _Greeted(self, tls.context), host, tls.port)
        except OSError as error:
            await self.close()
            raise _unavailable("TLS", host, tls.port, error) from error
        self._servers.append(server)
        self.tls_port = server.sockets[0].getsockname()[1]

    async def _open_plain(self, host: str, port: int) -> None:
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
                self._servers = [await loop.create_server(lambda: Connection(self, "TCP"), host, taken)]
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
        for server in self._servers:
            server.close()
        leaving = list(self._living)
        for connection in leaving:
            connection.finish()  # which lasts GOODBYE_S at most
        await asyncio.gather(*(connection.gone.wait() for connection in leaving))
        for server in self._servers:
            await server.wait_closed()
        self._servers = []
        await asyncio.sleep(0)  # closed sockets are let go in the loop's next turn

    # -- sending

    def send(self, data: bytes, hop: Hop) -> None:
        """Send, opening a connection where a stream has none to that hop; what comes of it is told later."""
        if self._udp is None:
            return
        if not hop.reliable:
            self._udp.sendto(data, (hop.host, hop.port))
        elif hop in self._connections:
            self._connections[hop].write(data)
        else:
            self._send_anew(data, hop)

    def _send_anew(self, data: bytes, hop: Hop) -> None:
        """RFC 3261 18.2.2: a response whose connection is gone goes to the port that its request named."""
        target = replace(hop, port=hop.back_port, back_port=0) if hop.back_port else hop
        waiting = self._opening.get(target)
        if target in self._connections:
            self._connections[target].write(data)
        elif waiting is not None and len(waiting) < MAX_AWAITING:
            waiting.append((data, hop))
        elif waiting is not None or len(self._opening) >= MAX_OPENING:
            asyncio.get_running_loop().call_soon(self._on_failure, hop)
        else:
            self._opening[target] = [(data, hop)]
            self._start(self._connect(target))

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, hop: Hop) -> None:
        try:
            connection = await self._open_connection(hop)
        except (OSError, Unavailable) as error:  # TimeoutError and SSLError are OSError
            self._give_up(hop, error)
            return
        except asyncio.CancelledError:
            self._opening.pop(hop, None)
            raise
        for data, _ in self._opening.pop(hop, []):
            connection.write(data)

    async def _open_connection(self, hop: Hop) -> Connection:
        """Raises OSError when there is none, Unavailable when the server there is the wrong one."""
        loop = asyncio.get_running_loop()
        server: TlsServer | None = None
        if hop.transport == "TLS":
            server = self.peers.tls_server(hop)
            if server is None:
                raise Unavailable("no trunk of ours has its server there")
        connection = Connection(self, hop.transport, hop, server, pinged=self.peers.kept(hop))
        async with asyncio.timeout(CONNECT_S):
            await loop.create_connection(
                lambda: connection,
                hop.host,
                hop.port,
                ssl=server.context if server is not None else None,
                server_hostname=server.host if server is not None else None,
                ssl_handshake_timeout=HANDSHAKE_S if server is not None else None,
                ssl_shutdown_timeout=GOODBYE_S if server is not None else None,
            )
        if connection.refused:
            raise Unavailable(connection.refused)
        return connection

    def _give_up(self, hop: Hop, error: OSError | Unavailable) -> None:
        if isinstance(error, Unavailable):
            log.error("sip_server_refused", trunk=hop.trunk, pd_host=hop.host, port=hop.port, why=str(error))
        elif isinstance(error, ssl.SSLCertVerificationError):
            log.error(
                "sip_certificate_refused",
                trunk=hop.trunk,
                pd_host=hop.host,
                port=hop.port,
                why=error.verify_message,
            )
        else:
            log.info("sip_connection_failed", pd_host=hop.host, port=hop.port, why=type(error).__name__)
        for told in dict.fromkeys([hop, *(asked for _, asked in self._opening.pop(hop, []))]):
            self._on_failure(told)

    # -- connections

    def opened(self, connection: Connection) -> None:
        """Keep a connection, at the cost of one that came and has been silent for longest."""
        held = list(self._connections.values())
        neighbours = [one for one in held if one.hop.host == connection.hop.host and not one.ours]
        if not connection.ours and len(neighbours) >= MAX_OF_ONE_SOURCE:
            self._dismiss(neighbours)
        elif len(held) >= MAX_CONNECTIONS:
            self._dismiss(held)
        self._connections[connection.hop] = connection
        self._living.add(connection)

    def _dismiss(self, among: list[Connection]) -> None:
        oldest = min(among, key=lambda one: (one.ours, one.active_at))
        log.warning("sip_connection_given_up", pd_host=oldest.hop.host)
        oldest.finish()

    def secure(self, connection: Connection, transport: asyncio.Transport, context: ssl.SSLContext) -> None:
        """Speak TLS over a connection that came; it counts as one from the first octet on."""
        transport.pause_reading()
        self._start(self._shake_hands(connection, transport, context))

    async def _shake_hands(
        self, connection: Connection, transport: asyncio.Transport, context: ssl.SSLContext
    ) -> None:
        loop = asyncio.get_running_loop()
        try:
            within = await loop.start_tls(
                transport,
                connection,
                context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_S,
                ssl_shutdown_timeout=GOODBYE_S,
            )
        except OSError as error:
            log.info("sip_handshake_failed", pd_host=connection.hop.host, why=type(error).__name__)
            connection.abort()
            return
        if within is None or connection.hop not in self._connections:
            connection.abort()
        else:
            connection.use(within)

    def lost(self, connection: Connection, *, failed: bool = False) -> None:
        """A connection is over. One that was closed in good order may be followed by another (18.2.2)."""
        if connection.gone.is_set():
            self._living.discard(connection)
        if self._connections.get(connection.hop) is connection:
            del self._connections[connection.hop]
            if failed and self._udp is not None:
                self._on_lost(connection.hop)
            if connection.ours and self._udp is not None:
                self.peers.closed(connection.hop)

    def deliver(self, data: bytes, hop: Hop) -> None:
        """A whole message of a connection."""
        self._deliver(data, hop)

    def _deliver(self, data: bytes, hop: Hop) -> None:
        if self._udp is None:
            return
        try:
            self._on_message(data, hop)
        except Exception:
            # The line must outlive whatever one message does; the traceback is a fault to be mended.
            log.exception("sip_message_failed", pd_host=hop.host, transport=hop.transport)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, deliver: Callable[[bytes, Hop], None]) -> None:
        self._deliver_message = deliver

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self._deliver_message(data, Hop("UDP", str(addr[0]), int(addr[1])))

    def error_received(self, exc: Exception) -> None:
        # An ICMP answer: the retransmissions and their time-outs deal with it (18.4).
        log.debug("sip_datagram_refused", why=type(exc).__name__)


class _Greeted(Connection):
    """A connection to the TLS port: nothing is read from it before the handshake."""

    def __init__(self, owner: SipTransport, context: ssl.SSLContext) -> None:
        super().__init__(owner, "TLS")
        self._transports = owner
        self._context = context

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.muted = True
        self._transports.secure(self, cast("asyncio.Transport", transport), self._context)


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
