"""Unpacking an archive that somebody else made: nothing leaves its directory, nothing outgrows what was declared.

A zip or a (compressed) tar is taken; only plain files and directories are, so that no link leads outside.
"""

from __future__ import annotations

import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from app.domain.errors import BadInput
from app.speech.model_download import Progress

_MOST_FILES = 5000
_MOST_UNPACKED_BYTES = 16 * 1024**3
_MOST_GROWTH = 40
"""A graph packs three- to fivefold; an archive that grows fortyfold is no model."""
_GROWTH_FREE_BYTES = 16 * 1024**2
_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class _Member:
    name: str
    size: int


def unpack(archive: Path, into: Path, *, progress: Progress = lambda _done, _total: None) -> None:
    """Unpack into the (existing, empty) directory. Raises BadInput with what is wrong with the archive."""
    try:
        if zipfile.is_zipfile(archive):
            _unpack_zip(archive, into, progress)
        elif tarfile.is_tarfile(archive):
            _unpack_tar(archive, into, progress)
        else:
            raise BadInput(f"{archive} is neither a zip nor a tar archive, or is cut short")
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError) as error:
        raise BadInput(f"{archive} is damaged ({error}): fetch it again") from error


def _unpack_zip(archive: Path, into: Path, progress: Progress) -> None:
    with zipfile.ZipFile(archive) as packed:
        entries = [entry for entry in packed.infolist() if not entry.is_dir()]
        for entry in entries:
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in (0, stat.S_IFREG):
                raise BadInput(f"{archive} holds {entry.filename!r}, which is not a plain file")
            if entry.flag_bits & 1:
                raise BadInput(f"{archive} is encrypted")
        total = _admit(archive, into, [_Member(entry.filename, entry.file_size) for entry in entries])
        done = 0
        for entry in entries:
            with packed.open(entry) as source:
                done = _copy(source, into, _Member(entry.filename, entry.file_size), done, total, progress)


def _unpack_tar(archive: Path, into: Path, progress: Progress) -> None:
    with tarfile.open(archive, "r:*") as packed:
        members = list(_plain_members(archive, packed))
        total = _admit(archive, into, [_Member(member.name, member.size) for member in members])
        done = 0
        for member in members:
            source = packed.extractfile(member)
            if source is None:
                raise BadInput(f"{archive} holds {member.name!r}, which is not a plain file")
            with source:
                done = _copy(source, into, _Member(member.name, member.size), done, total, progress)


def _plain_members(archive: Path, packed: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    # Counted while reading: the list of a hostile archive has no end.
    declared = 0
    for number, member in enumerate(packed):
        declared += member.size
        if number > _MOST_FILES or declared > _most_unpacked(archive):
            raise BadInput(f"{archive} would unpack to more than a model can be")
        if member.isdir():
            continue
        if not member.isreg() or member.issparse():
            raise BadInput(f"{archive} holds {member.name!r}, which is not a plain file")
        yield member


def _most_unpacked(archive: Path) -> int:
    return min(_MOST_UNPACKED_BYTES, archive.stat().st_size * _MOST_GROWTH + _GROWTH_FREE_BYTES)


def _admit(archive: Path, into: Path, members: list[_Member]) -> int:
    """The bytes to be unpacked, when every member may be."""
    for member in members:
        _place(into, member.name)
    total = sum(member.size for member in members)
    if len(members) > _MOST_FILES or total > _most_unpacked(archive):
        raise BadInput(f"{archive} would unpack to {len(members)} files of {total} bytes: that is no model")
    free = shutil.disk_usage(into).free
    if total > free:
        raise BadInput(f"{archive} needs {total} bytes and {into.parent} has {free} free: make room")
    return total


def _place(into: Path, name: str) -> Path:
    path = PurePosixPath(name)
    hostile = path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or ":" in name
    if hostile or not path.parts:
        raise BadInput(f"the archive holds a file named {name!r}, which would leave its directory")
    return into.joinpath(*path.parts)


def _copy(source: IO[bytes], into: Path, member: _Member, done: int, total: int, progress: Progress) -> int:
    place = _place(into, member.name)
    place.parent.mkdir(parents=True, exist_ok=True)
    left = member.size
    # "x": the same name twice is no accident.
    try:
        with place.open("xb") as file:
            while left and (piece := source.read(min(_PIECE_BYTES, left))):
                file.write(piece)
                left -= len(piece)
                progress(done + member.size - left, total)
    except (FileExistsError, NotADirectoryError) as error:
        raise BadInput(f"the archive holds {member.name!r} twice") from error
    if left:
        raise BadInput(f"{member.name!r} in the archive is {left} bytes shorter than declared: fetch it again")
    return done + member.size
