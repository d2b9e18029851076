"""Projections: rebuilt from the facts they are what they were when the facts came in."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import StatementError

from app.domain import facts as f
from app.domain.facts import Recorded
from app.storage.fact_store import FactStore
from app.storage.projection import rebuild
from app.storage.tables import call_operators, calls, facts, promises, sessions
from tests.integration.storage import logs
from tests.integration.storage.conftest import empty
from tests.integration.storage.logs import NOON, ZONE


def _never(line: bytes) -> None:
    raise AssertionError(f"set aside: {line!r}")


def stored(engine: Engine, *batches: list[Recorded]) -> FactStore:
    store = FactStore(engine, ZONE, _never)
    for batch in batches:
        store.store(batch)
    return store


def projections(engine: Engine) -> dict[str, list[Any]]:
    with engine.connect() as connection:
        return {
            table.name: list(connection.execute(select(table).order_by(*table.primary_key.columns)))
            for table in (calls, call_operators, promises)
        }


def row_of(engine: Engine, call: str) -> dict[str, Any]:
    with engine.connect() as connection:
        return dict(connection.execute(select(calls).where(calls.c.id == call)).one()._mapping)


def test_an_answered_call_becomes_a_row(engine: Engine) -> None:
    stored(engine, logs.answered_call("a"))
    row = row_of(engine, "a")
    expected = {
        "direction": "incoming",
        "number": "+79271234567",
        "outcome": "answered",
        "operator": "boris",
        "arrived_at": NOON,
        "answered_at": NOON + timedelta(seconds=15),
        "local_day": date(2026, 11, 16),
        "local_hour": 12,
        "waited_s": 15.0,
        "talked_s": 65.0,
        "held_s": 5.0,
        "transfers": 1,
        "failed_transfers": 1,
        "ended_by": "caller",
        "end_why": "hung_up",
        "topic": "repairs",
        "need": "Протекает крыша",
        "notes": "Перезвонить не нужно",
        "caller_name": "Иван Петрович",
        "answer_received": "yes",
        "satisfaction": "partly",
        "survey_complete": True,
    }
    assert {name: row[name] for name in expected} == expected
    assert [row.operator for row in projections(engine)["call_operators"]] == ["anna", "boris"]


def test_the_day_and_the_hour_are_the_organisations(engine: Engine) -> None:
    stored(engine, logs.lost_call("late", datetime(2026, 11, 16, 20, 30, tzinfo=UTC)))
    row = row_of(engine, "late")
    assert (row["local_day"], row["local_hour"]) == (date(2026, 11, 17), 0)


def test_waiting_without_an_answer_lasts_until_the_end(engine: Engine) -> None:
    stored(engine, logs.lost_call("lost"), logs.closed_call("closed"), logs.waiting_call("waiting"))
    assert {call: row_of(engine, call)["waited_s"] for call in ("lost", "closed", "waiting")} == {
        "lost": 20.0,
        "closed": 10.0,
        "waiting": 0.0,
    }


def test_facts_come_fact_by_fact_or_at_once_and_make_the_same_rows(engine: Engine) -> None:
    log = logs.answered_call("a", promise="p")
    stored(engine, log)
    at_once = projections(engine)
    empty(engine)
    stored(engine, *[[one] for one in log])
    assert projections(engine) == at_once


def test_a_promise_follows_facts_of_three_streams_in_any_order(engine: Engine) -> None:
    made = logs.answered_call("a", promise="p")
    tried = logs.outgoing_call("b", NOON + timedelta(hours=1), reached=False, promise="p")
    kept = logs.outgoing_call("c", NOON + timedelta(hours=2), promise="p")
    stored(engine, kept, tried, made)
    (row,) = projections(engine)["promises"]
    assert (row.call, row.state, row.attempts, row.kept_in, row.due_at) == (
        "a",
        "kept",
        2,
        "c",
        NOON + timedelta(hours=4),
    )


def test_two_writers_of_one_call_leave_the_row_whole(engine: Engine) -> None:
    log = logs.answered_call("a")
    one, other = FactStore(engine, ZONE, _never), FactStore(engine, ZONE, _never)
    one.store(log[:4])
    other.store(log[4:12])
    one.store(log[12:])
    incremental = projections(engine)
    rebuild(engine, ZONE)
    assert projections(engine) == incremental
    assert row_of(engine, "a")["survey_complete"] is True


def test_a_fact_that_cannot_follow_does_not_lose_the_call(engine: Engine) -> None:
    log = logs.answered_call("a")
    wrong = [Recorded("call:a", 27, NOON + timedelta(hours=1), f.CallQueued("line"))]
    stored(engine, log[:10], log[12:], wrong)
    assert row_of(engine, "a")["survey_complete"] is True


def test_a_moment_without_a_zone_is_refused(engine: Engine) -> None:
    naive = select(sessions).where(sessions.c.created_at > datetime(2026, 1, 1))  # noqa: DTZ001 - what is tested
    with pytest.raises(StatementError, match="without a time zone"), engine.connect() as connection:
        connection.execute(naive)


def test_moments_come_back_as_they_went_in_and_compare(engine: Engine) -> None:
    moments = [
        datetime(2026, 1, 1, 0, 0, tzinfo=UTC),
        datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 1, 1, 4, 0, 0, 2, tzinfo=ZONE),
    ]
    stored(engine, [Recorded("operator:anna", i + 1, at, presence()) for i, at in enumerate(moments)])
    with engine.connect() as connection:
        read = connection.scalars(select(facts.c.at).order_by(facts.c.at)).all()
        later = connection.scalar(select(func.count()).where(facts.c.at > moments[0]))
    assert read == moments
    assert all(moment.tzinfo is UTC for moment in read)
    assert later == 2


def presence() -> f.PresenceChanged:
    return f.PresenceChanged("anna", f.Presence.READY)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(journal=logs.journals(), cuts=st.lists(st.integers(0, 60), max_size=5), replay=st.booleans())
def test_rebuilt_is_incremental(engine: Engine, journal: list[Recorded], cuts: list[int], replay: bool) -> None:
    empty(engine)
    edges = [0, *sorted(min(cut, len(journal)) for cut in cuts), len(journal)]
    batches = [journal[a:b] for a, b in itertools.pairwise(edges) if a < b]
    store = stored(engine, *batches)
    if replay:
        for batch in batches:
            store.store(batch)
    incremental = projections(engine)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(facts)) == len(journal)
    rebuild(engine, ZONE)
    assert projections(engine) == incremental
