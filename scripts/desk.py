"""An operator's desk in the office: Debian's Chromium, signed in, with a microphone that plays a file."""

from __future__ import annotations

import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from playwright.async_api import Browser, BrowserContext, Page, Playwright, WebSocket

from scripts.office import PASSWORD, Office

CHROMIUM = "/usr/bin/chromium"


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
    playwright: Playwright, running: Office, login: str, sound: Path | None = None, *, keep_sound: bool = True
) -> AsyncIterator[Desk]:
    """A browser in which `login` has signed in. Without `sound` it has no microphone.

    `keep_sound` brings every frame that the browser hears here, fifty times a second: not while measuring.
    """
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
        if keep_sound:
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
