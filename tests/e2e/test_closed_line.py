"""The line when it is closed: at night, in the lunch break, on a public holiday (L1).

Three lines at once, each with its clock moved to such a time; a real recogniser understands what a caller heard.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Playwright, expect
from websockets.asyncio.client import connect

from app.application.reports import CallRecord, PromiseList
from app.config import PROJECT
from app.domain.calls import Outcome
from app.domain.facts import By
from app.domain.working_time import Schedule, intervals_of, is_open
from app.storage.flows import load_profile
from tests.e2e.real_office import Office, desk, office, simulated_phone
from tests.e2e.stored import calls_of, ended_call, promises_of, state_of

pytestmark = pytest.mark.needs_debian("chromium")

CALLER = "+79271234567"
DAY = timedelta(days=1)
FULL_DAY = ((time(8, 30), time(12)), (time(13), time(17, 30)))
HOLIDAYS = ((1, 1), (2, 23), (3, 8), (5, 1), (6, 12), (11, 4))
"""Labour Code, article 112: month and day."""
ENDS_WITHIN_S = 90.0


@dataclass(frozen=True)
class ClosedTime:
    """A time at which the line is closed, and whether that is when it opens again."""

    at: datetime
    opens: Callable[[datetime], bool]


def closed_times(schedule: Schedule) -> dict[str, ClosedTime]:
    """The next of each kind, all later than now; `holiday` falls on a weekday, in hours that are open otherwise."""

    def at(day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, schedule.zone)

    days = [datetime.now(schedule.zone).date() + DAY * n for n in range(1, 400)]
    working = next(day for day in days if intervals_of(schedule, day) == FULL_DAY)
    holiday = next(day for day in days if (day.month, day.day) in HOLIDAYS and day.weekday() < 5)
    return {
        "night": ClosedTime(at(working, time(3)), lambda opening: opening == at(working, time(8, 30))),
        "lunch": ClosedTime(at(working, time(12, 20)), lambda opening: opening == at(working, time(13))),
        "holiday": ClosedTime(at(holiday, time(10)), lambda opening: opening >= at(holiday + DAY, time(8, 30))),
    }


@dataclass(frozen=True)
class OneCall:
    record: CallRecord
    heard: bytes


async def test_three_times_at_which_the_line_is_closed(tmp_path: Path, browsers: Playwright) -> None:
    this_year = datetime.now(UTC).year
    schedule = load_profile(PROJECT / "call_flows" / "housing", years=range(this_year, this_year + 3)).schedule
    times = closed_times(schedule)
    async with asyncio.TaskGroup() as group:
        night = group.create_task(at_night(tmp_path / "night", times["night"], browsers))
        lunch = group.create_task(in_the_lunch_break(tmp_path / "lunch", times["lunch"]))
        holiday = group.create_task(on_a_holiday(tmp_path / "holiday", times["holiday"], schedule))
    for name, call in (("night", night.result()), ("lunch", lunch.result()), ("holiday", holiday.result())):
        state = state_of(call.record)
        assert state.outcome is Outcome.OUT_OF_HOURS, name
        assert (state.ended_by, state.end_why) == (By.LINE, "closed"), name
        assert state.next_opening is not None, name
        assert times[name].opens(state.next_opening.astimezone(schedule.zone)), name
        assert len(call.heard) > 16000 * 5, name


async def at_night(folder: Path, closed: ClosedTime, browsers: Playwright) -> OneCall:
    """To the end of the announcement, which is understood; the manager sees the call as what it was."""
    async with closed_line(folder, closed, "21000-21098", ("recogniser", "line", "web")) as running:
        call = await one_call(running)
        said = await understood(running, call.heard)
        assert "работает" in said
        assert "восемь" in said
        await the_manager_sees_it(browsers, running, closed.at.date())
        return call


async def in_the_lunch_break(folder: Path, closed: ClosedTime) -> OneCall:
    """To the end of the announcement, without a key: nothing is promised."""
    async with closed_line(folder, closed, "21100-21198", ("line",)) as running:
        call = await one_call(running)
        assert promises_of(running, PromiseList.OPEN) == ()
        return call


async def on_a_holiday(folder: Path, closed: ClosedTime, schedule: Schedule) -> OneCall:
    """Key 1 leaves a promise, which falls due in working time after the opening."""
    async with closed_line(folder, closed, "21200-21298", ("line",)) as running:
        call = await one_call(running, key="1")
        (made,) = promises_of(running, PromiseList.OPEN)
        assert (made.promise.number, made.promise.made_by) == (CALLER, By.CALLER)
        opening = state_of(call.record).next_opening
        assert opening is not None
        assert made.promise.due_at > opening
        assert is_open(schedule, made.promise.due_at - timedelta(seconds=1))
        return call


def closed_line(
    folder: Path, closed: ClosedTime, rtp_ports: str, processes: tuple[str, ...]
) -> AbstractAsyncContextManager[Office]:
    folder.mkdir()
    shift = round((closed.at - datetime.now(UTC)).total_seconds())
    return office(folder, processes, always_open="false", clock_shift_s=shift, rtp_ports=rtp_ports)


async def one_call(running: Office, key: str = "") -> OneCall:
    """A caller who hears the announcement, presses the key in it, if any, and waits for the line to hang up."""
    async with simulated_phone(CALLER) as caller:
        await caller.call(running.line)
        if key:
            await asyncio.sleep(2)
            caller.press(key)
        await asyncio.wait_for(caller.ended.wait(), ENDS_WITHIN_S)
        assert caller.end_why == "hung_up"
        return OneCall(await ended_call(running), bytes(caller.heard.pcm))


async def understood(running: Office, pcm: bytes) -> str:
    """What the office's recogniser makes of the sound."""
    texts: list[str] = []
    async with connect(running.settings.recogniser_address, proxy=None) as connection:
        await connection.send('{"config": {"sample_rate": 8000}}')
        for start in range(0, len(pcm), 16000):
            await connection.send(pcm[start : start + 16000])
            texts.append(json.loads(await connection.recv()).get("text", ""))
        await connection.send('{"eof" : 1}')
        texts.append(json.loads(await connection.recv()).get("text", ""))
    return " ".join(filter(None, texts))


async def the_manager_sees_it(browsers: Playwright, running: Office, day: date) -> None:
    """Out of hours, and not lost."""
    async with desk(browsers, running, "volkov") as manager:
        page = manager.page
        await page.goto(f"{running.pages}/manager?from={day}&to={day}")
        await expect(page.locator("#card-out-of-hours .figure-value")).to_have_text("1")
        await expect(page.locator("#card-lost .figure-value")).to_have_text("0")
        (call,) = calls_of(running)
        await page.goto(f"{running.pages}/manager/calls/{call.row.id}")
        await expect(page.locator("main")).to_contain_text("вне часов работы")
        assert manager.faults == []
