"""SIGHUP: scripts are read again, a broken one is refused, and a closed terminal ends the program."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.domain.errors import BadFlow
from app.domain.profile import Profile
from app.reloading import Reloading
from app.supervisor import Part, _hand_on_reload
from tests.fakes.profile import profile

WITHIN_S = 10.0


PROGRAM = """
import asyncio
from app.hangup import on_hangup

async def main():
    on_hangup(lambda: print("again", flush=True))
    print("up", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


class Folder:
    """What stands in the files: a profile, or the complaint about them."""

    def __init__(self) -> None:
        self.now: Profile | Exception = profile()
        self.read_times = 0
        self.taken: list[str] = []

    def read(self) -> Profile:
        self.read_times += 1
        if isinstance(self.now, Exception):
            raise self.now
        return self.now

    def take(self, newer: Profile) -> None:
        self.taken.append(newer.version)


@pytest.fixture
async def folder() -> AsyncIterator[Folder]:
    folder = Folder()
    reloading = Reloading(folder.read, folder.take)
    yield folder
    await reloading.aclose()


async def until(look: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + WITHIN_S
    while not look():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)


async def test_a_hangup_takes_the_newer_profile(folder: Folder) -> None:
    folder.now = replace(profile(), version="newer")
    os.kill(os.getpid(), signal.SIGHUP)
    await until(lambda: folder.taken == ["newer"])


@pytest.mark.parametrize("fault", [BadFlow("incoming.yaml:7: unknown variable"), RuntimeError("a fault of ours")])
async def test_a_broken_profile_is_refused_and_the_next_is_taken(folder: Folder, fault: Exception) -> None:
    folder.now = fault
    with capture_logs() as logs:
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: folder.read_times == 1 and bool(logs))
    assert logs[0]["event"] == "profile_refused"
    if isinstance(fault, BadFlow):
        assert logs[0]["why"] == "incoming.yaml:7: unknown variable"
    assert folder.taken == []
    folder.now = replace(profile(), version="mended")
    os.kill(os.getpid(), signal.SIGHUP)
    await until(lambda: folder.taken == ["mended"])


async def test_afterwards_nobody_listens(folder: Folder) -> None:
    other = Reloading(folder.read, folder.take)
    await other.aclose()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


async def test_the_minder_hands_the_signal_on_to_those_that_reload() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == b"up\n"
        _hand_on_reload({"line": process})
        assert await asyncio.wait_for(process.stdout.readline(), WITHIN_S) == b"again\n"
    finally:
        process.kill()
        await process.communicate()
    _hand_on_reload({"line": process})
    assert not Part("recogniser", []).reloads


async def test_a_closed_terminal_ends_the_program(tmp_path: Path) -> None:
    """Whoever closes the window of `make demo` does not want it to go on unseen."""
    ours, its = pty.openpty()
    said = tmp_path / "said"
    with said.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, stdin=its, stdout=output, stderr=output, start_new_session=True
        )
    os.close(its)
    try:
        await until(lambda: b"up" in said.read_bytes())
        process.send_signal(signal.SIGHUP)
        await until(lambda: b"again" in said.read_bytes())
        os.close(ours)
        process.send_signal(signal.SIGHUP)
        assert await asyncio.wait_for(process.wait(), WITHIN_S) == -signal.SIGTERM
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
