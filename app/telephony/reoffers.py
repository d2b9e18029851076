"""Changing a session that stands: re-INVITE (RFC 3261 14) and UPDATE (RFC 3311), theirs and ours."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from app.application.ports import Timer
from app.telephony.bodies import description_of
from app.telephony.call_states import CallEvent, CallState, Offering, possible
from app.telephony.errors import BadMessage, NoCommonCodec, SipError
from app.telephony.messages import ABILITIES, challenges, make_request
from app.telephony.offer_answer import accept, answer, choose
from app.telephony.sdp import Direction
from app.telephony.session_timers import terms_of
from app.telephony.wire import Hop, ReceivedRequest, ReceivedResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.telephony.calls import Call
    from app.telephony.dialogs import Dialog
    from app.telephony.transaction_layer import ClientTransaction, ServerTransaction

MAX_GLARES = 8
"""How often 491 is answered by another try."""
GONE = (408, 481)
"""12.2.1.2: the other side does not know the dialog any more."""


# -- theirs


def serve_reinvite(call: Call, transaction: ServerTransaction, dialog: Dialog) -> None:
    """14.2. Whatever is raised here leaves the session as it was."""
    if call.reoffers.under_way or call.state in (CallState.CALLING, CallState.EARLY):
        raise BadMessage("", 491)
    if call.state is not CallState.UP or call.awaits_ack:
        raise not_yet()  # the exchange before this one is not over
    request = transaction.request
    terms = terms_of(request, call.station.limits)
    offer = description_of(request)
    host = request.hop.host
    agreed = choose(offer, host, call.policy, call.remote) if offer is not None else None
    dialog.refresh(request)
    call.hear_abilities(request)
    call.offering = Offering.THEIRS if agreed is not None else Offering.NONE
    call.send_ok(transaction, offer, agreed, terms)


def serve_update(call: Call, transaction: ServerTransaction, dialog: Dialog) -> None:
    """RFC 3311 5.2. Whatever is raised here leaves the session as it was."""
    request = transaction.request
    terms = terms_of(request, call.station.limits)
    dialog.target_named(request)  # raises before anything is changed
    body = answer_within(call, request, dialog)
    dialog.refresh(request)
    call.hear_abilities(request)
    contact = {"Contact": call.station.identity.contact(request.hop)}
    extra = {**contact, **ABILITIES, **dict(terms.headers)}
    call.station.respond(transaction, 200, to_tag=call.local_tag, extra=extra, body=body)
    if call.state is CallState.UP:
        call.session.agree(terms)


def answer_within(call: Call, request: ReceivedRequest, dialog: Dialog) -> bytes:
    """What an UPDATE or PRACK describes: answered at once when it is an offer, b"" when there is nothing to say.

    Raises BadMessage with 491 or 500 where another offer is not settled (RFC 3311 5.2), NoCommonCodec."""
    described = description_of(request)
    offering = call.offering_in(dialog)
    if request.method == "PRACK" and offering is Offering.OURS:
        call.settle_offer(described, request.hop.host)
        return b""
    if described is None:
        return b""
    if offering is Offering.OURS or call.reoffers.under_way:
        raise BadMessage("", 491)
    if offering is not Offering.DONE:
        raise not_yet()
    agreed = choose(described, request.hop.host, call.policy, call.remote)
    body = call.describe(lambda local: answer(described, agreed, local))
    call.agree(dialog, agreed.remote)
    return body


def not_yet() -> BadMessage:
    """500 to come again, in up to ten seconds (14.2)."""
    return BadMessage("", 500, {"Retry-After": str(secrets.randbelow(11))})


# -- ours


class Reoffers:
    """Our own changes of one session: one under way at a time, and never while another exchange is (14.1)."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._wanted: Direction | None = None
        self._placed: _Reinvite | None = None
        self._timer: Timer | None = None
        self._glares = 0

    @property
    def under_way(self) -> bool:
        """Whether an offer of ours waits for its answer."""
        return self._placed is not None

    def want(self, direction: Direction) -> None:
        """Offer the session anew, now or when what is under way is over. The last wish counts."""
        self._wanted = direction
        self._glares = 0
        self.go()

    def go(self) -> None:
        """Send what is wanted, if nothing hinders."""
        call = self._call
        if self._wanted is None or self._placed is not None or self._timer is not None or call.dialog is None:
            return
        if call.state is not CallState.UP or call.awaits_ack:
            return
        self._placed = _Reinvite(call, call.dialog, self._wanted, self._finished)
        self._wanted = None
        self._placed.send()

    def stop(self) -> None:
        """The call is over."""
        self._wanted = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._placed is not None:
            self._placed.leave()
            self._placed = None

    def _finished(self, direction: Direction, code: int) -> None:
        self._placed = None
        if code == 491 and self._glares < MAX_GLARES:
            self._glares += 1
            self._wanted = self._wanted or direction
            scheduler = self._call.station.scheduler
            self._timer = scheduler.call_later(self._after_glare_s(), self._again)
        else:
            self.go()

    def _again(self) -> None:
        self._timer = None
        self.go()

    def _after_glare_s(self) -> float:
        """14.1: who chose the Call-ID waits longer, so that the two do not meet again; in steps of 10 ms."""
        if self._call.owns_call_id:
            return 2.1 + secrets.randbelow(191) / 100
        return secrets.randbelow(201) / 100


