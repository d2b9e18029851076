"""Headers of every answer, requests from elsewhere, errors in words, health, settings."""

from __future__ import annotations

import pytest
from structlog.typing import EventDict
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from tests.integration.web.office import AUDIO_URL, BASE, PASSWORD, Office, open_office, words
from tests.integration.web.serving import served


@pytest.fixture
def office() -> Office:
    return open_office()


# --- headers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/login", "/health", "/static/css/base.css", "/nope", "/manager"])
async def test_every_answer_has_the_policy(office: Office, path: str) -> None:
    async with office.browser() as browser:
        headers = (await browser.get(path)).headers
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self' ws://127.0.0.1:8001"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert AUDIO_URL not in headers["content-security-policy"], "the origin is enough"


async def test_pages_are_not_cached_and_files_are_revalidated(office: Office) -> None:
    async with office.browser() as browser:
        assert (await browser.get("/login")).headers["cache-control"] == "no-store"
        file = await browser.get("/static/css/base.css")
        assert file.headers["cache-control"] == "no-cache"
        again = await browser.get("/static/css/base.css", headers={"if-none-match": file.headers["etag"]})
        assert again.status_code == 304


@pytest.mark.parametrize("path", ["/static/../app/web/app.py", "/static/%2e%2e/pyproject.toml"])
async def test_files_outside_static_are_not_served(office: Office, path: str) -> None:
    async with office.browser() as browser:
        assert (await browser.get(path)).status_code == 404


# --- requests from elsewhere ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://line.test.evil.example"},
        {"origin": "http://line.test:81"},
        {"origin": BASE, "sec-fetch-site": "cross-site"},
        {"origin": BASE, "sec-fetch-site": "same-site"},
        {"origin": ""},
    ],
)
async def test_forms_of_other_sites_are_refused(office: Office, headers: dict[str, str]) -> None:
    async with office.signed_in("ivanova") as browser:
        answer = await browser.post("/settings/phone", data={"phone": "sip:1@192.0.2.1"}, headers=headers)
        assert answer.status_code == 403
        assert (await browser.post("/logout", headers=headers)).status_code == 403
        assert (await browser.get("/settings")).status_code == 200, "still signed in"
    assert office.staff.people["ivanova"][0].phone == ""


async def test_a_form_without_any_origin_is_refused(office: Office) -> None:
    async with office.browser() as browser:
        del browser.headers["origin"]
        assert (await browser.post("/login", data={"login": "boss", "password": PASSWORD})).status_code == 403


async def test_a_browser_that_says_same_origin_is_believed(office: Office) -> None:
    async with office.browser() as browser:
        del browser.headers["origin"]
        answer = await browser.post(
            "/login", data={"login": "boss", "password": PASSWORD}, headers={"sec-fetch-site": "same-origin"}
        )
        assert answer.status_code == 303


async def test_web_sockets_of_other_sites_are_refused(office: Office) -> None:
    async with served(office.app) as address:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{address.replace('http', 'ws')}/panel/feed", origin=Origin("https://evil.example"))
    assert refused.value.response.status_code == 403


async def test_web_sockets_of_this_site_are_let_in(office: Office) -> None:
    async with served(office.app) as address:
        socket = await connect(f"{address.replace('http', 'ws')}/panel/feed", origin=Origin(address))
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401, "not signed in is told by the panel itself"


# --- errors ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/nope", "/manager/calls/nope", "/static/nope.css"])
async def test_a_missing_page_says_so(office: Office, path: str) -> None:
    async with office.signed_in("boss") as browser:
        answer = await browser.get(path)
    assert answer.status_code == 404
    assert "Такой страницы нет" in words(answer)
    assert "Кузнецова" in words(answer), "in the layout of who asks"


@pytest.mark.parametrize(
    "path",
    [
        "/manager?period=x",
        "/manager?from=31.12.2026",
        "/manager/calls?hour=99",
        "/manager/calls?page=0",
        "/promises?list=x",
    ],
)
async def test_an_address_that_cannot_be_read_says_so(office: Office, path: str) -> None:
    async with office.signed_in("boss") as browser:
        answer = await browser.get(path)
    assert answer.status_code == 422
    assert "Проверьте, что введено" in words(answer)


@pytest.mark.parametrize("path", ["/manager", "/manager/calls", "/manager/calls.csv", "/promises"])
async def test_a_database_that_is_away_is_told_in_words(office: Office, path: str) -> None:
    async with office.signed_in("boss") as browser:
        office.reads.away = True
        answer = await browser.get(path)
    assert answer.status_code == 503
    assert "Звонки продолжаются, и ничего не теряется" in words(answer)
    assert 'data-reload-after="10"' in answer.text


async def test_even_the_login_is_told_when_sessions_are_away(office: Office) -> None:
    office.staff.away = True
    async with office.browser() as browser:
        answer = await browser.post("/login", data={"login": "boss", "password": PASSWORD})
        browser.cookies.set("liniya", "any", domain="line.test")
        missing = await browser.get("/nope")
    assert answer.status_code == 503
    assert missing.status_code == 404


async def test_a_fault_of_the_program_is_logged_and_hides_its_inside(office: Office, logs: list[EventDict]) -> None:
    async with office.signed_in("boss") as browser:
        office.reads.log = None  # type: ignore[assignment]  # any fault will do
        page = await browser.get("/manager")
        script = await browser.get("/manager", headers={"accept": "application/json"})
    assert page.status_code == script.status_code == 500
    assert "Что-то пошло не так" in words(page)
    assert "NoneType" not in page.text + script.text
    assert script.json()["error"]["status"] == 500
    assert [isinstance(one["exc_info"], TypeError) for one in logs if one["event"] == "page_failed"] == [True, True]


async def test_a_page_is_not_changed_by_what_it_quotes(office: Office) -> None:
    async with office.browser() as browser:
        answer = await browser.post("/login", data={"login": '"><script>alert(1)</script>', "password": "x"})
    assert "<script>alert" not in answer.text


# --- health ---------------------------------------------------------------------------------------------------


async def test_health_names_the_part_that_is_away(office: Office) -> None:
    async with office.browser() as browser:
        answer = await browser.get("/health")
        assert answer.json() == {"status": "degraded", "parts": {"records": "ok", "line": "away"}, "version": "9.9"}
        assert answer.status_code == 200
        office.staff.away = True
        answer = await browser.get("/health")
        assert (answer.status_code, answer.json()["status"]) == (503, "away")


# --- settings -------------------------------------------------------------------------------------------------


async def test_an_operator_sets_the_own_phone(office: Office) -> None:
    async with office.signed_in("ivanova") as browser:
        answer = await browser.post("/settings/phone", data={"phone": " sip:101@192.0.2.10 "})
        assert answer.headers["location"] == "/settings?saved=1"
        page = await browser.get("/settings?saved=1")
    assert "Сохранено" in words(page)
    assert 'value="sip:101@192.0.2.10"' in page.text


async def test_a_phone_that_is_none_is_explained_and_kept_in_the_field(office: Office) -> None:
    async with office.signed_in("ivanova") as browser:
        answer = await browser.post("/settings/phone", data={"phone": "89271234567"})
    assert answer.status_code == 422
    assert 'value="89271234567"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "Запишите его как sip:101@192.0.2.10" in words(answer)
    assert office.staff.people["ivanova"][0].phone == ""


async def test_a_manager_has_no_phone_to_set(office: Office) -> None:
    async with office.signed_in("boss") as browser:
        assert (await browser.post("/settings/phone", data={"phone": "sip:1@192.0.2.1"})).status_code == 403
