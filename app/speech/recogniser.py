"""The recogniser: a process that listens, and a worker process a core that recognises.

The parent accepts each connection and hands it to the worker with the fewest, so that two channels of one call do
not share a core while another idles (SO_REUSEPORT and a shared socket both leave that to chance); beyond what the
machine bears it turns connections away. It minds its workers: one that dies is started again, ever more slowly
while it keeps dying; one that hangs is killed; one that has grown, or whose model is no longer wanted, is replaced
when its successor is ready, and its streams move at the ends of their phrases. All end with the parent.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import signal
import socket
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from app.domain.errors import BadInput, Unavailable
from app.speech.capacity import Capacity
from app.speech.model_files import ModelDescription, check_model
from app.speech.turning_away import TurningAway
from app.speech.worker_process import WorkerProcess

BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Pauses before a worker that keeps dying is started again; the last one repeats."""

_LIVED_WELL_S = 30.0
_ACCEPT_AGAIN_S = 0.1

logger = structlog.get_logger()


@dataclass(frozen=True)
class Minding:
    """When a worker is replaced. Bytes are above what it had when it had loaded its model."""

    growth_bytes: int = 1 << 30
    look_every_s: float = 2.0
    hangs_after_s: float = 10.0
    """So long without an answer (it gives one between two chunks of sound) it is taken for hung, and killed."""
    load_within_s: float = 180.0
    young_for_s: float = 300.0
    """A worker is not replaced for its growth before this: else one that needs so much would be for ever."""
    move_within_s: float = 600.0
    """A replaced worker ends by then, whoever is still talking to it."""


