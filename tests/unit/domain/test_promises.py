"""Promises over all calls: open, kept, kept late, closed (L11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain import facts as f
from app.domain.facts import By
from app.domain.promises import DUE_SOON, Fate, Promise, PromiseState, Standing, evolve, fate, without_old
from tests.unit.domain.samples import CALLER, FACTS, NOW, SCHEDULE

DUE = NOW + timedelta(hours=4)
MADE = f.PromiseMade("p1", CALLER, "крыша", DUE, "утром", By.OPERATOR, "anna")
LATER = NOW + timedelta(hours=1)


def fold(*entries: tuple[str, datetime, f.Fact]) -> Mapping[str, Promise]:
    promises: Mapping[str, Promise] = {}
    for stream, at, fact in entries:
        promises = evolve(promises, f.Recorded(stream, 1, at, fact))
    return promises


def test_a_promise_keeps_where_when_and_by_whom_it_was_made() -> None:
    promise = fold(("call:c1", NOW, MADE))["p1"]
    assert (promise.call, promise.made_at, promise.made_by, promise.operator) == ("c1", NOW, By.OPERATOR, "anna")
    assert (promise.number, promise.asked, promise.due_at, promise.interval) == (CALLER, "крыша", DUE, "утром")
    assert (promise.state, promise.attempts, promise.kept_in) == (PromiseState.OPEN, 0, "")


def test_a_call_that_did_not_reach_the_person_is_an_attempt() -> None:
    tried = ("call:c2", LATER, f.PromiseAttempted("p1", "busy"))
    promise = fold(("call:c1", NOW, MADE), tried, tried)["p1"]
    assert (promise.state, promise.attempts) == (PromiseState.OPEN, 2)


@pytest.mark.parametrize(("late", "state"), [(False, PromiseState.KEPT), (True, PromiseState.KEPT_LATE)])
def test_the_call_that_reached_the_person_keeps_it(late: bool, state: PromiseState) -> None:
    promise = fold(("call:c1", NOW, MADE), ("call:c2", LATER, f.PromiseKept("p1", late=late)))["p1"]
    assert (promise.state, promise.attempts, promise.kept_in, promise.closed_at) == (state, 1, "c2", LATER)


def test_closed_by_a_person_with_the_reason() -> None:
    closed = f.PromiseClosed("p1", "anna", "ответ дан письмом")
    promise = fold(("call:c1", NOW, MADE), ("promise:p1", LATER, closed))["p1"]
    assert (promise.state, promise.close_why, promise.closed_at) == (
        PromiseState.CLOSED,
        "ответ дан письмом",
        LATER,
    )


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_other_facts_and_unknown_promises_change_nothing(fact: f.Fact) -> None:
    known = fold(("call:c1", NOW, f.PromiseMade("other", CALLER, "", DUE, "", By.CALLER)))
    after = evolve(known, f.Recorded("call:c1", 2, NOW, fact))
    assert (after is known) is not isinstance(fact, f.PromiseMade)
    assert after["other"] == known["other"]


def test_promises_do_not_touch_each_other() -> None:
    second = f.PromiseMade("p2", CALLER, "подвал", DUE, "", By.CALLER)
    kept = ("call:c3", LATER, f.PromiseKept("p2", late=False))
    promises = fold(("call:c1", NOW, MADE), ("call:c2", NOW, second), kept)
    assert [p.state for p in promises.values()] == [PromiseState.OPEN, PromiseState.KEPT]


@pytest.mark.parametrize(
    ("now", "standing"),
    [
        (NOW, Standing.WAITING),
        (DUE - DUE_SOON, Standing.WAITING),
        (DUE - DUE_SOON + timedelta(seconds=1), Standing.DUE),
        (DUE, Standing.DUE),
        (DUE + timedelta(seconds=1), Standing.OVERDUE),
    ],
)
def test_how_an_open_promise_looks(now: datetime, standing: Standing) -> None:
    assert fold(("call:c1", NOW, MADE))["p1"].standing(now) is standing


@pytest.mark.parametrize("end", [f.PromiseKept("p1", late=True), f.PromiseClosed("p1", "anna", "письмом")])
def test_what_is_done_is_never_overdue(end: f.Fact) -> None:
    promise = fold(("call:c1", NOW, MADE), ("call:c2", LATER, end))["p1"]
    assert promise.standing(DUE + timedelta(days=9)) is Standing.DONE


@pytest.mark.parametrize(("hours", "remembered"), [(0, True), (24, True), (25, False)])
def test_what_is_done_is_remembered_for_a_day_and_what_is_open_for_ever(hours: int, remembered: bool) -> None:
    second = f.PromiseMade("p2", CALLER, "подвал", DUE, "", By.CALLER)
    kept = ("call:c3", NOW, f.PromiseKept("p1", late=False))
    promises = fold(("call:c1", NOW, MADE), ("call:c2", NOW, second), kept)
    left = without_old(promises, NOW + timedelta(hours=hours))
    assert set(left) == ({"p1", "p2"} if remembered else {"p2"})


TERM = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
"""16:00 of a Wednesday in Astrakhan; the day after closes at 17:30."""
NEXT_CLOSE = datetime(2026, 11, 19, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "closed_at", "now", "became"),
    [
        (PromiseState.OPEN, None, TERM - timedelta(hours=1), Fate.OPEN),
        (PromiseState.OPEN, None, TERM + timedelta(hours=1), Fate.OPEN),
        (PromiseState.OPEN, None, NEXT_CLOSE, Fate.OPEN),
        (PromiseState.OPEN, None, NEXT_CLOSE + timedelta(seconds=1), Fate.BROKEN),
        (PromiseState.KEPT, TERM, TERM + timedelta(days=9), Fate.KEPT),
        (PromiseState.KEPT_LATE, TERM + timedelta(days=5), TERM + timedelta(days=9), Fate.KEPT_LATE),
        (PromiseState.CLOSED, TERM, TERM + timedelta(days=9), Fate.WITHDRAWN),
        (PromiseState.CLOSED, TERM + timedelta(seconds=1), TERM + timedelta(days=9), Fate.BROKEN),
    ],
)
def test_what_became_of_a_promise(
    state: PromiseState, closed_at: datetime | None, now: datetime, became: Fate
) -> None:
    made = Promise("p", "c", CALLER, "крыша", TERM, "", TERM - timedelta(hours=4), By.OPERATOR, "anna")
    assert fate(replace(made, state=state, closed_at=closed_at), SCHEDULE, now) is became
