"""The spool: a file of lines that the journal writes before anything else.

One process holds it (a lock of the system, gone with the process). A line is a check sum, a space and its text; it
reaches the system's cache before `append` returns, so it survives the end of the process. A line that a killed
process left torn was never acknowledged: it is cut off at the next opening. A line whose check sum is wrong is set
aside in `journal.rejected`, with those that the database will never take.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from app.domain.errors import Unavailable

log = structlog.get_logger()

CHUNK_BYTES = 32 * 1024
"""What is read at once: about a hundred facts. The writer's thread shares the interpreter with the media of the
calls, so a long backlog goes in small steps."""


@dataclass(frozen=True)
class Chunk:
    """Whole lines from the spool, and where the next begin."""

    lines: tuple[str, ...]
    end: int


def encode(text: str) -> bytes:
    raw = text.encode()
    return b"%08x %s\n" % (zlib.crc32(raw), raw)


def decode(line: bytes) -> str | None:
    """The text of a line (without its end); None when its check sum is wrong."""
    mark, _, raw = line.partition(b" ")
    return raw.decode() if mark == b"%08x" % zlib.crc32(raw) else None


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


class Spool:
    """The file `journal.spool` in `folder`. Appended to by any thread, read and drained by one.

    Unavailable, with how to mend it, when it cannot be written or another process holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "journal.spool"
        self._rejected = folder / "journal.rejected"
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._fd = _for_the_owner(str(self._path), os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise Unavailable(
                f"spool {self._path}: {error.strerror}; give the line a folder it may write"
            ) from error
        try:
            self._take()
            self._size = self._cut_torn_line()
            self._prove_writable()
        except BaseException:
            os.close(self._fd)
            raise
        self._drained = 0

    def _take(self) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Unavailable(
                f"spool {self._path}: another line uses it; give each line a folder of its own"
            ) from error

    def _prove_writable(self) -> None:
        probe = encode("")
        try:
            written = os.pwrite(self._fd, probe, self._size)
            os.ftruncate(self._fd, self._size)
        except OSError as error:
            raise Unavailable(f"spool {self._path}: {error.strerror}; make room on the disk") from error
        if written != len(probe):
            raise Unavailable(f"spool {self._path}: no room; make room on the disk")

    def _cut_torn_line(self) -> int:
        size = os.fstat(self._fd).st_size
        end, reach = size, 0
        while end and os.pread(self._fd, 1, end - 1) != b"\n":
            start = max(0, end - CHUNK_BYTES)
            newline = os.pread(self._fd, end - start, start).rfind(b"\n")
            end = start + newline + 1 if newline >= 0 else start
            reach = size - end
        if reach:
            log.warning("spool_torn_line_cut", spool=str(self._path), bytes=reach)
            os.ftruncate(self._fd, end)
        return end

    @property
    def pending(self) -> int:
        """Bytes that are not drained yet."""
        return self._size - self._drained

    def append(self, texts: Iterable[str]) -> int:
        """Write the lines; returns their bytes. OSError when they could not be written whole: then none is."""
        raw = b"".join(encode(text) for text in texts)
        with self._lock:
            try:
                written = os.pwrite(self._fd, raw, self._size)
                if written != len(raw):
                    raise OSError(errno.ENOSPC, f"only {written} of {len(raw)} bytes written")
            except OSError:
                # The next write goes over the remains; a process killed before it should find none of them.
                with suppress(OSError):
                    os.ftruncate(self._fd, self._size)
                raise
            self._size += len(raw)
        return len(raw)

    def read(self) -> Chunk:
        """The next lines that are not drained; `CHUNK_BYTES` at most, unless one line is longer."""
        want = CHUNK_BYTES
        while True:
            raw = os.pread(self._fd, min(want, self.pending), self._drained)
            whole = raw.rfind(b"\n") + 1
            if whole or len(raw) < want:
                break
            want *= 2
        if not whole and self.pending:
            # Somebody else cut the file: what is gone is gone, what comes must not wait for it.
            log.error("spool_was_cut", spool=str(self._path), bytes=self.pending)
            return Chunk((), self._size)
        lines = [(line, decode(line)) for line in raw[:whole].split(b"\n")[:-1]]
        for line, text in lines:
            if text is None:
                log.error("spool_line_corrupt", spool=str(self._path), bytes=len(line))
                self.reject(line)
        return Chunk(tuple(text for _, text in lines if text), self._drained + whole)

    def drain_to(self, end: int) -> int:
        """The lines before `end` are in the database; returns their bytes. A spool without others is emptied."""
        with self._lock:
            drained = end - self._drained
            self._drained = end
            if end == self._size and end:
                os.ftruncate(self._fd, 0)
                self._size = self._drained = 0
        return drained

    def reject(self, line: bytes) -> None:
        """Set a line aside for a person: nothing is thrown away."""
        try:
            with open(self._rejected, "ab", opener=_for_the_owner) as rejected:
                rejected.write(line.rstrip(b"\n") + b"\n")
        except OSError:
            log.exception("spool_cannot_set_aside", pd_line=line.decode(errors="replace"))

    def close(self) -> None:
        os.close(self._fd)
