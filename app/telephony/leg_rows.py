"""Columns over all legs: what is asked of every leg every 20 ms is kept in arrays, one row a leg.

A leg borrows a row while it lives, the lowest that is free, so that the rows in use stay together and a tick works
on one slice. The columns grow by doubling; views of them are made anew then (`Table.grown`).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Octets = npt.NDArray[np.uint8]
Sound = npt.NDArray[np.int16]

_FIRST_ROWS: Final = 32


@dataclass(frozen=True)
class Column:
    """The form of one column: what a row of it holds, and with what it begins. `stale` may keep what stood there:
    another column says that it means nothing."""

    kind: type[np.generic] = np.int64
    shape: tuple[int, ...] = ()
    fill: float = 0
    stale: bool = False


class Table:
    """Columns that grow together; a subclass names them in `columns` and annotates them."""

    columns: ClassVar[dict[str, Column]]

    def __init__(self) -> None:
        self.capacity = 0

    def grow(self, capacity: int) -> None:
        """Make room for so many rows; what stands in the columns stays."""
        for name, column in self.columns.items():
            made: npt.NDArray[Any] = np.full((capacity, *column.shape), column.fill, column.kind)
            if self.capacity:
                made[: self.capacity] = getattr(self, name)
            setattr(self, name, made)
        self.capacity = capacity
        self.grown()

    def grown(self) -> None:
        """Make views of the columns anew."""

    def clear(self, row: int) -> None:
        """Give the row back its first values."""
        for name, column in self.columns.items():
            if not column.stale:
                getattr(self, name)[row] = column.fill


class LegRows:
    """Lends rows of some tables."""

    def __init__(self, *tables: Table) -> None:
        self._tables = tables
        self._free: list[int] = []
        self._lent: set[int] = set()
        self._capacity = 0
        self.used = 0
        self._grow(_FIRST_ROWS)

    def take(self) -> int:
        """The lowest free row; in every table it is as a new one."""
        if not self._free:
            self._grow(2 * self._capacity)
        row = heapq.heappop(self._free)
        self._lent.add(row)
        self.used = max(self.used, row + 1)
        return row

    def give_back(self, row: int) -> None:
        """The row is free; in the tables it is as a new one, so that whoever works on all rows finds nothing."""
        if row not in self._lent:
            return
        self._lent.remove(row)
        heapq.heappush(self._free, row)
        self.used = max(self._lent, default=-1) + 1
        for table in self._tables:
            table.clear(row)

    def _grow(self, capacity: int) -> None:
        for row in range(self._capacity, capacity):
            heapq.heappush(self._free, row)
        self._capacity = capacity
        for table in self._tables:
            table.grow(capacity)
