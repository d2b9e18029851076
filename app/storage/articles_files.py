"""Articles of the knowledge base from `articles/*.md`: front matter between two lines `---`, then Markdown."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path

import yaml

from app.domain.articles import Article, ArticleKind
from app.domain.errors import BadFlow
from app.storage.flow_scripts import identifier, known
from app.storage.marked_yaml import Marked, parse
from app.storage.texts import text_of

MOST_ARTICLES = 5000
LONGEST = 200_000
"""Characters of one article."""
LEAST_QUESTIONS = 3
_FENCE = "---"


def articles(folder: Path, units: Collection[str], topics: Collection[str]) -> tuple[Article, ...]:
    """All articles of a folder, by their file names; none when there is no folder.

    `units` (the first is whose an article is that names none) and `topics` are those of the profile. BadFlow names
    file and line.
    """
    paths = sorted(folder.glob("*.md"))
    if len(paths) > MOST_ARTICLES:
        raise BadFlow(f"{folder}: has {len(paths)} articles, at most {MOST_ARTICLES} are read")
    return tuple(article(text_of(path), path, units, topics) for path in paths)


def text_of_article(one: Article) -> str:
    """The article as a file of it would be: `article` reads it back."""
    front: dict[str, object] = {"title": one.title, "kind": str(one.kind), "unit": one.unit}
    lists = {"topics": one.topics, "questions": one.questions, "sources": one.sources}
    front |= {name: list(items) for name, items in lists.items() if items}
    written = yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=1000)
    return f"{_FENCE}\n{written}reviewed: {one.reviewed.isoformat()}\n{_FENCE}\n{one.text}\n"


def article(
    text: str,
    path: Path,
    units: Collection[str],
    topics: Collection[str],
    *,
    least_questions: int = LEAST_QUESTIONS,
) -> Article:
    """One article; its id is the file's name without the ending."""
    if len(text) > LONGEST:
        raise BadFlow(f"{path}: has {len(text)} characters, at most {LONGEST} are read; divide it")
    front, body = _parted(text, path)
    fields = front.fields({"title", "kind", "reviewed"}, {"unit", "topics", "questions", "sources"})
    kind = ArticleKind(fields["kind"].one_of(tuple(ArticleKind)))
    return Article(
        id=_id_of(path),
        title=fields["title"].text(),
        kind=kind,
        unit=known(fields["unit"], units, "unit") if "unit" in fields else next(iter(units), ""),
        text=body,
        reviewed=_day(fields["reviewed"]),
        topics=tuple(known(item, topics, "topic") for item in fields["topics"].items())
        if "topics" in fields
        else (),
        questions=_questions(front, fields, kind, least_questions),
        sources=fields["sources"].texts() if "sources" in fields else (),
    )


def front_of(path: Path) -> Marked:
    """The front matter of an article's file. BadFlow when it has none, or no text below."""
    return _parted(text_of(path), path)[0]


def _parted(text: str, path: Path) -> tuple[Marked, str]:
    lines = text.splitlines()
    if not lines or lines[0].strip() != _FENCE:
        raise BadFlow(f"{path}:1: must begin with a line «{_FENCE}», then title, kind, questions and so on")
    end = next((n for n, line in enumerate(lines[1:], 1) if line.strip() == _FENCE), None)
    if end is None:
        raise BadFlow(f"{path}:1: the front matter has no end: a second line «{_FENCE}»")
    body = "\n".join(lines[end + 1 :]).strip()
    if not body:
        raise BadFlow(f"{path}:{end + 1}: there is no text below the front matter")
    # The first fence stays: YAML takes it for the document's start, and the lines count from the file's.
    return parse("\n".join(lines[:end]) + "\n", str(path)), body


def _id_of(path: Path) -> str:
    try:
        return identifier(parse(path.stem, str(path)))
    except BadFlow:
        raise BadFlow(f"{path}: name the file in Latin letters, digits, _ and -, at most 64") from None


def _day(marked: Marked) -> date:
    try:
        return date.fromisoformat(marked.text())
    except ValueError:
        marked.fail(f"is «{marked.text()}», which is not a day; write it as 2026-05-08")


def _questions(front: Marked, fields: dict[str, Marked], kind: ArticleKind, least: int) -> tuple[str, ...]:
    found = fields["questions"].texts() if "questions" in fields else ()
    if kind is ArticleKind.QUESTION and len(found) < least:
        fields.get("questions", front).fail(
            f"has {len(found)} questions; write at least {least}, as callers put it"
        )
    return found
