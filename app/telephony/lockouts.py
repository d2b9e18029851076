"""Who guesses passwords is shut out, for longer each time.

Only failures with a nonce of ours for that source count (`digest_server`): they were sent by somebody who receives
what is sent to that address. So nobody can shut out another by a forged source.
"""

from __future__ import annotations

from collections.abc import Callable

from app.telephony.rates import Bucket, Rate, Recent

MAX_LOCKS = 4096
TRIES = Rate(burst=5, per_s=1 / 60)
"""Failures of one user from one source that are let pass."""
TRIES_OF_ALL = Rate(burst=20, per_s=1 / 30)
"""Failures of all users together from one source: a phone with an old password must not shut out its office."""
FIRST_LOCK_S = 60.0
LONGEST_LOCK_S = 3600.0
FORGOTTEN_AFTER_S = 6 * 3600.0
LONGEST_USER = 64


class _Lock:
    def __init__(self, rate: Rate, now: float) -> None:
        self.bucket = Bucket(rate, now)
        self.until = 0.0
        self.times = 0


class Lockouts:
    """Failures by source and user. `now` gives seconds that never go back."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._users: Recent[tuple[str, str], _Lock] = Recent(MAX_LOCKS, lambda: _Lock(TRIES, now()))
        self._sources: Recent[str, _Lock] = Recent(MAX_LOCKS, lambda: _Lock(TRIES_OF_ALL, now()))

    def locked(self, source: str, user: str) -> bool:
        """Whether nothing that this user sends from there is looked at."""
        return self._shut(self._users.known((source, user[:LONGEST_USER]))) or self.locked_out(source)

    def locked_out(self, source: str) -> bool:
        """Whether nothing at all that comes from there is looked at."""
        return self._shut(self._sources.known(source))

    def _shut(self, lock: _Lock | None) -> bool:
        return lock is not None and self._now() < lock.until

    def failed(self, source: str, user: str, *, lock_source: bool) -> float:
        """Credentials did not fit. The seconds that the user or the source is shut out for because of it, 0 for not
        yet. A trunk or an office network is never shut out as a whole (`lock_source`)."""
        seconds = self._count(self._users.of((source, user[:LONGEST_USER])))
        if lock_source:
            seconds = max(seconds, self._count(self._sources.of(source)))
        return seconds

    def succeeded(self, source: str, user: str) -> None:
        """The right password: what went before was a slip."""
        self._users.forget((source, user[:LONGEST_USER]))

    def _count(self, lock: _Lock) -> float:
        now = self._now()
        if now - lock.until > FORGOTTEN_AFTER_S:
            lock.times = 0
        if lock.bucket.take(now):
            return 0.0
        seconds = min(LONGEST_LOCK_S, FIRST_LOCK_S * 2.0**lock.times)
        lock.until = now + seconds
        lock.times = min(lock.times + 1, 16)
        return seconds
