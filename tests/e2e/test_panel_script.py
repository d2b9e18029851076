"""How the panel leads an operator: wordings, edges of the graph, referrals, needs, questions, in a real browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from app.domain.facts import AgendaAsked, ReferralGiven, SatisfactionNoted
from tests.e2e.panel_office import Office, open_browser, open_office, sign_in
from tests.e2e.panel_steps import ready, takes_the_call, talks
from tests.fakes.phone import FakeLeg

pytestmark = pytest.mark.needs_debian("chromium")

CALLER = "+79271234567"

expect.set_options(timeout=15_000)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


async def answers(office: Office, browser: Browser, caller: str = CALLER) -> tuple[Page, FakeLeg]:
    """An operator who has taken a call to the office's first number."""
    page = await sign_in(office, browser)
    await ready(page)
    leg = office.line.phone.call(caller, office.profile.units[0].numbers[0])
    await takes_the_call(page)
    return page, leg


async def dials(page: Page) -> None:
    """A call out, ringing at the other end."""
    await ready(page)
    await page.fill("#dial-number", CALLER)
    await page.click("#dial-form button")
    await expect(page.locator("#call-bar")).to_have_attribute("data-phase", "dialling")


async def opens(office: Office, page: Page, stage: str) -> None:
    office.line.do("ivanova", "open_stage", stage=stage)
    title = next(one.title for one in office.profile.incoming.stages if one.id == stage)
    await expect(page.locator("#stage-title")).to_have_text(title)


async def goes(page: Page, when: str) -> None:
    """Along the edge of that kind."""
    await page.locator(f"#edges [data-when={when}]").first.click()


async def test_wordings_change_by_click_and_key_and_edges_lead_to_their_acts(browser: Browser) -> None:
    async with open_office(body="property") as office:
        page, _ = await answers(office, browser)
        phrase = page.locator("#phrase")
        first = await phrase.inner_text()
        await page.click("#other-words")
        await expect(phrase).not_to_have_text(first)
        second = await phrase.inner_text()
        await page.keyboard.press("Control+Shift+KeyO")
        await expect(phrase).not_to_have_text(second)
        await page.keyboard.press("Control+Shift+KeyD")
        await expect(page.locator("#stages [aria-current=step]")).to_contain_text("Как обращаться")
        await page.click("#stage-back")
        await expect(page.locator("#stages [aria-current=step]")).to_contain_text("Приветствие")
        await opens(office, page, "answer")
        await expect(page.locator("#stages [data-state=skipped]").first).to_contain_text("(пропущен")
        await expect(page.locator("#edges .edge-main button")).to_have_class(re.compile("button-primary"))
        await goes(page, "no_acting")
        await expect(page.locator("#reminder")).to_contain_text("Документы за абонента не заполняем")
        for when, sheet in (("look_up", "hold"), ("transfer", "transfer"), ("promise", "promise")):
            await opens(office, page, "answer")
            await goes(page, when)
            await expect(page.locator(f"#sheet-{sheet}")).to_be_visible()
            if sheet == "hold":
                await page.hover('[data-seconds="180"]')
                await expect(page.locator("#hold-phrase")).to_contain_text("через 3 минуты")
            await page.keyboard.press("Escape")


async def test_needs_referrals_and_the_competent_colleague_are_offered_by_topic(browser: Browser) -> None:
    async with open_office(body="property") as office:
        topic = next(one for one in office.profile.topics if one.needs and one.unit != office.profile.units[0].id)
        page, _ = await answers(office, browser)
        await page.select_option("#topic", topic.id)
        chip = page.locator("#needs .chip").first
        await chip.click()
        await expect(chip).to_have_attribute("aria-pressed", "true")
        await expect(page.locator("#need")).to_have_value(topic.needs[0].title)
        await opens(office, page, "answer")
        await goes(page, "not_ours")
        await expect(page.locator("#sheet-referral")).to_be_visible()
        one = office.profile.referrals[-1]
        await page.fill("#referral-search", one.questions[0])
        book = page.locator("#referrals .referral")
        await expect(book.filter(has=page.get_by_role("heading", name=one.body))).to_have_count(1)
        await book.filter(has=page.get_by_role("heading", name=one.body)).get_by_role("button").click()
        await expect(book.locator("[aria-pressed=true]")).to_have_count(1)
        facts = office.line.facts(ReferralGiven)
        assert [fact.referral for fact in facts] == [one.id]
        await page.fill("#referral-search", "такого слова нет")
        await expect(page.locator("#referrals-empty")).to_be_visible()


