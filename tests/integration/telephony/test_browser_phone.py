"""The operator's telephone in the browser: the server with a plain client, then with the real page in Chromium."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Browser
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.application.ports import Clip, LegId
from app.domain.errors import Unavailable
from app.telephony import g711
from app.telephony.browser_phone import BrowserPhones
from app.telephony.media import Media
from tests.integration.telephony.browser_page import CHROMIUM, chromium, heard, open_page, site, wait_for_state
from tests.integration.telephony.rtp_peer import RtpPeer, Told, until
from tests.integration.telephony.sound import (
    Samples,
    best_match,
    noise,
    samples_of,
    share_of_tone,
    tone,
    write_wav,
)

LEG, CALLER = LegId("operator"), LegId("caller")
OPERATORS = {"anna": "a.petrova", "boris": "b.ivanov"}


class Line:
    """A media engine with browsers, and what it told."""

    def __init__(
        self,
        gone_for_s: float = 30,
        origins: list[str] | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.told = Told()
        self.browsers = BrowserPhones(
            "127.0.0.1", 0, OPERATORS.get, allowed_origins=origins, ssl_context=ssl_context
        )
        self.media = Media("127.0.0.1", (21300, 21319), self.browsers, gone_for_s=gone_for_s)
        self.media.report_to(self.told)
        self.frames: list[bytes] = []

    def open(self, leg: LegId = LEG, login: str = "a.petrova") -> None:
        self.media.open_browser(leg, login)
        self.media.listen(leg, self.frames.append)

    @property
    def heard(self) -> Samples:
        return samples_of(b"".join(self.frames))


@asynccontextmanager
async def running(line: Line) -> AsyncIterator[Line]:
    await line.media.start()
    try:
        yield line
    finally:
        await line.media.stop()


@pytest_asyncio.fixture
async def line() -> AsyncIterator[Line]:
    async with running(Line()) as running_line:
        yield running_line


def dial(line: Line, token: str = "anna", page: str = "", **headers: str) -> connect:
    address = f"ws://127.0.0.1:{line.browsers.port}/audio?token={token}&page={page}"
    return connect(address, additional_headers=headers, compression=None, max_queue=None)


async def control(socket: ClientConnection) -> object:
    """The next control message; sound before it is passed over."""
    async with asyncio.timeout(10):
        while True:
            message = await socket.recv()
            if isinstance(message, str):
                return json.loads(message)


async def sound(socket: ClientConnection, frames: int) -> bytes:
    """The next frames of sound."""
    out = b""
    async with asyncio.timeout(20):
        while len(out) < 320 * frames:
            message = await socket.recv()
            if isinstance(message, bytes):
                assert len(message) == 320
                out += message
    return out


async def test_sound_of_the_browser_reaches_the_listener_bit_by_bit(line: Line) -> None:
    pcm = noise(1600).astype("<i2").tobytes()
    line.open()
    async with dial(line) as client:
        assert await control(client) == {"audio": "ready"}
        assert await control(client) == {"call": True}
        for start in range(0, len(pcm), 320):
            await client.send(pcm[start : start + 320])
        await until(lambda: pcm in b"".join(line.frames), "the sound")
    assert {len(frame) for frame in line.frames} == {320}


async def test_clips_reach_the_browser_bit_by_bit(line: Line) -> None:
    pcm = noise(1600).astype("<i2").tobytes()
    line.open()
    async with dial(line) as client:
        await control(client)
        line.media.play(LEG, [Clip("notice", pcm)], tag="notice")
        assert pcm in await sound(client, 30)
    assert line.told.finished == [(LEG, "notice")]


async def test_nothing_is_sent_outside_a_call(line: Line) -> None:
    async with dial(line) as client:
        assert await control(client) == {"audio": "ready"}
        assert await control(client) == {"call": False}
        await client.send(bytes(320))
        line.open()
        assert await control(client) == {"call": True}
        assert len(await sound(client, 3)) == 960
        line.media.close(LEG)
        assert await control(client) == {"call": False}
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.recv(), 0.2)


async def test_caller_and_browser_hear_each_other(line: Line) -> None:
    line.open()
    async with RtpPeer() as caller, dial(line) as client:
        await control(client)
        port = line.media.open_rtp(CALLER)
        line.media.connect_rtp(CALLER, caller.remote())
        line.media.bridge(CALLER, LEG)
        codes = g711.encode("PCMA", noise(1600, 2)).tobytes()
        caller.burst(codes, port)
        assert g711.decode("PCMA", codes).astype("<i2").tobytes() in await sound(client, 30)
        said = noise(1600, 3)
        for start in range(0, 1600, 160):
            await client.send(said[start : start + 160].astype("<i2").tobytes())
        await until(lambda: g711.encode("PCMA", said).tobytes() in caller.codes, "the operator's sound")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/audio?token=nobody", 401), ("/audio", 401), ("/", 404), ("/panel?token=anna", 404)],
)
async def test_strangers_are_refused(line: Line, path: str, status: int) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://127.0.0.1:{line.browsers.port}{path}")
    assert refused.value.response.status_code == status


@pytest.mark.parametrize(
    ("allowed", "origin", "admitted"),
    [
        (None, "http://127.0.0.1:8000", True),
        (None, "https://127.0.0.1", True),
        (None, "http://evil.example", False),
        (None, "null", False),
        (["https://line.example"], "https://line.example", True),
        (["https://line.example"], "http://127.0.0.1:8000", False),
    ],
)
async def test_pages_of_others_are_refused(allowed: list[str] | None, origin: str, admitted: bool) -> None:
    async with running(Line(origins=allowed)) as line:
        if admitted:
            async with dial(line, Origin=origin) as client:
                assert await control(client) == {"audio": "ready"}
        else:
            with pytest.raises(InvalidStatus) as refused:
                await dial(line, Origin=origin)
            assert refused.value.response.status_code == 403


async def test_second_browser_is_told_and_may_take_over(line: Line) -> None:
    line.open()
    async with dial(line) as first, dial(line) as second:
        assert await control(first) == {"audio": "ready"}
        assert await control(second) == {"audio": "busy"}
        await second.send(noise(160).tobytes())  # not its turn
        await second.send('{"audio": "take_over"}')
        assert await control(second) == {"audio": "ready"}
        assert await control(first) == {"call": True}
        assert await control(first) == {"audio": "taken"}
        with pytest.raises(ConnectionClosed) as closed:
            await control(first)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4001
        assert await control(second) == {"call": True}
        assert len(await sound(second, 3)) == 960
        assert line.browsers.connected == 1
    assert not any(line.heard)


async def test_page_that_comes_back_takes_its_own_place(line: Line) -> None:
    """The former socket may be dead without our knowing yet."""
    async with dial(line, page="p1") as first, dial(line, page="p1") as second:
        assert await control(first) == {"audio": "ready"}
        assert await control(second) == {"audio": "ready"}


async def test_reconnected_browser_goes_on_with_the_call(line: Line) -> None:
    line.open()
    for _ in range(2):
        async with dial(line) as client:
            assert await control(client) == {"audio": "ready"}
            assert len(await sound(client, 3)) == 960
        await until(lambda: line.browsers.connected == 0, "the browser is gone")
    assert line.told.lost == []
    assert line.told.browsers == [("a.petrova", True, True), ("a.petrova", False, False)] * 2


async def test_leg_without_a_browser_for_too_long_is_lost_once() -> None:
    async with running(Line(gone_for_s=0.2)) as line:
        line.open()
        line.open(LegId("other"), "b.ivanov")
        async with dial(line, "boris"):
            await until(lambda: line.told.lost, "loss")
            await asyncio.sleep(1.2)
            assert line.told.lost == [LEG]
        await until(lambda: len(line.told.lost) == 2, "loss of the other")


async def test_microphone_is_reported_when_it_changes(line: Line) -> None:
    async with dial(line) as client:
        for microphone in (True, False, False, True):
            await client.send(json.dumps({"microphone": microphone}))
        await until(lambda: len(line.told.browsers) >= 3, "three changes")
    assert line.told.browsers[:3] == [("a.petrova", True, microphone) for microphone in (True, False, True)]


@pytest.mark.parametrize("message", [b"", bytes(319), bytes(640), "[]", "{", '{"microphone": 1}', '{"audio": "x"}'])
async def test_what_is_not_understood_closes_the_socket(line: Line, message: str | bytes) -> None:
    async with dial(line) as client:
        await client.send(message)
        await asyncio.wait_for(client.wait_closed(), 10)
        assert client.close_code == 1008


async def test_newest_of_two_legs_has_the_browser(line: Line) -> None:
    async with dial(line) as client:
        line.open()
        line.open(CALLER)
        line.media.play(CALLER, [Clip("one", tone(500, 0.5).astype("<i2").tobytes())], tag="one", loop=True)
        await until(lambda: line.browsers.connected, "the browser")
        await sound(client, 15)
        assert share_of_tone(samples_of(await sound(client, 20)), 500) > 0.9
        line.media.close(CALLER)
        await sound(client, 15)
        assert not any(samples_of(await sound(client, 5)))


async def test_slow_client_gets_the_newest_sound_when_it_reads_again(line: Line) -> None:
    """Frames bear their number; the network is narrowed to what 200 ms need at both ends."""
    line.open()
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", line.browsers.port))
    address = f"ws://127.0.0.1:{line.browsers.port}/audio?token=anna"
    async with connect(address, sock=raw, compression=None, max_queue=1) as client:
        desk = line.browsers.desk("a.petrova")
        await until(lambda: desk.socket is not None, "the browser")
        client.transport.pause_reading()
        numbers = np.repeat(np.arange(1, 1000, dtype="<i2"), 160).tobytes()
        line.media.play(LEG, [Clip("numbers", numbers)], tag="numbers")
        await until(lambda: desk.dropped_frames > 50, "frames dropped")
        assert desk.socket is not None
        assert desk.socket.transport.get_write_buffer_size() < 320 * 2
        client.transport.resume_reading()
        heard_numbers = samples_of(await sound(client, 60))[::160].tolist()
    assert heard_numbers == sorted(heard_numbers)
    assert max(after - before for before, after in pairwise(heard_numbers)) > 50  # the old ones were left out


async def test_port_in_use_is_said_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        phones = BrowserPhones("127.0.0.1", taken.getsockname()[1], OPERATORS.get)
        with pytest.raises(Unavailable, match="in use; stop the other program or set another port") as error:
            await phones.start()
        assert "\n" not in str(error.value)
        await phones.stop()


async def test_sound_goes_over_tls_both_ways(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs Debian's openssl to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=line -days 2"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([openssl, *request.split(), *names], check=True, capture_output=True)  # noqa: ASYNC221 - brief
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(certificate, key)
    theirs = ssl.create_default_context(cafile=certificate)
    pcm = noise(1600).astype("<i2").tobytes()
    async with running(Line(ssl_context=ours)) as line:
        line.open()
        address = f"wss://127.0.0.1:{line.browsers.port}/audio?token=anna"
        async with connect(address, ssl=theirs, compression=None, max_queue=None) as client:
            assert await control(client) == {"audio": "ready"}
            line.media.play(LEG, [Clip("notice", pcm)], tag="notice")
            assert pcm in await sound(client, 30)
            for start in range(0, len(pcm), 320):
                await client.send(pcm[start : start + 320])
            await until(lambda: pcm in b"".join(line.frames), "the sound")


# The real page


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Chromium's false microphone hears: a tone in bursts, as a steady one is taken for noise."""
    if not CHROMIUM.exists():
        pytest.skip("needs Debian's chromium")
    path = tmp_path_factory.mktemp("microphone") / "tone.wav"
    burst = np.concatenate((tone(700, 0.35, 12000), np.zeros(1200, np.int16)))
    write_wav(path, np.tile(burst, 20))
    return path


