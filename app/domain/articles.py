"""Articles of the knowledge base, as values (K1: property 31-34, education 3.4.10, 3.10.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

SHORT = 280
"""Characters of the short answer that a list shows."""
_MARKS = re.compile(r"[*_`#>]+|!?\[([^\]]*)\]\([^)]*\)")


class ArticleKind(StrEnum):
    """The parts of a knowledge base as the orders list them."""

    ACT = "act"
    JOB_DESCRIPTION = "job_description"
    QUESTION = "question"
    TEMPLATE = "template"
    SOLUTION = "solution"
    CONTACT = "contact"
    OTHER = "other"


@dataclass(frozen=True)
class Article:
    """One article; `text` is Markdown: a short answer that can be read out, then the details.

    `questions` is how callers put it, `sources` are clauses and laws, `reviewed` the day of the last review (K2).
    """

    id: str
    title: str
    kind: ArticleKind
    unit: str
    text: str
    reviewed: date
    topics: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        """The short answer: the first paragraph without its marks, in one line."""
        first = next((part for part in re.split(r"\n\s*\n", self.text) if part.strip(" \n#")), "")
        plain = " ".join(_MARKS.sub(lambda found: found.group(1) or "", first).split())
        return plain if len(plain) <= SHORT else plain[:SHORT].rsplit(" ", 1)[0] + " …"
