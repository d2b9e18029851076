"""What statuses of SIP say to the application, and the application's words to SIP."""

from __future__ import annotations

from app.application.ports import LegEnd, Rejection
from app.telephony.calls import Call
from app.telephony.outbound_calls import OutboundCall
from app.telephony.reasons import MEDIA_LOST, NO_ANSWER

REJECTIONS = {Rejection.BUSY: 486, Rejection.UNAVAILABLE: 480, Rejection.OVERLOADED: 503}

REASONS_WHY = {LegEnd.NO_ANSWER: NO_ANSWER, LegEnd.LOST: MEDIA_LOST}
"""What our own BYE or CANCEL says of it (RFC 3326)."""

ENDS = {
    200: LegEnd.HUNG_UP,
    486: LegEnd.BUSY,
    600: LegEnd.BUSY,
    408: LegEnd.NO_ANSWER,
    480: LegEnd.NO_ANSWER,
    487: LegEnd.NO_ANSWER,
    415: LegEnd.FAILED,
    488: LegEnd.FAILED,
    606: LegEnd.FAILED,
}
"""What a status says of a leg; any other 5xx is FAILED, anything else REFUSED."""


def end_of(code: int, call: Call) -> LegEnd:
    """Why a call is gone, by the status that ended it."""
    if code != 200 and (not isinstance(call, OutboundCall) or call.was_up):
        return LegEnd.FAILED if code in (488, 503) else LegEnd.LOST
    if code in ENDS:
        return ENDS[code]
    return LegEnd.FAILED if 500 <= code < 600 else LegEnd.REFUSED
