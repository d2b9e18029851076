"""The transactions that are under way: found by what RFC 3261 17.1.3 and 17.2.3 match, run by their tables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeAlias

from sipmessage import Request, Response

from app.application.ports import Timer
from app.telephony.gate import Admitted
from app.telephony.large_requests import LargeRequests, name_transport
from app.telephony.messages import MAGIC, make_ack
from app.telephony.transactions import (
    ALIVE,
    CLIENT,
    INVITE_CLIENT,
    INVITE_SERVER,
    SERVER,
    TIMER_EVENTS,
    Do,
    Event,
    Intervals,
    Scheduler,
    State,
    Table,
    Timing,
    outcome,
    step,
)
from app.telephony.wire import Hop, ReceivedRequest, ReceivedResponse

Send: TypeAlias = Callable[[bytes, Hop], None]
Key: TypeAlias = tuple[str, ...]


UNHEARD = frozenset({State.CALLING, State.TRYING})
"""The states of a client transaction to which nothing came."""
WAITING = frozenset({State.CALLING, State.TRYING, State.PROCEEDING})
"""The states of a client transaction that has no final answer."""


class ResponseTaker(Protocol):
    """Who placed a request and wants to know what became of it."""

    def on_response(self, response: ReceivedResponse) -> None:
        """Every provisional answer, the final one, and every repeated 2xx of an INVITE."""

    def on_silence(self, code: int) -> None:
        """No final answer will come: 408 when none came in time, 503 when nothing could be sent (8.1.3.1)."""


class Transaction(ABC):
    """A machine with its table, its timers and the message it repeats."""

    def __init__(self, layer: TransactionLayer, table: Table, state: State, key: Key, hop: Hop) -> None:
        self.key = key
        self.hop = hop
        self.state = state
        self._layer = layer
        self._table = table
        self._intervals = Intervals(layer.timing, hop.reliable)
        self._timers: dict[Do, Timer] = {}

    def take(self, event: Event) -> None:
        """Move by the table and do what its row says. Raises IllegalTransition, having changed nothing."""
        self.state, actions = step(self._table, self.state, event)
        for timer in [running for running in self._timers if running not in ALIVE[self.state]]:
            self._timers.pop(timer).cancel()
        for action in actions:
            if action in TIMER_EVENTS:
                self._start(action)
            else:
                self._do(action)
        if self.state is State.TERMINATED:
            self._layer.forget(self)

    @property
    def running(self) -> frozenset[Do]:
        """The timers that are set."""
        return frozenset(self._timers)

    def stop(self) -> None:
        """Let no timer fire any more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _start(self, timer: Do) -> None:
        seconds = self._intervals.next_s(timer, self.state)
        if seconds is None:
            return
        if timer in self._timers:
            self._timers[timer].cancel()
        event = TIMER_EVENTS[timer]
        self._timers[timer] = self._layer.scheduler.call_later(seconds, lambda: self.take(event))

    @abstractmethod
    def _do(self, action: Do) -> None:
        """Carry out an action that starts no timer."""


