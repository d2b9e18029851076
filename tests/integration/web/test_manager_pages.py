"""The overview, the lists and the record of a call, over some weeks of calls."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from app.domain import facts as f
from app.domain.journal_form import from_json
from tests.integration.web.days import answered, arrived, rated
from tests.integration.web.office import NOW, Office, open_office, weeks, words

MOVED = "20261120-moved"


@pytest.fixture
def office() -> Office:
    return open_office(weeks())


@pytest.fixture
async def manager(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    async with office.signed_in("boss") as browser:
        yield browser


@pytest.fixture
async def administrator(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    async with office.signed_in("admin") as browser:
        yield browser


def linked_figures(page: str) -> list[tuple[str, str]]:
    """(address, figure) of every link from a figure to a list of calls: cards and numbers in tables."""
    cards = re.findall(
        r'<a class="figure-card card" href="([^"]+)" id="card-([\w-]+)">.*?"figure-value[^"]*">([^<]+)<',
        page,
        re.DOTALL,
    )
    counted = {"calls", "answered", "lost", "out-of-hours", "transferred"}
    found = [(link, figure) for link, card, figure in cards if card in counted]
    found += re.findall(
        r'<a (?:class="small" )?href="(/manager/calls\?[^"]+)">([\d\s\u00a0]+)(?: [а-я]+)*</a>', page
    )
    return [(html.unescape(link), re.sub(r"\D", "", figure)) for link, figure in found]


@pytest.mark.parametrize("period", ["period=today", "period=7", "from=2026-11-16&to=2026-11-17"])
async def test_every_figure_leads_to_exactly_the_calls_it_counts(manager: httpx.AsyncClient, period: str) -> None:
    page = await manager.get(f"/manager?{period}")
    figures = linked_figures(page.text)
    assert len(figures) > 25
    for address, figure in figures:
        listed = words(await manager.get(address))
        assert re.search(rf"Найден[оы]? {figure} звон", listed), (address, figure)


async def test_the_share_answered_in_time_leads_to_its_calls(manager: httpx.AsyncClient) -> None:
    page = (await manager.get("/manager?period=7")).text
    card = re.search(r'href="([^"]+)" id="card-in-time">.*?figure-note">(\d+) звон', page, re.DOTALL)
    assert card
    listed = words(await manager.get(html.unescape(card[1])))
    assert f"{card[2]} звон" in listed
    assert "приняты в пределах 20 с" in listed


async def test_ratings_stand_verbatim_with_every_answer(manager: httpx.AsyncClient) -> None:
    text = words(await manager.get("/manager?period=7"))
    for said in (
        "Получен ли ответ на Ваш вопрос?",
        "Оцените качество работы консультанта",
        "частично удовлетворен",
        "не удовлетворен",
    ):
        assert said in text


async def test_an_operator_without_a_best_rating_has_none_of_it(office: Office, manager: httpx.AsyncClient) -> None:
    at = NOW - timedelta(hours=1)
    office.reads.log = rated(
        answered("one", at, "", "petrov", wait_s=5, talk_s=60), "petrov", "partly", yes=True
    ).written
    text = words(await manager.get("/manager"))
    assert "0 % «удовлетворен», 1 ответ" in text
    assert "100 % «да», 1 ответ" in text


async def test_figures_are_compared_with_the_period_before(manager: httpx.AsyncClient) -> None:
    today = words(await manager.get("/manager"))
    week = words(await manager.get("/manager?period=7"))
    assert "в сравнении: пятница, 13 ноября, до 13:40" in today
    assert "в сравнении: 7 нояб. – 13 нояб. 2026" in week
    assert re.search(r"[+−]\d+, было \d+", week)


async def test_an_empty_day_says_so() -> None:
    office = open_office()
    async with office.signed_in("boss") as browser:
        assert "За это время звонков не было" in words(await browser.get("/manager"))
        assert "В эти дни звонков не было" in words(await browser.get("/manager/calls"))
        assert "Открытых обещаний нет" in words(await browser.get("/promises"))


async def test_only_a_page_that_still_changes_is_refreshed(manager: httpx.AsyncClient) -> None:
    assert 'data-refresh="10"' in (await manager.get("/manager")).text
    assert 'data-refresh="10"' in (await manager.get("/manager?period=30")).text
    assert "data-refresh=" not in (await manager.get("/manager?from=2026-11-16&to=2026-11-17")).text


async def test_a_fragment_is_the_page_without_its_frame(manager: httpx.AsyncClient) -> None:
    whole = (await manager.get("/manager")).text
    fragment = (await manager.get("/manager", headers={"x-fragment": "1"})).text
    assert "<html" not in fragment
    assert fragment.strip() in whole


async def test_lists_are_filtered_by_form(manager: httpx.AsyncClient) -> None:
    page = await manager.get(
        "/manager/calls?from=2026-11-09&to=2026-11-20&operator=sidorova&rating=satisfaction:partly"
    )
    rows = re.findall(r"<tbody>(.*)</tbody>", page.text, re.DOTALL)[0].split("<tr>")[1:]
    assert rows
    assert all("Сидорова" in row and "частично удовлетворен" in row for row in rows)
    assert re.search(r'value="sidorova" selected', page.text)
    assert re.search(r'value="satisfaction:partly" selected', page.text)


async def test_a_condition_without_a_field_can_be_removed(manager: httpx.AsyncClient) -> None:
    page = await manager.get("/manager/calls?from=2026-11-09&to=2026-11-20&hour=10&transferred=1")
    assert "с 10:00 до 10:59" in words(page)
    assert '<input type="hidden" name="hour" value="10">' in page.text
    removed = re.search(r'class="chip" href="([^"]+)"', page.text)
    assert removed
    assert "hour" not in removed[1]
    assert "transferred=1" in removed[1]


async def test_long_lists_have_pages(manager: httpx.AsyncClient) -> None:
    first = await manager.get("/manager/calls?from=2026-11-04&to=2026-11-20")
    older = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert older
    second = await manager.get(html.unescape(older[1]))
    assert "Страница 2 из" in words(second)
    ids = [set(re.findall(r"/manager/calls/([\w-]+)", page.text)) for page in (first, second)]
    assert len(ids[0]) == 50
    assert not ids[0] & ids[1]
    beyond = words(await manager.get("/manager/calls?from=2026-11-04&to=2026-11-20&page=999"))
    assert "Подходящих звонков нет" in beyond


# --- the file -------------------------------------------------------------------------------------------------


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


async def test_the_file_has_every_call_of_the_list(manager: httpx.AsyncClient) -> None:
    query = "from=2026-11-04&to=2026-11-20&direction=incoming"
    answer = await manager.get(f"/manager/calls.csv?{query}")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-disposition"] == 'attachment; filename="liniya-2026-11-04-2026-11-20.csv"'
    rows = rows_of(answer)
    assert re.search(rf"Найден[оы]? {len(rows)} звон", words(await manager.get(f"/manager/calls?{query}")))
    moved = next(row for row in rows if row["Звонок"] == MOVED)
    assert moved["Номер"] == "7 927 ***-**-67"
    assert moved["Имя"] == "А. П."
    assert (moved["День"], moved["Время"]) == ("2026-11-20", "10:15:00")
    assert moved["Оцените качество работы консультанта"] == "частично удовлетворен"
    assert moved["Переводы"] == "1"


async def test_the_file_runs_no_formula(office: Office, administrator: httpx.AsyncClient) -> None:
    script = arrived("evil", NOW - timedelta(hours=1), "=HYPERLINK(1)").add(f.CallQueued("reception"))
    script.add(f.CallOffered("ivanova")).add(f.OperatorJoined("ivanova"))
    script.add(f.CallerNamed("=cmd|'/c calc'!A1"), f.TopicChosen("@SUM(1+1)"))
    office.reads.log.extend(script.written)
    evil = next(r for r in rows_of(await administrator.get("/manager/calls.csv")) if r["Звонок"] == "evil")
    assert evil["Имя"].startswith("'=")
    assert evil["Тема"].startswith("'@")
    assert not any(value.startswith(("=", "+", "-", "@")) for value in evil.values())


async def test_the_administrators_file_names_callers(administrator: httpx.AsyncClient) -> None:
    rows = rows_of(await administrator.get("/manager/calls.csv"))
    assert "7 927 123-45-67" in {row["Номер"] for row in rows}


# --- one call -------------------------------------------------------------------------------------------------


async def test_the_record_tells_the_whole_call(manager: httpx.AsyncClient) -> None:
    text = words(await manager.get(f"/manager/calls/{MOVED}"))
    for said in (
        "+7 927 ***-**-67",
        "пятница, 20 ноября 2026",
        "Иванова Анна Петровна → Сидорова Мария Олеговна",
        "мне дважды начислили плату за отопление",
        "Поздороваться 10:15",
        "Перевод не состоялся и не засчитан",
        "Обещано перезвонить на +7 927 ***-**-67 до 20 ноября, 15:15",
        "частично удовлетворен голосом",
        "ничего не сказано и не нажато",
        "1 и 1 не удалась",
        "линией, до конца",
        "Двойное начисление за отопление",
    ):
        assert said in text, said


async def test_both_sides_stand_in_the_transcript_in_order(manager: httpx.AsyncClient) -> None:
    page = (await manager.get(f"/manager/calls/{MOVED}")).text
    speakers = re.findall(r'class="said said-(\w+)"', page)
    assert speakers == ["operator", "caller"] * 3
    starts = [int(m) * 60 + int(s) for m, s in re.findall(r"<time[^>]*>(\d+):(\d\d)</time></div>\s*<p>", page)]
    assert starts == sorted(starts)
    assert starts


async def test_how_the_operator_spoke_stands_in_the_record(manager: httpx.AsyncClient) -> None:
    text = words(await manager.get(f"/manager/calls/{MOVED}"))
    figures = text.partition("Как говорил сотрудник")[2].partition("Сценарий")[0]
    assert re.search(r"Иванова А\. П\. \d+(,\d)? слов в минуту ожидается 80–140", figures), figures


async def test_numbers_are_for_the_administrator(
    manager: httpx.AsyncClient, administrator: httpx.AsyncClient
) -> None:
    for path in (f"/manager/calls/{MOVED}", "/manager/calls", "/promises", f"/manager/calls/{MOVED}/facts.json"):
        masked, whole = (await manager.get(path)).text, (await administrator.get(path)).text
        digits = re.sub(r"[\s-]", "", masked)
        assert "9271234567" not in digits, path
        assert "Анна Петровна" not in masked.replace("Иванова Анна Петровна", ""), path
        assert "9271234567" in re.sub(r"[\s-]", "", whole), path


async def test_the_facts_can_be_taken_away(administrator: httpx.AsyncClient) -> None:
    answer = await administrator.get(f"/manager/calls/{MOVED}/facts.json")
    assert "attachment" in answer.headers["content-disposition"]
    written = json.loads(answer.text)["facts"]
    known = [one for one in weeks() if one.stream == f"call:{MOVED}"]
    assert [from_json(one["kind"], one["fact"]) for one in written] == [one.fact for one in known]
    assert [one["seq"] for one in written] == list(range(1, len(known) + 1))


async def test_a_log_with_a_gap_is_still_told(office: Office, manager: httpx.AsyncClient) -> None:
    class Gapped(type(office.reads)):  # type: ignore[misc]  # a log as a broken disk leaves it
        def record(self, call_id: str) -> object:
            record = super().record(call_id)
            return type(record)(record.row, record.facts[:3] + record.facts[4:])

    office.reads.__class__ = Gapped
    page = words(await manager.get(f"/manager/calls/{MOVED}"))
    assert "В журнале этого звонка есть пропуск" in page
    assert "Звонок завершён" in page


async def test_a_call_that_goes_on_says_so(office: Office, manager: httpx.AsyncClient) -> None:
    office.reads.log.extend(
        arrived("now", NOW - timedelta(seconds=9), "+79270000000").add(f.CallQueued("x")).written
    )
    page = words(await manager.get("/manager/calls/now"))
    assert "звонок продолжается" in page
    assert "идёт сейчас" in page
    assert "1 ждёт сейчас" in words(await manager.get("/manager"))


# --- promises -------------------------------------------------------------------------------------------------


async def test_promises_stand_in_their_lists(manager: httpx.AsyncClient) -> None:
    opened = words(await manager.get("/promises"))
    overdue = words(await manager.get("/promises?list=overdue"))
    late = await manager.get("/promises?list=late")
    assert "20 нояб., 15:15" in opened
    assert "ждёт" in opened
    assert "20 нояб., 15:15" not in overdue
    assert "не выполнено" in overdue  # by more than a working day
    assert "выполнено с опозданием" in words(late)
    assert re.search(r'href="/manager/calls/\d+-back"', late.text)
    assert "Этот список пуст" in words(await manager.get("/promises?list=closed"))
