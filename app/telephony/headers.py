"""Headers found by their name at once.

Those of `sipmessage` are searched one after the other, with every name made lower case on the way: half of the time
of an INVITE went into that.
"""

from __future__ import annotations

from sipmessage import Headers


class IndexedHeaders(Headers):
    """The same by name in any case, in the order in which they came."""

    def __init__(self) -> None:
        self._named: dict[str, tuple[str, list[str]]] = {}

    def add(self, key: str, value: str) -> None:
        self.append(key.lower(), key, value)

    def append(self, small: str, key: str, value: str) -> None:
        """`add` for whoever has the name in small letters."""
        known = self._named.get(small)
        if known is None:
            self._named[small] = (key, [value])
        else:
            known[1].append(value)

    def get(self, key: str, default: str | None = None) -> str | None:
        known = self._named.get(key.lower())
        return default if known is None else known[1][0]

    def getlist(self, key: str) -> list[str]:
        known = self._named.get(key.lower())
        return [] if known is None else known[1]

    def keys(self) -> list[str]:
        return [name for name, _ in self._named.values()]

    def remove(self, key: str) -> None:
        self._named.pop(key.lower(), None)

    def set(self, key: str, value: str) -> None:
        self.setlist(key, [value])

    def setlist(self, key: str, values: list[str]) -> None:
        self._named[key.lower()] = (key, values)

    def __getitem__(self, key: str) -> str:
        return self._named[key.lower()][1][0]

    def __str__(self) -> str:
        lines = [f"{name}: {value}\r\n" for name, values in self._named.values() for value in values]
        return "".join(lines) + "\r\n"
