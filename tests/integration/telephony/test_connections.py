"""Connections of the line as others see them: RFC 3261 18.2.2, RFC 5626 4.4.1, TLS from outside, and limits."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import pytest

from app.application.ports import Rejection
from app.telephony import connections, transport
from app.telephony.account import Account
from app.telephony.framing import StreamFramer
from app.telephony.trunk import TrunkState
from app.telephony.wire import Hop, ReceivedRequest, read
from tests.integration.telephony.authority import Authority, Certificate
from tests.integration.telephony.exchange import LOOPBACK, Exchange, open_exchange
from tests.integration.telephony.rtp_peer import until
from tests.unit.telephony.peer import OFFER, request, response

pytestmark = pytest.mark.needs_debian("openssl")


Serve: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Authority(tmp_path_factory.mktemp("ca")).sign("DNS:line.example")


def invite(transport_name: str, port: int, uri: str = "sip:245022@127.0.0.2") -> bytes:
    text = request("INVITE", body=OFFER, uri=uri)
    return text.replace("SIP/2.0/UDP 127.0.0.1:5090", f"SIP/2.0/{transport_name} 127.0.0.1:{port}").encode()


class Registrar:
    """A server of ours that answers what it is asked; `pongs` while it answers keep-alives."""

    def __init__(self) -> None:
        self.pongs = True
        self.connected = 0
        self.registered: list[int] = []
        self.pings = 0
        self._writer: asyncio.StreamWriter | None = None

    def hang_up(self) -> None:
        """Close the connection in good order."""
        assert self._writer is not None
        self._writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected += 1
        number = self.connected
        self._writer = writer
        framer = StreamFramer()
        while data := await reader.read(4096):
            for message in framer.feed(data):
                if message:
                    self._answer(message, writer)
                    self.registered.append(number)
                else:
                    self.pings += 1
                    if self.pongs:
                        writer.write(b"\r\n")
        writer.close()

    def _answer(self, message: bytes, writer: asyncio.StreamWriter) -> None:
        asked = read(message, Hop("TCP", LOOPBACK, 1))
        assert isinstance(asked, ReceivedRequest)
        writer.write(response(asked.message, 200).encode())


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[int]:
    server = await asyncio.start_server(serve, LOOPBACK, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def line_port(exchange: Exchange) -> int:
    assert exchange.line is not None
    return exchange.line.port


async def test_18_2_2_an_answer_finds_its_way_when_the_connection_is_gone() -> None:
    came: asyncio.Queue[bytes] = asyncio.Queue()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            came.put_nowait(line)
        writer.close()

    async with listening(take) as port, open_exchange() as exchange:
        exchange.on_arrival = lambda leg: None
        _, writer = await asyncio.open_connection(LOOPBACK, line_port(exchange))
        writer.write(invite("TCP", port))
        await exchange.until_heard("arrived")
        writer.transport.abort()
        await asyncio.sleep(0.05)
        assert exchange.line is not None
        exchange.line.reject(exchange.legs[0], Rejection.BUSY)
        assert (await asyncio.wait_for(came.get(), 5)).startswith(b"SIP/2.0 486 ")


async def test_rfc5626_4_4_1_a_server_that_falls_silent_is_connected_to_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "PING_S", 0.05)
    monkeypatch.setattr(connections, "PONG_S", 0.3)
    registrar = Registrar()
    async with listening(registrar.serve) as port:
        account = Account(LOOPBACK, "line", port=port, transport="TCP")
        async with open_exchange(accounts=[account]) as exchange:
            await until(lambda: registrar.pings > 3, "asked again and again")
            assert registrar.connected == 1
            registrar.pongs = False
            await until(lambda: 2 in registrar.registered, "registered over another connection")
            registrar.pongs = True
            assert exchange.line is not None
            line = exchange.line
            await until(lambda: line.trunks[0].state is TrunkState.REGISTERED, "registered")


async def test_rfc5626_4_4_a_server_that_knows_no_pings_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PING_S", 0.05)
    monkeypatch.setattr(connections, "PONG_S", 0.05)
    registrar = Registrar()
    registrar.pongs = False
    async with listening(registrar.serve) as port:
        account = Account(LOOPBACK, "line", port=port, transport="TCP")
        async with open_exchange(accounts=[account]):
            await until(lambda: registrar.pings > 5, "asked again and again")
            assert registrar.connected == 1


def trusting(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(certificate.certificate)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


async def test_rfc5626_4_2_1_a_server_that_closes_the_connection_is_registered_at_anew() -> None:
    registrar = Registrar()
    async with listening(registrar.serve) as port:
        account = Account(LOOPBACK, "line", port=port, transport="TCP")
        async with open_exchange(accounts=[account]) as exchange:
            assert exchange.line is not None
            line = exchange.line
            await until(lambda: line.registered(account), "registered")
            registrar.hang_up()
            await until(lambda: registrar.registered == [1, 2], "registered over another connection")
            await until(lambda: line.registered(account), "registered")


@pytest.mark.parametrize(
    ("uri", "contact"),
    [
        ("sip:245022@127.0.0.2", "<sip:line@127.0.0.1:{port};transport=tls>"),
        ("sips:245022@127.0.0.2", "<sips:line@127.0.0.1:{port}>"),
    ],
)
async def test_12_1_1_called_over_tls(certificate: Certificate, uri: str, contact: str) -> None:
    async with open_exchange(tls=certificate.listener) as exchange:
        assert exchange.line is not None
        exchange.on_arrival = exchange.only_ring
        port = exchange.line.tls_port
        reader, writer = await asyncio.open_connection(LOOPBACK, port, ssl=trusting(certificate))
        assert writer.get_extra_info("ssl_object").version() in ("TLSv1.2", "TLSv1.3")
        writer.write(invite("TLS", 5061, uri))
        ringing = b""
        while b"180 Ringing" not in ringing or not ringing.endswith(b"\r\n\r\n"):
            ringing += await asyncio.wait_for(reader.read(4096), 5)
        assert f"Contact: {contact.format(port=port)}\r\n".encode() in ringing
        writer.write(b"\r\n\r\n")
        assert await asyncio.wait_for(reader.readexactly(2), 5) == b"\r\n"
        writer.close()
        await writer.wait_closed()


async def test_what_is_no_tls_costs_a_handshake_and_no_more(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "HANDSHAKE_S", 0.3)
    async with open_exchange(tls=certificate.listener) as exchange:
        assert exchange.line is not None
        port = exchange.line.tls_port
        plain_reader, plain_writer = await asyncio.open_connection(LOOPBACK, port)
        plain_writer.write(invite("TLS", 5061))
        assert b"SIP" not in await asyncio.wait_for(plain_reader.read(), 5)
        silent_reader, silent_writer = await asyncio.open_connection(LOOPBACK, port)
        assert await asyncio.wait_for(silent_reader.read(), 5) == b"", "given up"
        old = trusting(certificate)
        old.set_ciphers("DEFAULT@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection(LOOPBACK, port, ssl=old)
        reader, writer = await asyncio.open_connection(LOOPBACK, port, ssl=trusting(certificate))
        writer.write(b"\r\n\r\n")
        assert await asyncio.wait_for(reader.readexactly(2), 5) == b"\r\n", "others are served"
        for one in (plain_writer, silent_writer, writer):
            one.close()
        assert exchange.heard == []


async def test_a_flood_of_connections_takes_none_of_the_trunks() -> None:
    registrar = Registrar()
    async with listening(registrar.serve) as port:
        account = Account(LOOPBACK, "line", port=port, transport="TCP")
        async with open_exchange(accounts=[account]) as exchange:
            await until(lambda: registrar.registered, "registered")
            opened = [
                await asyncio.open_connection(LOOPBACK, line_port(exchange))
                for _ in range(transport.MAX_OF_ONE_SOURCE + 5)
            ]
            closed = [await asyncio.wait_for(reader.read(), 5) for reader, _ in opened[:5]]
            assert closed == [b""] * 5
            assert exchange.line is not None
            await exchange.line.stop()
            assert registrar.registered == [1, 1], "taken back over the connection that was made first"
            for _, writer in opened:
                writer.close()


async def test_tls_that_nobody_vouches_for_is_not_connected_to(certificate: Certificate, tmp_path: Path) -> None:
    """A Contact or an address that names TLS at a place where no trunk is: nothing is sent."""
    came: list[object] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(writer)
        writer.close()

    async with listening(take) as port, open_exchange() as exchange:
        assert exchange.line is not None
        exchange.line.dial(f"sip:245022@{LOOPBACK}:{port};transport=tls", ring_for_s=5)
        await exchange.until_heard("ended")
        assert came == []
