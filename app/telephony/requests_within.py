"""The short requests within a dialog: BYE, INFO and OPTIONS (RFC 3261 15.1.2, RFC 6086, RFC 3261 11)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.telephony.call_states import CallEvent
from app.telephony.messages import ABILITIES

if TYPE_CHECKING:
    from app.telephony.calls import Call
    from app.telephony.dialogs import Dialog
    from app.telephony.transaction_layer import ServerTransaction

_RELAYED_KEY = re.compile(r"^\s*Signal\s*=\s*([0-9*#A-D])\s*$", re.MULTILINE | re.IGNORECASE)


def serve_bye(call: Call, transaction: ServerTransaction, _dialog: Dialog) -> None:
    """RFC 3261 15.1.2."""
    call.station.respond(transaction, 200, to_tag=call.local_tag)
    call.take(CallEvent.BYE)


def serve_options(call: Call, transaction: ServerTransaction, _dialog: Dialog) -> None:
    """RFC 3261 11.2."""
    call.station.respond(transaction, 200, to_tag=call.local_tag, extra=ABILITIES)


def serve_info(call: Call, transaction: ServerTransaction, _dialog: Dialog) -> None:
    """A key of a PBX that relays them in INFO; those come twice where RFC 4733 was agreed, and count there."""
    message = transaction.request.message
    kind = message.headers.get("Content-Type", "") or ""
    if message.body and kind.partition(";")[0].strip().lower() != "application/dtmf-relay":
        call.refuse(transaction, 415)
        return
    call.station.respond(transaction, 200, to_tag=call.local_tag)
    pressed = _RELAYED_KEY.search(message.body.decode("ascii", "replace"))
    if pressed and call.remote is not None and call.remote.event_payload_type is None:
        call.station.user.call_key(call, pressed.group(1).upper())
