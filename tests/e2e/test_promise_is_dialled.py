"""A promise to call back is kept: one click on the panel, and a telephone rings at the other end of the trunk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Playwright, expect

from app.application.reports import PromiseList
from app.domain.calls import Direction, Outcome
from app.domain.facts import PromiseAttempted
from app.simulator.phone import SimulatedPhone
from tests.e2e.panel_steps import (
    dials_the_promise,
    hang_up_with_a_reason,
    promises_to_call_back,
    ready,
    takes_the_call,
    talks,
    wrapped_up,
)
from tests.e2e.real_office import (
    Desk,
    desk,
    free_port,
    likeness,
    microphone,
    office,
    simulated_phone,
    speech,
)
from tests.e2e.stored import ended_call, facts_of, promises_of, until

pytestmark = pytest.mark.needs_debian("chromium")

PERSON = "+79277654321"
SHOWN = "+7 927 765-43-21"
ASKED = "Рассмотрено ли обращение № 4567"
SAME_SOUND = 0.6


async def test_the_promised_call_finds_the_person_busy_then_reaches_them(
    tmp_path: Path, browsers: Playwright
) -> None:
    news = await speech("Ваше обращение рассмотрено, ответ направлен.", "ru+f5")
    thanks = await speech("Большое вам спасибо, я вас хорошо слышу.")
    sound = microphone(tmp_path / "news.wav", news, silence_s=1.0)
    port = free_port()
    async with (
        simulated_phone("city", answers=True, port=port) as person,
        office(tmp_path, trunk=f"127.0.0.1:{port}") as running,
        desk(browsers, running, "ivanova", sound) as ivanova,
    ):
        page = ivanova.page
        await ready(page)
        async with simulated_phone(PERSON) as caller:
            await caller.call(running.line)
            await takes_the_call(page)
            await promises_to_call_back(page, PERSON, ASKED)
            await hang_up_with_a_reason(page)
        await wrapped_up(page)

        async with in_another_call(person.address):
            await dials_the_promise(page)
            await expect(page.locator("#wrap-up")).to_be_visible()
            missed = await ended_call(running)
            assert (missed.row.direction, missed.row.outcome) == (Direction.OUTGOING, Outcome.NOT_REACHED)
            assert [fact.why for fact in facts_of(missed, PromiseAttempted)] == ["busy"]
            await expect(page.locator("#promises .promise")).to_contain_text("1 попытка")
        await wrapped_up(page)

        await dials_the_promise(page)
        await talks(page)
        await expect(page.locator("#kept-promise-asked")).to_have_text(ASKED)
        await expect(page.locator("#promises .promise")).to_have_count(0)
        await person.say(thanks)
        await both_hear_each_other(ivanova, person, news, thanks)
        (kept,) = promises_of(running, PromiseList.KEPT)
        assert (kept.promise.number, kept.promise.attempts) == (PERSON, 2)
        assert promises_of(running, PromiseList.OPEN) == ()
        person.hang_up()
        await expect(page.locator("#wrap-up")).to_be_visible()
        reached = await ended_call(running)
        assert (reached.row.direction, reached.row.outcome) == (Direction.OUTGOING, Outcome.ANSWERED)
        assert kept.promise.kept_in == reached.row.id
        assert ivanova.faults == []


@asynccontextmanager
async def in_another_call(address: str) -> AsyncIterator[None]:
    """Somebody else talks with that telephone."""
    async with simulated_phone("+78512000000") as other:
        await other.call(address)
        yield


async def both_hear_each_other(operator: Desk, person: SimulatedPhone, news: bytes, thanks: bytes) -> None:
    for sent, heard in ((thanks, operator.heard), (news, person.heard.pcm)):
        await until(lambda: likeness(sent, heard) > SAME_SOUND, "the sound has arrived")  # noqa: B023
