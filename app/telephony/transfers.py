"""Transfers of one call: REFER and NOTIFY within its dialog, both ways (RFC 3515, RFC 5589)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.telephony.call_states import CallState
from app.telephony.errors import BadMessage
from app.telephony.identity import user_of
from app.telephony.refer_forms import (
    REFER_EVENT,
    SIPFRAG,
    EventName,
    Fragment,
    ReferTo,
    Replaces,
    SubscriptionState,
)
from app.telephony.refer_in import TransferAsked, event_of
from app.telephony.refer_out import ReferEvent, Referral, ReferState
from app.telephony.wire import ReceivedRequest

if TYPE_CHECKING:
    from app.telephony.calls import Call
    from app.telephony.dialogs import Dialog
    from app.telephony.transaction_layer import ServerTransaction


class Transfers:
    """What one call was asked, and asks.

    `may_ask`: the other side is an operator's telephone that we called. Nobody else is heard: neither who calls the
    line, nor who was called through a trunk.
    """

    def __init__(self) -> None:
        self.may_ask = False
        self.asked: TransferAsked | None = None
        self.number_asked = 0
        self.referral: Referral | None = None

    @property
    def pending(self) -> bool:
        """Whether a REFER of theirs waits for its answer."""
        return self.asked is not None and self.asked.pending

    @property
    def referring(self) -> bool:
        """Whether a REFER of ours is under way."""
        return self.referral is not None and self.referral.state is not ReferState.DONE

    def answer(self, *, accepted: bool) -> None:
        """Tell the other side how the transfer went that it asked for."""
        if self.asked is not None:
            self.asked.answer(accepted=accepted)

    def call_ended(self) -> None:
        """A REFER of ours has lost its dialog. One of theirs is still answered: its subscription lives on."""
        if self.referral is not None:
            self.referral.take(ReferEvent.LEG_ENDED)


def refer(call: Call, refer_to: ReferTo, then: Callable[[bool], None]) -> bool:
    """Ask the other side to call somebody else. False, and nothing sent, unless the call is up and asks nothing."""
    if call.state is not CallState.UP or call.dialog is None or call.transfers.referring:
        return False
    call.transfers.referral = Referral(call, call.dialog, refer_to, then)
    call.transfers.referral.send()
    return True


def to_replace(call: Call) -> ReferTo | None:
    """What a REFER names to have its receiver take the place of `call` (RFC 5589 7); None unless it is up."""
    dialog = call.dialog
    if dialog is None or call.state is not CallState.UP:
        return None
    return ReferTo(dialog.target, Replaces(dialog.id.call_id, dialog.id.remote_tag, dialog.id.local_tag))


# -- requests within the dialog


def serve_refer(call: Call, transaction: ServerTransaction, dialog: Dialog) -> None:
    """RFC 3515 2.4. 202, the first NOTIFY, then the application is asked."""
    request, transfers = transaction.request, call.transfers
    if not transfers.may_ask or call.state is not CallState.UP:
        call.refuse(transaction, 603)
        return
    if transfers.pending:
        call.refuse(transaction, 491)
        return
    target = _target(call, _refer_to(request))
    if not target:
        call.refuse(transaction, 603)
        return
    silent = (request.message.headers.get("Refer-Sub") or "").partition(";")[0].strip().lower() == "false"
    extra = {"Contact": call.station.identity.contact(request.hop), **({"Refer-Sub": "false"} if silent else {})}
    call.station.respond(transaction, 202, to_tag=call.local_tag, extra=extra)
    transfers.number_asked += 1
    event = event_of(transfers.number_asked, request.cseq.sequence)
    transfers.asked = TransferAsked(call, dialog, event, told=not silent)
    call.station.user.call_transfer_asked(call, target)


def _refer_to(request: ReceivedRequest) -> ReferTo:
    values = request.message.headers.getlist("Refer-To")
    if len(values) != 1:
        raise BadMessage("one Refer-To is needed")
    return ReferTo.parse(values[0])


def _target(call: Call, refer_to: ReferTo) -> str:
    """The user that is asked for; for another call of ours (RFC 5589 7) whom that call is with. "" for no such."""
    replaces = refer_to.replaces
    if replaces is None:
        return user_of(refer_to.uri)
    other = call.station.calls.get((replaces.call_id, replaces.to_tag))
    known = other is not None and other.dialog is not None and other.dialog.id.remote_tag == replaces.from_tag
    if other is None or not known or other is call or other.state is not CallState.UP:
        return ""
    return other.party


def serve_notify(call: Call, transaction: ServerTransaction, _dialog: Dialog) -> None:
    """RFC 6665 4.1.3, RFC 3515 2.4.5: how the call goes that a REFER of ours asked for."""
    request, referral = transaction.request, call.transfers.referral
    event = event_named(request)
    if referral is None or not referral.means(event):
        raise BadMessage("", 481)
    headers = request.message.headers
    state = SubscriptionState.parse(headers.get("Subscription-State") or "")
    body = request.message.body
    kind = (headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    if body.strip() and kind != SIPFRAG:
        call.station.respond(transaction, 415, to_tag=call.local_tag, extra={"Accept": SIPFRAG})
        return
    fragment = Fragment.parse(body) if body.strip() else None
    call.station.respond(transaction, 200, to_tag=call.local_tag)
    referral.notified(fragment, state)


def event_named(request: ReceivedRequest) -> EventName:
    """The event of a NOTIFY. Raises BadMessage: 489 for all that no request of ours can have asked for."""
    value = request.message.headers.get("Event")
    event = EventName.parse(value) if value is not None else None
    if event is None or event.package != REFER_EVENT:
        raise BadMessage("", 489)
    return event


def refuse_outside(request: ReceivedRequest) -> None:
    """REFER and NOTIFY outside every dialog: nobody may ask, and nothing was asked for. Raises BadMessage."""
    if request.method == "REFER":
        raise BadMessage("", 603)
    if request.method == "NOTIFY":
        event_named(request)
    raise BadMessage("", 481)
