"""An account at a PBX or trunk."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from app.telephony.media_policy import SrtpPolicy
from app.telephony.media_port import Codec
from app.telephony.wire import TransportName

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

DEFAULT_PORTS: dict[TransportName, int] = {"UDP": 5060, "TCP": 5060, "TLS": 5061}
"""RFC 3261 19.1.2."""


@dataclass(frozen=True)
class TlsTrust:
    """How a server proves over TLS who it is, and how we do. Paths are those of PEM files.

    `ca`: who signs for the server, "" for those that the machine trusts. `pin`: the SHA-256 fingerprint of the
    server's certificate, 64 hexadecimal digits; with a pin and no `ca` the certificate may be signed by anybody.
    `certificate` and `key` are shown to the server where it wants them (mutual TLS).
    """

    ca: str = ""
    pin: str = ""
    certificate: str = ""
    key: str = ""


@dataclass(frozen=True)
class Account:
    """Where to register, or through which trunk to call and be called, and as whom.

    `host` comes from the settings and may be a name: it is the only kind of name that is ever resolved. Without a
    `port` its servers are sought by SRV records (RFC 3263 4.2); without a `transport` that is found there, too.
    `registers` is False for a trunk that knows us by our address. `numbers` are patterns of the numbers that may
    be dialled through it: `*` is any run of digits, `X` one digit; none means all. Of several trunks the lowest
    `order` is tried first. `accepts_from` are the addresses that may call in as this trunk. `codecs` and `srtp`
    say what its calls speak (() and None leave it to the line). `keep_alive_s` is the interval of OPTIONS, 0 for
    none; after `dead_after` unanswered ones other trunks are tried first.
    """

    host: str
    user: str
    password: str = field(default="", repr=False)
    port: int | None = None
    transport: TransportName | None = "UDP"
    registers: bool = True
    expires_s: int = 300
    name: str = ""
    auth_user: str = ""
    from_domain: str = ""
    calls_out: bool = True
    order: int = 100
    numbers: tuple[str, ...] = ()
    accepts_from: tuple[Network, ...] = ()
    srtp: SrtpPolicy | None = None
    codecs: tuple[Codec, ...] = ()
    tls: TlsTrust = TlsTrust()
    keep_alive_s: int = 0
    dead_after: int = 3

    @property
    def label(self) -> str:
        """Its name in logs and on pages."""
        return self.name or self.host

    @property
    def digest_user(self) -> str:
        return self.auth_user or self.user

    @property
    def domain(self) -> str:
        """The host of From and To."""
        return self.from_domain or self.host

    @property
    def uri_port(self) -> int | None:
        """The port of From and To, and of what is dialled."""
        return None if self.from_domain else self.port

    def takes(self, number: str) -> bool:
        """Whether the number may be dialled through this trunk."""
        return self.calls_out and (not self.numbers or self._pattern.fullmatch(number) is not None)

    def may_call_from(self, address: str) -> bool:
        """Whether `address`, an IP literal, is one of those that this trunk calls in from."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self.accepts_from)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        each = (re.escape(one).replace(r"\*", r"\d*").replace("X", r"\d") for one in self.numbers)
        return re.compile("|".join(each))
