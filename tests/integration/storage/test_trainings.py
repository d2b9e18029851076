"""Records of training in the database, and as the line sees them (K3)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine

from app.application.reports import Role, StaffMember
from app.domain.errors import BadInput
from app.domain.training import Training, TrainingKind
from app.storage.directory import SqlStaffDirectory
from app.storage.staff import Staff

ANNA = StaffMember("anna", "Иванова", "Анна", "Петровна", "специалист", "line", Role.OPERATOR)
FIRST = Training("anna", date(2025, 3, 1), TrainingKind.FIRST, "", "boss")
LATER = Training("anna", date(2026, 3, 1), TrainingKind.NEW_SERVICE, "Запись на приём", "boss")


@pytest.fixture
def staff(engine: Engine) -> Staff:
    made = Staff(engine)
    made.add_staff(ANNA, "длинный-пароль")
    return made


def test_records_come_back_by_day(staff: Staff) -> None:
    for training in (LATER, FIRST):
        staff.add_training(training)
    assert staff.trainings() == (FIRST, LATER)


def test_a_login_that_nobody_has_is_refused(staff: Staff) -> None:
    with pytest.raises(BadInput, match="nobody"):
        staff.add_training(Training("nobody", date(2026, 1, 1), TrainingKind.FIRST))
    assert staff.trainings() == ()


def test_the_line_sees_the_records(engine: Engine, staff: Staff) -> None:
    directory = SqlStaffDirectory(engine, refresh_every_s=1000)
    staff.add_training(FIRST)
    directory.refresh()
    assert directory.trainings() == (FIRST,)
    directory.close()
