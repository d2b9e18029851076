"""The journal of the line: facts go to a spool on disk at once, and into the database behind the caller's back.

`append` returns when the system has the lines, so that a killed process loses no fact it had acted on. A thread of
its own moves them into the database, each once, however often the spool is replayed. While the database is down it
tries again with growing pauses, and the spool grows.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from app.domain.errors import Unavailable
from app.domain.facts import Recorded
from app.domain.promises import Promise, PromiseState
from app.storage import fact_rows
from app.storage.fact_store import FactStore, from_line, to_line
from app.storage.projection import fold_promise
from app.storage.spool import Spool
from app.storage.tables import calls, promises

log = structlog.get_logger()

GATHER_S = 0.02
"""How long a first fact waits for others, so that they share a transaction."""
FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0
READ_WAITS_S = 15.0
"""How long a read waits for the spool to be drained: what a killed process left belongs to the answer."""


def _nobody(_available: bool) -> None:
    return


class SpooledJournal:
    """`ports.CallJournal` over a folder for the spool and a database whose tables are there.

    `zone` decides the days of the statistics. `on_state` hears, in the writer's thread, whether the database can be
    written: once at the start, then at every change. Unavailable when the spool cannot be used.
    """

    def __init__(
        self,
        engine: Engine,
        spool: Path,
        zone: ZoneInfo,
        on_state: Callable[[bool], None] = _nobody,
    ) -> None:
        self._engine = engine
        self._spool = Spool(spool)
        self._store = FactStore(engine, zone, self._spool.reject)
        self._on_state = on_state
        self._available: bool | None = None
        self._changed = threading.Condition()
        self._closing = False
        self._pause_s = 0.0
        self._retry_at = 0.0
        self._taken = self._spool.pending
        self._stored = 0
        self._unspooled: list[Recorded] = []
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    # --- the line's side -------------------------------------------------------------------------------------

    def append(self, recorded: Sequence[Recorded]) -> None:
        """Durable against the end of the process when it returns; never waits for the database.

        A spool that cannot be written is told in the log, and the facts go to the database from memory.
        Unavailable after `close`.
        """
        lines = [to_line(one) for one in recorded]
        with self._changed:
            if self._closing:
                raise Unavailable("the journal is closed")
            try:
                self._taken += self._spool.append(lines)
            except OSError:
                log.exception("spool_unwritable", facts=len(recorded))
                self._unspooled.extend(recorded)
            self._changed.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was appended before is in the database; False when that takes longer."""
        with self._changed:
            self._retry_at = 0.0
            self._changed.notify_all()
            target = self._taken
            return self._changed.wait_for(lambda: self._stored >= target and not self._unspooled, timeout_s)

    def close(self, timeout_s: float = 5.0) -> None:
        """Bring what is left to the database if that works in time, and stop. The spool keeps the rest."""
        self.flush(timeout_s)
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout_s)
        if self._unspooled:
            log.error("facts_lost_at_close", facts=len(self._unspooled))
        if self._thread.is_alive():
            # The database does not answer; the thread ends with the process, and the spool stays locked till then.
            log.warning("journal_closed_with_a_hanging_database")
            return
        self._spool.close()

    # --- what the line reads when it starts ------------------------------------------------------------------

    def load_open_calls(self) -> list[tuple[str, list[Recorded]]]:
        """The calls without an end, oldest first: id and all facts. Unavailable without the database."""
        with self._reading() as connection:
            ids = connection.scalars(
                select(calls.c.id).where(calls.c.ended_at.is_(None)).order_by(calls.c.arrived_at, calls.c.id)
            ).all()
            return [(one, fact_rows.facts_of(connection, fact_rows.CALL + one)) for one in ids]

    def load_promises(self) -> Mapping[str, Promise]:
        """The open promises by id, the earliest due first. Unavailable without the database."""
        with self._reading() as connection:
            still_open = promises.c.state == str(PromiseState.OPEN)
            order = (promises.c.due_at, promises.c.id)
            ids = connection.scalars(select(promises.c.id).where(still_open).order_by(*order)).all()
            folded = (fold_promise(fact_rows.facts_about_promise(connection, one)) for one in ids)
            return {promise.id: promise for promise in folded if promise is not None}

    def last_seq(self, stream: str) -> int:
        """The number of the stream's last fact, 0 without any. Unavailable without the database."""
        with self._reading() as connection:
            return fact_rows.last_seq(connection, stream)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        if not self.flush(READ_WAITS_S):
            raise Unavailable("the journal's database does not take the spool; see the log for its error")
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise Unavailable("the journal's database cannot be read; see the log for its error") from error

    # --- the writer's thread ---------------------------------------------------------------------------------

    def _run(self) -> None:
        while self._await_work():
            try:
                self._move()
                self._became(available=True)
            except SQLAlchemyError as error:
                self._fall_back(error)
            except Exception as error:
                # Whatever it is, the facts are safe in the spool, and the line goes on without this thread.
                log.exception("journal_writer_failed")
                self._fall_back(error)

    def _await_work(self) -> bool:
        with self._changed:
            while not self._closing:
                work = self._available is None or self._spool.pending or self._unspooled
                pause_s = self._retry_at - time.monotonic()
                if work and pause_s <= 0:
                    self._changed.wait_for(lambda: self._closing, GATHER_S)
                    return True
                self._changed.wait(pause_s if work else None)
        return False

    def _move(self) -> None:
        """One chunk of the spool, and what could not be spooled, into the database."""
        if not self._available:
            self._store.probe()
        chunk = self._spool.read()
        with self._changed:
            unspooled = list(self._unspooled)
        recorded = [*self._readable(chunk.lines), *unspooled]
        if recorded:
            self._store.store(recorded)
        with self._changed:
            self._stored += self._spool.drain_to(chunk.end)
            del self._unspooled[: len(unspooled)]
            self._changed.notify_all()

    def _readable(self, lines: Sequence[str]) -> list[Recorded]:
        found: list[Recorded] = []
        for line in lines:
            try:
                found.append(from_line(line))
            except (ValueError, KeyError, TypeError):
                log.exception("spooled_fact_unreadable")
                self._spool.reject(line.encode())
        return found

    def _fall_back(self, error: Exception) -> None:
        self._pause_s = min(max(2 * self._pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        self._retry_at = time.monotonic() + self._pause_s
        log.warning(
            "journal_database_unavailable",
            error=" ".join(str(getattr(error, "orig", error)).split()),
            spooled_bytes=self._spool.pending,
            retry_in_s=self._pause_s,
        )
        self._became(available=False)

    def _became(self, *, available: bool) -> None:
        if available:
            self._pause_s = 0.0
        if self._available is available:
            return
        if available and self._available is False:
            log.info("journal_database_available")
        self._available = available
        try:
            self._on_state(available)
        except Exception:
            log.exception("journal_state_listener_failed", available=available)
