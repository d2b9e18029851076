"""The knowledge base as the application needs it (K1, L7): a port, and the shelf that is empty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from app.domain.articles import Article
from app.domain.profile import Profile
from app.domain.search import Found, Query


@dataclass(frozen=True)
class ShownArticle:
    """An article in the version that is valid now; `html` is its text, safe in a page. Versions count from 1; that
    of a file which nobody has changed is 0."""

    article: Article
    version: int
    html: str


@dataclass(frozen=True)
class StoredArticle:
    """An article as it is kept: `version` 0 is the file's."""

    article: Article
    version: int


class Change(StrEnum):
    """What made a version of an article."""

    WRITTEN = "written"
    REVIEWED = "reviewed"  # looked through, nothing to change
    ARCHIVED = "archived"  # no longer shown; kept
    SET_BACK = "set_back"  # the file's text holds again


@dataclass(frozen=True)
class ArticleVersion:
    """A version as the office made it: who, when, what."""

    article: Article
    version: int
    at: datetime
    author: str
    change: Change


class ArticleBook(Protocol):
    """The articles that were written or changed at the office, with all their versions; nothing is ever deleted."""

    def keep(self, profile: str, article: Article, change: Change, *, author: str, at: datetime, after: int) -> int:
        """Keep a new version, which must follow version `after`; its number. Refused (`changed_meanwhile`) when
        somebody else's has come in between. Unavailable when the database cannot be reached."""

    def versions(self, profile: str, article_id: str) -> Sequence[ArticleVersion]:
        """The newest first."""


class Knowledge(Protocol):
    """The articles that are valid now, refreshed behind the scenes, read at once from memory."""

    @property
    def edition(self) -> int:
        """0 before the articles are there, and another number after every change of theirs."""

    def search(self, query: Query) -> Sequence[Found]:
        """The best first; milliseconds. Nothing while edition is 0."""

    def article(self, article_id: str) -> ShownArticle | None: ...

    def articles(self) -> Sequence[ShownArticle]:
        """All of them, by title."""

    def use_profile(self, profile: Profile) -> None:
        """The articles of a new profile are there soon."""

    def refresh(self) -> None:
        """Read again now: who has just changed an article wants to see it. May block."""


class Seeker(Protocol):
    """Seeks for who must not wait: the line, whose thread also carries the sound."""

    def seek(self, name: str, query: Query, then: Callable[[Sequence[Found]], None]) -> None:
        """Hand what is found to `then`, at once or later. A wish of the same `name` that still waits is overtaken:
        it is answered with nothing, and so is one too many."""


class SeekerAtOnce:
    """A `Seeker` in the caller's own thread: where nothing is carried beside it."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    def seek(self, name: str, query: Query, then: Callable[[Sequence[Found]], None]) -> None:
        then(self._knowledge.search(query))


class NoKnowledge:
    """`Knowledge` without an article."""

    edition = 0

    def search(self, query: Query) -> Sequence[Found]:
        return ()

    def article(self, article_id: str) -> ShownArticle | None:
        return None

    def articles(self) -> Sequence[ShownArticle]:
        return ()

    def use_profile(self, profile: Profile) -> None:
        return

    def refresh(self) -> None:
        return
