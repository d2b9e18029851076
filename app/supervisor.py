"""`liniya serve`: starts line, web and recogniser, minds them, and stops them together.

A process that ends by itself is started again with growing pauses; one that says that its settings are wrong
(exit status 2) ends the whole, because a second try would say the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from app.hangup import on_hangup

log = structlog.get_logger()

WRONG_SETTINGS = 2
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0
STEADY_AFTER_S = 30.0
"""A process that ran so long is started again without a pause grown by earlier falls."""
STOP_WITHIN_S = 12.0
LOOK_EACH_S = 0.2
MINDED = "LINIYA_MINDED"


@dataclass(frozen=True)
class Part:
    """A process to mind: its name, the arguments of the command line, and how far it stands back for the others
    when the machine is busy (niceness, 0..19). One that `reloads` is handed SIGHUP on."""

    name: str
    arguments: Sequence[str]
    niceness: int = 0
    reloads: bool = False


Running = dict[str, asyncio.subprocess.Process]
"""The processes that are handed SIGHUP on, by the names of their parts."""


async def mind(parts: Sequence[Part], ports: Sequence[tuple[str, int]], on_up: Callable[[], None]) -> int:
    """Run all parts until SIGINT or SIGTERM, or until one cannot run; `on_up` once all `ports` (TCP) answer.

    Returns the exit status.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    running: Running = {}
    on_hangup(partial(_hand_on_reload, running))
    async with asyncio.TaskGroup() as group:
        minders = [group.create_task(_mind_one(part, stop, running)) for part in parts]
        group.create_task(_tell_when_up(ports, on_up, stop))
        statuses = await asyncio.gather(*minders)
    return max(statuses)


def _hand_on_reload(running: Running) -> None:
    for name, process in running.items():
        log.info("process_reloads", part=name)
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGHUP)


async def _tell_when_up(ports: Sequence[tuple[str, int]], on_up: Callable[[], None], stop: asyncio.Event) -> None:
    for host, port in ports:
        while not await _answers(host, port):
            if await _wait(stop, LOOK_EACH_S):
                return
    on_up()


async def _answers(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


async def _mind_one(part: Part, stop: asyncio.Event, running: Running) -> int:
    pause_s = FIRST_PAUSE_S
    loop = asyncio.get_running_loop()
    while not stop.is_set():
        began = loop.time()
        status = await _run(part, stop, running)
        if stop.is_set():
            break
        if status == WRONG_SETTINGS:
            stop.set()
            return WRONG_SETTINGS
        if loop.time() - began > STEADY_AFTER_S:
            pause_s = FIRST_PAUSE_S
        log.error("process_ended", part=part.name, status=status, again_in_s=pause_s)
        await _wait(stop, pause_s)
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
    return 0


async def _run(part: Part, stop: asyncio.Event, running: Running) -> int:
    """One life of the process: until it ends, or is stopped with the rest."""
    try:
        process = await _start(part)
    except OSError as error:
        log.error("process_not_started", part=part.name, error=str(error), python=sys.executable)
        return WRONG_SETTINGS
    if part.reloads:
        running[part.name] = process
    ended = asyncio.create_task(process.wait())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not ended.done():
        process.terminate()
        try:
            await asyncio.wait_for(asyncio.shield(ended), STOP_WITHIN_S)
        except TimeoutError:
            log.error("process_killed", part=part.name, pid=process.pid)
            process.kill()
    status = await ended
    running.pop(part.name, None)
    return status


async def _start(part: Part) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "app",
        *part.arguments,
        # Its end tells the process that nobody minds it any more, however we died.
        stdin=asyncio.subprocess.PIPE,
        env={**os.environ, MINDED: "1"},
        # Ctrl-C on the terminal is ours to pass on, in order.
        start_new_session=True,
    )
    with contextlib.suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, process.pid, part.niceness)
    return process


async def _wait(stop: asyncio.Event, seconds: float) -> bool:
    """True when told to stop within the time."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True


def end_with_the_minder() -> None:
    """In a minded process: end as by SIGTERM when the minder is gone, even if it was killed."""
    if not os.environ.pop(MINDED, ""):
        return

    def watch() -> None:
        # Not through sys.stdin: its lock, held at the interpreter's end, is fatal.
        while os.read(0, 1):
            continue
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="minder", daemon=True).start()
