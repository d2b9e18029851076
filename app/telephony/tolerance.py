"""What is borne of others' writing: forms that the parser below does not read, brought into those that it does."""

from __future__ import annotations

import ipaddress
import re
from functools import cache

_SCHEME = re.compile(r"(?:(?<=<)|^)\s*(sips?|tel):", re.IGNORECASE)
_MIXED = re.compile(r"\[([0-9A-Fa-f:]{2,39}:\d{1,3}(?:\.\d{1,3}){3})\]")
_RECEIVED = re.compile(r";\s*received\s*=[^;]*", re.IGNORECASE)
_ANY_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_SCHEMES = ("sip:", "sips:", "tel:")


def plainer(value: str) -> str:
    """A URI or address with its scheme in small letters (RFC 3261 19.1.1) and an IPv4 address at the end of an IPv6
    address written as the rest of it is (RFC 5118 4.10)."""
    return _MIXED.sub(_unmixed, _SCHEME.sub(lambda found: found.group().lower(), value))


def _unmixed(found: re.Match[str]) -> str:
    try:
        return f"[{ipaddress.IPv6Address(found.group(1)).compressed}]"
    except ValueError:
        return found.group()


def without_received(via: str) -> str:
    """A Via without what only we can say of it (18.2.1), which is written in two forms (RFC 5118 4.5)."""
    return _RECEIVED.sub("", via) if "received" in via.lower() else via


def foreign_scheme(uri: str) -> bool:
    """Whether a URI has a scheme that no telephone speaks (RFC 3261 8.2.2.1)."""
    found = _ANY_SCHEME.match(uri)
    return found is not None and found.group().lower() not in _SCHEMES


@cache
def _parameter(name: str) -> re.Pattern[str]:
    return re.compile(rf";\s*{name}\s*=\s*([^\s;,]*)", re.IGNORECASE)


def token_parameter(value: str, name: str) -> str:
    """A header's parameter that is a token, as it stands: % is no escape there (RFC 3261 25.1); "" for none."""
    found = _parameter(name).findall(value.rpartition(">")[2])
    return found[-1] if found else ""
