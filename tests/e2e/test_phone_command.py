"""`liniya phone`: what it prints is typed into a telephone, and the telephone registers at the line."""

from __future__ import annotations

import re
from pathlib import Path

from tests.e2e import liniya
from tests.e2e.real_office import free_port
from tests.integration.telephony.exchange import LOOPBACK
from tests.integration.telephony.sip_wire import wires

WHO = ("--surname", "Орлова", "--name", "Ольга")


async def test_a_telephone_registers_with_what_the_command_printed(tmp_path: Path) -> None:
    ports = {name: free_port() for name in ("sip_port", "gateway_port", "audio_port")}
    given = {
        "data_dir": tmp_path,
        "gateway_secret": "a secret of this test only",
        "rtp_ports": "23000-23098",
        **ports,
    }
    environment = liniya.environment(given)

    await liniya.run("user", "add", "orlova", *WHO, env=environment, stdin="of a browser\n")
    printed = await liniya.run("phone", "orlova", env=environment)
    said = dict(re.findall(r"^(\w+): +(\S+)$", printed.out, re.MULTILINE))
    assert (said["server"], said["user"]) == (f"{LOOPBACK}:{ports['sip_port']}", "orlova")
    assert len(said["password"]) >= 16

    async with liniya.started("line", env=environment), wires("127.0.0.9") as (phone,):
        wrong = await phone.proves("REGISTER", ports["sip_port"], "orlova", "guess", to="orlova")
        assert wrong.code == 401
        right = await phone.proves("REGISTER", ports["sip_port"], "orlova", said["password"], to="orlova")
        assert right.code == 200

    forgotten = await liniya.run("phone", "orlova", "--forget", env=environment)
    assert (forgotten.status, forgotten.err) == (0, "")
