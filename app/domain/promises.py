"""Promises to call back, as the fold of their facts over all calls (L11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain import facts as f
from app.domain.due_times import Count, Term, is_overdue
from app.domain.working_time import Schedule

DUE_SOON = timedelta(hours=1)
DONE_REMEMBERED = timedelta(days=1)
GRACE = Term("grace", Count.WORKING_DAYS, 1, "housing 5.9")
"""After so much more an open promise is broken."""


class PromiseState(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    KEPT_LATE = "kept_late"
    CLOSED = "closed"


class Fate(StrEnum):
    """What became of a promise, for the record and the statistics (L11)."""

    OPEN = "open"
    KEPT = "kept"
    KEPT_LATE = "kept_late"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"  # closed before its term without a call, with a reason: the need is gone


class Standing(StrEnum):
    """How an open promise looks on the panel."""

    WAITING = "waiting"
    DUE = "due"  # within the next hour
    OVERDUE = "overdue"
    DONE = "done"


@dataclass(frozen=True)
class Promise:
    """`call` is the one in which it was made, "" for a clarification that an operator planned."""

    id: str
    call: str
    number: str
    asked: str
    due_at: datetime
    interval: str
    made_at: datetime
    made_by: f.By
    operator: str
    kind: f.PromiseKind = f.PromiseKind.CALL_BACK
    agenda: tuple[str, ...] = ()
    state: PromiseState = PromiseState.OPEN
    attempts: int = 0
    kept_in: str = ""
    closed_at: datetime | None = None
    close_why: str = ""

    def standing(self, now: datetime) -> Standing:
        if self.state is not PromiseState.OPEN:
            return Standing.DONE
        if now > self.due_at:
            return Standing.OVERDUE
        return Standing.DUE if now > self.due_at - DUE_SOON else Standing.WAITING


def fate(promise: Promise, schedule: Schedule, now: datetime) -> Fate:
    """Broken is a promise whose person nobody reached by the end of the working day after its term, or that was
    closed after its term without a call. A call that reaches the person later still makes it kept late: what was
    promised was done."""
    if promise.state is PromiseState.KEPT:
        return Fate.KEPT
    if promise.state is PromiseState.KEPT_LATE:
        return Fate.KEPT_LATE
    if promise.state is PromiseState.CLOSED:
        in_time = promise.closed_at is not None and promise.closed_at <= promise.due_at
        return Fate.WITHDRAWN if in_time else Fate.BROKEN
    return Fate.BROKEN if is_overdue(schedule, GRACE, promise.due_at, now) else Fate.OPEN


def evolve(promises: Mapping[str, Promise], recorded: f.Recorded) -> Mapping[str, Promise]:
    """All promises after one more fact of any stream; the same mapping when the fact is about none."""
    fact = recorded.fact
    if isinstance(fact, f.PromiseMade):
        return {**promises, fact.promise: _made(fact, recorded)}
    if not isinstance(fact, f.PromiseAttempted | f.PromiseKept | f.PromiseClosed):
        return promises
    promise = promises.get(fact.promise)
    return promises if promise is None else {**promises, promise.id: _after(promise, fact, recorded)}


def without_old(promises: Mapping[str, Promise], now: datetime) -> Mapping[str, Promise]:
    """The promises that still matter: open ones, and those done within the last day, which panels may show."""
    return {p.id: p for p in promises.values() if p.closed_at is None or now - p.closed_at <= DONE_REMEMBERED}


def _made(fact: f.PromiseMade, recorded: f.Recorded) -> Promise:
    kind, _, name = recorded.stream.partition(":")
    return Promise(
        id=fact.promise,
        call=name if kind == "call" else "",
        number=fact.number,
        asked=fact.asked,
        due_at=fact.due_at,
        interval=fact.interval,
        made_at=recorded.at,
        made_by=fact.by,
        operator=fact.operator,
        kind=fact.kind,
        agenda=fact.agenda,
    )


def _after(promise: Promise, fact: f.Fact, recorded: f.Recorded) -> Promise:
    match fact:
        case f.PromiseAttempted():
            return replace(promise, attempts=promise.attempts + 1)
        case f.PromiseKept():
            state = PromiseState.KEPT_LATE if fact.late else PromiseState.KEPT
            return replace(
                promise,
                state=state,
                attempts=promise.attempts + 1,
                kept_in=recorded.stream.partition(":")[2],
                closed_at=recorded.at,
            )
        case f.PromiseClosed():
            return replace(promise, state=PromiseState.CLOSED, closed_at=recorded.at, close_why=fact.why)
        case _:
            return promise
