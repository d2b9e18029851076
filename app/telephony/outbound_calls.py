"""Calls that we place (RFC 3261 13.2, 9.1)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from sipmessage import URI, Request

from app.application.ports import LegId
from app.telephony.bodies import description_of
from app.telephony.call_states import UNANSWERED, CallDo, CallEvent, CallState, Offering, possible
from app.telephony.calls import Call, Station
from app.telephony.dialogs import Dialog
from app.telephony.digest import Authenticator
from app.telephony.early_dialogs import EarlyDialog, EarlyDialogs
from app.telephony.errors import BadMessage, NoCommonCodec, SipError
from app.telephony.identity import user_of
from app.telephony.media_port import RtpRemote
from app.telephony.messages import (
    ABILITIES,
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
from app.telephony.reasons import ELSEWHERE
from app.telephony.reliable import RAck, rseq_of
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
    """A call of ours. `start` places it; everything after that comes through the table.

    Redirections (3xx) are refusals like any other: whoever answers must not choose whom the line calls next, at the
    cost of its owner (8.1.3.4 leaves that to the caller).
    """

    owns_call_id = True

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
        self._early = EarlyDialogs()
        self._acknowledgement: tuple[bytes, Hop] | None = None
        self._answered_by: ReceivedResponse | None = None
        self._rang = False
        self.progressed = False
        """Whether anything but a challenge came for the INVITE: it is then not tried elsewhere."""
        self.offering = Offering.OURS
        self.refusal: ReceivedResponse | None = None
        """What ended it."""

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
        elif possible(self.state, CallEvent.CHALLENGE) and self._may_go_again(response):
            self.take(CallEvent.CHALLENGE)
        elif possible(self.state, CallEvent.FAILURE):
            self.log_reason(response)
            self.refusal = response
            self.take(CallEvent.FAILURE, response.code)

    def on_silence(self, code: int) -> None:
        if possible(self.state, CallEvent.FAILURE):
            self.take(CallEvent.FAILURE, code)

    def _may_go_again(self, response: ReceivedResponse) -> bool:
        """Whether another INVITE may do better: with proof of who we are, or with a longer session interval."""
        if response.code == 422:
            return self.session.lengthen(response)
        return (
            response.code in (401, 407)
            and self.authenticator is not None
            and self.authenticator.challenged(response.code, challenges(response))
        )

    def _on_provisional(self, response: ReceivedResponse) -> None:
        self.progressed = True
        branch = self._branch_of(response)
        rseq = rseq_of(response)
        if rseq is not None and (branch is None or not branch.in_order(rseq)):
            branch = rseq = None  # RFC 3262 4: nothing in it counts, but CANCEL may follow it (RFC 3261 9.1)
        if rseq is not None and branch is not None:
            rack = RAck(rseq, response.cseq.sequence, "INVITE")
            PlacedRequest(self, branch.dialog, "PRACK", extra=[("RAck", str(rack))]).send()
        if branch is not None and self.state in UNANSWERED:
            self._hear_early(branch, response, reliable=rseq is not None)
        self._rang = self._rang or response.code in (180, 183)
        if possible(self.state, CallEvent.PROVISIONAL):
            self.take(CallEvent.PROVISIONAL)

    def _branch_of(self, response: ReceivedResponse) -> EarlyDialog | None:
        try:
            branch = self._early.of(response, self._destination.sender, f"<{self._destination.target}>", self._cseq)
        except BadMessage:
            return None  # it rings there all the same; the Contact that counts is in the 2xx
        if branch is not None:
            branch.dialog.symmetric = self._destination.symmetric
        return branch

    def _hear_early(self, branch: EarlyDialog, response: ReceivedResponse, *, reliable: bool) -> None:
        """Early media: the branch that described itself last is heard, which answers nothing (13.2.2.1)."""
        self.hear_abilities(response)
        if branch.answered:
            return
        try:
            described = description_of(response)
            remote = accept(described, response.hop.host, self.local) if described is not None else None
        except SipError:
            branch.remote = None  # the answer that counts is in the 2xx
            return
        if remote is not None:
            branch.answered = reliable
            # RFC 3960 3.1: whoever only says that it rings leaves it to us to make that heard.
            self.sounds_early = self.sounds_early or response.code == 183
            self._listen_to(branch, remote)

    def _listen_to(self, branch: EarlyDialog, remote: RtpRemote) -> None:
        branch.remote = remote
        self.connect(replace(remote, early=True))

    def dialog_with(self, tag: str) -> Dialog | None:
        if self.dialog is not None:
            return super().dialog_with(tag)
        branch = self._early.find(tag)
        return branch.dialog if branch is not None else None

    def offering_in(self, dialog: Dialog) -> Offering:
        branch = self._early.find(dialog.id.remote_tag) if self.dialog is None else None
        if branch is None:
            return self.offering
        return Offering.DONE if branch.answered else Offering.OURS

    def agree(self, dialog: Dialog, remote: RtpRemote) -> None:
        branch = self._early.find(dialog.id.remote_tag) if self.dialog is None else None
        if branch is None:
            super().agree(dialog, remote)
        elif self.state in UNANSWERED:
            self._listen_to(branch, remote)

    def contact(self, hop: Hop) -> str:
        destination = self._destination
        return self.station.identity.contact(hop, destination.user, sips=destination.target.scheme == "sips")

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
            self.authenticator.accepted(response)
        if self.state in (CallState.ABANDONED, CallState.CANCELLING):
            self.take(CallEvent.SUCCESS)
            return
        try:
            remote = self._answered(response)
        except SipError:
            self.take(CallEvent.BREAK, 488)
            return
        self.offering = Offering.DONE
        self.connect(remote)
        self.hear_abilities(response)
        self.take(CallEvent.SUCCESS)
        self.session.accepted(response)

    def _answered(self, response: ReceivedResponse) -> RtpRemote:
        """What a 2xx agrees: as a reliable answer of its branch had it, else its own description, else what its
        branch described early. Raises SipError."""
        branch = self._early.find(response.to_tag)
        if branch is not None and branch.answered and branch.remote is not None:
            return branch.remote
        described = description_of(response)
        if described is not None:
            return accept(described, response.hop.host, self.local)
        if branch is None or branch.remote is None:
            raise NoCommonCodec("the answer brings no description")
        return branch.remote

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
        PlacedRequest(self, other, "BYE", extra=[("Reason", str(ELSEWHERE))]).send()

    def _dialog_of(self, response: ReceivedResponse) -> Dialog:
        dialog = Dialog.of_answer(response, self._destination.sender, f"<{self._destination.target}>", self._cseq)
        dialog.confirmed = True
        dialog.symmetric = self._destination.symmetric
        branch = self._early.find(response.to_tag)
        if branch is not None:  # 13.2.2.4: the numbers go on, the route set is that of the 2xx
            dialog.local_cseq = branch.dialog.local_cseq
            dialog.remote_cseq = branch.dialog.remote_cseq
        return dialog

    # -- what is sent

    def _do(self, action: CallDo) -> None:
        match action:
            case CallDo.SEND_INVITE:
                self._cseq += 1
                self._early.clear()
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
            ("Contact", self.contact(destination.hop)),
            ("Allow", ALLOW),
            ("Supported", ABILITIES["Supported"]),
            ("User-Agent", identity.name),
            *self.session.headers(),
        ]
        headers += self.proof("INVITE", str(destination.target))
        body = self.describe(lambda local: local.offer())
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
        cancel = make_cancel(self._invite, self.why)
        station.layer.request(cancel, self._transaction.key[0], self._transaction.hop, _Unheard())
        # 9.1: the INVITE counts as cancelled when no final answer comes.
        station.scheduler.call_later(station.timing.patience_s, self._give_up)

    def _give_up(self) -> None:
        if self._transaction is not None:
            self.station.layer.abandon(self._transaction)
        if possible(self.state, CallEvent.GIVE_UP):
            self.take(CallEvent.GIVE_UP)


class _Unheard:
    """What answers a CANCEL changes nothing: the INVITE's own answer does."""

    def on_response(self, response: ReceivedResponse) -> None: ...

    def on_silence(self, code: int) -> None: ...
