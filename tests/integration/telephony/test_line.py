"""The line at its edges: the port, the wire's noise, browsers, and two lines that call each other."""

from __future__ import annotations

import asyncio
import socket

import pytest

from app.application.ports import Clip, LegEnd, Rejection
from app.domain.errors import BadInput, Unavailable
from app.telephony.line import SipLine
from tests.integration.telephony.exchange import LOOPBACK, Exchange, free_port, open_exchange
from tests.integration.telephony.rtp_peer import until
from tests.integration.telephony.sound import share_of_tone, tone
from tests.unit.telephony.peer import SilentMedia, request

TONE = Clip("tone", tone(440, 1).astype("<i2").tobytes())


def line_of(exchange: Exchange) -> SipLine:
    assert exchange.line is not None
    return exchange.line


def bare_line(host: str, port: int) -> SipLine:
    return SipLine(host=host, port=port, advertised_host=LOOPBACK, user_agent="Liniya", media=SilentMedia())


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
async def test_a_port_in_use_is_one_clear_line(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind((LOOPBACK, 0))
        port = other.getsockname()[1]
        if kind is socket.SOCK_STREAM:
            other.listen()
        with pytest.raises(Unavailable) as caught:
            await bare_line(LOOPBACK, port).start()
        assert f"the SIP port {port}" in str(caught.value)
        assert "is in use: stop the program that has it, or set another port" in str(caught.value)
        assert "\n" not in str(caught.value)


async def test_an_address_of_another_machine_is_one_clear_line() -> None:
    with pytest.raises(Unavailable, match=r"192\.0\.2\.1 is not an address of this machine"):
        await bare_line("192.0.2.1", 0).start()


@pytest.mark.parametrize("advertised", ["0.0.0.0", "line.example.org", ""])
async def test_what_cannot_be_advertised_is_one_clear_line(advertised: str) -> None:
    line = SipLine(host=LOOPBACK, port=0, advertised_host=advertised, user_agent="x", media=SilentMedia())
    with pytest.raises(BadInput, match="set the advertised SIP address"):
        await line.start()


async def test_a_line_that_never_started_stops() -> None:
    await bare_line(LOOPBACK, 0).stop()


async def test_noise_on_both_transports_hurts_nobody() -> None:
    async with open_exchange() as exchange:
        port = line_of(exchange).port
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as noisy:
            for noise in (
                b"",
                b"\r\n\r\n",
                b"\xff" * 1400,
                request("INVITE").encode()[:200],
                b"GET / HTTP/1.1\r\n\r\n",
            ):
                noisy.sendto(noise, (LOOPBACK, port))
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.write(b"\r\n\r\n")
        assert await asyncio.wait_for(reader.readexactly(2), 5) == b"\r\n", "RFC 5626 4.4.1"
        options = request("OPTIONS").replace("SIP/2.0/UDP", "SIP/2.0/TCP").encode()
        for piece in (options[:7], options[7:90], options[90:]):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)
        assert (await asyncio.wait_for(reader.readline(), 5)).startswith(b"SIP/2.0 200 ")
        writer.write(b"x" * 40000)
        assert await asyncio.wait_for(reader.read(), 5) is not None, "and is closed"
        writer.close()
        assert exchange.heard == []


async def test_too_many_connections_cost_the_one_silent_for_longest() -> None:
    async with open_exchange() as exchange:
        port = line_of(exchange).port
        opened = [await asyncio.open_connection(LOOPBACK, port) for _ in range(260)]
        assert await asyncio.wait_for(opened[0][0].read(), 5) == b"", "the first was given up"
        opened[-1][1].write(b"\r\n\r\n")
        assert await asyncio.wait_for(opened[-1][0].readexactly(2), 5) == b"\r\n", "the last is served"
        for _, writer in opened:
            writer.close()


