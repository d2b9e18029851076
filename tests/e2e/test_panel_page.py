"""The operator's panel in a real browser, over the real site, gateway and application."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from app.application.ports import Ear, LegQuality, Reception
from app.storage.recordings import CallRecordings
from tests.e2e.panel_office import Office, open_browser, open_office, sign_in
from tests.fakes.phone import FakeLeg

pytestmark = pytest.mark.needs_debian("chromium")

CALLER = "+79271234567"
LINE = "+78512245022"
NARROW = {"width": 720, "height": 450}
"""1440x900 at 200 %."""
GREETING = "добрый день служба жилищного надзора меня зовут анна петровна специалист чем могу помочь"

expect.set_options(timeout=15_000)


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with open_office() as opened:
        yield opened


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


async def ready(page: Page) -> None:
    """The operator is at the desk and can be heard."""
    await expect(page.locator("#sound")).to_have_attribute("data-state", "good")
    await page.click("#go-ready")
    await expect(page.locator("#go-ready")).to_have_attribute("aria-pressed", "true")


async def talking(office: Office, page: Page) -> tuple[FakeLeg, FakeLeg]:
    """A caller and the operator of the page, talking."""
    await ready(page)
    caller = office.line.phone.call(CALLER, LINE)
    await page.click("#pop-accept")
    await expect(page.locator("#call-bar")).to_have_attribute("data-phase", "talking")
    return caller, office.line.phone.last("browser:ivanova")


def action(page: Page, name: str) -> Locator:
    return page.locator(f"#call-actions [data-action={name}]")


async def transfer(page: Page, colleague: str) -> None:
    await action(page, "transfer").click()
    await page.check("#transfer-told")
    await page.locator("#transfer-people button", has_text=colleague).click()


# --- a call ---------------------------------------------------------------------------------------------------


async def test_a_call_pops_is_accepted_and_its_steps_tick_as_they_are_heard(
    office: Office, browser: Browser
) -> None:
    page = await sign_in(office, browser)
    await ready(page)
    caller = office.line.phone.call(CALLER, LINE)
    await expect(page.locator("#pop")).to_be_visible()
    await expect(page.locator("#pop-number")).to_have_text("+7 927 123-45-67")
    await expect(page).to_have_title(re.compile("927 123-45-67"))
    await expect(page.locator("#pop-accept")).to_be_focused()
    await page.click("#pop-accept")
    await expect(page.locator("#pop")).to_be_hidden()
    operator = office.line.phone.last("browser:ivanova")
    assert caller.peer is operator
    await expect(page.locator("#phrase")).to_contain_text("Меня зовут Иванова Анна Петровна")
    office.line.hears(operator, GREETING)
    await expect(page.locator("#stages button").first).to_have_attribute("data-state", "done")
    await page.locator("#stages button").first.click()
    steps = page.locator("#steps .step-box")
    await expect(steps).to_have_count(5)
    for step in await steps.all():
        await expect(step).to_have_attribute("aria-checked", "true")
    await expect(page.locator(".step-heard").first).to_contain_text("добрый день")


async def test_a_tick_is_contested_and_another_is_made_by_hand(office: Office, browser: Browser) -> None:
    page = await sign_in(office, browser)
    _, operator = await talking(office, page)
    office.line.hears(operator, "добрый день")
    hello, body = page.locator("#steps .step-box").nth(0), page.locator("#steps .step-box").nth(1)
    await expect(hello).to_have_attribute("aria-checked", "true")
    await page.locator(".step-contest").first.click()
    await expect(hello).to_have_attribute("aria-checked", "false")
    await body.click()
    await expect(body).to_have_attribute("aria-checked", "true")
    await expect(page.locator(".step-heard").nth(1)).to_contain_text("вручную")


async def test_a_partial_is_pale_unannounced_and_replaced_by_the_final(office: Office, browser: Browser) -> None:
    page = await sign_in(office, browser)
    caller, _ = await talking(office, page)
    office.line.channel(caller).partial("у нас нет")
    partial = page.locator("#partial-caller")
    await expect(partial).to_have_text("у нас нет")
    assert await partial.evaluate("node => node.closest('[aria-hidden=true]') !== null")
    assert await partial.evaluate("node => node.closest('[role=log]') === null")
    office.line.hears(caller, "у нас нет отопления")
    await expect(page.locator("#talk .said-caller .said-words")).to_have_text("у нас нет отопления")
    await expect(partial).to_be_hidden()


async def test_the_caller_is_held_in_red_with_a_countdown_and_taken_back(office: Office, browser: Browser) -> None:
    page = await sign_in(office, browser)
    await talking(office, page)
    await action(page, "hold").click()
    await page.click('[data-seconds="30"]')
    bar = page.locator("#call-bar")
    await expect(bar).to_have_attribute("data-phase", "held")
    await expect(page.locator("#hold-words")).to_contain_text("Обещали вернуться через 0:")
    await expect(bar).to_have_attribute("data-hold", "soon", timeout=25_000)
    await action(page, "hold").click()
    await expect(bar).to_have_attribute("data-phase", "talking")
    await expect(page.locator("#hold-line")).to_be_hidden()


async def test_mute_is_red_and_clear(office: Office, browser: Browser) -> None:
    page = await sign_in(office, browser)
    await talking(office, page)
    await action(page, "mute").click()
    await expect(page.locator("#call-phase")).to_contain_text("микрофон выключен")
    await expect(page.locator("#sound")).to_have_attribute("data-state", "bad")
    await action(page, "mute").click()
    await expect(page.locator("#sound")).to_have_attribute("data-state", "good")


async def test_poor_sound_and_a_recording_are_marked_beside_the_call(browser: Browser, tmp_path: Path) -> None:
    recordings = CallRecordings(tmp_path)
    async with open_office(recordings) as office:
        page = await sign_in(office, browser)
        caller, operator = await talking(office, page)
        marks = page.locator("#call-marks")
        await expect(page.locator("#call-recorded")).to_have_text("запись")
        poor = LegQuality(loss_in=0.2, loss_out=None, jitter_ms=60, round_trip_ms=None, mos=2.1)
        office.line.exchange.quality_measured(caller.id, poor)
        await expect(marks).to_contain_text("Абонента плохо слышно")
        office.line.exchange.quality_measured(operator.id, poor)
        await expect(marks).to_contain_text("Ваша связь плохая")
        office.line.exchange.quality_measured(caller.id, replace(poor, mos=4.2))
        await expect(marks).not_to_contain_text("Абонента плохо слышно")
    recordings.close()


async def test_hanging_up_before_the_farewell_asks_for_the_reason(office: Office, browser: Browser) -> None:
    page = await sign_in(office, browser)
    caller, _ = await talking(office, page)
    await action(page, "hang_up").click()
    await expect(page.locator("#sheet-hang-up")).to_be_visible()
    await page.click("#hang-up-form button[type=submit]")
    await expect(page.locator("#hang-up-error")).not_to_be_empty()
    await page.click("#hang-up-reasons button:first-child")
    await expect(page.locator("#wrap-up")).to_be_visible()
    assert caller.gone


async def test_the_survey_is_followed_in_the_wrap_up(office: Office, browser: Browser) -> None:
    page = await sign_in(office, browser)
    caller, _ = await talking(office, page)
    await action(page, "to_survey").click()
    await expect(page.locator("#wrap-up")).to_be_visible()
    office.line.clock.advance(3)
    await expect(page.locator("#survey li")).to_have_attribute("data-state", "asking")
    office.line.phone.presses(caller, "1")
    await expect(page.locator("#survey li").first).to_contain_text("да")
    await expect(page.locator("#wrap-countdown")).to_contain_text("осталось")
    await page.click("#wrap-actions button")
    await expect(page.locator("#idle-title")).to_have_text("Ожидание звонка")


# --- transfer and promise -------------------------------------------------------------------------------------


async def test_a_third_transfer_is_refused_and_opens_the_promise_form(office: Office, browser: Browser) -> None:
    page = await sign_in(office, browser)
    await talking(office, page)
    office.line.sit_down("petrov")
    await transfer(page, "Петров")
    await expect(action(page, "take_back")).to_be_visible()
    office.line.do("petrov", "accept")
    await expect(page.locator("#wrap-up")).to_be_visible()
    await page.click("#go-ready")
    office.line.do("petrov", "transfer", to="ivanova", told=True)
    await expect(page.locator("#pop-title")).to_contain_text("Петров Пётр Ильич")
    await page.click("#pop-accept")
    await expect(page.locator("#transfers-made")).to_have_text("2 из 2")
    office.line.do("petrov", "ready")
    await transfer(page, "Петров")
    await expect(page.locator("#sheet-promise")).to_be_visible()
    await expect(page.locator("#promise-why")).to_contain_text("не более двух")
    await expect(page.locator("#promise-number")).to_have_value("+7 927 123-45-67")
    await expect(page.locator("#transfers-made")).to_have_text("2 из 2")


async def test_a_transfer_is_taken_back(office: Office, browser: Browser) -> None:
    page = await sign_in(office, browser)
    caller, operator = await talking(office, page)
    office.line.sit_down("petrov")
    await action(page, "transfer").click()
    await expect(page.locator("#transfer-people button").first).to_be_disabled()
    await page.keyboard.press("Escape")
    await transfer(page, "Петров")
    await action(page, "take_back").click()
    await expect(page.locator("#call-bar")).to_have_attribute("data-phase", "talking")
    await expect(page.locator("#transfers-made")).to_have_text("0 из 2")
    assert caller.peer is operator


async def test_a_promise_is_checked_at_its_fields_listed_and_dialled(office: Office, browser: Browser) -> None:
    page = await sign_in(office, browser)
    caller, _ = await talking(office, page)
    await action(page, "promise").click()
    await expect(page.locator("#promise-said")).to_be_hidden()
    await page.fill("#promise-number", "12")
    office.line.hears(caller, "восемь девятьсот тринадцать двести сорок пять шестьдесят семь ноль восемь")
    await expect(page.locator("#promise-said")).to_have_text("Из разговора: +7 913 245-67-08")
    await expect(page.locator("#promise-number")).to_have_value("12")
    await page.click("#promise-said")
    await expect(page.locator("#promise-number")).to_have_value("+7 913 245-67-08")
    await page.fill("#promise-number", "12")
    await page.fill("#promise-asked", "")
    submit = page.locator("#promise-form button[type=submit]")
    await submit.click()
    await expect(page.locator("#promise-asked-error")).not_to_be_empty()
    await page.fill("#promise-asked", "когда включат отопление")
    await submit.click()
    await expect(page.locator("#promise-number-error")).not_to_be_empty()
    await expect(page.locator("#promise-number")).to_be_focused()
    await page.fill("#promise-number", "8 (927) 765-43-21")
    await page.fill("#promise-due_at", "2026-11-23T16:30")
    await page.fill("#promise-interval", "после 14:00")
    await submit.click()
    promise = page.locator("#promises .promise")
    await expect(promise).to_contain_text("+7 927 765-43-21")
    await expect(promise).to_contain_text("16:30")
    await page.click("#call-actions [data-action=hang_up]")
    await page.click("#hang-up-reasons button:first-child")
    await page.click("#wrap-actions button")
    await expect(page.locator("#idle-stage")).to_be_visible()
    await page.click("#tab-promises")
    await expect(promise).to_have_attribute("data-standing", "waiting")
    office.line.clock.advance(7 * 3600)
    # The time alone makes it overdue; a page learns the line's time with its snapshot.
    await page.reload()
    await page.click("#tab-promises")
    await expect(promise).to_have_attribute("data-standing", "overdue")
    await promise.locator(".promise-dial").click()
    await expect(page.locator("#call-bar")).to_have_attribute("data-phase", "dialling")
    await expect(page.locator("#kept-promise-asked")).to_have_text("когда включат отопление")
    assert office.line.phone.last("+79277654321").address == "+79277654321"


# --- breaks of the connection ---------------------------------------------------------------------------------


async def test_the_panel_catches_up_by_itself_after_the_web_restarts(office: Office, browser: Browser) -> None:
    page = await sign_in(office, browser)
    caller, operator = await talking(office, page)
    await office.close_site()
    await expect(page.locator("#strip")).to_contain_text("Нет связи, восстанавливаю")
    office.line.hears(caller, "вы меня слышите")
    await page.fill("#notes", "набрано без связи")
    await office.open_site()
    await expect(page.locator("#strip")).to_be_hidden()
    await expect(page.locator("#talk")).to_contain_text("вы меня слышите")
    await expect(page.locator("#notes")).to_have_value("набрано без связи")
    await expect(page.locator("#saved")).to_be_empty()
    assert office.line.panels.view("ivanova")["call"]["notes"] == "набрано без связи"
    assert caller.peer is operator


async def test_text_being_typed_is_not_touched_by_what_the_line_tells(office: Office, browser: Browser) -> None:
    page = await sign_in(office, browser)
    caller, _ = await talking(office, page)
    await page.locator("#need").press_sequentially("нет ")
    for words in ("первая фраза", "вторая фраза"):
        office.line.hears(caller, words)
        await page.locator("#need").press_sequentially("тепла ")
    await expect(page.locator("#talk li")).to_have_count(2)
    await expect(page.locator("#need")).to_have_value("нет тепла тепла ")
    await page.reload()
    await expect(page.locator("#need")).to_have_value(re.compile("нет тепла тепла"))


async def test_without_recognition_the_script_goes_on_by_hand(office: Office, browser: Browser) -> None:
    page = await sign_in(office, browser)
    caller, _ = await talking(office, page)
    office.line.channel(caller).on_available(False)
    await expect(page.locator("#recogniser-away")).to_be_visible()
    await page.locator("#steps .step-box").first.click()
    await expect(page.locator("#steps .step-box").first).to_have_attribute("aria-checked", "true")


async def test_what_recognition_does_not_do_is_told_and_goes_from_the_panel_again(
    office: Office, browser: Browser
) -> None:
    page = await sign_in(office, browser)
    caller, operator = await talking(office, page)
    notice = page.locator("#recogniser-away")
    office.line.channel(caller).on_reception(Reception(late_s=3))
    await expect(notice).to_have_text("Распознавание отстаёт на 3 с: отмечайте шаги сами.")
    office.line.channel(operator).on_reception(Reception(Ear.SPARED))
    await expect(notice).to_have_text("Сейчас распознаётся только абонент: свои шаги отмечайте сами.")
    office.line.channel(caller).on_reception(Reception(Ear.NO_PLACE))
    await expect(notice).to_have_text("Для этого разговора у распознавания нет места: отмечайте шаги сами.")
    for leg in (caller, operator):
        office.line.channel(leg).on_reception(Reception())
    await expect(notice).to_be_hidden()


# --- by keyboard, at any size -----------------------------------------------------------------------------------


async def test_shortcuts_go_by_the_place_of_the_key_and_are_shown_on_demand(
    office: Office, browser: Browser
) -> None:
    page = await sign_in(office, browser)
    await ready(page)
    office.line.phone.call(CALLER, LINE)
    await expect(page.locator("#pop")).to_be_visible()
    # What a Russian layout makes of Ctrl+Shift+Y.
    await page.locator("body").dispatch_event(
        "keydown", {"key": "Н", "code": "KeyY", "ctrlKey": True, "shiftKey": True, "bubbles": True}
    )
    await expect(page.locator("#call-bar")).to_have_attribute("data-phase", "talking")
    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#keys")).to_be_hidden()
    await page.keyboard.press("Control+Shift+KeyE")
    await expect(page.locator("#sheet-hold")).to_be_visible()


async def test_at_200_percent_nothing_scrolls_sideways(office: Office, browser: Browser) -> None:
    page = await sign_in(office, browser, viewport=NARROW, device_scale_factor=2)

    async def fits() -> None:
        overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0

    await fits()
    await ready(page)
    await fits()
    caller = office.line.phone.call(CALLER, LINE)
    await expect(page.locator("#pop")).to_be_visible()
    await fits()
    await page.click("#pop-accept")
    office.line.hears(office.line.phone.last("browser:ivanova"), GREETING)
    await expect(page.locator("#talk li")).to_have_count(1)
    await fits()
    for name in ("transfer", "promise", "hold", "hang_up"):
        await action(page, name).click()
        await fits()
        await page.keyboard.press("Escape")
    await action(page, "mute").click()
    await fits()
    office.line.phone.ends(caller)
    await expect(page.locator("#wrap-up")).to_be_visible()
    await fits()


async def test_everything_that_can_be_pressed_or_filled_has_a_name(office: Office, browser: Browser) -> None:
    page = await sign_in(office, browser)
    await talking(office, page)
    nameless = await page.evaluate(
        """[...document.querySelectorAll("button, input, select, textarea, summary, [role=dialog], [role=log]")]
        .filter((node) => node.checkVisibility())
        .filter((node) => !(node.getAttribute("aria-label") || node.getAttribute("aria-labelledby")
          || node.labels?.length || node.textContent.trim() || node.querySelector("[aria-label]")))
        .map((node) => node.outerHTML)"""
    )
    assert nameless == []
