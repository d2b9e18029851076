"""A real line under whatever the wire may bring: torture messages, nasty connections, floods beside calls."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from collections.abc import AsyncIterator

import pytest

from app.application.ports import Clip, Rejection
from tests.integration.telephony.exchange import LOOPBACK, Exchange, open_exchange
from tests.integration.telephony.fast_caller import FastCaller
from tests.integration.telephony.rtp_peer import RtpPeer, until
from tests.integration.telephony.sound import share_of_tone, tone
from tests.unit.telephony.peer import request
from tests.unit.telephony.torture import RFC4475, RFC5118

TONE = Clip("tone", tone(440, 1).astype("<i2").tobytes())
OPTIONS = request("OPTIONS").replace("SIP/2.0/UDP", "SIP/2.0/TCP").encode()
FLOOD = """
import random, socket, sys, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
chance = random.Random(1)
noise = [chance.randbytes(chance.randrange(1, 1400)) for _ in range(50)]
noise += [b"INVITE sip:x SIP/2.0\\r\\n" * 60, b"OPTIONS sip:a@b SIP/2.0\\r\\nVia: ;;;,,,\\r\\n\\r\\n"]
until = time.monotonic() + float(sys.argv[2])
sent = 0
while time.monotonic() < until:
    for data in noise:
        sock.sendto(data, ("127.0.0.1", int(sys.argv[1])))
    sent += len(noise)
    time.sleep(len(noise) / 5000)
