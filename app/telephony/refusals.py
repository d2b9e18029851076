"""What a refusal must carry beside its status (RFC 3261 8.2, 21.4)."""

from __future__ import annotations

from app.telephony.errors import BadMessage
from app.telephony.messages import ALLOW, SDP, SUPPORTED, Identity
from app.telephony.refer_forms import REFER_EVENT
from app.telephony.wire import ReceivedRequest, bracketed

_EXTRA = {
    405: {"Allow": ALLOW},
    415: {"Accept": SDP, "Accept-Encoding": "identity"},
    489: {"Allow-Events": REFER_EVENT},
}
"""21.4.6, 21.4.13, RFC 6665 8.3.2; an error that knows better says so in its own headers."""


def unsupported(request: ReceivedRequest) -> list[str]:
    """The extensions that a request needs and we do not have (8.2.2.3)."""
    return [option for option in request.message.require if option.lower() not in SUPPORTED]


def headers_of(identity: Identity, request: ReceivedRequest, error: BadMessage) -> dict[str, str]:
    """The headers of the answer that refuses this request."""
    headers = {**_EXTRA.get(error.code, {}), **error.headers}
    if error.code == 420:
        headers["Unsupported"] = ", ".join(unsupported(request))
    if error.reason:
        headers["Warning"] = warning(identity, error)
    return headers


def warning(identity: Identity, error: BadMessage) -> str:
    """20.43: 305 and 304 speak of media, 399 of anything else."""
    text = error.reason.replace("\\", "").replace('"', "'")
    return f'{305 if error.code == 488 else 399} {bracketed(identity.host)}:{identity.port} "{text}"'
