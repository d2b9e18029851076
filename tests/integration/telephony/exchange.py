"""A real line with real media, and somebody who answers it: what the foreign peers call."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.application.ports import Clip, LegEnd, LegId, LegQuality, Rejection
from app.telephony.account import Account
from app.telephony.browser_phone import BrowserPhones
from app.telephony.line import SipLine
from app.telephony.media import Media
from app.telephony.media_port import RtpRemote
from tests.integration.telephony.rtp_peer import until
from tests.integration.telephony.sound import Samples, samples_of

HERE = Path(__file__).parent
LOOPBACK = "127.0.0.1"
PATIENCE_S = 20.0


class WatchedMedia(Media):
    """The real media; `agreed` are what offers and answers came to, one after the other."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.agreed: list[RtpRemote] = []

    def connect_rtp(self, leg: LegId, remote: RtpRemote) -> None:
        self.agreed.append(remote)
        super().connect_rtp(leg, remote)


class Exchange:
    """`PhoneEvents` that keeps what it heard. `on_arrival` says what is done with a new call."""

    def __init__(self) -> None:
        self.line: SipLine | None = None
        self.legs: list[LegId] = []
        self.heard: list[tuple[Any, ...]] = []
        self.agreed: list[RtpRemote] = []
        self.keys = ""
        self.sounds_early = False
        self.qualities: list[LegQuality] = []
        self.sound: dict[LegId, bytearray] = {}
        self.on_arrival: Callable[[LegId], None] = self.take
        self.greeting: Clip | None = None

    @property
    def port(self) -> int:
        """Where the line listens."""
        assert self.line is not None
        return self.line.port

    # -- what may be done with an arriving call

    def take(self, leg: LegId) -> None:
        assert self.line is not None
        self.line.answer(leg)
        self.listen(leg)

    def ring_and_take(self, leg: LegId) -> None:
        assert self.line is not None
        self.line.ring(leg)
        asyncio.get_running_loop().call_later(0.3, self.take, leg)

    def only_ring(self, leg: LegId) -> None:
        assert self.line is not None
        self.line.ring(leg)

    def turn_away(self, why: Rejection) -> Callable[[LegId], None]:
        def reject(leg: LegId) -> None:
            assert self.line is not None
            self.line.reject(leg, why)

        return reject

    def hang_up_all(self) -> None:
        assert self.line is not None
        for leg in self.legs:
            self.line.hang_up(leg)

    def listen(self, leg: LegId) -> None:
        assert self.line is not None
        heard = self.sound.setdefault(leg, bytearray())
        self.line.listen(leg, heard.extend)
        if self.greeting is not None:
            self.line.play(leg, [self.greeting], tag="greeting", loop=True)

    def samples(self, leg: LegId) -> Samples:
        return samples_of(bytes(self.sound.get(leg, b"")))

    # -- PhoneEvents

    def call_arrived(self, leg: LegId, *, caller: str, dialled: str) -> None:
        self.legs.append(leg)
        self.heard.append(("arrived", caller, dialled))
        self.on_arrival(leg)

    def leg_ringing(self, leg: LegId, *, with_sound: bool) -> None:
        self.heard.append(("ringing", leg))
        self.sounds_early = with_sound

    def leg_answered(self, leg: LegId) -> None:
        self.heard.append(("answered", leg))
        self.listen(leg)

    def leg_ended(self, leg: LegId, why: LegEnd) -> None:
        self.heard.append(("ended", leg, why))

    def key_pressed(self, leg: LegId, key: str) -> None:
        self.keys += key

    def playback_finished(self, leg: LegId, tag: str) -> None:
        self.heard.append(("played", leg, tag))

    def transfer_asked(self, leg: LegId, *, target: str) -> None:
        self.heard.append(("transfer_asked", target))

    def quality_measured(self, leg: LegId, quality: LegQuality) -> None:
        self.qualities.append(quality)

    def phone_registered(self, operator: str, *, registered: bool) -> None:
        self.heard.append(("registered" if registered else "unregistered", operator))

    def browser_changed(self, operator: str, *, connected: bool, microphone: bool) -> None:
        self.heard.append(("browser", operator, connected))

    # -- waiting

    def ends(self) -> list[LegEnd]:
        return [one[2] for one in self.heard if one[0] == "ended"]

    async def until_heard(self, what: str) -> None:
        await until(lambda: any(one[0] == what for one in self.heard), what, PATIENCE_S)


@asynccontextmanager
async def open_exchange(
    *, accounts: Sequence[Account] = (), trunk: Account | None = None, port: int = 0, **settings: Any
) -> AsyncIterator[Exchange]:
    """A line on loopback, closed at the end. `settings` are more arguments of `SipLine`."""
    first = free_port()
    media = WatchedMedia(LOOPBACK, (first, min(first + 200, 65534)), BrowserPhones(LOOPBACK, 0, lambda _: None))
    line = SipLine(
        host=LOOPBACK,
        port=port,
        advertised_host=LOOPBACK,
        user_agent="Liniya test",
        media=media,
        accounts=accounts,
        trunk=trunk,
        **settings,
    )
    exchange = Exchange()
    exchange.line = line
    exchange.agreed = media.agreed
    line.report_to(exchange)
    await line.start()
    try:
        yield exchange
    finally:
        await line.stop()


def free_port() -> int:
    """An even port that nobody has now."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((LOOPBACK, 0))
            port = int(probe.getsockname()[1])
        if port % 2 == 0 and port < 65000 and not _listens(port):
            return port


def _listens(port: int) -> bool:
    """Whether the port is taken for TCP."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
        return False


def needed(program: str) -> str:
    """The path of a program of Debian's, or a skip that says so."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"needs the Debian package that has {program}")
    return found


class Sipp:
    """One run of sipp with a scenario of ours."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, folder: Path) -> None:
        self._process = process
        self._folder = folder
        self.port = port

    async def finished(self) -> None:
        """Wait until the scenario is through. Fails with what sipp said when it did not go as written."""
        output, _ = await asyncio.wait_for(self._process.communicate(), PATIENCE_S + 10)
        errors = "".join(path.read_text(errors="replace") for path in self._folder.glob("*_errors.log"))
        assert self._process.returncode == 0, errors or output.decode(errors="replace")[-2000:]


@asynccontextmanager
async def sipp(
    scenario: str, folder: Path, *, towards: int = 0, options: Sequence[str] = ()
) -> AsyncIterator[Sipp]:
    """Run a scenario against `127.0.0.1:towards`, or as a server where there is none."""
    port = free_port()
    command = [needed("sipp"), "-sf", str(HERE / "sipp" / f"{scenario}.xml"), "-i", LOOPBACK, "-p", str(port)]
    command += ["-m", "1", "-nostdin", "-trace_err", "-timeout", f"{PATIENCE_S:.0f}s", "-timeout_error"]
    command += ["-mi", LOOPBACK, "-mp", str(free_port()), "-s", "line", *options]
    if towards:
        command.append(f"{LOOPBACK}:{towards}")
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        yield Sipp(process, port, folder)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
