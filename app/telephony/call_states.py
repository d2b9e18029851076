"""The life of one call as the signalling sees it: one table for calls both ways (RFC 3261 9, 13, 15)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum, auto
from typing import TypeAlias

from app.telephony.errors import IllegalTransition


class CallState(StrEnum):
    ARRIVED = auto()  # theirs: 100 sent
    RINGING = auto()  # theirs: 180 sent
    ANSWERED = auto()  # theirs: 200 sent, its ACK awaited
    PARTING = auto()  # theirs: hung up while the ACK is awaited, BYE must wait for it (15)
    CALLING = auto()  # ours: INVITE sent, nothing came
    EARLY = auto()  # ours: a provisional answer came
    ABANDONED = auto()  # ours: given up, but CANCEL must wait for a provisional answer (9.1)
    CANCELLING = auto()  # ours: CANCEL sent
    UP = auto()
    ENDED = auto()


class CallEvent(StrEnum):
    RING = auto()
    ANSWER = auto()
    REJECT = auto()
    HANG_UP = auto()
    BREAK = auto()  # our own side cannot go on: no port, no common codec
    ACK = auto()
    NO_ACK = auto()
    CANCEL = auto()
    BYE = auto()
    PROVISIONAL = auto()
    CHALLENGE = auto()  # 401, 407 or 422 that we can answer by another INVITE
    SUCCESS = auto()
    FAILURE = auto()
    REPLACED = auto()  # another dialog took its leg over (RFC 3891)
    GIVE_UP = auto()  # 64*T1 after CANCEL without a final answer


class CallDo(StrEnum):
    SEND_INVITE = auto()
    SEND_RINGING = auto()
    SEND_OK = auto()
    SEND_REFUSAL = auto()  # the final answer that was chosen
    SEND_TERMINATED = auto()  # 487
    SEND_ACK = auto()
    SEND_CANCEL = auto()
    SEND_BYE = auto()
    CLOSE = auto()  # the media
    TELL_RINGING = auto()
    TELL_ANSWERED = auto()
    TELL_ENDED = auto()


class Offering(StrEnum):
    """Where offer and answer stand in one dialog (RFC 3264 4)."""

    NONE = auto()  # nothing was offered yet
    THEIRS = auto()  # we owe the answer
    OURS = auto()  # they do
    DONE = auto()


UNANSWERED = frozenset({CallState.ARRIVED, CallState.RINGING, CallState.CALLING, CallState.EARLY})
"""No final answer went or came; sound that flows now is early media."""

CallRow: TypeAlias = tuple[CallState, tuple[CallDo, ...]]
S, E, D = CallState, CallEvent, CallDo

_CANCELLED: CallRow = (S.ENDED, (D.SEND_TERMINATED, D.CLOSE, D.TELL_ENDED))
_GONE: CallRow = (S.ENDED, (D.CLOSE, D.TELL_ENDED))
_LEFT: CallRow = (S.ENDED, (D.SEND_BYE, D.CLOSE))
_BROKEN: CallRow = (S.ENDED, (D.SEND_BYE, D.CLOSE, D.TELL_ENDED))
_REFUSED: CallRow = (S.ENDED, (D.SEND_REFUSAL, D.CLOSE))
_USELESS: CallRow = (S.ENDED, (D.SEND_ACK, D.SEND_BYE, D.CLOSE, D.TELL_ENDED))
_CROSSED: CallRow = (S.ENDED, (D.SEND_ACK, D.SEND_BYE))

CALL: Mapping[tuple[CallState, CallEvent], CallRow] = {
    (S.ARRIVED, E.RING): (S.RINGING, (D.SEND_RINGING,)),
    (S.ARRIVED, E.ANSWER): (S.ANSWERED, (D.SEND_OK,)),
    (S.ARRIVED, E.REJECT): _REFUSED,
    (S.ARRIVED, E.HANG_UP): _REFUSED,
    (S.ARRIVED, E.BREAK): (S.ENDED, (D.SEND_REFUSAL, D.CLOSE, D.TELL_ENDED)),
    (S.ARRIVED, E.CANCEL): _CANCELLED,
    (S.ARRIVED, E.BYE): _CANCELLED,
    (S.RINGING, E.RING): (S.RINGING, ()),
    (S.RINGING, E.ANSWER): (S.ANSWERED, (D.SEND_OK,)),
    (S.RINGING, E.REJECT): _REFUSED,
    (S.RINGING, E.HANG_UP): _REFUSED,
    (S.RINGING, E.BREAK): (S.ENDED, (D.SEND_REFUSAL, D.CLOSE, D.TELL_ENDED)),
    (S.RINGING, E.CANCEL): _CANCELLED,
    (S.RINGING, E.BYE): _CANCELLED,
    (S.ANSWERED, E.ACK): (S.UP, ()),
    (S.ANSWERED, E.NO_ACK): _BROKEN,
    (S.ANSWERED, E.HANG_UP): (S.PARTING, (D.CLOSE,)),
    (S.ANSWERED, E.BREAK): _BROKEN,
    (S.ANSWERED, E.REPLACED): (S.PARTING, ()),
    (S.ANSWERED, E.CANCEL): (S.ANSWERED, ()),
    (S.ANSWERED, E.BYE): _GONE,
    (S.PARTING, E.ACK): (S.ENDED, (D.SEND_BYE,)),
    (S.PARTING, E.NO_ACK): (S.ENDED, (D.SEND_BYE,)),
    (S.PARTING, E.BREAK): (S.ENDED, (D.SEND_BYE,)),
    (S.PARTING, E.CANCEL): (S.PARTING, ()),
    (S.PARTING, E.BYE): (S.ENDED, ()),
    (S.CALLING, E.PROVISIONAL): (S.EARLY, (D.TELL_RINGING,)),
    (S.CALLING, E.CHALLENGE): (S.CALLING, (D.SEND_INVITE,)),
    (S.CALLING, E.SUCCESS): (S.UP, (D.SEND_ACK, D.TELL_ANSWERED)),
    (S.CALLING, E.BREAK): _USELESS,
    (S.CALLING, E.FAILURE): _GONE,
    (S.CALLING, E.HANG_UP): (S.ABANDONED, (D.CLOSE,)),
    (S.EARLY, E.PROVISIONAL): (S.EARLY, (D.TELL_RINGING,)),
    (S.EARLY, E.CHALLENGE): (S.CALLING, (D.SEND_INVITE,)),
    (S.EARLY, E.SUCCESS): (S.UP, (D.SEND_ACK, D.TELL_ANSWERED)),
    (S.EARLY, E.BREAK): _USELESS,
    (S.EARLY, E.FAILURE): _GONE,
    (S.EARLY, E.REPLACED): (S.CANCELLING, (D.SEND_CANCEL,)),
    (S.EARLY, E.HANG_UP): (S.CANCELLING, (D.SEND_CANCEL, D.CLOSE)),
    (S.ABANDONED, E.PROVISIONAL): (S.CANCELLING, (D.SEND_CANCEL,)),
    (S.ABANDONED, E.SUCCESS): _CROSSED,
    (S.ABANDONED, E.FAILURE): (S.ENDED, ()),
    (S.CANCELLING, E.PROVISIONAL): (S.CANCELLING, ()),
    (S.CANCELLING, E.SUCCESS): _CROSSED,
    (S.CANCELLING, E.FAILURE): (S.ENDED, ()),
    (S.CANCELLING, E.GIVE_UP): (S.ENDED, ()),
    (S.UP, E.HANG_UP): _LEFT,
    (S.UP, E.REPLACED): (S.ENDED, (D.SEND_BYE,)),
    (S.UP, E.BREAK): _BROKEN,
    (S.UP, E.NO_ACK): _BROKEN,
    (S.UP, E.BYE): _GONE,
    (S.UP, E.ACK): (S.UP, ()),
}


def call_step(state: CallState, event: CallEvent) -> CallRow:
    """The row for this event. Raises IllegalTransition."""
    try:
        return CALL[state, event]
    except KeyError:
        raise IllegalTransition(f"{event} cannot happen to a call that is {state}") from None


def possible(state: CallState, event: CallEvent) -> bool:
    return (state, event) in CALL
