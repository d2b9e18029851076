"""Who is measured: a recogniser in a process of its own, on one core; the load has another."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.config import PROJECT
from scripts.line_bench.generator import cpu_s, descendants

_ENDS_WITHIN_S = 15.0


@dataclass(frozen=True)
class Subject:
    """`name` stands before its figures, "" for ours; `arguments` follow the model."""

    title: str
    name: str
    module: str
    arguments: tuple[str, ...] = ()


OURS = Subject("ours", "", "our_server")
PEER = Subject("plain vosk-server", "peer", "plain_server")


@dataclass(frozen=True)
class Running:
    """A subject that listens."""

    port: int
    family: list[int]

    def cpu_s(self) -> float:
        """What all its processes have used so far."""
        return cpu_s(self.family)


def cores() -> tuple[int, int]:
    """The one of the subject, and the one of the load; the same on a machine with one."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


@contextmanager
def running(subject: Subject, model: Path, core: int) -> Iterator[Running]:
    """Start it on the core, and end it."""
    own = os.sched_getaffinity(0)
    # The child inherits it, and its children do.
    os.sched_setaffinity(0, {core})
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", f"scripts.speech_bench.{subject.module}", str(model), *subject.arguments],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    finally:
        os.sched_setaffinity(0, own)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        word, _, port = process.stdout.readline().partition(" ")
        if word != "ready":
            raise ConnectionResetError(f"{subject.title} did not start: it ended with {process.wait()}")
        yield Running(int(port), descendants(process.pid))
    finally:
        process.stdin.close()
        try:
            process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
