"""What a list of calls shows and a figure counts: one filter, so that a figure is always its list's length."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, or_, select

from app.application.reports import SERVICE_LEVEL_S, CallFilters
from app.storage.tables import ANSWER_COLUMNS, call_operators, calls

Conditions = list[ColumnElement[bool]]


def within(day_from: date, day_to: date, before: datetime | None = None) -> Conditions:
    """The calls that arrived on these days, both included, in the organisation's zone, and before `before`."""
    days = calls.c.local_day.between(day_from, day_to)
    return [days] if before is None else [days, calls.c.arrived_at < before]


def conditions(wanted: CallFilters) -> Conditions:
    """The filter as conditions on the table `calls`."""
    return [
        *within(wanted.day_from, wanted.day_to),
        *_equal(wanted),
        *_of_people(wanted),
        *_of_answers(wanted),
        *([answered_in_time()] if wanted.in_time else []),
        *([calls.c.transfers > 0] if wanted.transferred else []),
    ]


def answered_in_time() -> ColumnElement[bool]:
    """Answered within the service level."""
    return calls.c.answered_at.is_not(None) & (calls.c.waited_s <= SERVICE_LEVEL_S)


def _equal(wanted: CallFilters) -> Conditions:
    found: Conditions = []
    if wanted.direction is not None:
        found.append(calls.c.direction == str(wanted.direction))
    if wanted.outcome is not None:
        found.append(calls.c.outcome == str(wanted.outcome))
    if wanted.hour is not None:
        found.append(calls.c.local_hour == wanted.hour)
    return found


def _of_people(wanted: CallFilters) -> Conditions:
    found: Conditions = []
    if wanted.operator:
        spoke = select(call_operators.c.call).where(call_operators.c.operator == wanted.operator)
        found.append(calls.c.id.in_(spoke))
    if wanted.rated_operator:
        found.append(calls.c.operator == wanted.rated_operator)
        found.append(or_(*(calls.c[name].is_not(None) for name in ANSWER_COLUMNS)))
    return found


def _of_answers(wanted: CallFilters) -> Conditions:
    if not wanted.question:
        return []
    if wanted.question not in ANSWER_COLUMNS:
        return [calls.c.id.is_(None)]
    column = calls.c[wanted.question]
    return [column == wanted.answer if wanted.answer else column.is_not(None)]
