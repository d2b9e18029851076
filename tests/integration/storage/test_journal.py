"""The journal against real databases: nothing is lost, nothing comes twice."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from structlog.testing import capture_logs

from app.domain import facts as f
from app.domain.errors import Unavailable
from app.domain.facts import Recorded
from app.domain.promises import PromiseState
from app.storage.engine import open_engine
from app.storage.fact_rows import facts_of
from app.storage.journal import SpooledJournal
from app.storage.tables import calls, facts
from app.storage.upgrade import upgrade
from tests.integration.storage import logs
from tests.integration.storage.conftest import Cluster, empty
from tests.integration.storage.logs import NOON, ZONE

PLENTY_S = 30.0


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@contextmanager
def journal_of(
    engine: Engine, spool: Path, on_state: Callable[[bool], None] | None = None
) -> Iterator[SpooledJournal]:
    journal = SpooledJournal(engine, spool, ZONE, *([] if on_state is None else [on_state]))
    try:
        yield journal
    finally:
        journal.close(timeout_s=0.5)


def stream_in(engine: Engine, stream: str) -> list[Recorded]:
    with engine.connect() as connection:
        return facts_of(connection, stream)


def count(engine: Engine, table: Any = facts) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_facts_arrive_as_they_were_appended(engine: Engine, spool: Path) -> None:
    log = logs.answered_call("a", promise="p")
    with journal_of(engine, spool) as journal:
        for one in log:
            journal.append([one])
        assert journal.flush(PLENTY_S)
        assert stream_in(engine, "call:a") == log
        assert count(engine, calls) == 1


def test_the_spool_is_emptied_once_it_is_drained(engine: Engine, spool: Path) -> None:
    with journal_of(engine, spool) as journal:
        journal.append(logs.answered_call("a"))
        assert (spool / "journal.spool").stat().st_size > 1000
        assert journal.flush(PLENTY_S)
        assert (spool / "journal.spool").stat().st_size == 0
        journal.append(logs.lost_call("b"))
        assert journal.flush(PLENTY_S)
    assert count(engine) == 25 + 5


@pytest.mark.parametrize("kills", [3])
def test_a_killed_process_loses_no_fact_it_had_acted_on(
    engine: Engine, database_url: str, spool: Path, kills: int
) -> None:
    acted_on: dict[str, int] = {}
    for kill in range(kills):
        command = [sys.executable, "-m", "tests.integration.storage.appender"]
        arguments = [database_url, str(spool), f"k{kill}"]
        with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            said = [process.stdout.readline() for _ in range(100)]
            process.kill()
            said += process.stdout.readlines()
        acted_on[f"call:k{kill}"] = max(int(line) for line in said if line.endswith("\n"))
    with journal_of(engine, spool) as journal:
        assert journal.flush(PLENTY_S)
    for stream, last in acted_on.items():
        numbers = [one.seq for one in stream_in(engine, stream)]
        # One more may have been written and not yet told.
        assert numbers == list(range(1, len(numbers) + 1))
        assert last <= len(numbers) <= last + 1
    assert count(engine, calls) == kills


def test_a_spool_replayed_twice_gives_each_fact_once(engine: Engine, spool: Path, tmp_path: Path) -> None:
    absent = open_engine(f"sqlite:///{tmp_path / 'absent' / 'liniya.db'}")
    with journal_of(absent, spool) as journal:
        journal.append(logs.answered_call("a", promise="p"))
        journal.append(logs.lost_call("b"))
    absent.dispose()
    kept = (spool / "journal.spool").read_bytes()
    for _ in range(2):
        (spool / "journal.spool").write_bytes(kept)
        with journal_of(engine, spool) as journal:
            assert journal.flush(PLENTY_S)
        assert count(engine) == 26 + 5
        assert count(engine, calls) == 2
    assert not (spool / "journal.rejected").exists()


def test_two_writers_with_spools_of_their_own(engine: Engine, database_url: str, tmp_path: Path) -> None:
    def write(node: str) -> None:
        own = open_engine(database_url)
        with journal_of(own, tmp_path / node) as journal:
            for number in range(15):
                for one in logs.answered_call(f"{node}-{number}"):
                    journal.append([one])
            assert journal.flush(PLENTY_S)
        own.dispose()

    writers = [threading.Thread(target=write, args=(node,)) for node in ("one", "two")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert count(engine) == 2 * 15 * 25
    with engine.connect() as connection:
        assert set(connection.scalars(select(calls.c.satisfaction))) == {"partly"}
    assert count(engine, calls) == 30


def test_a_database_that_comes_later_gets_everything(tmp_path: Path, spool: Path) -> None:
    states: list[bool] = []
    known = threading.Condition()

    def on_state(available: bool) -> None:
        with known:
            states.append(available)
            known.notify_all()

    engine = open_engine(f"sqlite:///{tmp_path / 'later' / 'liniya.db'}")
    with journal_of(engine, spool, on_state) as journal:
        journal.append(logs.answered_call("a"))
        with known:
            assert known.wait_for(lambda: states == [False], PLENTY_S)
        assert not journal.flush(0.3)
        (tmp_path / "later").mkdir()
        upgrade(engine)
        assert journal.flush(PLENTY_S)
        with known:
            assert known.wait_for(lambda: states == [False, True], PLENTY_S)
    assert stream_in(engine, "call:a") == logs.answered_call("a")
    engine.dispose()


@pytest.mark.needs_debian
def test_postgresql_goes_down_in_mid_call_and_comes_back(
    cluster: Cluster, postgresql_url: str, spool: Path
) -> None:
    engine = open_engine(postgresql_url)
    upgrade(engine)
    empty(engine)
    states: list[bool] = []
    log = logs.answered_call("a", promise="p")
    with journal_of(engine, spool, states.append) as journal:
        journal.append(log[:5])
        assert journal.flush(PLENTY_S)
        cluster.stop()
        try:
            for one in log[5:]:
                journal.append([one])
            assert not journal.flush(1.0)
            assert states == [True, False]
        finally:
            cluster.start()
        assert journal.flush(PLENTY_S)
    assert stream_in(engine, "call:a") == log
    assert states == [True, False, True]
    engine.dispose()


def test_a_torn_last_line_is_cut_and_the_rest_kept(engine: Engine, spool: Path, tmp_path: Path) -> None:
    log = logs.answered_call("a")
    absent = open_engine(f"sqlite:///{tmp_path / 'absent' / 'liniya.db'}")
    with journal_of(absent, spool) as journal:
        journal.append(log[:20])
    absent.dispose()
    with (spool / "journal.spool").open("ab") as torn:
        torn.write(b'0123abcd {"stream":"call:a","seq":21,"at":"2026-1')
    with journal_of(engine, spool) as journal:
        journal.append(log[20:])
        assert journal.flush(PLENTY_S)
    assert stream_in(engine, "call:a") == log


def test_a_corrupt_line_is_set_aside_and_the_rest_kept(engine: Engine, spool: Path, tmp_path: Path) -> None:
    log = logs.answered_call("a")
    absent = open_engine(f"sqlite:///{tmp_path / 'absent' / 'liniya.db'}")
    with journal_of(absent, spool) as journal:
        journal.append(log)
    absent.dispose()
    lines = (spool / "journal.spool").read_bytes().splitlines(keepends=True)
    lines[6] = lines[6].replace(b"CallerNamed", b"CallerNaned")
    (spool / "journal.spool").write_bytes(b"".join(lines))
    with journal_of(engine, spool) as journal:
        assert journal.flush(PLENTY_S)
    assert [one.seq for one in stream_in(engine, "call:a")] == [n for n in range(1, 26) if n != 7]
    assert (spool / "journal.rejected").read_bytes() == lines[6]


def test_another_fact_in_the_same_place_is_set_aside_with_an_error(engine: Engine, spool: Path) -> None:
    mine, other = logs.lost_call("a"), logs.closed_call("a")
    with capture_logs() as told, journal_of(engine, spool) as journal:
        journal.append(mine)
        assert journal.flush(PLENTY_S)
        journal.append(other)
        assert journal.flush(PLENTY_S)
    assert stream_in(engine, "call:a") == mine
    assert [entry["seq"] for entry in told if entry["event"] == "fact_in_conflict"] == [2, 3]
    assert len((spool / "journal.rejected").read_bytes().splitlines()) == 2


@pytest.mark.parametrize("name", ["Иван\0", "Иван \ud83d"])
def test_texts_that_no_database_holds_are_kept_in_the_fact(engine: Engine, spool: Path, name: str) -> None:
    log = logs.answered_call("a")
    log[6] = Recorded(log[6].stream, 7, log[6].at, f.CallerNamed(name))
    with journal_of(engine, spool) as journal:
        journal.append(log)
        assert journal.flush(PLENTY_S)
        with engine.connect() as connection:
            assert str(connection.scalar(select(calls.c.caller_name))).startswith("Иван")
    assert stream_in(engine, "call:a") == log


def test_a_fact_that_the_database_refuses_does_not_stop_the_others(
    cluster: Cluster, postgresql_url: str, spool: Path
) -> None:
    """PostgreSQL holds texts to their length: the name of a stream that is too long, and a promise's number."""
    engine = open_engine(postgresql_url)
    upgrade(engine)
    empty(engine)
    log = logs.answered_call("a")
    made = f.PromiseMade("p", "+7" * 100, "?", NOON, "", f.By.OPERATOR)
    log[6] = Recorded("call:a", 7, log[6].at, made)
    impossible = logs.waiting_call("x" * 300)
    with journal_of(engine, spool) as journal:
        journal.append([*impossible, *log, *logs.lost_call("b")])
        assert journal.flush(PLENTY_S)
    assert stream_in(engine, "call:a") == log
    with engine.connect() as connection:
        assert set(connection.scalars(select(calls.c.id))) == {"a", "b"}
    assert len((spool / "journal.rejected").read_bytes().splitlines()) == len(impossible)
    engine.dispose()


