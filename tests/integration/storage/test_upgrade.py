"""Migrations: the tables they make are those of the program."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from app.domain.errors import BadInput, Unavailable
from app.storage.engine import open_engine
from app.storage.tables import metadata
from app.storage.upgrade import upgrade


def test_migrations_make_the_tables_of_the_program(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_second_upgrade_changes_nothing(engine: Engine) -> None:
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'liniya.db'}")
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="made by a newer Liniya"):
        upgrade(engine)
    engine.dispose()


def test_line_and_web_may_upgrade_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'liniya.db'}"
    failed: list[BaseException] = []

    def start() -> None:
        own = open_engine(url)
        try:
            upgrade(own)
        except BaseException as error:
            failed.append(error)
        finally:
            own.dispose()

    starting = [threading.Thread(target=start) for _ in range(3)]
    for thread in starting:
        thread.start()
    for thread in starting:
        thread.join()
    assert failed == []


def test_sqlite_is_opened_for_readers_beside_a_writer(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'liniya.db'}")
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 10_000}
    engine.dispose()


def test_a_database_that_cannot_be_reached_is_told_without_the_password(tmp_path: Path) -> None:
    engine = open_engine("postgresql://liniya:hidden@127.0.0.1:1/liniya")
    with pytest.raises(Unavailable, match="check that it runs") as error:
        upgrade(engine)
    assert "hidden" not in str(error.value)
    assert "\n" not in str(error.value)
    engine.dispose()


@pytest.mark.parametrize("url", ["mysql://root@localhost/x", "sqlite://", "nonsense", ""])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="database address"):
        open_engine(url)
