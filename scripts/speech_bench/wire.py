"""As much of WebSocket (RFC 6455) as a cheap client needs: frames that are made once, for all connections."""

from __future__ import annotations

import base64
import contextlib
import os
import socket

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
_MASK = bytes(4)
"""RFC 6455 5.3: a client masks. With zeros the same frame serves every connection; a server unmasks as ever."""
_LONGEST_SHORT, _LONGEST_16 = 125, 0xFFFF
_OPEN_WITHIN_S = 30.0


def frame(opcode: int, payload: bytes) -> bytes:
    """A whole message of a client in one frame."""
    size = len(payload)
    if size <= _LONGEST_SHORT:
        length = bytes([0x80 | size])
    elif size <= _LONGEST_16:
        length = bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        length = bytes([0x80 | 127]) + size.to_bytes(8, "big")
    return bytes([0x80 | opcode]) + length + _MASK + payload


def connect(port: int) -> socket.socket:
    """A blocking socket after the handshake, without compression. ConnectionRefusedError when it is refused."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=_OPEN_WITHIN_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(os.urandom(16)).decode()
    connection.sendall(
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    head = b""
    while b"\r\n\r\n" not in head:
        # Byte by byte: what follows the head is the first frame already.
        byte = connection.recv(1)
        head += byte
        if not byte:
            break
    if b" 101 " not in head.partition(b"\r\n")[0]:
        connection.close()
        raise ConnectionRefusedError(f"no WebSocket: {head[:80]!r}")
    return connection


def leave(connection: socket.socket) -> None:
    """Say goodbye, so that the server has nothing to complain of, and close."""
    with contextlib.suppress(OSError):
        connection.setblocking(False)
        connection.send(frame(CLOSE, (1000).to_bytes(2, "big")))
    connection.close()


class Incoming:
    """Frames of a server out of the pieces in which they arrive."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[tuple[int, bytes]]:
        """(opcode, payload) of each frame that is whole now. A server does not mask, and these do not divide."""
        rest = self._rest + piece if self._rest else piece
        frames, at = [], 0
        while (found := _header(rest, at)) is not None:
            start, end = found
            if end > len(rest):
                break
            frames.append((rest[at] & 0x0F, rest[start:end]))
            at = end
        self._rest = rest[at:]
        return frames


def _header(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the payload of the frame at `at` begins and ends; None when that cannot be told yet."""
    if len(data) < at + 2:
        return None
    size, extra = data[at + 1] & 0x7F, 0
    if size > _LONGEST_SHORT:
        extra = 2 if size == _LONGEST_SHORT + 1 else 8
        if len(data) < at + 2 + extra:
            return None
        size = int.from_bytes(data[at + 2 : at + 2 + extra], "big")
    start = at + 2 + extra
    return start, start + size
