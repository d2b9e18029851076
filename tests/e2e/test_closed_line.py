"""The line when it is closed: at night, in the lunch break, on a public holiday (L1).

Three lines at once, each with its clock moved to such a time; a real recogniser understands what a caller heard.
And one at night to which two callers say the number of the call back.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
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
from app.domain.facts import By, NumberAsked, NumberGiven, NumberMissed, PromiseMade
from app.domain.spoken_numbers import UNITS
from app.domain.spoken_russian import spoken_digits
from app.domain.working_time import Schedule, intervals_of, is_open
from app.simulator.phone import SimulatedPhone
from app.storage.flows import load_profile
from tests.e2e.real_office import Office, desk, office, simulated_phone, speech
from tests.e2e.stored import calls_of, ended_call, facts_of, promises_of, state_of, until

CALLER, SECOND_CALLER = "+79271234567", "+79271234568"
SAID = "восемь, девятьсот двенадцать, триста сорок пять, шестьдесят семь, восемьдесят девять"
NUMBER = "+79123456789"
OTHER_SAID = "восемь, девятьсот тринадцать, двести сорок пять, шестьдесят семь, ноль восемь"
OTHER_NUMBER = "+79132456708"
DIGITS = (*UNITS[:10], "[unk]")
NUMBER_SOUNDS_S = 4.5
"""The sound of «Ваш номер: …» without its pauses (3.8 s, measured), and a little of what follows."""
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


def working_hours() -> Schedule:
    this_year = datetime.now(UTC).year
    return load_profile(PROJECT / "call_flows" / "housing", years=range(this_year, this_year + 3)).schedule


@dataclass(frozen=True)
class OneCall:
    record: CallRecord
    heard: bytes


@pytest.mark.needs_debian("chromium")
async def test_three_times_at_which_the_line_is_closed(tmp_path: Path, browsers: Playwright) -> None:
    schedule = working_hours()
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


async def test_a_number_is_said_and_one_that_was_wrong_is_put_right(tmp_path: Path) -> None:
    night = closed_times(working_hours())["night"]
    async with closed_line(
        tmp_path / "said", night, "21300-21398", ("recogniser", "line"), voice_rate=180
    ) as running:
        async with asyncio.TaskGroup() as group:
            right = group.create_task(says_the_right_number(running))
            wrong = group.create_task(says_a_wrong_number_first(running))
        assert [await digits_of(running, sound) for sound in right.result()] == [NUMBER]
        assert [await digits_of(running, sound) for sound in wrong.result()] == [NUMBER, OTHER_NUMBER]
        calls = {record.row.number: record for record in calls_of(running)}
        for caller, number in ((CALLER, NUMBER), (SECOND_CALLER, OTHER_NUMBER)):
            assert [made.number for made in facts_of(calls[caller], PromiseMade)] == [number]
            assert facts_of(calls[caller], NumberAsked) == [NumberAsked(1)]
            assert facts_of(calls[caller], NumberGiven) == [NumberGiven(By.VOICE)]
            assert facts_of(calls[caller], NumberMissed) == []
            assert number[2:] not in running.log_of("line") + running.log_of("recogniser")


async def says_the_right_number(running: Office) -> list[bytes]:
    """Says it, hears it, says «да»: what was read back."""
    said, yes = await speech(SAID, "ru+m3"), await speech("да, верно", "ru+m3")
    async with simulated_phone(CALLER) as caller:
        await asked_for_a_number(caller, running)
        back = await answered(caller, said)
        assert promises_of(running, PromiseList.OPEN) == ()
        await caller.say(yes)
        await promised(running, NUMBER)
        return [back]


async def says_a_wrong_number_first(running: Office) -> list[bytes]:
    """Says another instead of «да», hears that one, and presses 1: what was read back."""
    wrong, right = await speech(SAID, "ru+f3"), await speech(f"нет, {OTHER_SAID}", "ru+f3")
    async with simulated_phone(SECOND_CALLER) as caller:
        await asked_for_a_number(caller, running)
        back = [await answered(caller, wrong), await answered(caller, right, heard_out=False)]
        caller.press("1")
        await promised(running, OTHER_NUMBER)
        return back


async def asked_for_a_number(caller: SimulatedPhone, running: Office) -> None:
    """Key 2 while the line says why it is closed: another number than the one that is shown."""
    await caller.call(running.line)
    await asyncio.sleep(2)
    caller.press("2")
    # The rest of what the key cuts off is no question, nor are the pauses in the question its end.
    assert await caller.wait_for_quiet(after_sound_s=2.0, quiet_s=0.7)


async def answered(caller: SimulatedPhone, said: bytes, *, heard_out: bool = True) -> bytes:
    """What the line says to it: all of it, or the number alone."""
    await caller.say(said)
    start = len(caller.heard.pcm)
    assert await caller.wait_for_quiet(after_sound_s=NUMBER_SOUNDS_S, quiet_s=0.7 if heard_out else 0.0)
    return bytes(caller.heard.pcm[start:])


async def promised(running: Office, number: str) -> None:
    def made() -> bool:
        return number in {row.promise.number for row in promises_of(running, PromiseList.OPEN)}

    await until(made, "the number is promised a call back")


async def digits_of(running: Office, sound: bytes) -> str:
    """The one of the two numbers that the recogniser hears in it digit by digit; else what it heard."""
    heard = await understood(running, sound, DIGITS)
    spoken = {number: spoken_digits(number).replace(",", "") for number in (NUMBER, OTHER_NUMBER)}
    return next((number for number, words in spoken.items() if words in heard), heard)


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
    folder: Path, closed: ClosedTime, rtp_ports: str, processes: tuple[str, ...], **settings: object
) -> AbstractAsyncContextManager[Office]:
    folder.mkdir()
    shift = round((closed.at - datetime.now(UTC)).total_seconds())
    return office(folder, processes, always_open="false", clock_shift_s=shift, rtp_ports=rtp_ports, **settings)


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


async def understood(running: Office, pcm: bytes, phrases: Sequence[str] = ()) -> str:
    """What the office's recogniser makes of the sound; of nothing but `phrases`, if any."""
    texts: list[str] = []
    config = {"sample_rate": 8000, **({"phrase_list": list(phrases)} if phrases else {})}
    async with connect(running.settings.recogniser_address, proxy=None) as connection:
        await connection.send(json.dumps({"config": config}))
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
