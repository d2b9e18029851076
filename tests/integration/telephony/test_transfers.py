"""Transfers over real sockets: sipp's telephones and PBX, baresip's and linphone's own, and two lines of ours."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from app.application.ports import Clip, LegEnd, LegId
from app.telephony.line import SipLine
from tests.integration.telephony.baresip_phone import baresip
from tests.integration.telephony.exchange import LOOPBACK, Exchange, free_port, open_exchange, sipp
from tests.integration.telephony.linphone_phone import linphone
from tests.integration.telephony.rtp_peer import until
from tests.integration.telephony.sound import Samples, share_of_tone, tone

ITS_TONE_HZ = 300
OTHER_TONE_HZ = 700
OUR_TONE_HZ = 440
TONE = Clip("tone", tone(OUR_TONE_HZ, 1).astype("<i2").tobytes())


def line_of(exchange: Exchange) -> SipLine:
    assert exchange.line is not None
    return exchange.line


async def asked(exchange: Exchange) -> str:
    """The name that a telephone asked for."""
    await exchange.until_heard("transfer_asked")
    return next(str(one[1]) for one in exchange.heard if one[0] == "transfer_asked")


def hears(exchange: Exchange, leg: LegId, frequency_hz: int) -> bool:
    return is_tone(exchange.samples(leg), frequency_hz)


def is_tone(heard: Samples, frequency_hz: int) -> bool:
    """Whether the last half second is the tone."""
    return len(heard) >= 4000 and share_of_tone(heard[-4000:], frequency_hz) > 0.9


# -- asked by a telephone


@pytest.mark.needs_debian("sipp")
@pytest.mark.parametrize("transport", ["", ";transport=tcp"])
async def test_rfc3515_a_telephone_of_sipp_asks_for_a_transfer(tmp_path: Path, transport: str) -> None:
    options = ["-t", "t1" if transport else "u1"]
    async with sipp("phone_refers", tmp_path, options=options) as peer, open_exchange() as exchange:
        await asyncio.sleep(0.3)  # sipp says nowhere that it listens
        leg = line_of(exchange).dial(f"sip:operator@{LOOPBACK}:{peer.port}{transport}", ring_for_s=10)
        assert await asked(exchange) == "petrova"
        line_of(exchange).answer_transfer(leg, accepted=True)
        await peer.finished()
        await exchange.until_heard("ended")
        assert exchange.ends() == [LegEnd.HUNG_UP]


@pytest.mark.needs_debian("sipp")
async def test_a_caller_cannot_make_the_line_call(tmp_path: Path) -> None:
    """Toll fraud: refused, and not one datagram goes to the number that was named."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as premium:
        premium.bind((LOOPBACK, 0))
        premium.setblocking(False)
        key = ["-key", "premium", str(premium.getsockname()[1])]
        async with open_exchange() as exchange:
            async with sipp("caller_refers", tmp_path, towards=line_of(exchange).port, options=key) as peer:
                await peer.finished()
            await exchange.until_heard("ended")
            assert [one[0] for one in exchange.heard] == ["arrived", "ended"]
        with pytest.raises(BlockingIOError):
            premium.recv(2000)


# -- asked of the other side


async def connected(calling: Exchange, called: Exchange, count: int = 1) -> list[LegId]:
    """Legs of `calling` that `called` has answered and hears."""
    calling.greeting = TONE
    address = f"sip:245022@{LOOPBACK}:{line_of(called).port}"
    legs = [line_of(calling).dial(address, ring_for_s=10) for _ in range(count)]
    await until(lambda: len(called.legs) == count, "arrived")
    await until(lambda: all(hears(called, leg, OUR_TONE_HZ) for leg in called.legs), "all are up")
    return legs


async def test_a_line_asks_another_which_refuses_and_then_carries_it_out() -> None:
    async with open_exchange() as called, open_exchange() as calling:
        [leg] = await connected(calling, called)
        told: list[bool] = []
        line_of(called).refer(called.legs[0], "1203", told.append)
        assert await asked(calling) == "1203"
        line_of(calling).answer_transfer(leg, accepted=False)
        await until(lambda: told == [False], "the refusal")
        assert calling.ends() == called.ends() == []
        calling.heard.clear()
        line_of(called).refer(called.legs[0], f"sip:1204@{LOOPBACK}", told.append)
        assert await asked(calling) == "1204"
        line_of(calling).answer_transfer(leg, accepted=True)
        await until(lambda: told == [False, True], "that it was carried out")
        await calling.until_heard("ended")
        assert calling.ends() == [LegEnd.HUNG_UP]
        assert called.ends() == [], "who referred the leg hears no end of it"
        line_of(called).refer(called.legs[0], "1203", told.append)
        assert len(told) == 2, "told later, never at once"
        await until(lambda: told == [False, True, False], "a leg that is gone cannot be referred")


