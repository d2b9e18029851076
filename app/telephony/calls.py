"""What calls of both directions share: a dialog, its media, and the requests within it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sipmessage import Response

from app.application.ports import LegId, Timer
from app.telephony.call_states import CallDo, CallEvent, CallState, call_step, possible
from app.telephony.dialogs import Dialog
from app.telephony.digest import Authenticator
from app.telephony.errors import BadMessage, BadSdp, NoCommonCodec, SipError
from app.telephony.media_policy import IN_THE_CLEAR, MediaPolicy
from app.telephony.media_port import MediaEngine, RtpRemote
from app.telephony.messages import ABILITIES, SDP, Identity, make_response
from app.telephony.offer_answer import Agreed, LocalSession, accept, answer, choose
from app.telephony.placed_requests import PlacedRequest
from app.telephony.requests_within import serve_bye, serve_info, serve_options
from app.telephony.sdp import SessionDescription, parse
from app.telephony.transaction_layer import ServerTransaction, TransactionLayer
from app.telephony.transactions import Scheduler, Timing
from app.telephony.transfers import Transfers, serve_notify, serve_refer
from app.telephony.wire import Hop, ReceivedRequest, ReceivedResponse


class CallUser(Protocol):
    """Who hears what happens to calls."""

    def call_arrived(self, call: Call, caller: str, dialled: str) -> None: ...

    def call_ringing(self, call: Call) -> None: ...

    def call_answered(self, call: Call) -> None: ...

    def call_ended(self, call: Call, code: int) -> None:
        """`code` is the status that ended it, 200 for BYE and CANCEL. Never told after `hang_up` or `reject`."""

    def call_key(self, call: Call, key: str) -> None: ...

    def call_transfer_asked(self, call: Call, target: str) -> None:
        """The other side wants its call handed on to `target`; `call.transfers.answer` follows."""

    def call_replaced(self, call: Call, replaced: Call) -> None:
        """`call` goes on with the leg of `replaced`."""

    def call_gone(self, call: Call) -> None:
        """Nothing more can come of this call; told for every call, once."""


@dataclass(frozen=True)
class Station:
    """What every call of one user agent works with."""

    identity: Identity
    layer: TransactionLayer
    media: MediaEngine
    user: CallUser
    calls: Mapping[tuple[str, str], Call] = field(default_factory=dict)
    """All calls by Call-ID and our tag."""
    contact_users: frozenset[str] = frozenset()
    """The users of the Contacts that we registered: a request URI with one of them names no dialled number."""
    policy_for: Callable[[Hop], MediaPolicy] = lambda _: IN_THE_CLEAR

    @property
    def scheduler(self) -> Scheduler:
        return self.layer.scheduler

    @property
    def timing(self) -> Timing:
        return self.layer.timing

    def respond(
        self,
        transaction: ServerTransaction,
        code: int,
        *,
        to_tag: str = "",
        reason: str = "",
        extra: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Response:
        """Answer a request within its transaction."""
        named = {"Server": self.identity.name, **(extra or {})}
        response = make_response(
            transaction.request,
            code,
            to_tag=to_tag or secrets.token_hex(8),
            reason=reason,
            extra=named,
            body=body,
        )
        transaction.respond(response)
        return response


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


class Call:
    """One leg over SIP. Subclasses say how it is set up; everything within the dialog is here."""

    def __init__(self, station: Station, leg: LegId, call_id: str, local_tag: str, state: CallState) -> None:
        self.station = station
        self.leg = leg
        self.call_id = call_id
        self.local_tag = local_tag
        self.state = state
        self.dialog: Dialog | None = None
        self.authenticator: Authenticator | None = None
        self.local: LocalSession | None = None
        self.remote: RtpRemote | None = None
        self.policy = IN_THE_CLEAR
        self.was_up = False
        self.transfers = Transfers()
        self.party = ""
        """The number or user that the call was placed to."""
        self._repeated: Repeated | None = None
        self._offered = False  # our offer went out in a 200, the answer comes in the ACK
        self._code = 200

    # -- commands of the application

    def ring(self) -> None:
        self._command(CallEvent.RING)

    def answer(self) -> None:
        self._command(CallEvent.ANSWER)

    def reject(self, code: int) -> None:
        self._command(CallEvent.REJECT, code)

    def hang_up(self) -> None:
        """BYE, CANCEL or a final answer, whichever the state wants."""
        self._command(CallEvent.HANG_UP, 480)

    def _command(self, event: CallEvent, code: int = 200) -> None:
        # A command may cross with the end of the call: the other side was faster, nothing is left to do.
        if possible(self.state, event):
            self.take(event, code)

    # -- the machine

    def take(self, event: CallEvent, code: int = 200) -> None:
        """Move by the table and do what its row says. Raises IllegalTransition, having changed nothing."""
        state, actions = call_step(self.state, event)
        self.state = state
        self.was_up = self.was_up or state is CallState.UP
        self._code = code
        if state is CallState.ENDED and self._repeated is not None:
            self._repeated.stop()
        for action in actions:
            self._do(action)
        if state is CallState.ENDED:
            self.transfers.call_ended()
            self.station.user.call_gone(self)

    def _do(self, action: CallDo) -> None:
        match action:
            case CallDo.SEND_BYE:
                self._send_bye()
            case CallDo.CLOSE:
                self.station.media.close(self.leg)
            case CallDo.TELL_ENDED:
                self.station.user.call_ended(self, self._code)
            case _:
                raise NotImplementedError(action)

    def _send_bye(self) -> None:
        if self.dialog is not None:
            PlacedRequest(self, self.dialog, "BYE").send()

    # -- requests within the dialog

    def serve(self, transaction: ServerTransaction) -> None:
        """A request within the dialog. Raises BadMessage and SipError, which the user agent answers."""
        request = transaction.request
        dialog = self.dialog
        if dialog is None or dialog.id.remote_tag != request.from_tag:
            # 14.2: our INVITE is in progress, so theirs must wait.
            self.refuse(transaction, 491 if request.method == "INVITE" and dialog is None else 481)
        elif not dialog.in_order(request):
            self.refuse(transaction, 500, "CSeq Out Of Order")
        elif request.method in WITHIN_DIALOG:
            WITHIN_DIALOG[request.method](self, transaction, dialog)
        else:
            raise BadMessage("", 405)

    def acknowledge(self, request: ReceivedRequest) -> None:
        """The ACK of a 2xx of ours."""
        repeated = self._repeated
        if repeated is None or repeated.cseq != request.cseq.sequence:
            return
        repeated.stop()
        self._repeated = None
        offered, self._offered = self._offered, False
        if offered and self.state is not CallState.PARTING:
            try:
                described = description_of(request)
                if described is None:
                    raise NoCommonCodec("the ACK brings no answer to our offer")
                self.connect(accept(described, request.hop.host, self.local, self.remote))
            except SipError:
                self.take(CallEvent.BREAK, 488)
                return
        self.take(CallEvent.ACK)

    def refuse(self, transaction: ServerTransaction, code: int, reason: str = "") -> None:
        self.station.respond(transaction, code, to_tag=self.local_tag, reason=reason)

    def serve_reinvite(self, transaction: ServerTransaction, dialog: Dialog) -> None:
        if self.state is not CallState.UP or self._repeated is not None or self.local is None:
            # 14.2: the exchange before this one is not over.
            extra = {"Retry-After": str(secrets.randbelow(10))}
            self.station.respond(transaction, 500, to_tag=self.local_tag, extra=extra)
            return
        described = description_of(transaction.request)
        host = transaction.request.hop.host
        agreed = choose(described, host, self.policy, self.remote) if described is not None else None
        dialog.refresh(transaction.request)
        self.local = self.local.next_version()
        self.send_ok(transaction, described, agreed)

    # -- offer and answer

    def send_ok(
        self, transaction: ServerTransaction, offer: SessionDescription | None, agreed: Agreed | None
    ) -> None:
        """200 to an INVITE with our answer, or with an offer of ours where it brought none (13.3.1.4)."""
        assert self.local is not None
        if offer is not None and agreed is not None:
            body = answer(offer, agreed, self.local).serialise()
            self.connect(agreed.remote)
        else:
            body = self.local.offer(self.remote).serialise()
            self._offered = True
        contact = {"Contact": self.station.identity.contact(transaction.request.hop)}
        transaction.on_ack = self.acknowledge
        response = self.station.respond(
            transaction, 200, to_tag=self.local_tag, extra={**contact, **ABILITIES}, body=body
        )
        self._repeated = Repeated(self, transaction, response)

    def proof(self, method: str, uri: str) -> list[tuple[str, str]]:
        """The headers that say who we are, where the other side asked."""
        return self.authenticator.headers(method, uri) if self.authenticator is not None else []

    def open_media(self) -> None:
        """Take an RTP port. Raises NoPortFree."""
        port = self.station.media.open_rtp(self.leg)
        self.local = LocalSession(self.station.identity.host, port, policy=self.policy)

    def connect(self, remote: RtpRemote) -> None:
        if remote != self.remote:
            self.remote = remote
            self.station.media.connect_rtp(self.leg, remote)


def description_of(message: ReceivedRequest | ReceivedResponse) -> SessionDescription | None:
    """The session description a message carries; None for an empty body. Raises BadMessage."""
    body = message.message.body
    if not body.strip():
        return None
    kind = (message.message.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    if kind != SDP:
        raise BadMessage("only application/sdp is understood", 415)
    try:
        return parse(body)
    except BadSdp as error:
        raise BadMessage(f"session description: {error}") from error


WITHIN_DIALOG: Mapping[str, Callable[[Call, ServerTransaction, Dialog], None]] = {
    "BYE": serve_bye,
    "INFO": serve_info,
    "INVITE": Call.serve_reinvite,
    "NOTIFY": serve_notify,
    "OPTIONS": serve_options,
    "REFER": serve_refer,
}
"""Who serves a request within a dialog that came in order; a method of `ALLOWED` that is not here is 405."""
