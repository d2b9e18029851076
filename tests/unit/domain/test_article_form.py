"""An article as a person writes it: clear faults, or the article."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from app.domain.article_form import ArticleForm, form_of, id_for
from app.domain.articles import ArticleKind

GOOD = ArticleForm(
    " Течёт  крыша ",
    "question",
    "line",
    ("repairs",),
    "капает\n\n капает \nтечёт с потолка",
    "housing 5.6",
    "Да.\r\nТак.",
)


def test_a_good_form_is_an_article() -> None:
    assert GOOD.faults(["line"], ["repairs"]) == {}
    article = GOOD.article("roof", date(2026, 11, 2))
    assert article.title == "Течёт крыша"
    assert article.questions == ("капает", "течёт с потолка")
    assert article.text == "Да.\nТак."
    assert form_of(article).article("roof", article.reviewed) == article


@pytest.mark.parametrize(
    ("change", "field", "fault"),
    [
        ({"title": " "}, "title", "empty"),
        ({"title": "а" * 201}, "title", "long"),
        ({"kind": "poem"}, "kind", "unknown"),
        ({"unit": "moon"}, "unit", "unknown"),
        ({"topics": ("moon",)}, "topics", "unknown"),
        ({"questions": " \n"}, "questions", "empty"),
        ({"questions": "а" * 301}, "questions", "long"),
        ({"text": ""}, "text", "empty"),
        ({"text": "а" * 200_001}, "text", "long"),
    ],
)
def test_what_is_wrong_is_said_by_field(change: dict[str, object], field: str, fault: str) -> None:
    form = replace(GOOD, **change)  # type: ignore[arg-type] # one field of any type
    assert form.faults(["line"], ["repairs"]) == {field: fault}


def test_only_questions_need_the_words_of_callers() -> None:
    assert replace(GOOD, questions="", kind=ArticleKind.ACT).faults(["line"], ["repairs"]) == {}


@pytest.mark.parametrize(
    ("title", "article_id"),
    [
        ("Течёт крыша: что делать?", "techet-krysha-chto-delat"),
        ("«!»", "article"),
        ("102 звонка", "a-102-zvonka"),
        ("Подъезд", "podezd"),
    ],
)
def test_an_id_is_made_of_the_title(title: str, article_id: str) -> None:
    assert id_for(title, ()) == article_id
    assert id_for(title, {article_id, f"{article_id}-2"}) == f"{article_id}-3"