async def test_rfc5589_7_two_legs_of_the_same_line() -> None:
    async with open_exchange() as called, open_exchange() as calling:
        await connected(calling, called, 2)
        told: list[bool] = []
        line_of(called).refer_to_leg(called.legs[0], called.legs[1], told.append)
        assert await asked(calling) == "245022"
        await line_of(calling).stop()
        await until(lambda: told == [False], "a line that stops declines what it was asked")


@pytest.mark.needs_debian("baresip")
async def test_baresip_takes_a_call_out_of_the_line(tmp_path: Path) -> None:
    """What a PBX does with a REFER of ours: it calls whom we named, tells, and our leg is gone."""
    async with (
        open_exchange() as exchange,
        open_exchange() as office,
        baresip(tmp_path, "pcma", tone(ITS_TONE_HZ, 20)) as peer,
    ):
        await peer.command("dial", f"sip:245022@{LOOPBACK}:{line_of(exchange).port}")
        await exchange.until_heard("arrived")
        await until(lambda: hears(exchange, exchange.legs[0], ITS_TONE_HZ), "the call is up")
        told: list[bool] = []
        line_of(exchange).refer(exchange.legs[0], f"sip:1203@{LOOPBACK}:{line_of(office).port}", told.append)
        await office.until_heard("arrived")
        assert office.heard[0] == ("arrived", "baresip", "1203")
        await until(lambda: told == [True], "that it was reached")
        assert exchange.ends() == []
        await until(lambda: hears(office, office.legs[0], ITS_TONE_HZ), "baresip talks to the other")


@pytest.mark.needs_debian("baresip")
async def test_nobody_where_baresip_was_sent(tmp_path: Path) -> None:
    async with open_exchange() as exchange, baresip(tmp_path, "pcma", tone(ITS_TONE_HZ, 20)) as peer:
        await peer.command("dial", f"sip:245022@{LOOPBACK}:{line_of(exchange).port}")
        await exchange.until_heard("arrived")
        await until(lambda: hears(exchange, exchange.legs[0], ITS_TONE_HZ), "the call is up")
        told: list[bool] = []
        nobody = f"sip:1203@{LOOPBACK}:{free_port()};transport=tcp"
        line_of(exchange).refer(exchange.legs[0], nobody, told.append)
        await until(lambda: told == [False], "that it was not reached")


# -- replaced by a PBX


@pytest.mark.needs_debian("sipp")
@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_rfc3891_sipp_takes_the_place_of_its_own_call(tmp_path: Path, transport: str) -> None:
    async with open_exchange() as exchange:
        exchange.greeting = TONE
        options = ["-rtp_echo", "-t", transport]
        async with sipp("replaces", tmp_path, towards=line_of(exchange).port, options=options) as peer:
            await peer.finished()
        await exchange.until_heard("ended")
        assert [one[0] for one in exchange.heard] == ["arrived", "ended"], (
            "one leg, from the first call to the last"
        )
        leg = exchange.legs[0]
        heard = exchange.samples(leg)
        assert len(heard) > 12000, "more than the first call alone"
        assert share_of_tone(heard[-4000:], OUR_TONE_HZ) > 0.9


@pytest.mark.needs_debian("linphonec")
async def test_rfc5589_7_two_linphones_complete_an_attended_transfer(tmp_path: Path) -> None:
    """The first talks to the second, then to the line, and joins the two: the second takes its place."""
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
    async with (
        open_exchange() as exchange,
        linphone(folders[0], tone(ITS_TONE_HZ, 20)) as first,
        linphone(folders[1], tone(OTHER_TONE_HZ, 20), answers=True, proxy=line_of(exchange).port) as second,
    ):
        exchange.greeting = TONE
        first.type(f"call sip:linphone@{LOOPBACK}:{second.port}")
        await first.until_said("connected.")
        first.type("pause")
        await first.until_said("is now paused")
        first.type(f"call sip:245022@{LOOPBACK}:{line_of(exchange).port}")
        await exchange.until_heard("arrived")
        leg = exchange.legs[0]
        await until(lambda: hears(exchange, leg, ITS_TONE_HZ), "the first")
        first.type("transfer 1 --to-call 2")
        await until(lambda: hears(exchange, leg, OTHER_TONE_HZ), "the second, on the same leg")
        await first.until_said("has been transfered")
        assert exchange.heard == [("arrived", "linphone", "245022")], "the application heard nothing of it"
        await until(lambda: is_tone(second.heard(), OUR_TONE_HZ), "what the second hears of us")
        line_of(exchange).hang_up(leg)
        await second.until_said(" ended (", times=2)
