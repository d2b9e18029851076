"""The figures of a period, for managers (M1, M3): counted in the database from the rows of calls."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, distinct, func, select

from app.storage.call_filters import COUNTED, CallFilter, conditions, within
from app.storage.tables import call_operators, calls


@dataclass(frozen=True)
class Counts:
    """Numbers of calls; each is the length of the list under `call_filters.COUNTED[name]`."""

    incoming: int = 0
    answered: int = 0
    lost: int = 0
    out_of_hours: int = 0
    not_finished: int = 0
    """Incoming calls under way, and those that the end of the program interrupted before an answer."""
    in_time: int = 0
    """Answered within `SERVICE_LEVEL_S`."""
    outgoing: int = 0
    reached: int = 0
    not_reached: int = 0
    outgoing_under_way: int = 0
    transferred: int = 0
    """Calls with at least one completed transfer."""
    transfer_failed: int = 0
    surveyed: int = 0
    survey_complete: int = 0

    @property
    def service_level(self) -> float | None:
        """The share answered in time, of the calls that wanted an answer in working hours; None without any."""
        return share(self.in_time, self.answered + self.lost)


@dataclass(frozen=True)
class Spread:
    """How long something took, in seconds, over `count` calls; None without any. `p90_s` is the time within
    which nine of ten lie (nearest rank)."""

    count: int = 0
    mean_s: float | None = None
    median_s: float | None = None
    p90_s: float | None = None
    longest_s: float | None = None


@dataclass(frozen=True)
class RatedAnswer:
    answer: str
    count: int
    share: float
    """Of those who answered the question."""


@dataclass(frozen=True)
class Rating:
    """One question of the survey: how many answered, and what."""

    question: str
    answered: int = 0
    answers: tuple[RatedAnswer, ...] = ()

    def of(self, answer: str) -> RatedAnswer:
        """The figures of one answer; zeros when nobody gave it."""
        return next((a for a in self.answers if a.answer == answer), RatedAnswer(answer, 0, 0.0))


@dataclass(frozen=True)
class OperatorFigures:
    """`counts` are of the calls that the operator answered last, or placed; `took_part` of all calls the operator
    talked in."""

    operator: str
    counts: Counts
    took_part: int
    talking: Spread
    answer_received: Rating
    satisfaction: Rating


@dataclass(frozen=True)
class Statistics:
    """The figures of the days `day_from` to `day_to`, both included, in the organisation's zone."""

    day_from: date
    day_to: date
    totals: Counts
    by_day: tuple[tuple[date, Counts], ...]
    """Every day of the period."""
    by_hour: tuple[tuple[int, Counts], ...]
    """Every hour of the day, by arrival."""
    waiting: Spread
    """Of answered incoming calls, until the answer."""
    waiting_lost: Spread
    """Of lost calls, until the caller hung up."""
    talking: Spread
    """Of conversations that are over, incoming and outgoing."""
    transfers: int
    """Completed transfers; a call can have several."""
    failed_transfers: int
    answer_received: Rating
    satisfaction: Rating
    operators: tuple[OperatorFigures, ...]
    """By login."""


def compute(connection: Connection, day_from: date, day_to: date, scope: CallFilter) -> Statistics:
    """All figures of the calls in `scope`."""
    where = and_(within(day_from, day_to), *conditions(scope))
    days = _counts_by(connection, where, calls.c.local_day)
    hours = _counts_by(connection, where, calls.c.local_hour)
    moved = select(func.sum(calls.c.transfers), func.sum(calls.c.failed_transfers)).where(where)
    transfers, failed_transfers = connection.execute(moved).one()
    talks = _talks(connection, where)
    received = _answers(connection, where, "answer_received")
    satisfied = _answers(connection, where, "satisfaction")
    return Statistics(
        day_from=day_from,
        day_to=day_to,
        totals=_totals(connection, where),
        by_day=tuple((day, days.get(day, Counts())) for day in _days(day_from, day_to)),
        by_hour=tuple((hour, hours.get(hour, Counts())) for hour in range(24)),
        waiting=_waits(connection, where, COUNTED["answered"]),
        waiting_lost=_waits(connection, where, COUNTED["lost"]),
        talking=spread([talked_s for _, talked_s in talks]),
        transfers=transfers or 0,
        failed_transfers=failed_transfers or 0,
        answer_received=_rating("answer_received", received),
        satisfaction=_rating("satisfaction", satisfied),
        operators=_operators(connection, where, talks, received, satisfied),
    )


