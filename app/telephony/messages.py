"""Building requests and responses (RFC 3261 8.1.1, 8.2.6)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sipmessage import URI, Headers, Request, Response

from app.telephony.headers import IndexedHeaders
from app.telephony.tolerance import token_parameter
from app.telephony.wire import Answerable, Hop, ReceivedRequest, ReceivedResponse, bracketed, parameter

ALLOWED = (
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "OPTIONS",
    "INFO",
    "REFER",
    "NOTIFY",
    "PRACK",
    "UPDATE",
)
"""Methods that are served: those within a dialog stand in `calls.WITHIN_DIALOG` too."""

SUPPORTED: tuple[str, ...] = (
    "replaces",
    "norefersub",
    "100rel",
    "timer",
)
"""Extensions that a request may require (RFC 3261 20.37)."""

KNOWN = frozenset((*ALLOWED, "REGISTER", "PRACK", "SUBSCRIBE", "NOTIFY", "PUBLISH", "REFER", "MESSAGE", "UPDATE"))
"""Methods of the IANA registry: those that we do not serve are 405, any other is 501 (RFC 3261 21.4.6, 21.5.2)."""

ALLOW = ", ".join(ALLOWED)
SDP = "application/sdp"
ABILITIES = {
    "Allow": ALLOW,
    "Accept": SDP,
    "Supported": ", ".join(SUPPORTED),
}
"""What a 200 says of us (RFC 3261 13.3.1.4)."""

OPTIONS_ABILITIES = {**ABILITIES, "Accept-Encoding": "identity", "Accept-Language": "en"}
"""What the answer to OPTIONS says of us (RFC 3261 11.2)."""

RETRY_AFTER_S = "10"
"""After which a caller may try again when everything is taken (21.5.4)."""

MAX_FORWARDS = "70"
MAGIC = "z9hG4bK"
"""RFC 3261 8.1.1.7: the beginning of every branch made after it."""

REASONS = {
    100: "Trying",
    180: "Ringing",
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    422: "Session Interval Too Small",
    423: "Interval Too Brief",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    513: "Message Too Large",
    603: "Decline",
}

_RPORT = re.compile(r";\s*rport\s*(?:=[^;]*)?(?=;|$)", re.IGNORECASE)
_RECEIVED = re.compile(r";\s*received\s*=[^;]*", re.IGNORECASE)


@dataclass(frozen=True)
class Identity:
    """How this user agent calls itself in messages. `host` is the advertised address, an IP literal."""

    host: str
    port: int
    name: str
    tls_port: int = 0
    """The port of the TLS listener, 0 where there is none: answers then come by the connections that we open."""

    def contact(self, hop: Hop, user: str = "line", *, sips: bool = False) -> str:
        """`sips` where the request URI is one (RFC 3261 8.1.1.8, 12.1.1)."""
        scheme = "sips" if sips else "sip"
        transport = "" if hop.transport == "UDP" or sips else f";transport={hop.transport.lower()}"
        return f"<{scheme}:{user}@{bracketed(self.host)}:{self._port(hop)}{transport}>"

    def via(self, hop: Hop, branch: str) -> str:
        """`rport` asks for the answer to come back the way the request went (RFC 3581 3)."""
        return f"SIP/2.0/{hop.transport} {bracketed(self.host)}:{self._port(hop)};branch={branch};rport"

    def _port(self, hop: Hop) -> int:
        return self.tls_port if hop.transport == "TLS" and self.tls_port else self.port


def new_branch() -> str:
    return MAGIC + secrets.token_hex(12)


def new_tag() -> str:
    return secrets.token_hex(8)


def new_call_id() -> str:
    return secrets.token_hex(16)


def make_request(
    method: str, uri: URI, headers: Sequence[tuple[str, str]], body: bytes = b"", content_type: str = SDP
) -> Request:
    """A request with these headers, in this order, and its length."""
    request = Request(method, uri, body)
    request.headers = IndexedHeaders()
    for name, value in headers:
        request.headers.add(name, value)
    _close(request.headers, body, content_type)
    return request


def make_response(
    request: ReceivedRequest | Answerable,
    code: int,
    *,
    to_tag: str,
    reason: str = "",
    extra: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> Response:
    """The answer to a request: its Via, From, To, Call-ID and CSeq as they came (RFC 3261 8.2.6.2)."""
    asked = request.headers if isinstance(request, Answerable) else request.message.headers
    response = Response(code, reason or REASONS[code], body)
    response.headers = IndexedHeaders()
    vias = asked.getlist("Via")
    response.headers.setlist("Via", [stamped(vias[0], request.hop), *vias[1:]])
    for name in ("From", "To", "Call-ID", "CSeq"):
        if (value := asked.get(name)) is not None:
            response.headers.set(name, value)
    asked_to = asked.get("To", "") or ""
    if asked_to and to_tag and not token_parameter(asked_to, "tag") and code > 100:
        response.headers.set("To", f"{asked_to};tag={to_tag}")
    if code == 100 and asked.get("Timestamp"):
        response.headers.set("Timestamp", asked["Timestamp"])
    if 100 < code < 300:
        for route in asked.getlist("Record-Route"):
            response.headers.add("Record-Route", route)
    for name, value in (extra or {}).items():
        response.headers.set(name, value)
    _close(response.headers, body, SDP)
    return response


def stamped(via: str, hop: Hop) -> str:
    """The topmost Via with where the request really came from (RFC 3261 18.2.1, RFC 3581 4)."""
    asked_for_port = _RPORT.search(via) is not None
    stamp = f";received={hop.host}" + (f";rport={hop.port}" if asked_for_port else "")
    return _RECEIVED.sub("", _RPORT.sub("", via)) + stamp


def reply_hop(request: ReceivedRequest | Answerable) -> Hop:
    """RFC 3261 18.2.2 and RFC 3581 4: the connection or address it came from; the port that Via names only
    where the sender did not ask for symmetry, or its connection is gone. The host is never that of the message."""
    hop = request.hop
    if isinstance(request, Answerable):
        return hop
    if hop.reliable:
        port = request.via.port or (5061 if hop.transport == "TLS" else 5060)
        return replace(hop, back_port=port) if port < 65536 else hop
    if parameter(request.via.parameters, "rport") is not None:
        return hop
    port = request.via.port or 5060
    return Hop(hop.transport, hop.host, port) if port < 65536 else hop


def make_ack(invite: Request, response: ReceivedResponse) -> Request:
    """The ACK for a final answer other than 2xx, which is a part of its transaction (RFC 3261 17.1.1.3)."""
    asked = invite.headers
    sequence = asked["CSeq"].split()[0]
    headers = [("Via", asked["Via"]), ("Max-Forwards", MAX_FORWARDS), ("From", asked["From"])]
    headers += [("To", response.message.headers["To"]), ("Call-ID", asked["Call-ID"])]
    headers += [("CSeq", f"{sequence} ACK"), *(("Route", route) for route in asked.getlist("Route"))]
    return make_request("ACK", invite.uri, headers)


def make_cancel(invite: Request, why: str = "") -> Request:
    """RFC 3261 9.1: the INVITE's own Via, without anything but what names it, and why (RFC 3326)."""
    asked = invite.headers
    sequence = asked["CSeq"].split()[0]
    headers = [("Via", asked["Via"]), ("Max-Forwards", MAX_FORWARDS), ("From", asked["From"])]
    headers += [("To", asked["To"]), ("Call-ID", asked["Call-ID"]), ("CSeq", f"{sequence} CANCEL")]
    headers += [("Route", route) for route in asked.getlist("Route")]
    headers += [("Reason", why)] if why else []
    return make_request("CANCEL", invite.uri, headers)


def challenges(response: ReceivedResponse) -> list[str]:
    """The challenges of a 401 or 407, topmost first."""
    name = "WWW-Authenticate" if response.code == 401 else "Proxy-Authenticate"
    return response.message.headers.getlist(name)


def accepts(request: ReceivedRequest, kind: str) -> bool:
    """Whether an answer may carry a body of this type (RFC 3261 20.1: all may where Accept says nothing)."""
    values = request.message.headers.getlist("Accept")
    named = {one.partition(";")[0].strip().lower() for value in values for one in value.split(",")}
    return not values or bool(named & {kind, kind.partition("/")[0] + "/*", "*/*"})


def _close(headers: Headers, body: bytes, content_type: str) -> None:
    if body:
        headers.set("Content-Type", content_type)
    headers.set("Content-Length", str(len(body)))
