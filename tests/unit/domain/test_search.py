"""Search of the knowledge base: word forms, slips, topics, and questions that no article answers."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.articles import SHORT, Article, ArticleKind
from app.domain.search import Index, Query
from app.domain.word_forms import stem


def article(article_id: str, title: str, text: str = "", **more: object) -> Article:
    values = {"kind": ArticleKind.QUESTION, "unit": "line", "reviewed": date(2026, 11, 1), **more}
    return Article(id=article_id, title=title, text=text, **values)  # type: ignore[arg-type]


ROOF = article(
    "roof",
    "Течёт крыша: что делать?",
    "Сообщите управляющей организации.",
    questions=("с потолка капает вода",),
    topics=("repairs",),
)
LIFT = article("lift", "Не работает лифт", "Позвоните в аварийную службу.", questions=("лифт встал",))
FEES = article(
    "fees", "Неверно начислена плата", "Проверьте квитанцию за воду и отопление.", topics=("fees",), unit="money"
)
LAW = article("law", "Жилищный кодекс", "Плата за воду: статья 154.", kind=ArticleKind.ACT)
INDEX = Index((ROOF, LIFT, FEES, LAW), stem, {"repairs": "Ремонт", "fees": "Начисления"})


def ids(text: str, **more: object) -> list[str]:
    return [one.article.id for one in INDEX.search(Query(text, **more))]  # type: ignore[arg-type]


@pytest.mark.parametrize("asked", ["крышу", "крыши текут", "КРЫША!", "у нас на крыше течь", "крыщу"])
def test_a_word_is_found_in_its_forms_and_with_a_slip(asked: str) -> None:
    assert ids(asked)[0] == "roof"


def test_the_title_and_the_callers_words_count_more_than_the_text() -> None:
    assert ids("вода капает")[0] == "roof"
    assert ids("квитанция")[0] == "fees"


@pytest.mark.parametrize("asked", ["", "  ", "а это вот", "какая погода в сочи", "?!"])
def test_what_no_article_answers_finds_nothing(asked: str) -> None:
    assert ids(asked) == []


def test_the_topic_and_the_unit_come_first() -> None:
    plain = {one.article.id: one.score for one in INDEX.search(Query("плата за воду", enough=0))}
    boosted = {
        one.article.id: one.score
        for one in INDEX.search(Query("плата за воду", topic="fees", unit="money", enough=0))
    }
    assert boosted["fees"] > plain["fees"]
    assert boosted["law"] == plain["law"]


def test_kinds_and_units_leave_others_out() -> None:
    assert ids("плата за воду", kinds=(ArticleKind.ACT,)) == ["law"]
    assert ids("плата за воду", units=("money",)) == ["fees"]


def test_words_said_around_the_question_count_less() -> None:
    both = INDEX.search(Query("лифт", also="крыша", enough=0))
    assert [one.article.id for one in both][:2] == ["lift", "roof"]


def test_at_most_as_many_as_are_wanted_and_scores_fall() -> None:
    found = INDEX.search(Query("плата вода лифт крыша", most=2, enough=0))
    assert len(found) == 2
    assert 1 >= found[0].score >= found[1].score > 0


def test_an_index_without_articles_finds_nothing() -> None:
    assert Index((), stem).search(Query("крыша")) == []


def test_the_short_answer_is_the_first_paragraph_without_marks() -> None:
    one = article("a", "А", "\n**Да**, [позвоните](https://x.ru)\nнам.\n\nДальше.")
    assert one.short == "Да, позвоните нам."
    long = article("b", "Б", "слово " * 100)
    assert len(long.short) <= SHORT + 2
    assert long.short.endswith("слово …")
    assert article("c", "В", "").short == ""
