"""The staff as the administrator keeps it, passwords, and sessions of the pages.

Passwords are kept as argon2id, sessions as the SHA-256 of a random token: what lies in the database opens nothing.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Engine, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.application.reports import Role, StaffMember
from app.domain.errors import BadInput
from app.domain.training import Training
from app.storage.engine import changing, reading
from app.storage.phone_address import check_phone
from app.storage.tables import sessions, staff
from app.storage.trainings import all_trainings, keep_training

SESSION_LASTS = timedelta(hours=12)
SESSIONS_AT_ONCE = 5
"""How many browsers a person may have signed in; the oldest gives way."""
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 200

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Staff:
    """Reads and changes of the staff; `application.reports.StaffAccounts` for the pages.

    The methods block on the database: call them off the event loop.
    """

    def __init__(
        self,
        engine: Engine,
        hasher: PasswordHasher | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._engine = engine
        self._now = now
        self._hasher = hasher or PasswordHasher()
        # What an unknown login is checked against, so that it takes as long as a known one.
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    # --- people ----------------------------------------------------------------------------------------------

    def add_staff(self, member: StaffMember, password: str) -> StaffMember:
        """A new person. BadInput when the login is taken, or something cannot be used."""
        member = _checked(member)
        values = asdict(member) | {"role": str(member.role), "password_hash": self._hash(password)}
        try:
            with changing(self._engine) as connection:
                connection.execute(insert(staff).values(values))
        except IntegrityError as error:
            raise BadInput(f"login «{member.login}» is taken: choose another") from error
        return member

    def update_staff(self, member: StaffMember) -> StaffMember:
        """New values for the person with this login; one who is made inactive is signed out everywhere."""
        member = _checked(member)
        values = asdict(member) | {"role": str(member.role)}
        with changing(self._engine) as connection:
            _change(connection, member.login, values)
            if not member.active:
                connection.execute(delete(sessions).where(sessions.c.login == member.login))
        return member

    def deactivate(self, login: str) -> None:
        """The person leaves: may not sign in any more, and stays in the records."""
        self.update_staff(replace(self._present(login), active=False))

    def set_phone(self, login: str, phone: str) -> None:
        """The person's own phone: `sip:user@<IP address>`, or "" for the browser."""
        with changing(self._engine) as connection:
            _change(connection, login, {"phone": check_phone(phone, login)})

    def set_password(self, login: str, password: str) -> None:
        """A new password; signs the person out everywhere."""
        hashed = self._hash(password)
        with changing(self._engine) as connection:
            _change(connection, login, {"password_hash": hashed})
            connection.execute(delete(sessions).where(sessions.c.login == login))

    def staff_member(self, login: str) -> StaffMember | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(staff).where(staff.c.login == login)).one_or_none()
        return None if row is None else to_member(row)

    def members(self) -> tuple[StaffMember, ...]:
        """Everyone, also those who have left, by surname and name."""
        query = select(staff).order_by(staff.c.surname, staff.c.name, staff.c.login)
        with reading(self._engine) as connection:
            return tuple(to_member(row) for row in connection.execute(query))

    # --- training ----------------------------------------------------------------------------------------------

    def trainings(self) -> tuple[Training, ...]:
        """Everybody's records, by day (K3)."""
        with reading(self._engine) as connection:
            return all_trainings(connection)

    def add_training(self, training: Training) -> None:
        """One more record. BadInput for a login that nobody has."""
        try:
            with changing(self._engine) as connection:
                keep_training(connection, training)
        except IntegrityError as error:
            raise BadInput(f"there is nobody with the login «{training.login}»") from error

    # --- signing in ------------------------------------------------------------------------------------------

    def authenticate(self, login: str, password: str) -> StaffMember | None:
        """The active person with this login and password; None for anything else, after the same work."""
        login = login.strip().lower()
        with reading(self._engine) as connection:
            row = connection.execute(select(staff).where(staff.c.login == login)).one_or_none()
        stored = self._nobody if row is None else row.password_hash
        right = len(password) <= LONGEST_PASSWORD and self._matches(stored, password)
        if row is None or not row.active or not right:
            return None
        if self._hasher.check_needs_rehash(stored):
            with changing(self._engine) as connection:
                _change(connection, login, {"password_hash": self._hasher.hash(password)})
        return to_member(row)

    def open_session(self, login: str) -> str:
        """A token of 256 random bits for the person's browser; only its hash is kept."""
        now = self._now()
        token = secrets.token_urlsafe(32)
        with changing(self._engine) as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
            _make_room(connection, login)
            connection.execute(
                insert(sessions).values(
                    token_hash=_token_hash(token),
                    login=login,
                    created_at=now,
                    expires_at=now + SESSION_LASTS,
                )
            )
        return token

    def session(self, token: str) -> StaffMember | None:
        """The active person whose token it is, while it lasts."""
        query = (
            select(staff)
            .join(sessions, sessions.c.login == staff.c.login)
            .where(sessions.c.token_hash == _token_hash(token), sessions.c.expires_at > self._now(), staff.c.active)
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else to_member(row)

    def close_session(self, token: str) -> None:
        """Sign this browser out; nothing happens for an unknown token."""
        with changing(self._engine) as connection:
            connection.execute(delete(sessions).where(sessions.c.token_hash == _token_hash(token)))

    def _present(self, login: str) -> StaffMember:
        member = self.staff_member(login)
        if member is None:
            raise _unknown(login)
        return member

    def _hash(self, password: str) -> str:
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise BadInput(f"the password must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
        return self._hasher.hash(password)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def to_member(row: Row[Any]) -> StaffMember:
    return StaffMember(
        login=row.login,
        role=Role(row.role),
        surname=row.surname,
        name=row.name,
        patronymic=row.patronymic,
        position=row.position,
        unit=row.unit,
        phone=row.phone,
        active=row.active,
    )


def _checked(member: StaffMember) -> StaffMember:
    names = {
        "surname": member.surname,
        "name": member.name,
        "patronymic": member.patronymic,
        "position": member.position,
        "unit": member.unit,
    }
    kept = {what: " ".join(text.split()) for what, text in names.items()}
    for what, text in kept.items():
        longest = staff.c[what].type.length  # type: ignore[attr-defined] # every one of them is a String
        if len(text) > longest:
            raise BadInput(f"{what}: at most {longest} characters")
    for what in ("surname", "name"):
        if not kept[what]:
            raise BadInput(f"{what}: must not be empty")
    return StaffMember(
        login=_login(member.login),
        role=Role(member.role),
        phone=check_phone(member.phone, _login(member.login)),
        active=member.active,
        **kept,
    )


def _login(text: str) -> str:
    login = text.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise BadInput(f"login «{login}»: Latin letters, digits, dots, _ and -, at most 64")
    return login


def _change(connection: Connection, login: str, values: dict[str, Any]) -> None:
    if connection.execute(update(staff).where(staff.c.login == login).values(values)).rowcount == 0:
        raise _unknown(login)


def _unknown(login: str) -> BadInput:
    return BadInput(f"login «{login}» is not known")


def _make_room(connection: Connection, login: str) -> None:
    """Sign out the oldest browsers, so that one more fits."""
    kept = (
        select(sessions.c.token_hash)
        .where(sessions.c.login == login)
        .order_by(sessions.c.created_at.desc(), sessions.c.token_hash)
    )
    for token_hash in connection.scalars(kept).all()[SESSIONS_AT_ONCE - 1 :]:
        connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
