"""What calls of both directions share: a dialog, its media, and the requests within it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog
from sipmessage import Response

from app.application.ports import LegId
from app.telephony.bodies import description_of
from app.telephony.call_states import (
    UNANSWERED,
    CallDo,
    CallEvent,
    CallState,
    Offering,
    call_step,
    possible,
)
from app.telephony.dialogs import Dialog
from app.telephony.digest import Authenticator
from app.telephony.errors import BadMessage, IllegalTransition, NoCommonCodec, SipError
from app.telephony.limits import USUAL, Limits
from app.telephony.media_policy import IN_THE_CLEAR, MediaPolicy
from app.telephony.media_port import MediaEngine, RtpRemote
from app.telephony.messages import ABILITIES, RETRY_AFTER_S, Identity, make_response
from app.telephony.offer_answer import Agreed, LocalSession, accept, answer, narrowed
from app.telephony.placed_requests import PlacedRequest
from app.telephony.reasons import HUNG_UP, Reason, reason_of
from app.telephony.reliable import Unconfirmed, serve_prack
from app.telephony.reoffers import GONE, Reoffers, serve_reinvite, serve_update
from app.telephony.repeated import Repeated
from app.telephony.requests_within import serve_bye, serve_info, serve_options
from app.telephony.sdp import Direction, SessionDescription
from app.telephony.session_timers import SessionTimer, Terms
from app.telephony.transaction_layer import ServerTransaction, TransactionLayer
from app.telephony.transactions import Scheduler, Timing
from app.telephony.transfers import Transfers, serve_notify, serve_refer
from app.telephony.wire import Hop, ReceivedRequest, ReceivedResponse, tokens

log = structlog.get_logger()


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
    limits: Limits = USUAL

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


class Call:
    """One leg over SIP. Subclasses say how it is set up; everything within the dialog is here."""

    owns_call_id = False

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
        self.sounds_early = False
        """The network speaks before the answer: announcements, its own ringing."""
        self.transfers = Transfers()
        self.party = ""
        """The number or user that the call was placed to."""
        self.direction = Direction.SENDRECV
        """What we want of the sound: an offer or answer of ours says no more."""
        self.offering = Offering.NONE
        self.unconfirmed: Unconfirmed | None = None
        self.allows: frozenset[str] = frozenset()
        """The methods that the other side says it serves."""
        self.reason: Reason | None = None
        """Why the other side says that it ended the call."""
        self.reoffers = Reoffers(self)
        self.session = SessionTimer(station.scheduler, station.limits, self._refresh_session, self._session_expired)
        self._described = b""
        self._repeated: Repeated | None = None
        self._why: Reason | None = None
        self._code = 200

    # -- commands of the application

    def ring(self) -> None:
        self._command(CallEvent.RING)

    def answer(self) -> None:
        self._command(CallEvent.ANSWER)

    def reject(self, code: int) -> None:
        self._command(CallEvent.REJECT, code)

    def hang_up(self, why: Reason = HUNG_UP) -> None:
        """BYE, CANCEL or a final answer, whichever the state wants; the first two say why."""
        self._why = why
        self._command(CallEvent.HANG_UP, 480)

    def reoffer(self, direction: Direction) -> None:
        """Hold the call with `sendonly` or `inactive`, take it back with `sendrecv`: a re-INVITE, once nothing else
        is under way. A refusal leaves the session as it is."""
        self.reoffers.want(direction)

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
        if state is CallState.ENDED:
            self._stop_clocks()
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
                raise IllegalTransition(f"{action} is not for a {type(self).__name__}")

    def _send_bye(self) -> None:
        if self.dialog is not None:
            PlacedRequest(self, self.dialog, "BYE", extra=[("Reason", self.why)]).send()

    @property
    def why(self) -> str:
        """Why we end the call, as BYE and CANCEL say it (RFC 3326)."""
        return str(self._why or Reason.of_status(self._code))

    def _stop_clocks(self) -> None:
        self.session.stop()
        self.reoffers.stop()
        for repeated in (self._repeated, self.unconfirmed):
            if repeated is not None:
                repeated.stop()

    # -- requests within the dialog

    def serve(self, transaction: ServerTransaction) -> None:
        """A request within the dialog. Raises BadMessage and SipError, which the user agent answers."""
        request = transaction.request
        dialog = self.dialog_with(request.from_tag)
        if dialog is None:
            # 14.2: our INVITE is in progress, so theirs must wait.
            self.refuse(transaction, 491 if request.method == "INVITE" and self.dialog is None else 481)
        elif not dialog.in_order(request):
            self.refuse(transaction, 500, "CSeq Out Of Order")
        elif request.method in WITHIN_DIALOG:
            WITHIN_DIALOG[request.method](self, transaction, dialog)
        else:
            raise BadMessage("", 405)

    def acknowledge(self, request: ReceivedRequest) -> None:
        """The ACK of a 2xx of ours."""
        repeated = self._repeated
        if repeated is None or repeated.cseq != request.cseq.sequence or self.state is CallState.ENDED:
            return  # 15.1.2: a BYE may overtake the ACK
        repeated.stop()
        self._repeated = None
        if self.offering is Offering.OURS and self.state is not CallState.PARTING:
            try:
                self.settle_offer(description_of(request), request.hop.host)
            except SipError:
                self.take(CallEvent.BREAK, 488)
                return
        self.take(CallEvent.ACK)
        self.reoffers.go()

    def dialog_with(self, tag: str) -> Dialog | None:
        """The dialog with the party of this tag, early or confirmed."""
        dialog = self.dialog
        return dialog if dialog is not None and dialog.id.remote_tag == tag else None

    @property
    def awaits_ack(self) -> bool:
        """Whether a 2xx of ours is not acknowledged yet."""
        return self._repeated is not None

    def hear_abilities(self, message: ReceivedRequest | ReceivedResponse) -> None:
        """Take note of what the other side serves (13.2.1)."""
        if message.message.headers.get("Allow") is not None:
            self.allows = tokens(message, "Allow")

    def log_reason(self, message: ReceivedRequest | ReceivedResponse) -> None:
        """Keep and log why the other side ends or refuses something."""
        reason = reason_of(message)
        if reason is not None:
            self.reason = reason
            log.info("call_reason", leg=self.leg, by=reason.protocol, cause=reason.cause, pd_text=reason.text)

    def confirmed(self) -> None:
        """A reliable provisional answer of ours was acknowledged."""

    def refuse(self, transaction: ServerTransaction, code: int, reason: str = "") -> None:
        extra = {"Retry-After": RETRY_AFTER_S} if code == 503 else None
        self.station.respond(transaction, code, to_tag=self.local_tag, reason=reason, extra=extra)

    # -- the session's clock (RFC 4028)

    def _refresh_session(self) -> None:
        if self.dialog is None or self.state is not CallState.UP:
            return
        if "UPDATE" in self.allows:
            contact = self.contact(self.dialog.next_hop())
            asked = [("Contact", contact), ("Supported", "timer"), *self.session.headers()]
            PlacedRequest(self, self.dialog, "UPDATE", extra=asked, then=self._refreshed).send()
        else:
            self.reoffers.want(self.direction)

    def _refreshed(self, code: int, response: ReceivedResponse | None) -> None:
        """10: whoever does not know the call any more has ended it; any other refusal may pass."""
        if self.state is not CallState.UP or self.dialog is None:
            return
        if response is not None and code < 300:
            self.dialog.retarget(response)
            self.session.accepted(response)
        elif code in GONE:
            self.take(CallEvent.BREAK, 408)
        elif response is not None and code == 422 and self.session.lengthen(response):
            self._refresh_session()
        elif code in (405, 501):
            self.allows -= {"UPDATE"}
            self._refresh_session()
        else:
            self.session.refused()

    def _session_expired(self) -> None:
        if possible(self.state, CallEvent.BREAK):
            self.take(CallEvent.BREAK, 408)

    # -- offer and answer

    def send_ok(
        self,
        transaction: ServerTransaction,
        offer: SessionDescription | None,
        agreed: Agreed | None,
        terms: Terms,
    ) -> None:
        """200 to an INVITE with our answer, with an offer of ours where it brought none (13.3.1.4), or with neither
        where they were settled before (RFC 3262 5)."""
        body, remote = b"", self.remote
        if self.offering is Offering.THEIRS and offer is not None and agreed is not None:
            body, remote = self.describe(lambda local: answer(offer, agreed, local)), agreed.remote
            self.offering = Offering.DONE
        elif self.offering is Offering.NONE:
            body, remote = self.describe(lambda local: local.offer(self.remote)), None
            self.offering = Offering.OURS
        extra = {"Contact": self.contact(transaction.request.hop), **ABILITIES, **dict(terms.headers)}
        transaction.on_ack = self.acknowledge
        response = self.station.respond(transaction, 200, to_tag=self.local_tag, extra=extra, body=body)
        # The caller has the answer by now: sound is connected while it is on its way.
        if remote is not None:
            self.connect(replace(remote, early=False))
        self._repeated = Repeated(self, transaction, response)
        self.session.agree(terms)

    def describe(self, make: Callable[[LocalSession], SessionDescription]) -> bytes:
        """Our next description: a new version only where it says something new (RFC 3264 8)."""
        assert self.local is not None
        body = narrowed(make(self.local), self.direction).serialise()
        if self._described and body != self._described:
            self.local = self.local.next_version()
            body = narrowed(make(self.local), self.direction).serialise()
        self._described = body
        return body

    def settle_offer(self, described: SessionDescription | None, host: str) -> None:
        """What answers our offer in an ACK or PRACK. Raises SipError when it is none that we can speak with."""
        if described is None:
            raise NoCommonCodec("no answer to our offer")
        remote = accept(described, host, self.local, self.remote)
        self.offering = Offering.DONE
        self.connect(replace(remote, early=self.state in UNANSWERED))

    def offering_in(self, dialog: Dialog) -> Offering:
        """Where offer and answer stand with the other side of this dialog."""
        return self.offering

    def agree(self, dialog: Dialog, remote: RtpRemote) -> None:
        """An offer within this dialog was answered."""
        self.connect(replace(remote, early=self.state in UNANSWERED))

    def contact(self, hop: Hop) -> str:
        """Where requests within the dialog reach us."""
        return self.station.identity.contact(hop)

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


WITHIN_DIALOG: Mapping[str, Callable[[Call, ServerTransaction, Dialog], None]] = {
    "BYE": serve_bye,
    "INFO": serve_info,
    "INVITE": serve_reinvite,
    "NOTIFY": serve_notify,
    "OPTIONS": serve_options,
    "PRACK": serve_prack,
    "REFER": serve_refer,
    "UPDATE": serve_update,
}
"""Who serves a request within a dialog that came in order; a method of `ALLOWED` that is not here is 405."""
