"""The accounts of a line: where their servers are now, their registrations, and which takes a call out."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence

import structlog

from app.telephony.account import Account
from app.telephony.location import Found, Locator, NotFound
from app.telephony.media_policy import MediaPolicy
from app.telephony.messages import Identity
from app.telephony.tls import TlsServer, server_of
from app.telephony.transaction_layer import TransactionLayer
from app.telephony.trunk import Trunk, TrunkStatus
from app.telephony.wire import Hop

SHORTEST_TTL_S = 5.0
LONGEST_TTL_S = 3600.0
RETRY_S = 5.0

log = structlog.get_logger()


def contact_users(accounts: Sequence[Account]) -> list[str]:
    """The user of each account's Contact: its own, told apart from those of others with its name."""
    users: list[str] = []
    for account in accounts:
        user, number = account.user, 1
        while user in users:
            number += 1
            user = f"{account.user}-{number}"
        users.append(user)
    return users


def tls_servers(accounts: Sequence[Account]) -> list[TlsServer | None]:
    """What each account's TLS must find. Raises BadInput when a file of it cannot be used."""
    return [server_of(one.label, one.host, one.tls) if one.transport in ("TLS", None) else None for one in accounts]


class AccountBook:
    """Registers every account that wants it, keeps an eye on the others, and follows the names of their servers.
    `tls` are the accounts' `tls_servers`."""

    def __init__(
        self,
        accounts: Sequence[Account],
        layer: TransactionLayer,
        identity: Identity,
        locator: Locator,
        tls: Sequence[TlsServer | None],
    ) -> None:
        self._locator = locator
        self._ipv6 = ":" in identity.host
        users = contact_users(accounts)
        self.trunks = [
            Trunk(account, layer, identity, user, server)
            for account, user, server in zip(accounts, users, tls, strict=True)
        ]
        self._following: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Addresses are used at once; names are looked up behind the scenes: the line opens without them."""
        locator = self._locator
        for trunk in self.trunks:
            found = locator.at_once(trunk.account)
            if found is not None:
                trunk.found(self._reachable(found))
                continue
            self._following.append(asyncio.get_running_loop().create_task(self._follow(trunk, locator)))

    async def stop(self) -> None:
        """Take the registrations back; their answers are not waited for here."""
        for task in self._following:
            task.cancel()
        await asyncio.gather(*self._following, return_exceptions=True)
        for trunk in self.trunks:
            trunk.stop()

    @property
    def statuses(self) -> list[TrunkStatus]:
        """Every account as it is now."""
        return [trunk.status for trunk in self.trunks]

    def hop(self, account: Account) -> Hop | None:
        """Where the account's server is, None while its name leads nowhere."""
        return next((trunk.server for trunk in self.trunks if trunk.account == account), None)

    def registered(self, account: Account) -> bool:
        return any(trunk.registered for trunk in self.trunks if trunk.account == account)

    def trunk_at(self, address: str) -> Trunk | None:
        """The trunk that calls in from `address`, an IP literal: by its settings, or with its server there."""
        for trunk in self.trunks:
            if trunk.account.may_call_from(address) or any(hop.host == address for hop in trunk.servers.all):
                return trunk
        return None

    def account_at(self, address: str) -> Account | None:
        """The account of `trunk_at`."""
        trunk = self.trunk_at(address)
        return trunk.account if trunk is not None else None

    def policy_at(self, address: str, usual: MediaPolicy) -> MediaPolicy:
        """How sound is spoken with `address`: as its trunk wants it, else as usual."""
        account = self.account_at(address)
        if account is None:
            return usual
        return usual.of_account(account.codecs, account.srtp)

    def for_number(self, number: str) -> list[Trunk]:
        """The trunks that a number may be dialled through: those that are there first, each group in its order."""
        taking = [trunk for trunk in self.trunks if trunk.account.takes(number) and trunk.servers.best is not None]
        return sorted(taking, key=lambda trunk: (not trunk.usable, trunk.account.order))

    # -- what the transport asks and tells

    def tls_server(self, hop: Hop) -> TlsServer | None:
        """Who must be found at a TLS hop: the server of the trunk it is for, or that of its address."""
        for trunk in self.trunks:
            named = trunk.account.label == hop.trunk if hop.trunk else self._is_at(trunk, hop.host)
            if named and trunk.tls is not None:
                return trunk.tls
        return None

    def keeps(self, hop: Hop) -> bool:
        """Whether the connection to a hop is kept alive (RFC 5626 3.5)."""
        return any(hop in trunk.servers.all and trunk.account.registers for trunk in self.trunks)

    def broke(self, hop: Hop) -> None:
        """A connection is gone."""
        for trunk in self.trunks:
            trunk.broke(hop)

    def _is_at(self, trunk: Trunk, host: str) -> bool:
        return any(hop.host == host for hop in trunk.servers.all)

    # -- names

    async def _follow(self, trunk: Trunk, locator: Locator) -> None:
        missing = False
        while True:
            try:
                found = await locator.locate(trunk.account)
            except NotFound as error:
                if not missing:
                    log.warning("sip_server_not_found", trunk=trunk.account.label, why=str(error))
                missing = True
                await asyncio.sleep(RETRY_S)
                continue
            missing = False
            trunk.found(self._reachable(found))
            await asyncio.sleep(min(max(found.ttl_s, SHORTEST_TTL_S), LONGEST_TTL_S))

    def _reachable(self, found: Found) -> tuple[Hop, ...]:
        """The line's port is of one family, and sends to no other."""
        return tuple(hop for hop in found.hops if (ipaddress.ip_address(hop.host).version == 6) is self._ipv6)
