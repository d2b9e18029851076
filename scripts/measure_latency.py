"""Measure the latencies of docs/figures.md in a real office: `make figures`.

    python -m scripts.measure_latency [--calls 100] [--peer-calls 10] [--pops 40] [--words 120]

Starts line, web and recogniser in a temporary folder, calls the line over SIP, seats an operator in headless
Chromium, and prints a table; the same goes to build/bench/latency.json. Nothing of it leaves the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import structlog
from playwright.async_api import async_playwright

from app.config import PROJECT
from scripts import latency_of_answers, latency_of_panel
from scripts.desk import CHROMIUM, desk, microphone
from scripts.figures import HEADING, Series, machine
from scripts.office import Office, office
from scripts.spoken_words import Speaker, Spoken

RESULT = PROJECT / "build" / "bench" / "latency.json"
VOICES = ("ru", "ru+m3", "ru+f3", "ru+f5")
OPERATOR = "добрый день служба жилищного надзора меня зовут анна чем могу вам помочь"
SENTENCES = (
    "здравствуйте подскажите пожалуйста какой срок рассмотрения моего обращения",
    "где посмотреть список документов для субсидии",
    "соедините меня пожалуйста со специалистом",
    "ваше заявление на рассмотрении",
)


def sentences(words: int) -> list[Spoken]:
    """Sentences in turn and in several voices until so many words are said."""
    speaker = Speaker()
    spoken: list[Spoken] = []
    for sentence, number in zip(cycle(SENTENCES), range(10_000), strict=False):
        if sum(len(one.words) for one in spoken) >= words:
            break
        spoken.append(speaker.say(sentence, voice=VOICES[number // len(SENTENCES) % len(VOICES)]))
    return spoken


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    figures: dict[str, Any] = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine()}
    figures["load_average_before"] = os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="liniya-figures-") as folder:
        async with office(Path(folder)) as running:
            print(HEADING)
            figures |= await of_answers(running, options)
            if os.access(CHROMIUM, os.X_OK):
                figures |= await of_panel(running, Path(folder), options)
            else:
                print("Debian's chromium is not installed: what a page shows was not measured")
    figures["load_average_after"] = os.getloadavg()
    return figures


async def of_answers(running: Office, options: argparse.Namespace) -> dict[str, Any]:
    ours, peer = await latency_of_answers.measure(running, options.calls, options.peer_calls)
    ratio = ours.p50 / peer.p50
    print(ours, peer, f"{'':>4}ours is {ratio:.4f} of the peer's, p50 to p50", sep="\n")
    return {
        "invite_to_200": ours.as_json(),
        "invite_to_200_pyvoip": peer.as_json(),
        "invite_to_200_ratio_p50": round(ratio, 5),
    }


async def of_panel(running: Office, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    sound = microphone(folder / "operator.wav", Speaker().say(OPERATOR, voice="ru+f3").pcm, silence_s=3.0)
    spoken = await asyncio.to_thread(sentences, options.words)
    async with (
        async_playwright() as playwright,
        desk(playwright, running, "ivanova", sound, keep_sound=False) as its,
        latency_of_panel.caller(latency_of_answers.CALLER) as caller,
    ):
        await latency_of_panel.go_ready(its.page)
        idle = await latency_of_panel.idle_cpu(running)
        pops = await latency_of_panel.pops(its.page, caller, running, options.pops)
        print(pops)
        words, talking = await latency_of_panel.talk(its.page, caller, running, spoken)
    series = Series("end of a word to the word in the page", tuple(words.delays_ms))
    print(series)
    print(
        f"{'':>4}{words.by_final} of them first seen in the final, {words.missed} more never at their place,"
        f" {words.stalled} left out because the caller was late"
    )
    print_cpu(idle, talking)
    return {
        "invite_to_pop": pops.as_json(),
        "word_to_page": {
            **series.as_json(),
            "first_seen_in_final": words.by_final,
            "missed": words.missed,
            "left_out": words.stalled,
        },
        "cpu_s_per_call_second": rounded(talking),
        "cpu_s_per_idle_second": rounded(idle),
    }


def print_cpu(idle: Mapping[str, float], talking: Mapping[str, float]) -> None:
    print(f"\n{'CPU-seconds a second':<52} {'idle':>8} {'one call':>8}")
    for name, used in talking.items():
        print(f"{name:<52} {idle[name]:>8.4f} {used:>8.4f}")


def rounded(cpu: Mapping[str, float]) -> dict[str, float]:
    return {name: round(used, 4) for name, used in cpu.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100, help="calls to the line, INVITE to 200")
    parser.add_argument("--peer-calls", type=int, default=10, help="calls to pyVoIP, about a second each")
    parser.add_argument("--pops", type=int, default=40, help="calls of which the pop is awaited")
    parser.add_argument("--words", type=int, default=120, help="words said, at least")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    figures = asyncio.run(measure(parser.parse_args()))
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n")
    before, after = (f"{figures[name][0]:.1f}" for name in ("load_average_before", "load_average_after"))
    print(
        f"\n{figures['machine']['cores']} cores, load average {before} before and {after} after; kept in {RESULT}"
    )


if __name__ == "__main__":
    main()
