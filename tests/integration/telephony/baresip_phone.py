"""baresip as a telephone: without a head, with a configuration of its own, led over its control connection."""

from __future__ import annotations

import asyncio
import json
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tests.integration.telephony.exchange import LOOPBACK, free_port, needed
from tests.integration.telephony.sound import Samples, write_wav

MODULES = Path("/usr/lib/baresip/modules")


class Baresip:
    """A running baresip and its control connection: netstrings of JSON over TCP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, folder: Path, port: int) -> None:
        self._reader = reader
        self._writer = writer
        self._folder = folder
        self.port = port

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
        """What it decoded of the call's sound, 8 kHz."""
        dumps = sorted(self._folder.glob("dump-*-dec.wav"))
        if not dumps:
            return np.zeros(0, np.int16)
        try:
            with wave.open(str(dumps[-1])) as file:
                samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
                return samples[:: file.getframerate() // 8000]
        except (wave.Error, EOFError):  # it is being written
            return np.zeros(0, np.int16)


@asynccontextmanager
async def baresip(
    folder: Path,
    codec: str,
    says: Samples,
    *,
    account: str = "",
    accounts: str = "",
    config: str = "",
    rate: int = 8000,
) -> AsyncIterator[Baresip]:
    """A running baresip that offers one codec, and says `says` (8 kHz) in each call. `account` are more parameters
    of its account, `accounts` another in the place of that, `config` more lines of its configuration; `rate` is
    that of its own sound."""
    control, rtp, sip = free_port(), free_port(), free_port()
    write_wav(folder / "says.wav", np.repeat(says, rate // 8000), rate)
    (folder / "config").write_text(
        f"sip_listen {LOOPBACK}:{sip}\naudio_source aufile,{folder / 'says.wav'}\n"
        f"audio_player aubridge,none\naudio_srate {rate}\naudio_channels 1\nrtp_ports {rtp}-{rtp + 20}\n"
        f"module_path {MODULES}\nmodule stdio.so\nmodule g711.so\nmodule aufile.so\nmodule aubridge.so\n"
        f"module sndfile.so\nsnd_path {folder}\n{config}\nmodule_tmp account.so\nmodule_app menu.so\n"
        f"module_app ctrl_tcp.so\nctrl_tcp_listen {LOOPBACK}:{control}\n"
    )
    its = accounts or f"<sip:baresip@{LOOPBACK}>;regint=0;audio_codecs={codec}{account}"
    (folder / "accounts").write_text(f"{its}\n")
    (folder / "contacts").write_text("")
    process = await asyncio.create_subprocess_exec(
        needed("baresip"),
        *("-4", "-f", str(folder), "-t", "120"),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        reader, writer = await connected(control)
        try:
            yield Baresip(reader, writer, folder, sip)
        finally:
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
