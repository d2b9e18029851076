"""The line against its peers, in one run: `make bench-line`.

    python -m scripts.bench_line [--only cpu,bridge,max,busy,invite] [--who ours,floor,aiosipua,pyvoip]
                                 [--calls 100] [--seconds 6] [--warm 1.5] [--most 500] [--phases 10]
                                 [--to build/bench/line.json]

Whoever is measured runs in a process of its own and answers real SIP calls; another process calls, and talks A-law
50 times a second on each call, both ways; the caller's sound is read as 16-bit PCM in Python. Times of arrival are
the kernel's, CPU is that of the measured process and its children over the window. What --only takes:

  cpu     cpu_ms_per_call_second, jitter_ms: --calls calls answered, played to and listened to
  bridge  cpu_ms_per_bridged_call_second, bridge_delay_p99_ms: as many pairs bridged, both legs listened to
  max     max_calls: steps of 100 (peers: 50, 25) up to --most until over 0.1 % of the packets are unsent or a gap
          is longer than 40 ms; a step that fails is tried once more, for a neighbour on the machine may be to blame
  busy    unsent_share_busy, jitter_busy_ms: `cpu` beside a spinning pure-Python thread. Ours has it in another
          process of the niceness of `web`; a peer has it in its own, as an application of it would
  invite  invite_to_200_ms: median of calls one after the other

While you work on one figure: `python -m scripts.bench_line --only bridge --who ours --seconds 4`. Figures of peers
go under their names; `ratio.<peer>.<key>` is ours divided by the peer's. `floor` is no peer but what the same
system calls cost in Python on this machine in this hour: read CPU, jitter and the INVITE against it.
--phases 1 sends the packets of all calls at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.config import PROJECT
from scripts.figures import machine
from scripts.line_bench.subjects import (
    AIOSIPUA,
    FLOOR,
    OURS,
    PYVOIP,
    READY_WITHIN_S,
    Measured,
    Subject,
    measured,
    program,
)

RESULT = PROJECT / "build" / "bench" / "line.json"
WHO = {"ours": OURS, "floor": FLOOR, "aiosipua": AIOSIPUA, "pyvoip": PYVOIP}
MOST_UNSENT = 0.001
LONGEST_GAP_MS = 40.0
TARGETS = {
    "cpu_ms_per_call_second": (0.8, "ms of CPU a call-second"),
    "cpu_ms_per_bridged_call_second": (1.5, "ms of CPU a call-second, two legs a call"),
    "max_calls": (500, "calls"),
    "jitter_ms": (0.10, "ms"),
    "bridge_delay_p99_ms": (10, "ms"),
    "invite_to_200_ms": (0.9, "ms"),
    "unsent_share_busy": (0.001, "of the packets"),
}
"""The table of the issue: what must be reached, and the unit."""
MORE = {
    "heard_share": "of the callers' packets: frames read that were not silence",
    "unsent_share": "of the packets",
    "longest_gap_ms": "ms",
    "bridge_delay_p50_ms": "ms",
    "bridged_share": "of the packets, whole at the other leg",
    "jitter_busy_ms": "ms",
    "longest_gap_busy_ms": "ms",
    "invite_to_200_p95_ms": "ms",
}
Figures = dict[str, float]


async def cpu(subject: Subject, options: argparse.Namespace) -> Figures:
    async with measured(subject, "answer", options.calls) as running:
        await running.place(options.calls)
        talk = await running.stream(options.warm, options.seconds, options.phases)
    return {
        "cpu_ms_per_call_second": 1000 * talk["cpu_s"] / (options.calls * talk["seconds"]),
        "jitter_ms": talk["jitter_ms"],
        "unsent_share": talk["unsent_share"],
        "longest_gap_ms": talk["longest_gap_ms"],
        "heard_share": talk["loud"] / (options.calls * 50 * (options.warm + options.seconds)),
    }


async def bridge(subject: Subject, options: argparse.Namespace) -> Figures:
    if not subject.bridges:
        return {}
    async with measured(subject, "bridge", 2 * options.calls) as running:
        await running.place(2 * options.calls)
        talk = await running.stream(options.warm, options.seconds, options.phases)
    return {
        "cpu_ms_per_bridged_call_second": 1000 * talk["cpu_s"] / (options.calls * talk["seconds"]),
        "bridge_delay_p50_ms": talk["delay_p50_ms"],
        "bridge_delay_p99_ms": talk["delay_p99_ms"],
        "bridged_share": talk["identified_share"],
    }


async def most(subject: Subject, options: argparse.Namespace) -> Figures:
    if not subject.most:
        return {}
    held = 0
    async with measured(subject, "answer", options.most) as running:
        for calls in range(min(subject.first_calls, options.most), options.most + 1, subject.more_calls):
            try:
                await running.place(calls - held)
            except ConnectionRefusedError as error:
                print(f"  {calls} calls: {error}")
                break
            if not (await _holds(running, calls, options) or await _holds(running, calls, options)):
                break
            held = calls
    return {"max_calls": held}


async def _holds(running: Measured, calls: int, options: argparse.Namespace) -> bool:
    talk = await running.stream(options.warm, options.seconds, options.phases)
    cpu_ms = 1000 * talk["cpu_s"] / (calls * talk["seconds"])
    print(
        f"  {calls} calls: {talk['unsent_share']:.3%} unsent, longest gap {talk['longest_gap_ms']:.1f} ms,"
        f" {cpu_ms:.2f} ms of CPU a call-second, the load at most {talk['generator_latest_ms']:.0f} ms late"
    )
    return bool(talk["unsent_share"] < MOST_UNSENT and talk["longest_gap_ms"] <= LONGEST_GAP_MS)


async def busy(subject: Subject, options: argparse.Namespace) -> Figures:
    async with AsyncExitStack() as stack:
        if subject is OURS:
            web = await stack.enter_async_context(program("spinning"))
            await web.line(READY_WITHIN_S)
        mode = "answer" if subject is OURS else "busy"
        running = await stack.enter_async_context(measured(subject, mode, options.calls))
        await running.place(options.calls)
        talk = await running.stream(options.warm, options.seconds, options.phases)
    return {
        "unsent_share_busy": talk["unsent_share"],
        "jitter_busy_ms": talk["jitter_ms"],
        "longest_gap_busy_ms": talk["longest_gap_ms"],
    }


async def invite(subject: Subject, options: argparse.Namespace) -> Figures:
    calls = min(subject.invites, options.invites)
    async with measured(subject, "answer", 1) as running:
        warm = min(5, calls)
        await running.load.ask(do="invites", port=running.port, calls=warm)
        delays = (await running.load.ask(do="invites", port=running.port, calls=calls))["delays_ms"]
    ordered = sorted(delays)
    return {
        "invite_to_200_ms": statistics.median(delays),
        "invite_to_200_p95_ms": ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))],
    }


MEASUREMENTS: dict[str, Callable[[Subject, argparse.Namespace], Coroutine[Any, Any, Figures]]] = {
    "invite": invite,
    "cpu": cpu,
    "busy": busy,
    "bridge": bridge,
    "max": most,
}


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    """All figures, flat; a figure that could not be had is missing, and it was said why."""
    figures: dict[str, Any] = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "seconds": options.seconds}
    figures |= {f"machine.{name}": value for name, value in machine().items()}
    figures |= {"calls": options.calls, "phases": options.phases, "load_average_before": os.getloadavg()[0]}
    for name in options.only:
        for who in options.who:
            with _said(f"{name}: {who}"):
                figures |= named(WHO[who], await MEASUREMENTS[name](WHO[who], options))
    figures["load_average_after"] = os.getloadavg()[0]
    return figures | ratios(figures)


@contextmanager
def _said(what: str) -> Iterator[None]:
    print(what, file=sys.stderr, flush=True)
    try:
        yield
    except (ConnectionError, TimeoutError) as error:
        print(f"  not measured: {str(error) or 'it took too long'}", flush=True)


def named(subject: Subject, figures: Figures) -> Figures:
    """Under the subject's names, to five figures after the point."""

    def name(key: str) -> str:
        prefix = subject.signalling if key.startswith("invite") else subject.media
        return f"{prefix}.{key}" if prefix else key

    return {name(key): round(value, 5) for key, value in figures.items() if value is not None}