def test_the_spool_belongs_to_one_line(engine: Engine, spool: Path) -> None:
    with journal_of(engine, spool), pytest.raises(Unavailable, match="another line uses it"):
        SpooledJournal(engine, spool, ZONE)
    with journal_of(engine, spool) as after:
        assert after.flush(PLENTY_S)


def test_a_spool_that_cannot_be_made_is_told_at_the_start(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match=r"journal\.spool: .*a folder it may write"):
        SpooledJournal(engine, tmp_path / "file", ZONE)


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """The system refuses to let any file of this process grow beyond `size`: a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_at_the_start(engine: Engine, spool: Path) -> None:
    with files_at_most(0), pytest.raises(Unavailable, match="make room on the disk"):
        SpooledJournal(engine, spool, ZONE)


@pytest.mark.needs_debian
def test_a_disk_that_fills_up_does_not_stop_the_journal(cluster: Cluster, postgresql_url: str, spool: Path) -> None:
    engine = open_engine(postgresql_url)
    upgrade(engine)
    empty(engine)
    log = logs.answered_call("a")
    log[-1] = Recorded("call:a", 25, log[-1].at, f.NotesWritten("о" * 100_000))
    after = Recorded("call:a", 26, log[-1].at, f.TopicChosen("utilities"))
    with capture_logs() as told, journal_of(engine, spool) as journal, files_at_most(200_000):
        journal.append(log)
        journal.append([after])
        assert journal.flush(PLENTY_S)
    assert "spool_unwritable" in [entry["event"] for entry in told]
    assert stream_in(engine, "call:a") == [*log, after]
    engine.dispose()


def test_what_a_line_loads_at_its_start(engine: Engine, spool: Path) -> None:
    under_way = logs.waiting_call("open", NOON - timedelta(minutes=1))
    talking = logs.answered_call("talking", promise="p2")[:18]
    everything: Sequence[list[Recorded]] = [
        logs.answered_call("a", promise="p1"),
        logs.outgoing_call("b", promise="p1"),
        under_way,
        talking,
        logs.told("operator:anna", [f.PresenceChanged("anna", f.Presence.READY)] * 3),
    ]
    with journal_of(engine, spool) as journal:
        for log in everything:
            journal.append(log)
        assert journal.load_open_calls() == [("open", under_way), ("talking", talking)]
        promises = journal.load_promises()
        assert {p.id: p.state for p in promises.values()} == {"p2": PromiseState.OPEN}
        assert promises["p2"].asked == "О капремонте"
        assert journal.last_seq("operator:anna") == 3
        assert journal.last_seq("operator:boris") == 0


def test_reads_say_plainly_that_the_database_is_away(
    tmp_path: Path, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.journal.READ_WAITS_S", 0.2)
    absent = open_engine(f"sqlite:///{tmp_path / 'absent' / 'liniya.db'}")
    with journal_of(absent, spool) as journal:
        journal.append(logs.waiting_call("a"))
        with pytest.raises(Unavailable):
            journal.load_open_calls()
    absent.dispose()
    shutil.rmtree(spool)


def test_nothing_is_taken_after_the_end(engine: Engine, spool: Path) -> None:
    with journal_of(engine, spool) as journal:
        pass
    with pytest.raises(Unavailable, match="closed"):
        journal.append(logs.waiting_call("a"))
