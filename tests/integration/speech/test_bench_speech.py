"""The benchmark runs as `make bench-speech` runs it, with few streams: its figures are there, and may be so."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from app.config import PROJECT
from scripts import bench_speech


def test_both_subjects_are_measured_on_the_same_sound(tmp_path: Path) -> None:
    file = tmp_path / "speech.json"
    options = ["--only", "latency", "--streams", "2", "--conversations", "1"]
    options += ["--seconds", "3", "--spread", "0.4", "--to", str(file)]
    # In a process of its own: espeak-ng's events need the library to themselves.
    subprocess.run([sys.executable, "-m", "scripts.bench_speech", *options], cwd=PROJECT, check=True, timeout=120)
    figures = json.loads(file.read_text())
    assert figures.keys() >= set(bench_speech.KEYS)
    assert figures["latency.words"] > 0
    assert figures["latency.streams"] == 2
    assert figures["latency.in_time_share"] > 0, "words were recognised"
    assert figures["peer.latency.in_time_share"] > 0
    assert figures["cpu_ms_per_stream_second"] > 0
    assert figures["peer.cpu_ms_per_stream_second"] > 0
    assert figures["partial_latency_p50_ms"] <= figures["partial_latency_p95_ms"]
    assert figures["wer_free"] is None, "it was not asked for"
