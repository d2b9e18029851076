"""What managers read: SQL against a fold of the same log in memory, and every figure against its list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Engine

from app.application.reports import (
    CallFilters,
    CallReads,
    OperatorFigures,
    PromiseList,
    RatingShare,
    Statistics,
    Totals,
)
from app.domain.calls import Direction, Outcome
from app.domain.errors import BadInput, Unavailable
from app.domain.facts import Recorded
from app.storage.call_statistics import nearest_rank
from app.storage.calls_read import CallsRead
from app.storage.engine import open_engine
from app.storage.fact_store import FactStore
from tests.integration.storage import logs
from tests.integration.storage.conftest import empty
from tests.integration.storage.logs import NOON, ZONE
from tests.integration.web.memory import MemoryReads

MONDAY = date(2026, 11, 16)
SUNDAY = date(2026, 11, 22)
WEEK = CallFilters(MONDAY, SUNDAY)


def fill(engine: Engine, *journals: list[Recorded]) -> CallsRead:
    store = FactStore(engine, ZONE, lambda line: pytest.fail(f"set aside: {line!r}"))
    store.store([one for journal in journals for one in journal])
    return CallsRead(engine)


A_WEEK = (
    logs.answered_call("a1", promise="p1"),
    logs.answered_call("a2", NOON + timedelta(hours=1)),
    logs.lost_call("lost", NOON + timedelta(days=1)),
    logs.closed_call("closed", datetime(2026, 11, 16, 21, 0, tzinfo=UTC)),
    logs.waiting_call("waiting", NOON + timedelta(days=2)),
    logs.interrupted_call("interrupted", NOON + timedelta(days=2, hours=1)),
    logs.outgoing_call("reached", NOON + timedelta(days=3), promise="p1"),
    logs.outgoing_call("missed", NOON + timedelta(days=3), reached=False),
    logs.answered_call("next week", NOON + timedelta(days=7), promise="p2"),
)
"""Two answered, one of every other kind, and a call after the week."""


@pytest.fixture
def read(engine: Engine) -> CallsRead:
    return fill(engine, *A_WEEK)


def in_memory(*journals: list[Recorded]) -> MemoryReads:
    reads = MemoryReads(ZONE)
    reads.log = sorted((one for journal in journals for one in journal), key=lambda r: (r.at, r.stream, r.seq))
    return reads


def test_the_figures_of_a_week(read: CallsRead) -> None:
    figures = read.statistics(MONDAY, SUNDAY)
    assert figures.totals == Totals(
        calls=6,
        answered=2,
        lost=1,
        out_of_hours=1,
        interrupted=1,
        under_way=1,
        answered_in_time=2,
        transferred=2,
        waiting_mean_s=15.0,
        waiting_p90_s=15.0,
        talking_mean_s=67.5,
        outgoing=2,
        not_reached=1,
    )
    assert figures.ratings == (
        RatingShare("answer_received", "yes", 2, 1.0),
        RatingShare("satisfaction", "partly", 2, 1.0),
    )
    assert [day.calls for day in figures.days] == [2, 2, 2, 0, 0, 0, 0]
    assert {hour.hour: hour.calls for hour in figures.hours if hour.calls} == {1: 1, 12: 3, 13: 2}
    assert len(figures.hours) == 24


def test_the_figures_of_operators(read: CallsRead) -> None:
    anna, boris, vera = read.statistics(MONDAY, SUNDAY).operators
    assert anna == OperatorFigures("anna", answered=2, outgoing=0, talking_mean_s=67.5)
    assert (boris.answered, [rating.count for rating in boris.ratings]) == (2, [2, 2])
    assert (vera.operator, vera.answered, vera.outgoing) == ("vera", 0, 2)


@pytest.mark.parametrize(("waited_s", "in_time"), [(20.0, 1), (20.1, 0)])
def test_the_service_level_counts_answers_within_twenty_seconds(
    engine: Engine, waited_s: float, in_time: int
) -> None:
    log = logs.answered_call("a")[:4]
    read = fill(engine, [*log[:3], replace(log[3], at=NOON + timedelta(seconds=waited_s))])
    assert read.statistics(MONDAY, MONDAY).totals.answered_in_time == in_time


def test_a_day_that_is_not_over_is_compared_with_an_equal_part(read: CallsRead) -> None:
    assert read.statistics(MONDAY, MONDAY).totals.calls == 2
    assert read.statistics(MONDAY, MONDAY, before=NOON + timedelta(minutes=30)).totals.calls == 1


def test_a_period_without_calls_divides_by_nothing(read: CallsRead) -> None:
    figures = read.statistics(date(2020, 1, 1), date(2020, 1, 2))
    assert figures.totals == Totals()
    assert (figures.operators, figures.ratings) == ((), ())


def test_nine_of_ten_by_nearest_rank() -> None:
    assert nearest_rank([float(n) for n in range(1, 11)], 0.9) == 9.0
    assert nearest_rank([3.0], 0.9) == 3.0
    assert nearest_rank([], 0.9) is None


def test_a_list_has_the_latest_call_first_and_pages(read: CallsRead) -> None:
    first = read.calls(WEEK, page_size=3)
    assert (first.total, first.page, first.pages) == (8, 1, 3)
    assert [row.id for row in first.rows] == ["reached", "missed", "interrupted"]
    assert [row.id for row in read.calls(WEEK, page=3, page_size=3).rows] == ["a2", "a1"]
    assert read.calls(WEEK, page=99, page_size=3).rows == ()


def test_a_filter_narrows_the_list(read: CallsRead) -> None:
    def found(wanted: CallFilters) -> list[str]:
        return [row.id for row in read.calls(wanted).rows]

    assert found(replace(WEEK, outcome=Outcome.LOST)) == ["lost"]
    assert found(replace(WEEK, operator="anna", hour=13)) == ["a2"]
    assert found(replace(WEEK, question="satisfaction", answer="partly")) == ["a2", "a1"]
    assert found(replace(WEEK, question="satisfaction", answer="satisfied")) == []
    assert found(replace(WEEK, question="never asked")) == []


def test_a_record_has_every_fact_in_order(read: CallsRead) -> None:
    record = read.record("a1")
    assert record is not None
    assert list(record.facts) == logs.answered_call("a1", promise="p1")
    assert (record.row.operators, record.row.promises) == (("anna", "boris"), ("p1",))
    assert record.row.answers == (("answer_received", "yes"), ("satisfaction", "partly"))
    assert read.record("unknown") is None


def test_promises_by_list(read: CallsRead) -> None:
    late = NOON + timedelta(days=30)
    assert [row.promise.kept_in for row in read.promises(PromiseList.KEPT, late)] == ["reached"]
    (overdue,) = read.promises(PromiseList.OVERDUE, late)
    assert (overdue.promise.id, overdue.unit, overdue.caller_name) == ("p2", "line", "Иван Петрович")
    assert read.promises(PromiseList.OVERDUE, NOON) == ()
    counts = read.promise_counts(late)
    assert {which: counts.of(which) for which in PromiseList} == {
        PromiseList.OPEN: 1,
        PromiseList.OVERDUE: 1,
        PromiseList.KEPT: 1,
        PromiseList.LATE: 0,
        PromiseList.CLOSED: 0,
    }


def test_a_period_must_make_sense(read: CallsRead) -> None:
    with pytest.raises(BadInput, match="ends before it begins"):
        read.calls(CallFilters(SUNDAY, MONDAY))
    with pytest.raises(BadInput, match="longer than five years"):
        read.statistics(date(2000, 1, 1), SUNDAY)


def test_a_database_that_is_away_is_said_to_be(cluster_is_away: str) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        CallsRead(open_engine(cluster_is_away)).statistics(MONDAY, SUNDAY)


@pytest.fixture
def cluster_is_away() -> str:
    """An address of loopback at which no database listens."""
    return "postgresql://liniya@127.0.0.1:1/liniya"


def figures_and_filters(figures: Statistics) -> Iterator[tuple[int, CallFilters]]:
    """Every number of calls on the page, with the filter of the list behind it."""
    scope = CallFilters(figures.day_from, figures.day_to)
    arrived = replace(scope, direction=Direction.INCOMING)
    totals = figures.totals
    yield totals.calls, arrived
    yield totals.answered_in_time, replace(arrived, in_time=True)
    yield totals.transferred, replace(arrived, transferred=True)
    yield totals.outgoing, replace(scope, direction=Direction.OUTGOING)
    for outcome in (Outcome.ANSWERED, Outcome.LOST, Outcome.OUT_OF_HOURS, Outcome.INTERRUPTED, Outcome.UNDER_WAY):
        yield getattr(totals, outcome), replace(arrived, outcome=outcome)
    for day in figures.days:
        yield day.calls, replace(arrived, day_from=day.day, day_to=day.day)
    for hour in figures.hours:
        yield hour.calls, replace(arrived, hour=hour.hour)
    for rating in figures.ratings:
        yield rating.count, replace(scope, question=rating.question, answer=rating.answer)
    for operator in figures.operators:
        yield operator.answered, replace(arrived, operator=operator.operator)
        for rating in operator.ratings:
            asked = replace(scope, question=rating.question, answer=rating.answer)
            yield rating.count, replace(asked, rated_operator=operator.operator)


def assert_figures_are_lengths(reads: CallReads, figures: Statistics) -> None:
    for figure, wanted in figures_and_filters(figures):
        assert reads.calls(wanted, page_size=1).total == figure, wanted


def test_every_figure_of_the_week_is_the_length_of_its_list(read: CallsRead) -> None:
    assert_figures_are_lengths(read, read.statistics(MONDAY, SUNDAY))


def test_the_database_counts_as_a_fold_of_the_log_does(read: CallsRead) -> None:
    memory = in_memory(*A_WEEK)
    assert read.statistics(MONDAY, SUNDAY) == memory.statistics(MONDAY, SUNDAY)
    assert read.calls(WEEK).rows == memory.calls(WEEK).rows
    assert read.promise_counts(NOON) == memory.promise_counts(NOON)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(journal=logs.journals())
def test_every_figure_of_any_log_is_the_length_of_its_list(engine: Engine, journal: list[Recorded]) -> None:
    empty(engine)
    read = fill(engine, journal)
    figures = read.statistics(MONDAY, MONDAY + timedelta(days=9))
    assert_figures_are_lengths(read, figures)
    totals = figures.totals
    kinds = (totals.answered, totals.lost, totals.out_of_hours, totals.interrupted, totals.under_way)
    assert sum(kinds) == totals.calls == sum(day.calls for day in figures.days)
