"""One account at work: its servers, its registration, and whether it is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import structlog

from app.telephony.account import Account
from app.telephony.digest import Authenticator, Nonces
from app.telephony.keep_alive import KeepAlive
from app.telephony.messages import Identity
from app.telephony.registration import Registration, RegistrationState
from app.telephony.servers import Servers
from app.telephony.tls import TlsServer
from app.telephony.transaction_layer import TransactionLayer
from app.telephony.wire import Hop

log = structlog.get_logger()


class TrunkState(StrEnum):
    """What an administrator wants to know of it."""

    SOUGHT = "sought"  # its servers are not found yet
    READY = "ready"  # it needs no registration, and answers as far as we know
    REGISTERING = "registering"
    REGISTERED = "registered"
    REFUSED = "refused"  # not registered: it is tried again
    DEAD = "dead"  # it does not answer OPTIONS


@dataclass(frozen=True)
class TrunkStatus:
    """`since` is aware, UTC. `server` is `transport:host:port`, "" while none is known."""

    name: str
    state: TrunkState
    since: datetime
    server: str


class Trunk:
    """An account, followed from the line's start to its stop."""

    def __init__(
        self,
        account: Account,
        layer: TransactionLayer,
        identity: Identity,
        contact_user: str,
        tls: TlsServer | None = None,
    ) -> None:
        self.account = account
        self.contact_user = contact_user
        self.servers = Servers(layer.scheduler)
        self.tls = tls
        self._nonces = Nonces()
        self._registration: Registration | None = None
        self._keep_alive: KeepAlive | None = None
        self._started = self._stopped = False
        if account.registers:
            self._registration = Registration(
                account,
                self.servers,
                layer,
                identity,
                contact_user=contact_user,
                nonces=self._nonces,
                on_change=self._changed,
            )
        if account.keep_alive_s:
            self._keep_alive = KeepAlive(account, self.servers, layer, identity, on_change=self._changed)
        self._state = TrunkState.SOUGHT
        self._since = datetime.now(UTC)

    def found(self, hops: tuple[Hop, ...]) -> None:
        """What the DNS says of its servers now."""
        if not self.servers.found(hops):
            return
        left = self.server
        if not self._started and hops:
            self._started = True
            for part in (self._registration, self._keep_alive):
                if part is not None:
                    part.start()
        elif left is not None and left not in hops:
            self.broke(left)
        self._changed()

    def stop(self) -> None:
        """Take the registration back; the answer is not waited for."""
        self._stopped = True
        if self._keep_alive is not None:
            self._keep_alive.stop()
        if self._registration is not None:
            self._registration.stop()
        self.servers.close()

    def broke(self, hop: Hop) -> None:
        """The connection to `hop` is gone."""
        if self._registration is not None:
            self._registration.look_again(hop)

    @property
    def registered(self) -> bool:
        return self._registration is not None and self._registration.registered

    @property
    def usable(self) -> bool:
        """Whether a call out may be expected to get through."""
        alive = self._keep_alive is None or self._keep_alive.alive
        return alive and self.servers.fresh and (self.registered or self._registration is None)

    @property
    def routes(self) -> tuple[str, ...]:
        """What calls through it carry as Route."""
        return self._registration.service_route if self._registration is not None else ()

    def authenticator(self) -> Authenticator:
        """For one call."""
        return Authenticator(self.account.digest_user, self.account.password, self._nonces)

    @property
    def server(self) -> Hop | None:
        """Where it is registered, else where it would be turned to."""
        if self.registered and self._registration is not None:
            return self._registration.server
        return self.servers.best

    @property
    def status(self) -> TrunkStatus:
        hop = self.server
        server = f"{hop.transport.lower()}:{hop.host}:{hop.port}" if hop is not None else ""
        return TrunkStatus(self.account.label, self._state, self._since, server)

    def _changed(self) -> None:
        state = self._now()
        if state is self._state or self._stopped:
            return
        self._state, self._since = state, datetime.now(UTC)
        tell: Callable[..., object] = log.warning if state in (TrunkState.DEAD, TrunkState.REFUSED) else log.info
        status = self.status
        tell("trunk_changed", trunk=status.name, state=status.state.value, server=status.server)

    def _now(self) -> TrunkState:
        if self._keep_alive is not None and not self._keep_alive.alive:
            return TrunkState.DEAD
        if not self.servers.all:
            return TrunkState.SOUGHT
        if self._registration is None:
            return TrunkState.READY
        if self.registered:
            return TrunkState.REGISTERED
        refused = self._registration.state is RegistrationState.WAITING
        return TrunkState.REFUSED if refused else TrunkState.REGISTERING
