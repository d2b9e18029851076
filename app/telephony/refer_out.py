"""A transfer that we ask for (REFER, RFC 3515): the other side shall call somebody else, and tell how it went."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum, auto
from typing import TYPE_CHECKING, TypeAlias

from app.application.ports import Timer
from app.telephony.errors import IllegalTransition
from app.telephony.placed_requests import PlacedRequest
from app.telephony.refer_forms import EventName, Fragment, ReferTo, SubscriptionState
from app.telephony.wire import ReceivedResponse

if TYPE_CHECKING:
    from app.telephony.calls import Call
    from app.telephony.dialogs import Dialog

FOLLOWED_S = 120.0
"""How long the other side may take to reach whom we named."""


class ReferState(StrEnum):
    ASKING = auto()  # REFER sent
    FOLLOWING = auto()  # accepted: NOTIFYs tell how it goes
    DONE = auto()


class ReferEvent(StrEnum):
    ACCEPTED = auto()  # 2xx of the REFER
    REFUSED = auto()  # any other final answer, or none
    REACHED = auto()  # a fragment with 2xx
    MISSED = auto()  # a fragment with another final status, or the subscription's end
    TIMER = auto()
    LEG_ENDED = auto()


class ReferDo(StrEnum):
    TELL_REACHED = auto()
    TELL_MISSED = auto()


ReferRow: TypeAlias = tuple[ReferState, tuple[ReferDo, ...]]
S, E, D = ReferState, ReferEvent, ReferDo
_REACHED: ReferRow = (S.DONE, (D.TELL_REACHED,))
_MISSED: ReferRow = (S.DONE, (D.TELL_MISSED,))
_DROPPED: ReferRow = (S.DONE, ())

REFER: Mapping[tuple[ReferState, ReferEvent], ReferRow] = {
    (S.ASKING, E.ACCEPTED): (S.FOLLOWING, ()),
    (S.ASKING, E.REFUSED): _MISSED,
    # RFC 6665 4.1.2.4: a NOTIFY may overtake the answer to the request that asked for it.
    (S.ASKING, E.REACHED): _REACHED,
    (S.ASKING, E.MISSED): _MISSED,
    (S.ASKING, E.TIMER): _MISSED,
    (S.ASKING, E.LEG_ENDED): _DROPPED,
    (S.FOLLOWING, E.REACHED): _REACHED,
    (S.FOLLOWING, E.MISSED): _MISSED,
    (S.FOLLOWING, E.TIMER): _MISSED,
    (S.FOLLOWING, E.LEG_ENDED): _DROPPED,
    **{(S.DONE, event): _DROPPED for event in ReferEvent},
}


def refer_step(state: ReferState, event: ReferEvent) -> ReferRow:
    """The row for this event. Raises IllegalTransition."""
    try:
        return REFER[state, event]
    except KeyError:
        raise IllegalTransition(f"{event} cannot happen to a REFER that is {state}") from None


class Referral:
    """One REFER of ours. `then` hears once whether the other side reached whom we named, unless the call ends."""

    def __init__(self, call: Call, dialog: Dialog, refer_to: ReferTo, then: Callable[[bool], None]) -> None:
        self.state = ReferState.ASKING
        self._dialog = dialog
        self._then = then
        self._first_cseq = dialog.local_cseq + 1
        scheduler = call.station.scheduler
        self._timer: Timer = scheduler.call_later(FOLLOWED_S, lambda: self.take(ReferEvent.TIMER))
        extra = [
            ("Contact", call.station.identity.contact(dialog.source)),
            ("Refer-To", str(refer_to)),
            ("Referred-By", dialog.local),
        ]
        self._request = PlacedRequest(call, dialog, "REFER", extra=extra, then=self._on_final)

    def send(self) -> None:
        self._request.send()

    def take(self, event: ReferEvent) -> None:
        """Move by the table and do what its row says. Raises IllegalTransition, having changed nothing."""
        self.state, actions = refer_step(self.state, event)
        if self.state is ReferState.DONE:
            self._timer.cancel()
        for action in actions:
            self._then(action is ReferDo.TELL_REACHED)

    def means(self, event: EventName) -> bool:
        """RFC 3515 2.4.6: an id is the CSeq of the REFER; asked for a proof of who we are, it had two."""
        if not event.id:
            return True
        readable = event.id.isascii() and event.id.isdigit() and len(event.id) < 11
        return readable and self._first_cseq <= int(event.id) <= self._dialog.local_cseq

    def notified(self, fragment: Fragment | None, state: SubscriptionState) -> None:
        """A NOTIFY of this subscription (RFC 3515 2.4.5)."""
        if fragment is not None and 200 <= fragment.code < 300:
            self.take(ReferEvent.REACHED)
        elif state.over or (fragment is not None and fragment.code >= 300):
            self.take(ReferEvent.MISSED)

    def _on_final(self, code: int, response: ReceivedResponse | None) -> None:
        self.take(ReferEvent.ACCEPTED if 200 <= code < 300 else ReferEvent.REFUSED)
