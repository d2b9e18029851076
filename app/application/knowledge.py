"""The knowledge base as the application needs it (K1, L7): a port, and the shelf that is empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.domain.articles import Article
from app.domain.search import Found, Query


@dataclass(frozen=True)
class ShownArticle:
    """An article in the version that is valid now; `html` is its text, safe in a page. Versions count from 1; that
    of a file which nobody has changed is 0."""

    article: Article
    version: int
    html: str


class Knowledge(Protocol):
    """The articles that are valid now, refreshed behind the scenes, read at once from memory."""

    @property
    def edition(self) -> int:
        """0 before the articles are there, and another number after every change of theirs."""

    def search(self, query: Query) -> Sequence[Found]:
        """The best first; milliseconds. Nothing while edition is 0."""

    def article(self, article_id: str) -> ShownArticle | None: ...


class NoKnowledge:
    """`Knowledge` without an article."""

    edition = 0

    def search(self, query: Query) -> Sequence[Found]:
        return ()

    def article(self, article_id: str) -> ShownArticle | None:
        return None
