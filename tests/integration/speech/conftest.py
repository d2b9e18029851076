from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.speech.recogniser import Recogniser
from app.speech.recogniser_client import VoskRecognizer
from tests.integration.speech.telephone import MODEL, Listener


@pytest.fixture
async def recogniser() -> AsyncIterator[Recogniser]:
    """A real recogniser with two workers on a free port."""
    running = Recogniser(MODEL, "127.0.0.1", 0, workers=2)
    await running.start()
    yield running
    await running.aclose()


@pytest.fixture
async def client(recogniser: Recogniser) -> AsyncIterator[VoskRecognizer]:
    connected = VoskRecognizer(f"ws://127.0.0.1:{recogniser.port}")
    yield connected
    await connected.aclose()


@pytest.fixture
async def listener() -> Listener:
    return Listener()
