"""How many streams a machine bears, from what a second of speech costs it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

TALKING_SHARE = 0.6
"""At most so much of a conversation is decoded on each side: it talks less than half of it, with silence around."""
MESSAGES_S = 0.003
"""CPU-seconds a second that a stream costs besides: its messages and the gate (docs/figures.md, Speech)."""
BUSY_SHARE = 0.7
"""Of a core at most so much is given away: speech comes in bursts, and the line and the pages need their share."""
FEWEST_STREAMS = 2
"""One call is borne by any machine: late words are better than none."""


@dataclass(frozen=True)
class Capacity:
    """`streams` at once; `cost_s` is CPU-seconds for a second of speech."""

    streams: int
    cost_s: float

    @classmethod
    def measured(cls, cost_s: float, workers: int, cores: int) -> Capacity:
        """From the cost on one core; a cost of 0 is unknown and raises ValueError."""
        if cost_s <= 0:
            raise ValueError("the cost of speech is not known")
        each = cost_s * TALKING_SHARE + MESSAGES_S
        return cls(max(FEWEST_STREAMS, int(min(workers, cores) * BUSY_SHARE / each)), cost_s)
