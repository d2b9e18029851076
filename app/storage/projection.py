"""The projections: rows of calls and promises, folded from facts.

There is one fold for both ways to it: `Projector` goes on from the states it keeps while facts come in, `rebuild`
starts from nothing. A fact that cannot follow is left out with an error in the log, in both, so that one fault of
the program does not take a whole call from the statistics.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, Engine, Executable, Table, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from app.domain import calls as domain_calls
from app.domain.calls import Call
from app.domain.errors import IllegalFact
from app.domain.facts import Recorded
from app.domain.promises import Promise
from app.domain.promises import evolve as evolve_promises
from app.storage.engine import writing
from app.storage.fact_rows import (
    CALL,
    by_stream,
    call_of,
    facts_about_promise,
    facts_of,
    promise_of,
)
from app.storage.tables import ANSWER_COLUMNS, call_operators, calls, facts, promises

log = structlog.get_logger()

KEPT_CALLS = 2000
"""Open calls whose states are kept at most; the others are read again when they go on."""


def fold(call_id: str, recorded: Iterable[Recorded]) -> Call:
    """The call from its facts, in order, as `domain.calls.fold`, but it survives a fact that cannot follow."""
    call = Call(id=call_id)
    for one in recorded:
        call = _after(call, one)
    return call


def _after(call: Call, recorded: Recorded) -> Call:
    if recorded.seq != call.seq + 1:
        # A fact of the middle was lost with its disk block, or refused: the rest still counts.
        log.error("call_misses_facts", stream=recorded.stream, after=call.seq, seq=recorded.seq)
        call = replace(call, seq=recorded.seq - 1)
    try:
        return domain_calls.evolve(call, recorded)
    except IllegalFact as error:
        log.error("fact_cannot_follow", stream=recorded.stream, seq=recorded.seq, error=str(error))
        return replace(call, seq=recorded.seq)


def fold_promise(recorded: Iterable[Recorded]) -> Promise | None:
    """One promise from all facts about it; None when its making is not among them."""
    state: Mapping[str, Promise] = {}
    for one in recorded:
        state = evolve_promises(state, one)
    return next(iter(state.values()), None)


def call_row(call: Call, zone: ZoneInfo) -> dict[str, Any] | None:
    """The row of a call; None for one whose arrival is not known. `zone` decides its day and hour."""
    if call.arrived_at is None:
        return None
    local = call.arrived_at.astimezone(zone)
    answers = {question: answer.answer for question, answer in call.answers}
    same = {c.name: getattr(call, c.name) for c in calls.columns if c.name in _SAME_NAMES}
    return same | {
        "direction": str(call.direction),
        "referrals": " ".join(dict.fromkeys(call.referrals)),
        "local_day": local.date(),
        "local_hour": local.hour,
        "outcome": str(call.outcome),
        "waited_s": _waited_s(call),
        "talked_s": _talked_s(call),
        "ended_by": None if call.ended_by is None else str(call.ended_by),
        "keeps_promise": call.keeps,
        **{question: answers.get(question) for question in ANSWER_COLUMNS},
    }


_SAME_NAMES = {field.name for field in dataclasses.fields(Call)} - {"direction", "ended_by", "referrals"}


def _waited_s(call: Call) -> float:
    if call.answered_at is not None:
        return call.waited_s
    if call.arrived_at is None or call.ended_at is None:
        return 0.0
    return (call.ended_at - call.arrived_at).total_seconds()


def _talked_s(call: Call) -> float:
    over = call.parted_at or call.ended_at
    return 0.0 if call.answered_at is None or over is None else call.talked_s(over)


def promise_row(promise: Promise) -> dict[str, Any]:
    row = {field.name: getattr(promise, field.name) for field in dataclasses.fields(promise)}
    kind, state = str(promise.kind), str(promise.state)
    return row | {
        "made_by": str(promise.made_by),
        "state": state,
        "kind": kind,
        "agenda": "\n".join(promise.agenda),
    }


@dataclass(frozen=True)
class _Kept:
    call: Call
    row: dict[str, Any] | None
    operators: tuple[str, ...]


class Projector:
    """Brings the rows up to date with new facts; keeps the states of open calls. Of one thread."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._kept: dict[str, _Kept] = {}

    def apply(self, connection: Connection, fresh: Sequence[Recorded]) -> None:
        """Fold facts that were just inserted through `connection`. After a rollback: `forget`."""
        for stream, recorded in by_stream(fresh).items():
            if (call_id := call_of(stream)) is not None:
                self._project_call(connection, call_id, recorded)
        for promise in sorted({p for r in fresh if (p := promise_of(r.fact)) is not None}):
            project_promise(connection, promise)

    def forget(self) -> None:
        """The states kept are not those of the database any more."""
        self._kept.clear()

    def _project_call(self, connection: Connection, call_id: str, fresh: Sequence[Recorded]) -> None:
        kept = self._kept.pop(call_id, None)
        if kept is not None and _goes_on(kept.call, fresh):
            call = kept.call
            for one in fresh:
                call = _after(call, one)
        else:
            call = fold(call_id, facts_of(connection, CALL + call_id))
        row = call_row(call, self._zone)
        if row is None:
            log.error("call_without_arrival", call=call_id)
        elif kept is None or kept.row != row or kept.operators != call.operators:
            _write_call(connection, row, call.operators)
        if call.ended_at is None:
            self._keep(call_id, _Kept(call, row, call.operators))

    def _keep(self, call_id: str, kept: _Kept) -> None:
        self._kept[call_id] = kept
        while len(self._kept) > KEPT_CALLS:
            self._kept.pop(next(iter(self._kept)))