class _Reinvite:
    """One re-INVITE of ours, its answers, and the ACK of its 2xx."""

    def __init__(
        self, call: Call, dialog: Dialog, direction: Direction, then: Callable[[Direction, int], None]
    ) -> None:
        self._call = call
        self._dialog = dialog
        self._direction = direction
        self._then = then
        self._before = call.direction
        self._current = call.remote
        self._cseq = 0
        self._transaction: ClientTransaction | None = None
        self._proof: list[tuple[str, str]] = []
        self._acknowledgement: tuple[bytes, Hop] | None = None
        self._over = False

    def send(self) -> None:
        call, dialog = self._call, self._dialog
        identity = call.station.identity
        hop = dialog.next_hop()
        branch, uri, headers = dialog.headers("INVITE", identity, hop)
        self._cseq = dialog.local_cseq
        self._proof = call.proof("INVITE", str(uri))
        # No 100rel: nothing provisional is worth a PRACK here.
        headers += [("Contact", call.contact(hop)), ("Allow", ABILITIES["Allow"]), ("Supported", "timer")]
        headers += [*call.session.headers(), *self._proof]
        call.direction = self._direction
        body = call.describe(lambda local: local.offer(self._current))
        call.offering = Offering.OURS
        request = make_request("INVITE", uri, headers, body)
        self._transaction = call.station.layer.request(request, branch, hop, self)

    def leave(self) -> None:
        """The call is over: an answer that still comes is acknowledged, none is waited for."""
        if not self._over and self._transaction is not None:
            station, transaction = self._call.station, self._transaction
            station.scheduler.call_later(station.timing.patience_s, lambda: station.layer.abandon(transaction))
        self._over = True

    def on_response(self, response: ReceivedResponse) -> None:
        call = self._call
        if response.code < 200:
            return
        if response.code < 300:
            self._on_success(response)
        elif not self._over and self._may_go_again(response):
            self.send()
        else:
            call.log_reason(response)
            self._fail(response.code)

    def on_silence(self, code: int) -> None:
        self._fail(408 if code == 408 else code)

    def _may_go_again(self, response: ReceivedResponse) -> bool:
        authenticator = self._call.authenticator
        if response.code == 422:
            return self._call.session.lengthen(response)
        return (
            response.code in (401, 407)
            and authenticator is not None
            and authenticator.challenged(response.code, challenges(response))
        )

    def _on_success(self, response: ReceivedResponse) -> None:
        call = self._call
        if self._acknowledgement is not None:
            call.station.layer.send(*self._acknowledgement)
            return
        if not self._over:
            self._dialog.retarget(response)
        hop = self._dialog.next_hop()
        _, uri, headers = self._dialog.headers("ACK", call.station.identity, hop, self._cseq)
        self._acknowledgement = bytes(make_request("ACK", uri, [*headers, *self._proof])), hop
        call.station.layer.send(*self._acknowledgement)
        if self._over:
            return
        self._over = True
        try:
            described = description_of(response)
            if described is None:
                raise NoCommonCodec("the answer brings no description")
            remote = accept(described, response.hop.host, call.local, self._current)
        except SipError:
            call.take(CallEvent.BREAK, 488)
            return
        call.offering = Offering.DONE
        call.connect(remote)
        call.hear_abilities(response)
        call.session.accepted(response)
        self._then(self._direction, response.code)

    def _fail(self, code: int) -> None:
        """14.1: the session stays as it was, but for a dialog that the other side does not know any more."""
        if self._over:
            return
        self._over = True
        call = self._call
        call.direction = self._before
        call.offering = Offering.DONE
        if code in GONE and possible(call.state, CallEvent.BREAK):
            call.take(CallEvent.BREAK, 408)
            return
        call.session.refused()
        self._then(self._direction, code)
