"""The processes that `liniya serve` minds."""

from __future__ import annotations

import os

import pytest

from app.__main__ import NICENESS
from app.supervisor import Part, _start


@pytest.mark.parametrize("name", ["line", "web", "recogniser"])
async def test_pages_and_recognition_stand_back_for_the_sound_of_calls(name: str) -> None:
    process = await _start(Part(name, ["--version"], NICENESS.get(name, 0)))
    try:
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == {"line": 0, "web": 5, "recogniser": 10}[name]
    finally:
        await process.communicate()
