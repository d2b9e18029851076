"""Opening the database: SQLite for one machine, PostgreSQL for many.

SQLite runs in WAL mode, so that pages are read while the journal writes, with foreign keys on and a busy timeout.
A transaction that will write says so at its beginning (`writing`): SQLite then takes the write lock at once
instead of failing half way, and PostgreSQL's journal writers stand in one queue.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, OperationalError

from app.domain.errors import BadInput, Unavailable

BUSY_TIMEOUT_MS = 10_000
CONNECT_TIMEOUT_S = 5
LOCK_TIMEOUT_MS = 10_000
JOURNAL_LOCK = 0x4C494E49
"""The key of PostgreSQL's advisory lock under which journals and migrations write ("LINI")."""

_WRITES = "liniya_writes"


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql://user@host/name`. Connects to nothing yet.

    BadInput for an address of another kind; the password never stands in the message.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BadInput(
            "database address: cannot be read; write sqlite:///path or postgresql://user@host/name"
        ) from None
    match parsed.get_backend_name():
        case "sqlite":
            return _sqlite(parsed)
        case "postgresql":
            return _postgresql(parsed)
        case other:
            raise BadInput(f"database address: «{other}» is not supported; use sqlite or postgresql")


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise BadInput("database address: SQLite needs a file that line and web share: sqlite:///path")
    engine = create_engine(url.set(drivername="sqlite+pysqlite"), hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own implicit BEGIN comes too late and leaves out DDL: `_begin_sqlite` says it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout = {BUSY_TIMEOUT_MS}", "journal_mode = WAL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _postgresql(url: URL) -> Engine:
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        # Errors go to the log: callers' numbers and words do not.
        hide_parameters=True,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            # A server that vanished without a word is noticed by the writer within seconds, not hours.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 15_000,
        },
    )


@contextmanager
def _unavailable_when_away() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise Unavailable("the database does not answer") from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One look at the database, for a page. Unavailable when it cannot be reached."""
    with _unavailable_when_away(), engine.connect() as connection:
        yield connection


@contextmanager
def changing(engine: Engine) -> Iterator[Connection]:
    """`writing`, for a page: Unavailable when the database cannot be reached."""
    with _unavailable_when_away(), writing(engine) as connection:
        yield connection


@contextmanager
def writing(engine: Engine, *, alone: bool = False) -> Iterator[Connection]:
    """One writing transaction: committed at the end, rolled back by an exception.

    `alone` also keeps other `alone` writers out until it ends, on PostgreSQL as SQLite does for all: facts get
    their numbers in the order in which they become visible, and "is it there already" is answered once.
    """
    with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
        if alone and engine.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_MS}ms'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": JOURNAL_LOCK})
        yield connection
