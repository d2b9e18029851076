"""sipsak, with which administrators look whether a line is there: asked, traced, flooded, and sent rubbish."""

from __future__ import annotations

import asyncio

import pytest

from app.telephony.admission import WhoMayCall
from app.telephony.digest_server import Hashes
from tests.integration.telephony.exchange import LOOPBACK, PATIENCE_S, Exchange, needed, open_exchange

pytestmark = pytest.mark.needs_debian("sipsak")


async def sipsak(
    exchange: Exchange, *options: str, user: str = "245022", patience_s: float = PATIENCE_S
) -> tuple[int | None, str]:
    """Its exit status (0 is a 2xx; None when it was still at it and was ended), and what it printed."""
    assert exchange.line is not None
    process = await asyncio.create_subprocess_exec(
        *(needed("sipsak"), "-H", LOOPBACK, *options, "-s", f"sip:{user}@{LOOPBACK}:{exchange.port}"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    asked = asyncio.ensure_future(process.communicate())
    done, _ = await asyncio.wait([asked], timeout=patience_s)
    status = process.returncode
    if not done:
        process.kill()
    output, _ = await asked
    return status, output.decode(errors="replace")


async def test_11_2_it_asks_whether_the_line_is_there() -> None:
    async with open_exchange() as exchange:
        status, said = await sipsak(exchange, "-vv")
        assert status == 0, said
        assert "SIP/2.0 200" in said
        assert "Allow:" in said
        assert exchange.heard == []


async def test_it_asks_over_tcp() -> None:
    async with open_exchange() as exchange:
        status, said = await sipsak(exchange, "-E", "tcp")
        assert status == 0, said


async def test_a_flood_is_outlived() -> None:
    async with open_exchange() as exchange:
        await sipsak(exchange, "-F", "-e", "300")
        status, said = await sipsak(exchange)
        assert status == 0, said


async def test_rubbish_in_its_requests_is_outlived() -> None:
    async with open_exchange() as exchange:
        # It goes on as long as it is answered, and waits long where it is not.
        await asyncio.gather(*(sipsak(exchange, "-R", "-t", str(most), patience_s=2) for most in (5, 20, 60, 200)))
        status, said = await sipsak(exchange)
        assert status == 0, said
        assert exchange.heard == []


@pytest.mark.parametrize(("password", "status"), [("secret", 0), ("guess", 2)])
async def test_10_3_it_registers_an_operators_telephone(password: str, status: int) -> None:
    hashes = Hashes.of("ivanova", "liniya", "secret")
    who = WhoMayCall(
        hashes_of=lambda login: hashes if login == "ivanova" else None,
        algorithms=("MD5",),  # Debian's is built without SHA-256, and looks at the first that it is offered
    )
    async with open_exchange(who_may_call=who) as exchange:
        contact = f"sip:ivanova@{LOOPBACK}:9"
        options = ("-U", "-C", contact, "-x", "60", "-u", "ivanova", "-a", password, "-vv")
        ended, said = await sipsak(exchange, *options, user="ivanova")
        assert ended == status, said
        assert exchange.heard == ([("registered", "ivanova")] if status == 0 else [])
