"""Trunks as they are: a kamailio that asks who we are, over UDP, TCP and TLS, found in a DNS of our own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.application.ports import LegEnd
from app.telephony.account import Account, TlsTrust
from app.telephony.location import Locator
from app.telephony.transactions import Timing
from app.telephony.trunk import TrunkState
from app.telephony.wire import Hop, TransportName
from tests.integration.telephony.authority import Authority
from tests.integration.telephony.exchange import LOOPBACK, Exchange, free_port, open_exchange
from tests.integration.telephony.kamailio import Kamailio, kamailio
from tests.integration.telephony.names import names
from tests.integration.telephony.rtp_peer import until
from tests.integration.telephony.sound import share_of_tone
from tests.integration.telephony.test_line import TONE

NUMBER = "78512245022"
NAME = "pbx.office.example"
FOUND = {(NAME, "A"): ["127.0.0.1"]}
TO_WHO_REGISTERED = 'if (!lookup("location")) { sl_send_reply("404", "Unknown"); exit; } t_relay();'

pytestmark = pytest.mark.needs_debian("openssl")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


def states(exchange: Exchange) -> list[TrunkState]:
    assert exchange.line is not None
    return [trunk.state for trunk in exchange.line.trunks]


async def until_registered(exchange: Exchange) -> None:
    await until(lambda: TrunkState.REGISTERED in states(exchange), "registered")


async def talk(calling: Exchange) -> None:
    """Dial the number, hear the tone, hang up."""
    assert calling.line is not None
    leg = calling.line.dial(NUMBER, ring_for_s=10)
    await until(lambda: ("answered", leg) in calling.heard, "answered")
    await until(lambda: len(calling.samples(leg)) > 8000, "half a second")
    assert share_of_tone(calling.samples(leg)[-4000:], 440) > 0.9
    calling.line.hang_up(leg)


@pytest.mark.parametrize(("transport", "digest"), [("UDP", "MD5"), ("TCP", "SHA-256"), ("TLS", "SHA-256")])
async def test_registered_called_and_calling_through_it(
    tmp_path: Path, authority: Authority, transport: TransportName, digest: str
) -> None:
    certificate = authority.sign(f"DNS:{NAME}", called=f"server-{transport}")
    async with (
        names(FOUND) as dns,
        kamailio(tmp_path, TO_WHO_REGISTERED, digest=digest, certificate=certificate) as proxy,
    ):
        port = proxy.tls_port if transport == "TLS" else proxy.port
        trunk = Account(NAME, NUMBER, "secret", port=port, transport=transport, tls=authority.trust)
        caller = replace(trunk, user="caller", registers=False)
        settings: dict[str, Any] = {"dns_server": dns.address, "tls": certificate.listener}
        async with (
            open_exchange(accounts=[trunk], **settings) as called,
            open_exchange(accounts=[caller], **settings) as calling,
        ):
            await until_registered(called)
            await until(lambda: TrunkState.READY in states(calling), "found")
            called.on_arrival = called.ring_and_take
            called.greeting = TONE
            await talk(calling)
            await until(lambda: proxy.took("INVITE") == 2, "407, and again with the proof")
            await talk(calling)
            await until(lambda: len(called.ends()) == 2, "both ended")
            await until(lambda: proxy.took("BYE", routed=True) == 2, "along the route set")
            assert proxy.took("INVITE") == 3, "the nonce is known now"
            assert set(called.ends()) == {LegEnd.HUNG_UP}
        await until(lambda: proxy.took("REGISTER") >= 3, "asked, proved, and taken back")


@pytest.mark.parametrize("trusts", ["ca", "pin", "both"])
async def test_a_server_that_proves_itself(tmp_path: Path, authority: Authority, trusts: str) -> None:
    named = f"URI:sip:{NAME}" if trusts == "both" else "DNS:another.example" if trusts == "pin" else f"DNS:{NAME}"
    certificate = authority.sign(named, called=f"proves-{trusts}")
    trust = {
        "ca": authority.trust,
        "pin": TlsTrust(pin=certificate.pin),
        "both": TlsTrust(ca=str(authority.file), pin=certificate.pin),
    }[trusts]
    async with names(FOUND) as dns, kamailio(tmp_path, "exit;", certificate=certificate) as proxy:
        trunk = Account(NAME, NUMBER, port=proxy.tls_port, transport="TLS", tls=trust)
        async with open_exchange(accounts=[trunk], dns_server=dns.address) as exchange:
            await until_registered(exchange)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("ca", "sip_certificate_refused"),
        ("machine", "sip_certificate_refused"),
        ("pin", "another than the pinned one"),
        ("name", "its certificate is for other.example, not for pbx.office.example"),
    ],
)
async def test_a_wrong_certificate_is_one_line_and_no_word_to_it(
    tmp_path: Path, authority: Authority, wrong: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    certificate = authority.sign("DNS:other.example" if wrong == "name" else f"DNS:{NAME}", called=f"wrong-{wrong}")
    trust = {
        "ca": Authority(tmp_path, "stranger").trust if wrong == "ca" else TlsTrust(),
        "machine": TlsTrust(),
        "pin": TlsTrust(ca=str(authority.file), pin="ab" * 32),
        "name": authority.trust,
    }[wrong]
    async with names(FOUND) as dns, kamailio(tmp_path, "exit;", certificate=certificate) as proxy:
        trunk = Account(NAME, NUMBER, "secret", port=proxy.tls_port, transport="TLS", tls=trust, name="office")
        async with open_exchange(accounts=[trunk], dns_server=dns.address) as exchange:
            await until(lambda: TrunkState.REFUSED in states(exchange), "refused")
            # Whoever has set up logging before has sent it to the other of the two.
            said = [line for text in capsys.readouterr() for line in text.splitlines() if why in line]
            assert len(said) == 1
            assert "trunk=office" in said[0]
        assert proxy.took("REGISTER") == 0


async def test_mutual_tls(tmp_path: Path, authority: Authority) -> None:
    server, ours = authority.sign(f"DNS:{NAME}", called="mutual"), authority.sign("DNS:line.example", called="line")
    wants = f'modparam("tls", "ca_list", "{authority.file}")\nmodparam("tls", "require_certificate", 1)\n'
    wants += 'modparam("tls", "verify_certificate", 1)\n'
    async with names(FOUND) as dns, kamailio(tmp_path, "exit;", certificate=server, more_tls=wants) as proxy:
        without = Account(NAME, NUMBER, port=proxy.tls_port, transport="TLS", tls=authority.trust)
        proves = TlsTrust(ca=str(authority.file), certificate=str(ours.certificate), key=str(ours.key))
        accounts = [replace(without, tls=proves, name="proves"), replace(without, name="without")]
        async with open_exchange(accounts=accounts, dns_server=dns.address) as exchange:
            await until(lambda: states(exchange) == [TrunkState.REGISTERED, TrunkState.REFUSED], "one is let in")


# -- fail-over


def servers(*ports: int, kind: str = "tcp") -> dict[tuple[str, str], list[str]]:
    """Of a domain, in this order."""
    targets = [f"{10 * place} 5 {port} s{place}.office.example." for place, port in enumerate(ports, 1)]
    addresses = {(f"s{place}.office.example", "A"): ["127.0.0.1"] for place in range(1, len(ports) + 1)}
    return {(f"_sip._{kind}.office.example", "SRV"): targets, **addresses}


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
async def test_rfc3263_4_3_from_a_dead_server_to_the_next(tmp_path: Path, transport: TransportName) -> None:
    with dead_server() as dead:
        async with kamailio(tmp_path, TO_WHO_REGISTERED, digest="MD5") as proxy:
            trunk = Account("office.example", NUMBER, "secret", transport=transport)
            timing = Timing(t1_s=0.02)
            async with (
                names(servers(dead, proxy.port, kind=transport.lower())) as dns,
                open_exchange(accounts=[trunk], dns_server=dns.address, timing=timing) as exchange,
            ):
                await until_registered(exchange)
                assert exchange.line is not None
                assert exchange.line.trunks[0].server == f"{transport.lower()}:{LOOPBACK}:{proxy.port}"


@contextlib.contextmanager
def dead_server() -> Iterator[int]:
    """A port at which nothing answers: UDP is taken and silent, TCP is closed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((LOOPBACK, 0))
        yield silent.getsockname()[1]


