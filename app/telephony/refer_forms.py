"""What the headers and bodies of a transfer say: Refer-To and Replaces, Event, Subscription-State and a fragment.

RFC 3515 (REFER), RFC 3891 (Replaces), RFC 6665 (events), RFC 3420 (message/sipfrag).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from sipmessage import URI

from app.telephony.errors import BadMessage
from app.telephony.wire import parameter, parse_address

MAX_FORM = 1024
"""Characters of any of these values."""

SIPFRAG = "message/sipfrag"
REFER_EVENT = "refer"

_TOKEN = r"[A-Za-z0-9.!%*_+`'~-]{1,128}"
_STATUS = re.compile(rb"\ASIP/2\.0 ([1-6]\d\d) ([^\r\n]{0,256})(?:\r?\n|\Z)")
_PARAMETER = re.compile(rf"\s*;\s*({_TOKEN})(?:\s*=\s*({_TOKEN}|\"[^\"\\]{{0,128}}\"))?")
_CALL_ID = re.compile(r"[^\s;,]{1,256}")
_SPLIT_URI = re.compile(r"([^<]{0,256}<)([^<>]*)(>.*)", re.DOTALL)


@dataclass(frozen=True)
class Replaces:
    """The dialog that a new call takes the place of; the tags are named as its callee knows them (RFC 3891 6.1)."""

    call_id: str
    to_tag: str
    from_tag: str
    early_only: bool = False

    @classmethod
    def parse(cls, value: str) -> Replaces:
        """Raises BadMessage: both tags must be there, each once."""
        found = _CALL_ID.match(_bounded("Replaces", value))
        if found is None:
            raise BadMessage("Replaces names no call")
        named = _parameters("Replaces", value[found.end() :])
        if "to-tag" not in named or "from-tag" not in named:
            raise BadMessage("Replaces needs both tags")
        return cls(found.group(), named["to-tag"], named["from-tag"], "early-only" in named)

    def __str__(self) -> str:
        early = ";early-only" if self.early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{early}"


@dataclass(frozen=True)
class ReferTo:
    """Whom the other side shall call, and which call that shall replace."""

    uri: URI
    replaces: Replaces | None = None

    @classmethod
    def parse(cls, value: str) -> ReferTo:
        """Raises BadMessage, also where the URI asks for another method than INVITE."""
        split = _SPLIT_URI.fullmatch(_bounded("Refer-To", value))
        before, uri, after = split.groups() if split else ("<", value.strip(), ">")
        user, at, host = uri.rpartition("@")
        host, _, asked = host.partition("?")
        address = parse_address("Refer-To", f"{before}{user}{at}{host}{after}")
        if (parameter(address.uri.parameters, "method") or "INVITE").upper() != "INVITE":
            raise BadMessage("only calls can be referred")
        return cls(address.uri, _replaced_by(asked))

    def __str__(self) -> str:
        asked = f"?Replaces={quote(str(self.replaces), safe='')}" if self.replaces is not None else ""
        return f"<{self.uri}{asked}>"


def _replaced_by(asked: str) -> Replaces | None:
    """Of the headers that a URI carries (RFC 3261 19.1.1) the one Replaces."""
    named = [one.partition("=") for one in asked.split("&")[:16]]
    found = [unquote(value) for name, _, value in named if name.lower() == "replaces"]
    if len(found) > 1:
        raise BadMessage("Refer-To has two Replaces")
    return Replaces.parse(found[0]) if found else None


@dataclass(frozen=True)
class EventName:
    """An event package and which of its subscriptions is meant (RFC 6665 8.2.1)."""

    package: str
    id: str = ""

    @classmethod
    def parse(cls, value: str) -> EventName:
        """Raises BadMessage."""
        package, semicolon, rest = _bounded("Event", value).partition(";")
        named = _parameters("Event", semicolon + rest)
        if not re.fullmatch(_TOKEN, package.strip()):
            raise BadMessage("Event names no package")
        return cls(package.strip().lower(), named.get("id", ""))

    def __str__(self) -> str:
        return f"{self.package};id={self.id}" if self.id else self.package


@dataclass(frozen=True)
class SubscriptionState:
    """RFC 6665 8.2.3. `expires_s` is None where it is not said."""

    state: str
    reason: str = ""
    expires_s: int | None = None

    @property
    def over(self) -> bool:
        return self.state == "terminated"

    @classmethod
    def parse(cls, value: str) -> SubscriptionState:
        """Raises BadMessage."""
        state, semicolon, rest = _bounded("Subscription-State", value).partition(";")
        named = _parameters("Subscription-State", semicolon + rest)
        if not re.fullmatch(_TOKEN, state.strip()):
            raise BadMessage("Subscription-State says nothing")
        expires = named.get("expires", "")
        readable = expires.isascii() and expires.isdigit() and len(expires) < 10
        return cls(state.strip().lower(), named.get("reason", "").lower(), int(expires) if readable else None)

    def __str__(self) -> str:
        expires = f";expires={self.expires_s}" if self.expires_s is not None else ""
        return self.state + (f";reason={self.reason}" if self.reason else "") + expires


@dataclass(frozen=True)
class Fragment:
    """The status line of a `message/sipfrag` body: how the call that was asked for goes (RFC 3515 2.4.5)."""

    code: int
    reason: str

    @classmethod
    def parse(cls, body: bytes) -> Fragment:
        """Raises BadMessage. What follows the first line is not looked at."""
        found = _STATUS.match(body[:MAX_FORM])
        if found is None:
            raise BadMessage("the fragment is no status line")
        return cls(int(found.group(1)), found.group(2).decode("utf-8", "replace"))

    def __bytes__(self) -> bytes:
        return f"SIP/2.0 {self.code} {self.reason}\r\n".encode()


def _bounded(name: str, value: str) -> str:
    if len(value) > MAX_FORM:
        raise BadMessage(f"{name} is too long")
    return value


def _parameters(name: str, text: str) -> dict[str, str]:
    """`;name=value` after `;name`. Raises BadMessage where one comes twice or something else is left."""
    found: dict[str, str] = {}
    position = 0
    while position < len(text.rstrip()):
        one = _PARAMETER.match(text, position)
        if one is None or one.group(1).lower() in found:
            raise BadMessage(f"{name} cannot be read")
        found[one.group(1).lower()] = (one.group(2) or "").strip('"')
        position = one.end()
    return found
