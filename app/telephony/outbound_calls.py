"""Calls that we place (RFC 3261 13.2, 9.1)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sipmessage import URI, Request

from app.application.ports import LegId
from app.telephony.call_states import CallDo, CallEvent, CallState, possible
from app.telephony.calls import Call, Station, description_of
from app.telephony.dialogs import Dialog
from app.telephony.digest import Authenticator
from app.telephony.errors import NoCommonCodec, SipError
from app.telephony.identity import user_of
from app.telephony.messages import (
    ALLOW,
    MAX_FORWARDS,
    challenges,
    make_cancel,
    make_request,
    new_branch,
    new_call_id,
    new_tag,
)
from app.telephony.offer_answer import accept
from app.telephony.placed_requests import PlacedRequest
from app.telephony.sdp import SessionDescription
from app.telephony.transaction_layer import ClientTransaction
from app.telephony.wire import Hop, ReceivedResponse


@dataclass(frozen=True)
class Destination:
    """Whom to call and how: `target` goes into the request, `hop` is where it is sent, `sender` is our From."""

    target: URI
    hop: Hop
    sender: str
    user: str = "line"
    symmetric: bool = False
    """See `Dialog.symmetric`."""
    may_refer: bool = False
    """It is an operator's telephone, which may ask for a transfer."""
    routes: tuple[str, ...] = ()
    """Route values that every call of this account carries (RFC 3608 5)."""


