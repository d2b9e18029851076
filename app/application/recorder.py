"""Where facts get their place: numbered in their stream, put into the journal, folded into what is remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.application.ports import CallJournal, Clock
from app.domain import promises as promise_log
from app.domain.facts import Fact, PromiseMade, Recorded
from app.domain.promises import Promise


class Recorder:
    """Numbers facts, journals them, and keeps the promises of all calls: the open and the fresh ones."""

    def __init__(self, journal: CallJournal, clock: Clock, promises: Mapping[str, Promise] | None = None) -> None:
        self._journal = journal
        self._clock = clock
        self._last: dict[str, int] = {}
        self.promises: Mapping[str, Promise] = dict(promises or {})

    def known(self, stream: str, seq: int) -> None:
        """The journal already holds `seq` facts of the stream."""
        self._last[stream] = max(seq, self._last.get(stream, 0))

    def number(self, stream: str, facts: Sequence[Fact]) -> list[Recorded]:
        """The facts in the places that they will have; nothing is kept yet."""
        now = self._clock.now()
        first = self._last.get(stream, 0) + 1
        return [Recorded(stream, first + i, now, fact) for i, fact in enumerate(facts)]

    def keep(self, recorded: Sequence[Recorded]) -> None:
        """Journal numbered facts. They are durable when this returns."""
        if not recorded:
            return
        self._journal.append(recorded)
        for one in recorded:
            self._last[one.stream] = one.seq
            self.promises = promise_log.evolve(self.promises, one)
            if isinstance(one.fact, PromiseMade):
                self.promises = promise_log.without_old(self.promises, one.at)

    def record(self, stream: str, facts: Sequence[Fact]) -> None:
        """Number and keep."""
        self.keep(self.number(stream, facts))

    def forget(self, stream: str) -> None:
        """Nothing more will be recorded in the stream."""
        self._last.pop(stream, None)
