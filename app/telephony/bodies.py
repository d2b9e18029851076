"""What the bodies of messages carry (RFC 3261 7.4, 8.2.3)."""

from __future__ import annotations

from app.telephony.errors import BadMessage, BadSdp
from app.telephony.messages import SDP
from app.telephony.sdp import SessionDescription, parse
from app.telephony.wire import ReceivedRequest, ReceivedResponse


def description_of(message: ReceivedRequest | ReceivedResponse) -> SessionDescription | None:
    """The session description a message carries; None for an empty body, and for one that may be passed over
    (20.11). Raises BadMessage, with 415 for what is not understood."""
    body, headers = message.message.body, message.message.headers
    if not body.strip():
        return None
    encoding = (headers.get("Content-Encoding") or "identity").strip().lower()
    kind = (headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    disposition = (headers.get("Content-Disposition") or "session").replace(" ", "").lower()
    if encoding != "identity" or kind != SDP or disposition.partition(";")[0] != "session":
        if "handling=optional" in disposition:
            return None
        raise BadMessage("only application/sdp is understood", 415)
    try:
        return parse(body)
    except BadSdp as error:
        raise BadMessage(f"session description: {error}") from error
