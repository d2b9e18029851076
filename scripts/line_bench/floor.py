"""The floor: what the same system calls cost in Python, with nothing done to what they bring.

    python -m scripts.line_bench.floor CALLER_PORT FIRST_RTP_PORT LAST_RTP_PORT MODE

Every request is answered with a 200 that repeats its description. Every 20 ms each call's socket is read into a
row of an array and a packet that was made beforehand is sent: no jitter buffer, no decoding, nobody who listens.
What a line costs above this is its own work.
"""

from __future__ import annotations

import asyncio
import select
import socket
import sys
from typing import Any

import numpy as np

from scripts.line_bench.heard import Heard

HERE = "127.0.0.1"
PACKET = 172
REPEATED = ("via", "from", "call-id", "cseq")


class Calls:
    """The sockets of sound, and the beat."""

    def __init__(self, first: int, heard: Heard) -> None:
        self._next = first
        self._heard = heard
        self._sockets: list[socket.socket] = []
        self._by_number: dict[int, int] = {}
        self._poll = select.epoll()
        self._inbox = np.zeros((1024, 2048), np.uint8)
        self._outbox = np.full((1024, PACKET), 0xD5, np.uint8)

    def add(self, remote_port: int) -> int:
        """A call: its port."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((HERE, self._next))
        sock.connect((HERE, remote_port))
        sock.setblocking(False)
        self._next += 2
        self._by_number[sock.fileno()] = len(self._sockets)
        self._poll.register(sock.fileno(), select.EPOLLIN)
        self._outbox[len(self._sockets), :12] = (0x80, 8, *[0] * 8, *divmod(len(self._sockets), 256))
        self._sockets.append(sock)
        return int(sock.getsockname()[1])

    async def beat(self) -> None:
        loop = asyncio.get_running_loop()
        began, tick = loop.time(), 0
        while True:
            tick += 1
            await asyncio.sleep(max(0.0, began + 0.02 * tick - loop.time()))
            self._tick(tick)

    def _tick(self, tick: int) -> None:
        if not self._sockets:
            return
        for number, _ in self._poll.poll(0, len(self._sockets)):
            place = self._by_number[number]
            try:
                self._sockets[place].recv_into(self._inbox[place])
            except OSError:
                continue
        self._heard.frames += len(self._sockets)
        rows = self._outbox[: len(self._sockets)]
        rows[:, 2], rows[:, 3] = divmod(tick & 0xFFFF, 256)
        rows[:, 4:8] = np.frombuffer((tick * 160 & 0xFFFFFFFF).to_bytes(4, "big"), np.uint8)
        for sock, row in zip(self._sockets, rows, strict=True):
            try:
                sock.send(row)
            except OSError:
                continue


class Answers(asyncio.DatagramProtocol):
    """200 to everything but ACK."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        head, _, body = data.decode().partition("\r\n\r\n")
        request, *lines = head.split("\r\n")
        if request.startswith("ACK"):
            return
        kept = [line for line in lines if line.partition(":")[0].lower() in REPEATED]
        to = next(line for line in lines if line.lower().startswith("to:"))
        kept.append(to if "tag=" in to else f"{to};tag=floor")
        if body:
            asked = body.partition("m=audio ")[2].partition(" ")[0]
            body = body.replace(f"m=audio {asked} ", f"m=audio {self._calls.add(int(asked))} ")
            port = self._transport.get_extra_info("sockname")[1]
            kept += [f"Contact: <sip:floor@{HERE}:{port}>", "Content-Type: application/sdp"]
        answer = "\r\n".join(["SIP/2.0 200 OK", *kept, f"Content-Length: {len(body)}", "", body])
        self._transport.sendto(answer.encode(), addr)


async def serve(first: int) -> None:
    heard = Heard()
    calls = Calls(first, heard)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Answers(calls), local_addr=(HERE, 0))
    beating = loop.create_task(calls.beat())
    print("ready", transport.get_extra_info("sockname")[1], flush=True)
    await heard.tell_when_asked()
    beating.cancel()
    transport.close()


def main() -> None:
    asyncio.run(serve(int(sys.argv[2])))


if __name__ == "__main__":
    main()
