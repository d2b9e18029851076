"""How far a long piece of work has come, on a terminal as a bar and in a file as plain lines."""

from __future__ import annotations

from typing import TextIO

_WIDTH = 30
_MEBIBYTE = 1024 * 1024


class ProgressBar:
    """Call it with the bytes done and, where known, the bytes in all; `finish` ends the line."""

    def __init__(self, out: TextIO, title: str) -> None:
        self._out = out
        self._title = title
        self._on_terminal = out.isatty()
        self._last_step = -1
        self._open_line = False

    def __call__(self, done: int, total: int | None) -> None:
        # A bar moves by a percent, a log by a tenth; of unknown length, by a megabyte and by sixteen.
        percent = 100 * done // total if total else None
        size = done // _MEBIBYTE
        step = (percent if self._on_terminal else percent // 10) if percent is not None else size
        if percent is None and not self._on_terminal:
            step = size // 16
        if step == self._last_step:
            return
        self._last_step = step
        line = f"{self._title}: {self._amount(done, total, percent)}"
        if self._on_terminal:
            self._out.write(f"\r\x1b[K{line}")
            self._open_line = True
        else:
            self._out.write(line + "\n")
        self._out.flush()

    def finish(self) -> None:
        """End the bar's line."""
        if self._open_line:
            self._out.write("\n")
            self._out.flush()
            self._open_line = False

    def _amount(self, done: int, total: int | None, percent: int | None) -> str:
        if total is None or percent is None:
            return f"{done / _MEBIBYTE:.1f} MB"
        amount = f"{percent:3d} % ({done / _MEBIBYTE:.1f} of {total / _MEBIBYTE:.1f} MB)"
        if not self._on_terminal:
            return amount
        full = _WIDTH * done // total
        return f"[{'#' * full}{'.' * (_WIDTH - full)}] {amount}"
