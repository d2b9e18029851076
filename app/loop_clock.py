"""The clock of the running program."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from app.application.ports import Timer


class LoopClock:
    """`ports.Clock` over the running event loop; `shift_s` seconds ahead of the machine's."""

    def __init__(self, shift_s: int = 0) -> None:
        self._shift = timedelta(seconds=shift_s)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._shift

    def call_later(self, seconds: float, action: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(seconds, action)
