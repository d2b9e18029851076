"""A whole office as an administrator installs it: line, web and recogniser as processes of their own, on loopback.

What measures (`scripts.measure_latency`) and what tests from end to end (`tests/e2e`) start the same one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from websockets.asyncio.client import connect

from app.application.reports import Role, StaffMember
from app.config import PROJECT, Settings, load
from app.main import open_database
from app.simulator.phone import SimulatedPhone
from app.speech.espeak import synthesise
from app.storage.staff import Staff

PASSWORD = "office-password"
IVANOVA = StaffMember("ivanova", "Иванова", "Анна", "Сергеевна", "специалист", "line", Role.OPERATOR)
PETROV = StaffMember("petrov", "Петров", "Сергей", "Иванович", "специалист", "line", Role.OPERATOR)
VOLKOV = StaffMember("volkov", "Волков", "Андрей", "Петрович", "начальник отдела", "line", Role.MANAGER)
UP_WITHIN_S = 90.0
"""Three seconds, mostly; a minute on two cores on which a model is being trained (measured)."""
PROCESSES = ("recogniser", "line", "web")


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

    async def stop_all(self) -> None:
        """End what runs, each by force if need be: one that hangs must not leave the others on their ports."""
        for name, process in list(self.processes.items()):
            try:
                await self.stop(name)
            except TimeoutError:
                process.kill()
                await process.wait()

    def log_of(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def office(folder: Path, processes: Sequence[str] = PROCESSES, **settings: object) -> AsyncIterator[Office]:
    """Start an office in `folder` with its staff, or some of its processes; end them afterwards."""
    rtp = 20000 + (os.getpid() % 400) * 20
    given = {
        "data_dir": folder,
        "gateway_secret": "a secret of this office only",
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
        for name in processes:
            await running.start(name)
        await _all_up(running)
        yield running
    finally:
        await running.stop_all()


def hire(settings: Settings) -> None:
    """Put the staff into the database."""
    engine = open_database(settings)
    staff = Staff(engine)
    for member in (IVANOVA, PETROV, VOLKOV):
        staff.add_staff(member, PASSWORD)
    engine.dispose()


async def _all_up(running: Office) -> None:
    s = running.settings
    ports = {
        "recogniser": [s.recogniser_port],
        "line": [s.gateway_port, s.audio_port, s.sip_port],
        "web": [s.web_port],
    }
    async with asyncio.timeout(UP_WITHIN_S):
        for port in (port for name in running.processes for port in ports[name]):
            while not await _answers(port):
                ended = [n for n, p in running.processes.items() if p.returncode is not None]
                assert not ended, f"{ended[0]} has ended:\n{running.log_of(ended[0])}"
                await asyncio.sleep(0.1)
    if "recogniser" in running.processes:
        # Its port is bound before its workers have their model: who calls meanwhile is not heard.
        async with connect(s.recogniser_address, proxy=None, open_timeout=UP_WITHIN_S):
            return


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
