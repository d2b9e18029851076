"""linphonec as a telephone: files in the place of a sound card, led by its standard input."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from tests.integration.telephony.exchange import LOOPBACK, PATIENCE_S, free_port, needed
from tests.integration.telephony.sound import Samples, write_wav

CODECS = {"PCMU": 3, "PCMA": 4, "G722": 6}
"""The numbers that its list gives them."""

PROXY = (
    "[proxy_0]\nreg_proxy=sip:{host}:{port}\nreg_route=sip:{host}:{port};lr\n"
    "reg_identity=sip:linphone@{host}\nreg_sendregister=0\n"
)


class Linphone:
    """A running linphonec. `said` is all that it printed."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._more = asyncio.Event()
        self.port = port
        self.said = ""

    async def read(self) -> None:
        """Until it ends."""
        assert self._process.stdout is not None
        while piece := await self._process.stdout.read(4096):
            self.said += piece.decode(errors="replace")
            self._more.set()

    def type(self, *lines: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("".join(f"{line}\n" for line in lines).encode())

    async def until_said(self, words: str, *, times: int = 1) -> None:
        """Wait until it printed the words so often."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while self.said.count(words) < times:
                    self._more.clear()
                    await self._more.wait()
        assert self.said.count(words) >= times, f"linphonec never said {words!r}: {self.said[-2000:]}"

    def heard(self, rate: int = 8000) -> Samples:
        """What it recorded so far at that rate, as 8 kHz."""
        path = self._folder / "heard.wav"
        if not path.exists() or path.stat().st_size <= 44:
            return np.zeros(0, np.int16)
        # The header is written at the end: take what is there.
        octets = path.read_bytes()
        return np.frombuffer(octets[44 : len(octets) // 2 * 2], "<i2").astype(np.int16)[:: rate // 8000]


@asynccontextmanager
async def linphone(
    folder: Path,
    says: Samples,
    *,
    codecs: Sequence[str] = ("PCMA",),
    sip: str = "",
    answers: bool = False,
    proxy: int = 0,
) -> AsyncIterator[Linphone]:
    """A running linphonec with these codecs only, that says `says` (8 kHz) in each call. `sip` are more lines of
    that section of its configuration; all its calls go through `proxy`, a port."""
    port, rtp = free_port(), free_port()
    write_wav(folder / "says.wav", says)
    (folder / ".local/share/linphone").mkdir(parents=True)
    (folder / "rc").write_text(
        f"[sip]\nsip_port={port}\nsip_tcp_port={port}\nsip_tls_port={port + 1}\nguess_hostname=0\nuse_ipv6=0\n"
        f'contact="Linphone" <sip:linphone@{LOOPBACK}>\ndefault_proxy={0 if proxy else -1}\n{sip}\n'
        f"[rtp]\nbind_address={LOOPBACK}\naudio_rtp_port={rtp}-{rtp + 10}\naudio_jitt_comp=40\n"
        f"[sound]\nechocancellation=0\n{PROXY.format(host=LOOPBACK, port=proxy) if proxy else ''}"
    )
    process = await asyncio.create_subprocess_exec(
        *(needed("linphonec"), "-c", "rc", "-d", "0", *(["-a"] if answers else [])),
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "LANG": "C"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    phone = Linphone(process, port, folder)
    reading = asyncio.create_task(phone.read())
    try:
        enabled = [f"codec enable {CODECS[codec]}" for codec in codecs]
        phone.type(
            "codec disable all",
            *enabled,
            "ipv6 disable",
            "soundcard use files",
            "play says.wav",
            "record heard.wav",
        )
        await phone.until_said("linphonec>", times=2)
        yield phone
        phone.type("quit")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 5)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading
