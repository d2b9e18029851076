"""The panel's page and web socket as a browser's script sees them, without a browser."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from app.application.reports import Role, StaffMember
from app.web.panel import NOT_SIGNED_IN
from tests.e2e.panel_office import Office, open_office

WITHIN_S = 10


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with open_office() as opened:
        yield opened


def socket(office: Office, login: str = "", *, origin: str | None = None) -> connect:
    cookie = {"Cookie": f"liniya={office.staff.open_session(login)}"} if login else {}
    address = office.address.replace("http:", "ws:") + "/panel/feed"
    return connect(address, additional_headers=cookie, origin=origin, proxy=None)  # type: ignore[arg-type]  # a NewType


async def told(feed: ClientConnection, key: str) -> dict[str, Any]:
    """The next message that has the key."""
    async with asyncio.timeout(WITHIN_S):
        while key not in (message := json.loads(await feed.recv())):
            pass
    assert isinstance(message, dict)
    return message


async def asked(feed: ClientConnection, **message: Any) -> dict[str, Any]:
    await feed.send(json.dumps(message))
    return await told(feed, "id")


async def test_a_snapshot_then_numbered_deltas(office: Office) -> None:
    async with socket(office, "ivanova") as feed:
        snapshot = await told(feed, "snapshot")
        assert snapshot["snapshot"]["me"]["login"] == "ivanova"
        assert snapshot["now"] == office.line.clock.now().isoformat()
        await feed.send(json.dumps({"id": 1, "command": "break", "arguments": {"why": "lunch"}}))
        delta = await told(feed, "set")
        assert delta["seq"] == snapshot["seq"] + 1
        assert delta["set"]["me"]["presence"] == "break"
        assert await told(feed, "id") == {"id": 1, "ok": {}}


async def test_commands_are_answered_by_what_became_of_them(office: Office) -> None:
    async with socket(office, "ivanova") as feed:
        await told(feed, "snapshot")
        refused = await asked(feed, id=1, command="hold", arguments={"return_in_s": 60})
        assert refused["refused"]["code"] == "not_now"
        bad = await asked(feed, id=2, command="no_such", arguments={})
        assert "no_such" in bad["bad_input"]["text"]
        token = await asked(feed, id=3, command="audio_token", arguments={})
        assert office.line.tokens.login_of(token["ok"]["token"]) == "ivanova"
        await office.gateway.close()
        failed = await asked(feed, id=4, command="ready", arguments={})
        assert failed.keys() == {"id", "failed"}


async def test_a_page_that_missed_a_number_gets_a_snapshot_and_a_ping_is_answered(office: Office) -> None:
    async with socket(office, "ivanova") as feed:
        await told(feed, "snapshot")
        await feed.send('{"resync": true}')
        assert "me" in (await told(feed, "snapshot"))["snapshot"]
        await feed.send('{"ping": 7}')
        assert await told(feed, "pong") == {"pong": 7}


@pytest.mark.parametrize("message", ["", "[]", '{"id": 1}', '{"id": 1, "command": "ready"}', "x" * 70_000])
async def test_what_no_panel_says_ends_the_socket(office: Office, message: str) -> None:
    async with socket(office, "ivanova") as feed:
        await told(feed, "snapshot")
        await feed.send(message)
        async with asyncio.timeout(WITHIN_S):
            await feed.wait_closed()
        assert feed.close_code == 1008


async def test_who_is_not_signed_in_is_told_by_the_close_code(office: Office) -> None:
    async with socket(office) as feed:
        async with asyncio.timeout(WITHIN_S):
            await feed.wait_closed()
        assert feed.close_code == NOT_SIGNED_IN


async def test_a_page_of_another_site_is_not_admitted(office: Office) -> None:
    with pytest.raises(InvalidStatus):
        async with socket(office, "ivanova", origin="http://elsewhere.example"):
            pass


async def test_a_manager_is_led_to_the_managers_page_and_gets_no_panel(office: Office) -> None:
    office.staff.add(StaffMember("head", "Орлова", "Вера", "", "начальник", "line", Role.MANAGER), "x")
    cookies = {"liniya": office.staff.open_session("head")}
    async with httpx.AsyncClient(base_url=office.address, cookies=cookies, trust_env=False) as client:
        answer = await client.get("/panel")
        assert (answer.status_code, answer.headers["location"]) == (303, "/manager")
    async with socket(office, "head") as feed:
        async with asyncio.timeout(WITHIN_S):
            await feed.wait_closed()
        assert feed.close_code == NOT_SIGNED_IN


async def test_the_page_is_in_russian_and_has_the_scripts_texts(office: Office) -> None:
    cookies = {"liniya": office.staff.open_session("ivanova")}
    async with httpx.AsyncClient(base_url=office.address, cookies=cookies, trust_env=False) as client:
        page = (await client.get("/panel")).text
    assert "Горячие клавиши" in page
    assert "Accept" in page, "the scripts' own texts, by their message ids"


async def test_a_panel_left_open_is_closed_when_its_session_is(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.panel.SESSION_LOOKED_AT_EACH_S", 0.05)
    async with socket(office, "ivanova") as feed:
        await told(feed, "snapshot")
        for token in list(office.staff.tokens):
            office.staff.close_session(token)
        async with asyncio.timeout(WITHIN_S):
            await feed.wait_closed()
        assert feed.close_code == NOT_SIGNED_IN
