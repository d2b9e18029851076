"""How often a password may be tried: per login and address together, per address, and per login.

An attempt is counted before the password is looked at, so that many at once gain nothing. The memory is bounded:
the keys that were quiet longest are forgotten first.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

Key = tuple[str, str]


@dataclass(frozen=True)
class Limits:
    """Failed attempts allowed within `window_s` seconds."""

    window_s: float = 300.0
    login_at_address: int = 5
    address: int = 30
    login: int = 50
    """Higher than an address's, so that strangers do not easily lock a person out."""
    keys: int = 10_000


class LoginThrottle:
    """Thread-safe. `clock` gives monotonic seconds."""

    def __init__(self, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits or Limits()
        self._clock = clock
        self._lock = threading.Lock()
        self._attempts: OrderedDict[Key, tuple[int, float]] = OrderedDict()

    def admit(self, login: str, address: str) -> int:
        """Count one attempt. 0 when it may be looked at, else the whole seconds until the next one may."""
        with self._lock:
            now = self._clock()
            wait = max(self._wait(key, most, now) for key, most in self._keys(login, address))
            if wait == 0:
                for key, _most in self._keys(login, address):
                    self._count(key, now)
            return wait

    def succeeded(self, login: str, address: str) -> None:
        """The password was right: the pair starts anew, and the attempt does not count against the others."""
        with self._lock:
            (pair, _), *others = self._keys(login, address)
            self._attempts.pop(pair, None)
            for key, _most in others:
                count, since = self._attempts.get(key, (0, 0.0))
                if count > 0:
                    self._attempts[key] = (count - 1, since)

    def __len__(self) -> int:
        return len(self._attempts)

    def _keys(self, login: str, address: str) -> tuple[tuple[Key, int], ...]:
        name = login.casefold()[:64]
        return (
            ((name, address), self._limits.login_at_address),
            (("", address), self._limits.address),
            ((name, ""), self._limits.login),
        )

    def _wait(self, key: Key, most: int, now: float) -> int:
        count, since = self._attempts.get(key, (0, now))
        left = since + self._limits.window_s - now
        if left <= 0:
            self._attempts.pop(key, None)
            return 0
        return math.ceil(left) if count >= most else 0

    def _count(self, key: Key, now: float) -> None:
        count, since = self._attempts.get(key, (0, now))
        self._attempts[key] = (count + 1, since)
        self._attempts.move_to_end(key)
        while len(self._attempts) > self._limits.keys:
            self._attempts.popitem(last=False)