@pytest_asyncio.fixture
async def browser(spoken: Path) -> AsyncIterator[Browser]:
    async with chromium(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken}",
    ) as running_browser:
        yield running_browser


@pytest_asyncio.fixture
async def address() -> AsyncIterator[str]:
    async with site() as url:
        yield url


def play_tone(line: Line, hertz: float) -> None:
    line.media.play(LEG, [Clip("tone", tone(hertz, 1.0).astype("<i2").tobytes())], tag="tone", loop=True)


def loudest_part(sound_heard: Samples) -> Samples:
    """A quarter of a second around the loudest sample."""
    middle = int(np.argmax(np.abs(sound_heard.astype(int))))
    start = max(0, min(middle - 1000, len(sound_heard) - 2000))
    return sound_heard[start : start + 2000]


async def microphone_arrives(line: Line) -> None:
    line.frames.clear()
    await until(lambda: len(line.frames) > 100, "two seconds of sound")
    assert share_of_tone(loudest_part(line.heard), 700) > 0.8


@pytest.mark.needs_debian
@pytest.mark.parametrize("rate", [8000, 48000, 44100])
async def test_page_carries_sound_both_ways(line: Line, browser: Browser, address: str, rate: int) -> None:
    line.open()
    play_tone(line, 1100)
    page = await open_page(await browser.new_context(), address, line.browsers.port, rate=rate)
    await wait_for_state(page, "state.connected && state.in_call && state.microphone === 'live'")
    await microphone_arrives(line)
    await wait_for_state(page, "state.level_out > 0.1 && state.level_in > 0")
    # Again when a gap of a loaded machine was in the piece.
    pieces = [0.0]
    while pieces[-1] <= 0.95 and len(pieces) < 15:
        await asyncio.sleep(0.6)
        pieces.append(share_of_tone(await heard(page), 1100 * 8000 / rate))
    assert pieces[-1] > 0.95, pieces
    assert ("a.petrova", True, True) in line.told.browsers


