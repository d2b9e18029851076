"""A document as articles: divided at its headings; headings that ask are questions (K1)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.articles import Article

_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
LONGEST_TITLE = 200


@dataclass(frozen=True)
class Part:
    """What becomes one article."""

    title: str
    text: str
    asks: bool
    """The title is a question."""


def parts_of(markdown: str, name: str) -> tuple[Part, ...]:
    """The articles of a document. A document whose headings ask at least twice is one article a question; any other
    is one article, named by its first heading or by `name`."""
    sections = _sections(markdown)
    asking = [section for section in sections if _asks(section[0])]
    if len(asking) >= 2:
        return tuple(Part(title[:LONGEST_TITLE], text, asks=True) for title, text in asking if text)
    title = next((title for title, _ in sections if title), "") or name
    first = _HEADING.match(markdown.lstrip().splitlines()[0]) if markdown.strip() else None
    text = markdown.strip().partition("\n")[2] if first else markdown
    return (Part(title[:LONGEST_TITLE], text.strip(), _asks(title)),) if text.strip() else ()


def fingerprint(title: str, text: str) -> str:
    """The same for articles that differ in blanks and capitals only."""
    plain = " ".join(re.findall(r"\w+", f"{title}\n{text}".lower()))
    return hashlib.sha256(plain.encode()).hexdigest()


def fingerprints(articles: Sequence[Article]) -> set[str]:
    return {fingerprint(one.title, one.text) for one in articles}


def _sections(markdown: str) -> list[tuple[str, str]]:
    """(heading, what stands below it)."""
    sections: list[tuple[str, list[str]]] = [("", [])]
    for line in markdown.splitlines():
        heading = _HEADING.match(line)
        if heading:
            sections.append((heading[2], []))
        else:
            sections[-1][1].append(line)
    return [(title, "\n".join(lines).strip()) for title, lines in sections]


def _asks(title: str) -> bool:
    return title.endswith("?")
