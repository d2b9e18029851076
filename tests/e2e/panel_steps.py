"""What an operator does on the panel, step by step, each until it is seen."""

from __future__ import annotations

from playwright.async_api import Page, expect


async def is_alive(page: Page) -> None:
    """The page's scripts have drawn what the line says."""
    await expect(page.locator("#presence-now")).not_to_be_empty()


async def ready(page: Page) -> None:
    """Go ready with the browser as the telephone, and wait until its sound is connected."""
    await is_alive(page)
    await page.click("#go-ready")
    await expect(page.locator("#go-ready")).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("#sound")).to_be_visible()


async def takes_the_call(page: Page) -> None:
    """Accept what rings; from now on the two talk."""
    await page.click("#pop-accept")
    await talks(page)


async def talks(page: Page) -> None:
    await expect(page.locator("#call-bar")).to_have_attribute("data-phase", "talking")


async def hang_up_with_a_reason(page: Page) -> None:
    await page.click('#call-actions [data-action="hang_up"]')
    await page.click("#hang-up-reasons button:first-child")
    await expect(page.locator("#wrap-up")).to_be_visible()


async def wrapped_up(page: Page) -> None:
    """The record is finished; the operator is ready again."""
    await page.click("#wrap-actions button")
    await expect(page.locator("#idle-stage")).to_be_visible()


async def promises_to_call_back(page: Page, number: str, asked: str) -> None:
    await page.click('#call-actions [data-action="promise"]')
    await page.fill("#promise-number", number)
    await page.fill("#promise-asked", asked)
    await page.click("#promise-form button[type=submit]")
    await page.click("#tab-promises")
    await expect(page.locator("#promises .promise")).to_contain_text(asked)


async def dials_the_promise(page: Page) -> None:
    await page.click("#tab-promises")
    await page.locator("#promises .promise-dial").click()
