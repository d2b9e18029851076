"""What the media engine costs and does: CPU of the line for RTP legs, all listened to, bridged in pairs or not.

    python -m scripts.bench_media [--seconds 10] [--legs 100 500] [--bridged] [--playing] [--profile]

The other ends live in a process of their own, so that only the engine's CPU is counted. Prints a table and, as the
last line, the same as JSON. Other programs on the machine disturb jitter and delay: take the best of several runs.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import multiprocessing
import pstats
import resource
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from app.application.ports import Clip, LegId
from app.telephony.browser_phone import BrowserPhones
from app.telephony.media import Media
from app.telephony.media_port import RtpRemote
from scripts.far_ends import FarFigures, run_far_ends

FIRST_PORT = 22000
OPERATORS: dict[str, str] = {}
MUSIC = Clip("music", np.random.default_rng(1).integers(-9000, 9000, 80000).astype("<i2").tobytes())


@dataclass(frozen=True)
class Figures:
    """`cpu_ms_per_leg_second`: CPU of the engine for one second of one leg, both directions."""

    legs: int
    bridged: bool
    cpu_ms_per_leg_second: float
    packets_sent: int
    packets_received: int
    jitter_ms: float
    longest_gap_ms: float
    delay_p50_ms: float | None
    delay_p99_ms: float | None
    frames_heard: int
    longest_tick_ms: float


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


async def measured(
    legs: int, seconds: float, *, bridged: bool, playing: bool, profile: cProfile.Profile | None
) -> Figures:
    pipe, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=run_far_ends, args=(legs, seconds, theirs))
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
        if playing:
            media.play(name, [MUSIC], tag="music", loop=True)
    if bridged:
        for one, other in zip(names[::2], names[1::2], strict=False):
            media.bridge(one, other)
    tick = Longest(media.tick)
    media.tick = tick  # type: ignore[method-assign]  # watched from outside
    await media.start()
    began = cpu_s()
    if profile is not None:
        profile.enable()
    pipe.send(ports)
    far: FarFigures = await asyncio.to_thread(pipe.recv)
    if profile is not None:
        profile.disable()
    spent = cpu_s() - began
    await media.stop()
    await asyncio.to_thread(process.join)
    return Figures(
        legs=legs,
        bridged=bridged,
        cpu_ms_per_leg_second=round(1000 * spent / (legs * seconds), 3),
        packets_sent=far.sent,
        packets_received=far.received,
        jitter_ms=far.jitter_ms,
        longest_gap_ms=far.longest_gap_ms,
        delay_p50_ms=far.delay_p50_ms,
        delay_p99_ms=far.delay_p99_ms,
        frames_heard=frames,
        longest_tick_ms=round(1000 * tick.seconds, 2),
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--legs", type=int, nargs="+", default=[100])
    arguments.add_argument("--seconds", type=float, default=10.0)
    arguments.add_argument("--bridged", action="store_true", help="legs are bridged in pairs")
    arguments.add_argument("--playing", action="store_true", help="legs hear music")
    arguments.add_argument("--profile", action="store_true", help="say where the time goes (slower)")
    given = arguments.parse_args()
    profile = cProfile.Profile() if given.profile else None
    results = [
        asyncio.run(measured(legs, given.seconds, bridged=given.bridged, playing=given.playing, profile=profile))
        for legs in given.legs
    ]
    for figures in results:
        for name, value in asdict(figures).items():
            print(f"{name:>24} {value}")
    if profile is not None:
        pstats.Stats(profile).sort_stats("tottime").print_stats(35)
    print(json.dumps([asdict(figures) for figures in results]))


if __name__ == "__main__":
    main()