Where = ColumnElement[bool]
Talks = Sequence[tuple[str, float]]
"""Operator, seconds."""
Answers = Sequence[tuple[str, str, int]]
"""Operator, answer, number of calls."""


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def spread(seconds: Sequence[float]) -> Spread:
    """The figures of these times."""
    if not seconds:
        return Spread()
    ordered = sorted(seconds)
    return Spread(
        count=len(ordered),
        mean_s=statistics.fmean(ordered),
        median_s=statistics.median(ordered),
        p90_s=ordered[math.ceil(0.9 * len(ordered)) - 1],
        longest_s=ordered[-1],
    )


def _days(day_from: date, day_to: date) -> list[date]:
    return [day_from + timedelta(days=i) for i in range((day_to - day_from).days + 1)]


def _counting() -> list[ColumnElement[int]]:
    return [func.count().filter(and_(*conditions(f))).label(name) for name, f in COUNTED.items()]


def _totals(connection: Connection, where: Where) -> Counts:
    row = connection.execute(select(*_counting()).where(where)).one()
    return Counts(**row._asdict())


def _counts_by(connection: Connection, where: Where, key: ColumnElement[Any]) -> dict[Any, Counts]:
    found: dict[Any, Counts] = {}
    for row in connection.execute(select(key.label("key"), *_counting()).where(where).group_by(key)):
        counts = row._asdict()
        group = counts.pop("key")
        found[group] = Counts(**counts)
    return found


def _waits(connection: Connection, where: Where, which: CallFilter) -> Spread:
    query = select(calls.c.waited_s).where(where, *conditions(which), calls.c.waited_s.is_not(None))
    return spread(connection.scalars(query).all())


def _talks(connection: Connection, where: Where) -> Talks:
    query = select(calls.c.operator, calls.c.talked_s).where(where, *conditions(CallFilter(talked=True)))
    return [(row.operator, row.talked_s) for row in connection.execute(query)]


def _answers(connection: Connection, where: Where, question: str) -> Answers:
    answer = calls.c[question]
    query = (
        select(calls.c.operator, answer, func.count())
        .where(where, answer.is_not(None))
        .group_by(calls.c.operator, answer)
    )
    return [(operator, given, count) for operator, given, count in connection.execute(query)]


def _rating(question: str, answers: Answers) -> Rating:
    counts: Counter[str] = Counter()
    for _, answer, count in answers:
        counts[answer] += count
    answered = counts.total()
    rated = [RatedAnswer(answer, n, n / answered) for answer, n in sorted(counts.items())]
    return Rating(question, answered, tuple(rated))


def _operators(
    connection: Connection, where: Where, talks: Talks, received: Answers, satisfied: Answers
) -> tuple[OperatorFigures, ...]:
    counts = _counts_by(connection, where, calls.c.operator)
    parts = _parts(connection, where)
    return tuple(
        OperatorFigures(
            operator=login,
            counts=counts.get(login, Counts()),
            took_part=parts.get(login, 0),
            talking=spread([talked_s for operator, talked_s in talks if operator == login]),
            answer_received=_rating("answer_received", [row for row in received if row[0] == login]),
            satisfaction=_rating("satisfaction", [row for row in satisfied if row[0] == login]),
        )
        for login in sorted((counts.keys() | parts.keys()) - {""})
    )


def _parts(connection: Connection, where: Where) -> dict[str, int]:
    login = call_operators.c.operator
    query = (
        select(login, func.count(distinct(calls.c.id)).label("calls"))
        .join(calls, calls.c.id == call_operators.c.call)
        .where(where)
        .group_by(login)
    )
    return {row.operator: row.calls for row in connection.execute(query)}
