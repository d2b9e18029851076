"""Calls that arrive (RFC 3261 13.3, 9.2)."""

from __future__ import annotations

from app.application.ports import LegId
from app.telephony.call_states import CallDo, CallEvent, CallState, Offering, possible
from app.telephony.calls import Call, Station
from app.telephony.dialogs import Dialog
from app.telephony.identity import identify
from app.telephony.media_port import NoPortFree
from app.telephony.messages import ALLOW, new_tag
from app.telephony.offer_answer import Agreed
from app.telephony.reliable import RELIABLE, RAck, Unconfirmed, new_rseq, wants_reliable
from app.telephony.sdp import SessionDescription
from app.telephony.session_timers import terms_of
from app.telephony.transaction_layer import ServerTransaction
from app.telephony.wire import Hop, ReceivedRequest


class InboundCall(Call):
    """A call from an INVITE whose offer, if it had one, was found acceptable."""

    def __init__(
        self,
        station: Station,
        leg: LegId,
        transaction: ServerTransaction,
        offer: SessionDescription | None,
        agreed: Agreed | None,
    ) -> None:
        request = transaction.request
        super().__init__(station, leg, request.call_id, new_tag(), CallState.ARRIVED)
        self.policy = station.policy_for(request.hop)
        self._transaction = transaction
        self._offer = offer
        self._agreed = agreed
        self.who = identify(request, trusted=transaction.admitted.trusted, contact_users=station.contact_users)
        """Who calls whom, by as much of the INVITE as its source is believed."""
        self.party = self.who.dialled
        self._terms = terms_of(request, station.limits)
        self._insists = wants_reliable(request)
        self._answer_wanted = False
        self.offering = Offering.NONE if agreed is None else Offering.THEIRS
        self.hear_abilities(request)
        self.dialog = Dialog.of_invite(request, self.local_tag)
        self.dialog.symmetric = not transaction.admitted.trusted

    @property
    def invite(self) -> ServerTransaction:
        return self._transaction

    @property
    def came_from(self) -> str:
        """The address its INVITE came from."""
        return self._transaction.request.hop.host

    def ring(self) -> None:
        """180. One that must carry an offer of ours needs a port: without one the caller gets 503."""
        if possible(self.state, CallEvent.RING) and (not self._offers_early or self._has_media()):
            self.take(CallEvent.RING)

    def contact(self, hop: Hop) -> str:
        sips = self._transaction.request.message.uri.scheme == "sips"
        return self.station.identity.contact(hop, sips=sips)

    def answer(self) -> None:
        """200. Where no RTP port is free the caller gets 503, and the application is told. A call that replaces
        another has its port already."""
        if not possible(self.state, CallEvent.ANSWER):
            return
        if self.unconfirmed is not None and self.unconfirmed.describes:
            self._answer_wanted = True  # RFC 3262 3: not before the PRACK of an answer with a description
        elif self._has_media():
            self.take(CallEvent.ANSWER)

    def _has_media(self) -> bool:
        if self.local is not None:
            return True
        try:
            self.open_media()
        except NoPortFree:
            self.take(CallEvent.BREAK, 503)
            return False
        return True

    @property
    def _offers_early(self) -> bool:
        """RFC 3262 5: the first reliable answer to an INVITE without an offer brings ours."""
        return self._insists and self.offering is Offering.NONE

    def confirmed(self) -> None:
        if self._answer_wanted:
            self._answer_wanted = False
            self.answer()

    def unheard(self) -> None:
        """RFC 3262 3: a reliable answer without its PRACK ends the call."""
        if possible(self.state, CallEvent.BREAK):
            self.take(CallEvent.BREAK, 504)

    def cancelled(self, cancel: ServerTransaction) -> None:
        """RFC 3261 9.2: the CANCEL is answered with the tag of the INVITE's answers; too late it does nothing."""
        self.station.respond(cancel, 200, to_tag=self.local_tag)
        self.log_reason(cancel.request)
        if possible(self.state, CallEvent.CANCEL):
            self.take(CallEvent.CANCEL)

    def acknowledge(self, request: ReceivedRequest) -> None:
        if self.dialog is not None:
            self.dialog.confirmed = True
        super().acknowledge(request)

    def _do(self, action: CallDo) -> None:
        match action:
            case CallDo.SEND_RINGING:
                self._send_ringing()
            case CallDo.SEND_OK:
                if self.unconfirmed is not None:
                    self.unconfirmed.stop()
                self.send_ok(self._transaction, self._offer, self._agreed, self._terms)
            case CallDo.SEND_REFUSAL:
                self.refuse(self._transaction, self._code)
            case CallDo.SEND_TERMINATED:
                self.refuse(self._transaction, 487)
            case _:
                super()._do(action)

    def _send_ringing(self) -> None:
        invite = self._transaction
        extra = {"Contact": self.contact(invite.request.hop), "Allow": ALLOW}
        if not self._insists:
            self.station.respond(invite, 180, to_tag=self.local_tag, extra=extra)
            return
        rack = RAck(new_rseq(), invite.request.cseq.sequence, "INVITE")
        body = b""
        if self._offers_early:
            body = self.describe(lambda local: local.offer(self.remote))
            self.offering = Offering.OURS
        extra |= {"Require": RELIABLE, "RSeq": str(rack.rseq)}
        response = self.station.respond(invite, 180, to_tag=self.local_tag, extra=extra, body=body)
        self.unconfirmed = Unconfirmed(self, invite, response, rack)
