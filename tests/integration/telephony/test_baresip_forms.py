"""baresip under SRTP in forms that `test_secure_calls` has not: sound is measured in both directions."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.application.ports import Clip, LegEnd, LegId
from app.telephony.media_policy import MediaPolicy
from tests.integration.telephony.baresip_phone import Baresip, baresip
from tests.integration.telephony.exchange import LOOPBACK, Exchange, open_exchange
from tests.integration.telephony.rtp_peer import until
from tests.integration.telephony.sound import share_of_tone, tone

pytestmark = pytest.mark.needs_debian("baresip")

ITS_TONE_HZ = 300
OUR_TONE_HZ = 440
SAYS = tone(ITS_TONE_HZ, 20)
GREETING = Clip("tone", tone(OUR_TONE_HZ, 1).astype("<i2").tobytes())
SRTP = "module srtp.so"
REQUIRED = MediaPolicy(srtp="required", keys_in_clear=True)


async def hear_each_other(exchange: Exchange, peer: Baresip, leg: LegId) -> None:
    await until(lambda: len(exchange.samples(leg)) > 20000, "two seconds and a half of the call")
    assert share_of_tone(exchange.samples(leg)[-8000:], ITS_TONE_HZ) > 0.9
    await until(lambda: exchange.qualities, "quality")
    await peer.command("hangup")
    await exchange.until_heard("ended")
    assert exchange.ends() == [LegEnd.HUNG_UP]
    await until(lambda: len(peer.heard()) > 12000, "what baresip heard is written")
    assert share_of_tone(peer.heard()[-6000:], OUR_TONE_HZ) > 0.9


async def test_baresip_calls_under_srtp_with_feedback(tmp_path: Path) -> None:
    policy = MediaPolicy(srtp="optional")
    async with (
        open_exchange(policy=policy) as exchange,
        baresip(tmp_path, "pcma", SAYS, account=";mediaenc=srtp-mandf", config=SRTP) as peer,
    ):
        exchange.greeting = GREETING
        await peer.command("dial", f"sip:245022@{LOOPBACK}:{exchange.port}")
        await exchange.until_heard("arrived")
        await until(lambda: exchange.agreed, "an agreement")
        assert exchange.agreed[0].srtp_in is not None
        await hear_each_other(exchange, peer, exchange.legs[0])
        quality = exchange.qualities[0]
        assert quality.loss_in < 0.05
        assert quality.mos > 3.5


async def test_we_call_baresip_under_srtp(tmp_path: Path) -> None:
    async with (
        open_exchange(policy=REQUIRED) as exchange,
        baresip(tmp_path, "pcma", SAYS, account=";mediaenc=srtp-mand;answermode=auto", config=SRTP) as peer,
    ):
        assert exchange.line is not None
        exchange.greeting = GREETING
        leg = exchange.line.dial(f"sip:baresip@{LOOPBACK}:{peer.port}", ring_for_s=10)
        await exchange.until_heard("answered")
        assert exchange.agreed[-1].srtp_out is not None
        await hear_each_other(exchange, peer, leg)


async def test_who_wants_keys_and_who_does_not_have_no_call(tmp_path: Path) -> None:
    async with (
        open_exchange(policy=MediaPolicy(srtp="off")) as exchange,
        baresip(tmp_path, "pcma", SAYS, account=";mediaenc=srtp-mand;answermode=auto", config=SRTP) as peer,
    ):
        assert exchange.line is not None
        exchange.line.dial(f"sip:baresip@{LOOPBACK}:{peer.port}", ring_for_s=10)
        await exchange.until_heard("ended")
        assert exchange.ends() == [LegEnd.FAILED]


async def test_baresip_speaks_g722_under_srtp(tmp_path: Path) -> None:
    policy = MediaPolicy(srtp="optional")
    account, config = ";mediaenc=srtp-mand", f"module g722.so\n{SRTP}"
    async with (
        open_exchange(policy=policy) as exchange,
        baresip(tmp_path, "g722/16000/1", SAYS, account=account, config=config, rate=16000) as peer,
    ):
        exchange.greeting = GREETING
        await peer.command("dial", f"sip:245022@{LOOPBACK}:{exchange.port}")
        await exchange.until_heard("arrived")
        await until(lambda: exchange.agreed, "an agreement")
        assert exchange.agreed[0].codec == "G722"
        assert exchange.agreed[0].srtp_in is not None
        await hear_each_other(exchange, peer, exchange.legs[0])
