"""The training of those who work on the line (K3: property 20): before the first work, at a new service, and at
least every two years."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

SOON = timedelta(days=30)


class TrainingKind(StrEnum):
    FIRST = "first"
    NEW_SERVICE = "new_service"  # a new state service or function of the body
    PLANNED = "planned"


class TrainingStatus(StrEnum):
    NEVER = "never"  # not trained before the first work
    TRAINED = "trained"
    LAPSES_SOON = "lapses_soon"  # within 30 days
    LAPSED = "lapsed"


@dataclass(frozen=True)
class Training:
    """One person was trained on a day; `subject` is the service of a NEW_SERVICE, `by` who wrote it down."""

    login: str
    day: date
    kind: TrainingKind
    subject: str = ""
    by: str = ""


@dataclass(frozen=True)
class Standing:
    """How an operator's training stands. `until` is the last day it holds, None without any; `missing` are services
    that colleagues were trained for since and this one was not."""

    status: TrainingStatus
    until: date | None = None
    missing: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """The operator may take calls where the profile bars the untrained."""
        return self.status in (TrainingStatus.TRAINED, TrainingStatus.LAPSES_SOON)


def standing(trainings: Sequence[Training], login: str, months: int, today: date) -> Standing:
    """How the training of one person stands today, `months` being how long it holds. `trainings` are those of all
    people. A training for a new service does not take the place of the planned one; days to come do not count."""
    past = [one for one in trainings if one.day <= today]
    own = [one for one in past if one.login == login]
    general = sorted(one.day for one in own if one.kind is not TrainingKind.NEW_SERVICE)
    if not general:
        return Standing(TrainingStatus.NEVER)
    until = months_after(general[-1], months)
    return Standing(_status(until, today), until, _missing(past, own, general[0]))


def _status(until: date, today: date) -> TrainingStatus:
    if today > until:
        return TrainingStatus.LAPSED
    return TrainingStatus.LAPSES_SOON if until - today <= SOON else TrainingStatus.TRAINED


def _missing(past: Iterable[Training], own: Iterable[Training], began: date) -> tuple[str, ...]:
    """Services are told apart by their names, as written but for capitals and spaces."""
    known = {_name(one.subject) for one in own}
    new = {
        _name(one.subject): one.subject.strip()
        for one in past
        if one.kind is TrainingKind.NEW_SERVICE and one.day >= began and one.subject.strip()
    }
    return tuple(sorted(subject for name, subject in new.items() if name not in known))


def _name(subject: str) -> str:
    return " ".join(subject.lower().replace("ё", "е").split())


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the month's last where it has none: 29.02.2024 and 24 months are
    28.02.2026."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