@pytest.mark.parametrize("transport", ["", ";transport=tcp"])
async def test_two_lines_talk_press_keys_and_part(transport: str) -> None:
    async with open_exchange() as called, open_exchange() as calling:
        called.on_arrival = called.ring_and_take
        calling.greeting = called.greeting = TONE
        leg = line_of(calling).dial(f"sip:245022@{LOOPBACK}:{line_of(called).port}{transport}", ring_for_s=10)
        await calling.until_heard("answered")
        assert calling.heard[:2] == [("ringing", leg), ("answered", leg)]
        theirs = called.legs[0]
        await until(lambda: len(called.samples(theirs)) > 16000, "two seconds")
        await until(lambda: len(calling.samples(leg)) > 16000, "two seconds")
        assert share_of_tone(called.samples(theirs)[-6000:], 440) > 0.9
        assert share_of_tone(calling.samples(leg)[-6000:], 440) > 0.9
        line_of(calling).send_keys(leg, "12#")
        await until(lambda: called.keys == "12#", "the keys")
        line_of(calling).hang_up(leg)
        await called.until_heard("ended")
        assert called.ends() == [LegEnd.HUNG_UP]
        assert calling.ends() == []


@pytest.mark.parametrize(
    ("why", "end"),
    [
        (Rejection.BUSY, LegEnd.BUSY),
        (Rejection.UNAVAILABLE, LegEnd.NO_ANSWER),
        (Rejection.OVERLOADED, LegEnd.FAILED),
    ],
)
async def test_calls_that_are_turned_away(why: Rejection, end: LegEnd) -> None:
    async with open_exchange() as called, open_exchange() as calling:
        called.on_arrival = called.turn_away(why)
        line_of(calling).dial(f"sip:245022@{LOOPBACK}:{line_of(called).port}", ring_for_s=10)
        await calling.until_heard("ended")
        assert calling.ends() == [end]


async def test_a_call_nobody_takes_is_cancelled_in_time() -> None:
    async with open_exchange() as called, open_exchange() as calling:
        called.on_arrival = called.only_ring
        line_of(calling).dial(f"sip:245022@{LOOPBACK}:{line_of(called).port}", ring_for_s=0.5)
        await calling.until_heard("ended")
        await called.until_heard("ended")
        assert calling.ends() == [LegEnd.NO_ANSWER]
        assert called.ends() == [LegEnd.HUNG_UP]


async def test_stopping_ends_what_is_up_and_what_rings() -> None:
    async with open_exchange() as called, open_exchange() as calling:
        address = f"sip:245022@{LOOPBACK}:{line_of(called).port}"
        line_of(calling).dial(address, ring_for_s=10)
        await calling.until_heard("answered")
        called.on_arrival = called.only_ring
        line_of(calling).dial(address, ring_for_s=10)
        await calling.until_heard("ringing")
        await line_of(calling).stop()
        await until(lambda: len(called.ends()) == 2, "both ended")
        assert called.ends() == [LegEnd.HUNG_UP] * 2
        assert calling.ends() == []


async def test_an_operators_browser() -> None:
    async with open_exchange() as exchange:
        line = line_of(exchange)
        line.on_browser("ivanova", connected=True, microphone=True)
        answered = line.dial("browser:ivanova", ring_for_s=5)
        assert ("answered", answered) not in exchange.heard, "dial returns before anything is told"
        await exchange.until_heard("answered")
        missed = line.dial("browser:petrova", ring_for_s=0.2)
        await exchange.until_heard("ended")
        assert exchange.heard[-1] == ("ended", missed, LegEnd.NO_ANSWER)
        late = line.dial("browser:petrova", ring_for_s=5)
        line.on_browser("petrova", connected=True, microphone=False)
        await until(lambda: ("answered", late) in exchange.heard, "answered when it connects")
        line.on_lost(late)
        assert exchange.heard[-1] == ("ended", late, LegEnd.LOST)
        hung_up = line.dial("browser:ivanova", ring_for_s=5)
        line.hang_up(hung_up)
        await asyncio.sleep(0.05)
        assert not any(hung_up in one for one in exchange.heard)


async def test_nothing_that_arrives_makes_the_line_call() -> None:
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as premium:
        premium.bind((LOOPBACK, port))
        premium.setblocking(False)
        async with open_exchange() as called, open_exchange() as calling:
            leg = line_of(calling).dial(f"sip:245022@{LOOPBACK}:{line_of(called).port}", ring_for_s=10)
            await calling.until_heard("answered")
            refer = request("REFER", extra=[f"Refer-To: <sip:premium@{LOOPBACK}:{port}>"])
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.bind((LOOPBACK, 0))
                sender.settimeout(5)
                sender.sendto(refer.encode(), (LOOPBACK, line_of(called).port))
                await asyncio.sleep(0.3)
            line_of(calling).hang_up(leg)
            await called.until_heard("ended")
        with pytest.raises(BlockingIOError):
            premium.recv(2000)
