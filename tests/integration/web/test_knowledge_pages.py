"""The pages of the knowledge base over the real shelf and a database: search, reading, writing, history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.application.knowledge import Change
from app.dictionary import normal_form
from app.domain.errors import Refused
from app.knowledge.rendering import html_of
from app.knowledge.shelf import Shelf
from app.storage.article_book import SqlArticleBook
from app.storage.engine import open_engine
from app.storage.upgrade import upgrade
from tests.integration.web.office import NOW, Office, housing, open_office, words

FORM = {
    "title": "Кто чинит фонтан?",
    "kind": "question",
    "unit": "reception",
    "questions": "фонтан сломан\nне работает фонтан",
    "text": "Фонтаны чинит **город**.\n\n<script>alert(1)</script>",
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    engine = open_engine(f"sqlite:///{tmp_path / 'office.sqlite'}")
    upgrade(engine)
    book = SqlArticleBook(engine)
    shelf = Shelf(book, normal_form, housing(), refresh_every_s=3600)
    shelf.refresh()
    office = open_office()
    site = office.app.state.site
    office.app.state.site = replace(site, knowledge=shelf, articles=book, html_of=html_of)
    yield office
    shelf.close()
    engine.dispose()


def form(office: Office, **change: str) -> dict[str, str]:
    return FORM | {"unit": housing().units[0].id} | change


async def test_operators_search_and_read(office: Office) -> None:
    async with office.signed_in("ivanova") as browser:
        page = await browser.get("/knowledge", params={"q": "крышу залило"})
        assert "/knowledge/a/roof-leak" in page.text
        assert "Новая статья" not in words(page)
        part = await browser.get("/knowledge", params={"q": "крыша"}, headers={"x-fragment": "1"})
        assert "<html" not in part.text
        article = await browser.get("/knowledge/a/roof-leak")
        assert article.status_code == 200
        assert "Изменить" not in words(article)
        assert (await browser.get("/knowledge/a/nothing")).status_code == 404
        assert "Ничего не нашлось" in words(await browser.get("/knowledge", params={"q": "борщ"}))


@pytest.mark.parametrize("filters", [{"kind": "act"}, {"topic": "visit"}, {"overdue": "1"}, {"unit": "nowhere"}])
async def test_filters_narrow_the_list(office: Office, filters: dict[str, str]) -> None:
    async with office.signed_in("ivanova") as browser:
        everything = (await browser.get("/knowledge")).text.count("article-card")
        assert (await browser.get("/knowledge", params=filters)).text.count("article-card") < everything


async def test_operators_do_not_write(office: Office) -> None:
    async with office.signed_in("ivanova") as browser:
        assert (await browser.get("/knowledge/new")).status_code == 403
        assert (await browser.post("/knowledge/write", data=form(office))).status_code == 403
        assert (await browser.post("/knowledge/a/roof-leak/archive", data={"after": "0"})).status_code == 403


async def test_an_article_is_written_and_found(office: Office) -> None:
    async with office.signed_in("boss") as browser:
        preview = await browser.post("/knowledge/write", data=form(office, do="preview"))
        assert "<strong>город</strong>" in preview.text
        assert "<script>alert" not in preview.text
        kept = await browser.post("/knowledge/write", data=form(office))
        assert kept.headers["location"] == "/knowledge/a/kto-chinit-fontan?saved=1"
        assert "kto-chinit-fontan" in (await browser.get("/knowledge", params={"q": "фонтаны"})).text
        page = await browser.get("/knowledge/a/kto-chinit-fontan")
        assert "Кузнецова" in words(page)
        assert "<script>alert" not in page.text


async def test_faults_are_said_at_their_fields_and_nothing_is_lost(office: Office) -> None:
    async with office.signed_in("boss") as browser:
        answer = await browser.post("/knowledge/write", data=form(office, title=" ", unit="moon"))
        assert answer.status_code == 422
        assert answer.text.count('aria-invalid="true"') == 2
        assert "Фонтаны чинит" in answer.text


async def test_an_article_of_a_file_is_changed_reviewed_archived_and_set_back(office: Office) -> None:
    async with office.signed_in("admin") as browser:
        address = "/knowledge/a/roof-leak"
        assert (await browser.get(f"{address}/edit")).status_code == 200
        changed = form(office, article_id="roof-leak", title="Течёт крыша: новое", after="0")
        assert (await browser.post("/knowledge/write", data=changed)).status_code == 303
        assert "Течёт крыша: новое" in words(await browser.get(address))
        assert (await browser.post(f"{address}/reviewed", data={"after": "1"})).status_code == 303
        assert (await browser.post(f"{address}/archive", data={"after": "2"})).status_code == 303
        assert "Статья в архиве" in words(await browser.get(address))
        assert "roof-leak" not in (await browser.get("/knowledge", params={"q": "крыша новое"})).text
        assert (await browser.post(f"{address}/set-back", data={"after": "3"})).status_code == 303
        page = words(await browser.get(address))
        for told in ("написано", "проверено без изменений", "в архив", "возвращён текст"):
            assert told in page
        original = next(one for one in housing().articles if one.id == "roof-leak")
        assert original.title in page
        assert (await browser.post(f"{address}/nonsense", data={"after": "4"})).status_code == 404


async def test_who_comes_second_loses_nothing(office: Office) -> None:
    async with office.signed_in("boss") as browser:
        mine = form(office, article_id="roof-leak", after="0")
        assert (await browser.post("/knowledge/write", data=mine)).status_code == 303
        second = await browser.post("/knowledge/write", data=mine | {"text": "Мой текст"})
        assert second.status_code == 422
        assert "изменил другой сотрудник" in words(second)
        assert "Мой текст" in second.text


async def test_the_book_keeps_versions_in_turn(office: Office) -> None:
    book = office.app.state.site.articles
    article = housing().articles[0]
    assert book.keep("housing", article, Change.WRITTEN, author="boss", at=NOW, after=0) == 1
    with pytest.raises(Refused, match="meanwhile"):
        book.keep("housing", article, Change.WRITTEN, author="boss", at=NOW, after=0)
    (only,) = book.versions("housing", article.id)
    assert (only.article, only.version, only.at, only.author) == (article, 1, NOW, "boss")
    stored, mark = book.read(housing(), None)
    assert {one.article.id: one.version for one in stored}[article.id] == 1
    assert book.read(housing(), mark) is None
