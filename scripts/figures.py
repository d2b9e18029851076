"""Figures as `docs/figures.md` gives them: percentiles of a series, the machine, CPU of processes."""

from __future__ import annotations

import os
import platform
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Series:
    """Delays in milliseconds."""

    title: str
    delays_ms: tuple[float, ...]

    @property
    def p50(self) -> float:
        return statistics.median(self.delays_ms)

    @property
    def p95(self) -> float:
        if len(self.delays_ms) < 2:
            return self.delays_ms[0]
        return statistics.quantiles(self.delays_ms, n=20, method="inclusive")[18]

    def as_json(self) -> dict[str, Any]:
        return {
            "n": len(self.delays_ms),
            "p50_ms": round(self.p50, 2),
            "p95_ms": round(self.p95, 2),
            "min_ms": round(min(self.delays_ms), 2),
            "max_ms": round(max(self.delays_ms), 2),
        }

    def __str__(self) -> str:
        worst = max(self.delays_ms)
        return f"{self.title:<52} {len(self.delays_ms):>5} {self.p50:>8.1f} {self.p95:>8.1f} {worst:>8.1f}"


HEADING = f"{'milliseconds':<52} {'n':>5} {'p50':>8} {'p95':>8} {'max':>8}"


def machine() -> dict[str, Any]:
    """What a figure is worth nothing without."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "cores": os.cpu_count(),
        "processor": names[0] if names else platform.machine(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
    }


def cpu_seconds(root: int) -> float:
    """CPU that the process and its living descendants have used, user and system (`proc_pid_stat(5)`)."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            # The name of a program may hold blanks and brackets: count from the last one.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        parents[int(folder.name)] = int(fields[1])
        used[int(folder.name)] = (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND
    return sum(seconds for process, seconds in used.items() if _descends(process, root, parents))


def _descends(process: int, root: int, parents: dict[int, int]) -> bool:
    while process not in (0, root):
        process = parents.get(process, 0)
    return process == root
