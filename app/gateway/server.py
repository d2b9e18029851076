"""The line's end of the gateway: shows the operators' panels to web and takes their commands.

Whatever web does, the line goes on: a slow web is cut off and comes back for snapshots, a command that fails is
logged and answered, a message that is none is answered by closing the connection.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request as HttpRequest
from websockets.http11 import Response

from app.application.ports import LineCommands
from app.domain.errors import BadInput, LiniyaError, Refused, Unavailable
from app.gateway import messages as m
from app.gateway.shown import Shown

LONGEST_REQUEST_BYTES = 256 * 1024
QUEUE_LENGTH = 1000
"""Messages that wait for one web process before it counts as stuck: some seconds of a busy line."""
BAD_MESSAGE = 1008

log = structlog.get_logger()


class GatewayServer:
    """The panels' feed (`ports.PanelFeed`) and the way in for their commands.

    Made before the application, which needs the feed; `open` is given the application."""

    def __init__(self, *, host: str, port: int, secret: str, queue_length: int = QUEUE_LENGTH) -> None:
        """`secret` is what web must bring. `port` 0 takes a free one (see `port` after `open`)."""
        self._host = host
        self._port = port
        self._secret = secret
        self._queue_length = queue_length
        self._commands: LineCommands | None = None
        self._server: Server | None = None
        self._webs: set[_Web] = set()
        self._shown: dict[str, Shown] = {}

    @property
    def port(self) -> int:
        """The port it listens on."""
        if self._server is None:
            return self._port
        return int(next(iter(self._server.sockets)).getsockname()[1])

    async def open(self, commands: LineCommands) -> None:
        """Listen. Unavailable, in one line, when the address cannot be had."""
        self._commands = commands
        try:
            self._server = await serve(
                self._converse,
                self._host,
                self._port,
                process_request=self._admit,
                compression=None,
                max_size=LONGEST_REQUEST_BYTES,
                close_timeout=1,
            )
        except OSError as error:
            raise Unavailable(
                f"the gateway cannot listen on {self._host}:{self._port} ({error.strerror or error}): "
                "stop the program that uses the port, or set another gateway port"
            ) from error

    async def close(self) -> None:
        """Stop listening and part from every web."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def show(self, operator: str, view: Mapping[str, Any]) -> None:
        """`PanelFeed.show`. The view is kept to compare the next with: hand a fresh one each time."""
        delta = self._shown.setdefault(operator, Shown(operator)).turn_to(view)
        if delta is not None:
            self._tell(operator, delta)

    def partial(self, operator: str, speaker: str, text: str) -> None:
        """`PanelFeed.partial`."""
        self._tell(operator, m.Partial(operator, speaker, text))

    def _tell(self, operator: str, message: m.PanelMessage) -> None:
        webs = [web for web in self._webs if operator in web.operators]
        if webs:
            wire = m.encode(message)
            for web in webs:
                web.send(wire)

    def _admit(self, connection: ServerConnection, request: HttpRequest) -> Response | None:
        # Compared as bytes and in constant time: the answer's delay must not spell the secret.
        brought = request.headers.get("Authorization", "").encode()
        if hmac.compare_digest(brought, f"Bearer {self._secret}".encode()):
            return None
        log.warning("gateway_secret_wrong", peer=str(connection.remote_address))
        return connection.respond(HTTPStatus.UNAUTHORIZED, "The gateway's secret is wrong.\n")

    async def _converse(self, connection: ServerConnection) -> None:
        web = _Web(connection, self._queue_length)
        self._webs.add(web)
        sending = asyncio.create_task(web.send_queued(), name="gateway-send")
        log.info("gateway_web_connected")
        try:
            async for text in connection:
                self._take(web, m.parse_request(text))
        except m.BadMessage as error:
            log.warning("gateway_bad_message", error=str(error))
            await connection.close(BAD_MESSAGE, str(error)[:100])
        except ConnectionClosed:
            pass  # its end is logged below, however it came
        finally:
            self._webs.discard(web)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            log.info("gateway_web_gone")

    def _take(self, web: _Web, request: m.Request) -> None:
        try:
            self._answer(web, request)
        except Refused as refused:
            web.tell(m.RefusedAnswer(request.id, refused.code, refused.reason, refused.rule))
        except BadInput as error:
            web.tell(m.BadInputAnswer(request.id, str(error), error.code))
        except LiniyaError as error:
            log.exception("panel_request_failed", kind=type(request).__name__)
            web.tell(m.Failed(request.id, str(error)))
        except Exception:  # the boundary of the line: logged whole, told, and calls go on
            log.exception("panel_request_failed", kind=type(request).__name__)
            web.tell(m.Failed(request.id, "a fault of the program: see the log of the line"))

    def _answer(self, web: _Web, request: m.Request) -> None:
        commands = self._commands
        if commands is None:
            raise Unavailable("the line has not started yet")
        match request:
            case m.Subscribe():
                # Shown first, so that the panels already open and the new one stand at the same number.
                self.show(request.operator, commands.view(request.operator))
                web.operators.add(request.operator)
                web.tell(self._shown[request.operator].snapshot())
            case m.Unsubscribe():
                web.operators.discard(request.operator)
                web.tell(m.Done(request.id))
            case m.Command():
                # What is sought is answered later: then the web may have gone, which `tell` bears.
                commands.command(
                    request.operator,
                    request.name,
                    request.arguments,
                    lambda answer: web.tell(m.Done(request.id, answer)),
                )


class _Web:
    """One connected web process: the operators whose panels it has open, and what waits to be sent."""

    def __init__(self, connection: ServerConnection, queue_length: int) -> None:
        self._connection = connection
        self._queue: asyncio.Queue[str] = asyncio.Queue(queue_length)
        self.operators: set[str] = set()

    def tell(self, message: m.FromLine) -> None:
        self.send(m.encode(message))

    def send(self, wire: str) -> None:
        """Never waits. A web that does not keep up is cut off, and resyncs by snapshots when it is back."""
        try:
            self._queue.put_nowait(wire)
        except asyncio.QueueFull:
            log.warning("gateway_web_too_slow", waiting=self._queue.qsize())
            self.operators.clear()
            self._connection.transport.abort()

    async def send_queued(self) -> None:
        try:
            while True:
                await self._connection.send(await self._queue.get())
        except ConnectionClosed:
            return
