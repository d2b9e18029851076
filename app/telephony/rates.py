"""How much of each source is taken: buckets of tokens in a table that never grows beyond its bound."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


@dataclass(frozen=True)
class Rate:
    """`burst` at once, and `per_s` a second in the long run."""

    burst: float
    per_s: float


class Bucket:
    """Tokens that come back with time; starts full."""

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = rate.burst
        self._at = now

    def take(self, now: float) -> bool:
        """Take a token, if there is one."""
        self._tokens = min(self._rate.burst, self._tokens + max(0.0, now - self._at) * self._rate.per_s)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Recent(Generic[_K, _V]):
    """A table of what was used last; the entry unused for longest gives way."""

    def __init__(self, bound: int, make: Callable[[], _V]) -> None:
        self._bound = bound
        self._make = make
        self._entries: OrderedDict[_K, _V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def of(self, key: _K) -> _V:
        """The entry, made where there is none."""
        entry = self._entries.get(key)
        if entry is None:
            if len(self._entries) >= self._bound:
                self._entries.popitem(last=False)
            entry = self._entries[key] = self._make()
        else:
            self._entries.move_to_end(key)
        return entry

    def known(self, key: _K) -> _V | None:
        """The entry, if there is one."""
        return self._entries.get(key)

    def forget(self, key: _K) -> None:
        self._entries.pop(key, None)


@lru_cache(maxsize=4096)
def source_of(host: str) -> str:
    """Whom an address counts for: itself, and in IPv6 its /64, which one household or office holds whole."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host
