"""A worker of the recogniser as its parent sees it: the process, the socket to it, what it tells.

Towards the worker a byte goes down the socket: `CONNECTION` with a descriptor, `ASK` (are you there?), `MOVE_OUT`
(take nothing new, let go of your streams at the ends of their phrases, then end). Back come lines: `READY cost`,
`GONE` (a connection has ended), `HERE` (the answer to `ASK`). The socket's end means that the parent is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from pathlib import Path

import app
from app.domain.errors import Unavailable

CONNECTION, ASK, MOVE_OUT = b"c", b"?", b"m"
READY, GONE, HERE = "ready", "gone", "here"

_END_WITHIN_S = 4.0


class WorkerProcess:
    """One worker. `ready` says that it takes connections; `cost_s` is what it measured when it had loaded."""

    def __init__(
        self, process: Process, model: Path, control: socket.socket, on_change: Callable[[], None]
    ) -> None:
        self.process = process
        self.model = model
        self.connections = 0
        self.cost_s = 0.0
        """CPU-seconds of this machine for a second of speech; 0 when it could not be measured."""
        self.loaded_bytes = 0
        """Its memory when it had loaded the model."""
        self.unanswered = 0
        """How often it was asked whether it is there since it last answered."""
        self.ready = False
        self.ready_or_dead = asyncio.Event()
        self.retiring = asyncio.Event()
        self._born_s = asyncio.get_running_loop().time()
        self._control = control
        self._on_change = on_change
        self._heard = b""
        asyncio.get_running_loop().add_reader(control.fileno(), self._hear)

    @classmethod
    async def spawn(cls, model: Path, on_change: Callable[[], None]) -> WorkerProcess:
        """Start a process that loads the model at `model`."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            with theirs:
                process = await _run(model, theirs.fileno())
        except BaseException:
            ours.close()
            raise
        return cls(process, model, ours, on_change)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def age_s(self) -> float:
        return asyncio.get_running_loop().time() - self._born_s

    def hand_over(self, connection: socket.socket) -> None:
        """Give it a connection. Raises OSError when it cannot be given."""
        socket.send_fds(self._control, [CONNECTION], [connection.fileno()])
        self.connections += 1

    def ask(self) -> None:
        """Ask whether it is there; it answers within milliseconds, between two chunks of sound."""
        self.unanswered += 1
        self._tell(ASK)

    def move_out(self) -> None:
        """Let it end in peace."""
        self._tell(MOVE_OUT)

    def resident_bytes(self) -> int:
        """Its memory as the kernel counts it; 0 when it is gone."""
        try:
            pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        except (OSError, IndexError):
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()

    def release(self) -> None:
        """Let go of it, which makes it end; done twice it does nothing."""
        self.ready = False
        self.ready_or_dead.set()
        if self._control.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()

    async def end(self) -> None:
        """Let go of it and wait for its end; one that does not end is killed."""
        self.release()
        try:
            async with asyncio.timeout(_END_WITHIN_S):
                await self.process.wait()
        except TimeoutError:
            self.kill()
            await self.process.wait()

    def _tell(self, what: bytes) -> None:
        # A full socket belongs to a worker that reads nothing: its silence is seen by itself.
        with contextlib.suppress(OSError):
            self._control.send(what)

    def _hear(self) -> None:
        try:
            told = self._control.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            told = b""
        if not told:
            self.release()
            return
        *lines, self._heard = (self._heard + told).split(b"\n")
        for line in lines:
            self._understand(line.decode())

    def _understand(self, line: str) -> None:
        word, _blank, rest = line.partition(" ")
        if word == READY:
            self.cost_s = float(rest)
            self.loaded_bytes = self.resident_bytes()
            self.ready = True
            self.ready_or_dead.set()
            self._on_change()
        elif word == GONE:
            self.connections -= 1
        elif word == HERE:
            self.unanswered = 0


async def _run(model: Path, control: int) -> Process:
    search = [str(Path(app.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    try:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app.speech.recogniser_worker", str(model), str(control)),
            stdin=asyncio.subprocess.DEVNULL,
            pass_fds=(control,),
            # A worker has a core: arrays of some hundred numbers are not worth other threads.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, search))},
        )
    except OSError as error:
        raise Unavailable(f"a worker of the recogniser cannot be started: {error.strerror}") from error
