"""Measure what is left of speech and keys on a bad network: `python -m scripts.measure_loss` (docs/figures.md).

One line calls another through relays of ours that lose and delay packets both ways, SIP and RTP, says sentences of
the bundled model's vocabulary and presses keys; the other line's sound goes through the real recogniser. Writes
build/bench/loss.json. `--seeds 3` draws the weather three times.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
from dataclasses import replace
from pathlib import Path

import structlog

from tests.integration.telephony.lossy_calls import CLEAR, CONDITIONS, KEYS, Outcome, call_through

BUILD = Path(__file__).resolve().parent.parent / "build" / "bench"


def report(outcomes: list[list[Outcome]]) -> None:
    print("| lost | jitter, ms | word error rate, % | keys of", len(KEYS), "|")
    print("| --- | --- | --- | --- |")
    found = {}
    for runs in zip(*outcomes, strict=True):
        weather = runs[0].weather
        errors = 100 * sum(run.word_errors for run in runs) / len(runs)
        keys = min(len(run.keys) if run.keys == KEYS else 0 for run in runs)
        print(f"| {100 * weather.loss:.0f} % | {weather.jitter_ms:.0f} | {errors:.1f} | {keys} |")
        found[f"word_errors_{100 * weather.loss:.0f}_{weather.jitter_ms:.0f}"] = round(errors, 1)
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / "loss.json").write_text(json.dumps(found, indent=2) + "\n")


async def measure(seeds: int) -> None:
    before = os.getloadavg()[0]
    outcomes = []
    for seed in range(1, seeds + 1):
        outcomes.append(await call_through([replace(one, seed=seed) for one in (CLEAR, *CONDITIONS)]))
        for one in outcomes[-1]:
            print(f"{one.weather}, really {100 * one.lost:.1f} %: {one.text}")
    report(outcomes)
    print(f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after; {seeds} seeds")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    asyncio.run(measure(parser.parse_args().seeds))
