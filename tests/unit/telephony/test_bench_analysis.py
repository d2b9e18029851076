"""What `make bench-line` makes of packets whose fate is known."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.line_bench.analysis import bridging, sending
from scripts.line_bench.streams import Record

SECOND = 1_000_000_000
BEGAN = 1_800_000_000 * SECOND
PERIOD = 20_000_000
PACKETS = 100


def record(came: dict[int, list[int]], *, code_of: dict[int, int] | None = None) -> Record:
    """For each leg the times, after the beginning, of packets numbered from 0; two seconds are the window."""
    leg = [leg for leg, times in came.items() for _ in times]
    number = [number for times in came.values() for number in range(len(times))]
    times = [BEGAN + time for times in came.values() for time in times]
    legs = len(came)
    return Record(
        began_ns=BEGAN,
        ended_ns=BEGAN + PACKETS * PERIOD,
        sent_ns=np.repeat(BEGAN + PERIOD * np.arange(PACKETS), legs).reshape(PACKETS, legs),
        leg=np.array(leg),
        came_ns=np.array(times),
        timestamp=160 * np.array(number),
        code_leg=np.array([(code_of or {}).get(one, -1) for one in leg]),
        code_number=np.array(number),
        latest_ms=0,
    )


def steady(packets: int = PACKETS, offset: int = PERIOD // 2) -> list[int]:
    return [offset + PERIOD * number for number in range(packets)]


def test_a_steady_sender_has_no_faults() -> None:
    seen = sending(record({0: steady(), 1: steady(offset=3)}), 2)
    assert (seen.received, seen.unsent_share, seen.longest_gap_ms) == (200, 0.0, 20.0)
    assert seen.jitter_ms == 0


def test_what_is_left_out_is_unsent_and_a_gap() -> None:
    times = steady()
    del times[50:53]
    seen = sending(record({0: times, 1: steady()}), 2)
    assert seen.unsent_share == pytest.approx(3 / 200)
    assert seen.longest_gap_ms == 80


@pytest.mark.parametrize(("times", "missing", "gap_ms"), [(steady(80), 20, 410), ([], 100, 2000)])
def test_a_leg_that_falls_silent_is_missed_to_the_end(times: list[int], missing: int, gap_ms: float) -> None:
    seen = sending(record({0: times, 1: steady()}), 2)
    assert seen.unsent_share == pytest.approx(missing / 200, abs=0.006)
    assert seen.longest_gap_ms == gap_ms


def test_rfc3550_6_4_1_every_second_packet_a_millisecond_late() -> None:
    times = [time + 1_000_000 * (number % 2) for number, time in enumerate(steady())]
    assert sending(record({0: times}), 1).jitter_ms == pytest.approx(1.0)


def test_too_many_packets_of_one_leg_do_not_make_up_for_those_of_another() -> None:
    seen = sending(record({0: steady(90), 1: sorted(steady() + steady(offset=PERIOD // 4))}), 2)
    assert seen.unsent_share == pytest.approx(10 / 200, abs=0.006)


def test_a_bridge_is_timed_by_the_codes_that_come_out_at_the_other_leg() -> None:
    came = {0: [number * PERIOD + 4_000_000 for number in range(PACKETS)], 1: steady()}
    seen = bridging(record(came, code_of={0: 1}))
    assert seen.delay_p50_ms == seen.delay_p99_ms == 4.0
    assert seen.identified_share == pytest.approx(0.5)


def test_what_comes_back_to_its_own_leg_is_no_bridge() -> None:
    assert bridging(record({0: steady()}, code_of={0: 0})).identified_share == 0
