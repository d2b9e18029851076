"""The header of an OpenFst file, as far as a model's check needs it.

Layout (OpenFst 1.7, `fst.cc` and `symbol-table.cc`, little-endian): int32 magic, two strings (int32 length, bytes):
kind and arc type, int32 version, int32 flags, uint64 properties, int64 start, states, arcs; then the symbol tables
that the flags announce: int32 magic, name, int64 next free key, int64 size, and for each symbol a string and an
int64 key.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

FST_MAGIC = 2125659606
SYMBOLS_MAGIC = 2125658996
_HAS_INPUT_SYMBOLS = 1
_HAS_OUTPUT_SYMBOLS = 2
_LONGEST_NAME = 4096


class NotAnFst(ValueError):
    """The file does not begin like an OpenFst file."""


@dataclass(frozen=True)
class FstHeader:
    """`kind` such as "const" or "olabel_lookahead"; `output_symbols` is None where the file carries none."""

    kind: str
    arc_type: str
    output_symbols: int | None


def read_fst_header(path: Path) -> FstHeader:
    """Read the beginning of the file. Raises `NotAnFst`, or OSError when it cannot be read."""
    with path.open("rb") as file:
        if _int32(file) != FST_MAGIC:
            raise NotAnFst("no OpenFst magic number")
        kind, arc_type = _string(file), _string(file)
        _version, flags = _int32(file), _int32(file)
        _exactly(file, 8 * 4)
        return FstHeader(kind, arc_type, _output_symbols(file, flags))


def _output_symbols(file: BinaryIO, flags: int) -> int | None:
    if not flags & _HAS_OUTPUT_SYMBOLS:
        return None
    if flags & _HAS_INPUT_SYMBOLS:
        for _ in range(_symbol_count(file)):
            _string(file)
            _exactly(file, 8)
    return _symbol_count(file)


def _symbol_count(file: BinaryIO) -> int:
    if _int32(file) != SYMBOLS_MAGIC:
        raise NotAnFst("the announced table of symbols is missing")
    _string(file)
    _next_key, size = struct.unpack("<qq", _exactly(file, 16))
    if size < 0:
        raise NotAnFst("a table of symbols of negative size")
    return int(size)


def _string(file: BinaryIO) -> str:
    length = _int32(file)
    if not 0 <= length <= _LONGEST_NAME:
        raise NotAnFst(f"a name of {length} bytes")
    return _exactly(file, length).decode("utf-8", "replace")


def _int32(file: BinaryIO) -> int:
    return int(struct.unpack("<i", _exactly(file, 4))[0])


def _exactly(file: BinaryIO, size: int) -> bytes:
    found = file.read(size)
    if len(found) != size:
        raise NotAnFst("the file ends in its header")
    return found