@asynccontextmanager
async def refusing(folder: Path, code: int) -> AsyncIterator[Kamailio]:
    async with kamailio(folder, f't_newtran(); t_reply("{code}", "No");') as proxy:
        yield proxy


async def test_a_call_out_goes_the_next_way_and_is_one_leg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says 503, one that is silent, another trunk: the last one has the called line."""
    monkeypatch.setattr("app.telephony.dialling.NEXT_WAY_S", 0.5)
    with dead_server() as dead:
        async with (
            open_exchange() as called,
            refusing(tmp_path, 503) as full,
            names(servers(full.port, dead, kind="udp")) as dns,
        ):
            assert called.line is not None
            first = Account("office.example", "line", registers=False, order=1)
            other = Account(LOOPBACK, "line", port=called.line.port, registers=False, order=2)
            called.on_arrival = called.ring_and_take
            async with open_exchange(accounts=[other, first], dns_server=dns.address) as calling:
                assert calling.line is not None
                await until(lambda: states(calling) == [TrunkState.READY] * 2, "found")
                leg = calling.line.dial(NUMBER, ring_for_s=20)
                await calling.until_heard("answered")
                assert calling.heard == [("ringing", leg), ("answered", leg)]
                await until(lambda: full.took("INVITE") == 1, "the first server was asked")
                calling.line.hang_up(leg)
                await called.until_heard("ended")
                again = calling.line.dial(NUMBER, ring_for_s=20)
                await until(lambda: ("answered", again) in calling.heard, "at once: the others rest")
                assert full.took("INVITE") == 1


async def test_what_a_server_decides_is_final(tmp_path: Path) -> None:
    async with refusing(tmp_path, 486) as busy, open_exchange() as called:
        assert called.line is not None
        accounts = [
            Account(LOOPBACK, "line", port=port, registers=False, order=order, name=f"t{order}")
            for order, port in enumerate((busy.port, called.line.port))
        ]
        async with open_exchange(accounts=accounts) as calling:
            assert calling.line is not None
            calling.line.dial(NUMBER, ring_for_s=10)
            await calling.until_heard("ended")
            assert calling.ends() == [LegEnd.BUSY]
            assert called.heard == []


# -- the DNS


async def test_rfc3263_4_what_the_dns_says() -> None:
    records = {
        **servers(5070, 5071, kind="tcp"),
        ("office.example", "NAPTR"): [
            '20 50 "s" "SIP+D2U" "" _sip._udp.office.example.',
            '10 50 "s" "SIP+D2T" "" _sip._tcp.office.example.',
        ],
        ("office.example", "A"): ["127.0.0.7", "127.0.0.8"],
        ("_sips._tcp.none.example", "SRV"): ["0 0 0 ."],
        ("none.example", "A"): ["127.0.0.9"],
    }
    async with names(records, ttl_s=42) as dns:
        locator = Locator(dns.address)
        by_services = await locator.locate(Account("office.example", "u", transport=None))
        assert by_services.hops == (Hop("TCP", LOOPBACK, 5070), Hop("TCP", LOOPBACK, 5071))
        assert by_services.ttl_s == 42
        plain = await locator.locate(Account("office.example", "u", transport="UDP"))
        assert set(plain.hops) == {Hop("UDP", "127.0.0.7", 5060), Hop("UDP", "127.0.0.8", 5060)}
        dns.asked.clear()
        with_port = await locator.locate(Account("office.example", "u", port=5099, transport="TLS", name="t"))
        assert set(with_port.hops) == {Hop("TLS", "127.0.0.7", 5099, "t"), Hop("TLS", "127.0.0.8", 5099, "t")}
        assert dns.asked == [("office.example", "A")], "4.2: a port says that there are no services"
        for account in (Account("none.example", "u", transport="TLS"), Account("absent.example", "u")):
            with pytest.raises(Exception, match="no server of"):
                await locator.locate(account)


async def test_a_name_that_comes_to_be_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("app.telephony.accounts.RETRY_S", 0.05)
    monkeypatch.setattr("app.telephony.accounts.SHORTEST_TTL_S", 0.05)
    async with names({}, ttl_s=0) as dns, kamailio(tmp_path, "exit;") as proxy:
        trunk = Account("office.example", NUMBER)
        async with open_exchange(accounts=[trunk], dns_server=dns.address) as exchange:
            await until(lambda: len(dns.asked) > 4, "asked again")
            assert states(exchange) == [TrunkState.SOUGHT]
            dns.records.update(servers(proxy.port, kind="udp"))
            await until_registered(exchange)
            port = free_port()
            dns.records.update(servers(port, kind="udp"))
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as moved:
                moved.bind((LOOPBACK, port))
                moved.setblocking(False)
                await asyncio.wait_for(asyncio.get_running_loop().sock_recv(moved, 4096), 10)