class ClientTransaction(Transaction):
    """One request of ours. `state` starts in CALLING or TRYING; the request is sent at once."""

    def __init__(self, layer: TransactionLayer, request: Request, hop: Hop, user: ResponseTaker, key: Key) -> None:
        invite = request.method == "INVITE"
        table, state = (INVITE_CLIENT, State.CALLING) if invite else (CLIENT, State.TRYING)
        super().__init__(layer, table, state, key, hop)
        self.request = request
        self._fallback = self._layer.large.fallback(request, hop)
        if self._fallback is not None:
            self.hop = replace(hop, transport="TCP")
            self._intervals = Intervals(layer.timing, reliable=True)
            name_transport(request, "TCP")
        self._user = user
        self._response: ReceivedResponse | None = None

    def take(self, event: Event) -> None:
        if event is Event.TRANSPORT_ERROR and self._fallback is not None and self.state in UNHEARD:
            self._fall_back(self._fallback)
        else:
            super().take(event)
        self._layer.settle(self)

    def _fall_back(self, hop: Hop) -> None:
        """RFC 3261 18.1.1: what was too large for UDP goes by it all the same where TCP leads nowhere."""
        self.hop, self._fallback = hop, None
        self.stop()
        self._intervals = Intervals(self._layer.timing, hop.reliable)
        name_transport(self.request, hop.transport)
        super().take(Event.START)

    def receive(self, response: ReceivedResponse) -> None:
        self._response = response
        self.take(outcome(response.code))

    def _do(self, action: Do) -> None:
        match action:
            case Do.SEND:
                self._layer.send(bytes(self.request), self.hop)
            case Do.ACK if self._response is not None:
                self._layer.send(bytes(make_ack(self.request, self._response)), self.hop)
            case Do.PASS if self._response is not None:
                self._user.on_response(self._response)
            case Do.TIME_OUT:
                self._user.on_silence(408)
            case Do.FAIL:
                self._user.on_silence(503)


class ServerTransaction(Transaction):
    """One request of theirs. `answer_hop` is where responses go, which may differ from where it came from."""

    def __init__(self, layer: TransactionLayer, request: ReceivedRequest, answer_hop: Hop, key: Key) -> None:
        invite = request.method == "INVITE"
        table, state = (INVITE_SERVER, State.PROCEEDING) if invite else (SERVER, State.TRYING)
        super().__init__(layer, table, state, key, answer_hop)
        self.request = request
        self.on_ack: Callable[[ReceivedRequest], None] | None = None
        self.merge_key = merge_key(request)
        self.admitted = Admitted()
        self._ack: ReceivedRequest | None = None
        self._last: bytes | None = None

    def respond(self, response: Response) -> None:
        """Send a response, and again whenever the request comes again. After a final one only a 2xx repeats."""
        event = outcome(response.code)
        step(self._table, self.state, event)  # what may not be said must not be repeated either
        self._last = bytes(response)
        self.take(event)

    @property
    def answered(self) -> bool:
        """Whether a final answer was given."""
        return self.state not in (State.TRYING, State.PROCEEDING)

    @property
    def silent(self) -> bool:
        """Whether nothing was sent yet, not even a provisional answer."""
        return self._last is None

    def receive(self, request: ReceivedRequest) -> None:
        """The same request again, or the ACK of its final answer."""
        if request.method == "ACK":
            self._ack = request
            self.take(Event.ACK)
        else:
            self.take(Event.REQUEST)

    def _do(self, action: Do) -> None:
        if action is Do.SEND and self._last is not None:
            self._layer.send(self._last, self.hop)
        elif action is Do.PASS and self._ack is not None and self.on_ack is not None:
            self.on_ack(self._ack)
        # TIME_OUT and FAIL: a final answer that nobody acknowledges has ended the call already (17.2.1).


