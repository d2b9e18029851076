"""Taking new scripts while the program works: SIGHUP reads them again (`kill -HUP`, `systemctl reload`).

Scripts that cannot be used are refused with one line in the log, and the old ones stay.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

import structlog

from app.domain.errors import LiniyaError
from app.domain.profile import Profile
from app.hangup import on_hangup

log = structlog.get_logger()


class Reloading:
    """On SIGHUP: `read` in a thread of its own, since calls go on meanwhile, then `take` in the loop."""

    def __init__(self, read: Callable[[], Profile], take: Callable[[Profile], None]) -> None:
        self._read = read
        self._take = take
        self._wanted = asyncio.Event()
        self._task = asyncio.create_task(self._work(), name="reloading")
        on_hangup(self._wanted.set)

    async def aclose(self) -> None:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            await self._wanted.wait()
            # Before reading: a file that changes meanwhile is read once more.
            self._wanted.clear()
            await self._once()

    async def _once(self) -> None:
        try:
            profile = await asyncio.to_thread(self._read)
            self._take(profile)
        except LiniyaError as error:
            log.error("profile_refused", why=str(error))
        except Exception:
            # A fault in reading must not end the reading for good, nor the calls.
            log.exception("profile_refused")
        else:
            log.info("profile_reloaded", profile=profile.id, version=profile.version)
