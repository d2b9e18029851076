"""The beat, under a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from itertools import pairwise
from typing import Any, TypeVarTuple, Unpack

import pytest

from app.telephony.ticker import BEATS_A_TICK, MOST_TICKS_AT_ONCE, TICK_S, LoopAlarm, Ticker, precise_alarm

_Arguments = TypeVarTuple("_Arguments")


class ClockLoop(asyncio.SelectorEventLoop):
    """Its time stands still until moved; it keeps the one timer that was set."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = 1000.0
        self.timer: tuple[float, Callable[..., object], tuple[Any, ...]] | None = None

    def time(self) -> float:
        return self.clock

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[_Arguments]], object],
        *args: *_Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        self.timer = when, callback, args
        return asyncio.TimerHandle(when, callback, args, self)

    def wake_at(self, when: float) -> None:
        """Let the timer fire at that time, which is the one set or later."""
        assert self.timer is not None
        deadline, callback, args = self.timer
        self.clock = max(when, deadline)
        callback(*args)


class Beat:
    def __init__(self, loop: ClockLoop) -> None:
        self.loop = loop
        self.ticks = 0
        self.between = 0
        self.skipped: list[int] = []
        self.ticker = Ticker(self.tick, self.skipped.append, self.note_between, alarm=LoopAlarm)
        self.ticker.start(loop)

    def tick(self) -> None:
        self.ticks += 1

    def note_between(self) -> None:
        self.between += 1


@pytest.fixture
def beat() -> Any:
    loop = ClockLoop()
    yield Beat(loop)
    loop.close()


def test_does_not_drift(beat: Beat) -> None:
    for _ in range(50_000):
        beat.loop.wake_at(0)
        beat.loop.clock += 0.0004  # each time a little late
    assert beat.ticks == 50_000
    assert beat.loop.timer is not None
    assert beat.loop.timer[0] == pytest.approx(1000 + 50_001 * TICK_S, abs=1e-6)


@pytest.mark.parametrize("missed", [1, 5, MOST_TICKS_AT_ONCE])
def test_short_stall_is_made_up_for(beat: Beat, missed: int) -> None:
    beat.loop.wake_at(1000 + TICK_S * missed)
    assert (beat.ticks, beat.skipped) == (missed, [])


def test_long_stall_is_made_up_for_boundedly(beat: Beat) -> None:
    beat.loop.wake_at(1000 + TICK_S * 100)
    assert beat.ticks == MOST_TICKS_AT_ONCE
    assert beat.skipped == [100 - MOST_TICKS_AT_ONCE]
    beat.loop.wake_at(0)
    assert beat.ticks == MOST_TICKS_AT_ONCE + 1


def test_fault_of_a_tick_does_not_end_the_beat(beat: Beat) -> None:
    def fail() -> None:
        raise RuntimeError("a fault")

    ticker = Ticker(fail, beat.skipped.append, alarm=LoopAlarm)
    ticker.start(beat.loop)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            beat.loop.wake_at(0)
    assert beat.loop.timer is not None
    assert beat.loop.timer[0] == pytest.approx(1000 + 3 * TICK_S)


def test_stopped_within_a_tick(beat: Beat) -> None:
    ticker = Ticker(lambda: ticker.stop(), beat.skipped.append, alarm=LoopAlarm)
    ticker.start(beat.loop)
    before = beat.loop.timer
    beat.loop.wake_at(0)
    assert beat.loop.timer is before


def test_fine_beat_has_its_own_between_the_ticks(beat: Beat) -> None:
    beat.ticker.set_fine(True)
    for _ in range(1 + 10 * BEATS_A_TICK):
        beat.loop.wake_at(0)
    assert (beat.ticks, beat.between) == (11, 10 * (BEATS_A_TICK - 1))
    beat.ticker.set_fine(False)
    for _ in range(10):
        beat.loop.wake_at(0)
    assert beat.ticks == 20
    assert beat.between <= 11 * (BEATS_A_TICK - 1)
    assert beat.loop.clock == pytest.approx(1000 + 20 * TICK_S)


