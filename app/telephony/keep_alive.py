"""OPTIONS to a trunk, to know whether it is there before a call needs it (RFC 3261 11)."""

from __future__ import annotations

import random
from collections.abc import Callable

from sipmessage import URI

from app.application.ports import Timer
from app.telephony.account import Account
from app.telephony.messages import MAX_FORWARDS, Identity, make_request, new_branch, new_call_id, new_tag
from app.telephony.servers import REST_S, Servers, retry_after_s
from app.telephony.transaction_layer import TransactionLayer
from app.telephony.wire import Hop, ReceivedResponse, bracketed

ANSWER_S = 8.0
"""How long an answer is waited for; the transaction itself would wait for 32 s."""
SUSPECT_S = 5.0
"""How soon it is asked again after a failure."""


class KeepAlive:
    """Asks the best of an account's servers every `keep_alive_s` seconds. One that does not answer rests.

    Any answer is a sign of life but 408 and 503. `alive` falls after `dead_after` failures in a row and rises with
    the first answer; `on_change` is called then.
    """

    def __init__(
        self,
        account: Account,
        servers: Servers,
        layer: TransactionLayer,
        identity: Identity,
        *,
        on_change: Callable[[], None] = lambda: None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.alive = True
        self._account = account
        self._servers = servers
        self._layer = layer
        self._identity = identity
        self._on_change = on_change
        self._chance = chance
        self._failures = 0
        self._timer: Timer | None = None
        self._asked: _Question | None = None
        self._call_id = new_call_id()
        self._cseq = 0

    def start(self) -> None:
        """Ask from now on, the first time at once."""
        self._ask()

    def stop(self) -> None:
        self._asked = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ask(self) -> None:
        hop = self._servers.best
        if hop is None:
            self._later(SUSPECT_S, self._ask)
            return
        self._asked = question = _Question(self, hop)
        self._later(ANSWER_S, lambda: self.failed(question, None))
        account, identity, branch = self._account, self._identity, new_branch()
        self._cseq += 1
        target = URI("sip", bracketed(account.domain), port=account.uri_port)
        sender = URI("sip", bracketed(account.domain), user=account.user, port=account.uri_port)
        headers = [
            ("Via", identity.via(hop, branch)),
            ("Max-Forwards", MAX_FORWARDS),
            ("From", f"<{sender}>;tag={new_tag()}"),
            ("To", f"<{target}>"),
            ("Call-ID", self._call_id),
            ("CSeq", f"{self._cseq} OPTIONS"),
            ("Contact", identity.contact(hop, account.user)),
            ("Accept", "application/sdp"),
            ("User-Agent", identity.name),
        ]
        self._layer.request(make_request("OPTIONS", target, headers), branch, hop, question)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._layer.scheduler.call_later(seconds, action)

    def answered(self, question: _Question) -> None:
        if question is not self._asked:
            return
        self._asked = None
        self._failures = 0
        self._servers.wake(question.hop)
        # RFC 5626 4.4: not all lines of a PBX at the same moment.
        self._later(self._account.keep_alive_s * (0.8 + self._chance() / 5), self._ask)
        if not self.alive:
            self.alive = True
            self._on_change()

    def failed(self, question: _Question, retry_after_s: float | None) -> None:
        if question is not self._asked:
            return
        self._asked = None
        self._failures += 1
        self._servers.rest(question.hop, REST_S if retry_after_s is None else retry_after_s)
        self._later(min(SUSPECT_S, self._account.keep_alive_s), self._ask)
        if self.alive and self._failures >= self._account.dead_after:
            self.alive = False
            self._on_change()


class _Question:
    """One OPTIONS: what answers an earlier one says nothing of the last."""

    def __init__(self, keep_alive: KeepAlive, hop: Hop) -> None:
        self.hop = hop
        self._keep_alive = keep_alive

    def on_response(self, response: ReceivedResponse) -> None:
        if response.code in (408, 503):
            self._keep_alive.failed(self, retry_after_s(response))
        elif response.code >= 200:
            self._keep_alive.answered(self)

    def on_silence(self, code: int) -> None:
        self._keep_alive.failed(self, None)
