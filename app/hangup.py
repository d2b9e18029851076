"""SIGHUP has two meanings: read the scripts again, as services take it, or the terminal has been closed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable


def on_hangup(again: Callable[[], None]) -> None:
    """Do `again` on SIGHUP; end as by SIGTERM when it comes because our terminal is gone."""
    terminal = [fd for fd in _inputs_and_outputs() if os.isatty(fd)]

    def told() -> None:
        if terminal and not any(os.isatty(fd) for fd in terminal):
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            again()

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, told)


def _inputs_and_outputs() -> list[int]:
    return [stream.fileno() for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__) if stream is not None]
