"""Calls that arrive (RFC 3261 13.3, 9.2)."""

from __future__ import annotations

from app.application.ports import LegId
from app.telephony.call_states import CallDo, CallEvent, CallState, possible
from app.telephony.calls import Call, Station
from app.telephony.dialogs import Dialog
from app.telephony.identity import identify
from app.telephony.media_port import NoPortFree
from app.telephony.messages import new_tag
from app.telephony.offer_answer import Agreed
from app.telephony.sdp import SessionDescription
from app.telephony.transaction_layer import ServerTransaction
from app.telephony.wire import ReceivedRequest


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
        self.dialog = Dialog.of_invite(request, self.local_tag)
        self.dialog.symmetric = not transaction.admitted.trusted

    @property
    def invite(self) -> ServerTransaction:
        return self._transaction

    @property
    def came_from(self) -> str:
        """The address its INVITE came from."""
        return self._transaction.request.hop.host

    def answer(self) -> None:
        """200. Where no RTP port is free the caller gets 503, and the application is told. A call that replaces
        another has its port already."""
        if not possible(self.state, CallEvent.ANSWER):
            return
        try:
            if self.local is None:
                self.open_media()
        except NoPortFree:
            self.take(CallEvent.BREAK, 503)
        else:
            self.take(CallEvent.ANSWER)

    def cancelled(self, cancel: ServerTransaction) -> None:
        """RFC 3261 9.2: the CANCEL is answered with the tag of the INVITE's answers; too late it does nothing."""
        self.station.respond(cancel, 200, to_tag=self.local_tag)
        if possible(self.state, CallEvent.CANCEL):
            self.take(CallEvent.CANCEL)

    def acknowledge(self, request: ReceivedRequest) -> None:
        if self.dialog is not None:
            self.dialog.confirmed = True
        super().acknowledge(request)

    def _do(self, action: CallDo) -> None:
        match action:
            case CallDo.SEND_RINGING:
                contact = {"Contact": self.station.identity.contact(self._transaction.request.hop)}
                self.station.respond(self._transaction, 180, to_tag=self.local_tag, extra=contact)
            case CallDo.SEND_OK:
                self.send_ok(self._transaction, self._offer, self._agreed)
            case CallDo.SEND_REFUSAL:
                self.refuse(self._transaction, self._code)
            case CallDo.SEND_TERMINATED:
                self.refuse(self._transaction, 487)
            case _:
                super()._do(action)
