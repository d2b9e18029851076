"""The command line as a person runs it: a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.config import PROJECT

ENDS_WITHIN_S = 20.0


@dataclass(frozen=True)
class Ended:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str


def environment(settings: Mapping[str, object]) -> dict[str, str]:
    """This process' environment without settings of its own, and with these (`sip_port`: 5070)."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LINIYA_")}
    return clean | {f"LINIYA_{name.upper()}": str(value) for name, value in settings.items()}


async def run(*arguments: str, env: Mapping[str, str], stdin: str = "", within_s: float = ENDS_WITHIN_S) -> Ended:
    """Run `liniya ARGUMENTS` to its end."""
    async with started(*arguments, env=env) as process:
        out, err = await asyncio.wait_for(process.communicate(stdin.encode()), within_s)
        assert process.returncode is not None
        return Ended(process.returncode, out.decode(), err.decode())


@asynccontextmanager
async def started(*arguments: str, env: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """A running `liniya ARGUMENTS`; what still runs at the end is ended, with what it started."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "app",
        *arguments,
        cwd=PROJECT,
        env=env,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.communicate(), ENDS_WITHIN_S)
            except TimeoutError:
                process.kill()
                await process.communicate()
