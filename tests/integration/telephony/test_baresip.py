"""baresip, without a head and with a configuration of its own, calls the line, is heard, hears, and hangs up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.application.ports import Clip, LegEnd, LegId
from app.telephony.admission import WhoMayCall
from app.telephony.digest_server import Hashes
from tests.integration.telephony.baresip_phone import baresip
from tests.integration.telephony.exchange import LOOPBACK, Exchange, open_exchange
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


async def test_it_holds_comes_back_and_presses_keys(tmp_path: Path) -> None:
    async with open_exchange() as exchange, baresip(tmp_path, "pcma", SAYS) as peer:
        exchange.greeting = Clip("tone", tone(OUR_TONE_HZ, 1).astype("<i2").tobytes())
        await peer.command("dial", f"sip:245022@{LOOPBACK}:{exchange.port}")
        await exchange.until_heard("arrived")
        leg = exchange.legs[0]
        await until(lambda: hears_it(exchange, leg), "it is heard")
        await peer.command("hold")
        await until(lambda: len(exchange.agreed) == 2, "its re-INVITE")
        await peer.command("resume")
        await until(lambda: hears_it(exchange, leg), "it is heard again")
        for key in "7#":
            await peer.command("sndcode", key)
        await until(lambda: exchange.keys == "7#", "its keys")
        await peer.command("hangup")
        await exchange.until_heard("ended")
        assert exchange.ends() == [LegEnd.HUNG_UP]
        assert exchange.keys == "7#"
        assert [one.receives for one in exchange.agreed] == [True, False, True]


@pytest.mark.parametrize("accepted", [True, False])
async def test_rfc3515_an_operators_telephone_hands_its_call_on(tmp_path: Path, accepted: bool) -> None:
    account = ";answermode=auto"
    async with open_exchange() as exchange, baresip(tmp_path, "pcma", SAYS, account=account) as peer:
        assert exchange.line is not None
        leg = exchange.line.dial(f"sip:baresip@{LOOPBACK}:{peer.port}", ring_for_s=10)
        await exchange.until_heard("answered")
        await until(lambda: hears_it(exchange, leg), "it is heard")
        await peer.command("transfer", f"sip:245033@{LOOPBACK}:{exchange.port}")
        await exchange.until_heard("transfer_asked")
        assert exchange.heard[-1] == ("transfer_asked", "245033")
        exchange.line.answer_transfer(leg, accepted=accepted)
        if accepted:
            await exchange.until_heard("ended")  # it hangs up once it is told
        else:
            await peer.command("resume")
            await until(lambda: hears_it(exchange, leg), "it is heard again")
        assert exchange.legs == [], "nobody was called"


async def test_10_3_an_operators_telephone_registers_here_and_is_called(tmp_path: Path) -> None:
    hashes = Hashes.of("ivanova", "liniya", "secret")
    who = WhoMayCall(
        hashes_of=lambda login: hashes if login == "ivanova" else None,
        algorithms=("MD5",),  # its library gives up where SHA-256 is offered beside
    )
    async with open_exchange(who_may_call=who) as exchange:
        assert exchange.line is not None
        registers = (
            f"<sip:ivanova@{LOOPBACK}:{exchange.port}>;auth_user=ivanova;auth_pass=secret;regint=60"
            ";answermode=auto;audio_codecs=pcma"
        )
        async with baresip(tmp_path, "pcma", SAYS, accounts=registers):
            await exchange.until_heard("registered")
            assert exchange.heard == [("registered", "ivanova")]
            leg = exchange.line.dial("phone:ivanova", ring_for_s=10)
            await exchange.until_heard("answered")
            await until(lambda: hears_it(exchange, leg), "it is heard")
            exchange.line.hang_up(leg)
        await exchange.until_heard("unregistered")


def hears_it(exchange: Exchange, leg: LegId) -> bool:
    """Whether its tone came in the last quarter of a second."""
    heard = exchange.samples(leg)[-2000:]
    return len(heard) == 2000 and abs(heard).max() > 1000 and share_of_tone(heard, ITS_TONE_HZ) > 0.9
