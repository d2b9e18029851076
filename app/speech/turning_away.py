"""Connections that the recogniser does not take: told so in the protocol's own words, and closed.

A client learns "not now" from the close code alone (RFC 6455 7.4, IANA's 1013), so that a foreign one needs to know
nothing of us. No message comes before it.
"""

from __future__ import annotations

import asyncio
import socket

from websockets.frames import CloseCode

from app.speech.websocket_stream import WebSocketStream

TRY_AGAIN_LATER = int(CloseCode.TRY_AGAIN_LATER)
"""The machine bears no more streams: its reason is `CAPACITY`."""
CAPACITY = "capacity"

MOVE = int(CloseCode.SERVICE_RESTART)
"""The worker is to be replaced: connect again at once; nothing was amiss and nothing is lost."""
MOVE_REASON = "moved"

_MOST_AT_ONCE = 64


class TurningAway:
    """Answers the handshake of each connection handed to it and closes it with 1013."""

    def __init__(self) -> None:
        self._streams: set[WebSocketStream] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def turn_away(self, connection: socket.socket) -> None:
        """Takes the socket over. Beyond a bound connections are closed without a word."""
        if len(self._streams) + len(self._tasks) >= _MOST_AT_ONCE:
            connection.close()
            return
        task = asyncio.get_running_loop().create_task(self._take(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def aclose(self) -> None:
        """Let go of those that are still being told."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for stream in list(self._streams):
            stream.abort()

    async def _take(self, connection: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(self._make, connection)
        except OSError:
            connection.close()

    def _make(self) -> WebSocketStream:
        stream = WebSocketStream(_say_try_again, lambda _stream, _message: False, self._streams.discard)
        self._streams.add(stream)
        return stream


def _say_try_again(stream: WebSocketStream) -> None:
    stream.close(TRY_AGAIN_LATER, CAPACITY)
