"""An article as a person writes it: what is wrong with it, or the article."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from app.domain.articles import Article, ArticleKind
from app.domain.missed_questions import QuestionGroup
from app.domain.personal_words import MASK

LONGEST_TITLE = 200
LONGEST_TEXT = 200_000
MOST_QUESTIONS = 50
LONGEST_QUESTION = 300
MOST_PROPOSED = 10
_LATIN = "a b v g d e e zh z i y k l m n o p r s t u f h c ch sh sch - y - e yu ya"
_LETTERS = str.maketrans(dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", _LATIN.split(), strict=True)))
_SILENT = str.maketrans("", "", "ъь")


@dataclass(frozen=True)
class ArticleForm:
    """The fields as they were typed; questions and sources one a line."""

    title: str = ""
    kind: str = ArticleKind.QUESTION
    unit: str = ""
    topics: tuple[str, ...] = ()
    questions: str = ""
    sources: str = ""
    text: str = ""

    def faults(self, units: Collection[str], topics: Collection[str]) -> dict[str, str]:
        """Field to the code of what is wrong with it; empty when all can be used."""
        questions = _lines(self.questions)
        wrong = {
            "title": "empty" if not self.title.strip() else "long" * (len(self.title.strip()) > LONGEST_TITLE),
            "kind": "unknown" * (self.kind not in set(ArticleKind)),
            "unit": "unknown" * (self.unit not in units),
            "topics": "unknown" * any(topic not in topics for topic in self.topics),
            "questions": _fault_of_questions(questions, self.kind),
            "text": "empty" if not self.text.strip() else "long" * (len(self.text) > LONGEST_TEXT),
        }
        return {field: fault for field, fault in wrong.items() if fault}

    def article(self, article_id: str, reviewed: date) -> Article:
        """The article of a form without faults."""
        return Article(
            id=article_id,
            title=" ".join(self.title.split()),
            kind=ArticleKind(self.kind),
            unit=self.unit,
            text=self.text.replace("\r\n", "\n").strip(),
            reviewed=reviewed,
            topics=self.topics,
            questions=_lines(self.questions),
            sources=_lines(self.sources),
        )


def form_of(article: Article) -> ArticleForm:
    return ArticleForm(
        article.title,
        article.kind,
        article.unit,
        article.topics,
        "\n".join(article.questions),
        "\n".join(article.sources),
        article.text,
    )


def form_for(asked: QuestionGroup, unit: str) -> ArticleForm:
    """The beginning of an article that answers questions without one; none with a masked word is proposed."""
    proposed = [one[:LONGEST_QUESTION] for one in asked.wordings if MASK not in one][:MOST_PROPOSED]
    title = " ".join((proposed[0] if proposed else asked.asked).split())[:LONGEST_TITLE]
    topics = (asked.topic,) if asked.topic else ()
    return ArticleForm(f"{title[:1].upper()}{title[1:]}", unit=unit, topics=topics, questions="\n".join(proposed))


def id_for(title: str, taken: Collection[str]) -> str:
    """An id of Latin letters for a new article: from its title, and a number where that is taken."""
    plain = (
        re.sub(r"[^a-z0-9]+", "-", title.lower().translate(_SILENT).translate(_LETTERS)).strip("-")[:48].strip("-")
        or "article"
    )
    if not plain[0].isalpha():
        plain = f"a-{plain}"
    numbered = (plain if n == 1 else f"{plain}-{n}" for n in range(1, len(taken) + 2))
    return next(one for one in numbered if one not in taken)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for line in (" ".join(one.split()) for one in text.splitlines()) if line))


def _fault_of_questions(questions: tuple[str, ...], kind: str) -> str:
    if kind == ArticleKind.QUESTION and not questions:
        return "empty"
    too_long = len(questions) > MOST_QUESTIONS or any(len(one) > LONGEST_QUESTION for one in questions)
    return "long" if too_long else ""
