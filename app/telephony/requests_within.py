"""The short requests within a dialog: BYE, INFO and OPTIONS (RFC 3261 15.1.2, RFC 6086, RFC 3261 11)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.telephony.call_states import CallEvent, possible
from app.telephony.errors import BadMessage
from app.telephony.messages import OPTIONS_ABILITIES

if TYPE_CHECKING:
    from app.telephony.calls import Call
    from app.telephony.dialogs import Dialog
    from app.telephony.transaction_layer import ServerTransaction

_KEY_OF = {
    "application/dtmf-relay": re.compile(r"^\s*Signal\s*=\s*([0-9*#A-D])\s*$", re.MULTILINE | re.IGNORECASE),
    "application/dtmf": re.compile(r"^\s*([0-9*#A-D])\s*$", re.IGNORECASE),
}


def serve_bye(call: Call, transaction: ServerTransaction, _dialog: Dialog) -> None:
    """RFC 3261 15.1.2; 15: a callee may not send it before it answers."""
    if not possible(call.state, CallEvent.BYE):
        raise BadMessage("", 481)
    call.log_reason(transaction.request)
    call.station.respond(transaction, 200, to_tag=call.local_tag)
    call.take(CallEvent.BYE)


def serve_options(call: Call, transaction: ServerTransaction, _dialog: Dialog) -> None:
    """RFC 3261 11.2."""
    call.station.respond(transaction, 200, to_tag=call.local_tag, extra=OPTIONS_ABILITIES)


def serve_info(call: Call, transaction: ServerTransaction, _dialog: Dialog) -> None:
    """A key of a PBX that relays them in INFO; those come twice where RFC 4733 was agreed, and count there."""
    message = transaction.request.message
    kind = (message.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    if message.body and kind not in _KEY_OF:
        raise BadMessage("", 415, {"Accept": ", ".join(_KEY_OF)})
    call.station.respond(transaction, 200, to_tag=call.local_tag)
    pressed = _KEY_OF[kind].search(message.body.decode("ascii", "replace")) if message.body else None
    if pressed and call.remote is not None and call.remote.event_payload_type is None:
        call.station.user.call_key(call, pressed.group(1).upper())
