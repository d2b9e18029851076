"""The line called, and calling, sipp: each scenario is in `sipp/`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.application.ports import Clip, LegEnd, Rejection
from app.telephony.account import Account
from app.telephony.call_states import CallState
from app.telephony.limits import Limits
from app.telephony.sdp import Direction
from tests.integration.telephony.exchange import LOOPBACK, Exchange, free_port, open_exchange, sipp
from tests.integration.telephony.rtp_peer import until
from tests.integration.telephony.sound import share_of_tone, tone

pytestmark = pytest.mark.needs_debian

TONE_HZ = 440
TONE = Clip("tone", tone(TONE_HZ, 1).astype("<i2").tobytes())


async def one_call(exchange: Exchange, scenario: str, folder: Path, *options: str) -> None:
    assert exchange.line is not None
    async with sipp(scenario, folder, towards=exchange.line.port, options=options) as peer:
        await peer.finished()


def heard_tone(exchange: Exchange) -> bool:
    """Whether what we played came back: the last half second is the tone and loud."""
    heard = exchange.samples(exchange.legs[0])[-8000:]
    return len(heard) >= 4000 and abs(heard).max() > 4000 and share_of_tone(heard[:4000], TONE_HZ) > 0.9


@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_a_pcma_call_with_sound_both_ways(tmp_path: Path, transport: str) -> None:
    async with open_exchange() as exchange:
        exchange.greeting = TONE
        await one_call(exchange, "call", tmp_path, "-rtp_echo", "-t", transport)
        await exchange.until_heard("ended")
        assert exchange.heard[0] == ("arrived", "+78512245022", "line")
        assert exchange.ends() == [LegEnd.HUNG_UP]
        assert heard_tone(exchange)


@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_9_2_an_early_cancel(tmp_path: Path, transport: str) -> None:
    async with open_exchange() as exchange:
        exchange.on_arrival = exchange.only_ring
        await one_call(exchange, "early_cancel", tmp_path, "-t", transport)
        await exchange.until_heard("ended")
        assert exchange.ends() == [LegEnd.HUNG_UP]


async def test_17_2_1_a_repeated_invite_is_one_call(tmp_path: Path) -> None:
    async with open_exchange() as exchange:
        exchange.on_arrival = exchange.ring_and_take
        await one_call(exchange, "repeated_invite", tmp_path)
        await exchange.until_heard("ended")
        assert len(exchange.legs) == 1


@pytest.mark.parametrize("scenario", ["options", "stray_bye", "stray_cancel", "no_common_codec"])
@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_what_makes_no_call(tmp_path: Path, scenario: str, transport: str) -> None:
    async with open_exchange() as exchange:
        await one_call(exchange, scenario, tmp_path, "-t", transport)
        assert exchange.heard == []


async def test_a_busy_line(tmp_path: Path) -> None:
    async with open_exchange() as exchange:
        exchange.on_arrival = exchange.turn_away(Rejection.BUSY)
        await one_call(exchange, "turned_away", tmp_path)
        assert len(exchange.legs) == 1
        assert exchange.ends() == []


async def test_rfc3264_8_4_hold_and_back(tmp_path: Path) -> None:
    async with open_exchange() as exchange:
        exchange.greeting = TONE
        await one_call(exchange, "hold", tmp_path)
        await exchange.until_heard("ended")
        assert exchange.ends() == [LegEnd.HUNG_UP]


async def test_13_2_1_a_late_offer(tmp_path: Path) -> None:
    async with open_exchange() as exchange:
        exchange.greeting = TONE
        await one_call(exchange, "late_offer", tmp_path, "-rtp_echo")
        assert heard_tone(exchange)


@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_15_1_1_the_line_hangs_up(tmp_path: Path, transport: str) -> None:
    async with open_exchange() as exchange:
        assert exchange.line is not None
        async with sipp("hung_up", tmp_path, towards=exchange.line.port, options=["-t", transport]) as peer:
            await exchange.until_heard("arrived")
            exchange.line.hang_up(exchange.legs[0])
            await peer.finished()
        assert exchange.ends() == []


async def test_stopping_the_line_hangs_up(tmp_path: Path) -> None:
    async with open_exchange() as exchange:
        assert exchange.line is not None
        async with sipp("hung_up", tmp_path, towards=exchange.line.port) as peer:
            await exchange.until_heard("arrived")
            await asyncio.gather(exchange.line.stop(), peer.finished())


@pytest.mark.parametrize(("transport", "host"), [("UDP", LOOPBACK), ("TCP", LOOPBACK), ("UDP", "localhost")])
async def test_22_2_registered_with_digest_and_taken_back(tmp_path: Path, transport: str, host: str) -> None:
    option = "t1" if transport == "TCP" else "u1"
    async with sipp("registrar", tmp_path, options=["-t", option]) as peer:
        tcp = transport == "TCP"
        account = Account(host, "line", "secret", port=peer.port, transport="TCP" if tcp else "UDP")
        await asyncio.sleep(0.3)  # sipp says nowhere that it listens
        async with open_exchange(accounts=[account]) as exchange:
            assert exchange.line is not None
            await until(lambda: exchange.line is not None and exchange.line.registered(account), "registered")
        await peer.finished()


async def test_22_2_a_number_is_dialled_through_the_trunk(tmp_path: Path) -> None:
    async with sipp("trunk", tmp_path, options=["-rtp_echo"]) as peer:
        trunk = Account(LOOPBACK, "line", "secret", port=peer.port, registers=False)
        async with open_exchange(trunk=trunk) as exchange:
            assert exchange.line is not None
            exchange.greeting = TONE
            leg = exchange.line.dial("+78512245022", ring_for_s=10)
            await peer.finished()
            await exchange.until_heard("ended")
            assert exchange.heard == [("ringing", leg), ("answered", leg), ("ended", leg, LegEnd.HUNG_UP)]
            exchange.legs.append(leg)
            assert heard_tone(exchange)


@pytest.mark.parametrize(
    ("scenario", "end"), [("busy_phone", LegEnd.BUSY), ("phone_nobody_answers", LegEnd.NO_ANSWER)]
)
async def test_a_telephone_that_is_not_answered(tmp_path: Path, scenario: str, end: LegEnd) -> None:
    async with sipp(scenario, tmp_path) as peer, open_exchange() as exchange:
        assert exchange.line is not None
        exchange.line.dial(f"sip:operator@{LOOPBACK}:{peer.port}", ring_for_s=1)
        await exchange.until_heard("ended")
        assert exchange.ends() == [end]
        await peer.finished()


@pytest.mark.parametrize("transport", ["", ";transport=tcp"])
async def test_an_operators_telephone(tmp_path: Path, transport: str) -> None:
    options = ["-rtp_echo", "-t", "t1" if transport else "u1"]
    async with sipp("phone", tmp_path, options=options) as peer, open_exchange() as exchange:
        assert exchange.line is not None
        await asyncio.sleep(0.3)  # sipp says nowhere that it listens
        exchange.greeting = TONE
        leg = exchange.line.dial(f"sip:operator@{LOOPBACK}:{peer.port}{transport}", ring_for_s=10)
        exchange.legs.append(leg)
        await exchange.until_heard("answered")
        await until(lambda: heard_tone(exchange), "the tone comes back")
        exchange.line.hang_up(leg)
        await peer.finished()
        assert exchange.ends() == []


async def test_nobody_at_the_other_end() -> None:
    async with open_exchange() as exchange:
        assert exchange.line is not None
        exchange.line.dial(f"sip:nobody@{LOOPBACK}:{free_port()};transport=tcp", ring_for_s=10)
        exchange.line.dial(f"sip:nobody@{LOOPBACK}:{free_port()}", ring_for_s=0.5)
        exchange.line.dial("sip:nobody@a.name.is.not.resolved", ring_for_s=10)
        exchange.line.dial("+78512245022", ring_for_s=10)
        await until(lambda: len(exchange.ends()) == 4, "all four ended")
        assert sorted(exchange.ends()) == sorted([LegEnd.FAILED] * 3 + [LegEnd.NO_ANSWER])


@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_rfc3262_3_reliable_answers_and_rfc3311_5_2_updates(tmp_path: Path, transport: str) -> None:
    async with open_exchange() as exchange:
        exchange.on_arrival = exchange.ring_and_take
        await one_call(exchange, "reliable", tmp_path, "-t", transport)
        await exchange.until_heard("ended")
        assert exchange.ends() == [LegEnd.HUNG_UP]


async def test_rfc4028_9_session_timers(tmp_path: Path) -> None:
    async with open_exchange() as exchange:
        await one_call(exchange, "session", tmp_path)
        await exchange.until_heard("ended")
        assert len(exchange.legs) == 1


async def test_14_1_a_reinvite_of_ours_that_meets_theirs(tmp_path: Path) -> None:
    async with open_exchange() as exchange:
        assert exchange.line is not None
        exchange.on_arrival = exchange.take
        async with sipp("glare", tmp_path, towards=exchange.line.port) as peer:
            await exchange.until_heard("arrived")
            leg = exchange.legs[0]
            call = exchange.line._calls[leg]  # the application has no word for it yet
            await until(lambda: call.state is CallState.UP, "acknowledged")
            call.reoffer(Direction.SENDONLY)
            await until(lambda: call.remote is not None and not call.remote.sends, "held")
            exchange.line.hang_up(leg)
            await peer.finished()


async def test_21_5_4_a_full_line(tmp_path: Path) -> None:
    async with open_exchange(limits=Limits(most_calls=0)) as exchange:
        await one_call(exchange, "full", tmp_path)
        assert exchange.heard == []


async def test_13_2_2_4_two_branches_of_a_call_of_ours(tmp_path: Path) -> None:
    async with sipp("forked_phone", tmp_path, options=["-rtp_echo"]) as peer, open_exchange() as exchange:
        assert exchange.line is not None
        await asyncio.sleep(0.3)  # sipp says nowhere that it listens
        exchange.greeting = TONE
        leg = exchange.line.dial(f"sip:operator@{LOOPBACK}:{peer.port}", ring_for_s=10)
        exchange.legs.append(leg)
        await exchange.until_heard("answered")
        await until(lambda: heard_tone(exchange), "the tone comes back from the branch that answered first")
        exchange.line.hang_up(leg)
        await peer.finished()
        assert [one[0] for one in exchange.heard if one[0] != "ringing"] == ["answered"]
