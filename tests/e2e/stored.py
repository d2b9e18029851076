"""What an office has stored, read as the manager's pages read it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from app.application.reports import CallFilters, CallRecord, PromiseList, PromiseRow
from app.domain.calls import Call
from app.domain.facts import Fact
from app.loop_clock import LoopClock
from app.storage.calls_read import CallsRead
from app.storage.engine import open_engine
from app.storage.projection import fold
from tests.e2e.real_office import Office

Thing = TypeVar("Thing")
Kind = TypeVar("Kind", bound=Fact)

WITHIN_S = 20.0


async def until(look: Callable[[], Thing | None], what: str, within_s: float = WITHIN_S) -> Thing:
    """What `look` finds, once it is anything."""
    deadline = asyncio.get_running_loop().time() + within_s
    while not (found := await asyncio.to_thread(look)):
        assert asyncio.get_running_loop().time() < deadline, f"{what}: not within {within_s:.0f} s"
        await asyncio.sleep(0.1)
    return found


def calls_of(running: Office) -> list[CallRecord]:
    """All calls of the office, newest first, with their facts."""
    engine = open_engine(running.settings.database)
    try:
        reads = CallsRead(engine)
        today = LoopClock(running.settings.clock_shift_s).now().date()
        day = timedelta(days=1)
        rows = reads.calls(CallFilters(today - day, today + day)).rows
        return [record for row in rows if (record := reads.record(row.id)) is not None]
    finally:
        engine.dispose()


def promises_of(running: Office, which: PromiseList) -> tuple[PromiseRow, ...]:
    engine = open_engine(running.settings.database)
    try:
        return CallsRead(engine).promises(which, LoopClock(running.settings.clock_shift_s).now())
    finally:
        engine.dispose()


async def ended_call(running: Office) -> CallRecord:
    """The newest call, once it has ended and is stored."""

    def newest() -> CallRecord | None:
        found = calls_of(running)
        return found[0] if found and found[0].row.ended_at is not None else None

    return await until(newest, "the call has ended and is stored")


def state_of(record: CallRecord) -> Call:
    """The call as the log of it says."""
    return fold(record.row.id, record.facts)


def facts_of(record: CallRecord, kind: type[Kind]) -> list[Kind]:
    return [one.fact for one in record.facts if isinstance(one.fact, kind)]
