"""The operators as the line reads them: from memory, at once, refreshed behind its back."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from app.application.ports import Operator
from app.application.reports import Role
from app.domain.errors import Unavailable
from app.domain.training import Training
from app.storage.tables import phone_secrets, staff
from app.storage.trainings import all_trainings

log = structlog.get_logger()


def names_of_operators(engine: Engine) -> list[str]:
    """Surname, name and patronymic of those who answer now, one text each. Unavailable when they cannot be read."""
    query = select(staff.c.surname, staff.c.name, staff.c.patronymic)
    try:
        with engine.connect() as connection:
            rows = connection.execute(query.where(staff.c.active, staff.c.role == str(Role.OPERATOR))).all()
    except SQLAlchemyError as error:
        raise Unavailable("the names of the operators cannot be read from the database") from error
    return [" ".join(filter(None, row)) for row in rows]


class SqlStaffDirectory:
    """`ports.StaffDirectory` over the table of the staff: active people with the role of an operator.

    While the database is away the last known operators stay. `close` ends the refreshing thread.
    """

    def __init__(self, engine: Engine, *, refresh_every_s: float = 5.0) -> None:
        self._engine = engine
        self._operators: Mapping[str, Operator] = {}
        self._phones: Mapping[tuple[str, str], tuple[str, str]] = {}
        self._trainings: Sequence[Training] = ()
        self._available = True
        self._closing = threading.Event()
        self._refresh_and_log()
        self._thread = threading.Thread(
            target=self._keep_fresh, args=(refresh_every_s,), name="staff-directory", daemon=True
        )
        self._thread.start()

    def operator(self, login: str) -> Operator | None:
        return self._operators.get(login)

    def operators(self) -> Sequence[Operator]:
        """By surname and name."""
        return tuple(self._operators.values())

    def trainings(self) -> Sequence[Training]:
        """Everybody's records of training (K3)."""
        return self._trainings

    def phone_hashes(self, login: str, realm: str) -> tuple[str, str] | None:
        """MD5 and SHA-256 of what the operator's phone proves itself with in that realm; None where it may not."""
        return self._phones.get((login, realm))

    def refresh(self) -> None:
        """Read the staff now; blocks on the database. Unavailable when it cannot be read."""
        query = (
            select(staff, phone_secrets.c.realm, phone_secrets.c.md5, phone_secrets.c.sha256)
            .outerjoin(phone_secrets, phone_secrets.c.login == staff.c.login)
            .where(staff.c.active, staff.c.role == str(Role.OPERATOR))
            .order_by(staff.c.surname, staff.c.name, staff.c.login)
        )
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(query).all()
                trainings = all_trainings(connection)
        except SQLAlchemyError as error:
            raise Unavailable("the staff cannot be read from the database") from error
        # One assignment: readers in other threads see the old operators or the new ones.
        self._operators = {
            row.login: Operator(
                login=row.login,
                surname=row.surname,
                name=row.name,
                patronymic=row.patronymic,
                position=row.position,
                unit=row.unit,
                phone=row.phone,
            )
            for row in rows
        }
        self._trainings = trainings
        self._phones = {(row.login, row.realm): (row.md5, row.sha256) for row in rows if row.realm is not None}

    def close(self) -> None:
        self._closing.set()
        self._thread.join(5.0)

    def _keep_fresh(self, every_s: float) -> None:
        while not self._closing.wait(every_s):
            self._refresh_and_log()

    def _refresh_and_log(self) -> None:
        try:
            self.refresh()
        except Unavailable as error:
            if self._available:
                log.warning("staff_directory_stale", error=str(error.__cause__))
            self._available = False
        else:
            if not self._available:
                log.info("staff_directory_fresh_again")
            self._available = True
