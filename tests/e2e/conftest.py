"""The browser of the end-to-end tests: Debian's Chromium, function-scoped (the plugin does not live beside
pytest-asyncio)."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Playwright, async_playwright, expect

CHROMIUM = "/usr/bin/chromium"

expect.set_options(timeout=15_000)


@pytest.fixture
async def browsers() -> AsyncIterator[Playwright]:
    if not os.access(CHROMIUM, os.X_OK):
        pytest.skip("Debian's chromium is not installed: the pages cannot be seen in a browser")
    async with async_playwright() as playwright:
        yield playwright
