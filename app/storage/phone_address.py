"""An operator's phone: a `sip:` address on the office's own network, or `phone:<login>`, which registers at the
line."""

from __future__ import annotations

import ipaddress
import re

from app.domain.errors import BadInput

_SIP = re.compile(
    r"sip:(?P<user>[A-Za-z0-9_.+~-]{1,64})@"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[0-9.]+)"
    r"(?::(?P<port>\d{1,5}))?"
    r"(?P<transport>;transport=(?:udp|tcp))?"
)
"""RFC 3261 19.1.1, as far as a desk phone needs it."""


def registered_phone(login: str) -> str:
    """The address of the phone that the operator registers at the line."""
    return f"phone:{login}"


def check_phone(text: str, login: str) -> str:
    """The address as it is kept, "" for the browser. BadInput when it is neither `sip:user@<IP address>` nor the
    operator's own `phone:<login>`.

    The host must be an address: the line never resolves names.
    """
    phone = text.strip()
    if phone in ("", registered_phone(login)):
        return phone
    match = _SIP.fullmatch(phone)
    if match is None:
        raise BadInput(f"phone «{phone}»: write it as sip:101@192.0.2.10, with an IP address and no name")
    host = match["host"].strip("[]")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise BadInput(f"phone «{phone}»: «{host}» is not an IP address") from None
    if address.is_multicast or address.is_unspecified or (address.version == 6) != (match["host"][0] == "["):
        raise BadInput(f"phone «{phone}»: «{host}» is not the address of one phone")
    if match["port"] is not None and not 1 <= int(match["port"]) <= 65535:
        raise BadInput(f"phone «{phone}»: the port must lie between 1 and 65535")
    return phone
