"""What the media engine costs: CPU of the line for RTP legs, bridged in pairs and all listened to.

    python -m scripts.bench_media [--seconds 10] [--legs 50 100]

The other ends live in a process of their own, so that only the engine's CPU is counted. Prints a table and, as the
last line, the same as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection

from app.application.ports import LegId
from app.telephony.browser_phone import BrowserPhones
from app.telephony.media import Media
from app.telephony.media_port import RtpRemote
from app.telephony.rtp import RtpPacket

FIRST_PORT = 22000
OPERATORS: dict[str, str] = {}


@dataclass(frozen=True)
class Figures:
    """`cpu_ms_per_leg_second`: CPU of the engine for one second of one leg, both directions."""

    legs: int
    seconds: float
    cpu_ms_per_leg_second: float
    packets_expected: int
    packets_received: int
    frames_heard: int
    longest_tick_ms: float


def far_ends(legs: int, seconds: float, pipe: Connection) -> None:
    """Send a packet every 20 ms on each socket; count what comes back."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(legs)]
    for sock in sockets:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
    pipe.send([sock.getsockname()[1] for sock in sockets])
    ports: list[int] = pipe.recv()
    received = 0
    began = time.monotonic()
    for n in range(round(seconds * 50)):
        time.sleep(max(0.0, began + n * 0.02 - time.monotonic()))
        for leg, (sock, port) in enumerate(zip(sockets, ports, strict=True)):
            packet = RtpPacket(8, n & 0xFFFF, n * 160, leg, bytes(((n * 7 + leg) & 0xFF,)) * 160)
            sock.sendto(packet.serialise(), ("127.0.0.1", port))
            received += drained(sock)
    pipe.send(received)
    for sock in sockets:
        sock.close()


def drained(sock: socket.socket) -> int:
    count = 0
    while True:
        try:
            sock.recv(2048)
        except BlockingIOError:
            return count
        count += 1


class Longest:
    """Times every call."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action = action
        self.seconds = 0.0

    def __call__(self) -> None:
        began = time.perf_counter()
        self._action()
        self.seconds = max(self.seconds, time.perf_counter() - began)


def cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def measured(legs: int, seconds: float) -> Figures:
    pipe, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=far_ends, args=(legs, seconds, theirs))
    process.start()
    media = Media("127.0.0.1", (FIRST_PORT, FIRST_PORT + 2 * legs), BrowserPhones("127.0.0.1", 0, OPERATORS.get))
    remote_ports: list[int] = await asyncio.to_thread(pipe.recv)
    names = [LegId(str(n)) for n in range(legs)]
    ports = [media.open_rtp(name) for name in names]
    frames = 0

    def sink(_: bytes) -> None:
        nonlocal frames
        frames += 1

    for name, port in zip(names, remote_ports, strict=True):
        media.connect_rtp(name, RtpRemote("127.0.0.1", port, "PCMA", 8, 101))
        media.listen(name, sink)
    for one, other in zip(names[::2], names[1::2], strict=False):
        media.bridge(one, other)
    tick = Longest(media.tick)
    media.tick = tick  # type: ignore[method-assign]  # watched from outside
    await media.start()
    began = cpu_s()
    pipe.send(ports)
    received: int = await asyncio.to_thread(pipe.recv)
    spent = cpu_s() - began
    await media.stop()
    await asyncio.to_thread(process.join)
    return Figures(
        legs=legs,
        seconds=seconds,
        cpu_ms_per_leg_second=round(1000 * spent / (legs * seconds), 3),
        packets_expected=round(legs * seconds * 50),
        packets_received=received,
        frames_heard=frames,
        longest_tick_ms=round(1000 * tick.seconds, 2),
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--legs", type=int, nargs="+", default=[50, 100])
    arguments.add_argument("--seconds", type=float, default=10.0)
    given = arguments.parse_args()
    results = [asyncio.run(measured(legs, given.seconds)) for legs in given.legs]
    print(f"{'legs':>5} {'CPU ms a leg-second':>20} {'packets back':>20} {'longest tick, ms':>17}")
    for figures in results:
        back = f"{figures.packets_received} of {figures.packets_expected}"
        print(f"{figures.legs:>5} {figures.cpu_ms_per_leg_second:>20} {back:>20} {figures.longest_tick_ms:>17}")
    print(json.dumps([asdict(figures) for figures in results]))


if __name__ == "__main__":
    main()
