"""Where the servers of a configured name are (RFC 3263), found in the DNS without ever holding up the event loop.

Only names of the settings are looked up: `Account.host`, and what its own records lead to.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.resolver

from app.domain.errors import BadInput, Unavailable
from app.telephony.account import DEFAULT_PORTS, Account
from app.telephony.sdp import is_host
from app.telephony.wire import Hop, TransportName

QUERY_S = 5.0
MAX_RECORDS = 16
MAX_HOPS = 16
SYSTEM_TTL_S = 60.0
"""How long what the machine itself knows (its hosts file, say) counts as known."""

SERVICES: dict[TransportName, str] = {"UDP": "_sip._udp", "TCP": "_sip._tcp", "TLS": "_sips._tcp"}
NAPTR: dict[str, TransportName] = {"SIP+D2U": "UDP", "SIP+D2T": "TCP", "SIPS+D2T": "TLS"}


class NotFound(Unavailable):
    """The name leads nowhere now, and why."""


@dataclass(frozen=True)
class Service:
    """One SRV record (RFC 2782)."""

    priority: int
    weight: int
    port: int
    target: str


@dataclass(frozen=True)
class Found:
    """Servers, the one to try first first; to be looked for again after `ttl_s` seconds."""

    hops: tuple[Hop, ...]
    ttl_s: float


@dataclass(frozen=True)
class _Records:
    records: tuple[Any, ...] = ()
    ttl_s: float = SYSTEM_TTL_S


class Locator:
    """Finds servers. `dns_server` is `host` or `host:port` of a resolver, "" for those of the machine."""

    def __init__(
        self, dns_server: str = "", *, ipv6: bool = False, chance: Callable[[], float] = random.random
    ) -> None:
        self._named = bool(dns_server)
        self._resolver = _resolver(dns_server)
        self._ipv6 = ipv6
        self._chance = chance

    def at_once(self, account: Account) -> Found | None:
        """The server of an account that names it by its address; None for a name, which takes time."""
        if not is_host(account.host):
            return None
        return _found([Found((_hop(account.host, *_plainly(account)),), float("inf"))], account)

    async def locate(self, account: Account) -> Found:
        """The servers of the account, one at least. Raises NotFound."""
        at_once = self.at_once(account)
        if at_once is not None:
            return at_once
        if account.port is not None:
            transport, port = _plainly(account)
            return _found([await self._at(account.host, transport, port)], account)
        transports = await self._transports(account)
        for transport in transports:
            services = await self._services(account.host, transport)
            if services.records:
                return await self._of_services(services, transport, account)
        return _found([await self._at(account.host, transports[0], DEFAULT_PORTS[transports[0]])], account)

    async def _transports(self, account: Account) -> Sequence[TransportName]:
        """RFC 3263 4.1: what the settings say, else what NAPTR prefers, else all that have servers."""
        if account.transport is not None:
            return [account.transport]
        found = await self._query(account.host, "NAPTR")
        ordered = sorted(found.records, key=lambda one: (one.order, one.preference))
        named = [NAPTR.get(one.service.decode("ascii", "replace").upper()) for one in ordered]
        return [one for one in named if one is not None] or ["UDP", "TCP", "TLS"]

    async def _services(self, host: str, transport: TransportName) -> _Records:
        found = await self._query(f"{SERVICES[transport]}.{host}", "SRV")
        services = [Service(one.priority, one.weight, one.port, str(one.target)) for one in found.records]
        return _Records(tuple(in_order(services, self._chance)), found.ttl_s)

    async def _of_services(self, services: _Records, transport: TransportName, account: Account) -> Found:
        """The addresses behind the records, those of one at a time. A target "." says: no such service."""
        targets = [one for one in services.records if one.target != "." and 0 < one.port < 65536]
        asked = await asyncio.gather(
            *(self._at(one.target.rstrip("."), transport, one.port) for one in targets), return_exceptions=True
        )
        return _found([Found((), services.ttl_s), *(one for one in asked if isinstance(one, Found))], account)

    async def _at(self, host: str, transport: TransportName, port: int) -> Found:
        addresses = await self._addresses(host)
        hops = (_hop(str(address), transport, port) for address in addresses.records)
        return Found(tuple(hops), addresses.ttl_s)

    async def _addresses(self, host: str) -> _Records:
        """A or AAAA records; names without a dot, and what the DNS does not know, the machine may know itself."""
        if is_host(host):
            return _Records((host,), float("inf"))
        if self._named or "." in host:
            found = await self._query(host, "AAAA" if self._ipv6 else "A")
            if found.records or self._named:
                return _Records(tuple(one.address for one in found.records), found.ttl_s)
        family = socket.AF_INET6 if self._ipv6 else socket.AF_INET
        try:
            async with asyncio.timeout(QUERY_S):
                known = await asyncio.get_running_loop().getaddrinfo(host, None, family=family)
        except OSError:  # TimeoutError is one
            return _Records()
        return _Records(tuple(dict.fromkeys(str(one[4][0]) for one in known)))

    async def _query(self, name: str, kind: str) -> _Records:
        """The records of one kind; none where there are none or nobody says."""
        if self._resolver is None:
            return _Records()
        try:
            answer = await self._resolver.resolve(name, kind, lifetime=QUERY_S, search=False)
        except (dns.exception.DNSException, OSError):
            return _Records()
        records = [one for one in answer.rrset or () if one.rdtype == dns.rdatatype.from_text(kind)]
        return _Records(tuple(records[:MAX_RECORDS]), float(answer.rrset.ttl) if answer.rrset else SYSTEM_TTL_S)


def in_order(services: Iterable[Service], chance: Callable[[], float]) -> list[Service]:
    """RFC 2782: by priority; among equals at random, each as likely to be next as its weight says."""
    left = sorted(services, key=lambda one: (one.priority, one.weight))
    ordered: list[Service] = []
    while left:
        equals = [one for one in left if one.priority == left[0].priority]
        drawn = chance() * sum(one.weight for one in equals)
        chosen = equals[-1]
        for one in equals:
            drawn -= one.weight
            if drawn <= 0:
                chosen = one
                break
        left.remove(chosen)
        ordered.append(chosen)
    return ordered


def _found(parts: Sequence[Found], account: Account) -> Found:
    hops = [hop for part in parts for hop in part.hops]
    if not hops:
        raise NotFound(f"no server of {account.host} is known to the DNS")
    named = (Hop(one.transport, one.host, one.port, _name(one, account)) for one in hops)
    return Found(tuple(dict.fromkeys(named))[:MAX_HOPS], min(part.ttl_s for part in parts))


def _plainly(account: Account) -> tuple[TransportName, int]:
    """Transport and port where the DNS is not asked for them (RFC 3263 4.1, 4.2)."""
    transport = account.transport or "UDP"
    return transport, account.port or DEFAULT_PORTS[transport]


def _hop(host: str, transport: TransportName, port: int) -> Hop:
    return Hop(transport, str(ipaddress.ip_address(host.strip("[]"))), port)


def _name(hop: Hop, account: Account) -> str:
    return account.label if hop.transport == "TLS" else ""


def _resolver(dns_server: str) -> dns.asyncresolver.Resolver | None:
    """Raises BadInput."""
    try:
        resolver = dns.asyncresolver.Resolver(configure=not dns_server)
    except dns.resolver.NoResolverConfiguration:
        return None
    if dns_server:
        host, _, port = dns_server.rpartition(":") if ":" in dns_server else (dns_server, "", "53")
        host = host.strip("[]")
        if not is_host(host) or not port.isdecimal() or not 0 < int(port) < 65536:
            raise BadInput(f"the DNS server {dns_server!r} cannot be used: write its address as 192.0.2.1:53")
        resolver.nameservers = [host]
        resolver.port = int(port)
    return resolver
