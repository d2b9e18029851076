"""Articles of the knowledge base from Markdown files: read whole, or refused with file and line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from app.domain.articles import Article, ArticleKind
from app.domain.errors import BadFlow
from app.storage.articles_files import articles

GOOD = """\
---
title: Как узнать, на каком этапе моё заявление?
kind: question
unit: lands
topics: [status]
questions:
  - где моё заявление
  - что с моим заявлением
  - когда ответите
sources: [property 17]
reviewed: 2026-11-02
---
Назовите номер заявления.

- Номер стоит в расписке.
"""


def read(folder: Path, text: str = GOOD, name: str = "stage.md") -> tuple[Article, ...]:
    (folder / name).write_text(text)
    return articles(folder, ["reception", "lands"], ["status"])


def test_an_article_is_read_whole(tmp_path: Path) -> None:
    assert read(tmp_path) == (
        Article(
            id="stage",
            title="Как узнать, на каком этапе моё заявление?",
            kind=ArticleKind.QUESTION,
            unit="lands",
            text="Назовите номер заявления.\n\n- Номер стоит в расписке.",
            reviewed=date(2026, 11, 2),
            topics=("status",),
            questions=("где моё заявление", "что с моим заявлением", "когда ответите"),
            sources=("property 17",),
        ),
    )


def test_a_folder_is_read_by_its_names_and_may_be_missing(tmp_path: Path) -> None:
    read(tmp_path, name="b.md")
    (tmp_path / "remarks.txt").write_text("no article")
    assert [one.id for one in read(tmp_path, name="a.md")] == ["a", "b"]
    assert articles(tmp_path / "nowhere", [], []) == ()


def test_an_article_without_a_unit_is_the_receptions(tmp_path: Path) -> None:
    (one,) = read(tmp_path, GOOD.replace("unit: lands\n", ""))
    assert one.unit == "reception"


def test_lines_of_dashes_in_the_text_are_text(tmp_path: Path) -> None:
    (one,) = read(tmp_path, GOOD + "\n---\nдальше\n")
    assert one.text.endswith("---\nдальше")


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        ("---\ntitle", "title", r"stage\.md:1: must begin with a line «---»"),
        ("2026-11-02\n---", "2026-11-02\n", r"stage\.md:1: the front matter has no end"),
        ("kind: question", "kind: gossip", r"stage\.md:3: «kind» is «gossip»; known are act, job_description"),
        ("unit: lands", "unit: seas", r"stage\.md:4: «unit» is «seas», and there is no such unit"),
        ("topics: [status]", "topics: [roof]", r"stage\.md:5: «topics» is «roof», and there is no such topic"),
        ("  - когда ответите\n", "", r"stage\.md:7: «questions» has 2 questions; write at least 3"),
        ("reviewed: 2026-11-02", "reviewed: вчера", r"stage\.md:11: «reviewed» is «вчера», which is not a day"),
        ("reviewed: 2026-11-02\n", "", r"stage\.md:1: lacks the key «reviewed»|:2: lacks the key «reviewed»"),
        ("sources:", "source:", r"stage\.md:10: unknown key «source»"),
        ("Назовите номер заявления.\n\n- Номер стоит в расписке.\n", "\n", r"stage\.md:12: there is no text below"),
        ("Назовите", "Назовите" * 30000, r"stage\.md: has \d+ characters, at most 200000"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(tmp_path: Path, good: str, bad: str, told: str) -> None:
    assert good in GOOD
    with pytest.raises(BadFlow, match=told):
        read(tmp_path, GOOD.replace(good, bad))


def test_only_questions_need_the_words_of_callers(tmp_path: Path) -> None:
    start, end = GOOD.index("questions:"), GOOD.index("sources:")
    (one,) = read(tmp_path, GOOD[:start].replace("kind: question", "kind: contact") + GOOD[end:])
    assert (one.kind, one.questions) == (ArticleKind.CONTACT, ())


def test_a_file_is_named_in_latin_letters(tmp_path: Path) -> None:
    with pytest.raises(BadFlow, match=r"этап\.md: name the file in Latin letters"):
        read(tmp_path, name="этап.md")
