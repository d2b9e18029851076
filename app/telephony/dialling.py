"""Calls out: through which trunk and which of its servers, and what is tried when one does not answer.

Only the application dials. An INVITE to which nothing came but 408, 503 or a broken transport goes the next way,
once each (RFC 3263 4.3); whoever dialled sees one leg.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from sipmessage import URI

from app.application.ports import LegId, Timer
from app.telephony.accounts import AccountBook
from app.telephony.calls import Call
from app.telephony.errors import NoCommonCodec
from app.telephony.media_port import NoPortFree
from app.telephony.outbound_calls import Destination, OutboundCall
from app.telephony.servers import REST_S, retry_after_s
from app.telephony.trunk import Trunk
from app.telephony.user_agent import UserAgent
from app.telephony.wire import bracketed, hop_of

MAX_WAYS = 4
NEXT_WAY_S = 4.0
"""How long nothing at all may come back while there is another way: 64*T1 is longer than people let it ring."""

_E164 = re.compile(r"^\+?\d{2,15}$")

log = structlog.get_logger()


class NoWay(Exception):
    """Nothing leads to the address now, and why."""


@dataclass(frozen=True)
class Way:
    """Where an INVITE goes; `trunk` is None for an address that needs none."""

    destination: Destination
    trunk: Trunk | None = None


@dataclass
class _Dialled:
    call: OutboundCall
    way: Way
    left: list[Way] = field(default_factory=list)
    timer: Timer | None = None


class Dialler:
    """Places the calls of a line. `calls` are the line's, by leg; `phone` says where an operator's telephone is;
    `failed` is told when the last way of a leg could not even be tried."""

    def __init__(
        self,
        agent: UserAgent,
        book: AccountBook,
        calls: dict[LegId, Call],
        user: str,
        phone: Callable[[str], Destination | None],
        failed: Callable[[LegId, str], None],
    ) -> None:
        self._agent = agent
        self._book = book
        self._calls = calls
        self._user = user
        self._phone = phone
        self._failed = failed
        self._dialled: dict[LegId, _Dialled] = {}

    def dial(self, leg: LegId, address: str) -> None:
        """Call a `sip:` address, a number or `phone:` and a login. Raises NoWay, having sent nothing."""
        ways = self._ways(address)
        if not ways:
            raise NoWay("no such address can be dialled")
        try:
            self._place(leg, ways)
        except (NoPortFree, NoCommonCodec) as error:
            raise NoWay(str(error)) from error

    def goes_on(self, call: Call, code: int) -> bool:
        """A call ended with `code`: whether its leg goes another way."""
        dialled = self._dialled.get(call.leg)
        if dialled is None or dialled.call is not call:
            return False
        self._forget(call.leg)
        if code not in (408, 503) or dialled.call.progressed or self._calls.get(call.leg) is not call:
            return False
        retry_s = retry_after_s(dialled.call.refusal) if dialled.call.refusal is not None else None
        self._rest(dialled.way, REST_S if retry_s is None else retry_s)
        if not dialled.left:
            return False
        log.info("dial_goes_on", leg=call.leg, status=code, left=len(dialled.left))
        try:
            self._place(call.leg, dialled.left)
        except (NoPortFree, NoCommonCodec) as error:
            log.warning("dial_failed", leg=call.leg, why=str(error))
            return False
        return True

    def heard(self, call: Call) -> None:
        """Something came for the call, or it is gone: it stays on its way."""
        dialled = self._dialled.get(call.leg)
        if dialled is not None and dialled.call is call:
            self._forget(call.leg)

    def close(self) -> None:
        """Try nothing more."""
        for leg in list(self._dialled):
            self._forget(leg)

    # -- one way after another

    def _place(self, leg: LegId, ways: list[Way]) -> None:
        way, *left = ways
        authenticator = way.trunk.authenticator() if way.trunk is not None else None
        call = self._agent.place(leg, way.destination, authenticator)
        self._calls[leg] = call
        dialled = self._dialled[leg] = _Dialled(call, way, left)
        if left:
            scheduler = self._agent.station.scheduler
            dialled.timer = scheduler.call_later(NEXT_WAY_S, lambda: self._silent(leg, dialled))

    def _silent(self, leg: LegId, dialled: _Dialled) -> None:
        """Nothing came in time. The call is given up, and answered by BYE if it comes to life after all (9.1)."""
        if self._dialled.get(leg) is not dialled:
            return
        self._forget(leg)
        if dialled.call.progressed or self._calls.get(leg) is not dialled.call:
            return
        log.info("dial_goes_on", leg=leg, status=408, left=len(dialled.left))
        self._rest(dialled.way, REST_S)
        del self._calls[leg]
        dialled.call.hang_up()
        try:
            self._place(leg, dialled.left)
        except (NoPortFree, NoCommonCodec) as error:
            self._failed(leg, str(error))

    def _forget(self, leg: LegId) -> None:
        dialled = self._dialled.pop(leg, None)
        if dialled is not None and dialled.timer is not None:
            dialled.timer.cancel()

    def _rest(self, way: Way, seconds: float) -> None:
        if way.trunk is not None:
            way.trunk.servers.rest(way.destination.hop, seconds)

    # -- where an address leads

    def _ways(self, address: str) -> list[Way]:
        if _E164.match(address):
            trunks = self._book.for_number(address)
            return [way for trunk in trunks for way in self._through(trunk, address)][:MAX_WAYS]
        if address.startswith("phone:"):
            phone = self._phone(address.removeprefix("phone:"))
            return [Way(phone)] if phone is not None else []
        try:
            target = URI.parse(address)
        except ValueError:
            return []
        hop = hop_of(target)
        if hop is None:
            return []
        identity = self._agent.station.identity
        sender = f"<sip:{self._user}@{bracketed(identity.host)}:{identity.port}>"
        return [Way(Destination(target, hop, sender, may_refer=True))]

    def _through(self, trunk: Trunk, number: str) -> list[Way]:
        account = trunk.account
        host = bracketed(account.domain)
        target = URI("sip", host, user=number, port=account.uri_port)
        sender = f"<{URI('sip', host, user=account.user, port=account.uri_port)}>"
        # The server that has us registered knows us: it goes first.
        servers = sorted(trunk.servers.in_order[:2], key=lambda hop: hop != trunk.server)
        return [
            Way(Destination(target, hop, sender, trunk.contact_user, routes=trunk.routes), trunk) for hop in servers
        ]
