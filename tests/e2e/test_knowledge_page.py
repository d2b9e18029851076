"""The knowledge base in a real Chromium: search as one types, narrow windows, no complaint of the browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import ConsoleMessage, Page, async_playwright, expect

from app.dictionary import normal_form
from app.knowledge.rendering import html_of
from app.knowledge.shelf import Shelf
from app.storage.article_book import SqlArticleBook
from app.storage.engine import open_engine
from app.storage.upgrade import upgrade
from tests.integration.web.office import PASSWORD, housing, open_office
from tests.integration.web.serving import served

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WATCH_POLICY = (
    "document.addEventListener('securitypolicyviolation', e => console.error('CSP', e.violatedDirective))"
)

pytestmark = pytest.mark.needs_debian


@asynccontextmanager
async def in_two_widths(address: str) -> AsyncIterator[list[Page]]:
    """The knowledge base before a manager, in a wide and in a narrow window; the browser must not complain."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        opened = []
        for width in (1440, 390):
            context = await browser.new_context(viewport={"width": width, "height": 900}, locale="ru-RU")
            await context.add_init_script(WATCH_POLICY)
            page = await context.new_page()
            page.on("console", lambda m: complaints.append(m.text) if _complains(m) else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await page.goto(f"{address}/login?next=/knowledge")
            await page.fill("#login", "boss")
            await page.fill("#password", PASSWORD)
            await page.keyboard.press("Enter")
            await page.wait_for_url(f"{address}/knowledge")
            opened.append(page)
        yield opened
        await browser.close()
    assert complaints == []


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[list[Page]]:
    """A manager's page in a wide and in a narrow window."""
    engine = open_engine(f"sqlite:///{tmp_path / 'office.sqlite'}")
    upgrade(engine)
    book = SqlArticleBook(engine)
    shelf = Shelf(book, normal_form, housing(), refresh_every_s=3600)
    shelf.refresh()
    office = open_office()
    site = office.app.state.site
    office.app.state.site = replace(site, knowledge=shelf, articles=book, html_of=html_of)
    async with served(office.app) as address, in_two_widths(address) as opened:
        yield opened
    shelf.close()
    engine.dispose()


def _complains(message: ConsoleMessage) -> bool:
    # The form with a fault is answered by 422, which the browser tells as an error, too.
    return message.type == "error" and "422" not in message.text


async def no_sideways_scroll(page: Page) -> bool:
    # A page that has just been gone to is as wide as its text until its styles are there.
    await page.wait_for_load_state("load")
    return bool(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


async def test_search_follows_the_typing_and_an_article_is_changed(pages: list[Page]) -> None:
    for page in pages:
        await page.fill("#q", "крыщу заливает")
        await expect(page.locator(".article-card")).to_have_count(1)
        assert await no_sideways_scroll(page)
        await page.locator(".article-link").click()
        await expect(page.locator("h1")).to_contain_text("крыша")
        assert await no_sideways_scroll(page)
        await page.get_by_role("link", name="Изменить").click()
        await page.get_by_label("Заголовок").fill("")
        await page.get_by_role("button", name="Сохранить").click()
        await expect(page.locator("#title-wrong")).to_be_visible()
        assert await no_sideways_scroll(page)
        await page.get_by_label("Заголовок").fill("Протекает крыша и что делать")
        await page.get_by_role("button", name="Сохранить").click()
        await expect(page.locator("h1")).to_have_text("Протекает крыша и что делать")
        await expect(page.get_by_role("status")).to_have_text("Сохранено.")
