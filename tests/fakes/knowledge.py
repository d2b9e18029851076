"""A seeker that finds when the test tells it to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.application.knowledge import Knowledge
from app.domain.search import Found, Query

Then = Callable[[Sequence[Found]], None]


class SeekerWhenTold:
    """Implements `application.knowledge.Seeker`: wishes wait until `find`."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self.waiting: dict[str, tuple[Query, Then]] = {}

    def seek(self, name: str, query: Query, then: Then) -> None:
        overtaken = self.waiting.pop(name, None)
        self.waiting[name] = (query, then)
        if overtaken is not None:
            overtaken[1](())

    def find(self) -> None:
        """Answer all that waits."""
        waiting, self.waiting = self.waiting, {}
        for query, then in waiting.values():
            then(self._knowledge.search(query))

    def hold_back(self) -> Callable[[], None]:
        """Take the only wish that waits, as a thread does that has begun to seek; it is found when it is called."""
        ((query, then),) = self.waiting.values()
        self.waiting = {}
        return lambda: then(self._knowledge.search(query))
