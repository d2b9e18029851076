"""linphonec calls the line and is called by it: sound both ways, keys, hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.application.ports import Clip, LegEnd, LegId
from app.telephony.admission import WhoMayCall
from app.telephony.digest_server import Hashes
from tests.integration.telephony.exchange import LOOPBACK, Exchange, open_exchange
from tests.integration.telephony.linphone_phone import linphone
from tests.integration.telephony.rtp_peer import until
from tests.integration.telephony.sound import share_of_tone, tone

pytestmark = pytest.mark.needs_debian("linphonec")

ITS_TONE_HZ = 300
OUR_TONE_HZ = 440
SAYS = tone(ITS_TONE_HZ, 20)
GREETING = Clip("tone", tone(OUR_TONE_HZ, 1).astype("<i2").tobytes())
KEYS_AS_INFO = "use_info=1\nuse_rfc2833=0"


async def until_it_is_heard(exchange: Exchange, leg: LegId, seconds: float = 0.5) -> None:
    """The line hears its tone, in sound that comes from now on."""
    size = round(8000 * seconds)
    so_far = len(exchange.samples(leg))
    await until(
        lambda: (
            len(exchange.samples(leg)) > so_far + size
            and share_of_tone(exchange.samples(leg)[-size:], ITS_TONE_HZ) > 0.9
        ),
        "the tone of linphone",
    )


@pytest.mark.parametrize(("transport", "sip"), [("udp", ""), ("tcp", KEYS_AS_INFO)])
async def test_it_calls_presses_keys_holds_and_hangs_up(tmp_path: Path, transport: str, sip: str) -> None:
    async with open_exchange() as exchange, linphone(tmp_path, SAYS, sip=sip) as phone:
        assert exchange.line is not None
        exchange.on_arrival = exchange.ring_and_take
        exchange.greeting = GREETING
        phone.type(f"call sip:245022@{LOOPBACK}:{exchange.line.port};transport={transport}")
        await exchange.until_heard("arrived")
        leg = exchange.legs[0]
        await until_it_is_heard(exchange, leg)
        phone.type("pause")
        await phone.until_said("is now paused")
        phone.type("resume")
        await phone.until_said("Media streams established", times=2)
        await until_it_is_heard(exchange, leg)
        phone.type("5")
        await until(lambda: exchange.keys == "5", "the key")
        phone.type("terminate")
        await exchange.until_heard("ended")
        assert exchange.heard == [("arrived", "linphone", "245022"), ("ended", leg, LegEnd.HUNG_UP)]
        assert exchange.keys == "5"
        assert [one.receives for one in exchange.agreed] == [True, False, True], "agreed, held, resumed"
        await phone.until_said("ended")
        await until(lambda: len(phone.heard()) > 8000, "what linphone heard is written")
        assert share_of_tone(phone.heard()[-4000:], OUR_TONE_HZ) > 0.9


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_it_is_called_and_we_hang_up(tmp_path: Path, transport: str) -> None:
    async with open_exchange() as exchange, linphone(tmp_path, SAYS, answers=True) as phone:
        assert exchange.line is not None
        leg = exchange.line.dial(f"sip:linphone@{LOOPBACK}:{phone.port};transport={transport}", ring_for_s=10)
        await exchange.until_heard("answered")
        await until_it_is_heard(exchange, leg)
        exchange.line.hang_up(leg)
        await phone.until_said("ended")
        assert exchange.ends() == []


async def test_it_hangs_up_on_us_before_anybody_answers(tmp_path: Path) -> None:
    async with open_exchange() as exchange, linphone(tmp_path, SAYS) as phone:
        assert exchange.line is not None
        exchange.on_arrival = exchange.only_ring
        phone.type(f"call sip:245022@{LOOPBACK}:{exchange.line.port}")
        await phone.until_said("ringing")
        phone.type("terminate")
        await exchange.until_heard("ended")
        assert exchange.ends() == [LegEnd.HUNG_UP]


async def test_10_3_it_registers_here_is_called_and_hands_its_call_on(tmp_path: Path) -> None:
    hashes = Hashes.of("ivanova", "liniya", "secret")
    who = WhoMayCall(hashes_of=lambda login: hashes if login == "ivanova" else None)
    async with open_exchange(who_may_call=who) as exchange, linphone(tmp_path, SAYS, answers=True) as phone:
        assert exchange.line is not None
        phone.type(f"register sip:ivanova@{LOOPBACK}:{exchange.port} sip:{LOOPBACK}:{exchange.port} secret")
        await exchange.until_heard("registered")
        leg = exchange.line.dial("phone:ivanova", ring_for_s=10)
        await exchange.until_heard("answered")
        await until_it_is_heard(exchange, leg)
        phone.type(f"transfer sip:245033@{LOOPBACK}:{exchange.port}")
        await exchange.until_heard("transfer_asked")
        assert exchange.heard[-1] == ("transfer_asked", "245033")
        exchange.line.answer_transfer(leg, accepted=True)
        await exchange.until_heard("ended")
        phone.type("unregister")
        await exchange.until_heard("unregistered")
        assert exchange.legs == [], "nobody was called because of it"


async def test_rfc5589_7_it_asks_to_join_its_two_calls(tmp_path: Path) -> None:
    """An operator who has the caller and a colleague on the line hands the one to the other."""
    async with open_exchange() as exchange, linphone(tmp_path, SAYS, answers=True) as phone:
        assert exchange.line is not None
        exchange.on_arrival = exchange.take
        leg = exchange.line.dial(f"sip:linphone@{LOOPBACK}:{phone.port}", ring_for_s=10)
        await exchange.until_heard("answered")
        await until_it_is_heard(exchange, leg)
        phone.type("pause")
        await phone.until_said("is now paused")
        phone.type(f"call sip:245033@{LOOPBACK}:{exchange.port}")
        await exchange.until_heard("arrived")
        await phone.until_said("Media streams established", times=2)
        phone.type("transfer 1 --to-call 2")
        await exchange.until_heard("transfer_asked")
        assert exchange.heard[-2:] == [("arrived", "linphone", "245033"), ("transfer_asked", "245033")]
        joined = exchange.legs[0]
        exchange.line.answer_transfer(leg, accepted=True)
        await exchange.until_heard("ended")
        assert exchange.heard[-1:] == [("ended", leg, LegEnd.HUNG_UP)], "it leaves the call that it handed on"
        exchange.line.hang_up(joined)
        await phone.until_said("Call 2 with", times=2)
