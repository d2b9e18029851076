"""The articles that were written or changed at the office: versions in a table, over the files of the profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select
from sqlalchemy.exc import IntegrityError

from app.application.knowledge import ArticleVersion, Change, StoredArticle
from app.domain.articles import Article, ArticleKind
from app.domain.errors import Refused
from app.domain.profile import Profile
from app.storage.engine import changing, reading
from app.storage.tables import article_versions as versions


class SqlArticleBook:
    """`application.knowledge.ArticleBook`, and what a shelf reads: the newest version of every article, the file's
    where there is none, and nothing where the newest archives it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self, profile: Profile, known: object) -> tuple[Sequence[StoredArticle], object] | None:
        with reading(self._engine) as connection:
            last = connection.scalar(select(func.max(versions.c.id))) or 0
            if isinstance(known, tuple) and known[0] is profile and known[1] == last:
                return None
            rows = _newest(connection, profile.id)
        return list(_valid(profile, rows).values()), (profile, last)

    def keep(self, profile: str, article: Article, change: Change, *, author: str, at: datetime, after: int) -> int:
        row = _row(article) | {
            "profile": profile,
            "version": after + 1,
            "at": at,
            "author": author,
            "change": str(change),
        }
        mine = (versions.c.profile == profile) & (versions.c.article == article.id)
        try:
            with changing(self._engine) as connection:
                if (connection.scalar(select(func.max(versions.c.version)).where(mine)) or 0) != after:
                    raise _changed()
                connection.execute(insert(versions).values(row))
        except IntegrityError:
            raise _changed() from None
        return after + 1

    def keep_new(self, profile: str, articles: Sequence[Article], *, author: str, at: datetime) -> None:
        """Keep articles that nobody has written before: all of them, or none."""
        made = {"profile": profile, "version": 1, "at": at, "author": author, "change": str(Change.WRITTEN)}
        if articles:
            with changing(self._engine) as connection:
                connection.execute(insert(versions), [_row(one) | made for one in articles])

    def versions(self, profile: str, article_id: str) -> Sequence[ArticleVersion]:
        query = (
            select(versions)
            .where(versions.c.profile == profile, versions.c.article == article_id)
            .order_by(versions.c.version.desc())
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [ArticleVersion(_article(r), r.version, r.at, r.author, Change(r.change)) for r in rows]


def keep_reviewed(
    connection: Connection, profile: Profile, unit: str, *, author: str, at: datetime, day: date
) -> int:
    """Every article of the unit gets a version that says so; how many. Refused when another comes in between."""
    rows = _newest(connection, profile.id)
    last = {row.article: row.version for row in rows}
    mine = [one.article for one in _valid(profile, rows).values() if one.article.unit == unit]
    made = {"profile": profile.id, "at": at, "author": author, "change": str(Change.REVIEWED)}
    values = [_row(replace(one, reviewed=day)) | made | {"version": last.get(one.id, 0) + 1} for one in mine]
    try:
        if values:
            connection.execute(insert(versions), values)
    except IntegrityError:
        raise _changed() from None
    return len(values)


def _newest(connection: Connection, profile: str) -> Sequence[Row[Any]]:
    """Of every article that was ever written here its newest version."""
    newest = (
        select(versions.c.article, func.max(versions.c.version).label("version"))
        .where(versions.c.profile == profile)
        .group_by(versions.c.article)
        .subquery()
    )
    same = (versions.c.article == newest.c.article) & (versions.c.version == newest.c.version)
    return connection.execute(select(versions).join(newest, same).where(versions.c.profile == profile)).all()


def _valid(profile: Profile, rows: Sequence[Row[Any]]) -> dict[str, StoredArticle]:
    stored = {article.id: StoredArticle(article, 0) for article in profile.articles}
    for row in rows:
        change = Change(row.change)
        if change is Change.ARCHIVED:
            stored.pop(row.article, None)
        elif change is not Change.SET_BACK:
            stored[row.article] = StoredArticle(_article(row), row.version)
    return stored


def _changed() -> Refused:
    return Refused("changed_meanwhile", "somebody else has changed the article meanwhile")


def _row(article: Article) -> dict[str, Any]:
    return {
        "article": article.id,
        "title": article.title,
        "kind": str(article.kind),
        "unit": article.unit,
        "text": article.text,
        "reviewed": article.reviewed,
        "topics": list(article.topics),
        "questions": list(article.questions),
        "sources": list(article.sources),
    }


def _article(row: Row[Any]) -> Article:
    return Article(
        id=row.article,
        title=row.title,
        kind=ArticleKind(row.kind),
        unit=row.unit,
        text=row.text,
        reviewed=row.reviewed,
        topics=tuple(row.topics),
        questions=tuple(row.questions),
        sources=tuple(row.sources),
    )
