"""The spool: every line whole or known to be torn."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.storage.spool import CHUNK_BYTES, Spool, decode, encode


def drained(spool: Spool) -> list[str]:
    found: list[str] = []
    while spool.pending:
        chunk = spool.read()
        found += chunk.lines
        spool.drain_to(chunk.end)
    return found


def spool_with(folder: Path, raw: bytes) -> Spool:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "journal.spool").write_bytes(raw)
    return Spool(folder)


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_a_line_round_trips(text: str) -> None:
    assert decode(encode(text)[:-1]) == text


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40), st.data())
def test_a_changed_line_is_known(text: str, data: st.DataObject) -> None:
    line = bytearray(encode(text)[:-1])
    place = data.draw(st.integers(0, len(line) - 1))
    line[place] ^= data.draw(st.integers(1, 255))
    assert decode(bytes(line)) is None


def test_lines_come_out_in_order_and_the_file_is_emptied(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(["a", "б"])
    spool.append(["c"])
    assert drained(spool) == ["a", "б", "c"]
    assert (tmp_path / "journal.spool").read_bytes() == b""
    spool.append(["d"])
    assert drained(spool) == ["d"]
    spool.close()


def test_lines_appended_while_others_are_drained_stay(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(["a"])
    chunk = spool.read()
    spool.append(["b"])
    assert spool.drain_to(chunk.end) == len(encode("a"))
    assert drained(spool) == ["b"]
    spool.close()


def test_what_was_not_drained_is_there_at_the_next_opening(tmp_path: Path) -> None:
    first = Spool(tmp_path)
    first.append(["a", "b"])
    first.close()
    second = Spool(tmp_path)
    assert drained(second) == ["a", "b"]
    second.close()


def test_a_long_backlog_comes_in_chunks(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    lines = [f"{n} {'x' * 1000}" for n in range(2 * CHUNK_BYTES // 1000)]
    spool.append(lines)
    assert 0 < len(spool.read().lines) < len(lines)
    assert drained(spool) == lines
    spool.close()


def test_a_line_longer_than_a_chunk_is_read_whole(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    long = "x" * (3 * CHUNK_BYTES)
    spool.append([long, "after"])
    assert drained(spool) == [long, "after"]
    spool.close()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 200))
def test_a_spool_cut_anywhere_gives_its_whole_lines(tmp_path: Path, cut: int) -> None:
    whole = b"".join(encode(f"line {n} {'x' * n}") for n in range(6))
    spool = spool_with(tmp_path, whole[:cut])
    assert (tmp_path / "journal.spool").read_bytes() == whole[: whole[:cut].rfind(b"\n") + 1]
    assert drained(spool) == [f"line {n} {'x' * n}" for n in range(whole[:cut].count(b"\n"))]
    spool.append(["after"])
    assert drained(spool) == ["after"]
    spool.close()
    assert not (tmp_path / "journal.rejected").exists()


def test_a_torn_line_longer_than_a_chunk_is_cut(tmp_path: Path) -> None:
    spool = spool_with(tmp_path, encode("whole") + b"x" * (2 * CHUNK_BYTES + 7))
    assert drained(spool) == ["whole"]
    spool.close()


def test_a_spool_that_somebody_else_emptied_goes_on(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(["gone"])
    os.truncate(tmp_path / "journal.spool", 0)
    assert drained(spool) == []
    spool.append(["after"])
    assert drained(spool) == ["after"]
    spool.close()


def test_a_corrupt_line_is_set_aside(tmp_path: Path) -> None:
    spool = spool_with(tmp_path, encode("a") + b"00000000 b\n" + b"\xff\n" + encode("c"))
    assert drained(spool) == ["a", "c"]
    assert (tmp_path / "journal.rejected").read_bytes() == b"00000000 b\n\xff\n"
    spool.close()


def test_a_line_that_could_not_be_written_whole_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path)
    spool.append(["before"])
    really = os.pwrite
    monkeypatch.setattr("os.pwrite", lambda fd, raw, at: really(fd, raw[: len(raw) // 2], at))
    with pytest.raises(OSError, match="only 8 of"):
        spool.append(["a longer one"[:7]])
    monkeypatch.undo()
    spool.append(["after"])
    assert drained(spool) == ["before", "after"]
    spool.close()


def test_the_spool_is_its_owners(tmp_path: Path) -> None:
    """It holds telephone numbers and what was said."""
    spool = Spool(tmp_path)
    spool.reject(b"refused")
    spool.close()
    assert [path.stat().st_mode & 0o077 for path in tmp_path.iterdir()] == [0, 0]
