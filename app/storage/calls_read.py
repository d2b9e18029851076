"""What the pages read: lists of calls, one call with its facts, the figures of a period, promises.

The methods block on the database: call them off the event loop. A page of today's calls sees facts some tens of
milliseconds after they happened.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, Row, Select, func, select

from app.domain.calls import Direction, Outcome, Phrase
from app.domain.errors import BadInput
from app.domain.facts import By, Recorded
from app.domain.promises import Promise, PromiseState
from app.storage import call_statistics
from app.storage.call_filters import CallFilter, conditions, within
from app.storage.call_statistics import Statistics
from app.storage.fact_rows import CALL, facts_of
from app.storage.projection import fold
from app.storage.tables import call_operators, calls, promises

PAGE_SIZE = 50
LONGEST_PERIOD_DAYS = 5 * 366
"""Interaction is kept five years (property 4)."""

EVERY_CALL = CallFilter()


@dataclass(frozen=True)
class CallRow:
    """One call as lists show it. `local_day` and `local_hour` are in the organisation's zone; `waited_s` is None
    while it is not known and outside the hours, `talked_s` without a finished conversation."""

    id: str
    direction: Direction
    number: str
    dialled: str
    unit: str
    profile: str
    flow_version: str
    arrived_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    local_day: date
    local_hour: int
    outcome: Outcome
    operator: str
    waited_s: float | None
    talked_s: float | None
    held_s: float
    transfers: int
    failed_transfers: int
    ended_by: By | None
    end_why: str
    topic: str
    need: str
    notes: str
    caller_name: str
    keeps_promise: str
    answer_received: str | None
    satisfaction: str | None
    survey_complete: bool | None


@dataclass(frozen=True)
class CallPage:
    """One page of a list, the latest call first. `page` counts from 1."""

    rows: tuple[CallRow, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True)
class CallRecord:
    """Everything stored of one call."""

    row: CallRow
    operators: tuple[str, ...]
    """Who talked in it, in order."""
    facts: tuple[Recorded, ...]
    phrases: tuple[Phrase, ...]
    promises: tuple[Promise, ...]
    """Made in this call."""


class CallsRead:
    """The reads of the pages over one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def calls_of(
        self,
        day_from: date,
        day_to: date,
        filters: CallFilter = EVERY_CALL,
        page: int = 1,
        *,
        page_size: int = PAGE_SIZE,
    ) -> CallPage:
        """The calls that arrived on these days, both included. A page past the end is the last one.

        BadInput for a period that ends before it begins or is longer than five years.
        """
        _check_period(day_from, day_to)
        return self._page(select(calls).where(within(day_from, day_to), *conditions(filters)), page, page_size)

    def history_of(self, number: str, page: int = 1, *, page_size: int = PAGE_SIZE) -> CallPage:
        """All calls from and to one number (L4); nothing for a withheld one."""
        return self._page(select(calls).where(calls.c.number == number, calls.c.number != ""), page, page_size)

    def call_record(self, call_id: str) -> CallRecord | None:
        """One call with all its facts in order; None for an unknown one."""
        with self._engine.connect() as connection:
            row = connection.execute(select(calls).where(calls.c.id == call_id)).one_or_none()
            if row is None:
                return None
            part = select(call_operators.c.operator).where(call_operators.c.call == call_id)
            operators = connection.scalars(part.order_by(call_operators.c.place)).all()
            recorded = facts_of(connection, CALL + call_id)
            made = select(promises).where(promises.c.call == call_id).order_by(promises.c.made_at)
            made_here = [to_promise(one) for one in connection.execute(made)]
        return CallRecord(
            row=_to_call_row(row),
            operators=tuple(operators),
            facts=tuple(recorded),
            phrases=fold(call_id, recorded).phrases,
            promises=tuple(made_here),
        )

    def statistics(self, day_from: date, day_to: date, filters: CallFilter = EVERY_CALL) -> Statistics:
        """The figures of the calls that arrived on these days, both included, and that the filter lets through.

        BadInput as for `calls_of`.
        """
        _check_period(day_from, day_to)
        with self._engine.connect() as connection:
            return call_statistics.compute(connection, day_from, day_to, filters)

    def promises(self, state: PromiseState | None = None) -> Sequence[Promise]:
        """The promises in this state (all for None), the earliest due first."""
        query = select(promises).order_by(promises.c.due_at, promises.c.id)
        if state is not None:
            query = query.where(promises.c.state == str(state))
        with self._engine.connect() as connection:
            return [to_promise(row) for row in connection.execute(query)]

    def promise(self, promise_id: str) -> Promise | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(promises).where(promises.c.id == promise_id)).one_or_none()
        return None if row is None else to_promise(row)

    def _page(self, query: Select[Any], page: int, page_size: int) -> CallPage:
        with self._engine.connect() as connection:
            total = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
            pages = max(1, -(-total // page_size))
            page = min(max(1, page), pages)
            ordered = query.order_by(calls.c.arrived_at.desc(), calls.c.id.desc())
            rows = connection.execute(ordered.limit(page_size).offset((page - 1) * page_size)).all()
        return CallPage(tuple(_to_call_row(row) for row in rows), total, page, pages)


def to_promise(row: Row[Any]) -> Promise:
    values = {field.name: getattr(row, field.name) for field in dataclasses.fields(Promise)}
    return Promise(**values | {"made_by": By(row.made_by), "state": PromiseState(row.state)})


def _to_call_row(row: Row[Any]) -> CallRow:
    values = {field.name: getattr(row, field.name) for field in dataclasses.fields(CallRow)}
    return CallRow(
        **values
        | {
            "direction": Direction(row.direction),
            "outcome": Outcome(row.outcome),
            "ended_by": None if row.ended_by is None else By(row.ended_by),
        }
    )


def _check_period(day_from: date, day_to: date) -> None:
    if day_to < day_from:
        raise BadInput(f"the period {day_from} to {day_to} ends before it begins")
    if (day_to - day_from).days > LONGEST_PERIOD_DAYS:
        raise BadInput(f"the period {day_from} to {day_to} is longer than five years")