def ratios(figures: dict[str, Any]) -> Figures:
    """Ours divided by the peers', where both are there."""
    found = {}
    for whole, value in figures.items():
        peer, _, key = whole.partition(".")
        if key in TARGETS and key in figures and value:
            found[f"ratio.{peer}.{key}"] = round(figures[key] / value, 5)
    return found


def print_table(figures: dict[str, Any]) -> None:
    peers = ("floor", ("floor",)), ("aiosipua + aiortp", ("aiosipua", "aiortp")), ("pyVoIP", ("pyvoip",))
    heads = f"{peers[0][0]:>9} {peers[1][0]:>18} {peers[2][0]:>9}"
    print(f"\n{'figure':<33} {'ours':>9} {'to reach':>9} {heads}  unit")
    units = {name: (str(target), unit) for name, (target, unit) in TARGETS.items()}
    units |= {name: ("", unit) for name, unit in MORE.items()}
    for name, (target, unit) in units.items():
        row = [_of(figures, [name])] + [_of(figures, [f"{peer}.{name}" for peer in of]) for _, of in peers]
        if any(row):
            print(f"{name:<33} {row[0]:>9} {target:>9} {row[1]:>9} {row[2]:>18} {row[3]:>9}  {unit}")
    before, after = figures["load_average_before"], figures["load_average_after"]
    print(
        f"\n{figures['machine.cores']} cores; load average {before:.1f} before, {after:.1f} after, its own included"
    )


def _of(figures: dict[str, Any], names: list[str]) -> str:
    found = [figures[name] for name in names if name in figures]
    return f"{found[0]:.4g}" if found else ""


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=_some_of(MEASUREMENTS), default=list(MEASUREMENTS))
    parser.add_argument("--who", type=_some_of(WHO), default=list(WHO))
    parser.add_argument("--calls", type=int, default=100, help="answered, or pairs bridged")
    parser.add_argument("--seconds", type=float, default=6.0, help="the window of each measurement")
    parser.add_argument("--warm", type=float, default=1.5, help="seconds of talk before the window")
    parser.add_argument("--most", type=int, default=500, help="where `max` stops")
    parser.add_argument("--invites", type=int, default=200, help="calls one after the other (pyVoIP: 10)")
    parser.add_argument("--phases", type=int, default=10, help="in how many moments of 20 ms the calls send")
    parser.add_argument("--to", type=Path, default=RESULT)
    return parser.parse_args(arguments)


def _some_of(known: dict[str, Any]) -> Callable[[str], list[str]]:
    def some(text: str) -> list[str]:
        wanted = text.split(",")
        unknown = [one for one in wanted if one not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(known)}")
        return [one for one in known if one in wanted]

    return some


def main(arguments: list[str] | None = None) -> None:
    options = parsed(arguments)
    figures = asyncio.run(measure(options))
    options.to.parent.mkdir(parents=True, exist_ok=True)
    options.to.write_text(json.dumps(figures, indent=2) + "\n")
    print_table(figures)
    print(f"kept in {options.to}")


if __name__ == "__main__":
    main()
