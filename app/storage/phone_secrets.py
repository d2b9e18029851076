"""What operators' SIP phones prove themselves with: made here, shown once, kept as the hashes of RFC 7616 3.4.2.

Whoever reads these hashes can register as the phone, so they are no less secret than a password; but they open
nothing else, and tell nothing about a password, because people do not choose these.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, insert, select, update

from app.application.reports import Role
from app.domain.errors import BadInput
from app.storage.engine import changing
from app.storage.phone_address import registered_phone
from app.storage.tables import phone_secrets, staff

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that are not taken for each other, in one case: they are typed on a phone's keys."""
LENGTH = 20
"""99 bits."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class PhoneSecrets:
    """Secrets of phones by login. The methods block on the database."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = _utc_now) -> None:
        self._engine = engine
        self._now = now

    def give(self, login: str, realm: str) -> str:
        """A new password for the operator's phone, in place of any earlier one; the operator is called there from
        now on. BadInput for who is not an active operator."""
        password = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        secret = f"{login}:{realm}:{password}".encode()
        values = {
            "login": login,
            "realm": realm,
            # MD5 is what most phones know (RFC 8760 1); nobody finds 99 random bits by its weakness.
            "md5": hashlib.md5(secret, usedforsecurity=False).hexdigest(),
            "sha256": hashlib.sha256(secret).hexdigest(),
            "made_at": self._now(),
        }
        wanted = select(staff.c.role).where(staff.c.login == login, staff.c.active)
        with changing(self._engine) as connection:
            if connection.scalar(wanted) != str(Role.OPERATOR):
                raise BadInput(f"login «{login}» is not an operator's: `liniya user list` shows who there is")
            connection.execute(delete(phone_secrets).where(phone_secrets.c.login == login))
            connection.execute(insert(phone_secrets).values(values))
            own = update(staff).where(staff.c.login == login)
            connection.execute(own.values(phone=registered_phone(login)))
        return password

    def forget(self, login: str) -> None:
        """The phone may not register any more. BadInput where there is no secret."""
        with changing(self._engine) as connection:
            gone = connection.execute(delete(phone_secrets).where(phone_secrets.c.login == login))
            if gone.rowcount == 0:
                raise BadInput(f"login «{login}» has no phone that registers here")
            own = update(staff).where(staff.c.login == login, staff.c.phone == registered_phone(login))
            connection.execute(own.values(phone=""))
