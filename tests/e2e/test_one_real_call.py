"""One real call, end to end: a SIP caller, the line, two operators in Chromium, the survey, the manager's page."""

from __future__ import annotations

import asyncio
import io
import re
from pathlib import Path
from urllib.parse import urljoin

import numpy as np
import pytest
import soundfile
from playwright.async_api import Page, Playwright, expect

from app.simulator.phone import SimulatedPhone
from tests.e2e.panel_steps import ready, takes_the_call
from tests.e2e.real_office import Desk, Office, desk, likeness, microphone, office, simulated_phone, speech

pytestmark = pytest.mark.needs_debian("chromium")

CALLER = "+79271234567"
SHOWN = "+7 927 123-45-67"
GREETING = (
    "Добрый день! Служба жилищного надзора Астраханской области. "
    "Меня зовут Иванова Анна Сергеевна, специалист. Чем могу вам помочь?"
)
QUESTION = "Здравствуйте! Скажите, какой срок рассмотрения моего обращения?"
SAME_SOUND = 0.6
"""The same speech lies above in spite of codec, buffers and clocks; the same speech backwards lies below."""


async def test_a_call_from_the_first_ring_to_the_managers_page(tmp_path: Path, browsers: Playwright) -> None:
    greeting, question = await speech(GREETING, "ru+f5"), await speech(QUESTION)
    sound = microphone(tmp_path / "greeting.wav", greeting, silence_s=3.0)
    async with (
        office(tmp_path, trunk="127.0.0.1:1", record_calls="true") as running,
        desk(browsers, running, "ivanova", sound) as ivanova,
        desk(browsers, running, "petrov", sound) as petrov,
        simulated_phone(CALLER) as caller,
    ):
        await ready(ivanova.page)
        await caller.call(running.line)
        await expect(ivanova.page.locator("#pop-number")).to_have_text(SHOWN)
        await takes_the_call(ivanova.page)

        await caller.say(question)
        await heard_and_ticked(ivanova.page)
        await sounds_arrived(ivanova, caller, question, greeting)

        await ready(petrov.page)
        await transfer(ivanova.page, petrov.page, "Петров")
        await expect(petrov.page.locator("#talk")).to_contain_text("срок рассмотрения моего обращения")
        await expect(petrov.page.locator("#transfers")).to_contain_text("1")
        await ready(ivanova.page)
        await transfer(petrov.page, ivanova.page, "Иванова")
        await ready(petrov.page)
        await third_transfer_is_refused(ivanova.page)
        await promise(ivanova.page)

        await ivanova.page.click('#call-actions [data-action="to_survey"]')
        await rate_by_keys(caller)
        await expect(ivanova.page.locator("#survey")).to_contain_text("частично удовлетворен")
        assert ivanova.faults == petrov.faults == []
        await the_manager_sees_it(browsers, running, question, greeting)


async def heard_and_ticked(page: Page) -> None:
    """Both sides' words stand in the transcript, and the greeting has ticked."""
    await expect(page.locator("#talk")).to_contain_text("срок рассмотрения моего обращения", timeout=20_000)
    await expect(page.locator("#talk")).to_contain_text("жилищного надзора", timeout=25_000)
    await expect(page.locator('#stages [data-state="done"]').first).to_be_visible(timeout=20_000)


async def sounds_arrived(operator: Desk, caller: SimulatedPhone, question: bytes, greeting: bytes) -> None:
    """What was said at one end is what arrived at the other."""
    for sent, heard in ((question, operator.heard), (greeting, caller.heard.pcm)):
        backwards = np.frombuffer(sent, dtype="<i2")[::-1].tobytes()
        assert likeness(sent, heard) > SAME_SOUND > likeness(backwards, heard)


async def transfer(source: Page, target: Page, surname: str) -> None:
    """Tell the caller, choose the colleague; the colleague accepts with everything so far in sight."""
    await source.click('#call-actions [data-action="transfer"]')
    await source.check("#transfer-told")
    await source.locator("#transfer-people .person-choice", has_text=surname).click()
    await expect(source.locator("#call-bar")).to_have_attribute("data-phase", "transferring")
    await expect(target.locator("#pop-number")).to_have_text(SHOWN)
    await target.click("#pop-accept")
    await expect(target.locator("#call-bar")).to_have_attribute("data-phase", "talking")
    await expect(source.locator("#wrap-up")).to_be_visible()


async def third_transfer_is_refused(page: Page) -> None:
    await page.click('#call-actions [data-action="transfer"]')
    await expect(page.locator("#transfer-limit")).to_be_visible()
    await page.check("#transfer-told")
    await page.locator("#transfer-people .person-choice", has_text="Петров").click()
    await expect(page.locator("#sheet-promise")).to_be_visible()
    await expect(page.locator("#promise-why-words")).to_contain_text("переключ")


async def promise(page: Page) -> None:
    """A number that is none is refused at the field; a good one is written down."""
    await page.fill("#promise-number", "12")
    await page.fill("#promise-asked", "Ответ по обращению № 4567")
    await page.click("#promise-form button[type=submit]")
    await expect(page.locator("#promise-number-error")).not_to_be_empty()
    await page.fill("#promise-number", "8 (927) 123-45-67")
    await page.fill("#promise-interval", "после обеда")
    await page.click("#promise-form button[type=submit]")
    await page.click("#tab-promises")
    await expect(page.locator("#promises")).to_contain_text(SHOWN)


async def rate_by_keys(caller: SimulatedPhone) -> None:
    """Yes, then a key that means nothing and is asked again, then «частично удовлетворен»."""
    assert await caller.wait_for_quiet(quiet_s=1.0)
    caller.press("1")
    assert await caller.wait_for_quiet(quiet_s=1.0)
    caller.press("9")
    assert await caller.wait_for_quiet(quiet_s=1.0)
    caller.press("2")
    await asyncio.wait_for(caller.ended.wait(), 20)


async def the_manager_sees_it(browsers: Playwright, running: Office, question: bytes, greeting: bytes) -> None:
    """The page of figures, the list, the record: the call, its transfers, its ratings, its sound."""
    async with desk(browsers, running, "volkov") as manager:
        page = manager.page
        await page.goto(f"{running.pages}/manager")
        await expect(page.locator("main")).to_contain_text("Получен ли ответ на Ваш вопрос?")
        await expect(page.locator("main")).to_contain_text("частично удовлетворен")
        await page.goto(f"{running.pages}/manager/calls")
        await page.locator("a[href*='/manager/calls/']").first.click()
        record = page.locator("main")
        await expect(record).to_contain_text("срок рассмотрения моего обращения")
        await expect(record).to_contain_text("Петров")
        await expect(record).to_contain_text("частично удовлетворен")
        await expect(record).to_contain_text(re.compile("обеща", re.IGNORECASE))
        await expect(record).to_contain_text("Качество связи (абонент)")
        await both_sides_were_recorded(page, question, greeting)
        assert manager.faults == []


async def both_sides_were_recorded(page: Page, question: bytes, greeting: bytes) -> None:
    """The page plays what the caller said on the left and what the caller heard on the right."""
    player = page.locator("audio")
    await expect(player).to_have_count(1)
    answer = await page.request.get(urljoin(page.url, await player.get_attribute("src") or ""))
    sound, rate = soundfile.read(io.BytesIO(await answer.body()), dtype="int16")
    assert rate == 8000
    left, right = sound[:, 0].tobytes(), sound[:, 1].tobytes()
    assert likeness(question, left) > SAME_SOUND > likeness(question, right)
    assert likeness(greeting, right) > SAME_SOUND > likeness(greeting, left)
