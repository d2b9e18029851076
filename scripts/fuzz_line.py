"""Throw hostile bytes at the line: `make fuzz`, or `python -m scripts.fuzz_line --seconds 180`.

Coverage of `app.telephony` and `sipmessage` guides atheris from the seeds of `scripts.fuzz_targets` on. An input
that raises, is slow, or leaves something behind ends it. The inputs since all was last in order are then in
build/fuzz/history/, to be run again with `--again`; what they show becomes a plain unit test.
"""

from __future__ import annotations

import argparse
import gc
import logging
import resource
import sys
import time
from collections import Counter
from pathlib import Path

import atheris
import structlog

with atheris.instrument_imports(include=["app.telephony", "sipmessage"]):
    from scripts.fuzz_targets import TARGETS, Target

PROJECT = Path(__file__).resolve().parent.parent
BUILD = PROJECT / "build" / "fuzz"
HISTORY = BUILD / "history"
SLOW_S = 0.05
"""CPU that one input may cost."""
SETTLE_EACH = 200
MEASURE_EACH = 5000
WARM_UP = 20000
"""Inputs before memory is measured."""
MOST_NEW_OBJECTS = 5000
MOST_GROWN_KB = 150 * 1024
"""After the warm-up; libFuzzer's own corpus is in it."""
WORDS = PROJECT / "scripts" / "fuzz_line.dict"


class Watch:
    """Runs inputs, and sees to their cost and to what they leave."""

    def __init__(self) -> None:
        self._targets: dict[int, Target] = {kind: make() for kind, make in TARGETS.items()}
        self._inputs = 0
        self._history: list[bytes] = []
        self._objects: Counter[str] = Counter()
        self._memory_kb = 0

    def seeds(self) -> list[bytes]:
        return [bytes([kind]) + seed for kind, target in self._targets.items() for seed in target.seeds()]

    def take(self, data: bytes) -> None:
        self._history.append(data)
        try:
            self._take(data)
        except BaseException:
            self._keep_history()
            raise

    def again(self, folder: Path) -> None:
        """Run the inputs of a history again, in their order."""
        for path in sorted(folder.iterdir()):
            self._take(path.read_bytes())
        self._settle()

    def _keep_history(self) -> None:
        HISTORY.mkdir(parents=True, exist_ok=True)
        for path in HISTORY.iterdir():
            path.unlink()
        for number, data in enumerate(self._history):
            (HISTORY / f"{number:04}").write_bytes(data)

    def _settle(self) -> None:
        for target in self._targets.values():
            target.settle()
        self._history.clear()

    def _take(self, data: bytes) -> None:
        if not data:
            return
        target = self._targets[data[0] % len(self._targets)]
        began = time.thread_time()
        target.take(data[1:])
        if time.thread_time() - began > SLOW_S and min(self._cost(target, data) for _ in range(3)) > SLOW_S:
            raise RuntimeError(f"more than {SLOW_S * 1000:.0f} ms of CPU for {len(data)} octets")
        self._inputs += 1
        if self._inputs % SETTLE_EACH == 0:
            self._settle()
        if self._inputs % MEASURE_EACH == 0:
            self._measure()

    def _cost(self, target: Target, data: bytes) -> float:
        target.settle()
        began = time.thread_time()
        target.take(data[1:])
        return time.thread_time() - began

    def _measure(self) -> None:
        gc.collect()
        objects = Counter(type(one).__name__ for one in gc.get_objects())
        memory_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if self._inputs >= WARM_UP and not self._objects:
            self._objects, self._memory_kb = objects, memory_kb
        if self._objects:
            grown, grown_kb = objects - self._objects, memory_kb - self._memory_kb
            print(f"{self._inputs} inputs, {grown.total()} objects and {grown_kb} kB more than after the warm-up")
            if grown.total() > MOST_NEW_OBJECTS or grown_kb > MOST_GROWN_KB:
                raise RuntimeError(f"memory grows: {grown.most_common(10)}")


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--seconds", type=int, default=180)
    reader.add_argument("--again", action="store_true")
    asked = reader.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    watch = Watch()
    if asked.again:
        watch.again(HISTORY)
        return
    corpus, seeds = BUILD / "corpus", BUILD / "seeds"
    for folder in (corpus, seeds):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(watch.seeds()):
        watch.take(seed)
        (seeds / f"{number:03}").write_bytes(seed)
    options = [f"-max_total_time={asked.seconds}", "-max_len=6000", f"-dict={WORDS}", "-timeout=20"]
    options += [f"-artifact_prefix={BUILD}/", "-rss_limit_mb=2048", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, str(corpus), str(seeds)], watch.take)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
