"""Reliable provisional answers (RFC 3262): ours until their PRACK comes, theirs in the order of their numbers."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.application.ports import Timer
from app.telephony.errors import BadMessage
from app.telephony.messages import ABILITIES
from app.telephony.reoffers import answer_within
from app.telephony.wire import ReceivedRequest, ReceivedResponse, tokens

if TYPE_CHECKING:
    from sipmessage import Response

    from app.telephony.calls import Call
    from app.telephony.dialogs import Dialog
    from app.telephony.inbound_calls import InboundCall
    from app.telephony.transaction_layer import ServerTransaction

MAX_RSEQ = 2**32 - 1
RELIABLE = "100rel"

_RACK = re.compile(r"^(\d{1,10})\s+(\d{1,10})\s+(\S{1,32})$")


@dataclass(frozen=True)
class RAck:
    """What a PRACK acknowledges (7.2)."""

    rseq: int
    cseq: int
    method: str

    @classmethod
    def parse(cls, value: str) -> RAck:
        """Raises BadMessage."""
        found = _RACK.match(value)
        if found is None:
            raise BadMessage("RAck cannot be read")
        return cls(int(found.group(1)), int(found.group(2)), found.group(3))

    def __str__(self) -> str:
        return f"{self.rseq} {self.cseq} {self.method}"


def wants_reliable(request: ReceivedRequest) -> bool:
    """Whether the caller insists (3): who only supports it gets plain answers."""
    return RELIABLE in tokens(request, "Require")


def rseq_of(response: ReceivedResponse) -> int | None:
    """The number of a reliable provisional answer; None for any other (4)."""
    if not 100 < response.code < 200 or RELIABLE not in tokens(response, "Require"):
        return None
    number = response.message.headers.get("RSeq") or ""
    if not (number.isascii() and number.isdigit() and len(number) <= 10):
        return None
    return int(number) if 0 < int(number) <= MAX_RSEQ else None


def new_rseq() -> int:
    """3: the first is chosen between 1 and 2^31 - 1."""
    return 1 + secrets.randbelow(2**31 - 1)


class Unconfirmed:
    """A reliable provisional answer of ours, sent again until its PRACK comes, twice as late each time (3)."""

    def __init__(self, call: InboundCall, transaction: ServerTransaction, response: Response, rack: RAck) -> None:
        self.rack = rack
        self.describes = bool(response.body)
        self._call = call
        self._transaction = transaction
        self._response = response
        timing = call.station.timing
        self._interval_s = timing.t1_s
        self._scheduler = call.station.scheduler
        self._deadline = self._scheduler.call_later(timing.patience_s, self._give_up)
        self._next: Timer = self._scheduler.call_later(self._interval_s, self._again)

    def stop(self) -> None:
        """Send it no more; a PRACK may come all the same."""
        self._deadline.cancel()
        self._next.cancel()

    def _again(self) -> None:
        self._transaction.respond(self._response)
        self._interval_s *= 2
        self._next = self._scheduler.call_later(self._interval_s, self._again)

    def _give_up(self) -> None:
        self.stop()
        self._call.unheard()


def serve_prack(call: Call, transaction: ServerTransaction, dialog: Dialog) -> None:
    """3 and 5. A PRACK that acknowledges nothing of ours is 481."""
    request = transaction.request
    rack = RAck.parse(request.message.headers.get("RAck") or "")
    unconfirmed = call.unconfirmed
    if unconfirmed is None or unconfirmed.rack != rack:
        raise BadMessage("", 481)
    body = answer_within(call, request, dialog)
    unconfirmed.stop()
    call.unconfirmed = None
    call.station.respond(transaction, 200, to_tag=call.local_tag, extra=ABILITIES if body else None, body=body)
    call.confirmed()
