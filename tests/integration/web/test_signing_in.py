"""Login, sessions, throttle, and who may open what."""

from __future__ import annotations

import httpx
import pytest
from structlog.typing import EventDict

from tests.integration.web.office import PASSWORD, STAFF, Office, open_office, words


@pytest.fixture
def office() -> Office:
    return open_office()


async def attempt(browser: httpx.AsyncClient, login: str, password: str, target: str = "") -> httpx.Response:
    return await browser.post("/login", data={"login": login, "password": password, "next": target})


@pytest.mark.parametrize(("login", "home"), [("ivanova", "/panel"), ("boss", "/manager"), ("admin", "/manager")])
async def test_everyone_comes_to_their_own_page(office: Office, login: str, home: str) -> None:
    async with office.browser() as browser:
        assert (await browser.get("/")).headers["location"] == "/login"
        assert (await attempt(browser, login, PASSWORD)).headers["location"] == home
        assert (await browser.get("/")).headers["location"] == home
        assert (await browser.get("/login")).headers["location"] == home
        page = await browser.get(home)
        assert page.status_code == 200
        assert STAFF_NAMES[login] in words(page)


STAFF_NAMES = {member.login: member.full_name for member in STAFF}


async def test_unknown_login_and_wrong_password_are_answered_alike(office: Office) -> None:
    async with office.browser() as browser:
        unknown = await attempt(browser, "nobody", "x")
        wrong = await attempt(browser, "ivanova", "x")
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.text.replace("nobody", "") == wrong.text.replace("ivanova", "")
    assert "Неверный логин или пароль" in words(wrong)
    assert "set-cookie" not in wrong.headers


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(office: Office) -> None:
    async with office.browser() as browser:
        cookie = (await attempt(browser, "boss", PASSWORD)).headers["set-cookie"].lower()
    assert cookie.startswith("liniya=")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie


async def test_over_https_the_cookie_is_bound_to_the_host() -> None:
    async with open_office(secure=True).browser() as browser:
        answer = await attempt(browser, "boss", PASSWORD)
    assert answer.headers["set-cookie"].startswith("__Host-liniya=")
    assert "Secure" in answer.headers["set-cookie"]
    assert "max-age" in answer.headers["strict-transport-security"]


async def test_every_login_has_a_session_of_its_own(office: Office) -> None:
    async with office.browser() as browser:
        first = (await attempt(browser, "boss", PASSWORD)).cookies["liniya"]
        second = (await attempt(browser, "boss", PASSWORD)).cookies["liniya"]
    assert first != second


async def test_signing_out_closes_the_session_for_good(office: Office) -> None:
    async with office.signed_in("boss") as browser:
        kept = browser.cookies["liniya"]
        answer = await browser.post("/logout")
        assert answer.headers["location"] == "/login"
        browser.cookies.set("liniya", kept, domain="line.test")
        assert (await browser.get("/manager")).status_code == 303


async def test_who_was_sent_to_the_login_comes_back_to_the_page(office: Office) -> None:
    async with office.browser() as browser:
        sent = await browser.get("/manager/calls?from=2026-11-01&page=2")
        assert sent.headers["location"] == "/login?next=/manager/calls%3Ffrom%3D2026-11-01%26page%3D2"
        form = await browser.get(sent.headers["location"])
        assert 'value="/manager/calls?from=2026-11-01&amp;page=2"' in form.text
        answer = await attempt(browser, "boss", PASSWORD, "/manager/calls?from=2026-11-01&page=2")
        assert answer.headers["location"] == "/manager/calls?from=2026-11-01&page=2"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_the_login_leads_to_no_other_site(office: Office, target: str) -> None:
    async with office.browser() as browser:
        assert (await attempt(browser, "boss", PASSWORD, target)).headers["location"] == "/manager"


async def test_scripts_are_told_401_in_json(office: Office) -> None:
    async with office.browser() as browser:
        answer = await browser.get("/manager", headers={"accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json()["error"]["title"] == "Войдите, пожалуйста"


async def test_passwords_cannot_be_tried_for_long(office: Office) -> None:
    async with office.browser() as browser, office.browser("10.0.0.8") as other:
        for _ in range(3):
            assert (await attempt(browser, "boss", "x")).status_code == 401
        refused = await attempt(browser, "boss", PASSWORD)
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "300"
        assert "приостановлен ещё на 5 минут" in words(refused)
        assert office.staff.checked == 3
        assert (await attempt(other, "boss", PASSWORD)).status_code == 303
        office.clock.now += 300
        assert (await attempt(browser, "boss", PASSWORD)).status_code == 303


MANAGERS_PAGES = ["/manager", "/manager/calls", "/manager/calls.csv", "/manager/calls/x/facts.json", "/promises"]


@pytest.mark.parametrize("path", MANAGERS_PAGES)
async def test_an_operator_is_told_that_a_page_is_the_managers(office: Office, path: str) -> None:
    async with office.signed_in("ivanova") as browser:
        answer = await browser.get(path)
    assert answer.status_code == 403
    assert "Эта страница не для вашей роли" in words(answer)
    assert "Иванова" in words(answer)


@pytest.mark.parametrize("path", [*MANAGERS_PAGES, "/settings", "/panel"])
async def test_no_page_opens_without_a_session(office: Office, path: str) -> None:
    async with office.browser() as browser:
        assert (await browser.get(path)).status_code == 303
        browser.cookies.set("liniya", "guessed", domain="line.test")
        assert (await browser.get(path)).headers["location"].startswith("/login?next=")


async def test_roles_decide_what_the_header_offers(office: Office) -> None:
    async with office.signed_in("boss") as browser:
        manager = words(await browser.get("/settings"))
    async with office.signed_in("ivanova") as browser:
        operator = words(await browser.get("/settings"))
    assert "Сводка" in manager
    assert "Адрес вашего SIP-телефона" not in manager
    assert "Сводка" not in operator
    assert "Адрес вашего SIP-телефона" in operator


async def test_no_log_says_in_its_text_who_tried(office: Office, logs: list[EventDict]) -> None:
    async with office.browser() as browser:
        await attempt(browser, "boss", "secret-try")
        await attempt(browser, "boss", PASSWORD)
    for one in logs:
        open_fields = {key: value for key, value in one.items() if not key.startswith("pd_")}
        assert "boss" not in str(open_fields)
        assert "10.0.0.7" not in str(open_fields)
        assert "secret-try" not in str(one)
    assert [one["event"] for one in logs] == ["login_failed", "signed_in"]
