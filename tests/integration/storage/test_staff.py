"""Staff, passwords and sessions on real databases; the operators as the line reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, func, select

from app.application.ports import Operator
from app.application.reports import Role, StaffMember
from app.domain.errors import BadInput, Unavailable
from app.storage.directory import SqlStaffDirectory, names_of_operators
from app.storage.engine import open_engine
from app.storage.staff import SESSION_LASTS, SESSIONS_AT_ONCE, Staff
from app.storage.tables import sessions
from app.storage.tables import staff as staff_table
from app.storage.upgrade import upgrade
from tests.integration.storage.logs import NOON

ANNA = StaffMember("anna", "Белова", "Анна", "Игоревна", "консультант", "line", Role.OPERATOR)
BORIS = StaffMember("boris", "Агапов", "Борис", "", "", "line", Role.OPERATOR, "sip:101@127.0.0.1:5070")
HEAD = StaffMember("head", "Громова", "Вера", "Львовна", "начальник отдела", "", Role.MANAGER)

QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


class Moment:
    """The clock of the sessions: stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def staff(engine: Engine, moment: Moment) -> Staff:
    staff = Staff(engine, QUICK, moment)
    for member in (ANNA, BORIS, HEAD):
        staff.add_staff(member, f"secret of {member.login}")
    return staff


@pytest.fixture
def directory(engine: Engine, staff: Staff) -> Iterator[SqlStaffDirectory]:
    directory = SqlStaffDirectory(engine, refresh_every_s=0.05)
    yield directory
    directory.close()


def test_people_come_back_as_they_were_added(staff: Staff) -> None:
    assert staff.members() == (BORIS, ANNA, HEAD)
    assert staff.staff_member("anna") == ANNA
    assert staff.staff_member("nobody") is None


def test_a_login_is_one_persons(staff: Staff) -> None:
    with pytest.raises(BadInput, match="«anna» is taken"):
        staff.add_staff(replace(HEAD, login=" Anna "), "another secret")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"login": "анна"}, "Latin letters"),
        ({"login": ""}, "Latin letters"),
        ({"surname": "  "}, "surname: must not be empty"),
        ({"name": "А" * 101}, "name: at most 100"),
        ({"phone": "sip:101@phones.local"}, "with an IP address"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(staff: Staff, change: dict[str, str], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        staff.add_staff(_with(change), "good password")


def _with(change: dict[str, str]) -> StaffMember:
    return StaffMember(
        login=change.get("login", "new"),
        role=Role.OPERATOR,
        surname=change.get("surname", "Белова"),
        name=change.get("name", "Анна"),
        patronymic="",
        position="",
        unit="",
        phone=change.get("phone", ""),
    )


def test_a_short_password_is_refused(staff: Staff) -> None:
    with pytest.raises(BadInput, match="8 to 200 characters"):
        staff.set_password("anna", "короткий"[:7])


def test_the_right_password_signs_in_and_a_wrong_one_does_not(staff: Staff) -> None:
    assert staff.authenticate(" Anna", "secret of anna") == ANNA
    assert staff.authenticate("anna", "secret of boris") is None
    assert staff.authenticate("nobody", "secret of anna") is None
    assert staff.authenticate("anna", "x" * 1_000_000) is None


def test_an_unknown_login_costs_the_same_work_as_a_known_one(engine: Engine) -> None:
    class Counting(PasswordHasher):
        verified = 0

        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override] # noqa: A002 - the library's name
            Counting.verified += 1
            return QUICK.verify(hash, password)

    staff = Staff(engine, Counting(time_cost=1, memory_cost=64, parallelism=1))
    staff.add_staff(ANNA, "secret of anna")
    for login in ("anna", "nobody"):
        assert staff.authenticate(login, "a wrong one") is None
    staff.deactivate("anna")
    assert staff.authenticate("anna", "secret of anna") is None
    assert Counting.verified == 3


def test_a_password_is_hashed_anew_when_the_parameters_change(engine: Engine, staff: Staff) -> None:
    stronger = Staff(engine, PasswordHasher(time_cost=2, memory_cost=128, parallelism=1))
    assert stronger.authenticate("anna", "secret of anna") == ANNA
    with engine.connect() as connection:
        stored = connection.scalar(select(staff_table.c.password_hash).where(staff_table.c.login == "anna"))
    assert "m=128,t=2" in str(stored)
    assert stronger.authenticate("anna", "secret of anna") == ANNA


def test_a_session_opens_until_it_is_closed(staff: Staff) -> None:
    token = staff.open_session("anna")
    assert staff.session(token) == ANNA
    assert staff.session(token + "x") is None
    staff.close_session(token)
    assert staff.session(token) is None


def test_a_session_lasts_its_time(staff: Staff, moment: Moment) -> None:
    token = staff.open_session("anna")
    moment.now = NOON + SESSION_LASTS - timedelta(seconds=1)
    assert staff.session(token) == ANNA
    moment.now = NOON + SESSION_LASTS
    assert staff.session(token) is None


def test_the_token_itself_is_not_stored(engine: Engine, staff: Staff) -> None:
    token = staff.open_session("anna")
    with engine.connect() as connection:
        row = connection.execute(select(sessions)).one()
    assert len(token) >= 43
    assert token not in str(row)


def test_the_oldest_browser_gives_way(staff: Staff, moment: Moment) -> None:
    other = staff.open_session("boris")
    tokens = []
    for minute in range(SESSIONS_AT_ONCE + 2):
        moment.now = NOON + timedelta(minutes=minute)
        tokens.append(staff.open_session("anna"))
    assert [staff.session(token) is not None for token in tokens] == [False] * 2 + [True] * 5
    assert staff.session(other) == BORIS


def test_sessions_that_are_over_are_cleared(engine: Engine, staff: Staff, moment: Moment) -> None:
    staff.open_session("anna")
    moment.now = NOON + SESSION_LASTS
    staff.open_session("boris")
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(sessions)) == 1


