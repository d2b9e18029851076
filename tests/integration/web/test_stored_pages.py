"""The pages over the real storage (SQLite), beside the same pages over a plain fold of the log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine

from app.storage.calls_read import CallsRead
from app.storage.engine import open_engine
from app.storage.fact_store import FactStore
from app.storage.staff import Staff
from app.storage.upgrade import upgrade
from tests.integration.web.days import ZONE
from tests.integration.web.office import (
    BASE,
    PASSWORD,
    STAFF,
    Office,
    Seconds,
    open_office,
    site_over,
    weeks,
    words,
)

ADDRESSES = [
    "/manager",
    "/manager?period=7",
    "/manager?from=2026-11-04&to=2026-11-20",
    "/manager/calls",
    "/manager/calls?from=2026-11-04&to=2026-11-20&page=3",
    "/manager/calls?from=2026-11-04&to=2026-11-20&direction=incoming&outcome=lost",
    "/manager/calls?from=2026-11-04&to=2026-11-20&direction=outgoing",
    "/manager/calls?from=2026-11-04&to=2026-11-20&hour=10&in_time=1",
    "/manager/calls?from=2026-11-04&to=2026-11-20&operator=sidorova&rating=satisfaction:partly",
    "/manager/calls?from=2026-11-04&to=2026-11-20&rated=petrov&rating=answer_received:",
    "/manager/calls?from=2026-11-04&to=2026-11-20&transferred=1",
    "/manager/calls/20261120-moved",
    "/promises",
    "/promises?list=overdue",
    "/promises?list=late",
]


@dataclass
class StoredOffice:
    stored: httpx.AsyncClient
    folded: httpx.AsyncClient
    engine: Engine


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder: Path = tmp_path_factory.mktemp("stored")
    opened = open_engine(f"sqlite:///{folder / 'liniya.sqlite'}")
    upgrade(opened)
    rejected: list[bytes] = []
    FactStore(opened, ZONE, rejected.append).store(weeks())
    assert rejected == []
    staff = Staff(opened, PasswordHasher(time_cost=1, memory_cost=64))
    for member in STAFF:
        staff.add_staff(member, PASSWORD)
    yield opened
    opened.dispose()


@pytest.fixture
async def offices(engine: Engine) -> AsyncIterator[StoredOffice]:
    site = site_over(Staff(engine, PasswordHasher(time_cost=1, memory_cost=64)), CallsRead(engine), Seconds())
    memory = open_office(weeks())
    stored = Office(site, memory.staff, memory.reads, memory.clock)
    async with stored.signed_in("boss") as one, memory.signed_in("boss") as other:
        yield StoredOffice(one, other, engine)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_stored_pages_say_what_the_log_says(offices: StoredOffice, address: str) -> None:
    stored, folded = await offices.stored.get(address), await offices.folded.get(address)
    assert stored.status_code == folded.status_code == 200
    assert words(stored) == words(folded)


async def test_the_stored_file_is_that_of_the_log(offices: StoredOffice) -> None:
    address = "/manager/calls.csv?from=2026-11-04&to=2026-11-20"
    assert (await offices.stored.get(address)).content == (await offices.folded.get(address)).content


async def test_sessions_are_kept_and_closed_in_the_database(offices: StoredOffice) -> None:
    kept = offices.stored.cookies["liniya"]
    assert (await offices.stored.post("/logout")).status_code == 303
    offices.stored.cookies.set("liniya", kept, domain="line.test")
    assert (await offices.stored.get("/manager")).headers["location"].startswith("/login")


async def test_a_phone_that_the_line_cannot_dial_is_explained(engine: Engine) -> None:
    site = site_over(Staff(engine, PasswordHasher(time_cost=1, memory_cost=64)), CallsRead(engine), Seconds())
    memory = open_office()
    async with Office(site, memory.staff, memory.reads, memory.clock).signed_in("ivanova") as browser:
        named = await browser.post("/settings/phone", data={"phone": "sip:101@phone.example"})
        assert named.status_code == 422
        assert "затем его IP-адрес" in words(named)
        assert (await browser.post("/settings/phone", data={"phone": "sip:101@192.0.2.10"})).status_code == 303
        assert 'value="sip:101@192.0.2.10"' in (await browser.get(f"{BASE}/settings")).text
