"""A house for each test. Afterwards everybody leaves, and nothing may be left: no leg, timer, channel or memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.unit.application.house import House

MakeHouse = Callable[..., House]


@pytest.fixture
def log_entries() -> Iterator[list[Any]]:
    """What the program logged; a failed effect, or a command of its own that it refuses, is never expected."""
    with capture_logs() as entries:
        yield entries
    assert [entry for entry in entries if entry["log_level"] in ("warning", "error", "critical")] == []


@pytest.fixture
def make_house(log_entries: list[Any]) -> Iterator[MakeHouse]:
    houses: list[House] = []

    def make(*arguments: Any, **named: Any) -> House:
        houses.append(House(*arguments, **named))
        return houses[-1]

    yield make
    for house in houses:
        assert house.empty() == []


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    return make_house()
