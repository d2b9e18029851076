"""An office with real panels: the application over fake telephony, the real gateway and site, a real browser.

The telephone and the recogniser are the hand-written fakes of the application's tests, so that a test says who
calls and what is heard; everything from there to the pixels is the real thing, the browser's audio socket too.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, Page, async_playwright

from app.application.audio_tokens import AudioTokens
from app.application.exchange import Exchange
from app.application.knowledge import Knowledge
from app.application.panel_commands import PanelCommands
from app.application.ports import LegId, Recordings
from app.application.recorder import Recorder
from app.application.reports import Role, StaffMember
from app.application.roster import Roster
from app.dictionary import normal_form
from app.domain.facts import Fact
from app.domain.profile import Profile
from app.gateway.client import GatewayClient
from app.gateway.server import GatewayServer
from app.knowledge.shelf import OfFiles, Shelf
from app.storage.flows import load_profile
from app.telephony.browser_phone import BrowserPhones
from app.web.app import create_app
from app.web.panel import router as panel_router
from app.web.site import PageConfig
from tests.fakes.clock import MONDAY_TEN, VirtualClock
from tests.fakes.office import IVANOVA, PETROV, SIDOROVA, FakeStaff, MemoryJournal
from tests.fakes.phone import FakeLeg, FakePhone
from tests.fakes.speech import FakeAnnouncer, FakeChannel, FakeRecognizer
from tests.integration.web.memory import MemoryReads, MemoryStaff

PROJECT = Path(__file__).resolve().parents[2]
SECRET = "between-line-and-web"
PASSWORD = "панель"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]


AnyFact = TypeVar("AnyFact", bound=Fact)


class PromptPhone(FakePhone):
    """A browser answers by itself at once, as `PhoneLine.dial` says."""

    def dial(self, address: str, *, ring_for_s: float) -> LegId:
        leg = super().dial(address, ring_for_s=ring_for_s)
        if address.startswith("browser:"):
            asyncio.get_running_loop().call_soon(self.picks_up, self.legs[leg])
        return leg


class Line:
    """The line process, without sound."""

    def __init__(
        self,
        profile: Profile,
        gateway: GatewayServer,
        recordings: Recordings | None,
        knowledge: Knowledge | None,
    ) -> None:
        numbers = count(1)
        self.clock = VirtualClock(MONDAY_TEN)
        self.phone = PromptPhone(self.clock)
        self.recognizer = FakeRecognizer()
        self.tokens = AudioTokens(self.clock)
        self.journal = MemoryJournal()
        recorder = Recorder(self.journal, self.clock)
        self.exchange = Exchange(
            profile=profile,
            phone=self.phone,
            recognizer=self.recognizer,
            announcer=FakeAnnouncer(self.clock),
            recorder=recorder,
            roster=Roster(FakeStaff(), recorder, self.clock),
            feed=gateway,
            clock=self.clock,
            new_id=lambda: f"id{next(numbers)}",
            recordings=recordings,
        )
        self.phone.events = self.exchange
        self.panels = PanelCommands(self.exchange, self.tokens, gateway, knowledge)

    def do(self, login: str, command: str, **arguments: Any) -> None:
        """What another panel would send."""
        self.panels.command(login, command, arguments, lambda _answer: None)

    def sit_down(self, *logins: str) -> None:
        """Colleagues whose browsers the test does not open."""
        for login in logins:
            self.exchange.browser_changed(login, connected=True, microphone=True)
            self.do(login, "ready", device="browser")

    def facts(self, kind: type[AnyFact]) -> list[AnyFact]:
        """What was recorded of that kind, in all calls."""
        return [one.fact for one in self.journal.recorded if isinstance(one.fact, kind)]

    def channel(self, leg: FakeLeg) -> FakeChannel:
        """The recognition that listens to the leg."""
        return next(one for one in self.recognizer.channels if one.open and one.feed == leg.sink)

    def hears(self, leg: FakeLeg, words: str, start_s: float = 0.0) -> None:
        self.channel(leg).final(words, start_s)


class Office:
    """The line, its gateway and audio, and a site that can be stopped and started."""

    def __init__(self, profile: Profile, recordings: Recordings | None, knowledge: Knowledge | None) -> None:
        self.profile = profile
        self.gateway = GatewayServer(host="127.0.0.1", port=0, secret=SECRET)
        self.line = Line(profile, self.gateway, recordings, knowledge)
        self.audio = BrowserPhones("127.0.0.1", 0, self.line.tokens.login_of)
        self.staff = MemoryStaff()
        for one in (IVANOVA, PETROV, SIDOROVA):
            person = (one.login, one.surname, one.name, one.patronymic, one.position, one.unit, Role.OPERATOR)
            self.staff.add(StaffMember(*person, phone=one.phone), PASSWORD)
        self.port = 0
        self._site: tuple[uvicorn.Server, asyncio.Task[None]] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def open(self) -> None:
        self.audio.report_to(
            lambda login, connected, microphone: self.line.exchange.browser_changed(
                login, connected=connected, microphone=microphone
            )
        )
        await self.audio.start()
        await self.gateway.open(self.line.panels)
        await self.open_site()

    async def close(self) -> None:
        await self.close_site()
        await self.gateway.close()
        await self.audio.stop()

    async def open_site(self) -> None:
        """Start the web process' application, on the same port as before."""
        config = uvicorn.Config(
            self._app(),
            host="127.0.0.1",
            port=self.port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
            ws="websockets-sansio",
        )
        server = SiteServer(config)
        task = asyncio.create_task(server.serve())
        await server.listening(task)
        self.port = int(server.servers[0].sockets[0].getsockname()[1])
        self._site = server, task

    async def close_site(self) -> None:
        if self._site is not None:
            server, task = self._site
            self._site = None
            server.should_exit = True
            await task

    def _app(self) -> FastAPI:
        gateway = GatewayClient(host="127.0.0.1", port=self.gateway.port, secret=SECRET)

        @asynccontextmanager
        async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
            await gateway.open()
            yield
            await gateway.close()

        zone = self.profile.schedule.zone
        return create_app(
            staff=self.staff,
            reads=MemoryReads(zone),
            gateway=gateway,
            profile=self.profile,
            page_config=PageConfig(
                body=self.profile.body, zone=zone, audio_url=f"ws://127.0.0.1:{self.audio.port}/audio"
            ),
            static_dir=PROJECT / "static",
            now=self.line.clock.now,
            lifespan=lifespan,
            routers=[panel_router],
        )


