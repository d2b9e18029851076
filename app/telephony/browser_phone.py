"""Operators' browsers as telephones: 16-bit PCM at 8 kHz over a WebSocket, straight to the line.

A page opens `/audio?token=...&page=...`; `page` is any text that stays the same when the page is reloaded.

- Binary frames both ways: 320 bytes, 160 samples, little-endian, 20 ms. Frames outside a call are not wanted.
- To the page: `{"audio": "ready"}` it is the operator's telephone now; `{"audio": "busy"}` another page is;
  `{"audio": "taken"}`, then close 4001, another page took over; `{"call": true | false}` a leg uses it.
- From the page: `{"audio": "take_over"}`, `{"microphone": true | false}` (false: listening only).

A page that comes back under its own `page` replaces its former socket at once, which may be dead without our
knowing yet; another page is told that the telephone is busy. The static page is `static/js/audio/phone.js`.
"""

from __future__ import annotations

import asyncio
import errno
import json
import socket as sockets
import ssl
from collections.abc import Callable, Collection
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, urlsplit
from weakref import WeakKeyDictionary

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from app.domain.errors import Unavailable
from app.telephony.desk import Desk, tell
from app.telephony.frame_queue import FRAME_BYTES

_log = structlog.get_logger()

TAKEN: Final = 4001
"""Close code: another page took over."""
_NOT_UNDERSTOOD: Final = 1008
_PING_EVERY_S: Final = 5.0
_PING_TIMEOUT_S: Final = 10.0
_SEND_BUFFER_BYTES: Final = 8192
"""The kernel must not hoard seconds of sound for a slow browser: with its own overhead this is about 200 ms."""

OnBrowser = Callable[[str, bool, bool], None]


class BrowserPhones:
    """The server of all operators' browsers.

    `authorise` gives the login that a token stands for. `allowed_origins` None: pages of our own host, at any port.
    """

    def __init__(
        self,
        host: str,
        port: int,
        authorise: Callable[[str], str | None],
        *,
        allowed_origins: Collection[str] | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._authorise = authorise
        self._allowed_origins = allowed_origins
        self._ssl = ssl_context
        self._desks: dict[str, Desk] = {}
        self._told: dict[str, tuple[bool, bool]] = {}
        self._admitted: WeakKeyDictionary[ServerConnection, tuple[str, str]] = WeakKeyDictionary()
        self._server: Server | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._on_browser: OnBrowser | None = None

    def report_to(self, on_browser: OnBrowser) -> None:
        """Who is told that an operator's browser came, went, or changed its microphone."""
        self._on_browser = on_browser

    async def start(self) -> None:
        """Raises Unavailable when the port cannot be had."""
        try:
            self._server = await serve(
                self._serve,
                self._host,
                self._port,
                ssl=self._ssl,
                process_request=self._admit,
                compression=None,
                max_size=4096,
                ping_interval=_PING_EVERY_S,
                ping_timeout=_PING_TIMEOUT_S,
                close_timeout=2.0,
            )
        except OSError as error:
            raise Unavailable(_cannot_listen(self._host, self._port, error)) from error
        _log.info("browser_audio_listening", host=self._host, port=self.port, secure=self._ssl is not None)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None
        await asyncio.gather(*self._closing)

    @property
    def port(self) -> int:
        """The port really listened on (another than given when that was 0)."""
        if self._server is None:
            return self._port
        return int(next(iter(self._server.sockets)).getsockname()[1])

    @property
    def connected(self) -> int:
        """How many operators' browsers are there."""
        return sum(desk.socket is not None for desk in self._desks.values())

    def desk(self, login: str) -> Desk:
        """The operator's desk, whether the browser is there or not."""
        if login not in self._desks:
            self._desks[login] = Desk(login, asyncio.get_running_loop().time())
        return self._desks[login]

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        address = urlsplit(request.path)
        query = parse_qs(address.query)
        if address.path != "/audio":
            return connection.respond(HTTPStatus.NOT_FOUND, "the audio is at /audio\n")
        if not self._is_from_our_page(request):
            _log.warning("browser_audio_refused", reason="origin", origin=request.headers.get("Origin"))
            return connection.respond(HTTPStatus.FORBIDDEN, "this page may not use the telephone\n")
        login = self._authorise(query.get("token", [""])[0])
        if login is None:
            return connection.respond(HTTPStatus.UNAUTHORIZED, "the token is not valid (any more)\n")
        self._admitted[connection] = login, query.get("page", [""])[0]
        return None

    def _is_from_our_page(self, request: Request) -> bool:
        origin = request.headers.get("Origin")
        if origin is None:  # no browser; the token decides
            return True
        if self._allowed_origins is not None:
            return origin in self._allowed_origins
        return urlsplit(origin).hostname == urlsplit("//" + request.headers.get("Host", "")).hostname

    async def _serve(self, connection: ServerConnection) -> None:
        login, page = self._admitted.pop(connection)
        desk = self.desk(login)
        self._keep_buffers_small(connection)
        if desk.socket is None or (page and page == desk.page):
            self._seat(desk, connection, page)
        else:
            tell(connection, {"audio": "busy"})
        try:
            async for message in connection:
                self._take(desk, connection, page, message)
        except ConnectionClosed:
            pass  # a cable pulled, a laptop closed: the page will be back or not
        finally:
            if desk.leave(connection, asyncio.get_running_loop().time()):
                self._report(desk)

    @staticmethod
    def _keep_buffers_small(connection: ServerConnection) -> None:
        sock = connection.transport.get_extra_info("socket")
        sock.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, _SEND_BUFFER_BYTES)

    def _take(self, desk: Desk, connection: ServerConnection, page: str, message: str | bytes) -> None:
        if isinstance(message, bytes):
            if len(message) != FRAME_BYTES:
                self._close(connection, _NOT_UNDERSTOOD, f"frames have {FRAME_BYTES} bytes")
            elif desk.socket is connection:
                desk.incoming.put(message)
            return
        match _control(message):
            case {"audio": "take_over"}:
                if desk.socket is not connection:
                    self._seat(desk, connection, page)
            case {"microphone": bool(microphone)}:
                if desk.socket is connection:
                    desk.microphone = microphone
                    self._report(desk)
            case _:
                self._close(connection, _NOT_UNDERSTOOD, "message not understood")

    def _seat(self, desk: Desk, connection: ServerConnection, page: str) -> None:
        replaced = desk.seat(connection, page)
        if replaced is not None:
            tell(replaced, {"audio": "taken"})
            self._close(replaced, TAKEN, "taken over by another page")
        self._report(desk)

    def _close(self, connection: ServerConnection, code: int, reason: str) -> None:
        task = asyncio.get_running_loop().create_task(connection.close(code, reason))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _report(self, desk: Desk) -> None:
        state = desk.socket is not None, desk.microphone
        if self._told.get(desk.login, (False, False)) == state:
            return
        self._told[desk.login] = state
        _log.info("browser_audio", pd_operator=desk.login, connected=state[0], microphone=state[1])
        if self._on_browser is not None:
            self._on_browser(desk.login, *state)


def _control(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _cannot_listen(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"operators' audio: port {port} on {host} is in use; stop the other program or set another port"
    return f"operators' audio: cannot listen on {host} port {port}: {error.strerror or error}"
