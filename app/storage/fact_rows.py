"""Facts as rows of the table and as values, and the reads by stream."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection, Row, func, select

from app.domain import facts as f
from app.domain.facts import Recorded
from app.domain.journal_form import from_json, to_json
from app.storage.tables import facts

log = structlog.get_logger()

ABOUT_PROMISES = (f.PromiseMade, f.PromiseAttempted, f.PromiseKept, f.PromiseClosed)

CALL = "call:"


def call_of(stream: str) -> str | None:
    """The id of the call whose stream it is; None for streams of operators and promises."""
    return stream.removeprefix(CALL) if stream.startswith(CALL) else None


def promise_of(fact: f.Fact) -> str | None:
    return fact.promise if isinstance(fact, ABOUT_PROMISES) else None


def to_row(recorded: Recorded) -> dict[str, Any]:
    return {
        "stream": recorded.stream,
        "seq": recorded.seq,
        "at": recorded.at,
        "kind": type(recorded.fact).__name__,
        "body": to_json(recorded.fact),
        "promise": promise_of(recorded.fact),
    }


def to_recorded(row: Row[Any]) -> Recorded:
    return Recorded(row.stream, row.seq, row.at, from_json(row.kind, row.body))


def facts_of(connection: Connection, stream: str) -> list[Recorded]:
    """The whole stream in its order."""
    rows = connection.execute(select(facts).where(facts.c.stream == stream).order_by(facts.c.seq))
    return readable(rows)


def facts_about_promise(connection: Connection, promise: str) -> list[Recorded]:
    """All facts of one promise, its making first, then by time.

    Not by arrival in the table: nodes bring their spools at their own pace.
    """
    rows = readable(connection.execute(select(facts).where(facts.c.promise == promise)))
    return sorted(rows, key=lambda r: (not isinstance(r.fact, f.PromiseMade), r.at, r.stream, r.seq))


def last_seq(connection: Connection, stream: str) -> int:
    """The number of the stream's last fact; 0 for a stream that has none."""
    found = connection.scalar(select(func.max(facts.c.seq)).where(facts.c.stream == stream))
    return found or 0


def readable(rows: Iterable[Row[Any]]) -> list[Recorded]:
    """The rows as facts. One that this version cannot read is left out with an error in the log: the others must
    not suffer, and the row stays."""
    found: list[Recorded] = []
    for row in rows:
        try:
            found.append(to_recorded(row))
        except (KeyError, TypeError, ValueError):
            log.exception("stored_fact_unreadable", stream=row.stream, seq=row.seq, kind=row.kind)
    return found


def by_stream(recorded: Sequence[Recorded]) -> dict[str, list[Recorded]]:
    """The facts of each stream, in the order of their numbers."""
    streams: dict[str, list[Recorded]] = {}
    for one in recorded:
        streams.setdefault(one.stream, []).append(one)
    return {stream: sorted(ones, key=lambda r: r.seq) for stream, ones in streams.items()}
