"""Secrets of operators' phones on real databases: shown once, kept as hashes, read by the line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, select

from app.application.reports import Role, StaffMember
from app.domain.errors import BadInput
from app.storage.directory import SqlStaffDirectory
from app.storage.phone_secrets import ALPHABET, LENGTH, PhoneSecrets
from app.storage.staff import Staff
from app.storage.tables import phone_secrets

ANNA = StaffMember("anna", "Белова", "Анна", "Игоревна", "консультант", "line", Role.OPERATOR)
HEAD = StaffMember("head", "Громова", "Вера", "Львовна", "начальник отдела", "", Role.MANAGER)


@pytest.fixture
def staff(engine: Engine) -> Staff:
    staff = Staff(engine, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    for member in (ANNA, HEAD):
        staff.add_staff(member, f"secret of {member.login}")
    return staff


@pytest.fixture
def directory(engine: Engine, staff: Staff) -> Iterator[SqlStaffDirectory]:
    directory = SqlStaffDirectory(engine, refresh_every_s=1000)
    yield directory
    directory.close()


def test_the_line_learns_the_hashes_and_nobody_the_password(
    engine: Engine, staff: Staff, directory: SqlStaffDirectory
) -> None:
    password = PhoneSecrets(engine).give("anna", "liniya")
    directory.refresh()
    secret = f"anna:liniya:{password}".encode()
    expected = (hashlib.md5(secret).hexdigest(), hashlib.sha256(secret).hexdigest())
    assert directory.phone_hashes("anna", "liniya") == expected
    assert directory.phone_hashes("anna", "other") is None
    assert directory.phone_hashes("head", "liniya") is None
    with engine.connect() as connection:
        (row,) = connection.execute(select(phone_secrets)).all()
    assert password not in str(row)
    assert len(password) == LENGTH >= 16
    assert set(password) <= set(ALPHABET)
    assert staff.members()[0] == replace(ANNA, phone="phone:anna")


def test_a_new_secret_takes_the_place_of_the_old_one(engine: Engine, directory: SqlStaffDirectory) -> None:
    secrets = PhoneSecrets(engine)
    assert secrets.give("anna", "liniya") != secrets.give("anna", "elsewhere")
    directory.refresh()
    assert directory.phone_hashes("anna", "liniya") is None
    assert directory.phone_hashes("anna", "elsewhere") is not None


def test_a_forgotten_phone_is_nobodys(engine: Engine, staff: Staff, directory: SqlStaffDirectory) -> None:
    PhoneSecrets(engine).give("anna", "liniya")
    PhoneSecrets(engine).forget("anna")
    directory.refresh()
    assert directory.phone_hashes("anna", "liniya") is None
    assert staff.members()[0] == ANNA
    with pytest.raises(BadInput, match="no phone that registers"):
        PhoneSecrets(engine).forget("anna")


def test_who_has_left_has_no_phone(engine: Engine, staff: Staff, directory: SqlStaffDirectory) -> None:
    PhoneSecrets(engine).give("anna", "liniya")
    staff.deactivate("anna")
    directory.refresh()
    assert directory.phone_hashes("anna", "liniya") is None
    with pytest.raises(BadInput, match="not an operator's"):
        PhoneSecrets(engine).give("anna", "liniya")


@pytest.mark.parametrize("login", ["head", "nobody", ""])
def test_only_operators_have_phones(engine: Engine, staff: Staff, login: str) -> None:
    with pytest.raises(BadInput, match="not an operator's"):
        PhoneSecrets(engine).give(login, "liniya")


def test_an_operator_may_point_at_the_own_phone_only(staff: Staff) -> None:
    staff.set_phone("anna", "phone:anna")
    with pytest.raises(BadInput):
        staff.set_phone("anna", "phone:head")