async def test_a_clarification_call_asks_every_question_of_its_list(browser: Browser) -> None:
    async with open_office(body="labour") as office:
        page = await sign_in(office, browser)
        await dials(page)
        await page.fill("#agenda-text", "Верно ли указан адрес?\nСколько детей в семье?")
        rows = page.locator("#agenda-list .step-box")
        await expect(rows).to_have_count(2)
        office.line.phone.picks_up(office.line.phone.last(CALLER))
        await talks(page)
        office.line.do("ivanova", "open_stage", stage="questions")
        await expect(page.locator("#phrase")).to_contain_text("Верно ли указан адрес?")
        await page.locator("#question-list button").first.click()
        await expect(rows).to_have_count(3)
        await rows.first.click()
        await expect(page.locator("#phrase")).to_contain_text("Сколько детей в семье?")
        await expect(page.locator("#agenda-count")).to_have_text("задано 1 из 3")
        office.line.do("ivanova", "open_stage", stage="more")
        await expect(page.locator("#agenda-title")).to_have_text("Ещё не задано")
        await expect(rows).to_have_count(2)
        await page.click("#satisfaction-choices button:first-child")
        await expect(page.locator("#satisfaction-choices [aria-pressed=true]")).to_have_text("Да, доволен")
        assert [fact.asked for fact in office.line.facts(AgendaAsked)] == [True]
        assert [fact.satisfied for fact in office.line.facts(SatisfactionNoted)] == [True]


async def test_a_colleagues_call_is_marked_and_promised_an_answer_by_the_end_of_the_day(browser: Browser) -> None:
    async with open_office(body="education") as office:
        number = next(str(n) for n in range(10, 100000) if office.profile.is_internal(str(n)))
        page, _ = await answers(office, browser, number)
        await expect(page.locator("#caller-internal")).to_have_text("внутренний")
        await page.keyboard.press("Control+Shift+KeyL")
        await expect(page.locator("#promise-due-hint")).to_contain_text("до конца рабочего дня")


async def test_a_hint_of_speech_is_quiet_and_can_be_put_away(browser: Browser) -> None:
    async with open_office() as office:
        page, _ = await answers(office, browser)
        office.line.hears(
            office.line.phone.last("browser:ivanova"), "короче вы обязаны сами прийти и типа подождать", 1.0
        )
        hint = page.locator("#hint")
        await expect(hint.locator(".hint-words")).to_be_visible()
        assert await hint.get_attribute("role") == "status"
        await hint.get_by_role("button").click()
        await expect(hint).to_be_hidden()
        await page.click(".header-end .menu-button")
        await expect(page.locator("#training")).to_contain_text("Обучение")


async def test_where_the_caller_hangs_up_first_the_line_waits_and_the_panel_says_so(browser: Browser) -> None:
    async with open_office(body="heritage") as office:
        page = await sign_in(office, browser)
        await dials(page)
        other = office.line.phone.last(CALLER)
        office.line.phone.picks_up(other)
        await talks(page)
        await expect(page.locator("#caller-ends")).to_be_hidden()
        farewell = next(stage for stage in office.profile.outgoing.stages if stage.id == "farewell")
        for step in farewell.steps:
            office.line.do("ivanova", "tick", stage="farewell", step=step.id)
        await expect(page.locator("#caller-ends")).to_be_visible()
        await page.click("#call-actions [data-action=hang_up]")
        await expect(page.locator("#wrap-words")).to_contain_text("Трубку первым кладёт абонент")
        assert not other.gone
        office.line.phone.ends(other)
        await expect(page.locator("#wrap-words")).to_contain_text("Абонент положил трубку")


async def test_clarification_is_planned_and_dialled_with_its_questions(browser: Browser) -> None:
    async with open_office(body="labour") as office:
        page = await sign_in(office, browser)
        await ready(page)
        await page.click("#tab-promises")
        await page.click("#clarify-begin")
        await page.click("#clarify-form button[type=submit]")
        await expect(page.locator("#clarify-number-error")).not_to_be_empty()
        await expect(page.locator("#clarify-asked-error")).not_to_be_empty()
        await page.fill("#clarify-number", CALLER)
        await page.fill("#clarify-asked", "Нет копии паспорта")
        await page.fill("#clarify-questions", "Когда выдан паспорт?\nВерно ли указан адрес?")
        await page.click("#clarify-form button[type=submit]")
        await expect(page.locator(".promise-asked")).to_have_text("Уточнение: Нет копии паспорта")
        await page.click(".promise-dial")
        await expect(page.locator("#agenda-text")).to_have_value("Когда выдан паспорт?\nВерно ли указан адрес?")
        assert office.line.panels.view("ivanova")["call"]["direction"] == "outgoing"
