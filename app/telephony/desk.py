"""An operator's desk: the browser that is the operator's microphone and loudspeaker, and the legs that use it.

The leg belongs to the line and the socket to the desk, so that a reloaded page finds its call again.
"""

from __future__ import annotations

import json
from collections import deque
from typing import Any, Final

from websockets.asyncio.server import ServerConnection, broadcast

from app.telephony.frame_queue import FrameQueue

MOST_WAITING_FRAMES: Final = 10  # 200 ms


class Desk:
    """One operator's browser, there or not. `microphone`: the browser said that it has one (or nothing yet)."""

    def __init__(self, login: str, now: float) -> None:
        self.login = login
        self.socket: ServerConnection | None = None
        self.page = ""
        self.microphone = False
        self.gone_since: float | None = now
        self.incoming = FrameQueue()
        self.dropped_frames = 0
        self._outgoing: deque[bytes] = deque(maxlen=MOST_WAITING_FRAMES)
        self._ends: list[BrowserEnd] = []

    def seat(self, socket: ServerConnection, page: str) -> ServerConnection | None:
        """Make the socket this desk's; returns the one that it replaces."""
        replaced, self.socket = self.socket, socket
        self.page = page
        self.microphone = True
        self.gone_since = None
        self.incoming.clear()
        self._outgoing.clear()
        tell(socket, {"audio": "ready"})
        tell(socket, {"call": bool(self._ends)})
        return replaced

    def leave(self, socket: ServerConnection, now: float) -> bool:
        """The socket is closed; False when it was not this desk's any more."""
        if socket is not self.socket:
            return False
        self.socket = None
        self.microphone = False
        self.gone_since = now
        self.incoming.clear()
        return True

    def open_end(self) -> BrowserEnd:
        """Another leg takes the browser; it goes back to the leg before when this one closes."""
        end = BrowserEnd(self)
        self._ends.append(end)
        self.incoming.clear()
        self._tell_of_call()
        return end

    def close_end(self, end: BrowserEnd) -> None:
        if end in self._ends:
            self._ends.remove(end)
            self.incoming.clear()
            self._outgoing.clear()
            self._tell_of_call()

    def is_used_by(self, end: BrowserEnd) -> bool:
        return bool(self._ends) and self._ends[-1] is end

    def send(self, frame: bytes) -> None:
        """Send a frame, or keep it while the network lags: the newest 200 ms, the oldest are dropped."""
        if self.socket is None:
            return
        self.dropped_frames += len(self._outgoing) == MOST_WAITING_FRAMES
        self._outgoing.append(frame)
        while self._outgoing and not self.socket.transport.get_write_buffer_size():
            broadcast((self.socket,), self._outgoing.popleft())

    def _tell_of_call(self) -> None:
        if self.socket is not None:
            tell(self.socket, {"call": bool(self._ends)})


class BrowserEnd:
    """A leg's hold on the desk's browser."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @property
    def gone_since(self) -> float | None:
        """When the browser went (loop time, s), None while it is there."""
        return self.desk.gone_since

    def pull(self) -> tuple[bytes, int]:
        """320 bytes, and the stage of fading (`JitterBuffer.pull`)."""
        return self.desk.incoming.pull()

    def send(self, frame: bytes) -> None:
        if self.desk.is_used_by(self):
            self.desk.send(frame)

    def close(self) -> None:
        self.desk.close_end(self)


def tell(socket: ServerConnection, message: dict[str, Any]) -> None:
    """Send a control message without waiting; a socket that is closing does not get it."""
    broadcast((socket,), json.dumps(message))
