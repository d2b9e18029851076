from __future__ import annotations

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[EventDict]]:
    """What was logged; the default renderer spends seconds on drawing a traceback with all its values."""
    with capture_logs() as captured:
        yield captured
