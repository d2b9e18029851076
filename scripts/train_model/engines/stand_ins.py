"""Russian with the phones of another language's voice: what stands in for each phone, which joins the voice has.

A diphone voice has recordings of pairs of phones; a pair that was not recorded comes out as silence. So of several
stand-ins for each phone those are taken whose pairs are all there, the nearest in sound first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

_MISSING = 1000.0
_TASTE = 1.2


@dataclass(frozen=True)
class StandIn:
    """Phones of the voice one after the other, with each one's share of the time, and how far from Russian."""

    phones: tuple[str, ...]
    shares: tuple[float, ...]
    distance: float


@cache
def pairs_of(index: Path) -> frozenset[tuple[str, str]]:
    """The pairs that a grouped UniSyn voice has. RuntimeError when the file is none."""
    with index.open("rb") as opened:
        head = opened.read(100_000)
    _, ended, entries = head.partition(b"EST_Header_End\n")
    fields = (line.split() for line in entries.split(b"\n"))
    names = (row[0].decode("latin-1") for row in fields if len(row) == 4 and row[1:] and row[3].isdigit())
    pairs = frozenset((left, right) for left, dash, right in (name.partition("-") for name in names) if dash)
    if not ended or not pairs:
        raise RuntimeError(f"{index} is no grouped voice of Festival's UniSyn")
    return pairs


def chosen(
    phones: Sequence[str],
    table: Mapping[str, Sequence[StandIn]],
    pairs: frozenset[tuple[str, str]],
    rng: np.random.Generator,
) -> tuple[StandIn, ...] | None:
    """The nearest stand-ins of which every pair is there, varied a little by chance; None when there are none."""
    costs: list[list[float]] = []
    sources: list[list[int]] = []
    for place, phone in enumerate(phones):
        row, source = [], []
        for option in table[phone]:
            own = option.distance + float(rng.uniform(0, _TASTE)) + _inside(option, pairs)
            if place == 0:
                row.append(own)
                source.append(0)
                continue
            reached = [
                cost + (0.0 if (before.phones[-1], option.phones[0]) in pairs else _MISSING)
                for cost, before in zip(costs[-1], table[phones[place - 1]], strict=True)
            ]
            best = int(np.argmin(reached))
            row.append(own + reached[best])
            source.append(best)
        costs.append(row)
        sources.append(source)
    if not costs or min(costs[-1]) >= _MISSING:
        return None
    option_index = int(np.argmin(costs[-1]))
    path = []
    for place in range(len(phones) - 1, -1, -1):
        path.append(table[phones[place]][option_index])
        option_index = sources[place][option_index]
    return tuple(reversed(path))


def _inside(option: StandIn, pairs: frozenset[tuple[str, str]]) -> float:
    return sum(0.0 if pair in pairs else _MISSING for pair in zip(option.phones, option.phones[1:], strict=False))


def table(text: str) -> dict[str, tuple[StandIn, ...]]:
    """Lines of `phone: stand-in, stand-in`; a stand-in is phones parted by blanks, the nearest first; `phone/3`
    takes 3 tenths of the time, the others share what is left."""
    read = {}
    for line in text.strip().splitlines():
        phone, _, options = line.strip().partition(":")
        read[phone] = tuple(_stand_in(option, float(rank)) for rank, option in enumerate(options.split(",")))
    return read


def _stand_in(option: str, distance: float) -> StandIn:
    parts = [part.partition("/") for part in option.split()]
    tenths = [float(share) / 10 if share else None for _, _, share in parts]
    told = sum(share for share in tenths if share is not None)
    left = (1 - told) / max(1, tenths.count(None))
    return StandIn(
        tuple(name for name, _, _ in parts),
        tuple(left if share is None else share for share in tenths),
        distance,
    )
