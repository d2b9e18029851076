"""The knowledge base beside the talk, in a real browser, over the articles of a real profile."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from app.domain.facts import ArticleMissed, ArticleUsed
from tests.e2e.panel_office import open_browser, open_office, sign_in
from tests.e2e.panel_steps import ready, takes_the_call

pytestmark = pytest.mark.needs_debian("chromium")

CALLER = "+79271234567"

expect.set_options(timeout=15_000)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


async def test_articles_follow_the_talk_are_read_in_place_and_their_use_is_recorded(browser: Browser) -> None:
    async with open_office(articles=True) as office:
        page = await sign_in(office, browser)
        await ready(page)
        caller = office.line.phone.call(CALLER, office.profile.units[0].numbers[0])
        await takes_the_call(page)
        office.line.hears(caller, "у меня с потолка течёт крыша протекает")
        office.line.clock.advance(2)
        tip = page.locator("#talk-tip")
        await expect(tip).to_be_visible()
        await tip.click()
        await expect(page.locator("#tab-knowledge")).to_have_attribute("aria-selected", "true")
        await expect(page.locator("#article-text > p").first).not_to_be_empty()
        await page.click("#article-used")
        await expect(page.locator("#article-used")).to_have_text("Использована в этом звонке")
        (used,) = office.line.facts(ArticleUsed)
        await page.click("#article-back")
        await expect(page.locator("#shelf-list .badge-good:visible")).to_have_count(1)
        await page.keyboard.press("Control+Shift+KeyK")
        await page.keyboard.type("отопление")
        await expect(page.locator("#shelf-words")).to_contain_text("Наш")
        await page.fill("#shelf-text", "фюзеляж дирижабля")
        await expect(page.locator("#shelf-words")).to_contain_text("Ничего не нашлось")
        await page.click("#no-article")
        await expect(page.locator("#notices")).to_contain_text("не хватает статьи о «фюзеляж дирижабля»")
        assert used.article == "roof-leak"
        assert [fact.asked for fact in office.line.facts(ArticleMissed)] == ["фюзеляж дирижабля"]