class TransactionLayer:
    """All transactions of one user agent. `send` may fail later: `transport_failed` then tells."""

    def __init__(self, send: Send, scheduler: Scheduler, timing: Timing) -> None:
        self.send = send
        self.scheduler = scheduler
        self.timing = timing
        self._clients: dict[Key, ClientTransaction] = {}
        self._servers: dict[Key, ServerTransaction] = {}
        self._merging: dict[Key, ServerTransaction] = {}
        self._sources: Counter[str] = Counter()
        self._unanswered: set[ClientTransaction] = set()
        self.large = LargeRequests(scheduler)
        self.on_answered: Callable[[], None] = lambda: None

    def request(self, request: Request, branch: str, hop: Hop, user: ResponseTaker) -> ClientTransaction:
        """Place a request; `user` hears what becomes of it."""
        transaction = ClientTransaction(self, request, hop, user, (branch, request.method))
        self._clients[transaction.key] = transaction
        self._unanswered.add(transaction)
        transaction.take(Event.START)
        return transaction

    def serve(self, request: ReceivedRequest, answer_hop: Hop) -> ServerTransaction:
        """Open the transaction of a request that `server_of` does not know."""
        transaction = ServerTransaction(self, request, answer_hop, server_key(request, request.method))
        self._servers[transaction.key] = transaction
        self._sources[request.hop.host] += 1
        self._merging[transaction.merge_key] = transaction
        return transaction

    def server_of(self, request: ReceivedRequest, method: str | None = None) -> ServerTransaction | None:
        """The transaction a request belongs to: its own, its INVITE's for an ACK, or that of `method`."""
        asked = method or ("INVITE" if request.method == "ACK" else request.method)
        return self._servers.get(server_key(request, asked))

    def merges(self, request: ReceivedRequest) -> bool:
        """RFC 3261 8.2.2.2: the same request came before over another way."""
        return not request.to_tag and merge_key(request) in self._merging

    def client_of(self, response: ReceivedResponse) -> ClientTransaction | None:
        """RFC 3261 17.1.3."""
        return self._clients.get((response.branch, response.cseq.method))

    def forget(self, transaction: Transaction) -> None:
        if isinstance(transaction, ServerTransaction):
            if self._servers.pop(transaction.key, None) is not None:
                self._count_off(transaction.request.hop.host)
            self._merging.pop(transaction.merge_key, None)
        else:
            self._clients.pop(transaction.key, None)

    @property
    def served(self) -> int:
        """Server transactions that are open."""
        return len(self._servers)

    def served_from(self, host: str) -> int:
        """Those of one source."""
        return self._sources.get(host, 0)

    def _count_off(self, host: str) -> None:
        self._sources[host] -= 1
        if not self._sources[host]:
            del self._sources[host]

    def abandon(self, transaction: ClientTransaction) -> None:
        """No answer is waited for any more (RFC 3261 9.1). One that has a final answer ends by itself."""
        if transaction.state in WAITING:
            transaction.stop()
            self.forget(transaction)
            self._unanswered.discard(transaction)
            self.on_answered()

    def transport_failed(self, hop: Hop, *, lost: bool = False) -> None:
        """Nothing can be sent there: everything under way to it fails (17.1.4). Where only a connection was `lost`
        our answers may still go by another (18.2.2)."""
        self.large.failed(hop)
        for transaction in [*self._clients.values(), *(() if lost else self._servers.values())]:
            if transaction.hop == hop:
                transaction.take(Event.TRANSPORT_ERROR)

    def close(self) -> None:
        """Forget everything at once; nothing is sent any more."""
        for transaction in [*self._clients.values(), *self._servers.values()]:
            transaction.stop()
        self.large.close()
        self._clients.clear()
        self._servers.clear()
        self._merging.clear()
        self._sources.clear()
        self._unanswered.clear()

    @property
    def empty(self) -> bool:
        """Whether nothing is under way and nothing is kept for repetitions."""
        return not (self._clients or self._servers or self._merging or self._unanswered or self._sources)

    @property
    def busy(self) -> bool:
        """Whether a request of ours still waits for its final answer; `on_answered` is called when one has it."""
        return bool(self._unanswered)

    def settle(self, transaction: ClientTransaction) -> None:
        """Take note of a transaction that has its final answer."""
        if transaction.state not in WAITING and transaction in self._unanswered:
            self._unanswered.discard(transaction)
            self.on_answered()


def server_key(request: ReceivedRequest, method: str) -> Key:
    """RFC 3261 17.2.3; for a branch without the magic cookie what RFC 2543 compared."""
    via = request.via
    sent_by = f"{via.host.lower()}:{via.port or 5060}"
    if request.branch.startswith(MAGIC) and request.branch != MAGIC:  # RFC 4475 3.2.1
        return (request.branch, sent_by, method)
    sequence = str(request.cseq.sequence)
    return (request.branch, sent_by, method, request.call_id, request.from_tag, sequence)


def merge_key(request: ReceivedRequest) -> Key:
    return (request.call_id, request.from_tag, str(request.cseq.sequence), request.method)
