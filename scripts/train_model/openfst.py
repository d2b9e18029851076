"""Weighted automata through OpenFst's command line (Debian `libfst-tools`), which writes what libvosk reads."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.errors import Unavailable

EPSILON = 0
LOOK_AHEAD_TYPE = "olabel_lookahead"
_LOOK_AHEAD_LIBRARY = "fstlookahead"


def is_installed() -> bool:
    """Whether the tools and the look-ahead extension are there."""
    return shutil.which("fstcompile") is not None and _look_ahead() is not None


@dataclass
class Automaton:
    """States from 0, of which 0 is the start; costs are minus natural logarithms."""

    states: int = 0
    _lines: list[str] = field(default_factory=list)

    def add_state(self) -> int:
        self.states += 1
        return self.states - 1

    def add_arc(self, source: int, target: int, taken: int, given: int, cost: float = 0.0) -> None:
        # fstcompile takes the source of the first line for the start.
        if not self._lines and source != 0:
            raise ValueError("the first arc leaves the start")
        self._lines.append(f"{source} {target} {taken} {given} {cost:.4f}")

    def end_in(self, state: int, cost: float = 0.0) -> None:
        self._lines.append(f"{state} {cost:.4f}")

    @property
    def arcs(self) -> int:
        return len(self._lines)

    def write(self, path: Path) -> None:
        """As OpenFst's vector FST. Raises Unavailable."""
        text = "\n".join([*self._lines, ""])
        run("fstcompile", "-", str(path), given=text.encode())


def run(tool: str, *arguments: str, given: bytes = b"") -> bytes:
    """What a tool of OpenFst writes to its standard output. Raises Unavailable when it is missing or fails."""
    if not is_installed():
        raise Unavailable("OpenFst's tools are missing: install the package libfst-tools")
    environment = {**os.environ, "LD_PRELOAD": _look_ahead() or ""}
    done = subprocess.run([tool, *arguments], input=given, capture_output=True, env=environment, check=False)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        raise Unavailable(f"{tool} failed with status {done.returncode}: {said}")
    return done.stdout


def _look_ahead() -> str | None:
    """The extension is not linked to the tools: it is loaded into them."""
    return ctypes.util.find_library(_LOOK_AHEAD_LIBRARY)
