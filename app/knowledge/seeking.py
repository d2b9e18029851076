"""Seeking in the knowledge base beside the event loop: `application.knowledge.Seeker` with a thread of its own.

A search takes milliseconds, tens of them for words never met before: too long for a thread that sends sound every
20 ms.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from app.domain.search import Found, Query

MOST_WAITING = 1000
"""Wishes of different names: more calls and searches than a line has at once."""

log = structlog.get_logger()

Then = Callable[[Sequence[Found]], None]


class Searched(Protocol):
    """Where it is sought."""

    def search(self, query: Query) -> Sequence[Found]: ...


@dataclass(frozen=True)
class _Wish:
    query: Query
    then: Then


class BackgroundSeeker:
    """Make and use it in the event loop's thread, where every `then` is called, never before `seek` has returned.
    `close` ends the thread; what still waits then is not answered."""

    def __init__(self, knowledge: Searched, *, most_waiting: int = MOST_WAITING) -> None:
        self._knowledge = knowledge
        self._most_waiting = most_waiting
        self._loop = asyncio.get_running_loop()
        self._changed = threading.Condition()
        self._waiting: dict[str, _Wish] = {}
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="seeking", daemon=True)
        self._thread.start()

    def seek(self, name: str, query: Query, then: Then) -> None:
        """Seek beside the loop (see `Seeker`). An overtaking wish takes the place of the other in the queue."""
        wish = _Wish(query, then)
        with self._changed:
            unanswered = self._waiting.get(name)
            if unanswered is None and len(self._waiting) >= self._most_waiting:
                unanswered = wish
            else:
                self._waiting[name] = wish
                self._changed.notify()
        if unanswered is wish:
            log.warning("seeking_too_much", waiting=self._most_waiting)
        if unanswered is not None:
            self._loop.call_soon(unanswered.then, ())

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(5.0)

    def _work(self) -> None:
        while (wish := self._next()) is not None:
            found = self._found(wish.query)
            try:
                self._loop.call_soon_threadsafe(wish.then, found)
            except RuntimeError:
                return  # the loop is closed: nobody waits any more

    def _next(self) -> _Wish | None:
        """The next wish, waiting for it; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            return None if self._closing else self._waiting.pop(next(iter(self._waiting)))

    def _found(self, query: Query) -> Sequence[Found]:
        try:
            return self._knowledge.search(query)
        except Exception:  # the boundary of the thread: logged whole, and the next wish is sought
            log.exception("seeking_failed")
            return ()
