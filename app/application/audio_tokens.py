"""Leave to bring an operator's sound: given over the gateway, shown to the line's audio socket."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from app.application.ports import Clock

LASTS = timedelta(hours=12)
MOST = 1000


class AudioTokens:
    """Kept in memory: the line that gave a token is the line that is shown it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._given: dict[str, tuple[str, datetime]] = {}

    def issue(self, login: str) -> str:
        now = self._clock.now()
        self._given = {t: (who, until) for t, (who, until) in self._given.items() if until > now}
        while len(self._given) >= MOST:
            self._given.pop(next(iter(self._given)))
        token = secrets.token_urlsafe(24)
        self._given[token] = (login, now + LASTS)
        return token

    def login_of(self, token: str) -> str | None:
        """Whose token it is; None when it is unknown or too old."""
        login, until = self._given.get(token, ("", self._clock.now()))
        return login if until > self._clock.now() else None
