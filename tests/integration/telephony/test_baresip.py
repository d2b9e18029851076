"""baresip, without a head and with a configuration of its own, calls the line, is heard, hears, and hangs up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.application.ports import Clip, LegEnd
from tests.integration.telephony.baresip_phone import baresip
from tests.integration.telephony.exchange import LOOPBACK, open_exchange
from tests.integration.telephony.rtp_peer import until
from tests.integration.telephony.sound import share_of_tone, tone

pytestmark = pytest.mark.needs_debian

ITS_TONE_HZ = 300
OUR_TONE_HZ = 440
SAYS = tone(ITS_TONE_HZ, 20)


@pytest.mark.parametrize("codec", ["pcma", "pcmu"])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_baresip_calls_is_heard_hears_and_hangs_up(tmp_path: Path, codec: str, transport: str) -> None:
    async with open_exchange() as exchange, baresip(tmp_path, codec, SAYS) as peer:
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
    async with open_exchange() as exchange, baresip(tmp_path, "pcma", SAYS) as peer:
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
