"""The load: a process that is told by lines of JSON what to call and how long to talk, and answers with figures.

    python -m scripts.line_bench.generator

Says {"port": N} first: its SIP port, which a peer that cannot answer by Via has to be told. Then, a line each:
{"do": "place", "port": P, "legs": N}, {"do": "stream", "warm_s": S, "seconds": S, "phases": N, "pid": P},
{"do": "invites", "port": P, "calls": N}, {"do": "hang_up"}. It ends with its standard input.
"""

from __future__ import annotations

import json
import math
import random
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scripts.line_bench import analysis
from scripts.line_bench.sip_caller import Placed, SipCaller
from scripts.line_bench.streams import Streams

BETWEEN_CALLS_S = 0.012
"""Not in step with anybody's 20 ms: what is waited differs from call to call."""


class Generator:
    """The calls that are up, and their sound."""

    def __init__(self) -> None:
        self.caller = SipCaller()
        self.streams = Streams()
        self.calls: list[Placed] = []

    def place(self, port: int, legs: int) -> dict[str, Any]:
        """So many more calls to the port."""
        began = time.monotonic()
        first = len(self.calls)
        self.calls += self.caller.place(port, self.streams.open(legs))
        for leg, call in enumerate(self.calls[first:], first):
            self.streams.connect(leg, call.remote_rtp_port)
        return {"legs": len(self.calls), "setup_s": round(time.monotonic() - began, 3)}

    def stream(self, warm_s: float, seconds: float, phases: int, pid: int) -> dict[str, Any]:
        """Talk on all legs; what came of it, and the CPU that the process and its children used meanwhile."""
        family = descendants(pid)
        used: list[float] = []
        record = self.streams.run(
            warm_s, seconds, phases, lambda: used.append(cpu_s(family)), lambda: self.caller.take(0)
        )
        return {
            "cpu_s": used[1] - used[0],
            "seconds": (record.ended_ns - record.began_ns) / 1e9,
            "generator_latest_ms": record.latest_ms,
            **asdict(analysis.sending(record, len(self.calls))),
            **asdict(analysis.bridging(record)),
        }

    def invites(self, port: int, calls: int) -> dict[str, Any]:
        """Calls one after the other: from the INVITE leaving to the kernel's having the 200."""
        rtp_port = self.streams.open(1)[0]
        delays = []
        for _ in range(calls):
            placed = self.caller.place(port, [rtp_port])
            delays.append((placed[0].answered_ns - placed[0].invited_ns) / 1e6)
            self.caller.hang_up(placed, patience_s=1)
            time.sleep(BETWEEN_CALLS_S * random.uniform(0.5, 1.5))
        return {"delays_ms": delays}

    def hang_up(self) -> dict[str, Any]:
        ended = self.caller.hang_up(self.calls)
        self.streams.close()
        legs, self.calls, self.streams = len(self.calls), [], Streams()
        return {"legs": legs, "ended": ended}

    def close(self) -> None:
        self.streams.close()
        self.caller.close()


def cpu_s(family: list[int]) -> float:
    """CPU used by the processes so far, to the nanosecond, by their own clocks (clock_getcpuclockid(3))."""
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in family)


def descendants(pid: int) -> list[int]:
    """The process and all that came of it."""
    family = [pid]
    for one in family:
        for thread in Path(f"/proc/{one}/task").iterdir():
            family += [int(child) for child in (thread / "children").read_text().split()]
    return family


def raise_file_limit() -> None:
    """A call needs one or two sockets: as many as the machine allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def say(answer: dict[str, Any]) -> None:
    whole = {name: None if isinstance(one, float) and math.isnan(one) else one for name, one in answer.items()}
    print(json.dumps(whole), flush=True)


def main() -> None:
    raise_file_limit()
    generator = Generator()
    verbs: dict[str, Callable[..., dict[str, Any]]] = {
        "place": generator.place,
        "stream": generator.stream,
        "invites": generator.invites,
        "hang_up": generator.hang_up,
    }
    say({"port": generator.caller.port})
    for line in sys.stdin:
        order = json.loads(line)
        try:
            say(verbs[order.pop("do")](**order))
        except (TimeoutError, ConnectionRefusedError) as error:
            say({"failed": str(error)})
    generator.close()


if __name__ == "__main__":
    main()
