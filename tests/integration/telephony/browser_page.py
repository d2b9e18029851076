"""A page with the operator's telephone in a real Chromium, and what serves it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.integration.telephony.sound import Samples, samples_of

CHROMIUM: Final = Path("/usr/bin/chromium")
STATIC: Final = Path(__file__).parents[3] / "static"
_QUIET_ARGUMENTS: Final = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

_PAGE: Final = """<!doctype html><meta charset="utf-8"><title>telephone</title><script type="module">
import { BrowserPhone } from "/js/audio/phone.js";
const address = new URLSearchParams(location.search);
window.phone = new BrowserPhone();
phone.connect(`ws://127.0.0.1:${address.get("port")}/audio?token=${address.get("token")}`);
await phone.start();
window.started = true;
</script>"""

# What reaches the loudspeaker is tapped where the page connects to it; an AudioContext's rate may be forced.
_TAP: Final = """
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...rest) {
  if (to instanceof AudioDestinationNode) {
    window.tap = this.context.createAnalyser();
    window.tap.fftSize = 4096;
    connect.call(this, window.tap);
  }
  return connect.call(this, to, ...rest);
};
const rate = %s;
if (rate) {
  const Context = AudioContext;
  window.AudioContext = class extends Context { constructor() { super({ sampleRate: rate }); } };
}
"""
_HEARD: Final = """() => {
  const samples = new Float32Array(window.tap.fftSize);
  window.tap.getFloatTimeDomainData(samples);
  const pcm = new Uint8Array(Int16Array.from(samples, (s) => s * 32767).buffer);
  return Array.from(pcm);
}"""


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode().split("?")[0]
    kind, body, status = "text/html", _PAGE.encode(), "200 OK"
    if path != "/":
        file = STATIC / path.lstrip("/")
        kind, body = "text/javascript", b""
        if file.is_file():
            body = file.read_bytes()
        else:
            status = "404 Not Found"
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    writer.close()
    await writer.wait_closed()


@asynccontextmanager
async def site() -> AsyncIterator[str]:
    """Serves the page and `static/`; yields its address."""
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def chromium(*arguments: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*_QUIET_ARGUMENTS, *arguments], headless=True
        )
        try:
            yield browser
        finally:
            await browser.close()


async def open_page(
    context: BrowserContext, address: str, port: int, *, token: str = "anna", rate: int = 0
) -> Page:
    page = await context.new_page()
    await page.add_init_script(_TAP % rate)
    await page.goto(f"{address}?port={port}&token={token}")
    await page.wait_for_function("window.started")
    return page


async def wait_for_state(page: Page, condition: str) -> None:
    """`condition` is an expression over `state`."""
    await page.wait_for_function(f"() => {{ const state = window.phone.state; return {condition}; }}")


async def heard(page: Page) -> Samples:
    """The last samples that reached the loudspeaker, at the context's rate."""
    return samples_of(bytes(await page.evaluate(_HEARD)))