class OutboundCall(Call):
    """A call of ours. `start` places it; everything after that comes through the table."""

    def __init__(
        self, station: Station, leg: LegId, destination: Destination, authenticator: Authenticator | None
    ) -> None:
        super().__init__(station, leg, new_call_id(), new_tag(), CallState.CALLING)
        self.policy = station.policy_for(destination.hop)
        self.authenticator = authenticator
        self.party = user_of(destination.target)
        self.transfers.may_ask = destination.may_refer
        self._destination = destination
        self._cseq = 1 + secrets.randbelow(2**16)
        self._invite: Request | None = None
        self._transaction: ClientTransaction | None = None
        self._early: SessionDescription | None = None
        self._acknowledgement: tuple[bytes, Hop] | None = None
        self._answered_by: ReceivedResponse | None = None
        self._rang = False
        self.progressed = False
        """Whether anything but a challenge came for the INVITE: it is then not tried elsewhere."""

    def start(self) -> None:
        """Send the INVITE. Raises NoPortFree, and NoCommonCodec where keys may not go this way."""
        if not self.policy.allows(self._destination.hop):
            raise NoCommonCodec("SRTP is required and the signalling is not TLS (docs/decisions/0011)")
        self.open_media()
        self._send_invite()

    # -- what comes back for the INVITE

    def on_response(self, response: ReceivedResponse) -> None:
        if response.code < 200:
            self._on_provisional(response)
        elif response.code < 300:
            self._on_success(response)
        elif response.code in (401, 407) and self._may_answer(response):
            self.take(CallEvent.CHALLENGE)
        elif possible(self.state, CallEvent.FAILURE):
            self.take(CallEvent.FAILURE, response.code)

    def on_silence(self, code: int) -> None:
        if possible(self.state, CallEvent.FAILURE):
            self.take(CallEvent.FAILURE, code)

    def _may_answer(self, response: ReceivedResponse) -> bool:
        return (
            self.authenticator is not None
            and possible(self.state, CallEvent.CHALLENGE)
            and self.authenticator.challenged(response.code, challenges(response))
        )

    def _on_provisional(self, response: ReceivedResponse) -> None:
        self.progressed = True
        try:
            self._early = description_of(response) or self._early
        except SipError:
            self._early = None  # the answer that counts is in the 200
        self._rang = self._rang or response.code in (180, 183)
        if possible(self.state, CallEvent.PROVISIONAL):
            self.take(CallEvent.PROVISIONAL)

    def _on_success(self, response: ReceivedResponse) -> None:
        if self._answered_by is not None:
            self._on_another_success(response, self._answered_by)
            return
        self._answered_by = response
        try:
            self.dialog = self._dialog_of(response)
        except SipError:
            # An answer without a usable Contact: there is nobody to acknowledge.
            self.take(CallEvent.FAILURE, 500)
            return
        if self.authenticator is not None:
            self.authenticator.accepted()
        if self.state in (CallState.ABANDONED, CallState.CANCELLING):
            self.take(CallEvent.SUCCESS)
            return
        try:
            described = description_of(response) or self._early
            if described is None:
                raise NoCommonCodec("the answer brings no description")
            remote = accept(described, response.hop.host, self.local)
        except SipError:
            self.take(CallEvent.BREAK, 488)
            return
        self.connect(remote)
        self.take(CallEvent.SUCCESS)

    def _on_another_success(self, response: ReceivedResponse, first: ReceivedResponse) -> None:
        """13.2.2.4: the same answer again wants its ACK again; that of another branch is let go."""
        if response.to_tag == first.to_tag:
            if self._acknowledgement is not None:
                self.station.layer.send(*self._acknowledgement)
            return
        try:
            other = self._dialog_of(response)
        except SipError:
            return
        self.station.layer.send(*self._ack_of(other))
        PlacedRequest(self, other, "BYE").send()

    def _dialog_of(self, response: ReceivedResponse) -> Dialog:
        dialog = Dialog.of_answer(response, self._destination.sender, f"<{self._destination.target}>", self._cseq)
        dialog.confirmed = True
        dialog.symmetric = self._destination.symmetric
        return dialog

    # -- what is sent

    def _do(self, action: CallDo) -> None:
        match action:
            case CallDo.SEND_INVITE:
                self._cseq += 1
                self._send_invite()
            case CallDo.SEND_ACK:
                self._acknowledge()
            case CallDo.SEND_CANCEL:
                self._send_cancel()
            case CallDo.TELL_RINGING:
                if self._rang:
                    self.station.user.call_ringing(self)
            case CallDo.TELL_ANSWERED:
                self.station.user.call_answered(self)
            case _:
                super()._do(action)

    def _send_invite(self) -> None:
        assert self.local is not None
        destination, identity = self._destination, self.station.identity
        branch = new_branch()
        headers = [
            ("Via", identity.via(destination.hop, branch)),
            ("Max-Forwards", MAX_FORWARDS),
            *(("Route", route) for route in destination.routes),
            ("From", f"{destination.sender};tag={self.local_tag}"),
            ("To", f"<{destination.target}>"),
            ("Call-ID", self.call_id),
            ("CSeq", f"{self._cseq} INVITE"),
            ("Contact", identity.contact(destination.hop, destination.user)),
            ("Allow", ALLOW),
            ("User-Agent", identity.name),
        ]
        headers += self.proof("INVITE", str(destination.target))
        body = self.local.offer().serialise()
        self._invite = make_request("INVITE", destination.target, headers, body)
        layer = self.station.layer
        self._transaction = layer.request(self._invite, branch, destination.hop, self)

    def _acknowledge(self) -> None:
        if self.dialog is not None:
            self._acknowledgement = self._ack_of(self.dialog)
            self.station.layer.send(*self._acknowledgement)

    def _ack_of(self, dialog: Dialog) -> tuple[bytes, Hop]:
        """The ACK of a 2xx is a request of its own, sent by the core (13.2.2.4), with the INVITE's proof (22.1)."""
        hop = dialog.next_hop()
        _, uri, headers = dialog.headers("ACK", self.station.identity, hop, self._cseq)
        if self._invite is not None:
            for name in ("Authorization", "Proxy-Authorization"):
                headers += [(name, value) for value in self._invite.headers.getlist(name)]
        return bytes(make_request("ACK", uri, headers)), hop

    def _send_cancel(self) -> None:
        if self._invite is None or self._transaction is None:
            return
        station = self.station
        station.layer.request(
            make_cancel(self._invite), self._transaction.key[0], self._transaction.hop, _Unheard()
        )
        # 9.1: the INVITE counts as cancelled when no final answer comes.
        station.scheduler.call_later(station.timing.patience_s, self._give_up)

    def _give_up(self) -> None:
        if possible(self.state, CallEvent.GIVE_UP):
            self.take(CallEvent.GIVE_UP)


class _Unheard:
    """What answers a CANCEL changes nothing: the INVITE's own answer does."""

    def on_response(self, response: ReceivedResponse) -> None: ...

    def on_silence(self, code: int) -> None: ...