def _goes_on(call: Call, fresh: Sequence[Recorded]) -> bool:
    """Whether the facts follow without a gap: else another writer may have filled it."""
    return [one.seq for one in fresh] == list(range(call.seq + 1, call.seq + 1 + len(fresh)))


def _write_call(connection: Connection, row: dict[str, Any], operators: Sequence[str]) -> None:
    _upsert(connection, calls, row)
    connection.execute(delete(call_operators).where(call_operators.c.call == row["id"]))
    if operators:
        joined = [{"call": row["id"], "place": i, "operator": o} for i, o in enumerate(operators)]
        connection.execute(insert(call_operators), joined)


def project_promise(connection: Connection, promise_id: str) -> None:
    """Fold one promise anew from all facts about it: they come from several streams."""
    promise = fold_promise(facts_about_promise(connection, promise_id))
    if promise is None:
        log.error("promise_without_making", promise=promise_id)
    else:
        _upsert(connection, promises, promise_row(promise))


def _upsert(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    statement = _upsert_of(table, connection.dialect.name)
    connection.execute(statement, {name: _storable(value) for name, value in row.items()})


@functools.cache
def _upsert_of(table: Table, dialect: str) -> Executable:
    """Made once: making it costs more than running it."""
    statement = (postgresql_insert if dialect == "postgresql" else sqlite_insert)(table)
    changed = {column.name: statement.excluded[column.name] for column in table.c if column.name != "id"}
    return statement.on_conflict_do_update(index_elements=["id"], set_=changed)


def _storable(value: Any) -> Any:
    """A text without what columns of a database cannot hold: NUL, and halves of characters. The fact keeps all."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    return value


def rebuild(engine: Engine, zone: ZoneInfo) -> None:
    """Empty the projections and fold them again from the facts, in one transaction.

    Journals go on spooling meanwhile; readers see the old rows until the end.
    """
    with writing(engine, alone=True) as connection:
        for table in (call_operators, calls, promises):
            connection.execute(delete(table))
        streams = select(facts.c.stream).where(facts.c.stream.startswith(CALL, autoescape=True)).distinct()
        for stream in connection.scalars(streams).all():
            call = fold(stream.removeprefix(CALL), facts_of(connection, stream))
            if (row := call_row(call, zone)) is not None:
                _write_call(connection, row, call.operators)
        about = select(facts.c.promise).where(facts.c.promise.is_not(None)).distinct()
        for promise in connection.scalars(about).all():
            project_promise(connection, promise)