@pytest.mark.needs_debian
async def test_muted_page_is_silent_and_listens(line: Line, browser: Browser, address: str) -> None:
    line.open()
    play_tone(line, 1100)
    page = await open_page(await browser.new_context(), address, line.browsers.port)
    await microphone_arrives(line)
    await page.evaluate("phone.mute(true)")
    await wait_for_state(page, "state.microphone === 'muted'")
    await asyncio.sleep(1)
    line.frames.clear()
    await until(lambda: len(line.frames) > 50, "a second of silence")
    assert not any(line.heard)
    await wait_for_state(page, "state.level_out > 0.1")
    await page.evaluate("phone.mute(false)")
    await microphone_arrives(line)


@pytest.mark.needs_debian
async def test_reloaded_page_comes_back_with_sound(line: Line, browser: Browser, address: str) -> None:
    line.open()
    play_tone(line, 1100)
    page = await open_page(await browser.new_context(), address, line.browsers.port)
    await microphone_arrives(line)
    await page.reload()
    await wait_for_state(page, "state.connected && state.level_out > 0.1")
    await microphone_arrives(line)
    assert line.told.lost == []


@pytest.mark.needs_debian
async def test_page_reconnects_by_itself(line: Line, browser: Browser, address: str) -> None:
    line.open()
    play_tone(line, 1100)
    page = await open_page(await browser.new_context(), address, line.browsers.port)
    await wait_for_state(page, "state.connected")
    cut = line.browsers.desk("a.petrova").socket
    assert cut is not None
    cut.transport.abort()
    await until(lambda: line.browsers.connected == 0, "the cut")
    await wait_for_state(page, "state.connected && state.level_out > 0.1")
    await microphone_arrives(line)


