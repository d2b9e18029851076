"""One TCP or TLS connection, whoever opened it: whole messages in, bytes out, kept alive, closed when hopeless."""

from __future__ import annotations

import asyncio
import random
from typing import Protocol, cast

import structlog

from app.telephony.errors import BadMessage
from app.telephony.framing import StreamFramer
from app.telephony.tls import TlsServer
from app.telephony.wire import Hop, TransportName

MAX_UNSENT = 256 * 1024
MAX_HELD = 64 * 1024
PARTIAL_S = 15.0
"""How long a message may take to become whole."""
GOODBYE_S = 1.0
"""How long closing in good order may take."""
PING_S = 30.0
PONG_S = 10.0
"""RFC 5626 4.4.1."""

log = structlog.get_logger()


class ConnectionOwner(Protocol):
    """Who is told of a connection's life."""

    def opened(self, connection: Connection) -> None: ...

    def lost(self, connection: Connection, *, failed: bool = False) -> None:
        """It is over; `failed` where that was not in good order. May be told twice."""

    def deliver(self, data: bytes, hop: Hop) -> None:
        """A whole message."""


class Connection(asyncio.Protocol):
    """`wanted` is the hop of a connection that we open, None for one that came. `server` is what TLS must find
    there: nothing is sent to or taken from anybody else. `pinged`: whether we keep it alive."""

    def __init__(
        self,
        owner: ConnectionOwner,
        kind: TransportName,
        wanted: Hop | None = None,
        server: TlsServer | None = None,
        *,
        pinged: bool = False,
    ) -> None:
        self._owner = owner
        self._kind = kind
        self._server = server
        self._pinged = pinged
        self._framer = StreamFramer()
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._knows_pings = False
        self._held = bytearray()
        self.ours = wanted is not None
        self.hop = wanted or Hop(kind, "", 0)
        self.active_at = 0.0
        self.refused = ""
        """Why TLS met the wrong server, "" if it did not."""
        self.muted = False
        """Whether nothing may be said yet: TLS is still to be agreed."""
        self.gone = asyncio.Event()

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.use(cast("asyncio.Transport", transport))
        self.active_at = asyncio.get_running_loop().time()
        if self._server is not None:
            self.refused = self._server.refusal(transport.get_extra_info("ssl_object"))
            if self.refused:
                self.abort()
                return
        if not self.ours:
            peer = transport.get_extra_info("peername") or ("", 0)
            self.hop = Hop(self._kind, str(peer[0]), int(peer[1]))
        self._owner.opened(self)
        if self._pinged:
            self._ping_later()

    def data_received(self, data: bytes) -> None:
        if self._transport is None or self.refused:
            return
        if self.muted:
            self._held += data
            if len(self._held) > MAX_HELD:
                self.abort()
            return
        loop = asyncio.get_running_loop()
        self.active_at = loop.time()
        awaited = self._framer.pong_due
        try:
            messages = self._framer.feed(data)
        except BadMessage as error:
            log.info("sip_stream_unreadable", why=error.reason, pd_host=self.hop.host)
            self.finish()
            return
        if self._pinged and awaited:
            self._knows_pings = self._knows_pings or not self._framer.pong_due
            self._framer.pong_due = False
            self._ping_later()  # whatever came, the other side lives
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
        if self._framer.waiting and self._deadline is None and self._transport is not None:
            self._deadline = loop.call_later(PARTIAL_S, self.finish)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._over(failed=exc is not None)

    # -- its owner's

    def use(self, transport: asyncio.Transport) -> None:
        """Speak through this transport: the one within TLS takes the place of the one below it."""
        self._transport = transport
        self.muted = False
        if self._held:  # what came together with the end of the handshake
            held, self._held = bytes(self._held), bytearray()
            self.data_received(held)

    def write(self, data: bytes) -> None:
        if self._transport is None or self.muted or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self._transport.abort()  # it does not read: nothing more is kept for it
            return
        self._transport.write(data)

    def finish(self) -> None:
        """Close in good order."""
        self._stop_timers()
        self._owner.lost(self)
        if self._transport is not None:
            self._transport.close()
            self._deadline = asyncio.get_running_loop().call_later(GOODBYE_S, self.abort)

    def abort(self) -> None:
        """Close at once."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()
        self._over(failed=True)

    # -- keeping alive (RFC 5626 4.4.1)

    def _ping_later(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        seconds = PING_S * random.uniform(0.8, 1)
        self._alarm = asyncio.get_running_loop().call_later(seconds, self._ping)

    def _ping(self) -> None:
        self._framer.pong_due = True
        self.write(b"\r\n\r\n")
        self._alarm = asyncio.get_running_loop().call_later(PONG_S, self._unanswered)

    def _unanswered(self) -> None:
        """A server that has answered before is gone; one that never did may not know of this (4.4)."""
        if self._knows_pings:
            log.info("sip_connection_silent", pd_host=self.hop.host, port=self.hop.port)
            self.abort()
        else:
            self._ping_later()

    def _over(self, *, failed: bool) -> None:
        self._stop_timers()
        self.gone.set()
        self._owner.lost(self, failed=failed)

    def _stop_timers(self) -> None:
        self._disarm()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
