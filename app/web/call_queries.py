"""The addresses of lists of calls: filters from a query and back, so that every figure links to what it counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from app.application.reports import CallFilters
from app.domain.calls import Direction, Outcome
from app.domain.errors import BadInput
from app.web.periods import read_period

Choice = TypeVar("Choice", bound=StrEnum)
LONGEST_VALUE = 200


def read_filters(query: Mapping[str, str], now: datetime, zone: ZoneInfo) -> CallFilters:
    """BadInput for a value that no filter has."""
    if any(len(value) > LONGEST_VALUE for value in query.values()):
        raise BadInput("a filter is too long")
    period = read_period(query, now, zone)
    question, _, answer = query.get("rating", "").partition(":")
    return CallFilters(
        day_from=period.day_from,
        day_to=period.day_to,
        direction=_choice(Direction, query.get("direction", "")),
        outcome=_choice(Outcome, query.get("outcome", "")),
        hour=_hour(query.get("hour", "")),
        operator=query.get("operator", ""),
        rated_operator=query.get("rated", ""),
        question=question,
        answer=answer,
        in_time=query.get("in_time") == "1",
        transferred=query.get("transferred") == "1",
    )


def query_of(filters: CallFilters) -> dict[str, str]:
    """The query that `read_filters` makes these filters of."""
    rating = f"{filters.question}:{filters.answer}" if filters.question else ""
    said: dict[str, str] = {
        "from": filters.day_from.isoformat(),
        "to": filters.day_to.isoformat(),
        "direction": str(filters.direction or ""),
        "outcome": str(filters.outcome or ""),
        "hour": "" if filters.hour is None else str(filters.hour),
        "operator": filters.operator,
        "rated": filters.rated_operator,
        "rating": rating,
        "in_time": "1" if filters.in_time else "",
        "transferred": "1" if filters.transferred else "",
    }
    return {name: value for name, value in said.items() if value}


def calls_address(filters: CallFilters, *, page: int = 1, path: str = "/manager/calls") -> str:
    query = query_of(filters)
    return f"{path}?{urlencode(query if page == 1 else {**query, 'page': str(page)})}"


def incoming(day_from: date, day_to: date, outcome: Outcome | None = None) -> CallFilters:
    return CallFilters(day_from, day_to, direction=Direction.INCOMING, outcome=outcome)


def read_page(query: Mapping[str, str]) -> int:
    """The number of a page, from 1. BadInput for anything else."""
    return _number(query.get("page") or "1", 1, 1_000_000, "page")


def _hour(text: str) -> int | None:
    return _number(text, 0, 23, "hour") if text else None


def _number(text: str, least: int, most: int, name: str) -> int:
    if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= most):
        raise BadInput(f"{name} «{text}»: a number from {least} to {most}")
    return int(text)


def _choice(kind: type[Choice], text: str) -> Choice | None:
    try:
        return kind(text) if text else None
    except ValueError:
        raise BadInput(f"«{text}»: one of {', '.join(kind)}") from None
