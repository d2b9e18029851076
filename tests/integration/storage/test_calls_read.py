"""What managers read: every figure is the length of the list behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Engine

from app.domain.calls import Direction, Outcome, Phrase
from app.domain.errors import BadInput
from app.domain.facts import Recorded, Speaker
from app.domain.promises import PromiseState
from app.storage.call_filters import COUNTED, CallFilter
from app.storage.call_statistics import Counts, Rating, Spread, Statistics, spread
from app.storage.calls_read import CallsRead
from app.storage.fact_store import FactStore
from tests.integration.storage import logs
from tests.integration.storage.conftest import empty
from tests.integration.storage.logs import NOON, ZONE

MONDAY = date(2026, 11, 16)
SUNDAY = date(2026, 11, 22)


def fill(engine: Engine, *journals: list[Recorded]) -> CallsRead:
    store = FactStore(engine, ZONE, lambda line: pytest.fail(f"set aside: {line!r}"))
    store.store([one for journal in journals for one in journal])
    return CallsRead(engine)


@pytest.fixture
def read(engine: Engine) -> CallsRead:
    """A small week: two answered, and one of every other kind."""
    return fill(
        engine,
        logs.answered_call("a1", promise="p1"),
        logs.answered_call("a2", NOON + timedelta(hours=1)),
        logs.lost_call("lost", NOON + timedelta(days=1)),
        logs.closed_call("closed", datetime(2026, 11, 16, 21, 0, tzinfo=UTC)),
        logs.waiting_call("waiting", NOON + timedelta(days=2)),
        logs.interrupted_call("interrupted", NOON + timedelta(days=2, hours=1)),
        logs.outgoing_call("reached", NOON + timedelta(days=3), promise="p1"),
        logs.outgoing_call("missed", NOON + timedelta(days=3), reached=False),
        logs.answered_call("next week", NOON + timedelta(days=7)),
    )


def test_the_figures_of_a_week(read: CallsRead) -> None:
    figures = read.statistics(MONDAY, SUNDAY)
    assert figures.totals == Counts(
        incoming=6,
        answered=2,
        lost=1,
        out_of_hours=1,
        not_finished=2,
        in_time=2,
        outgoing=2,
        reached=1,
        not_reached=1,
        transferred=2,
        transfer_failed=2,
        surveyed=2,
        survey_complete=2,
    )
    assert figures.totals.service_level == pytest.approx(2 / 3)
    assert figures.waiting == Spread(2, 15.0, 15.0, 15.0, 15.0)
    assert figures.waiting_lost == Spread(1, 20.0, 20.0, 20.0, 20.0)
    # 65 and 70 s with an operator, and 10 s of the outgoing call.
    assert figures.talking == spread([65.0, 70.0, 10.0])
    assert (figures.transfers, figures.failed_transfers) == (2, 2)
    assert figures.answer_received.of("yes").share == 1.0
    assert figures.answer_received.of("no").count == 0
    assert figures.satisfaction.of("partly").count == 2


@pytest.mark.parametrize(("waited_s", "in_time"), [(20.0, 1), (20.1, 0)])
def test_the_service_level_counts_answers_within_twenty_seconds(
    engine: Engine, waited_s: float, in_time: int
) -> None:
    log = logs.answered_call("a")[:4]
    read = fill(engine, [*log[:3], replace(log[3], at=NOON + timedelta(seconds=waited_s))])
    assert read.statistics(MONDAY, MONDAY).totals.in_time == in_time


def test_days_and_hours_are_all_there(read: CallsRead) -> None:
    figures = read.statistics(MONDAY, SUNDAY)
    assert [counts.incoming for _, counts in figures.by_day] == [2, 2, 2, 0, 0, 0, 0]
    assert [day for day, _ in figures.by_day] == [MONDAY + timedelta(days=i) for i in range(7)]
    assert {hour: counts.incoming for hour, counts in figures.by_hour if counts.incoming} == {
        1: 1,
        12: 3,
        13: 2,
    }
    assert len(figures.by_hour) == 24


def test_the_figures_of_operators(read: CallsRead) -> None:
    figures = {one.operator: one for one in read.statistics(MONDAY, SUNDAY).operators}
    assert list(figures) == ["anna", "boris", "vera"]
    assert (figures["anna"].counts, figures["anna"].took_part) == (Counts(), 2)
    assert (figures["boris"].counts.answered, figures["boris"].took_part) == (2, 2)
    assert figures["boris"].satisfaction.of("partly").count == 2
    assert (figures["vera"].counts.outgoing, figures["vera"].counts.reached) == (2, 1)
    assert figures["vera"].talking.count == 1


def test_a_period_without_calls_divides_by_nothing(read: CallsRead) -> None:
    figures = read.statistics(date(2020, 1, 1), date(2020, 1, 2))
    assert figures.totals == Counts()
    assert figures.totals.service_level is None
    assert figures.waiting == Spread()
    assert figures.satisfaction == Rating("satisfaction")
    assert figures.operators == ()


def test_times_are_spread_by_nearest_rank() -> None:
    assert spread([float(n) for n in range(1, 11)]) == Spread(10, 5.5, 5.5, 9.0, 10.0)
    assert spread([3.0]) == Spread(1, 3.0, 3.0, 3.0, 3.0)


def test_a_list_has_the_latest_call_first_and_pages(read: CallsRead) -> None:
    first = read.calls_of(MONDAY, SUNDAY, page_size=3)
    assert (first.total, first.page, first.pages) == (8, 1, 3)
    assert [row.id for row in first.rows] == ["reached", "missed", "interrupted"]
    last = read.calls_of(MONDAY, SUNDAY, page=99, page_size=3)
    assert (last.page, [row.id for row in last.rows]) == (3, ["a2", "a1"])
    nothing = read.calls_of(date(2020, 1, 1), date(2020, 1, 2))
    assert (nothing.rows, nothing.total, nothing.page, nothing.pages) == ((), 0, 1, 1)


def test_a_filter_narrows_the_list(read: CallsRead) -> None:
    lost = read.calls_of(MONDAY, SUNDAY, CallFilter(outcomes=frozenset({Outcome.LOST})))
    assert [row.id for row in lost.rows] == ["lost"]
    with_anna = read.calls_of(MONDAY, SUNDAY, CallFilter(took_part="anna", hour=13))
    assert [row.id for row in with_anna.rows] == ["a2"]
    kept = read.calls_of(MONDAY, SUNDAY, CallFilter(keeps_promise=True))
    assert [(row.id, row.direction) for row in kept.rows] == [("reached", Direction.OUTGOING)]


def test_the_history_of_a_number(read: CallsRead) -> None:
    assert read.history_of("+79271234567").total == 9
    assert read.history_of("").total == 0


def test_a_record_has_every_fact_in_order(read: CallsRead) -> None:
    record = read.call_record("a1")
    assert record is not None
    assert list(record.facts) == logs.answered_call("a1", promise="p1")
    assert record.phrases == (Phrase(Speaker.OPERATOR, "anna", "добрый день", 15.5, 17.25),)
    assert record.operators == ("anna", "boris")
    assert [promise.id for promise in record.promises] == ["p1"]
    assert record.row.outcome is Outcome.ANSWERED
    assert read.call_record("unknown") is None


def test_promises_by_state(read: CallsRead) -> None:
    assert [p.id for p in read.promises()] == ["p1"]
    assert [p.kept_in for p in read.promises(PromiseState.KEPT)] == ["reached"]
    assert read.promises(PromiseState.OPEN) == []
    assert read.promise("p1") == read.promises()[0]
    assert read.promise("p2") is None


def test_a_period_must_make_sense(read: CallsRead) -> None:
    with pytest.raises(BadInput, match="ends before it begins"):
        read.calls_of(SUNDAY, MONDAY)
    with pytest.raises(BadInput, match="longer than five years"):
        read.statistics(date(2000, 1, 1), SUNDAY)


def figures_and_filters(figures: Statistics, scope: CallFilter) -> Iterator[tuple[int, CallFilter]]:
    """Every number of calls on the page, with the filter of the list behind it."""
    yield from of_counts(figures.totals, scope)
    for hour, counts in figures.by_hour:
        yield from of_counts(counts, replace(scope, hour=hour))
    yield figures.waiting.count, both(scope, COUNTED["answered"])
    yield figures.talking.count, replace(scope, talked=True)
    for rating in (figures.answer_received, figures.satisfaction):
        yield from of_rating(rating, scope)
    for operator in figures.operators:
        yield operator.took_part, replace(scope, took_part=operator.operator)
        theirs = replace(scope, operator=operator.operator)
        yield from of_counts(operator.counts, theirs)
        yield operator.talking.count, replace(theirs, talked=True)
        yield from of_rating(operator.answer_received, theirs)
        yield from of_rating(operator.satisfaction, theirs)


def of_counts(counts: Counts, scope: CallFilter) -> Iterator[tuple[int, CallFilter]]:
    for name, count in asdict(counts).items():
        yield count, both(scope, COUNTED[name])


def of_rating(rating: Rating, scope: CallFilter) -> Iterator[tuple[int, CallFilter]]:
    for answer in rating.answers:
        given_answer: dict[str, Any] = {rating.question: answer.answer}
        yield answer.count, replace(scope, **given_answer)


def both(scope: CallFilter, figure: CallFilter) -> CallFilter:
    nothing = CallFilter()
    given_there = {name: getattr(figure, name) for name in asdict(figure)}
    return replace(scope, **{n: v for n, v in given_there.items() if v != getattr(nothing, n)})


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(journal=logs.journals())
def test_every_figure_is_the_length_of_its_list(engine: Engine, journal: list[Recorded]) -> None:
    empty(engine)
    read = fill(engine, journal)
    day_from, day_to = MONDAY, MONDAY + timedelta(days=9)
    figures = read.statistics(day_from, day_to)
    lengths: dict[CallFilter, int] = {}
    for figure, wanted in figures_and_filters(figures, CallFilter()):
        if wanted not in lengths and (figure or wanted.hour is None):
            lengths[wanted] = read.calls_of(day_from, day_to, wanted, page_size=1).total
        assert figure == lengths.get(wanted, 0), wanted
    for day, counts in figures.by_day:
        for name, count in asdict(counts).items():
            if count:
                assert read.calls_of(day, day, COUNTED[name]).total == count
    assert sum(counts.incoming for _, counts in figures.by_day) == figures.totals.incoming
    totals = figures.totals
    assert totals.incoming == totals.answered + totals.lost + totals.out_of_hours + totals.not_finished
    assert totals.outgoing == totals.reached + totals.not_reached + totals.outgoing_under_way


def test_every_figure_of_the_week_is_the_length_of_its_list(read: CallsRead) -> None:
    for scope in (CallFilter(), CallFilter(unit="line"), CallFilter(topic="repairs")):
        figures = read.statistics(MONDAY, SUNDAY, scope)
        for figure, wanted in figures_and_filters(figures, scope):
            if figure or wanted.hour is None:
                assert read.calls_of(MONDAY, SUNDAY, wanted, page_size=1).total == figure, wanted
