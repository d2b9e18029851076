"""A caller that does nothing but call, at any rate: INVITE, ACK, BYE over one datagram socket, written by hand."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable
from typing import Any, Self

LOOPBACK = "127.0.0.1"
_STATUS = re.compile(rb"SIP/2\.0 (\d{3}) ")
_CALL = re.compile(rb"\r\nCall-ID: (\d+)@")
_METHOD = re.compile(rb"\r\nCSeq: \d+ ([A-Z]+)\r\n")
_TO = re.compile(rb"\r\nTo: ([^\r]+)\r\n")
_MEDIA = re.compile(rb"\r\nm=audio (\d+) ")
REPEAT_S = 0.5
MOST_REPEATS = 20


class FastCaller(asyncio.DatagramProtocol):
    """Places calls on `127.0.0.1:port`. `refused` counts finals other than 200."""

    def __init__(self, port: int) -> None:
        self.refused = 0
        self.answered = 0
        self._port = port
        self._number = 0
        self._waiting: dict[tuple[bytes, bytes], asyncio.Future[bytes]] = {}
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(LOOPBACK, 0))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._transport is not None:
            self._transport.close()
        await asyncio.sleep(0)

    @property
    def port(self) -> int:
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        status, call, method = _STATUS.match(data), _CALL.search(data), _METHOD.search(data)
        if status is None or call is None or method is None:
            if data.startswith(b"BYE "):
                self.send(b"SIP/2.0 200 OK\r\n" + data.partition(b"\r\n")[2])
            return
        future = self._waiting.get((call.group(1), method.group(1)))
        if int(status.group(1)) >= 200 and future is not None and not future.done():
            future.set_result(data)

    def send(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.sendto(data, (LOOPBACK, self._port))

    async def call(self, during: Callable[[int], Any] | None = None, *, media_port: int = 40000) -> None:
        """One call from INVITE to the 200 of its BYE. `during` gets the line's RTP port and is awaited."""
        self._number += 1
        call = str(self._number).encode()
        body = self._offer(media_port)
        answer = await self._ask(call, b"INVITE", b"1", b"", body)
        if not answer.startswith(b"SIP/2.0 200 "):
            self.refused += 1
            self.send(self._request(call, b"ACK", b"1", _found(_TO, answer), b"", branch=b"INVITE"))
            return
        to = _found(_TO, answer)
        self.send(self._request(call, b"ACK", b"1", to, b""))
        if during is not None:
            await during(int(_found(_MEDIA, answer)))
        await self._ask(call, b"BYE", b"2", to, b"")
        self.answered += 1

    async def _ask(self, call: bytes, method: bytes, number: bytes, to: bytes, body: bytes) -> bytes:
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[call, method] = future
        request = self._request(call, method, number, to, body)
        try:
            for _ in range(MOST_REPEATS):
                self.send(request)
                with contextlib.suppress(TimeoutError):
                    return await asyncio.wait_for(asyncio.shield(future), REPEAT_S)
        finally:
            del self._waiting[call, method]
        raise AssertionError(f"no answer to {method.decode()} of call {call.decode()}")

    def _request(
        self, call: bytes, method: bytes, number: bytes, to: bytes, body: bytes, *, branch: bytes = b""
    ) -> bytes:
        target = b"sip:245022@127.0.0.1"
        head = [
            b"%s %s SIP/2.0" % (method, target),
            b"Via: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%s-%s-%d;rport"
            % (self.port, call, branch or method, self.port),
            b"Max-Forwards: 70",
            b"From: <sip:fast@127.0.0.1>;tag=fast",
            b"To: " + (to or b"<%s>" % target),
            b"Call-ID: %s@%d" % (call, self.port),
            b"CSeq: %s %s" % (number, method),
            b"Contact: <sip:fast@127.0.0.1:%d>" % self.port,
            *([b"Content-Type: application/sdp"] if body else []),
            b"Content-Length: %d" % len(body),
        ]
        return b"\r\n".join(head) + b"\r\n\r\n" + body

    @staticmethod
    def _offer(media_port: int) -> bytes:
        lines = [b"v=0", b"o=- 1 1 IN IP4 127.0.0.1", b"s=-", b"c=IN IP4 127.0.0.1", b"t=0 0"]
        lines += [b"m=audio %d RTP/AVP 8 101" % media_port, b"a=rtpmap:101 telephone-event/8000"]
        return b"".join(line + b"\r\n" for line in lines)


def _found(pattern: re.Pattern[bytes], data: bytes) -> bytes:
    match = pattern.search(data)
    assert match is not None, data
    return match.group(1)
