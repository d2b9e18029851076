"""Our recogniser beside a plain vosk-server, in one run: `make bench-speech`.

    python -m scripts.bench_speech [--only quiet,capacity,latency,kill,accuracy] [--who ours,peer] [--seconds 12]
                                   [--chunk-ms 40] [--most 512] [--streams N] [--nice 0]
                                   [--model models/liniya-demo-ru] [--to build/bench/speech.json]

The peer is the published websocket server of `alphacep/vosk-server` in its few lines (`speech_bench.plain_server`).
Both have the same model and the same core, ours one worker; the load has another core, and streams the same
two-channel conversations (`speech_bench.conversations`) in the same chunks, in real time. What --only takes:

  quiet     conversations.wer: every sound whole, nothing hurried, a chunk sent when the one before was answered;
            quiet.words_in_time: how many of the words were there within 1 s of sound after their end
  capacity  streams_per_core: the most channels at once of which 99 % of the words are there within 1 s of their
            end, out of those that are when nothing hurries; found by doubling and halving, both subjects in turn
  latency   partial_latency_p50_ms, _p95_ms: end of a word to the first answer that has it at its place; and CPU;
            both with half as many streams as the peer carries (--streams says how many without `capacity`)
  kill      words_lost_on_kill: a worker killed at ten moments of two sentences, through the line's own client
  accuracy  wer_free and the errors: `scripts.evaluate_model --quick`

`ratio.<key>` is ours divided by the peer's. A figure that was not measured is null.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from app.config import PROJECT
from app.speech.model_files import check_model
from scripts.figures import Series, machine
from scripts.line_bench.generator import raise_file_limit
from scripts.speech_bench import kill
from scripts.speech_bench.capacity import IN_TIME, LATE_S, Material, Quiet, Search, Step, quiet, step
from scripts.speech_bench.conversations import conversations
from scripts.speech_bench.subjects import OURS, PEER, Running, Subject, cores, running
from scripts.spoken_words import Speaker

RESULT = PROJECT / "build" / "bench" / "speech.json"
MODEL = PROJECT / "models" / "liniya-demo-ru"
WHO = {"peer": PEER, "ours": OURS}
PARTS = ("quiet", "capacity", "latency", "kill", "accuracy")
FIRST_STREAMS = 16
ACCURACY = {
    "wer_free": (0.03, "of the words, known engines"),
    "error_digits": (0.01, "of the words"),
    "error_yes_no": (0.005, "of the answers"),
    "error_satisfaction": (0.005, "of the answers"),
    "false_accept": (0.01, "of other speech, taken for an answer"),
    "wer_cross_engine": (0.45, "of the words, an engine it never heard"),
    "error_yes_no_cross_engine": (0.05, "of the answers, an engine it never heard"),
}
"""What must be reached (the issue's table), and the unit. All come of `scripts.evaluate_model`."""
UNITS = {
    "streams_per_core": "channels at once",
    "partial_latency_p50_ms": "ms, end of a word to its partial",
    "partial_latency_p95_ms": "ms",
    "cpu_ms_per_stream_second": "ms of CPU a second of one channel",
    "quiet.cpu_ms_per_stream_second": "the same when nothing hurries",
    "quiet.words_in_time": "of the words, within 1 s when nothing hurries",
    "conversations.wer": "of the words of the conversations",
}
KEYS = ("streams_per_core", "streams_per_core_peer", "partial_latency_p95_ms", *ACCURACY, "words_lost_on_kill")
"""What the issue asks for: always in the file."""
Figures = dict[str, Any]


@dataclass
class Bench:
    """One run of the benchmark: what was asked, and the figures so far."""

    options: argparse.Namespace
    figures: Figures = field(default_factory=dict)
    known: dict[str, Quiet] = field(default_factory=dict)

    def run(self) -> Figures:
        """Measure everything that was asked for."""
        speaker = Speaker()
        self._about()
        if {"quiet", "capacity", "latency"} & set(self.options.only):
            self._compare(speaker)
        if "kill" in self.options.only:
            _say("kill")
            self._kill(speaker)
        if "accuracy" in self.options.only:
            _say("accuracy: scripts.evaluate_model --quick")
            self.figures |= accuracy(self.options.model)
        self.figures["load_average_after"] = os.getloadavg()[0]
        return dict.fromkeys(KEYS) | self.figures | ratios(self.figures)

    def _about(self) -> None:
        description = check_model(self.options.model)
        server_core, load_core = cores()
        self.figures |= {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            **{f"machine.{name}": value for name, value in machine().items()},
            "machine.core_of_the_load_is_another": server_core != load_core,
            "load_average_before": os.getloadavg()[0],
            "nice": self.options.nice,
            "model": description.path.name,
            "model.version": description.version,
            "chunk_ms": self.options.chunk_ms,
            "seconds": self.options.seconds,
            "late_s": LATE_S,
            "in_time_share": IN_TIME,
        }

    def _compare(self, speaker: Speaker) -> None:
        """The subjects run side by side: the one that is not asked waits and costs nothing."""
        spoken = conversations(speaker, self.options.conversations)
        whole = Material.whole(spoken, self.options.chunk_ms)
        seconds = self.options.spread + self.options.seconds + 1
        material = Material.parts(spoken, seconds, self.options.chunk_ms)
        server_core, load_core = cores()
        usable = os.sched_getaffinity(0)
        with ExitStack() as stack:
            servers = {
                who: stack.enter_context(running(WHO[who], self.options.model, server_core))
                for who in self.options.who
            }
            os.sched_setaffinity(0, {load_core})
            stack.callback(os.sched_setaffinity, 0, usable)
            for who, server in servers.items():
                _say(f"quiet: {WHO[who].title}")
                if "quiet" in self.options.only:
                    self._quiet(who, server, whole)
                if {"capacity", "latency"} & set(self.options.only):
                    self.known[who] = quiet(server, material)
            if "capacity" in self.options.only:
                self._capacity(servers, material)
            if "latency" in self.options.only:
                self._latency(servers, material)

    def _quiet(self, who: str, server: Running, whole: Material) -> None:
        found = quiet(server, whole)
        self.figures["conversations.words"] = found.spoken
        of_sound = 1000 * found.cpu_s / found.sound_s
        self._keep(
            WHO[who],
            {
                "conversations.wer": found.word_error_rate,
                "quiet.cpu_ms_per_stream_second": of_sound,
                "quiet.words_in_time": found.in_time,
            },
        )

    def _capacity(self, servers: dict[str, Running], material: Material) -> None:
        searches = {who: Search(FIRST_STREAMS, self.options.most) for who in servers}
        while any(not search.done for search in searches.values()):
            for who, search in searches.items():
                if not search.done:
                    search.tell(holds=self._holds(who, servers[who], material, search.next))
        for who, search in searches.items():
            self.figures["streams_per_core_peer" if WHO[who] is PEER else "streams_per_core"] = search.held

    def _holds(self, who: str, server: Running, material: Material, streams: int) -> bool:
        run = self._step(who, server, material, streams)
        return run.holds or (run.nearly and self._step(who, server, material, streams).holds)

    def _step(self, who: str, server: Running, material: Material, streams: int) -> Step:
        spread_s, seconds = self.options.spread, self.options.seconds
        found = step(server, material, self.known[who], streams, seconds=seconds, spread_s=spread_s)
        _say(f"  {WHO[who].title}: {found}")
        latest = max(found.client_latest_ms, self.figures.get("load.latest_ms", 0.0))
        share = max(found.client_cpu_share, self.figures.get("load.most_of_its_core", 0.0))
        self.figures |= {"load.latest_ms": round(latest, 1), "load.most_of_its_core": round(share, 3)}
        return found

    def _latency(self, servers: dict[str, Running], material: Material) -> None:
        streams = self.options.streams or max(2, self.figures.get("streams_per_core_peer", 32) // 4 * 2)
        self.figures["latency.streams"] = streams
        for who, server in servers.items():
            found = self._step(who, server, material, streams)
            delays = Series(who, found.delays_ms)
            self._keep(
                WHO[who],
                {
                    "partial_latency_p50_ms": delays.p50,
                    "partial_latency_p95_ms": delays.p95,
                    "latency.words": len(found.delays_ms),
                    "latency.in_time_share": found.in_time,
                    "cpu_ms_per_stream_second": found.cpu_ms_per_stream_second,
                },
            )

    def _kill(self, speaker: Speaker) -> None:
        found = asyncio.run(kill.trials(self.options.model, kill.sounds(speaker)))
        for trial in found:
            _say(f"  killed at {trial.at_s:.1f} s: {trial.lost} words lost, {trial.doubled} told twice")
        self.figures |= {
            "words_lost_on_kill": sum(trial.lost for trial in found),
            "words_doubled_on_kill": sum(trial.doubled for trial in found),
            "kill.trials": len(found),
            "kill.words": sum(len(trial.undisturbed) for trial in found),
        }

    def _keep(self, subject: Subject, figures: Figures) -> None:
        prefix = f"{subject.name}." if subject.name else ""
        self.figures |= {prefix + key: _rounded(value) for key, value in figures.items()}


def accuracy(model: Path) -> Figures:
    """The model's errors, measured in a process of their own; {} and a reason where that fails."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "accuracy.json")
        command = [sys.executable, "-m", "scripts.evaluate_model", "--model", str(model)]
        ended = subprocess.run([*command, "--quick", "--json", str(file)], cwd=PROJECT, check=False)
        if ended.returncode or not file.is_file():
            _say(f"  not measured: scripts.evaluate_model ended with {ended.returncode}")
            return {}
        measured = json.loads(file.read_text())
    return {key: value for key, value in measured.items() if not isinstance(value, dict | list)} | {
        "model": model.name,
        "model.version": measured.get("model"),
    }


def ratios(figures: Figures) -> Figures:
    """Ours divided by the peer's, where both are there."""
    pairs = {key: (key, f"peer.{key}") for key in UNITS}
    pairs["streams_per_core"] = ("streams_per_core", "streams_per_core_peer")
    return {
        f"ratio.{key}": round(figures[ours] / figures[peer], 3)
        for key, (ours, peer) in pairs.items()
        if figures.get(ours) is not None and figures.get(peer)
    }


def print_table(figures: Figures) -> None:
    print(f"\n{'figure':<28} {'ours':>9} {'peer':>9} {'ratio':>7} {'to reach':>9}  unit")
    aims = {"streams_per_core": "2 x peer", "conversations.wer": "<= peer"}
    for key, unit in UNITS.items():
        peer = figures.get("streams_per_core_peer" if key == "streams_per_core" else f"peer.{key}")
        _print_row(key, figures.get(key), peer, figures.get(f"ratio.{key}"), aims.get(key, ""), unit)
    for key, (aim, unit) in ACCURACY.items():
        _print_row(key, figures.get(key), None, None, f"< {aim}", unit)
    for key in ("words_lost_on_kill", "words_doubled_on_kill"):
        _print_row(key, figures.get(key), None, None, "0", f"of {figures.get('kill.words', 0)} words")
    before, after = figures["load_average_before"], figures["load_average_after"]
    print(
        f"\n{figures['machine.cores']} cores; load average {before:.1f} before, {after:.1f} after;"
        f" the load took at most {figures.get('load.most_of_its_core', 0):.0%} of its core"
    )


def _print_row(key: str, ours: Any, peer: Any, ratio: Any, aim: str, unit: str) -> None:
    if ours is not None or peer is not None:
        print(f"{key:<28} {_short(ours):>9} {_short(peer):>9} {_short(ratio):>7} {aim:>9}  {unit}")


def _short(value: Any) -> str:
    return "" if value is None else f"{value:.4g}"


def _rounded(value: Any) -> Any:
    return round(value, 5) if isinstance(value, float) else value


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=_some_of(PARTS), default=list(PARTS))
    parser.add_argument("--who", type=_some_of(tuple(WHO)), default=list(WHO))
    parser.add_argument("--seconds", type=float, default=12.0, help="of streaming with all streams, each step")
    parser.add_argument(
        "--chunk-ms", type=int, default=40, help="of sound a message; the published clients send 200"
    )
    parser.add_argument("--spread", type=float, default=4.0, help="seconds within which all streams begin")
    parser.add_argument("--most", type=int, default=512, help="streams at which the search stops")
    parser.add_argument("--streams", type=int, default=0, help="for `latency`; 0: half of what the peer carries")
    parser.add_argument("--conversations", type=int, default=8, help="of the eight, so many")
    parser.add_argument("--nice", type=int, default=0, help="below 0 (root): before others on a busy machine")
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--to", type=Path, default=RESULT)
    return parser.parse_args(arguments)


def _some_of(known: tuple[str, ...]) -> Callable[[str], list[str]]:
    def some(text: str) -> list[str]:
        wanted = text.split(",")
        unknown = [one for one in wanted if one not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(known)}")
        return [one for one in known if one in wanted]

    return some


def _go_before_others(nice: int) -> None:
    """sched(7): where the kernel groups processes by session, niceness counts within the session only."""
    os.nice(nice)
    group = Path("/proc/self/autogroup")
    if group.exists():
        group.write_text(str(nice))


def main(arguments: list[str] | None = None) -> None:
    options = parsed(arguments)
    raise_file_limit()
    if options.nice:
        _go_before_others(options.nice)
    figures = Bench(options).run()
    options.to.parent.mkdir(parents=True, exist_ok=True)
    options.to.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    print_table(figures)
    print(f"kept in {options.to}")


if __name__ == "__main__":
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    main()
