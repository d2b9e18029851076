"""Messages out of a byte stream (RFC 3261 18.3): headers to the empty line, then as much as Content-Length says."""

from __future__ import annotations

import re

from app.telephony.errors import BadMessage

MAX_HEAD = 32 * 1024
MAX_BODY = 64 * 1024

_FOLD = re.compile(rb"\r\n[ \t]+")
_LENGTH = re.compile(rb"\r\n(?:content-length|l)[ \t]*:(.*?)(?=\r\n|$)", re.IGNORECASE | re.DOTALL)
_DIGITS = re.compile(rb"[ \t]*(\d{1,9})[ \t]*")
_END = b"\r\n\r\n"


class StreamFramer:
    """Feed it what the connection brings; it gives whole messages. Nothing larger than its limits is ever kept."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self.lost = False
        """Whether where the next message begins can no longer be told: what was given last is all."""
        self.pong_due = False
        """Whether a keep-alive of ours waits for its answer: the next lone line end is that."""

    @property
    def waiting(self) -> bool:
        """Whether a message has begun and is not whole."""
        return bool(self._buffer)

    def feed(self, arrived: bytes) -> list[bytes]:
        """Whole messages; b"" stands for a keep-alive that wants its answer (RFC 5626 4.4.1).

        Raises BadMessage when the stream can no longer be told apart into messages: it must be closed. A message
        without a usable length is the last that is given, to be answered before that (RFC 4475 3.1.2.3).
        """
        if self.lost:
            raise BadMessage("no usable Content-Length")
        self._buffer += arrived
        found: list[bytes] = []
        while self._buffer:
            if self._keep_alive(found):
                continue
            size = self._size()
            if size is None or size > len(self._buffer):
                break
            found.append(bytes(self._buffer[:size]))
            self._drop(size)
            self._end_if_lost()
        return found

    def _keep_alive(self, found: list[bytes]) -> bool:
        if self._buffer.startswith(_END):
            found.append(b"")
            self._drop(4)
            return True
        if self.pong_due and self._buffer.startswith(b"\r\n"):
            self.pong_due = False
            self._drop(2)
            return True
        if self._buffer.startswith(b"\r\n") and len(self._buffer) > 2 and self._buffer[2] != 13:
            self._drop(2)  # a stray line end before a message (7.5)
            return True
        return False

    def _size(self) -> int | None:
        """Bytes of the first message; None while its headers are not whole."""
        if self._buffer == b"\r\n" or self._buffer == b"\r" or self._buffer == b"\r\n\r":
            return None
        end = self._buffer.find(_END, max(0, self._searched - 3))
        if end < 0:
            self._searched = len(self._buffer)
            if len(self._buffer) > MAX_HEAD:
                raise BadMessage("headers without an end")
            return None
        if end > MAX_HEAD:
            raise BadMessage("headers without an end")
        self._searched = end
        # Read as the parser reads it, folds and all: two opinions on a length would let a message hide another.
        head = _FOLD.sub(b" ", self._buffer[:end])
        lengths = [_DIGITS.fullmatch(one) for one in _LENGTH.findall(head)]
        sizes = {int(one.group(1)) for one in lengths if one is not None}
        self.lost = None in lengths or len(sizes) > 1 or max(sizes, default=0) > MAX_BODY
        return end + len(_END) + (0 if self.lost else max(sizes, default=0))

    def _end_if_lost(self) -> None:
        if self.lost:
            self._buffer.clear()

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
        self._searched = 0