def test_fine_beats_that_were_missed_are_not_made_up_for(beat: Beat) -> None:
    beat.ticker.set_fine(True)
    beat.loop.wake_at(0)
    beat.loop.wake_at(1000 + 3.6 * TICK_S)
    assert (beat.ticks, beat.between) == (3, 0)
    beat.loop.wake_at(0)
    assert (beat.ticks, beat.between) == (3, 1)
    assert beat.loop.clock == pytest.approx(1000 + (int(3.6 * BEATS_A_TICK) + 1) / BEATS_A_TICK * TICK_S)


async def test_precise_alarm_wakes_once_when_it_is_set_and_not_before() -> None:
    loop = asyncio.get_running_loop()
    woken: asyncio.Queue[float] = asyncio.Queue()

    def wake() -> None:
        alarm.set(loop.time() + 3600)
        woken.put_nowait(loop.time())

    alarm = precise_alarm(loop, wake)
    for seconds in (0.003, 0.0, -5.0, 0.001):
        when = loop.time() + seconds
        alarm.set(when)
        assert await woken.get() >= when
        assert woken.empty()
    alarm.close()


class PreparedBeat(Beat):
    """With the preparing told too; `takes_s` is how long it takes."""

    def __init__(self, loop: ClockLoop) -> None:
        self.prepared: list[float] = []
        self.ticked: list[float] = []
        self.takes_s = 0.001
        super().__init__(loop)
        self.ticker = Ticker(self.tick, self.skipped.append, self.note_between, self.prepare, LoopAlarm)
        self.ticker.start(loop)

    def prepare(self) -> None:
        self.prepared.append(self.loop.clock)
        self.loop.clock += self.takes_s

    def tick(self) -> None:
        super().tick()
        self.ticked.append(self.loop.clock)


@pytest.fixture
def prepared() -> Any:
    loop = ClockLoop()
    yield PreparedBeat(loop)
    loop.close()


def test_preparing_comes_so_early_that_the_tick_is_on_time(prepared: PreparedBeat) -> None:
    for takes_s in (0.001, 0.002, 0.0005):
        prepared.takes_s = takes_s
        for _ in range(60):
            prepared.loop.wake_at(0)
        late = [clock - (1000 + TICK_S * (n + 1)) for n, clock in enumerate(prepared.ticked)]
        assert late[-1] == pytest.approx(0)
        lead = prepared.ticked[-1] - prepared.prepared[-1]
        assert takes_s < lead < 0.0035
    assert len(prepared.prepared) == len(prepared.ticked) == 90


def test_late_awakening_ticks_without_preparing(prepared: PreparedBeat) -> None:
    prepared.loop.wake_at(1000 + TICK_S * 3.2)
    assert (prepared.prepared, prepared.ticks) == ([], 3)
    prepared.loop.wake_at(0)
    assert (len(prepared.prepared), prepared.ticks) == (1, 3)
    prepared.loop.wake_at(0)
    assert prepared.ticks == 4


def test_reading_times_are_evenly_apart_while_the_beat_is_fine(prepared: PreparedBeat) -> None:
    prepared.ticker.set_fine(True)
    reads: list[float] = []
    prepared.takes_s = 0.0
    for _ in range(200):
        between, ticks = prepared.between, len(prepared.prepared)
        prepared.loop.wake_at(0)
        if prepared.between > between or len(prepared.prepared) > ticks:
            reads.append(prepared.loop.clock)
    steps = [after - before for before, after in pairwise(reads[9:])]
    assert len(steps) > 100
    assert min(steps) == pytest.approx(max(steps), abs=1e-4)
    assert steps[0] == pytest.approx(TICK_S / BEATS_A_TICK, abs=1e-4)
