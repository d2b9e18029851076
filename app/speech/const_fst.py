"""OpenFst's const FST, read and written whole: the language model of a look-ahead graph (`Gr.fst`).

Layout (OpenFst 1.7, `const-fst.h`, little-endian, unaligned, version 2): the header of `fst_header`, then for each
state its final cost (infinite: none), the place of its first arc, the numbers of its arcs and of those with no
input and no output label; then the arcs: input label, output label, cost, next state.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.speech.fst_header import FST_MAGIC, NotAnFst

_KIND, _ARC_TYPE = b"const", b"standard"
_VERSION = 2
_STATE = np.dtype(
    [("final", "<f4"), ("first", "<u4"), ("arcs", "<u4"), ("silent_in", "<u4"), ("silent_out", "<u4")]
)
_ARC = np.dtype([("taken", "<i4"), ("given", "<i4"), ("cost", "<f4"), ("target", "<i4")])
_EXPANDED = 0x1
_TAIL = struct.Struct("<iiQqqq")

Arc = tuple[int, int, float, int]
"""Input label, output label, cost, next state."""


@dataclass
class ConstFst:
    """`finals`: float32 (states,), infinite where none. `firsts`: (states + 1,) bounds in `arcs`, a record array of
    `taken`, `given`, `cost`, `target`. What `add` brings is written by `write`, with arcs sorted by input label."""

    start: int
    finals: NDArray[np.float32]
    firsts: NDArray[np.int64]
    arcs: NDArray[np.void]
    _added: dict[int, list[Arc]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> ConstFst:
        """Raises NotAnFst for another kind of file, OSError when it cannot be read."""
        content = path.read_bytes()
        kind, arc_type, place = _names(content)
        if (kind, arc_type) != (_KIND, _ARC_TYPE) or len(content) < place + _TAIL.size:
            raise NotAnFst("not a const FST of standard arcs")
        version, flags, _properties, start, states, arcs = _TAIL.unpack_from(content, place)
        place += _TAIL.size
        size = states * _STATE.itemsize + arcs * _ARC.itemsize
        if version != _VERSION or flags != 0 or states <= 0 or arcs < 0 or len(content) != place + size:
            raise NotAnFst("a const FST that is aligned, has symbols or ends early")
        table = np.frombuffer(content, _STATE, states, place)
        ends = table["first"].astype(np.int64) + table["arcs"]
        if not 0 <= start < states or (ends.size and int(ends.max()) > arcs):
            raise NotAnFst("a const FST whose arcs lie outside of it")
        firsts = np.concatenate([table["first"].astype(np.int64), [arcs]])
        return cls(
            start,
            table["final"].copy(),
            firsts,
            np.frombuffer(content, _ARC, arcs, len(content) - arcs * 16).copy(),
        )

    @property
    def states(self) -> int:
        return len(self.finals)

    def arcs_of(self, state: int) -> NDArray[np.void]:
        """A view: costs may be changed in it."""
        return self.arcs[self.firsts[state] : self.firsts[state + 1]]

    def add_state(self) -> int:
        """A new state that is not final; its arcs come by `add_arc`."""
        self.finals = np.append(self.finals, np.float32(np.inf))
        self.firsts = np.append(self.firsts, self.firsts[-1])
        return self.states - 1

    def add_arc(self, source: int, label: int, cost: float, target: int) -> None:
        self._added.setdefault(source, []).append((label, label, cost, target))

    def write(self, path: Path) -> None:
        """With all arcs of each state in the order of their input labels."""
        sources = np.repeat(np.arange(self.states), np.diff(self.firsts))
        extra = np.array([arc for arcs in self._added.values() for arc in arcs], dtype=_ARC)
        extra_sources = np.repeat(list(self._added), [len(arcs) for arcs in self._added.values()]).astype(np.int64)
        arcs = np.concatenate([self.arcs, extra])
        whole = np.concatenate([sources, extra_sources])
        order = np.lexsort((arcs["taken"], whole))
        arcs, whole = arcs[order], whole[order]
        table = np.zeros(self.states, _STATE)
        table["final"] = self.finals
        table["arcs"] = np.bincount(whole, minlength=self.states)
        table["first"] = np.cumsum(table["arcs"]) - table["arcs"]
        for name, label in (("silent_in", "taken"), ("silent_out", "given")):
            table[name] = np.bincount(whole[arcs[label] == 0], minlength=self.states)
        header = struct.pack("<i", FST_MAGIC) + b"".join(struct.pack("<i", len(n)) + n for n in (_KIND, _ARC_TYPE))
        tail = _TAIL.pack(_VERSION, 0, _EXPANDED, self.start, self.states, len(arcs))
        path.write_bytes(header + tail + table.tobytes() + arcs.tobytes())


def _names(content: bytes) -> tuple[bytes, bytes, int]:
    place = 4
    if len(content) < place or struct.unpack_from("<i", content)[0] != FST_MAGIC:
        raise NotAnFst("no OpenFst magic number")
    names = []
    for _ in range(2):
        (length,) = struct.unpack_from("<i", content, place) if len(content) >= place + 4 else (-1,)
        if not 0 <= length <= 64 or len(content) < place + 4 + length:
            raise NotAnFst("the file ends in its header")
        names.append(content[place + 4 : place + 4 + length])
        place += 4 + length
    return names[0], names[1], place
