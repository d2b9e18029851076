"""Measure how long seeking articles stalls an event loop: `python -m scripts.measure_seeking [folds]`.

A heartbeat of 5 ms runs in the loop, which has the switch interval of the line. The questions of
`tests/unit/domain/kb_questions.yaml`, each with as many words never met before, are asked of the articles of all
bodies (`folds` times as many: 1): not at all, in the loop, and in the seeker's thread. Prints how late the beats
came.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace

import yaml

from app.dictionary import normal_form
from app.domain.search import Index, Query
from app.knowledge.seeking import BackgroundSeeker
from app.main import SWITCH_INTERVAL_S
from app.storage.flows import load_profile
from scripts.measure_search import NONE, PROJECT, QUESTIONS

BEAT_S = 0.005
PAUSE_S = 0.01

Ask = Callable[[Query], Awaitable[None]]


def questions() -> list[str]:
    """Each with its words misspelt before it."""
    chance = random.Random(1)
    asked = yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))
    texts = [str(one["ask"]) for body, its in asked.items() if body != NONE for one in its]
    return [
        " ".join([*(word[:6] + "".join(chance.choices("абвгдйклм", k=3)) for word in t.split()), t]) for t in texts
    ]


def index(folds: int) -> Index:
    bodies = sorted(path.parent for path in (PROJECT / "call_flows").glob("*/profile.yaml"))
    articles = [one for body in bodies for one in load_profile(body, years=range(2026, 2027)).articles]
    return Index([replace(one, id=f"{one.id}-{n}") for n in range(folds) for one in articles], normal_form)


async def late_ms(ask: Ask) -> list[float]:
    """How late the beats came while all questions were asked, in order."""
    late: list[float] = []

    async def beat() -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(BEAT_S)
            late.append((time.perf_counter() - begun - BEAT_S) * 1000)

    beating = asyncio.create_task(beat())
    for text in questions():
        await ask(Query(text))
        await asyncio.sleep(PAUSE_S)
    beating.cancel()
    return sorted(late)


async def measure(how: str, folds: int) -> list[float]:
    articles = index(folds)
    articles.search(Query("словарь"))  # the dictionary is loaded before calls are taken
    with closing(BackgroundSeeker(articles)) as seeker:

        async def in_loop(query: Query) -> None:
            articles.search(query)

        async def in_thread(query: Query) -> None:
            found = asyncio.Event()
            seeker.seek("one", query, lambda _found: found.set())
            await found.wait()

        async def not_at_all(_query: Query) -> None:
            return

        ways: dict[str, Ask] = {"not at all": not_at_all, "in the loop": in_loop, "in the thread": in_thread}
        return await late_ms(ways[how])


def main() -> int:
    folds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    print("| sought | beats | p50 | p95 | p99 | longest |")
    print("| --- | --- | --- | --- | --- | --- |")
    for how in ("not at all", "in the loop", "in the thread"):
        normal_form.cache_clear()  # every way meets its words for the first time
        late = asyncio.run(measure(how, folds))
        p50, p95, p99 = (late[int(len(late) * share)] for share in (0.5, 0.95, 0.99))
        print(f"| {how} | {len(late)} | {p50:.1f} ms | {p95:.1f} ms | {p99:.1f} ms | {late[-1]:.1f} ms |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
