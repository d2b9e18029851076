"""A whole office as an administrator installs it: line, web and recogniser as processes of their own, on loopback.

Nothing is faked: the callers are SIP phones, the operators sit in Chromium with a microphone that plays a file.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import wave
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Browser, BrowserContext, Page, Playwright, WebSocket

from app.application.reports import Role, StaffMember
from app.config import PROJECT, Settings, load
from app.main import open_database
from app.simulator.phone import SimulatedPhone
from app.speech.espeak import synthesise
from app.storage.staff import Staff

Sound = NDArray[np.float64]

PASSWORD = "office-password"
CHROMIUM = "/usr/bin/chromium"
IVANOVA = StaffMember("ivanova", "Иванова", "Анна", "Сергеевна", "специалист", "line", Role.OPERATOR)
PETROV = StaffMember("petrov", "Петров", "Сергей", "Иванович", "специалист", "line", Role.OPERATOR)
VOLKOV = StaffMember("volkov", "Волков", "Андрей", "Петрович", "начальник отдела", "line", Role.MANAGER)
UP_WITHIN_S = 30.0


@dataclass
class Office:
    """A running office. `environment` is what its processes were started with."""

    folder: Path
    settings: Settings
    environment: Mapping[str, str]
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    @property
    def line(self) -> str:
        return f"sip:line@127.0.0.1:{self.settings.sip_port}"

    @property
    def pages(self) -> str:
        return self.settings.web_address

    async def start(self, name: str) -> None:
        """Start one of the three processes; its log is `<name>.log` in the folder."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "app", name, cwd=PROJECT, env=self.environment, stdout=log, stderr=log
            )

    async def stop(self, name: str, number: int = signal.SIGTERM) -> int:
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        return await asyncio.wait_for(process.wait(), 20)

    def log_of(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def office(folder: Path, **settings: object) -> AsyncIterator[Office]:
    """Start an office in `folder` with its staff; end its processes afterwards."""
    rtp = 20000 + (os.getpid() % 400) * 20
    given = {
        "data_dir": folder,
        "gateway_secret": "a secret of this test only",
        "rtp_ports": f"{rtp}-{rtp + 98}",
        "always_open": "true",
        "log_personal_data": "false",
        **{name: free_port() for name in ("sip_port", "gateway_port", "audio_port", "web_port", "recogniser_port")},
        **settings,
    }
    file = folder / "liniya.env"
    file.write_text("".join(f"LINIYA_{name.upper()}={value}\n" for name, value in given.items()))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LINIYA_")}
    running = Office(folder, load(file), {**clean, "LINIYA_SETTINGS": str(file)})
    hire(running.settings)
    try:
        for name in ("recogniser", "line", "web"):
            await running.start(name)
        await _all_up(running)
        yield running
    finally:
        for name in list(running.processes):
            await running.stop(name)


def hire(settings: Settings) -> None:
    """Put the staff into the database."""
    engine = open_database(settings)
    staff = Staff(engine)
    for member in (IVANOVA, PETROV, VOLKOV):
        staff.add_staff(member, PASSWORD)
    engine.dispose()


async def _all_up(running: Office) -> None:
    s = running.settings
    async with asyncio.timeout(UP_WITHIN_S):
        for port in (s.recogniser_port, s.gateway_port, s.audio_port, s.web_port, s.sip_port):
            while not await _answers(port):
                ended = [n for n, p in running.processes.items() if p.returncode is not None]
                assert not ended, f"{ended[0]} has ended:\n{running.log_of(ended[0])}"
                await asyncio.sleep(0.1)


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


# --- callers ---------------------------------------------------------------------------------------------------


@asynccontextmanager
async def simulated_phone(user: str, *, answers: bool = False, port: int = 0) -> AsyncIterator[SimulatedPhone]:
    phone = SimulatedPhone(user=user, answers=answers, port=port)
    await phone.start()
    try:
        yield phone
    finally:
        phone.hang_up()
        await phone.stop()


async def speech(text: str, voice: str = "ru+f3") -> bytes:
    """16-bit PCM at 8 kHz."""
    return await asyncio.to_thread(synthesise, text, voice=voice, rate=140)


# --- operators in the browser ----------------------------------------------------------------------------------


@dataclass
class Desk:
    """An operator's browser. `heard` is the sound that reached it: 16-bit PCM at 8 kHz."""

    page: Page
    context: BrowserContext
    browser: Browser
    heard: bytearray = field(default_factory=bytearray)
    faults: list[str] = field(default_factory=list)


def microphone(path: Path, samples: bytes, *, silence_s: float = 1.0) -> Path:
    """A file that Chromium's fake microphone plays over and over: `samples`, then silence."""
    sound = np.frombuffer(samples, dtype="<i2")
    quiet = np.zeros(int(8000 * silence_s), dtype="<i2")
    # Chromium wants a rate that sound cards have; repeating samples is enough for a test signal.
    wide = np.repeat(np.concatenate([sound, quiet]), 6)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(48000)
        out.writeframes(wide.astype("<i2").tobytes())
    return path


@asynccontextmanager
async def desk(
    playwright: Playwright, running: Office, login: str, sound: Path | None = None
) -> AsyncIterator[Desk]:
    """A browser in which `login` has signed in. Without `sound` it has no microphone."""
    arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--autoplay-policy=no-user-gesture-required",
    ]
    if sound is not None:
        arguments += [
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={sound}",
        ]
    browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
    try:
        context = await browser.new_context(viewport={"width": 1440, "height": 900}, locale="ru-RU")
        page = await context.new_page()
        its = Desk(page, context, browser)
        page.on("websocket", lambda socket: _tap(socket, its))
        page.on("pageerror", lambda error: its.faults.append(str(error)))
        page.on("console", lambda m: its.faults.append(m.text) if m.type == "error" else None)
        await sign_in(page, running, login)
        yield its
    finally:
        await browser.close()


