"""Nobody outside can make the line dial. The line is on 127.0.0.1, the office on 127.0.0.2, strangers on 127.0.0.3,
the trunk on 127.0.0.4, and on 127.0.0.5 somebody looks on who must never hear anything."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

import pytest

from app.application.ports import LegEnd
from app.telephony.account import Account
from app.telephony.admission import WhoMayCall
from app.telephony.digest import Authenticator
from app.telephony.digest_server import Hashes
from tests.integration.telephony.exchange import LOOPBACK, Exchange, open_exchange
from tests.integration.telephony.rtp_peer import until
from tests.integration.telephony.sip_wire import OFFER, SipWire, answer_to, wires

PASSWORD = "correct horse"
HASHES = Hashes.of("ivanova", "liniya", PASSWORD)
ELSEWHERE = [
    "sip:+79001234567@{line}",
    "sip:+79001234567@{onlooker}",
    "tel:+79001234567",
    "sip:9810@example.invalid",
]


@dataclass
class Scene:
    """The line and everybody around it."""

    exchange: Exchange
    office: SipWire
    stranger: SipWire
    trunk: SipWire
    onlooker: SipWire

    @property
    def port(self) -> int:
        return self.exchange.port

    async def settle(self) -> None:
        """Once a later question of the office is answered, whatever the line wanted to send has been sent."""
        await self.office.asks(self.office.request("OPTIONS"), self.port)
        await asyncio.sleep(0)

    async def nobody_was_called(self) -> None:
        await self.settle()
        assert self.trunk.heard == []
        assert self.onlooker.heard == []

    def arrived(self) -> list[tuple[Any, ...]]:
        return [one for one in self.exchange.heard if one[0] == "arrived"]


@asynccontextmanager
async def scene(*, anonymous: bool = False) -> AsyncIterator[Scene]:
    async with wires("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5") as (office, stranger, trunk, onlooker):
        city = Account(trunk.host, "line", "trunk secret", port=trunk.port, registers=False)
        policy = WhoMayCall(
            office=(ip_network("127.0.0.2/32"),),
            anonymous=anonymous,
            hashes_of=lambda login: HASHES if login == "ivanova" else None,
        )
        async with open_exchange(trunk=city, who_may_call=policy) as exchange:
            yield Scene(exchange, office, stranger, trunk, onlooker)
            # The line must not have learnt to dial from all of it.
            await Scene(exchange, office, stranger, trunk, onlooker).nobody_was_called()


def filled(uri: str, there: Scene) -> str:
    return uri.format(
        line=f"{LOOPBACK}:{there.exchange.port}", onlooker=f"{there.onlooker.host}:{there.onlooker.port}"
    )


@pytest.mark.parametrize("uri", ELSEWHERE)
async def test_an_invite_from_outside_reaches_nobody(uri: str) -> None:
    async with scene() as there:
        route = f"Route: <sip:{there.onlooker.host}:{there.onlooker.port};lr>"
        for extra in ([], [route]):
            answer = await there.stranger.calls(there.port, uri=filled(uri, there), extra=extra)
            assert answer.code == 401
        assert there.exchange.heard == []


@pytest.mark.parametrize("uri", ELSEWHERE)
async def test_an_anonymous_call_is_a_call_to_the_line_whatever_it_names(uri: str) -> None:
    async with scene(anonymous=True) as there:
        onlooker = f"{there.onlooker.host}:{there.onlooker.port}"
        routed = [
            f"Route: <sip:{onlooker};lr>",
            f"Record-Route: <sip:{onlooker};lr>",
            "Diversion: <tel:+79001234567>",
        ]
        answer = await there.stranger.calls(
            there.port, uri=filled(uri, there), extra=routed, contact=f"<sip:x@{onlooker}>", via=onlooker
        )
        assert answer.code == 200
        there.exchange.hang_up_all()
        await until(lambda: there.stranger.requests(), "the BYE, where the call came from")
        bye = there.stranger.requests()[0]
        assert bye.method == "BYE"
        assert len(there.arrived()) == 1


@pytest.mark.parametrize("named", ["sip:caller@example.invalid", "sip:caller@localhost", "sip:caller@0.0.0.0"])
async def test_names_on_the_wire_are_not_looked_up(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    async with scene() as there:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **more: pytest.fail(f"{asked} is looked up"))
        routes = ["Record-Route: <sip:proxy.example.invalid;lr>"]
        answer = await there.office.calls(there.port, contact=f"<{named}>", via="example.invalid", extra=routes)
        assert answer.code == 200
        there.exchange.hang_up_all()
        await until(lambda: there.office.requests(), "the BYE, where the call came from")


async def test_a_trusted_contact_is_followed_where_it_is_an_address() -> None:
    """What the rule allows: an address that a source of the office gave (RFC 3261 12.2.1.1)."""
    async with wires("127.0.0.6") as (desk,), scene() as there:
        answer = await there.office.calls(there.port, contact=f"<sip:desk@{desk.host}:{desk.port}>")
        assert answer.code == 200
        there.exchange.hang_up_all()
        await until(lambda: desk.requests(), "the BYE, at the Contact")
        assert there.office.requests() == []


@pytest.mark.parametrize("target", ["sip:+79001234567@{line}", "sip:x@{onlooker}", "tel:+79001234567"])
async def test_a_caller_who_refers_us_elsewhere_is_declined(target: str) -> None:
    async with scene(anonymous=True) as there:
        for caller in (there.stranger, there.office):
            call_id = f"refer-{caller.host}"
            answer = await caller.calls(there.port, call_id=call_id)
            refer = caller.request(
                "REFER", to_tag=answer.to_tag, call_id=call_id, extra=[f"Refer-To: <{filled(target, there)}>"]
            )
            assert (await caller.asks(refer, there.port)).code == 603
            outside = caller.request("REFER", extra=[f"Refer-To: <{filled(target, there)}>"])
            assert (await caller.asks(outside, there.port)).code in (403, 405, 481, 603)
        assert not [one for one in there.exchange.heard if one[0] == "transfer_asked"]


async def test_21_3_a_redirection_is_not_followed() -> None:
    async with scene() as there, wires("127.0.0.6") as (callee,):
        assert there.exchange.line is not None
        there.exchange.line.dial(f"sip:op@{callee.host}:{callee.port}", ring_for_s=30)
        await until(lambda: callee.requests(), "the INVITE")
        contact = f"Contact: <sip:x@{there.onlooker.host}:{there.onlooker.port}>"
        callee.send(answer_to(callee.requests()[0], "302 Moved Temporarily", contact), there.port)
        await there.exchange.until_heard("ended")
        assert there.exchange.ends() == [LegEnd.REFUSED]


@pytest.mark.parametrize("anonymous", [False, True])
async def test_a_stranger_replaces_nobody(anonymous: bool) -> None:
    async with scene(anonymous=anonymous) as there:
        answer = await there.office.calls(there.port, call_id="precious")
        replaces = f"Replaces: precious;to-tag={answer.to_tag};from-tag=wire"
        taken = await there.stranger.calls(there.port, extra=[replaces, "Require: replaces"])
        assert taken.code == (403 if anonymous else 401)
        assert there.exchange.ends() == []
        # Nor does it end what it has seen: with the right tags it looks as if there were no such call.
        bye = there.stranger.request("BYE", to_tag=answer.to_tag, call_id="precious", cseq=999)
        assert (await there.stranger.asks(bye, there.port)).code == 481
        await there.settle()
        assert there.exchange.ends() == []


async def test_nobody_registers_without_the_password() -> None:
    async with scene() as there:
        stranger, exchange, port = there.stranger, there.exchange, there.port
        assert (await stranger.asks(stranger.request("REGISTER", to="ivanova"), port)).code == 401
        wrong = await stranger.proves("REGISTER", port, "ivanova", "guess", to="ivanova")
        assert wrong.code == 401
        unknown = await stranger.proves("REGISTER", port, "nobody", "guess", to="nobody")
        assert unknown.code == 401
        for who in (there.office, there.trunk):
            assert (await who.asks(who.request("REGISTER", to="ivanova"), port)).code == 401
        there.trunk.heard.clear()
        assert exchange.heard == []


@pytest.mark.parametrize("anonymous", [False, True])
async def test_the_name_of_an_operator_is_nothing_without_the_password(anonymous: bool) -> None:
    async with scene(anonymous=anonymous) as there:
        for who in (there.stranger, there.office):
            answer = await who.calls(there.port, user="ivanova", to="+79001234567")
            assert answer.code == 401
        assert there.exchange.heard == []


async def test_a_registered_phone_calls_the_line_and_nobody_else() -> None:
    async with scene() as there:
        phone, exchange, port = there.stranger, there.exchange, there.port
        contact = f"<sip:+79001234567@{there.onlooker.host}:{there.onlooker.port}>"
        assert (
            await phone.proves("REGISTER", port, "ivanova", PASSWORD, to="ivanova", contact=contact)
        ).code == 200
        assert exchange.heard == [("registered", "ivanova")]
        uri = f"sip:+79001234567@{LOOPBACK}:{exchange.port}"
        called = await phone.proves("INVITE", port, "ivanova", PASSWORD, uri=uri, to="+79001234567", body=OFFER)
        assert called.code == 200
        assert there.arrived() == [("arrived", "ivanova", "+79001234567")]
        # Called, it rings where it registered from and not where its Contact points.
        assert exchange.line is not None
        exchange.line.dial("phone:ivanova", ring_for_s=30)
        await until(lambda: phone.requests(), "the INVITE")
        phone.send(answer_to(phone.requests()[0], "486 Busy Here"), port)
        await until(lambda: exchange.ends() == [LegEnd.BUSY], "the end of the call")
        exchange.line.dial("phone:petrov", ring_for_s=30)
        await until(lambda: exchange.ends() == [LegEnd.BUSY, LegEnd.FAILED], "the end of the call to nobody")


@pytest.mark.parametrize("method", ["OPTIONS", "REGISTER", "INVITE"])
async def test_a_scan_of_extensions_meets_silence(method: str) -> None:
    """As sipvicious does it: one question for each extension, as fast as it can."""
    async with scene() as there:
        for extension in range(100, 400):
            text = there.stranger.request(method, to=str(extension), user=str(extension))
            there.stranger.send(text, there.port)
        await there.settle()
        assert {one.code for one in there.stranger.responses()} <= {401, 503}
        assert len(there.stranger.heard) < 90
        assert there.exchange.heard == []
        # Others are served as before.
        assert (await there.office.calls(there.port)).code == 200


async def test_who_guesses_passwords_is_not_answered_any_more() -> None:
    async with scene() as there:
        for _ in range(5):
            wrong = await there.stranger.proves("REGISTER", there.port, "ivanova", "guess", to="ivanova")
            assert wrong.code == 401
        before = len(there.stranger.heard)
        challenged = await there.stranger.asks(there.stranger.request("REGISTER", to="ivanova"), there.port)
        assert challenged.code == 401
        uri = f"sip:{LOOPBACK}:{there.exchange.port}"
        for password in ("guess", PASSWORD):
            proof = Authenticator("ivanova", password)
            proof.challenged(401, challenged.message.headers.getlist("WWW-Authenticate"))
            extra = [f"{name}: {value}" for name, value in proof.headers("REGISTER", uri)]
            there.stranger.send(there.stranger.request("REGISTER", uri=uri, to="ivanova", extra=extra), there.port)
        await there.settle()
        assert len(there.stranger.heard) == before + 1
        assert there.exchange.heard == []


async def test_refusals_are_small_and_sent_once() -> None:
    async with scene() as there:
        text = there.stranger.request("INVITE", body=OFFER)
        refused = await there.stranger.asks(text, there.port)
        assert len(bytes(refused.message)) < 2 * len(text)
        await asyncio.sleep(0.6)  # beyond T1, after which a refusal within a transaction would come again
        assert len(there.stranger.heard) == 1
