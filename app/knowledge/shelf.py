"""The articles as line and web read them: from memory, at once, refreshed behind their backs."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from app.application.knowledge import ShownArticle, StoredArticle
from app.domain.errors import LiniyaError
from app.domain.profile import Profile
from app.domain.search import Found, Index, NormalForm, Query
from app.knowledge.rendering import html_of

log = structlog.get_logger()


@dataclass(frozen=True)
class _Shelved:
    edition: int
    index: Index
    shown: Mapping[str, ShownArticle]


class Source(Protocol):
    """Where the articles of a shelf are read."""

    def read(self, profile: Profile, known: object) -> tuple[Sequence[StoredArticle], object] | None:
        """The articles and their mark; None while `known` still is their mark. May block, and raise LiniyaError."""


class Shelf:
    """`application.knowledge.Knowledge` over a source.

    When the source cannot be read, what was shelved last stays. `close` ends the thread that refreshes. The thread
    also loads the dictionary: until then nothing is found, and no caller waits.
    """

    def __init__(
        self, source: Source, normal: NormalForm, profile: Profile, *, refresh_every_s: float = 5.0
    ) -> None:
        self._source = source
        self._normal = normal
        self._profile = profile
        self._mark: object = None
        self._shelved: _Shelved | None = None
        self._reading = threading.Lock()
        self._available = True
        self._closing = threading.Event()
        self._thread = threading.Thread(
            target=self._keep_fresh, args=(refresh_every_s,), name="knowledge", daemon=True
        )
        self._thread.start()

    @property
    def edition(self) -> int:
        return self._shelved.edition if self._shelved else 0

    def search(self, query: Query) -> Sequence[Found]:
        return self._shelved.index.search(query) if self._shelved else ()

    def article(self, article_id: str) -> ShownArticle | None:
        return self._shelved.shown.get(article_id) if self._shelved else None

    def articles(self) -> Sequence[ShownArticle]:
        shown = self._shelved.shown.values() if self._shelved else ()
        return sorted(shown, key=lambda one: (one.article.title.lower(), one.article.id))

    def refresh(self) -> None:
        """Read now, if anything has changed; blocks. Raises what the source raises."""
        with self._reading:
            profile = self._profile
            fresh = self._source.read(profile, self._mark)
            if fresh is None:
                return
            stored, self._mark = fresh
            before = self._shelved
            known = before.shown if before else {}
            shown = {one.article.id: _shown(one, known.get(one.article.id)) for one in stored}
            index = Index((one.article for one in stored), self._normal, profile.topic_titles)
            # One assignment: readers in other threads see the old articles or the new ones.
            self._shelved = _Shelved((before.edition if before else 0) + 1, index, shown)

    def use_profile(self, profile: Profile) -> None:
        """The articles of a new profile are there with the next refreshing."""
        self._profile = profile

    def close(self) -> None:
        self._closing.set()
        self._thread.join(5.0)

    def _keep_fresh(self, every_s: float) -> None:
        self._refresh_and_log()
        while not self._closing.wait(every_s):
            self._refresh_and_log()

    def _refresh_and_log(self) -> None:
        try:
            self.refresh()
        except LiniyaError as error:
            if self._available:
                log.warning("knowledge_stale", error=str(error))
            self._available = False
        else:
            self._available = True


def _shown(stored: StoredArticle, known: ShownArticle | None) -> ShownArticle:
    if known is not None and known.article == stored.article and known.version == stored.version:
        return known
    return ShownArticle(stored.article, stored.version, html_of(stored.article.text))


class OfFiles:
    """A `Source` that is nothing but the files of the profile."""

    def read(self, profile: Profile, known: object) -> tuple[Sequence[StoredArticle], object] | None:
        return None if known is profile else ([StoredArticle(article, 0) for article in profile.articles], profile)
