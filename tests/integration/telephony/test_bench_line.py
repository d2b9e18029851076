"""The benchmark runs as `make bench-line` runs it, with few calls: its figures are there, and may be so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scripts import bench_line

QUICK = ["--calls", "4", "--seconds", "0.6", "--warm", "0.4", "--most", "4", "--invites", "3"]


def run(file: Path, *options: str) -> dict[str, Any]:
    bench_line.main([*QUICK, "--to", str(file), *options])
    figures: dict[str, Any] = json.loads(file.read_text())
    return figures


def test_every_figure_of_the_table_is_measured(tmp_path: Path) -> None:
    figures = run(tmp_path / "line.json", "--who", "ours")
    assert figures.keys() >= bench_line.TARGETS.keys() | bench_line.MORE.keys()
    assert all(not isinstance(one, dict | list) for one in figures.values()), "it is flat"
    assert figures["cpu_ms_per_call_second"] > 0
    assert figures["cpu_ms_per_bridged_call_second"] > 0
    assert figures["max_calls"] in (0, 4)
    assert figures["jitter_ms"] > 0
    assert 0 < figures["bridge_delay_p50_ms"] <= figures["bridge_delay_p99_ms"] < 2000
    assert figures["invite_to_200_ms"] > 0
    assert 0 <= figures["unsent_share_busy"] <= 1
    assert figures["heard_share"] > 0.3, "the callers' sound was read"


def test_a_peer_stands_under_its_name_and_ours_is_divided_by_it(tmp_path: Path) -> None:
    figures = run(tmp_path / "line.json", "--who", "pyvoip", "--only", "cpu")
    assert figures["pyvoip.cpu_ms_per_call_second"] > 0
    ratios = bench_line.ratios(figures | {"cpu_ms_per_call_second": 2 * figures["pyvoip.cpu_ms_per_call_second"]})
    assert ratios == {"ratio.pyvoip.cpu_ms_per_call_second": 2.0}
