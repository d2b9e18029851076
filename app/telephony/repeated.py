"""The 2xx to an INVITE (RFC 3261 13.3.1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.telephony.call_states import CallEvent

if TYPE_CHECKING:
    from sipmessage import Response

    from app.application.ports import Timer
    from app.telephony.calls import Call
    from app.telephony.transaction_layer import ServerTransaction


class Repeated:
    """A 2xx to an INVITE, sent again until its ACK comes (RFC 3261 13.3.1.4), over every transport."""

    def __init__(self, call: Call, transaction: ServerTransaction, response: Response) -> None:
        self.cseq = transaction.request.cseq.sequence
        self._call = call
        self._transaction = transaction
        self._response = response
        self._timing = call.station.timing
        self._interval_s = self._timing.t1_s
        scheduler = call.station.scheduler
        self._deadline = scheduler.call_later(self._timing.patience_s, self._give_up)
        self._next: Timer = scheduler.call_later(self._interval_s, self._again)

    def stop(self) -> None:
        self._deadline.cancel()
        self._next.cancel()

    def _again(self) -> None:
        self._transaction.respond(self._response)
        self._interval_s = min(self._interval_s * 2, self._timing.t2_s)
        self._next = self._call.station.scheduler.call_later(self._interval_s, self._again)

    def _give_up(self) -> None:
        self.stop()
        self._call.take(CallEvent.NO_ACK, 408)
