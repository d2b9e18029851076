"""A call that takes the place of another (Replaces, RFC 3891): how a PBX completes an attended transfer.

The leg goes on under its name, with its bridge and its recording: the application hears nothing, or, of a call of
ours that rang, that it was answered.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from app.telephony.call_states import CallEvent, CallState, possible
from app.telephony.calls import Call
from app.telephony.dialogs import DialogId
from app.telephony.errors import BadMessage
from app.telephony.gate import Admitted
from app.telephony.offer_answer import LocalSession
from app.telephony.refer_forms import Replaces
from app.telephony.wire import ReceivedRequest

MOST_REMEMBERED = 256
CONFIRMED = frozenset({CallState.ANSWERED, CallState.UP})
OVER = frozenset({CallState.PARTING, CallState.ABANDONED, CallState.CANCELLING, CallState.ENDED})


class EndedDialogs:
    """The dialogs that ended last: a request for one of them is 603 and not 481 (RFC 3891 3)."""

    def __init__(self) -> None:
        self._tags: OrderedDict[tuple[str, str], str] = OrderedDict()

    def remember(self, dialog: DialogId) -> None:
        self._tags[dialog.call_id, dialog.local_tag] = dialog.remote_tag
        if len(self._tags) > MOST_REMEMBERED:
            self._tags.popitem(last=False)

    def had(self, replaces: Replaces) -> bool:
        return self._tags.get((replaces.call_id, replaces.to_tag)) == replaces.from_tag


def replaced_by(
    request: ReceivedRequest, admitted: Admitted, calls: Mapping[tuple[str, str], Call], ended: EndedDialogs
) -> Call | None:
    """The call whose place this INVITE takes, None where it names none.

    Raises BadMessage with what RFC 3891 3 answers: 400 for two headers or none readable, 481 for no such dialog and
    for an early one that we did not begin, 486 where only an early one was meant, 603 for one that is over.
    Whoever is not trusted gets 403 whatever it names.
    """
    values = request.message.headers.getlist("Replaces")
    if not values:
        return None
    if len(values) > 1:
        raise BadMessage("one Replaces at most")
    replaces = Replaces.parse(values[0])
    if not (admitted.trusted or admitted.login):
        raise BadMessage("", 403)
    call = calls.get((replaces.call_id, replaces.to_tag))
    if call is None or call.dialog_with(replaces.from_tag) is None:
        raise BadMessage("", 603 if ended.had(replaces) else 481)
    if call.state in OVER:
        raise BadMessage("", 603)
    if call.state in CONFIRMED and replaces.early_only:
        raise BadMessage("", 486)
    if not possible(call.state, CallEvent.REPLACED):
        raise BadMessage("", 481)
    return call


def take_over(call: Call, replaced: Call) -> None:
    """Answer the new call with the leg and the port of the old one, and end the old one's dialog. A call of ours
    that still rang there is answered by this: somebody picked it up elsewhere."""
    if replaced.local is not None:
        call.local = LocalSession(replaced.local.host, replaced.local.port, policy=call.policy)
    rang = replaced.state not in CONFIRMED
    call.answer()
    replaced.take(CallEvent.REPLACED)
    if rang:
        call.station.user.call_answered(call)
