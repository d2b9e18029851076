"""The seeds of the fuzzer, and what it once found, through its targets; see scripts/fuzz_line.py."""

from __future__ import annotations

import pytest

from scripts.fuzz_targets import TARGETS


@pytest.mark.parametrize("kind", sorted(TARGETS))
def test_the_seeds_leave_nothing_behind(kind: int) -> None:
    target = TARGETS[kind]()
    seeds = target.seeds()
    assert len(seeds) > 7
    for seed in seeds:
        target.take(seed)
        target.settle()
    for seed in seeds:
        target.take(seed)
    target.settle()
    target.close()
