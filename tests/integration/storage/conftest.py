"""SQLite files and a real PostgreSQL cluster of our own for the storage tests."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import Engine, delete, text

from app.storage.engine import open_engine
from app.storage.tables import metadata
from app.storage.upgrade import upgrade


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Tracebacks as Python writes them: the pretty ones of structlog take seconds each, with all local values."""
    renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, renderer])
    yield
    structlog.reset_defaults()


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]))
    return found[-1].parent if found else None


def _as_postgres(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.getuid() == 0 else command


class Cluster:
    """A PostgreSQL of our own: started, stopped and started again by its tests."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries = binaries
        self._folder = folder
        if os.getuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        options = ["--auth=trust", "--username=liniya", "--encoding=UTF8", "--no-sync"]
        self._run("initdb", "-D", str(folder / "cluster"), *options)
        self._server: subprocess.Popen[bytes] | None = None
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        command = _as_postgres([str(self._binaries / program), *arguments])
        subprocess.run(command, check=True, capture_output=True, cwd=self._folder)

    def start(self) -> None:
        arguments = ["-D", str(self._folder / "cluster"), "-k", str(self._folder), "-p", str(self.port)]
        settings = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        with (self._folder / "server.log").open("ab") as log:
            command = _as_postgres([str(self._binaries / "postgres"), *arguments, *settings])
            self._server = subprocess.Popen(command, cwd=self._folder, stdout=log, stderr=log)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        engine = open_engine(self.url("postgres"))
        try:
            for _ in range(300):
                try:
                    with engine.connect() as connection:
                        connection.execute(text("SELECT 1"))
                        return
                except Exception:
                    time.sleep(0.1)
            pytest.fail((self._folder / "server.log").read_text())
        finally:
            engine.dispose()

    def stop(self) -> None:
        """At once, as when its machine is switched off."""
        if self._server is None:
            return
        # Under runuser our child is not the server: its own pid stands in its pid file.
        pid = int((self._folder / "cluster" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)
        self._server.wait(30)
        self._server = None

    def url(self, database: str) -> str:
        return f"postgresql://liniya@/{database}?host={self._folder}&port={self.port}"

    def tcp_url(self, database: str) -> str:
        return f"postgresql://liniya@127.0.0.1:{self.port}/{database}"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    binaries = _binaries()
    if binaries is None:
        pytest.skip("needs Debian's postgresql: /usr/lib/postgresql/*/bin/initdb is not there")
    folder = Path(tempfile.mkdtemp(prefix="liniya-pg-"))
    # The parent of pytest's own folders may be closed to the user postgres.
    folder.chmod(0o755)
    running = Cluster(binaries, folder)
    try:
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql_url(cluster: Cluster) -> str:
    engine = open_engine(cluster.tcp_url("postgres"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE liniya"))
    engine.dispose()
    return cluster.tcp_url("liniya")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs_debian)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An address of a database; its tables come with `engine`."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'liniya.db'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A database with empty tables."""
    engine = open_engine(database_url)
    upgrade(engine)
    empty(engine)
    yield engine
    engine.dispose()


def empty(engine: Engine) -> None:
    with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(delete(table))
