"""The beat of 20 ms."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

_log = structlog.get_logger()

TICK_S: Final = 0.02
MOST_TICKS_AT_ONCE: Final = 10
"""So many missed ticks are made up for after a stall; what is beyond is left out, as the other side's jitter buffer
would throw it away."""


class Ticker:
    """Calls `tick` at start + n * 20 ms by the loop's clock, without drift; `skip(n)` for ticks left out."""

    def __init__(self, tick: Callable[[], None], skip: Callable[[int], None]) -> None:
        self._tick = tick
        self._skip = skip
        self._began = 0.0
        self._done = 0
        self._handle: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._began, self._done = loop.time(), 0
        self._next(loop)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        self._handle = loop.call_at(self._began + (self._done + 1) * TICK_S, self._wake, loop)

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        # The loop may wake a timer early by its clock's resolution: at least one tick is due.
        due = max(1, int((loop.time() - self._began) / TICK_S + 1e-6) - self._done)
        try:
            if due > MOST_TICKS_AT_ONCE:
                _log.warning("media_stalled", ticks_left_out=due - MOST_TICKS_AT_ONCE)
                self._done += due - MOST_TICKS_AT_ONCE
                self._skip(due - MOST_TICKS_AT_ONCE)
                due = MOST_TICKS_AT_ONCE
            for _ in range(due):
                self._done += 1
                self._tick()
        finally:  # a fault of one tick goes to the loop's exception handler; the beat goes on
            if self._handle is not None:
                self._next(loop)