class SiteServer(uvicorn.Server):
    """Leaves the signals to pytest."""

    async def listening(self, serving: asyncio.Task[None]) -> None:
        """Until it listens; what kept it from that is raised."""
        async with asyncio.timeout(20):
            while True:
                if serving.done():
                    serving.result()
                if self.started:
                    return
                await asyncio.sleep(0.02)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def open_office(
    recordings: Recordings | None = None, *, body: str = "housing", articles: bool = False
) -> AsyncIterator[Office]:
    """The office of a body of `call_flows`, with its articles when they are asked for."""
    profile = load_profile(PROJECT / "call_flows" / body, years=range(2026, 2028))
    with contextlib.ExitStack() as stack:
        shelf = None
        if articles:
            shelf = Shelf(OfFiles(), normal_form, profile, refresh_every_s=3600)
            stack.callback(shelf.close)
            shelf.refresh()
        office = Office(profile, recordings, shelf)
        await office.open()
        try:
            yield office
        finally:
            await office.close()


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


async def sign_in(office: Office, browser: Browser, login: str = "ivanova", **context: Any) -> Page:
    """A window of its own, with the operator's panel in it."""
    window = await browser.new_context(
        base_url=office.address, locale="ru-RU", permissions=["microphone"], **context
    )
    page = await window.new_page()
    await page.goto("/login")
    await page.fill("#login", login)
    await page.fill("#password", PASSWORD)
    await page.click("button[type=submit]")
    await page.wait_for_selector("#call-bar")
    return page
