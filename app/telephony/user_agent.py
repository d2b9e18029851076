"""The core of the SIP user agent (RFC 3261 8): bytes in, bytes out, no I/O.

The line never calls anybody because of what arrives: a REFER only asks the application, and redirections are not
followed.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable

import structlog

from app.application.ports import LegId
from app.telephony.bodies import description_of
from app.telephony.calls import Call, CallUser, Station
from app.telephony.digest import Authenticator
from app.telephony.errors import BadMessage, BadSdp, NoCommonCodec
from app.telephony.gate import Admitted, Gate, Load, OpenGate, Refusal
from app.telephony.inbound_calls import InboundCall
from app.telephony.limits import USUAL, Limits
from app.telephony.media_policy import IN_THE_CLEAR, MediaPolicy
from app.telephony.media_port import MediaEngine
from app.telephony.messages import (
    ALLOWED,
    KNOWN,
    OPTIONS_ABILITIES,
    RETRY_AFTER_S,
    SDP,
    Identity,
    accepts,
    make_response,
    reply_hop,
)
from app.telephony.offer_answer import choose
from app.telephony.outbound_calls import Destination, OutboundCall
from app.telephony.refusals import headers_of, unsupported, warning
from app.telephony.replacing import EndedDialogs, replaced_by, take_over
from app.telephony.transaction_layer import Send, ServerTransaction, TransactionLayer
from app.telephony.transactions import Scheduler, Timing
from app.telephony.transfers import refuse_outside
from app.telephony.wire import Answerable, Hop, ReceivedRequest, ReceivedResponse, read

log = structlog.get_logger()


class UserAgent:
    """All calls of one line.

    `receive` takes whatever arrived; `send` is called with what must go. `user` hears of calls, `media` gives them
    sound. Malformed bytes are answered or dropped, never raised.
    """

    def __init__(
        self,
        identity: Identity,
        send: Send,
        scheduler: Scheduler,
        media: MediaEngine,
        user: CallUser,
        timing: Timing | None = None,
        gate: Gate | None = None,
        contact_users: Iterable[str] = (),
        policy_for: Callable[[Hop], MediaPolicy] = lambda _: IN_THE_CLEAR,
        limits: Limits = USUAL,
    ) -> None:
        self._user = user
        self.gate = gate or OpenGate()
        self.registrar: Callable[[ServerTransaction], None] | None = None
        """Serves REGISTER, where the line is a registrar."""
        self._tag_key = secrets.token_bytes(16)
        self.layer = TransactionLayer(send, scheduler, timing or Timing())
        self._calls: dict[tuple[str, str], Call] = {}
        self._ended = EndedDialogs()
        self.station = Station(
            identity, self.layer, media, self, self._calls, frozenset(contact_users), policy_for, limits
        )
        self._by_invite: dict[ServerTransaction, InboundCall] = {}

    @property
    def calls(self) -> list[Call]:
        return list(self._calls.values())

    def receive(self, data: bytes, hop: Hop) -> None:
        """One message, from where it came."""
        if not data.strip(b"\r\n\0 "):
            return  # a keep-alive (RFC 5626 4.4)
        if not self.gate.hears(hop):
            return
        try:
            message = read(data, hop)
        except BadMessage as error:
            log.debug("sip_unreadable", why=error.reason, pd_host=hop.host, transport=hop.transport)
            return
        if isinstance(message, ReceivedRequest):
            self._on_request(message)
        elif isinstance(message, ReceivedResponse):
            self._on_response(message)
        elif self.gate.may_answer(hop):
            self._refuse_unread(message)

    def trusts(self, request: ReceivedRequest) -> bool:
        """Whether the word of who sent a request that is being served counts: on who calls (RFC 3325), and on which
        call to replace (RFC 3891)."""
        transaction = self.layer.server_of(request)
        return transaction is not None and transaction.admitted.trusted

    def calls_from(self, host: str) -> int:
        """How many calls of theirs a source holds."""
        return sum(isinstance(call, InboundCall) and call.came_from == host for call in self._calls.values())

    def transport_failed(self, hop: Hop) -> None:
        """Nothing can be sent to `hop` now."""
        self.layer.transport_failed(hop)

    def place(self, leg: LegId, destination: Destination, authenticator: Authenticator | None) -> OutboundCall:
        """Call somebody. Raises NoPortFree and NoCommonCodec, having sent nothing."""
        call = OutboundCall(self.station, leg, destination, authenticator)
        call.start()
        self._calls[call.call_id, call.local_tag] = call
        return call

    # -- CallUser, in between: what ends is forgotten here, and told on

    def call_arrived(self, call: Call, caller: str, dialled: str) -> None:
        self._user.call_arrived(call, caller, dialled)

    def call_ringing(self, call: Call) -> None:
        self._user.call_ringing(call)

    def call_answered(self, call: Call) -> None:
        self._user.call_answered(call)

    def call_ended(self, call: Call, code: int) -> None:
        self._user.call_ended(call, code)

    def call_key(self, call: Call, key: str) -> None:
        self._user.call_key(call, key)

    def call_transfer_asked(self, call: Call, target: str) -> None:
        self._user.call_transfer_asked(call, target)

    def call_replaced(self, call: Call, replaced: Call) -> None:
        self._user.call_replaced(call, replaced)

    def call_gone(self, call: Call) -> None:
        self._calls.pop((call.call_id, call.local_tag), None)
        if call.dialog is not None:
            self._ended.remember(call.dialog.id)
        if isinstance(call, InboundCall):
            self._by_invite.pop(call.invite, None)
        self._user.call_gone(call)

    # -- dispatch

    def _on_response(self, response: ReceivedResponse) -> None:
        transaction = self.layer.client_of(response)
        if transaction is not None:
            transaction.receive(response)

    def _on_request(self, request: ReceivedRequest) -> None:
        known = self.layer.server_of(request)
        if known is not None:
            known.receive(request)
            return
        if request.method == "ACK":
            self._on_ack(request)
            return
        admitted = self._judged(request)
        if admitted is None:
            return
        merged = self.layer.merges(request)
        transaction = self.layer.serve(request, reply_hop(request))
        transaction.admitted = admitted
        try:
            if merged:
                raise BadMessage("the same request came another way", 482)
            self._serve(transaction)
        except NoCommonCodec:
            self._refuse(transaction, BadMessage("no codec in common", 488))
        except BadSdp as error:
            self._refuse(transaction, BadMessage(f"session description: {error}"))
        except BadMessage as error:
            self._refuse(transaction, error)

    def _judged(self, request: ReceivedRequest) -> Admitted | None:
        """What the gate says of a new request; a refusal is answered here, without a transaction."""
        verdict = self._verdict(request)
        if isinstance(verdict, Refusal):
            self._refuse_at_the_gate(request, verdict)
            return None
        return verdict

    def _verdict(self, request: ReceivedRequest) -> Admitted | Refusal | None:
        host = request.hop.host
        if request.method == "CANCEL":
            invite = self.layer.server_of(request, "INVITE")
            if invite is not None and invite.request.hop.host == host:
                return invite.admitted
        elif request.to_tag:
            call = self._calls.get((request.call_id, request.to_tag))
            return self.gate.judge_within(request, call.dialog_with(request.from_tag) if call is not None else None)
        layer = self.layer
        calls = 0 if self.gate.trusts(request.hop) else self.calls_from(host)
        return self.gate.judge(request, Load(calls, layer.served_from(host), layer.served))

    def _refuse_at_the_gate(self, request: ReceivedRequest, refusal: Refusal) -> None:
        """RFC 3261 8.2.7: without a transaction a repeated request gets the same answer, with the same tag."""
        asked = f"{request.branch}|{request.call_id}|{request.from_tag}".encode()
        tag = hashlib.blake2s(asked, key=self._tag_key, digest_size=8).hexdigest()
        response = make_response(request, refusal.code, to_tag=tag)
        for name, value in refusal.headers:
            response.headers.add(name, value)
        self.layer.send(bytes(response), reply_hop(request))

    def _on_ack(self, request: ReceivedRequest) -> None:
        call = self._calls.get((request.call_id, request.to_tag))
        if call is None or call.dialog is None or call.dialog.id.remote_tag != request.from_tag:
            return
        if isinstance(self.gate.judge_within(request, call.dialog), Admitted):
            call.acknowledge(request)

    def _serve(self, transaction: ServerTransaction) -> None:
        """RFC 3261 8.2, in its order: the method, the headers, then what is asked."""
        request = transaction.request
        registers = request.method == "REGISTER" and self.registrar is not None
        if request.method not in ALLOWED and not registers:
            raise BadMessage("", 405 if request.method in KNOWN else 501)
        if request.method == "CANCEL":
            self._serve_cancel(transaction)
            return
        if unsupported(request):
            raise BadMessage("", 420)
        if request.method != "INVITE" and request.message.headers.getlist("Replaces"):
            raise BadMessage("Replaces belongs to INVITE")  # RFC 3891 3
        if registers and self.registrar is not None:
            self.registrar(transaction)
        elif request.to_tag:
            self._serve_within_dialog(transaction)
        elif request.method == "INVITE":
            self._serve_invite(transaction)
        elif request.method == "OPTIONS":
            self._check_room()  # 11.2: the status that an INVITE would get
            contact = {"Contact": self.station.identity.contact(request.hop)}
            self.station.respond(transaction, 200, extra={**OPTIONS_ABILITIES, **contact})
        else:
            refuse_outside(request)

    def _check_room(self) -> None:
        if len(self._calls) >= self.station.limits.most_calls:
            raise BadMessage("", 503, {"Retry-After": RETRY_AFTER_S})

    def _serve_cancel(self, cancel: ServerTransaction) -> None:
        invite = self.layer.server_of(cancel.request, "INVITE")
        if invite is None:
            raise BadMessage("", 481)
        call = self._by_invite.get(invite)
        if call is None:
            self.station.respond(cancel, 200)  # answered for good already (9.2)
        else:
            call.cancelled(cancel)

    def _serve_within_dialog(self, transaction: ServerTransaction) -> None:
        call = self._calls.get((transaction.request.call_id, transaction.request.to_tag))
        if call is None:
            raise BadMessage("", 481)
        call.serve(transaction)

    def _serve_invite(self, transaction: ServerTransaction) -> None:
        self._check_room()
        request = transaction.request
        offer = description_of(request)
        if not accepts(request, SDP):
            raise BadMessage("the answer would be a session description", 406)
        policy = self.station.policy_for(request.hop)
        if not policy.allows(request.hop):
            raise NoCommonCodec("SRTP is required and the signalling is not TLS")
        agreed = choose(offer, request.hop.host, policy) if offer is not None else None
        replaced = replaced_by(request, transaction.admitted, self._calls, self._ended)
        leg = replaced.leg if replaced is not None else LegId(f"sip-{secrets.token_hex(8)}")
        call = InboundCall(self.station, leg, transaction, offer, agreed)
        self._calls[call.call_id, call.local_tag] = call
        self._by_invite[transaction] = call
        if replaced is not None:
            self.call_replaced(call, replaced)
            take_over(call, replaced)
            return
        who = call.who
        self.call_arrived(call, transaction.admitted.login or who.caller, who.dialled)
        if transaction.silent:
            self.station.respond(transaction, 100)  # 17.2.1: superfluous where something else was said at once

    # -- refusals

    def _refuse(self, transaction: ServerTransaction, error: BadMessage) -> None:
        extra = headers_of(self.station.identity, transaction.request, error)
        self.station.respond(transaction, error.code, extra=extra)

    def _refuse_unread(self, message: Answerable) -> None:
        """Statelessly: the message has not enough of what a transaction is made of (8.2.7)."""
        identity = self.station.identity
        extra = {"Server": identity.name, "Warning": warning(identity, message.error)}
        log.debug("sip_refused", status=message.error.code, why=message.error.reason, pd_host=message.hop.host)
        # RFC 4475 3.1.2.18: what nobody knows is 501, however it is written.
        code = message.error.code if message.method in KNOWN or message.error.code != 400 else 501
        response = make_response(message, code, to_tag=secrets.token_hex(8), extra=extra)
        self.layer.send(bytes(response), reply_hop(message))
