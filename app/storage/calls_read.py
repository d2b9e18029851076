"""What the pages read: `application.reports.CallReads` over one database.

The methods block on the database: call them off the event loop. A page of today's calls sees facts some tens of
milliseconds after they happened.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, func, select

from app.application.reports import (
    CallFilters,
    CallPage,
    CallRecord,
    CallRow,
    PromiseCounts,
    PromiseList,
    PromiseRow,
    Statistics,
)
from app.domain.calls import Direction, Outcome
from app.domain.errors import BadInput
from app.domain.facts import By, PromiseKind
from app.domain.promises import Promise, PromiseState
from app.storage import call_statistics
from app.storage.call_filters import conditions
from app.storage.engine import reading
from app.storage.fact_rows import CALL, facts_of
from app.storage.flow_versions import flow_of_version
from app.storage.tables import ANSWER_COLUMNS, call_operators, calls, promises

PAGE_SIZE = 50
LONGEST_PERIOD_DAYS = 5 * 366
"""Interaction is kept five years (property 4)."""


class CallsRead:
    """The reads of the pages. Unavailable when the database cannot be reached."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def statistics(self, day_from: date, day_to: date, *, before: datetime | None = None) -> Statistics:
        """BadInput for a period that ends before it begins or is longer than five years."""
        _check_period(day_from, day_to)
        with reading(self._engine) as connection:
            return call_statistics.compute(connection, day_from, day_to, before)

    def calls(self, filters: CallFilters, page: int = 1, page_size: int = PAGE_SIZE) -> CallPage:
        """BadInput as for `statistics`."""
        _check_period(filters.day_from, filters.day_to)
        query = select(calls).where(*conditions(filters))
        ordered = query.order_by(calls.c.arrived_at.desc(), calls.c.id.desc())
        with reading(self._engine) as connection:
            total = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
            rows = connection.execute(ordered.limit(page_size).offset((page - 1) * page_size)).all()
            return CallPage(_to_call_rows(connection, rows), total, page, page_size)

    def record(self, call_id: str) -> CallRecord | None:
        with reading(self._engine) as connection:
            rows = connection.execute(select(calls).where(calls.c.id == call_id)).all()
            if not rows:
                return None
            (row,) = _to_call_rows(connection, rows)
            script = flow_of_version(connection, rows[0].flow_version)
            return CallRecord(row, tuple(facts_of(connection, CALL + call_id)), script)

    def promises(self, which: PromiseList, now: datetime) -> tuple[PromiseRow, ...]:
        due = which in (PromiseList.OPEN, PromiseList.OVERDUE)
        order = promises.c.due_at if due else promises.c.closed_at.desc()
        query = (
            select(promises, calls.c.unit, calls.c.caller_name)
            .outerjoin(calls, calls.c.id == promises.c.call)
            .where(*_in_list(which, now))
            .order_by(order, promises.c.id)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return tuple(PromiseRow(to_promise(row), row.unit or "", row.caller_name or "") for row in rows)

    def promise_counts(self, now: datetime) -> PromiseCounts:
        counting = [func.count().filter(*_in_list(which, now)).label(which.name) for which in PromiseList]
        with reading(self._engine) as connection:
            row = connection.execute(select(*counting).select_from(promises)).one()
        counts = Counter({which: getattr(row, which.name) for which in PromiseList})
        return PromiseCounts(+counts)


def _in_list(which: PromiseList, now: datetime) -> list[ColumnElement[bool]]:
    states = {
        PromiseList.OPEN: PromiseState.OPEN,
        PromiseList.OVERDUE: PromiseState.OPEN,
        PromiseList.KEPT: PromiseState.KEPT,
        PromiseList.LATE: PromiseState.KEPT_LATE,
        PromiseList.CLOSED: PromiseState.CLOSED,
    }
    of_state = promises.c.state == str(states[which])
    return [of_state, promises.c.due_at < now] if which is PromiseList.OVERDUE else [of_state]


def to_promise(row: Row[Any]) -> Promise:
    values = {field.name: getattr(row, field.name) for field in dataclasses.fields(Promise)}
    made_by, state, kind = By(row.made_by), PromiseState(row.state), PromiseKind(row.kind)
    agenda = tuple(row.agenda.split("\n")) if row.agenda else ()
    return Promise(**values | {"made_by": made_by, "state": state, "kind": kind, "agenda": agenda})


def _to_call_rows(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[CallRow, ...]:
    ids = [row.id for row in rows]
    operators: dict[str, list[str]] = defaultdict(list)
    spoke = select(call_operators.c.call, call_operators.c.operator).where(call_operators.c.call.in_(ids))
    for call, operator in connection.execute(spoke.order_by(call_operators.c.place)):
        operators[call].append(operator)
    made: dict[str, list[str]] = defaultdict(list)
    of_calls = select(promises.c.call, promises.c.id).where(promises.c.call.in_(ids))
    for call, promise in connection.execute(of_calls.order_by(promises.c.made_at)):
        made[call].append(promise)
    return tuple(_to_call_row(row, tuple(operators[row.id]), tuple(made[row.id])) for row in rows)


def _to_call_row(row: Row[Any], operators: tuple[str, ...], made: tuple[str, ...]) -> CallRow:
    given = ((name, getattr(row, name)) for name in ANSWER_COLUMNS)
    return CallRow(
        id=row.id,
        arrived_at=row.arrived_at,
        direction=Direction(row.direction),
        number=row.number,
        unit=row.unit,
        outcome=Outcome(row.outcome),
        operators=operators,
        waited_s=row.waited_s,
        talked_s=row.talked_s,
        transfers=row.transfers,
        topic=row.topic,
        caller_name=row.caller_name,
        answers=tuple((question, answer) for question, answer in given if answer is not None),
        promises=made,
        ended_by=None if row.ended_by is None else By(row.ended_by),
        ended_at=row.ended_at,
    )


def _check_period(day_from: date, day_to: date) -> None:
    if day_to < day_from:
        raise BadInput(f"the period {day_from} to {day_to} ends before it begins")
    if (day_to - day_from).days > LONGEST_PERIOD_DAYS:
        raise BadInput(f"the period {day_from} to {day_to} is longer than five years")
