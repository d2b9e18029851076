"""A transfer that the other side asks for (REFER, RFC 3515), and the subscription that tells it how it went.

Nothing is ever called because of it: the application hears the name that was asked for, and decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.telephony.placed_requests import PlacedRequest
from app.telephony.refer_forms import REFER_EVENT, SIPFRAG, EventName, Fragment, SubscriptionState

if TYPE_CHECKING:
    from app.telephony.calls import Call
    from app.telephony.dialogs import Dialog

DECISION_S = 30.0
"""How long the application may take to carry the transfer out."""

TRYING = Fragment(100, "Trying")
ACCEPTED = Fragment(200, "OK")
DECLINED = Fragment(603, "Declined")
TIMED_OUT = Fragment(503, "Service Unavailable")
OVER = SubscriptionState("terminated", "noresource")
"""RFC 3515 2.4.7: the subscription ends with the last NOTIFY, and cannot be had again."""

CONTENT_TYPE = f"{SIPFRAG};version=2.0"


class TransferAsked:
    """One REFER that was taken. The subscription outlives its call (RFC 5057 4.2), but never DECISION_S.

    `told` is False where the other side wants no NOTIFY (RFC 4488).
    """

    def __init__(self, call: Call, dialog: Dialog, event: EventName, *, told: bool) -> None:
        self.pending = True
        self._call = call
        self._dialog = dialog
        self._event = event
        self._told = told
        self._timer = call.station.scheduler.call_later(DECISION_S, self._time_out)
        self._notify(TRYING, SubscriptionState("active", expires_s=int(DECISION_S)))

    def answer(self, *, accepted: bool) -> None:
        """Tell how it went; once, and in time."""
        self._finish(ACCEPTED if accepted else DECLINED)

    def _time_out(self) -> None:
        self._finish(TIMED_OUT)

    def _finish(self, fragment: Fragment) -> None:
        if not self.pending:
            return
        self.pending = False
        self._timer.cancel()
        self._notify(fragment, OVER)

    def _notify(self, fragment: Fragment, state: SubscriptionState) -> None:
        if not self._told:
            return
        extra = [
            ("Contact", self._call.station.identity.contact(self._dialog.source)),
            ("Event", str(self._event)),
            ("Subscription-State", str(state)),
        ]
        PlacedRequest(
            self._call, self._dialog, "NOTIFY", extra=extra, body=bytes(fragment), content_type=CONTENT_TYPE
        ).send()


def event_of(number: int, cseq: int) -> EventName:
    """RFC 3515 2.4.6: from the second REFER of a dialog on, its CSeq tells its subscription from the others'."""
    return EventName(REFER_EVENT, str(cseq) if number > 1 else "")
