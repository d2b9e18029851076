"""baresip, without a head and with a configuration of its own, calls the line, is heard, hears, and hangs up."""

from __future__ import annotations

import asyncio
import json
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.application.ports import Clip, LegEnd
from tests.integration.telephony.exchange import LOOPBACK, free_port, needed, open_exchange
from tests.integration.telephony.rtp_peer import until
from tests.integration.telephony.sound import Samples, share_of_tone, tone, write_wav

pytestmark = pytest.mark.needs_debian

ITS_TONE_HZ = 300
OUR_TONE_HZ = 440
MODULES = Path("/usr/lib/baresip/modules")


class Baresip:
    """A running baresip and its control connection: netstrings of JSON over TCP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, folder: Path) -> None:
        self._reader = reader
        self._writer = writer
        self._folder = folder

    async def command(self, command: str, params: str = "") -> dict[str, Any]:
        """Carry out one command and wait for its answer."""
        text = json.dumps({"command": command, "params": params, "token": command})
        self._writer.write(f"{len(text)}:{text},".encode())
        while True:
            length = int((await self._reader.readuntil(b":"))[:-1])
            message: dict[str, Any] = json.loads((await self._reader.readexactly(length + 1))[:-1])
            if message.get("token") == command:
                return message

    def heard(self) -> Samples:
        """What it decoded of the call's sound."""
        dumps = sorted(self._folder.glob("dump-*-dec.wav"))
        if not dumps:
            return np.zeros(0, np.int16)
        with wave.open(str(dumps[-1])) as file:
            return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)


@asynccontextmanager
async def baresip(folder: Path, codec: str) -> AsyncIterator[Baresip]:
    control, rtp = free_port(), free_port()
    write_wav(folder / "says.wav", tone(ITS_TONE_HZ, 20))
    (folder / "config").write_text(
        f"sip_listen {LOOPBACK}:{free_port()}\naudio_source aufile,{folder / 'says.wav'}\n"
        f"audio_player aubridge,none\naudio_srate 8000\naudio_channels 1\nrtp_ports {rtp}-{rtp + 20}\n"
        f"module_path {MODULES}\nmodule stdio.so\nmodule g711.so\nmodule aufile.so\nmodule aubridge.so\n"
        f"module sndfile.so\nsnd_path {folder}\nmodule_tmp account.so\nmodule_app menu.so\n"
        f"module_app ctrl_tcp.so\nctrl_tcp_listen {LOOPBACK}:{control}\n"
    )
    (folder / "accounts").write_text(f"<sip:baresip@{LOOPBACK}>;regint=0;audio_codecs={codec}\n")
    (folder / "contacts").write_text("")
    process = await asyncio.create_subprocess_exec(
        needed("baresip"),
        *("-4", "-f", str(folder), "-t", "60"),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        reader, writer = await connected(control)
        yield Baresip(reader, writer, folder)
        writer.close()
    finally:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()


async def connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(15):
        while True:
            try:
                return await asyncio.open_connection(LOOPBACK, port)
            except OSError:
                await asyncio.sleep(0.1)  # it says nowhere that it listens


@pytest.mark.parametrize("codec", ["pcma", "pcmu"])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_baresip_calls_is_heard_hears_and_hangs_up(tmp_path: Path, codec: str, transport: str) -> None:
    async with open_exchange() as exchange, baresip(tmp_path, codec) as peer:
        assert exchange.line is not None
        exchange.on_arrival = exchange.ring_and_take
        exchange.greeting = Clip("tone", tone(OUR_TONE_HZ, 1).astype("<i2").tobytes())
        await peer.command("dial", f"sip:245022@{LOOPBACK}:{exchange.line.port};transport={transport}")
        await exchange.until_heard("arrived")
        leg = exchange.legs[0]
        await until(lambda: len(exchange.samples(leg)) > 20000, "two seconds and a half of the call")
        assert share_of_tone(exchange.samples(leg)[-8000:], ITS_TONE_HZ) > 0.9
        await peer.command("hangup")
        await exchange.until_heard("ended")
        assert exchange.heard[0] == ("arrived", "baresip", "245022")
        assert exchange.ends() == [LegEnd.HUNG_UP]
        await until(lambda: len(peer.heard()) > 12000, "what baresip heard is written")
        assert share_of_tone(peer.heard()[-8000:], OUR_TONE_HZ) > 0.9


async def test_we_hang_up_on_baresip(tmp_path: Path) -> None:
    async with open_exchange() as exchange, baresip(tmp_path, "pcma") as peer:
        assert exchange.line is not None
        await peer.command("dial", f"sip:245022@{LOOPBACK}:{exchange.line.port}")
        await exchange.until_heard("arrived")
        await until(lambda: len(exchange.samples(exchange.legs[0])) > 8000, "a second of the call")
        exchange.line.hang_up(exchange.legs[0])
        calls = {"data": ""}

        async def no_call_left() -> None:
            while "Active calls (0)" not in calls["data"] and "no active calls" not in calls["data"]:
                await asyncio.sleep(0.1)
                calls.update(await peer.command("listcalls"))

        await asyncio.wait_for(no_call_left(), 10)
