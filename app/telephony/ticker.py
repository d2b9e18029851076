"""The beat of 20 ms, and the finer one between."""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
from collections.abc import Callable
from typing import Final, Protocol

import structlog

_log = structlog.get_logger()

TICK_S: Final = 0.02
BEATS_A_TICK: Final = 3
"""While packets are forwarded straight on, so often in 20 ms: what waits for a beat waits 3.3 ms in the mean. Each
awakening costs 0.1 ms of CPU."""
MOST_TICKS_AT_ONCE: Final = 10
"""So many missed ticks are made up for after a stall; what is beyond is left out, as the other side's jitter buffer
would throw it away."""

_SPARE_S: Final = 0.0003
_MOST_LEAD_S: Final = 0.004  # less than a fine beat
_RESOLUTION_S: Final = 1e-6
_CLOCK_MONOTONIC: Final = 1
_ABSOLUTE: Final = 1


class Alarm(Protocol):
    """Something that wakes at a time of the loop's clock, once."""

    def set(self, when: float) -> None: ...

    def close(self) -> None: ...


class LoopAlarm:
    """The loop's own timer, which may be a millisecond late: epoll counts in those."""

    def __init__(self, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
        self._loop = loop
        self._wake = wake
        self._handle: asyncio.TimerHandle | None = None

    def set(self, when: float) -> None:
        self._handle = self._loop.call_at(when, self._wake)

    def close(self) -> None:
        if self._handle is not None:
            self._handle.cancel()


class _Time(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _TimerSetting(ctypes.Structure):
    _fields_ = (("interval", _Time), ("value", _Time))


class TimerFd:
    """timerfd_create(2), by which the kernel wakes the loop to some microseconds. Raises OSError."""

    def __init__(self, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._number: int = self._libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._number < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._setting = _TimerSetting()
        self._at = ctypes.byref(self._setting)
        self._loop = loop
        loop.add_reader(self._number, wake)

    def set(self, when: float) -> None:
        """This also makes the descriptor unreadable again."""
        nanoseconds = max(1, round(when * 1e9))
        self._setting.value.seconds, self._setting.value.nanoseconds = divmod(nanoseconds, 1_000_000_000)
        self._libc.timerfd_settime(self._number, _ABSOLUTE, self._at, None)

    def close(self) -> None:
        self._loop.remove_reader(self._number)
        os.close(self._number)


def precise_alarm(loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> Alarm:
    """The best that this system has."""
    if sys.platform != "linux":
        return LoopAlarm(loop, wake)
    return TimerFd(loop, wake)


class Ticker:
    """Calls `tick` at start + n * 20 ms by the loop's clock, without drift; `skip(n)` for ticks left out; `between`
    twice in that time while the beat is fine.

    `prepare` is called so long before a tick as it lately took, so that the tick itself has only to send: what goes
    out then keeps the beat, however long the work before took. After a late awakening it is left out. `between` is
    as early, so that the times of `prepare` and `between`, when packets are read, are evenly apart.
    """

    def __init__(
        self,
        tick: Callable[[], None],
        skip: Callable[[int], None],
        between: Callable[[], None] | None = None,
        prepare: Callable[[], None] | None = None,
        alarm: Callable[[asyncio.AbstractEventLoop, Callable[[], None]], Alarm] = precise_alarm,
    ) -> None:
        self._tick = tick
        self._skip = skip
        self._between = between
        self._prepare = prepare
        self._make_alarm = alarm
        self._alarm: Alarm | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._began = 0.0
        self._done = 0
        self._beat = 0
        self._fine = False
        self._to_prepare = False
        self._preparing_s = 0.0

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._began, self._done, self._beat = loop.time(), 0, 0
        self._loop = loop
        self._alarm = self._make_alarm(loop, self._wake)
        self._set_next()

    def stop(self) -> None:
        if self._alarm is not None:
            self._alarm.close()
            self._alarm = None

    def set_fine(self, fine: bool) -> None:
        """From the next beat on."""
        self._fine = fine and self._between is not None

    @property
    def _due_at(self) -> float:
        return self._began + self._beat * TICK_S / BEATS_A_TICK

    def _set_next(self) -> None:
        if self._alarm is None:
            return
        self._beat = self._beat + 1 if self._fine else BEATS_A_TICK * (self._done + 1)
        self._to_prepare = self._prepare is not None and self._beat % BEATS_A_TICK == 0
        lead = min(_SPARE_S + 1.5 * self._preparing_s, _MOST_LEAD_S) if self._prepare is not None else 0.0
        self._alarm.set(self._due_at - lead)

    def _wake(self) -> None:
        if self._loop is None or self._alarm is None:
            return
        if self._to_prepare and self._prepare is not None and self._loop.time() < self._due_at - _RESOLUTION_S:
            self._run_prepare(self._loop, self._prepare)
        else:
            self._run_due(self._loop)

    def _run_prepare(self, loop: asyncio.AbstractEventLoop, prepare: Callable[[], None]) -> None:
        self._to_prepare = False
        began = loop.time()
        try:
            prepare()
        finally:
            self._preparing_s = max(loop.time() - began, 0.95 * self._preparing_s)
            if self._alarm is not None:
                self._alarm.set(self._due_at)

    def _run_due(self, loop: asyncio.AbstractEventLoop) -> None:
        # The alarm may be early by the clock's resolution: at least what it was set for is due.
        beat = max(self._beat, int((loop.time() - self._began) / TICK_S * BEATS_A_TICK + 1e-6))
        self._beat = beat
        due = beat // BEATS_A_TICK - self._done
        try:
            if due > MOST_TICKS_AT_ONCE:
                _log.warning("media_stalled", ticks_left_out=due - MOST_TICKS_AT_ONCE)
                self._done += due - MOST_TICKS_AT_ONCE
                self._skip(due - MOST_TICKS_AT_ONCE)
                due = MOST_TICKS_AT_ONCE
            for _ in range(due):
                self._done += 1
                self._tick()
            if due <= 0 and self._between is not None:
                self._between()
        finally:  # a fault of one tick goes to the loop's exception handler; the beat goes on
            self._set_next()
