"""The browser of the end-to-end tests: Debian's Chromium, function-scoped (the plugin does not live beside
pytest-asyncio)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Playwright, async_playwright

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture
async def browsers() -> AsyncIterator[Playwright]:
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed: the pages cannot be seen in a browser")
    async with async_playwright() as playwright:
        yield playwright
