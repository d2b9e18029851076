"""Questions without an article, and who answers for a unit's part: the pages over a database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.application.knowledge import Change
from tests.integration.web.cared_office import cared_office
from tests.integration.web.office import NOW, Office, words

QUESTIONS = "/knowledge/questions"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with cared_office(tmp_path) as office:
        yield office


def keys(page: httpx.Response) -> list[str]:
    return re.findall(r'name="key" value="([^"]*)"', page.text)


# --- questions without an article -----------------------------------------------------------------------------


async def test_questions_are_gathered_masked_and_linked(office: Office) -> None:
    async with office.signed_in("boss") as browser:
        assert "Вопросы без статьи 2" in words(await browser.get("/knowledge"))
        page = await browser.get(QUESTIONS)
        told = words(page)
        assert "чинят ли фонтаны зимой спросили 2 раза" in told
        assert "Кто чинит фонтан? Звоните *** на ***" in told
        assert "123-45" not in told
        assert told.index("фонтан") < told.index("газовую трубу")
        assert "Консультационная линия" in told
        assert "/manager/calls/call-1" in page.text
        assert "пчёл" not in told
        longer = await browser.get(QUESTIONS, params={"from": "2026-10-01", "to": "2026-11-20"})
        assert "пчёл" in words(longer)
        assert (await browser.get(QUESTIONS, params={"list": "other"})).status_code == 422


async def test_operators_read_and_decide_nothing(office: Office) -> None:
    async with office.signed_in("ivanova") as browser:
        page = await browser.get(QUESTIONS)
        assert "чинят ли фонтаны зимой" in words(page)
        assert "/manager/calls/" not in page.text
        assert '<form method="post" action="/knowledge' not in page.text
        for path in ("close", "reopen"):
            answer = await browser.post(f"{QUESTIONS}/{path}", data={"key": "зим фонта чин", "reason": "так"})
            assert answer.status_code == 403


async def test_a_question_is_closed_with_a_reason_and_opened_again(office: Office) -> None:
    async with office.signed_in("boss") as browser:
        key = keys(await browser.get(QUESTIONS))[0]
        unsaid = await browser.post(f"{QUESTIONS}/close", data={"key": key, "reason": "  ", "period": "7"})
        assert unsaid.status_code == 422
        assert unsaid.text.count('aria-invalid="true"') == 1
        closed = await browser.post(f"{QUESTIONS}/close", data={"key": key, "reason": "Фонтаны чинит город"})
        assert closed.status_code == 303
        page = await browser.get(closed.headers["location"])
        assert "Фонтаны чинит город · Кузнецова О. В., 20 ноября 2026" in words(page)
        assert "фонтан" not in words(await browser.get(QUESTIONS))
        assert "Вопросы без статьи 1" in words(page)
        assert (await browser.post(f"{QUESTIONS}/reopen", data={"key": key})).status_code == 303
        assert "фонтаны" in words(await browser.get(QUESTIONS))
        unknown = await browser.post(f"{QUESTIONS}/close", data={"key": "нет такого", "reason": "так"})
        assert unknown.status_code == 404


async def test_an_article_begins_with_the_question(office: Office) -> None:
    async with office.signed_in("boss") as browser:
        key = keys(await browser.get(QUESTIONS))[0]
        form = await browser.get("/knowledge/new", params={"missed": key})
        assert 'value="Чинят ли фонтаны зимой"' in form.text
        assert ">чинят ли фонтаны зимой</textarea>" in form.text
        assert re.search(r'name="topics" value="visit" checked', form.text)


# --- units' parts ---------------------------------------------------------------------------------------------


async def test_an_owner_writes_the_unit_s_articles_and_no_others(office: Office) -> None:
    async with office.signed_in("boss") as boss, office.signed_in("ivanova") as owner:
        address = "/knowledge/a/roof-leak"
        assert "Изменить" not in words(await owner.get(address))
        set_to = await boss.post("/knowledge/units/line/owner", data={"login": "ivanova"})
        assert set_to.status_code == 303
        assert "Изменить" in words(await owner.get(address))
        assert (await owner.get(f"{address}/edit")).status_code == 200
        new = {"title": "Фонтан", "kind": "question", "unit": "line", "questions": "фонтан", "text": "Город."}
        assert (await owner.post("/knowledge/write", data=new)).status_code == 303
        elsewhere = await owner.post("/knowledge/write", data=new | {"unit": "archive"})
        assert elsewhere.status_code == 422
        assert (await owner.post(f"{address}/reviewed", data={"after": "0"})).status_code == 303
        assert (await owner.post(f"{address}/archive", data={"after": "1"})).status_code == 303
        await boss.post("/knowledge/write", data=new | {"title": "Архивная справка", "unit": "archive"})
        foreign = "/knowledge/a/arhivnaya-spravka"
        assert (await owner.get(f"{foreign}/edit")).status_code == 403
        taken = new | {"article_id": "arhivnaya-spravka", "after": "1"}
        assert (await owner.post("/knowledge/write", data=taken)).status_code == 403
        for change in ("reviewed", "archive", "set-back"):
            assert (await owner.post(f"{foreign}/{change}", data={"after": "1"})).status_code == 403
        assert (await owner.post("/knowledge/units/archive/reviewed")).status_code == 403
        assert (await owner.post("/knowledge/units/line/owner", data={"login": "petrov"})).status_code == 403
        await boss.post("/knowledge/units/line/owner", data={"login": ""})
        assert (await owner.get("/knowledge/new")).status_code == 403


async def test_a_unit_is_reviewed_by_one_click(office: Office) -> None:
    site = office.app.state.site
    async with office.signed_in("boss") as browser:
        await browser.post("/knowledge/units/archive/owner", data={"login": "petrov"})
        page = words(await browser.get("/knowledge/units"))
        assert "не проверяли" in page
        edited = {"title": "Фонтан", "kind": "question", "unit": "line", "questions": "ф", "text": "Город."}
        await browser.post("/knowledge/write", data=edited | {"article_id": "roof-leak", "after": "0"})
        assert (await browser.post("/knowledge/units/line/reviewed")).status_code == 303
        told = words(await browser.get("/knowledge/units"))
        assert "20 ноября 2026 Кузнецова О. В. 21 декабря 2026 проверен в срок" in told
    assert {one.article.reviewed for one in site.knowledge.articles()} == {NOW.date()}
    written, reviewed = reversed(site.articles.versions("housing", "roof-leak"))
    assert (written.change, reviewed.change, reviewed.author) == (Change.WRITTEN, Change.REVIEWED, "boss")
    assert reviewed.article.title == "Фонтан"
    async with office.signed_in("petrov") as browser:
        assert (await browser.post("/knowledge/units/archive/reviewed")).status_code == 303
        assert "20 ноября 2026 Петров С. И." in words(await browser.get("/knowledge/units"))


async def test_a_review_falls_due(office: Office) -> None:
    async with office.signed_in("boss") as browser:
        await browser.post("/knowledge/units/line/reviewed")
        await browser.post("/knowledge/units/archive/reviewed")
        site = office.app.state.site
        object.__setattr__(site, "now", lambda: NOW + timedelta(days=33))
        told = words(await browser.get("/knowledge/units"))
        assert "пересмотр" in told or "просроч" in told
        assert "на 2 дня" in told
        assert "Разделы 2" in told


async def test_unknown_units_and_people_are_refused(office: Office) -> None:
    async with office.signed_in("admin") as browser:
        assert (await browser.post("/knowledge/units/moon/owner", data={"login": "boss"})).status_code == 404
        assert (await browser.post("/knowledge/units/moon/reviewed")).status_code == 404
        assert (await browser.post("/knowledge/units/line/owner", data={"login": "who"})).status_code == 422
    async with office.signed_in("ivanova") as browser:
        page = await browser.get("/knowledge/units")
        assert page.status_code == 200
        assert '<form method="post" action="/knowledge' not in page.text
