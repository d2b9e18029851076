"""A running media engine, as the tests of sound use it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from app.application.ports import LegId
from app.telephony.browser_phone import BrowserPhones
from app.telephony.media import Media
from tests.integration.telephony.rtp_peer import RtpPeer, Told

A, B, C = LegId("a"), LegId("b"), LegId("c")
PORTS = 21000, 21099


@asynccontextmanager
async def running(told: Told, ports: tuple[int, int] = PORTS, **settings: float) -> AsyncIterator[Media]:
    """An engine on loopback; no browser has a telephone of its own here."""
    browsers = BrowserPhones("127.0.0.1", 0, lambda token: token or None)
    media = Media("127.0.0.1", ports, browsers, **settings)
    media.report_to(told)
    await media.start()
    try:
        yield media
    finally:
        await media.stop()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest_asyncio.fixture
async def media(told: Told) -> AsyncIterator[Media]:
    async with running(told) as engine:
        yield engine


@pytest_asyncio.fixture
async def peer() -> AsyncIterator[RtpPeer]:
    async with RtpPeer() as end:
        yield end


@pytest_asyncio.fixture
async def other() -> AsyncIterator[RtpPeer]:
    async with RtpPeer("PCMU") as end:
        yield end
