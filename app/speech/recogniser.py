"""The recogniser: a process that listens, and a worker process a core that recognises.

The parent accepts each connection and hands it to the worker with the fewest, so that two channels of one call do
not share a core while another idles (SO_REUSEPORT and a shared socket both leave that to chance). It minds its
workers: one that dies is started again, ever more slowly while it keeps dying; all end with the parent.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from dataclasses import dataclass, field
from pathlib import Path

import structlog

import app
from app.domain.errors import BadInput, Unavailable
from app.speech.model_files import ModelDescription, check_model

READY = b"r"
CONNECTION_GONE = b"g"
BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Pauses before a worker that keeps dying is started again; the last one repeats."""

_LIVED_WELL_S = 30.0
_END_WITHIN_S = 4.0

logger = structlog.get_logger()


@dataclass(eq=False)
class _Worker:
    """A worker process as its parent sees it."""

    process: Process
    control: socket.socket
    connections: int = 0
    ready: bool = False
    ready_or_dead: asyncio.Event = field(default_factory=asyncio.Event)


class Recogniser:
    """The parent's side. `await start()`, then `port` and `worker_pids` hold; `await aclose()` ends everything."""

    def __init__(self, model_path: Path, host: str, port: int, workers: int = 0) -> None:
        """`port` 0 takes a free one; `workers` 0 means one a core. Raises Unavailable or BadInput."""
        self._description = check_model(model_path.resolve())
        self._count = workers or os.cpu_count() or 1
        self._listener = _listen(host, port)
        self._workers: list[_Worker] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()

    @property
    def model(self) -> ModelDescription:
        return self._description

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def worker_pids(self) -> list[int]:
        """The processes that can take connections now."""
        return [worker.process.pid for worker in self._workers if worker.ready]

    @property
    def connections_by_worker(self) -> dict[int, int]:
        """How many connections each worker has, by its process id."""
        return {worker.process.pid: worker.connections for worker in self._workers}

    async def start(self) -> None:
        """Return once a first worker has loaded the model. Raises `Unavailable` when it died over it."""
        try:
            first = await self._spawn()
            self._tasks.append(asyncio.create_task(self._mind(first)))
            await first.ready_or_dead.wait()
            if not first.ready:
                raise Unavailable(
                    f"the speech model at {self._description.path} cannot be used: libvosk gave it up while "
                    "loading; its files are damaged or made for another version: install it anew"
                )
        except BaseException:
            await self.aclose()
            raise
        self._tasks += [asyncio.create_task(self._mind(None)) for _ in range(self._count - 1)]
        self._tasks.append(asyncio.create_task(self._hand_out()))
        logger.info("recogniser_ready", port=self.port, workers=self._count, model=self._description.path.name)

    async def aclose(self) -> None:
        """Stop listening and end every worker."""
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await asyncio.gather(*(self._end(worker) for worker in list(self._workers)))

    async def _hand_out(self) -> None:
        """Give each arriving connection to the worker with the fewest."""
        loop = asyncio.get_running_loop()
        while True:
            while not (ready := [worker for worker in self._workers if worker.ready]):
                self._changed.clear()
                await self._changed.wait()
            connection, _address = await loop.sock_accept(self._listener)
            with connection:
                # A worker may have gone while none was calling.
                ready = [worker for worker in self._workers if worker.ready] or ready
                self._hand_over(connection, min(ready, key=lambda worker: worker.connections))

    def _hand_over(self, connection: socket.socket, worker: _Worker) -> None:
        try:
            socket.send_fds(worker.control, [b"c"], [connection.fileno()])
            worker.connections += 1
        except OSError as error:
            # The caller sees its connection closed and tries again.
            logger.warning("connection_not_handed_over", pid=worker.process.pid, reason=str(error))

    async def _mind(self, worker: _Worker | None) -> None:
        """Keep one worker's place filled."""
        loop = asyncio.get_running_loop()
        deaths = 0
        while True:
            worker = worker or await self._spawn()
            born = loop.time()
            code = await worker.process.wait()
            _release(worker)
            self._workers.remove(worker)
            deaths = 0 if loop.time() - born > _LIVED_WELL_S else deaths + 1
            pause = BACK_OFF_S[min(deaths, len(BACK_OFF_S)) - 1] if deaths else 0.0
            logger.error("recogniser_worker_died", pid=worker.process.pid, code=code, restart_in_s=pause)
            worker = None
            await asyncio.sleep(pause)

    async def _spawn(self) -> _Worker:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            with theirs:
                process = await self._run_worker(theirs.fileno())
        except BaseException:
            ours.close()
            raise
        worker = _Worker(process, ours)
        self._workers.append(worker)
        asyncio.get_running_loop().add_reader(ours.fileno(), self._hear, worker)
        return worker

    async def _run_worker(self, control: int) -> Process:
        search = [str(Path(app.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app.speech.recogniser_worker"),
            *(str(self._description.path), str(control)),
            stdin=asyncio.subprocess.DEVNULL,
            pass_fds=(control,),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, search))},
        )

    def _hear(self, worker: _Worker) -> None:
        try:
            told = worker.control.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            told = b""
        if READY in told:
            worker.ready = True
            worker.ready_or_dead.set()
            self._changed.set()
        worker.connections -= told.count(CONNECTION_GONE)
        if not told:
            _release(worker)

    async def _end(self, worker: _Worker) -> None:
        _release(worker)
        try:
            async with asyncio.timeout(_END_WITHIN_S):
                await worker.process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                worker.process.kill()
            await worker.process.wait()
        self._workers.remove(worker)


def _release(worker: _Worker) -> None:
    """Let go of the worker, which makes it end; done twice it does nothing."""
    worker.ready = False
    worker.ready_or_dead.set()
    if worker.control.fileno() >= 0:
        asyncio.get_running_loop().remove_reader(worker.control.fileno())
        worker.control.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError as error:
        raise BadInput(
            f"the recogniser's address {host!r} is not an IP address: write 127.0.0.1 or 0.0.0.0"
        ) from error
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    try:
        listener = socket.create_server((str(address), port), family=family, backlog=128)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Unavailable(
                f"the recogniser cannot listen on {address} port {port}: the port is in use; "
                "end the program that holds it or choose another port"
            ) from error
        raise Unavailable(f"the recogniser cannot listen on {address} port {port}: {error.strerror}") from error
    listener.setblocking(False)
    return listener


def serve(model_path: Path, host: str, port: int, workers: int = 0) -> None:
    """Run the recogniser until SIGTERM or SIGINT. Raises Unavailable or BadInput before it is ready."""
    asyncio.run(_serve(model_path, host, port, workers))


async def _serve(model_path: Path, host: str, port: int, workers: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    recogniser = Recogniser(model_path, host, port, workers)
    starting = asyncio.create_task(recogniser.start())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            await stop.wait()
    finally:
        starting.cancel()
        stopping.cancel()
        await asyncio.gather(starting, stopping, return_exceptions=True)
        await recogniser.aclose()
