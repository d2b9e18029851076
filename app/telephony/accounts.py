"""The accounts of a line: where their servers are now, and their registrations."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import structlog

from app.telephony.account import DEFAULT_PORTS, Account
from app.telephony.messages import Identity
from app.telephony.registration import Registration, RegistrationState
from app.telephony.sdp import is_host
from app.telephony.transaction_layer import TransactionLayer
from app.telephony.wire import Hop

LOOK_AGAIN_S = 60.0
RETRY_S = 5.0

log = structlog.get_logger()


class AccountBook:
    """Registers every account that wants it, and follows the names of their servers."""

    def __init__(self, accounts: Sequence[Account], layer: TransactionLayer, identity: Identity) -> None:
        self._accounts = accounts
        self._layer = layer
        self._identity = identity
        self._hops: dict[Account, Hop] = {}
        self._registrations: dict[Account, Registration] = {}
        self._following: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Addresses are used at once; names are looked up behind the scenes: the line opens without them."""
        for account in self._accounts:
            if is_host(account.host):
                self._found(account, account.host)
            else:
                self._following.append(asyncio.get_running_loop().create_task(self._follow(account)))

    async def stop(self) -> None:
        """Take the registrations back; their answers are not waited for here."""
        for task in self._following:
            task.cancel()
        await asyncio.gather(*self._following, return_exceptions=True)
        for registration in self._registrations.values():
            registration.stop()

    def hop(self, account: Account) -> Hop | None:
        """Where the account's server is, None while its name leads nowhere."""
        return self._hops.get(account)

    def registered(self, account: Account) -> bool:
        registration = self._registrations.get(account)
        return registration is not None and registration.state is RegistrationState.REGISTERED

    async def _follow(self, account: Account) -> None:
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in self._identity.host else socket.AF_INET
        while True:
            try:
                found = await loop.getaddrinfo(
                    account.host, account.port or 5060, family=family, type=socket.SOCK_STREAM
                )
            except OSError as error:
                log.warning("sip_server_not_found", host=account.host, why=str(error))
                await asyncio.sleep(RETRY_S)
                continue
            self._found(account, str(found[0][4][0]))
            await asyncio.sleep(LOOK_AGAIN_S)

    def account_at(self, address: str) -> Account | None:
        """The trunk that calls in from `address`, an IP literal: its settings say so, or its server is there."""
        for account in self._accounts:
            hop = self._hops.get(account)
            if account.may_call_from(address) or (hop is not None and hop.host == address):
                return account
        return None

    def _found(self, account: Account, host: str) -> None:
        hop = Hop(account.transport or "UDP", host, account.port or DEFAULT_PORTS[account.transport or "UDP"])
        self._hops[account] = hop
        registration = self._registrations.get(account)
        if registration is not None:
            registration.hop = hop
        elif account.registers:
            registration = Registration(account, hop, self._layer, self._identity)
            self._registrations[account] = registration
            registration.start()
