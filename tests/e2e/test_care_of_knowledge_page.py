"""Questions without an article and units' parts in a real Chromium, in a wide and a narrow window."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.test_knowledge_page import in_two_widths, no_sideways_scroll
from tests.integration.web.cared_office import cared_office
from tests.integration.web.serving import served

pytestmark = pytest.mark.needs_debian


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[list[Page]]:
    with cared_office(tmp_path) as office:
        async with served(office.app) as address, in_two_widths(address) as opened:
            yield opened


async def test_questions_and_parts_are_cared_for(pages: list[Page]) -> None:
    for page in pages:
        await parts(page)
        await questions(page)


async def questions(page: Page) -> None:
    await page.get_by_role("link", name="Вопросы без статьи").click()
    await expect(page.locator(".question-asked")).to_have_count(2)
    assert await no_sideways_scroll(page)
    await page.locator(".close-question > summary").first.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#reason-wrong")).to_be_visible()
    assert await no_sideways_scroll(page)
    await page.get_by_label("Почему статья не нужна").first.fill("Фонтаны чинит город")
    await page.keyboard.press("Enter")
    await expect(page.locator(".article-card")).to_contain_text("Фонтаны чинит город")
    assert await no_sideways_scroll(page)
    await page.get_by_role("button", name="Открыть снова").click()
    await expect(page.locator(".question-asked")).to_have_count(2)
    await page.get_by_role("link", name="Начать статью").first.click()
    await expect(page.get_by_label("Заголовок")).to_have_value("Чинят ли фонтаны зимой")


async def parts(page: Page) -> None:
    await page.get_by_role("link", name="Разделы").click()
    assert await no_sideways_scroll(page)
    await page.get_by_label("Кто отвечает за раздел «Архив»").select_option("petrov")
    await page.get_by_role("button", name="Сохранить: Архив").click()
    await expect(page.get_by_role("status")).to_have_text("Сохранено.")
    await expect(page.get_by_label("Кто отвечает за раздел «Архив»")).to_have_value("petrov")
    await page.get_by_role("button", name="Проверено, менять нечего: Архив").click()
    await expect(page.locator("tr", has_text="Архив")).to_contain_text("проверен в срок")
    assert await no_sideways_scroll(page)
