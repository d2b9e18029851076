"""The site over memory, and browsers that are signed in to it: httpx against the ASGI application."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import httpx
from fastapi import FastAPI

from app.application.announcement_book import AnnouncementBook
from app.application.reports import CallReads, Role, StaffAccounts, StaffMember
from app.domain.facts import Recorded
from app.domain.profile import Profile
from app.storage.flows import load_profile
from app.web.app import create_app
from app.web.panel import router as panel_router
from app.web.site import PageConfig
from app.web.throttle import Limits, LoginThrottle
from tests.integration.web.days import ZONE, some_weeks
from tests.integration.web.memory import AwayLine, MemoryReads, MemoryStaff

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 20, 9, 40, tzinfo=UTC)
"""A Friday, 13:40 in Astrakhan."""
PASSWORD = "верный-пароль"
AUDIO_URL = "ws://127.0.0.1:8001/audio"
BASE = "http://line.test"

STAFF = (
    StaffMember("ivanova", "Иванова", "Анна", "Петровна", "Главный специалист", "reception", Role.OPERATOR),
    StaffMember("petrov", "Петров", "Сергей", "Ильич", "Специалист", "reception", Role.OPERATOR),
    StaffMember("sidorova", "Сидорова", "Мария", "Олеговна", "Специалист", "reception", Role.OPERATOR),
    StaffMember("boss", "Кузнецова", "Ольга", "Викторовна", "Начальник отдела", "reception", Role.MANAGER),
    StaffMember("admin", "Орлов", "Пётр", "", "Администратор", "reception", Role.ADMINISTRATOR),
)


@cache
def housing() -> Profile:
    return load_profile(ROOT / "call_flows" / "housing", years=range(2025, 2028))


@cache
def weeks() -> tuple[Recorded, ...]:
    return tuple(some_weeks(NOW, days=16))


class Seconds:
    """A monotonic clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Office:
    app: FastAPI
    staff: MemoryStaff
    reads: MemoryReads
    clock: Seconds

    def browser(self, address: str = "10.0.0.7") -> httpx.AsyncClient:
        """One that nobody has signed in to; it sends what a browser sends."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(address, 5555))
        headers = {"accept": "text/html,*/*;q=0.8", "origin": BASE}
        return httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers)

    @asynccontextmanager
    async def signed_in(self, login: str) -> AsyncIterator[httpx.AsyncClient]:
        async with self.browser() as browser:
            answer = await browser.post("/login", data={"login": login, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
            yield browser


def site_over(
    staff: StaffAccounts,
    reads: CallReads,
    clock: Seconds,
    *,
    secure: bool = False,
    recordings: Path | None = None,
    announcements: AnnouncementBook | None = None,
) -> FastAPI:
    return create_app(
        staff=staff,
        reads=reads,
        gateway=AwayLine(),
        profile=housing(),
        page_config=PageConfig(housing().body, ZONE, AUDIO_URL, secure_cookies=secure, version="9.9"),
        static_dir=ROOT / "static",
        throttle=LoginThrottle(Limits(window_s=300, login_at_address=3), clock),
        now=lambda: NOW,
        announcements=announcements,
        recording_file=lambda name: recordings and next(recordings.glob(f"{name}.*"), None),
        routers=[panel_router],
    )


def open_office(
    log: Sequence[Recorded] = (),
    *,
    secure: bool = False,
    recordings: Path | None = None,
    announcements: AnnouncementBook | None = None,
) -> Office:
    staff, reads, clock = MemoryStaff(), MemoryReads(ZONE), Seconds()
    for member in STAFF:
        staff.add(member, PASSWORD)
    reads.log = list(log)
    site = site_over(staff, reads, clock, secure=secure, recordings=recordings, announcements=announcements)
    return Office(site, staff, reads, clock)


def words(answer: httpx.Response) -> str:
    """What a person reads on the page, spaces made plain."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", body).replace("\u00a0", " ").replace("&#39;", "'").replace("&#34;", '"')
    return " ".join(text.split())