@pytest.mark.needs_debian
async def test_second_tab_says_so_and_can_take_over(line: Line, browser: Browser, address: str) -> None:
    line.open()
    context = await browser.new_context()
    first = await open_page(context, address, line.browsers.port)
    await wait_for_state(first, "state.connected")
    second = await open_page(context, address, line.browsers.port)
    await wait_for_state(second, "state.busy && !state.connected")
    await second.evaluate("phone.takeOver()")
    await wait_for_state(second, "state.connected && !state.busy && state.in_call")
    await wait_for_state(first, "state.taken && !state.connected")
    await first.evaluate("phone.takeOver()")
    await wait_for_state(first, "state.connected && !state.taken")
    await wait_for_state(second, "state.taken")


@pytest.mark.needs_debian
async def test_without_a_microphone_one_goes_on_listening(line: Line, spoken: Path, address: str) -> None:
    line.open()
    play_tone(line, 1100)
    async with chromium("--autoplay-policy=no-user-gesture-required") as browser:
        page = await open_page(await browser.new_context(), address, line.browsers.port)
        await wait_for_state(page, "state.connected && ['absent', 'refused'].includes(state.microphone)")
        await wait_for_state(page, "state.level_out > 0.1")
    assert ("a.petrova", True, False) in line.told.browsers


@pytest.mark.needs_debian
async def test_first_gesture_lets_the_sound_out(line: Line, spoken: Path, address: str) -> None:
    line.open()
    play_tone(line, 1100)
    async with chromium("--deny-permission-prompts", "--use-fake-device-for-media-stream") as browser:
        page = await open_page(await browser.new_context(), address, line.browsers.port)
        await wait_for_state(page, "state.microphone === 'refused' && state.needs_gesture")
        await page.keyboard.press("Shift")
        await page.mouse.click(5, 5)
        await wait_for_state(page, "!state.needs_gesture && state.level_out > 0.1")


def test_noise_is_found_where_it_is() -> None:
    """The measure itself: it must not find what is not there."""
    needle, haystack = noise(800, 1), noise(8000, 2)
    assert best_match(needle, haystack)[0] < 0.3
    haystack[3000:3800] = needle
    assert best_match(needle, haystack)[1] == 3000
