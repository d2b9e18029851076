"""A call that is talked to measure what the rules make of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.domain import commands as c
from app.domain import facts as f
from app.domain.calls import Call, Phase, evolve
from app.domain.conduct import decide
from app.domain.profile import Profile

OPERATOR = "operator"
_BEGAN = datetime(2026, 11, 18, 7, 0, tzinfo=UTC)


class MeasuredCall:
    """One that `OPERATOR` has just answered; `state` is what it has come to."""

    def __init__(self, profile: Profile, flow: str) -> None:
        self._profile = profile
        self.state = replace(
            Call("measured"),
            phase=Phase.TALKING,
            profile=profile.id,
            flow=flow,
            operator=OPERATOR,
            arrived_at=_BEGAN,
            answered_at=_BEGAN,
            phase_since=_BEGAN,
        )

    def order(self, command: c.Command, at_s: float) -> list[f.Fact]:
        """What the rules decide `at_s` seconds after the answer."""
        now = _BEGAN + timedelta(seconds=at_s)
        facts = list(decide(self._profile, self.state, command, now))
        for fact in facts:
            self.state = evolve(self.state, f.Recorded("call:measured", self.state.seq + 1, now, fact))
        return facts
