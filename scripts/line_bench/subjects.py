"""The processes of a measurement: one that is measured, and the load."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from app.config import PROJECT

READY_WITHIN_S = 20.0
STOPS_WITHIN_S = 10.0
LONGEST_ORDER_S = 120.0
_RTP_PORTS = 10_000, 31_000
"""Below the ports that the system gives out by itself (ip_local_port_range)."""


@dataclass(frozen=True)
class Subject:
    """Who is measured: the module of its process, under which names its figures go, and what it can do.

    `media` names the figures of sound, `signalling` that of the INVITE; "" for ours. `first_calls` and `more_calls`
    are the steps in which its most calls are looked for, where that is asked (`most`).
    """

    module: str
    media: str = ""
    signalling: str = ""
    invites: int = 200
    bridges: bool = True
    most: bool = True
    first_calls: int = 100
    more_calls: int = 100


OURS = Subject("our_line")
FLOOR = Subject("floor", media="floor", signalling="floor", bridges=False, most=False)
AIOSIPUA = Subject("aiosipua_answering", media="aiortp", signalling="aiosipua", first_calls=50, more_calls=50)
PYVOIP = Subject(
    "pyvoip_talking",
    media="pyvoip",
    signalling="pyvoip",
    invites=10,
    bridges=False,
    first_calls=25,
    more_calls=25,
)
"""Each of its answers takes a second; what it bridges would come out in the wrong law."""


class Program:
    """A process that is told a line and says a line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    async def line(self, within_s: float) -> str:
        assert self._process.stdout is not None
        async with asyncio.timeout(within_s):
            text = await self._process.stdout.readline()
        if not text:
            raise ConnectionResetError(f"a process of the measurement ended: {await self._process.wait()}")
        return text.decode()

    async def ask(self, **order: Any) -> dict[str, Any]:
        """Its answer. Raises ConnectionRefusedError with what it says went wrong."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await self.line(LONGEST_ORDER_S))
        if "failed" in answer:
            raise ConnectionRefusedError(answer["failed"])
        return answer


@asynccontextmanager
async def program(module: str, *arguments: str) -> AsyncIterator[Program]:
    """Run `scripts.line_bench.<module>` and end it with its standard input, or by force."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"scripts.line_bench.{module}", *arguments),
        cwd=PROJECT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 24,
    )
    assert process.stdin is not None
    try:
        yield Program(process)
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOPS_WITHIN_S)
        except TimeoutError:
            process.kill()
            await process.wait()


@dataclass(frozen=True)
class Measured:
    """A subject that listens, and the load that is set on it."""

    subject: Program
    port: int
    load: Program

    async def place(self, legs: int) -> None:
        await self.load.ask(do="place", port=self.port, legs=legs)

    async def stream(self, warm_s: float, seconds: float, phases: int) -> dict[str, Any]:
        before = await self.subject.ask()
        figures = await self.load.ask(
            do="stream", warm_s=warm_s, seconds=seconds, phases=phases, pid=self.subject.pid
        )
        after = await self.subject.ask()
        return figures | {name: after[name] - before[name] for name in after}


@asynccontextmanager
async def measured(subject: Subject, mode: str, most_legs: int) -> AsyncIterator[Measured]:
    """The subject in a process, the load in another."""
    async with program("generator") as load:
        caller_port = json.loads(await load.line(READY_WITHIN_S))["port"]
        first = random.randrange(_RTP_PORTS[0], _RTP_PORTS[1] - 2 * most_legs, 2)
        arguments = (str(caller_port), str(first), str(first + 2 * most_legs + 40), mode)
        async with program(subject.module, *arguments) as process:
            ready = await process.line(READY_WITHIN_S)
            yield Measured(process, int(ready.split(" ")[1]), load)
            await load.ask(do="hang_up")