async def sign_in(page: Page, running: Office, login: str) -> None:
    await page.goto(f"{running.pages}/login")
    await page.fill("input[name=login]", login)
    await page.fill("input[name=password]", PASSWORD)
    await page.click("form button[type=submit]")


def _tap(socket: WebSocket, its: Desk) -> None:
    if "/audio" in socket.url:
        socket.on("framereceived", lambda frame: its.heard.extend(frame) if isinstance(frame, bytes) else None)


# --- sound -----------------------------------------------------------------------------------------------------


WINDOW = 4000
"""Half a second: short for clocks that drift apart and a stalled machine, long enough to be like no other."""


def likeness(sent: bytes, heard: bytes | bytearray) -> float:
    """How much of `sent` stands in `heard`: the median of the highest correlations of its half seconds; 1 is the
    same sound."""
    x = np.frombuffer(sent, dtype="<i2").astype(np.float64)
    y = np.frombuffer(bytes(heard), dtype="<i2").astype(np.float64)
    windows = [x[i : i + WINDOW] for i in range(0, len(x) - WINDOW, WINDOW)]
    spoken = [window for window in windows if np.sqrt(np.mean(window**2)) > 300]
    return float(np.median([_correlation(window, y) for window in spoken]))


def _correlation(x: Sound, y: Sound) -> float:
    size = 1 << (len(x) + len(y)).bit_length()
    product = np.fft.irfft(np.fft.rfft(y, size) * np.conj(np.fft.rfft(x, size)), size)[: len(y) - len(x) + 1]
    energy = np.cumsum(np.concatenate([[0.0], y**2]))
    windows = energy[len(x) :] - energy[: len(energy) - len(x)]
    # Quiet stretches would correlate by their rounding alone.
    norms = np.sqrt(np.maximum(windows, 1e6) * float(x @ x))
    return float(np.max(product / norms))