def test_who_leaves_is_signed_out_and_stays_in_the_records(staff: Staff) -> None:
    token = staff.open_session("anna")
    staff.deactivate("anna")
    assert staff.session(token) is None
    assert staff.authenticate("anna", "secret of anna") is None
    assert staff.members() == (BORIS, replace(ANNA, active=False), HEAD)


def test_a_new_password_signs_out_everywhere(staff: Staff) -> None:
    token = staff.open_session("anna")
    staff.set_password("anna", "another secret")
    assert staff.session(token) is None
    assert staff.authenticate("anna", "another secret") == ANNA
    assert staff.authenticate("anna", "secret of anna") is None


def test_changes_of_unknown_people_are_refused(staff: Staff) -> None:
    for change in (
        lambda: staff.set_phone("nobody", ""),
        lambda: staff.set_password("nobody", "long enough"),
        lambda: staff.deactivate("nobody"),
        lambda: staff.update_staff(replace(ANNA, login="nobody")),
    ):
        with pytest.raises(BadInput, match="«nobody» is not known"):
            change()


def test_the_recogniser_learns_the_names_of_operators(engine: Engine, staff: Staff, tmp_path: Path) -> None:
    assert sorted(names_of_operators(engine)) == ["Агапов Борис", "Белова Анна Игоревна"]
    staff.deactivate("boris")
    assert names_of_operators(engine) == ["Белова Анна Игоревна"]
    empty = open_engine(f"sqlite:///{tmp_path / 'no-tables.db'}")
    with pytest.raises(Unavailable, match="names of the operators"):
        names_of_operators(empty)
    empty.dispose()


def test_the_line_sees_active_operators_only(staff: Staff, directory: SqlStaffDirectory) -> None:
    assert [operator.login for operator in directory.operators()] == ["boris", "anna"]
    assert directory.operator("anna") == Operator("anna", "Белова", "Анна", "Игоревна", "консультант", "line", "")
    assert directory.operator("head") is None


def test_the_line_sees_changes_on_demand(engine: Engine, staff: Staff) -> None:
    directory = SqlStaffDirectory(engine, refresh_every_s=1000)
    staff.set_phone("anna", " sip:anna@[::1]:5072 ")
    staff.deactivate("boris")
    directory.refresh()
    assert [(o.login, o.phone) for o in directory.operators()] == [("anna", "sip:anna@[::1]:5072")]
    directory.close()


def test_the_line_sees_changes_by_itself(staff: Staff, directory: SqlStaffDirectory) -> None:
    staff.deactivate("boris")
    for _ in range(200):
        if directory.operator("boris") is None:
            break
        directory._closing.wait(0.05)
    assert directory.operator("boris") is None


def test_the_last_known_operators_stay_while_the_database_is_away(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'liniya.db'}")
    upgrade(engine)
    Staff(engine, QUICK).add_staff(ANNA, "secret of anna")
    directory = SqlStaffDirectory(engine, refresh_every_s=1000)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE staff RENAME TO staff_away")
    with pytest.raises(Unavailable):
        directory.refresh()
    assert directory.operator("anna") is not None
    directory.close()
    engine.dispose()
