"""A kamailio between the line and linphone, with Record-Route (RFC 3261 16.12)."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.application.ports import LegEnd
from app.telephony.account import Account
from tests.integration.telephony.authority import Authority
from tests.integration.telephony.exchange import LOOPBACK, free_port, open_exchange, sipp
from tests.integration.telephony.kamailio import kamailio
from tests.integration.telephony.linphone_phone import linphone
from tests.integration.telephony.rtp_peer import until
from tests.integration.telephony.test_linphone import SAYS, until_it_is_heard

pytestmark = pytest.mark.needs_debian("linphonec")


def to_the_line(port: int, transport: str) -> str:
    return f'$ru = "sip:245022@{LOOPBACK}:{port};transport={transport}"; t_relay();'


@pytest.mark.parametrize(("callers", "ours"), [("udp", "udp"), ("udp", "tcp"), ("tcp", "udp")])
async def test_12_2_1_a_call_through_a_proxy_and_all_that_follows_in_it(
    tmp_path: Path, callers: str, ours: str
) -> None:
    async with (
        open_exchange() as exchange,
        linphone(tmp_path, SAYS) as phone,
        kamailio(tmp_path, to_the_line(exchange.port, ours)) as proxy,
    ):
        exchange.on_arrival = exchange.ring_and_take
        phone.type(f"call sip:245022@{LOOPBACK}:{proxy.port};transport={callers}")
        await exchange.until_heard("arrived")
        await until_it_is_heard(exchange, exchange.legs[0])
        phone.type("pause")
        await phone.until_said("is now paused")
        phone.type("resume")
        await phone.until_said("Media streams established", times=2)
        await proxy.until_along_the_route("INVITE", 2)
        phone.type("terminate")
        await exchange.until_heard("ended")
        assert exchange.ends() == [LegEnd.HUNG_UP]
        await proxy.until_along_the_route("BYE", 1)
        await proxy.until_along_the_route("ACK", 3)


@pytest.mark.parametrize("ours", ["udp", "tcp"])
async def test_12_2_1_1_our_bye_goes_along_the_route_set(tmp_path: Path, ours: str) -> None:
    async with (
        open_exchange() as exchange,
        linphone(tmp_path, SAYS) as phone,
        kamailio(tmp_path, to_the_line(exchange.port, ours)) as proxy,
    ):
        assert exchange.line is not None
        phone.type(f"call sip:245022@{LOOPBACK}:{proxy.port}")
        await exchange.until_heard("arrived")
        await until_it_is_heard(exchange, exchange.legs[0])
        exchange.line.hang_up(exchange.legs[0])
        await phone.until_said("ended")
        await proxy.until_along_the_route("BYE", 1)


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
async def test_16_7_a_number_forks_to_two_telephones_and_one_answers(tmp_path: Path, transport: str) -> None:
    for name in ("phone", "rings"):
        (tmp_path / name).mkdir()
    port = free_port()
    trunk = Account(
        LOOPBACK, "line", "", port=port, transport="TCP" if transport == "TCP" else "UDP", registers=False
    )
    async with (
        sipp("phone_nobody_answers", tmp_path / "rings") as other,
        linphone(tmp_path / "phone", SAYS, answers=True) as phone,
        open_exchange(trunk=trunk) as exchange,
        kamailio(
            tmp_path,
            f'$ru = "sip:linphone@{LOOPBACK}:{phone.port}";'
            f' append_branch("sip:other@{LOOPBACK}:{other.port}"); t_relay();',
            port=port,
        ) as proxy,
    ):
        assert exchange.line is not None
        leg = exchange.line.dial("+78512245022", ring_for_s=10)
        await exchange.until_heard("answered")
        await until_it_is_heard(exchange, leg)
        await other.finished()  # it was cancelled by the proxy
        exchange.line.hang_up(leg)
        await phone.until_said("ended")
        await proxy.until_along_the_route("ACK", 1)
        await proxy.until_along_the_route("BYE", 1)
        assert exchange.ends() == []


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (
            'append_to_reply("Contact: <sip:elsewhere@127.0.0.1:9>\\r\\n"); t_reply("302", "Moved");',
            LegEnd.REFUSED,
        ),
        ('t_reply("503", "Full");', LegEnd.FAILED),
        ('t_reply("486", "Busy");', LegEnd.BUSY),
    ],
)
async def test_a_proxy_that_turns_our_call_away(tmp_path: Path, answer: str, end: LegEnd) -> None:
    port = free_port()
    trunk = Account(LOOPBACK, "line", "", port=port, registers=False)
    async with (
        open_exchange(trunk=trunk) as exchange,
        kamailio(tmp_path, f"t_newtran(); {answer}", port=port) as proxy,
    ):
        assert exchange.line is not None
        leg = exchange.line.dial("+78512245022", ring_for_s=10)
        await exchange.until_heard("ended")
        assert exchange.heard == [("ended", leg, end)]
        await until(lambda: proxy.took("ACK") == 1, "the answer is acknowledged")
        assert proxy.took("INVITE") == 1, "nothing that comes in an answer is called"


async def test_10_2_we_register_and_are_called_through_the_registrar(tmp_path: Path) -> None:
    port = free_port()
    account = Account(LOOPBACK, "line", "", port=port)
    routing = 'if (!lookup("location")) { sl_send_reply("404", "Unknown"); exit; } t_relay();'
    async with (
        linphone(tmp_path, SAYS) as phone,
        kamailio(tmp_path, routing, port=port) as proxy,
        open_exchange(accounts=[account]) as exchange,
    ):
        assert exchange.line is not None
        line = exchange.line
        await until(lambda: line.registered(account), "registered")
        phone.type(f"call sip:line@{LOOPBACK}:{port}")
        await exchange.until_heard("arrived")
        await until_it_is_heard(exchange, exchange.legs[0])
        line.hang_up(exchange.legs[0])
        await phone.until_said("ended")
        await proxy.until_along_the_route("BYE", 1)


async def test_26_2_registered_over_tls_called_and_calling_over_that_connection(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with (
        linphone(tmp_path, SAYS, answers=True) as phone,
        kamailio(
            tmp_path,
            f'if ($rU == "line") lookup("location"); else $ru = "sip:linphone@{LOOPBACK}:{phone.port}"; t_relay();',
            certificate=authority.sign(f"IP:{LOOPBACK}"),
        ) as proxy,
    ):
        trunk = Account(LOOPBACK, "line", "", port=proxy.tls_port, transport="TLS", tls=authority.trust)
        async with open_exchange(trunk=trunk) as exchange:
            assert exchange.line is not None
            line = exchange.line
            await until(lambda: line.registered(trunk), "registered")
            phone.type(f"call sip:line@{LOOPBACK}:{proxy.port}")
            await exchange.until_heard("arrived")
            await until_it_is_heard(exchange, exchange.legs[0])
            phone.type("terminate")
            await exchange.until_heard("ended")
            leg = line.dial("+78512245022", ring_for_s=10)
            await exchange.until_heard("answered")
            await until_it_is_heard(exchange, leg)
            phone.type("pause")
            await phone.until_said("is now paused")
            line.hang_up(leg)
            await phone.until_said("ended", times=2)
            assert exchange.ends() == [LegEnd.HUNG_UP]
            await proxy.until_along_the_route("BYE", 2)
