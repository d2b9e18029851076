"""The server's side of a WebSocket (RFC 6455) without a task a connection: a message is a call.

The protocol is that of `websockets` without its I/O; what stands around it is one asyncio protocol. Its own server
needs a coroutine, a queue and two awakenings a message: at 25 messages a second from each of a hundred streams that
is as much as the recognition of their silence saves (docs/decisions/0018-the-recogniser.md).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import cast

from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

LONGEST_MESSAGE_BYTES = 1 << 20
_OPEN_WITHIN_S = 10.0
_CLOSE_WITHIN_S = 2.0
_PING_EVERY_S = 20.0
"""A client of which nothing came for a whole interval, not even a pong, is gone: a cut cable sends no end."""

_quiet = logging.getLogger("app.speech.websocket_stream")
_quiet.setLevel(logging.CRITICAL)
"""The library's own remarks (a probe that connects and leaves) are of no use to anyone here."""


class WebSocketStream(asyncio.Protocol):
    """One connection. `on_message` gets each message, one after another; `on_gone` is called once, at the end.

    While `on_message` has more to do with a message it returns True and is called again with None, when others have
    had their turn. A client that does not take its answers, or sends faster than they are made, is not read.
    """

    def __init__(
        self,
        on_open: Callable[[WebSocketStream], None],
        on_message: Callable[[WebSocketStream, str | bytes | None], bool],
        on_gone: Callable[[WebSocketStream], None],
    ) -> None:
        self._on_open = on_open
        self._on_message = on_message
        self._on_gone = on_gone
        self._protocol = ServerProtocol(max_size=LONGEST_MESSAGE_BYTES, logger=_quiet)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[str | bytes] = deque()
        self._fragments: list[Frame] = []
        self._at_work = False
        self._answers_taken = True
        self._heard_from = True
        self._timer: asyncio.TimerHandle | None = None

    # --- what the conversation asks for ---

    def send(self, text: str) -> None:
        """Send a text message; nothing happens once the connection is closing."""
        if self._protocol.state is OPEN:
            self._protocol.send_text(text.encode())
            self._flush()

    def close(self, code: int = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None:
        """Begin to close: what the client still sends is not looked at."""
        self._waiting.clear()
        if self._protocol.state is OPEN:
            self._protocol.send_close(code, reason)
            self._flush()
            self._abort_after(_CLOSE_WITHIN_S)

    def abort(self) -> None:
        """Cut the connection now."""
        if self._transport is not None:
            self._transport.abort()

    # --- what asyncio tells ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._abort_after(_OPEN_WITHIN_S)

    def data_received(self, data: bytes) -> None:
        self._heard_from = True
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._open(event)
            elif isinstance(event, Frame):
                self._take(event)
        self._flush()
        self._work()

    def eof_received(self) -> None:
        self._protocol.receive_eof()
        self._flush()

    def pause_writing(self) -> None:
        self._answers_taken = False
        self._read_or_wait()

    def resume_writing(self) -> None:
        self._answers_taken = True
        self._read_or_wait()
        self._work()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._on_gone(self)

    # --- inside ---

    def _open(self, request: Request) -> None:
        self._protocol.send_response(self._protocol.accept(request))
        self._flush()
        if self._protocol.state is OPEN:
            self._ping_later()
            self._on_open(self)

    def _take(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT) and self._protocol.state is OPEN:
            self._fragments.append(frame)
            if frame.fin:
                self._gather()

    def _gather(self) -> None:
        frames, self._fragments = self._fragments, []
        content = bytes(frames[0].data) if len(frames) == 1 else b"".join(frame.data for frame in frames)
        if frames[0].opcode is Opcode.BINARY:
            self._waiting.append(content)
            return
        try:
            self._waiting.append(content.decode())
        except UnicodeDecodeError:
            self.close(CloseCode.INVALID_DATA, "text that is not UTF-8")

    def _work(self) -> None:
        """Handle one message, or what is left of it; what is still to do waits for its turn."""
        if self._at_work or not self._waiting or not self._answers_taken:
            return
        self._handle(self._waiting.popleft())

    def _handle(self, message: str | bytes | None) -> None:
        unfinished = self._on_message(self, message) and self._protocol.state is OPEN
        self._at_work = unfinished or (bool(self._waiting) and self._answers_taken)
        if self._at_work:
            self._loop.call_soon(self._go_on, unfinished)
        self._read_or_wait()

    def _go_on(self, unfinished: bool) -> None:
        self._at_work = False
        if self._transport is None:
            return
        if unfinished:
            self._handle(None)
        else:
            self._work()

    def _read_or_wait(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._at_work or not self._answers_taken:
            self._transport.pause_reading()
        elif not self._transport.is_reading():
            self._transport.resume_reading()

    def _flush(self) -> None:
        for content in self._protocol.data_to_send():
            if self._transport is None:
                return
            if content:
                self._transport.write(content)
            else:
                self._transport.close()

    def _abort_after(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._timer = self._loop.call_later(seconds, self._transport.abort)

    def _ping_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(_PING_EVERY_S, self._ping)

    def _ping(self) -> None:
        if self._transport is None or self._protocol.state is not OPEN:
            return
        if not self._heard_from and self._transport.is_reading():
            self._transport.abort()
            return
        self._heard_from = False
        self._protocol.send_ping(b"")
        self._flush()
        self._ping_later()