print(sent)
"""


def port_of(exchange: Exchange) -> int:
    assert exchange.line is not None
    return exchange.line.port


@contextlib.asynccontextmanager
async def connection(exchange: Exchange) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(LOOPBACK, port_of(exchange))
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def all_is_well(exchange: Exchange) -> None:
    """A call of another line, with sound and a key."""
    assert exchange.line is not None
    exchange.on_arrival = exchange.take
    exchange.greeting = TONE
    exchange.keys = ""
    async with open_exchange() as calling:
        assert calling.line is not None
        leg = calling.line.dial(f"sip:245022@{LOOPBACK}:{port_of(exchange)}", ring_for_s=10)
        await calling.until_heard("answered")
        await until(lambda: len(calling.samples(leg)) > 8000, "a second of sound")
        assert share_of_tone(calling.samples(leg)[-4000:], 440) > 0.9
        calling.line.send_keys(leg, "7")
        await until(lambda: exchange.keys == "7", "the key")
        calling.line.hang_up(leg)
        await exchange.until_heard("ended")


async def test_every_torture_message_over_udp_hurts_nobody() -> None:
    async with open_exchange() as exchange:
        exchange.on_arrival = exchange.turn_away(Rejection.BUSY)  # their descriptions are not of this machine
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for one in (*RFC4475, *RFC5118):
                sender.sendto(one.data, (LOOPBACK, port_of(exchange)))
                await asyncio.sleep(0)
        await until(lambda: len(exchange.legs) >= 5, "the sound INVITEs")
        await all_is_well(exchange)


async def test_every_torture_message_over_tcp_is_answered_where_it_came_from() -> None:
    unframed = {
        "clerr",
        "inv2543",
        "ipv6-in-sdp",
        "ipv4-mapped-ipv6",
        "mult-ip-in-sdp",
    }  # 18.3: without a usable length
    async with open_exchange() as exchange:
        exchange.on_arrival = exchange.turn_away(Rejection.BUSY)
        for one in (*RFC4475, *RFC5118):
            async with connection(exchange) as (reader, writer):
                writer.write(one.data)
                if one.is_request and one.name not in unframed:
                    final = one.final if one.final != 200 or one.data.startswith(b"OPTIONS") else 486
                    status = await asyncio.wait_for(reader.readline(), 5)
                    # A whole line is a registrar, and asks who registers.
                    finals = [final] if not one.data.startswith(b"REGISTER") else [400, 401]
                    assert any(status.startswith(f"SIP/2.0 {code} ".encode()) for code in finals), one.name
        await all_is_well(exchange)


async def test_a_slow_and_a_lying_connection() -> None:
    async with open_exchange() as exchange:
        async with connection(exchange) as (reader, writer):
            for octet in OPTIONS:
                writer.write(bytes([octet]))
                await asyncio.sleep(0)
            assert (await asyncio.wait_for(reader.readline(), 5)).startswith(b"SIP/2.0 200 ")
        for lie in (b"Content-Length: -1", b"Content-Length: 1\r\nContent-Length: 2", b"Content-Length: 9999999"):
            async with connection(exchange) as (reader, writer):
                writer.write(OPTIONS.replace(b"Content-Length: 0", lie) + OPTIONS * 3)
                answer = await asyncio.wait_for(reader.read(), 5)
                assert answer.count(b"SIP/2.0 400 ") == 1, "one answer, and the end"
                assert b" 200 OK" not in answer
        async with connection(exchange) as (reader, writer):
            hidden = OPTIONS.replace(b"OPTIONS", b"REFER")
            writer.write(OPTIONS.replace(b"Content-Length: 0", b"Content-Length:\r\n %d" % len(hidden)) + hidden)
            writer.write(OPTIONS.replace(b"branch=z9hG4bKone", b"branch=z9hG4bKtwo").replace(b"call-1", b"call-2"))
            answers = b""
            while answers.count(b"SIP/2.0 200 ") < 2:
                answers += await asyncio.wait_for(reader.read(4096), 5)
            assert b" 405 " not in answers, "what stands in a body is no request"
        await all_is_well(exchange)


async def test_pipelined_messages_and_thousands_of_keep_alives() -> None:
    count = 500
    async with open_exchange() as exchange, connection(exchange) as (reader, writer):
        many = [
            OPTIONS.replace(b"z9hG4bKone", b"z9hG4bK%d" % n).replace(b"call-1", b"%d@x" % n) for n in range(count)
        ]
        writer.write(b"".join(many))
        answers = b""
        while answers.count(b"\r\n\r\n") < count:
            answers += await asyncio.wait_for(reader.read(65536), 10)
        numbers = [int(line[9:-2]) for line in answers.split(b"\r\n") if line.startswith(b"Call-ID: ")]
        assert numbers == list(range(count)), "each once, in order"
        writer.write(b"\r\n\r\n" * 5000)
        assert await asyncio.wait_for(reader.readexactly(10000), 10) == b"\r\n" * 5000
        await all_is_well(exchange)


async def test_floods_of_connections_that_never_read_or_reset() -> None:
    async with open_exchange() as exchange:
        deaf = socket.create_connection((LOOPBACK, port_of(exchange)))
        deaf.setblocking(False)
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError, TimeoutError):
            for number in range(3000):
                data = OPTIONS.replace(b"z9hG4bKone", b"z9hG4bK%d" % number)
                await asyncio.wait_for(loop.sock_sendall(deaf, data), 2)
        deaf.close()
        for _ in range(600):
            with socket.create_connection((LOOPBACK, port_of(exchange))) as brief:
                brief.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                brief.send(OPTIONS[:50])
            await asyncio.sleep(0)
        await all_is_well(exchange)


@pytest.mark.parametrize("calls", [20])
async def test_the_sound_of_twenty_calls_goes_on_beside_a_flood_of_garbage(calls: int) -> None:
    flood_s = 4.0
    async with contextlib.AsyncExitStack() as stack:
        exchange = await stack.enter_async_context(open_exchange())
        exchange.greeting = TONE
        caller = await stack.enter_async_context(FastCaller(port_of(exchange)))
        peers = [await stack.enter_async_context(RtpPeer()) for _ in range(calls)]
        over = asyncio.Event()

        async def talk(_: int) -> None:
            await over.wait()

        talks = [asyncio.create_task(caller.call(talk, media_port=peer.port)) for peer in peers]
        await until(lambda: all(len(peer.packets) > 10 for peer in peers), "sound in all calls")
        before = [len(peer.packets) for peer in peers]
        flood = await asyncio.create_subprocess_exec(
            sys.executable, "-c", FLOOD, str(port_of(exchange)), str(flood_s), stdout=asyncio.subprocess.PIPE
        )
        output, _ = await flood.communicate()
        heard = [len(peer.packets) - earlier for peer, earlier in zip(peers, before, strict=True)]
        assert int(output) > 2000
        assert min(heard) >= 0.8 * flood_s * 50, heard
        assert exchange.ends() == []
        over.set()
        await asyncio.gather(*talks)
        assert caller.answered == calls
        await all_is_well(exchange)