class Recogniser:
    """The parent's side. `await start()`, then `port` and `worker_pids` hold; `await aclose()` ends everything."""

    def __init__(
        self,
        model_path: Path,
        host: str,
        port: int,
        workers: int = 0,
        *,
        streams: int = 0,
        minding: Minding | None = None,
    ) -> None:
        """`port` 0 takes a free one; `workers` 0 means one a core; `streams` at once, 0: what is measured.

        Raises Unavailable or BadInput."""
        self._description = check_model(model_path.resolve())
        self._count = workers or os.cpu_count() or 1
        self._streams = streams
        self._minding = minding or Minding()
        self._listener = _listen(host, port)
        self._workers: list[WorkerProcess] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._turning_away = TurningAway()
        self._full = False

    @property
    def model(self) -> ModelDescription:
        return self._description

    def use(self, model_path: Path) -> None:
        """Go over to another model, such as one that knows more names: worker by worker, while calls go on. One
        that cannot be loaded is given up, and the one before it stays. Raises BadInput or Unavailable for a model
        that lacks something."""
        if model_path.resolve() != self._description.path:
            self._description = check_model(model_path.resolve())

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def streams(self) -> int:
        """How many connections are taken at once; 0: as many as come (it could not be measured)."""
        return self._streams

    @property
    def worker_pids(self) -> list[int]:
        """The processes that can take connections now."""
        return [worker.pid for worker in self._workers if worker.ready]

    @property
    def connections_by_worker(self) -> dict[int, int]:
        """How many connections each worker has, by its process id."""
        return {worker.pid: worker.connections for worker in self._workers}

    async def start(self) -> None:
        """Return once a first worker has loaded the model. Raises `Unavailable` when it died over it."""
        try:
            first = await self._spawn()
            self._keep(self._fill_place(first))
            await first.ready_or_dead.wait()
            if not first.ready:
                raise Unavailable(
                    f"the speech model at {self._description.path} cannot be used: libvosk gave it up while "
                    "loading; its files are damaged or made for another version: install it anew"
                )
        except BaseException:
            await self.aclose()
            raise
        self._admit(first.cost_s)
        for _ in range(self._count - 1):
            self._keep(self._fill_place(None))
        self._keep(self._hand_out())
        self._keep(self._look_after())
        logger.info(
            "recogniser_ready",
            port=self.port,
            workers=self._count,
            model=self._description.version,
            streams=self._streams,
            speech_cost_ms=round(1000 * first.cost_s, 1),
        )

    async def aclose(self) -> None:
        """Stop listening and end every worker."""
        self._listener.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._turning_away.aclose()
        await asyncio.gather(*(worker.end() for worker in self._workers))
        self._workers.clear()

    # --- connections ---

    def _admit(self, cost_s: float) -> None:
        if self._streams or cost_s <= 0:
            return
        self._streams = Capacity.measured(cost_s, self._count, os.cpu_count() or 1).streams

    async def _hand_out(self) -> None:
        """Give each arriving connection to the worker with the fewest."""
        loop = asyncio.get_running_loop()
        while True:
            await self._until_one_takes()
            try:
                connection, _address = await loop.sock_accept(self._listener)
            except OSError as error:
                # Out of descriptors, or gone before it was taken: neither may make the recogniser deaf.
                logger.warning("connection_not_accepted", reason=str(error))
                await asyncio.sleep(_ACCEPT_AGAIN_S)
                continue
            # A worker may have gone while none was calling.
            await self._until_one_takes()
            if self._streams and sum(self.connections_by_worker.values()) >= self._streams:
                self._refuse(connection)
                continue
            self._full = False
            with connection:
                self._hand_over(connection)

    async def _until_one_takes(self) -> None:
        while not self.worker_pids:
            self._changed.clear()
            await self._changed.wait()

    def _hand_over(self, connection: socket.socket) -> None:
        worker = min((worker for worker in self._workers if worker.ready), key=lambda worker: worker.connections)
        try:
            worker.hand_over(connection)
        except OSError as error:
            # The caller sees its connection closed and tries again.
            logger.warning("connection_not_handed_over", pid=worker.pid, reason=str(error))

    def _refuse(self, connection: socket.socket) -> None:
        if not self._full:
            logger.warning("recogniser_full", streams=self._streams)
        self._full = True
        self._turning_away.turn_away(connection)

    # --- workers ---

    async def _fill_place(self, worker: WorkerProcess | None) -> None:
        """Keep one worker's place filled."""
        loop = asyncio.get_running_loop()
        deaths = 0
        while True:
            born = loop.time()
            try:
                worker = worker or await self._spawn()
                if await _lives_until_it_is_to_retire(worker):
                    worker = await self._replace(worker)
                    continue
                reason = f"ended with {worker.process.returncode}"
                self._forget(worker)
            except Unavailable as error:
                reason = str(error)
            deaths = 0 if loop.time() - born > _LIVED_WELL_S else deaths + 1
            pause = BACK_OFF_S[min(deaths, len(BACK_OFF_S)) - 1] if deaths else 0.0
            logger.error("recogniser_worker_died", pid=worker and worker.pid, reason=reason, restart_in_s=pause)
            worker = None
            await asyncio.sleep(pause)

    async def _replace(self, old: WorkerProcess) -> WorkerProcess:
        """The successor of a worker, which goes on until that is ready; the worker itself when it never is."""
        new = await self._spawn()
        await new.ready_or_dead.wait()
        old.retiring.clear()
        if not new.ready:
            await new.end()
            self._forget(new)
            logger.error("recogniser_worker_not_replaced", pid=old.pid)
            self.use(old.model)
            return old
        logger.warning("recogniser_worker_replaced", pid=old.pid, by=new.pid, connections=old.connections)
        self._keep(self._retire(old))
        return new

    async def _retire(self, worker: WorkerProcess) -> None:
        worker.ready = False
        worker.move_out()
        try:
            async with asyncio.timeout(self._minding.move_within_s):
                await worker.process.wait()
        except TimeoutError:
            logger.warning("recogniser_worker_ended_while_used", pid=worker.pid, connections=worker.connections)
        await worker.end()
        self._forget(worker)

    async def _look_after(self) -> None:
        """Look at every worker now and then: does it answer, has it grown."""
        while True:
            await asyncio.sleep(self._minding.look_every_s)
            for worker in list(self._workers):
                self._look_at(worker)

    def _look_at(self, worker: WorkerProcess) -> None:
        # Counted in looks and not by the clock: when the whole machine stood still, nobody hangs.
        bound_s = self._minding.hangs_after_s if worker.loaded_bytes else self._minding.load_within_s
        if worker.unanswered * self._minding.look_every_s >= bound_s:
            logger.error("recogniser_worker_hangs", pid=worker.pid, connections=worker.connections)
            worker.kill()
            return
        worker.ask()
        replacing = any(other.retiring.is_set() or not other.ready for other in self._workers)
        if worker.ready and not replacing and (worker.model != self._description.path or self._has_grown(worker)):
            worker.retiring.set()

    def _has_grown(self, worker: WorkerProcess) -> bool:
        grown = worker.resident_bytes() - worker.loaded_bytes
        if worker.age_s < self._minding.young_for_s or grown <= self._minding.growth_bytes:
            return False
        logger.warning("recogniser_worker_has_grown", pid=worker.pid, grown_mb=grown >> 20)
        return True

    async def _spawn(self) -> WorkerProcess:
        worker = await WorkerProcess.spawn(self._description.path, self._changed.set)
        self._workers.append(worker)
        return worker

    def _forget(self, worker: WorkerProcess) -> None:
        worker.release()
        if worker in self._workers:
            self._workers.remove(worker)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _lives_until_it_is_to_retire(worker: WorkerProcess) -> bool:
    """False when it has died."""
    waits = [asyncio.create_task(worker.process.wait()), asyncio.create_task(worker.retiring.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return not waits[0].done()
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


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
