"""Transactions (RFC 3261 17, with the Accepted states of RFC 6026), as four tables.

A transaction knows nothing of calls: it takes a message or a timer, looks up its row, and sends, passes on or ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any, Protocol, TypeAlias

from app.application.ports import Timer
from app.telephony.errors import IllegalTransition


class Scheduler(Protocol):
    """An event loop, or the virtual clock of a test."""

    def call_later(self, delay: float, callback: Any) -> Timer: ...


@dataclass(frozen=True)
class Timing:
    """RFC 3261 table 4, in seconds."""

    t1_s: float = 0.5
    t2_s: float = 4.0
    t4_s: float = 5.0

    @property
    def patience_s(self) -> float:
        """64*T1: how long anything unanswered is waited for."""
        return 64 * self.t1_s


class State(StrEnum):
    CALLING = auto()
    TRYING = auto()
    PROCEEDING = auto()
    COMPLETED = auto()
    CONFIRMED = auto()
    ACCEPTED = auto()
    TERMINATED = auto()


class Event(StrEnum):
    START = auto()
    REQUEST = auto()  # the same request again
    ACK = auto()
    PROVISIONAL = auto()  # 1xx: received by a client, sent by a server
    SUCCESS = auto()  # 2xx
    FAILURE = auto()  # 300-699
    TIMER_A = auto()
    TIMER_B = auto()
    TIMER_D = auto()
    TIMER_E = auto()
    TIMER_F = auto()
    TIMER_G = auto()
    TIMER_H = auto()
    TIMER_I = auto()
    TIMER_J = auto()
    TIMER_K = auto()
    TIMER_L = auto()
    TIMER_M = auto()
    TRANSPORT_ERROR = auto()


class Do(StrEnum):
    SEND = auto()  # the request of a client, the last response of a server
    ACK = auto()  # acknowledge a final answer other than 2xx
    PASS = auto()  # hand the message to the user of the transaction
    TIME_OUT = auto()  # tell the user that nothing came
    FAIL = auto()  # tell the user that nothing can be sent
    A = auto()
    B = auto()
    D = auto()
    E = auto()
    F = auto()
    G = auto()
    H = auto()
    I = auto()  # noqa: E741 - the name that RFC 3261 gives this timer
    J = auto()
    K = auto()
    L = auto()
    M = auto()


Row: TypeAlias = tuple[State, tuple[Do, ...]]
Table: TypeAlias = Mapping[tuple[State, Event], Row]

TIMER_EVENTS = {do: Event[f"TIMER_{do.name}"] for do in Do if len(do.name) == 1}

ALIVE: Mapping[State, frozenset[Do]] = {
    State.CALLING: frozenset({Do.A, Do.B}),
    State.TRYING: frozenset({Do.E, Do.F}),
    State.PROCEEDING: frozenset({Do.E, Do.F}),
    State.COMPLETED: frozenset({Do.D, Do.G, Do.H, Do.J, Do.K}),
    State.CONFIRMED: frozenset({Do.I}),
    State.ACCEPTED: frozenset({Do.L, Do.M}),
    State.TERMINATED: frozenset(),
}
"""The timers that may run in a state; entering it stops all others."""

_FAILED: Row = (State.TERMINATED, (Do.FAIL,))
_TIMED_OUT: Row = (State.TERMINATED, (Do.TIME_OUT,))
_OVER: Row = (State.TERMINATED, ())

INVITE_CLIENT: Table = {  # figure 5, and RFC 6026 figure 7
    (State.CALLING, Event.START): (State.CALLING, (Do.SEND, Do.A, Do.B)),
    (State.CALLING, Event.TIMER_A): (State.CALLING, (Do.SEND, Do.A)),
    (State.CALLING, Event.TIMER_B): _TIMED_OUT,
    (State.CALLING, Event.PROVISIONAL): (State.PROCEEDING, (Do.PASS,)),
    (State.CALLING, Event.SUCCESS): (State.ACCEPTED, (Do.M, Do.PASS)),
    (State.CALLING, Event.FAILURE): (State.COMPLETED, (Do.ACK, Do.D, Do.PASS)),
    (State.CALLING, Event.TRANSPORT_ERROR): _FAILED,
    (State.PROCEEDING, Event.PROVISIONAL): (State.PROCEEDING, (Do.PASS,)),
    (State.PROCEEDING, Event.SUCCESS): (State.ACCEPTED, (Do.M, Do.PASS)),
    (State.PROCEEDING, Event.FAILURE): (State.COMPLETED, (Do.ACK, Do.D, Do.PASS)),
    (State.PROCEEDING, Event.TRANSPORT_ERROR): _FAILED,
    (State.COMPLETED, Event.PROVISIONAL): (State.COMPLETED, ()),
    (State.COMPLETED, Event.SUCCESS): (State.COMPLETED, ()),
    (State.COMPLETED, Event.FAILURE): (State.COMPLETED, (Do.ACK,)),
    (State.COMPLETED, Event.TIMER_D): _OVER,
    (State.COMPLETED, Event.TRANSPORT_ERROR): _OVER,
    (State.ACCEPTED, Event.PROVISIONAL): (State.ACCEPTED, ()),
    (State.ACCEPTED, Event.SUCCESS): (State.ACCEPTED, (Do.PASS,)),
    (State.ACCEPTED, Event.FAILURE): (State.ACCEPTED, ()),
    (State.ACCEPTED, Event.TIMER_M): _OVER,
    (State.ACCEPTED, Event.TRANSPORT_ERROR): (State.ACCEPTED, ()),
}

CLIENT: Table = {  # figure 6
    (State.TRYING, Event.START): (State.TRYING, (Do.SEND, Do.E, Do.F)),
    (State.TRYING, Event.TIMER_E): (State.TRYING, (Do.SEND, Do.E)),
    (State.TRYING, Event.TIMER_F): _TIMED_OUT,
    (State.TRYING, Event.PROVISIONAL): (State.PROCEEDING, (Do.PASS,)),
    (State.TRYING, Event.SUCCESS): (State.COMPLETED, (Do.K, Do.PASS)),
    (State.TRYING, Event.FAILURE): (State.COMPLETED, (Do.K, Do.PASS)),
    (State.TRYING, Event.TRANSPORT_ERROR): _FAILED,
    (State.PROCEEDING, Event.TIMER_E): (State.PROCEEDING, (Do.SEND, Do.E)),
    (State.PROCEEDING, Event.TIMER_F): _TIMED_OUT,
    (State.PROCEEDING, Event.PROVISIONAL): (State.PROCEEDING, (Do.PASS,)),
    (State.PROCEEDING, Event.SUCCESS): (State.COMPLETED, (Do.K, Do.PASS)),
    (State.PROCEEDING, Event.FAILURE): (State.COMPLETED, (Do.K, Do.PASS)),
    (State.PROCEEDING, Event.TRANSPORT_ERROR): _FAILED,
    (State.COMPLETED, Event.PROVISIONAL): (State.COMPLETED, ()),
    (State.COMPLETED, Event.SUCCESS): (State.COMPLETED, ()),
    (State.COMPLETED, Event.FAILURE): (State.COMPLETED, ()),
    (State.COMPLETED, Event.TIMER_K): _OVER,
    (State.COMPLETED, Event.TRANSPORT_ERROR): (State.COMPLETED, ()),
}

INVITE_SERVER: Table = {  # figure 7, and RFC 6026 figure 8
    (State.PROCEEDING, Event.REQUEST): (State.PROCEEDING, (Do.SEND,)),
    (State.PROCEEDING, Event.PROVISIONAL): (State.PROCEEDING, (Do.SEND,)),
    (State.PROCEEDING, Event.SUCCESS): (State.ACCEPTED, (Do.SEND, Do.L)),
    (State.PROCEEDING, Event.FAILURE): (State.COMPLETED, (Do.SEND, Do.G, Do.H)),
    (State.PROCEEDING, Event.ACK): (State.PROCEEDING, ()),
    (State.PROCEEDING, Event.TRANSPORT_ERROR): _FAILED,
    (State.COMPLETED, Event.REQUEST): (State.COMPLETED, (Do.SEND,)),
    (State.COMPLETED, Event.ACK): (State.CONFIRMED, (Do.I,)),
    (State.COMPLETED, Event.TIMER_G): (State.COMPLETED, (Do.SEND, Do.G)),
    (State.COMPLETED, Event.TIMER_H): _TIMED_OUT,
    (State.COMPLETED, Event.TRANSPORT_ERROR): _FAILED,
    (State.CONFIRMED, Event.REQUEST): (State.CONFIRMED, ()),
    (State.CONFIRMED, Event.ACK): (State.CONFIRMED, ()),
    (State.CONFIRMED, Event.TIMER_I): _OVER,
    (State.CONFIRMED, Event.TRANSPORT_ERROR): (State.CONFIRMED, ()),
    (State.ACCEPTED, Event.REQUEST): (State.ACCEPTED, ()),
    (State.ACCEPTED, Event.SUCCESS): (State.ACCEPTED, (Do.SEND,)),
    (State.ACCEPTED, Event.ACK): (State.ACCEPTED, (Do.PASS,)),
    (State.ACCEPTED, Event.TIMER_L): _OVER,
    (State.ACCEPTED, Event.TRANSPORT_ERROR): (State.ACCEPTED, ()),
}

SERVER: Table = {  # figure 8
    (State.TRYING, Event.REQUEST): (State.TRYING, ()),
    (State.TRYING, Event.PROVISIONAL): (State.PROCEEDING, (Do.SEND,)),
    (State.TRYING, Event.SUCCESS): (State.COMPLETED, (Do.SEND, Do.J)),
    (State.TRYING, Event.FAILURE): (State.COMPLETED, (Do.SEND, Do.J)),
    (State.TRYING, Event.TRANSPORT_ERROR): _FAILED,
    (State.PROCEEDING, Event.REQUEST): (State.PROCEEDING, (Do.SEND,)),
    (State.PROCEEDING, Event.PROVISIONAL): (State.PROCEEDING, (Do.SEND,)),
    (State.PROCEEDING, Event.SUCCESS): (State.COMPLETED, (Do.SEND, Do.J)),
    (State.PROCEEDING, Event.FAILURE): (State.COMPLETED, (Do.SEND, Do.J)),
    (State.PROCEEDING, Event.TRANSPORT_ERROR): _FAILED,
    (State.COMPLETED, Event.REQUEST): (State.COMPLETED, (Do.SEND,)),
    (State.COMPLETED, Event.TIMER_J): _OVER,
    (State.COMPLETED, Event.TRANSPORT_ERROR): _FAILED,
}


def step(table: Table, state: State, event: Event) -> Row:
    """The row for this event. Raises IllegalTransition."""
    try:
        return table[state, event]
    except KeyError:
        raise IllegalTransition(f"{event} cannot happen in {state}") from None


def outcome(code: int) -> Event:
    """The event that a status is."""
    if code < 200:
        return Event.PROVISIONAL
    return Event.SUCCESS if code < 300 else Event.FAILURE


class Intervals:
    """How long each timer of one transaction runs (RFC 3261 table 4); those that repeat grow as they do."""

    def __init__(self, timing: Timing, reliable: bool) -> None:
        self._timing = timing
        self._reliable = reliable
        self._grown: dict[Do, float] = {}

    def next_s(self, timer: Do, state: State) -> float | None:
        """Seconds until the timer fires now that it is started; None where it does not run at all."""
        timing = self._timing
        if timer in (Do.A, Do.E, Do.G):
            return None if self._reliable else self._growing(timer, state)
        if timer in (Do.D, Do.J):
            return 0 if self._reliable else timing.patience_s
        if timer in (Do.I, Do.K):
            return 0 if self._reliable else timing.t4_s
        return timing.patience_s

    def _growing(self, timer: Do, state: State) -> float:
        timing = self._timing
        if timer is Do.E and state is State.PROCEEDING:
            return timing.t2_s  # 17.1.2.2
        interval = self._grown.get(timer, timing.t1_s)
        if timer is not Do.A:  # 17.1.1.2: A doubles without a bound, B ends it
            interval = min(interval, timing.t2_s)
        self._grown[timer] = interval * 2
        return interval
