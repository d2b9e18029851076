"""The figures of a period, for managers (M1, M3): counted in the database from the rows of calls."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select

from app.application.reports import (
    DayFigures,
    HourFigures,
    OperatorFigures,
    RatingShare,
    Statistics,
    Totals,
)
from app.domain.calls import Direction, Outcome
from app.storage.call_filters import Conditions, answered_in_time, within
from app.storage.tables import ANSWER_COLUMNS, call_operators, calls

_INCOMING = calls.c.direction == str(Direction.INCOMING)
_OUTGOING = calls.c.direction == str(Direction.OUTGOING)
_ANSWERED = calls.c.outcome == str(Outcome.ANSWERED)
_OVER = calls.c.ended_at.is_not(None)


def compute(connection: Connection, day_from: date, day_to: date, before: datetime | None) -> Statistics:
    """All figures of the calls that arrived on these days, both included, and before `before`."""
    where = within(day_from, day_to, before)
    days = _figures_by(connection, where, calls.c.local_day)
    hours = _figures_by(connection, where, calls.c.local_hour)
    ratings = _ratings_by_operator(connection, where)
    return Statistics(
        day_from=day_from,
        day_to=day_to,
        totals=_totals(connection, where),
        days=tuple(DayFigures(day, **days.get(day, {})) for day in _days(day_from, day_to)),
        hours=tuple(HourFigures(hour, **hours.get(hour, {})) for hour in range(24)),
        operators=_operators(connection, where, ratings),
        ratings=_shares([one for of_one in ratings.values() for one in of_one]),
    )


Answers = Sequence[tuple[str, str, int]]
"""Question, answer, number of calls."""


def nearest_rank(ordered: Sequence[float], share: float) -> float | None:
    """The value within which `share` of the ordered values lie; None without any."""
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else None


def _days(day_from: date, day_to: date) -> list[date]:
    return [day_from + timedelta(days=i) for i in range((day_to - day_from).days + 1)]


def _with_outcome(outcome: Outcome) -> ColumnElement[int]:
    return func.count().filter(_INCOMING, calls.c.outcome == str(outcome))


_FIGURES = {
    "calls": func.count().filter(_INCOMING),
    "answered": _with_outcome(Outcome.ANSWERED),
    "lost": _with_outcome(Outcome.LOST),
    "out_of_hours": _with_outcome(Outcome.OUT_OF_HOURS),
    "waiting_mean_s": func.avg(calls.c.waited_s).filter(_INCOMING, _ANSWERED),
}
"""What is counted of every day, hour and period."""

_MORE = {
    "interrupted": _with_outcome(Outcome.INTERRUPTED),
    "under_way": _with_outcome(Outcome.UNDER_WAY),
    "answered_in_time": func.count().filter(_INCOMING, answered_in_time()),
    "transferred": func.count().filter(_INCOMING, calls.c.transfers > 0),
    "talking_mean_s": func.avg(calls.c.talked_s).filter(_INCOMING, _ANSWERED, _OVER),
    "outgoing": func.count().filter(_OUTGOING),
    "not_reached": func.count().filter(_OUTGOING, calls.c.outcome == str(Outcome.NOT_REACHED)),
}


def _labelled(figures: Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    return [figure.label(name) for name, figure in figures.items()]


def _totals(connection: Connection, where: Conditions) -> Totals:
    row = connection.execute(select(*_labelled(_FIGURES | _MORE)).where(*where)).one()
    waits = select(calls.c.waited_s).where(*where, _INCOMING, _ANSWERED).order_by(calls.c.waited_s)
    return Totals(**row._asdict(), waiting_p90_s=nearest_rank(connection.scalars(waits).all(), 0.9))


def _figures_by(connection: Connection, where: Conditions, key: ColumnElement[Any]) -> dict[Any, dict[str, Any]]:
    query = select(key.label("key"), *_labelled(_FIGURES)).where(*where, _INCOMING).group_by(key)
    found: dict[Any, dict[str, Any]] = {}
    for row in connection.execute(query):
        figures = row._asdict()
        found[figures.pop("key")] = figures
    return found


def _ratings_by_operator(connection: Connection, where: Conditions) -> dict[str, list[tuple[str, str, int]]]:
    """The answers by who answered the call last."""
    found: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for question in ANSWER_COLUMNS:
        answer = calls.c[question]
        grouped = select(calls.c.operator, answer, func.count()).where(*where, answer.is_not(None))
        for operator, given, count in connection.execute(grouped.group_by(calls.c.operator, answer)):
            found[operator].append((question, given, count))
    return found


def _shares(answers: Answers) -> tuple[RatingShare, ...]:
    counts: Counter[tuple[str, str]] = Counter()
    wholes: Counter[str] = Counter()
    for question, answer, count in answers:
        counts[question, answer] += count
        wholes[question] += count
    return tuple(RatingShare(q, a, count, count / wholes[q]) for (q, a), count in sorted(counts.items()))


def _operators(
    connection: Connection, where: Conditions, ratings: Mapping[str, Answers]
) -> tuple[OperatorFigures, ...]:
    """Everyone who spoke in a call or placed one, by login."""
    spoke = select(call_operators.c.call, call_operators.c.operator).distinct().subquery()
    query = (
        select(
            spoke.c.operator,
            func.count().filter(_INCOMING).label("answered"),
            func.avg(calls.c.talked_s).filter(and_(_INCOMING, _ANSWERED, _OVER)).label("talking_mean_s"),
            func.count().filter(_OUTGOING).label("outgoing"),
        )
        .join(calls, calls.c.id == spoke.c.call)
        .where(*where)
        .group_by(spoke.c.operator)
        .order_by(spoke.c.operator)
    )
    return tuple(
        OperatorFigures(**row._asdict(), ratings=_shares(ratings.get(row.operator, ())))
        for row in connection.execute(query)
    )
