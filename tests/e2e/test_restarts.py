"""Processes end in mid-call, and pages are loaded anew: what callers and operators notice of it."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Playwright, expect

from app.application.reports import PromiseList
from app.domain.calls import Phase
from app.domain.facts import By
from app.simulator.phone import SimulatedPhone
from tests.e2e.panel_steps import hang_up_with_a_reason, is_alive, ready, takes_the_call, talks
from tests.e2e.real_office import Desk, Office, desk, likeness, microphone, office, simulated_phone, speech
from tests.e2e.stored import calls_of, ended_call, promises_of, state_of, until

pytestmark = pytest.mark.needs_debian("chromium")

CALLER = "+79271234567"
SHOWN = "+7 927 123-45-67"
SAYS = "Добрый день! Служба жилищного надзора."
ASKS = "Скажите, какой срок рассмотрения моего обращения?"
ANSWERS = "Нужен паспорт и заявление."
SAME_SOUND = 0.6


@dataclass
class Conversation:
    """A call under way: a SIP caller, and an operator in Chromium whose microphone says SAYS all the time."""

    office: Office
    operator: Desk
    caller: SimulatedPhone
    said: bytes

    async def still_sounds(self, text: str) -> None:
        """What each says from now on arrives at the other."""
        words = await speech(text)
        self.operator.heard.clear()
        self.caller.heard.pcm.clear()
        await self.caller.say(words)
        pairs = ((words, self.operator.heard), (self.said, self.caller.heard.pcm))
        for sent, heard in pairs:
            await until(lambda: len(heard) > len(sent), "sound arrives")  # noqa: B023
            await until(lambda: likeness(sent, heard) > SAME_SOUND, "it is what was said")  # noqa: B023


@asynccontextmanager
async def conversation(folder: Path, browsers: Playwright) -> AsyncIterator[Conversation]:
    said = await speech(SAYS, "ru+f5")
    sound = microphone(folder / "says.wav", said, silence_s=0.5)
    async with (
        office(folder) as running,
        desk(browsers, running, "ivanova", sound) as ivanova,
        simulated_phone(CALLER) as caller,
    ):
        await ready(ivanova.page)
        await caller.call(running.line)
        await takes_the_call(ivanova.page)
        yield Conversation(running, ivanova, caller, said)


async def test_web_restarts_and_the_page_is_loaded_anew(tmp_path: Path, browsers: Playwright) -> None:
    async with conversation(tmp_path, browsers) as call:
        page = call.operator.page
        await call.office.stop("web")
        await expect(page.locator("#strip")).to_be_visible()
        await call.still_sounds(ASKS)
        assert await page.locator("#call-bar").get_attribute("data-phase") == "talking"
        await call.office.start("web")
        await expect(page.locator("#strip")).to_be_hidden(timeout=30_000)
        await expect(page.locator("#talk")).to_contain_text("срок рассмотрения моего обращения")

        await page.reload()
        await is_alive(page)
        await talks(page)
        await expect(page.locator("#talk")).to_contain_text("срок рассмотрения моего обращения")
        await expect(page.locator("#sound")).to_have_attribute("data-state", "good")
        await call.still_sounds(ANSWERS)
        assert not call.caller.ended.is_set()


async def test_the_recogniser_is_killed_and_then_the_line(tmp_path: Path, browsers: Playwright) -> None:
    async with conversation(tmp_path, browsers) as call:
        await without_and_with_recognition(call)
        page = call.operator.page
        await call.office.stop("line", signal.SIGKILL)
        (cut,) = calls_of(call.office)
        assert state_of(cut).phase is Phase.TALKING
        await call.office.start("line")
        closed = await ended_call(call.office)
        assert closed.row.id == cut.row.id
        state = state_of(closed)
        assert (state.ended_by, state.end_why) == (By.LINE, "interrupted")
        (promise,) = promises_of(call.office, PromiseList.OPEN)
        assert (promise.promise.number, promise.promise.made_by) == (CALLER, By.LINE)

        await expect(page.locator("#strip")).to_be_hidden(timeout=30_000)
        await expect(page.locator("#call-bar")).to_have_attribute("data-phase", "idle")
        await page.click("#tab-promises")
        await expect(page.locator("#promises .promise")).to_contain_text(SHOWN)
        call.caller.hang_up()
        async with simulated_phone(CALLER) as again:
            await expect(page.locator("#sound")).to_have_attribute("data-state", "good", timeout=30_000)
            await ready(page)
            await again.call(call.office.line)
            await takes_the_call(page)
            await hang_up_with_a_reason(page)


async def without_and_with_recognition(call: Conversation) -> None:
    """The panel says that nothing is recognised, the script goes by hand, sound goes on; then words come again."""
    page = call.operator.page
    await call.office.stop("recogniser", signal.SIGKILL)
    await expect(page.locator("#recogniser-away")).to_be_visible()
    step = page.locator("#steps .step-box").last
    before = await step.get_attribute("aria-checked")
    await step.click()
    await expect(step).to_have_attribute("aria-checked", "false" if before == "true" else "true")
    await call.still_sounds(ANSWERS)
    await call.office.start("recogniser")
    await expect(page.locator("#recogniser-away")).to_be_hidden(timeout=30_000)
    await call.caller.say(await speech(ASKS))
    words = page.locator("#talk .said-caller").last
    await expect(words).to_contain_text("срок рассмотрения моего обращения", timeout=30_000)


async def test_without_a_microphone_one_listens(tmp_path: Path, browsers: Playwright) -> None:
    async with (
        office(tmp_path) as running,
        desk(browsers, running, "ivanova") as ivanova,
        simulated_phone(CALLER) as caller,
    ):
        page = ivanova.page
        await expect(page.locator("#sound-words")).to_contain_text("Без микрофона")
        await ready(page)
        await caller.call(running.line)
        await takes_the_call(page)
        question = await speech(ASKS)
        await caller.say(question)
        await until(lambda: likeness(question, ivanova.heard) > SAME_SOUND, "the operator hears the caller")
        await expect(page.locator("#talk")).to_contain_text("рассмотрения моего обращения", timeout=20_000)
        await expect(page.locator("#sound-words")).to_contain_text("Без микрофона")
        assert ivanova.faults == []
