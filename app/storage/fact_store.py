"""Putting facts into the database: facts and their projections in one transaction, each fact once.

Serves `journal.SpooledJournal`, from its writer thread.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from app.domain.facts import Recorded
from app.domain.journal_form import from_json, to_json
from app.storage.engine import writing
from app.storage.fact_rows import by_stream, to_row
from app.storage.projection import Projector
from app.storage.tables import facts

log = structlog.get_logger()


def to_line(recorded: Recorded) -> str:
    """A fact as a line of the spool. ValueError when its time has no zone."""
    if recorded.at.tzinfo is None:
        raise ValueError("a fact's time must have a zone")
    return json.dumps(
        {
            "stream": recorded.stream,
            "seq": recorded.seq,
            "at": recorded.at.isoformat(),
            "kind": type(recorded.fact).__name__,
            "body": to_json(recorded.fact),
        },
        separators=(",", ":"),
    )


def from_line(line: str) -> Recorded:
    """The fact back. ValueError, KeyError or TypeError when it cannot be read."""
    form = json.loads(line)
    fact = from_json(form["kind"], form["body"])
    return Recorded(form["stream"], form["seq"], datetime.fromisoformat(form["at"]), fact)


class FactStore:
    """Writes batches of facts. `reject` takes the line of a fact that the database will never take."""

    def __init__(self, engine: Engine, zone: ZoneInfo, reject: Callable[[bytes], None]) -> None:
        self._engine = engine
        self._projector = Projector(zone)
        self._reject = reject

    def probe(self) -> None:
        """SQLAlchemyError when the database cannot be reached."""
        with self._engine.connect() as connection:
            connection.execute(select(facts.c.id).limit(1))

    def store(self, recorded: Sequence[Recorded]) -> None:
        """Store what is not there yet. SQLAlchemyError when the database cannot take anything now."""
        try:
            self._store(recorded)
        except Exception as error:
            self._projector.forget()
            if not _lies_in_the_facts(error):
                raise
            log.exception("batch_refused", facts=len(recorded))
            for one in recorded:
                self._store_alone(one)

    def _store(self, recorded: Sequence[Recorded], *, project: bool = True) -> None:
        with writing(self._engine, alone=True) as connection:
            fresh = self._not_there_yet(connection, recorded)
            if not fresh:
                return
            connection.execute(insert(facts), [to_row(one) for one in fresh])
            if project:
                self._projector.apply(connection, fresh)

    def _store_alone(self, one: Recorded) -> None:
        """With its projection, else without (a rebuild mends that), else set aside."""
        for project in (True, False):
            try:
                return self._store([one], project=project)
            except Exception as error:
                self._projector.forget()
                if not _lies_in_the_facts(error):
                    raise
                log.exception("fact_refused", stream=one.stream, seq=one.seq, projected=project)
        return self._reject(to_line(one).encode())

    def _not_there_yet(self, connection: Connection, recorded: Sequence[Recorded]) -> list[Recorded]:
        there = _stored_beside(connection, recorded)
        fresh: list[Recorded] = []
        for one in recorded:
            form = _form(one)
            known = there.setdefault((one.stream, one.seq), form)
            if known is form:
                fresh.append(one)
            elif known != form:
                log.error("fact_in_conflict", stream=one.stream, seq=one.seq)
                self._reject(to_line(one).encode())
        return fresh


Form = tuple[str, datetime, dict[str, Any]]


def _form(one: Recorded) -> Form:
    return type(one.fact).__name__, one.at, to_json(one.fact)


def _stored_beside(connection: Connection, recorded: Sequence[Recorded]) -> dict[tuple[str, int], Form]:
    """What the database has in the places of these facts: a replay brings them again."""
    found: dict[tuple[str, int], Form] = {}
    for stream, ones in by_stream(recorded).items():
        places = facts.c.seq.between(ones[0].seq, ones[-1].seq)
        for row in connection.execute(select(facts).where(facts.c.stream == stream, places)):
            found[row.stream, row.seq] = (row.kind, row.at, row.body)
    return found


def _lies_in_the_facts(error: Exception) -> bool:
    """Whether trying the same later cannot help: a value that the database refuses, or a fault of ours."""
    if isinstance(error, DataError | IntegrityError):
        return True
    if isinstance(error, SQLAlchemyError):
        return isinstance(error, StatementError) and not isinstance(error, DBAPIError)
    return True
