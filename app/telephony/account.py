"""An account at a PBX or trunk."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.telephony.wire import TransportName


@dataclass(frozen=True)
class Account:
    """Where to register, or through which trunk to call, and as whom.

    `host` comes from the settings and may be a name: it is the only kind of name that is ever resolved.
    `registers` is False for a trunk that knows us by our address.
    """

    host: str
    user: str
    password: str = field(default="", repr=False)
    port: int = 5060
    transport: TransportName = "UDP"
    registers: bool = True
    expires_s: int = 300
