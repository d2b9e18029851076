"""The servers of one account: which is tried first, and which rest because they failed (RFC 3263 4.3)."""

from __future__ import annotations

from collections.abc import Sequence

from app.application.ports import Timer
from app.telephony.transactions import Scheduler
from app.telephony.wire import Hop, ReceivedResponse

REST_S = 60.0
"""How long a server that failed is left alone, where it does not say itself."""
LONGEST_REST_S = 3600.0


class Servers:
    """Servers, the best first. One that rests is passed over while another does not; then it is the best again."""

    def __init__(self, scheduler: Scheduler, hops: Sequence[Hop] = ()) -> None:
        self._scheduler = scheduler
        self._hops = tuple(hops)
        self._resting: dict[Hop, Timer] = {}

    def found(self, hops: Sequence[Hop]) -> bool:
        """What the DNS says now; the order stays where only chance among equals would change it. Whether any is
        new or gone."""
        if set(hops) == set(self._hops):
            return False
        for gone in self._resting.keys() - set(hops):
            self._resting.pop(gone).cancel()
        self._hops = tuple(hops)
        return True

    @property
    def all(self) -> tuple[Hop, ...]:
        return self._hops

    @property
    def in_order(self) -> list[Hop]:
        """Those that do not rest, then those that do."""
        return sorted(self._hops, key=lambda hop: hop in self._resting)

    @property
    def best(self) -> Hop | None:
        """The server to turn to now, None while none is known."""
        return next(iter(self.in_order), None)

    @property
    def fresh(self) -> bool:
        """Whether there is one that does not rest."""
        return any(hop not in self._resting for hop in self._hops)

    def rest(self, hop: Hop, seconds: float = REST_S) -> None:
        """It failed: leave it alone for a while."""
        if hop not in self._hops:
            return
        self.wake(hop)
        longest = min(seconds, LONGEST_REST_S)
        self._resting[hop] = self._scheduler.call_later(longest, lambda: self._resting.pop(hop, None))

    def wake(self, hop: Hop) -> None:
        """It answered: it counts again."""
        timer = self._resting.pop(hop, None)
        if timer is not None:
            timer.cancel()

    def close(self) -> None:
        """Let no timer fire any more."""
        for timer in self._resting.values():
            timer.cancel()
        self._resting.clear()


def retry_after_s(response: ReceivedResponse) -> float | None:
    """Seconds that a 503 asks us to stay away (RFC 3261 20.33), None where it does not say."""
    value = (response.message.headers.get("Retry-After") or "").partition(";")[0].partition("(")[0].strip()
    return float(value) if value.isascii() and value.isdigit() and len(value) < 8 else None
