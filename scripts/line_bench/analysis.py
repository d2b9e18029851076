"""What a record of streams says: packets missing, gaps, jitter, and the delay of a bridge."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from scripts.line_bench.streams import Ints, Record

PERIOD_NS = 20_000_000
PERIOD_UNITS = 160
"""20 ms in units of the RTP timestamp."""
UNDER_WAY_NS = 500_000_000
"""What was sent so shortly before the end need not have come back."""


@dataclass(frozen=True)
class Sending:
    """How the far side sent. `unsent_share` is of the packets that 20 ms each would have made in the window;
    `jitter_ms` is the mean deviation of two neighbours' distance from that of their timestamps (RFC 3550 6.4.1,
    D, not smoothed), `longest_gap_ms` the longest time without a packet on any leg."""

    received: int
    unsent_share: float
    jitter_ms: float
    longest_gap_ms: float


@dataclass(frozen=True)
class Bridging:
    """`identified_share`: of the packets sent, those that came out at another leg with their code whole."""

    identified_share: float
    delay_p50_ms: float
    delay_p99_ms: float


def sending(record: Record, legs: int) -> Sending:
    within = (record.came_ns >= record.began_ns) & (record.came_ns <= record.ended_ns)
    order = np.argsort(record.leg[within], kind="stable")
    leg, came, timestamp = (values[within][order] for values in (record.leg, record.came_ns, record.timestamp))
    parts = np.searchsorted(leg, np.arange(legs + 1))
    expected, missing, longest = 0, 0, 0
    for first, last in pairwise(parts):
        due, gap = _due(came[first:last], record.began_ns, record.ended_ns)
        expected += due
        missing += max(0, due - int(last - first))
        longest = max(longest, gap)
    return Sending(
        received=len(leg),
        unsent_share=missing / max(expected, 1),
        jitter_ms=_jitter_ms(leg, came, timestamp),
        longest_gap_ms=longest / 1e6,
    )


def _due(came: Ints, began_ns: int, ended_ns: int) -> tuple[int, int]:
    """How many packets should have come, and the longest gap in nanoseconds, the window's edges counted."""
    if not len(came):
        return round((ended_ns - began_ns) / PERIOD_NS), ended_ns - began_ns
    edges = int(came[0]) - began_ns, ended_ns - int(came[-1])
    due = (
        round(int(came[-1] - came[0]) / PERIOD_NS) + 1 + sum(max(0, round(edge / PERIOD_NS) - 1) for edge in edges)
    )
    return due, max(*edges, int(np.diff(came).max(initial=0)))


def _jitter_ms(leg: Ints, came: Ints, timestamp: Ints) -> float:
    steps = np.diff(timestamp)
    alike = (np.diff(leg) == 0) & (steps > 0) & (steps < 50 * PERIOD_UNITS)
    if not alike.any():
        return float("nan")
    deviations = np.abs(np.diff(came) - steps * (PERIOD_NS // PERIOD_UNITS))
    return float(deviations[alike].mean()) / 1e6


def bridging(record: Record) -> Bridging:
    """Packets that came out at a leg other than the one they were sent on."""
    packets, legs = record.sent_ns.shape
    coded = (record.code_leg >= 0) & (record.code_leg < legs) & (record.code_number < packets)
    coded &= record.code_leg != record.leg
    sent = record.sent_ns[record.code_number[coded], record.code_leg[coded]]
    within = (sent >= record.began_ns) & (sent <= record.ended_ns - UNDER_WAY_NS)
    delays = (record.came_ns[coded] - sent)[within] / 1e6
    wanted = (record.sent_ns >= record.began_ns) & (record.sent_ns <= record.ended_ns - UNDER_WAY_NS)
    if not len(delays):
        return Bridging(0.0, float("nan"), float("nan"))
    p50, p99 = np.percentile(delays, [50, 99])
    return Bridging(len(delays) / max(int(wanted.sum()), 1), float(p50), float(p99))
