"""May this call be transferred now? (L8: housing 5.7, property 26; L9: housing 5.8, heritage 3.2.4,
education 3.5.1)

The one rule that locks (M4): no more than two completed transfers in one call, whether blind or warm, to whatever
unit, after whatever came between. A transfer that failed (busy, no answer, declined, taken back) does not count;
while one is on its way there is no other.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.errors import Refused

MOST_TRANSFERS = 2
"""What the orders allow; a profile may allow fewer."""


@dataclass(frozen=True)
class Asked:
    """All that the rule looks at: `completed` transfers of the call so far, whether the caller was told of this
    one, who transfers to whom, and whether that one is free."""

    completed: int
    told: bool
    source: str
    target: str
    target_is_free: bool


@dataclass(frozen=True)
class No:
    """Why not: `code` is stable (docs/protocols.md), `rule` the id in requirements.md."""

    code: str
    reason: str
    rule: str

    def refused(self) -> Refused:
        return Refused(self.code, self.reason, self.rule)


def left(completed: int, allowed: int) -> int:
    """How many transfers the call may still have."""
    return max(0, min(allowed, MOST_TRANSFERS) - completed)


def refusal(asked: Asked, allowed: int) -> No | None:
    """None when the transfer may begin; `allowed` is the profile's number. The limit is looked at first: it cannot
    be mended by telling the caller or by another colleague, only by a promise (L11)."""
    if not left(asked.completed, allowed):
        reason = f"this call was transferred {asked.completed} times; promise to call back instead"
        return No("transfer_limit", reason, "L9")
    if not asked.told:
        return No("tell_first", "tell the caller of the transfer first", "L8")
    if asked.target == asked.source or not asked.target_is_free:
        return No("target_not_free", "the colleague is not free now", "L8")
    return None
