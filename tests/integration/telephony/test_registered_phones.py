"""Operators' phones that others wrote register at the line, are called there, and call it as their operators."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from app.application.ports import Clip, LegEnd
from app.telephony.admission import WhoMayCall
from app.telephony.digest_server import Hashes
from tests.integration.telephony.authority import Authority
from tests.integration.telephony.baresip_phone import baresip
from tests.integration.telephony.exchange import LOOPBACK, open_exchange, sipp
from tests.integration.telephony.linphone_phone import linphone
from tests.integration.telephony.rtp_peer import until
from tests.integration.telephony.sound import share_of_tone, tone

pytestmark = pytest.mark.needs_debian

PASSWORD = "xk7m2pqrst9vwyz4ab3c"
HASHES = Hashes.of("ivanova", "liniya", PASSWORD)
OFFICE = WhoMayCall(hashes_of=lambda login: HASHES if login == "ivanova" else None)
ITS_TONE_HZ, OUR_TONE_HZ = 300, 440
SAYS = tone(ITS_TONE_HZ, 20)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_baresip_is_the_phone_of_an_operator(tmp_path: Path, transport: str) -> None:
    authority = Authority(tmp_path)
    tls = authority.sign(f"IP:{LOOPBACK}").listener if transport == "tls" else None
    async with open_exchange(who_may_call=OFFICE, tls=tls) as exchange:
        assert exchange.line is not None
        exchange.greeting = Clip("tone", tone(OUR_TONE_HZ, 1).astype("<i2").tobytes())
        line = f"{LOOPBACK}:{exchange.line.tls_port if tls is not None else exchange.port}"
        account = f"<sip:ivanova@{line};transport={transport}>;auth_pass={PASSWORD};regint=60"
        account += ";answermode=auto;audio_codecs=pcma"
        async with baresip(tmp_path, "pcma", SAYS, accounts=account) as phone:
            await exchange.until_heard("registered")
            leg = exchange.line.dial("phone:ivanova", ring_for_s=20)
            await exchange.until_heard("answered")
            await until(lambda: len(exchange.samples(leg)) > 12000, "a second and a half of the call")
            assert share_of_tone(exchange.samples(leg)[-4000:], ITS_TONE_HZ) > 0.9
            exchange.line.hang_up(leg)
            await until(lambda: len(phone.heard()) > 4000, "what baresip heard is written")
            assert share_of_tone(phone.heard()[-4000:], OUR_TONE_HZ) > 0.9

            await phone.command("dial", f"sip:245022@{line};transport={transport}")
            await exchange.until_heard("arrived")
            assert ("arrived", "ivanova", "245022") in exchange.heard
            await phone.command("hangup")
            await exchange.until_heard("ended")
            assert exchange.ends() == [LegEnd.HUNG_UP]
        # It says goodbye when it is switched off.
        await exchange.until_heard("unregistered")
        assert exchange.line.dial("phone:ivanova", ring_for_s=5)
        await until(lambda: exchange.ends()[1:] == [LegEnd.FAILED], "nobody is there any more")


@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_sipp_proves_itself_for_registration_and_call(tmp_path: Path, transport: str) -> None:
    async with open_exchange(who_may_call=OFFICE) as exchange:
        options = ["-t", transport, "-au", "ivanova", "-ap", PASSWORD]
        async with sipp("registered_phone", tmp_path, towards=exchange.port, options=options) as phone:
            await phone.finished()
        await exchange.until_heard("ended")
        assert exchange.heard[:2] == [("registered", "ivanova"), ("arrived", "ivanova", "")]


async def test_sipp_with_the_wrong_password_stays_outside(tmp_path: Path) -> None:
    async with open_exchange(who_may_call=OFFICE) as exchange:
        options = ["-au", "ivanova", "-ap", "guess"]
        async with sipp("registered_phone", tmp_path, towards=exchange.port, options=options) as phone:
            with pytest.raises(AssertionError, match="401"):
                await phone.finished()
        assert exchange.heard == []


async def test_linphone_is_the_phone_of_an_operator_by_sha_256(tmp_path: Path) -> None:
    policy = replace(OFFICE, algorithms=("SHA-256", "MD5"))
    async with open_exchange(who_may_call=policy) as exchange, linphone(tmp_path, SAYS, answers=True) as phone:
        assert exchange.line is not None
        server = f"sip:{LOOPBACK}:{exchange.port}"
        phone.type(f"register sip:ivanova@{LOOPBACK}:{exchange.port} {server} {PASSWORD}")
        await exchange.until_heard("registered")
        leg = exchange.line.dial("phone:ivanova", ring_for_s=20)
        await exchange.until_heard("answered")
        await until(lambda: len(exchange.samples(leg)) > 12000, "a second and a half of the call")
        assert share_of_tone(exchange.samples(leg)[-4000:], ITS_TONE_HZ) > 0.9
        phone.type("terminate all")
        await exchange.until_heard("ended")
        phone.type("unregister")
        await asyncio.wait_for(exchange.until_heard("unregistered"), 20)
