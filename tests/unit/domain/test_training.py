"""Training over its whole range (K3: property 20)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.training import Standing, Training, TrainingKind, TrainingStatus, months_after, standing

TODAY = date(2026, 11, 23)
FIRST, NEW, PLANNED = TrainingKind.FIRST, TrainingKind.NEW_SERVICE, TrainingKind.PLANNED


def of(*trainings: Training, login: str = "anna", today: date = TODAY, months: int = 24) -> Standing:
    return standing(trainings, login, months, today)


def trained(day: str, kind: TrainingKind = FIRST, subject: str = "", login: str = "anna") -> Training:
    return Training(login, date.fromisoformat(day), kind, subject)


@pytest.mark.parametrize(
    ("trainings", "status", "until"),
    [
        ((), TrainingStatus.NEVER, None),
        ((trained("2026-11-01", login="boris"),), TrainingStatus.NEVER, None),
        ((trained("2026-11-01", NEW, "услуга"),), TrainingStatus.NEVER, None),
        ((trained("2026-11-24"),), TrainingStatus.NEVER, None),
        ((trained("2026-11-23"),), TrainingStatus.TRAINED, "2028-11-23"),
        ((trained("2024-12-24"),), TrainingStatus.TRAINED, "2026-12-24"),
        ((trained("2024-12-23"),), TrainingStatus.LAPSES_SOON, "2026-12-23"),
        ((trained("2024-11-23"),), TrainingStatus.LAPSES_SOON, "2026-11-23"),
        ((trained("2024-11-22"),), TrainingStatus.LAPSED, "2026-11-22"),
        ((trained("2020-01-10"), trained("2026-01-10", PLANNED)), TrainingStatus.TRAINED, "2028-01-10"),
        ((trained("2026-01-10", PLANNED), trained("2020-01-10")), TrainingStatus.TRAINED, "2028-01-10"),
        ((trained("2020-01-10"), trained("2026-01-10", NEW, "услуга")), TrainingStatus.LAPSED, "2022-01-10"),
    ],
)
def test_how_training_stands(trainings: tuple[Training, ...], status: TrainingStatus, until: str | None) -> None:
    its = of(*trainings)
    assert its.status is status
    assert its.until == (date.fromisoformat(until) if until else None)
    assert its.holds is (status in (TrainingStatus.TRAINED, TrainingStatus.LAPSES_SOON))


@pytest.mark.parametrize(
    ("trainings", "missing"),
    [
        ((trained("2026-10-01", NEW, "Запись на приём", "boris"),), ("Запись на приём",)),
        (
            (
                trained("2026-10-01", NEW, "  Запись на  приём", "boris"),
                trained("2026-10-02", NEW, "запись на прием"),
            ),
            (),
        ),
        ((trained("2025-10-01", NEW, "Старая услуга", "boris"),), ()),  # before the first training
        ((trained("2026-12-01", NEW, "Будущая", "boris"),), ()),
        ((trained("2026-10-01", PLANNED, "Порядок", "boris"),), ()),
        ((trained("2026-10-01", NEW, " ", "boris"),), ()),
        (
            (trained("2026-10-01", NEW, "Б", "boris"), trained("2026-10-05", NEW, "А", "vera")),
            ("А", "Б"),
        ),
    ],
)
def test_a_new_service_that_colleagues_were_trained_for(
    trainings: tuple[Training, ...], missing: tuple[str, ...]
) -> None:
    assert of(trained("2026-01-10"), *trainings).missing == missing


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2024-02-29", 24, "2026-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2026-08-31", 1, "2026-09-30"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-11-23", 0, "2026-11-23"),
        ("2026-01-31", 13, "2027-02-28"),
    ],
)
def test_months_after_a_day(day: str, months: int, later: str) -> None:
    assert months_after(date.fromisoformat(day), months) == date.fromisoformat(later)


DAYS = st.dates(date(2020, 1, 1), date(2029, 12, 31))


@given(DAYS, st.integers(1, 120), DAYS)
def test_training_goes_from_holding_to_lapsed_and_never_back(day: date, months: int, today: date) -> None:
    its = of(Training("anna", day, FIRST), months=months, today=today)
    later = of(Training("anna", day, FIRST), months=months, today=today + timedelta(days=1))
    order = [TrainingStatus.NEVER, TrainingStatus.TRAINED, TrainingStatus.LAPSES_SOON, TrainingStatus.LAPSED]
    assert order.index(later.status) >= order.index(its.status)


@given(DAYS, st.integers(0, 120), st.integers(0, 120))
def test_more_months_are_never_earlier(day: date, one: int, other: int) -> None:
    few, many = sorted((one, other))
    assert day <= months_after(day, few) <= months_after(day, many)
