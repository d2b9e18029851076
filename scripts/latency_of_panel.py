"""What an operator's page shows, and when: the pop after an INVITE, a word after it was said; and CPU of a call.

The page's clock (`Date.now`) and the caller's (`time.time`) are the same clock of one machine, to a millisecond.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Page, expect

from app.application.ports import LegId
from app.simulator.phone import SimulatedPhone
from scripts.figures import Series, cpu_seconds
from scripts.office import Office
from scripts.spoken_words import Spoken

BETWEEN_POPS_S = 0.5
BETWEEN_SENTENCES_S = 1.8
"""Long enough for the recogniser to end the phrase."""
CHANNELS_OPEN_S = 1.5
IDLE_S = 10.0
FRAME_SAMPLES, FRAME_MS = 160, 20.0
STALLED_MS = 60.0
"""A sentence that took so much longer than its sound was held up in the caller, and is not measured."""
WATCH = """() => {
  const byId = (id) => document.getElementById(id);
  const seen = (window.measured = { pops: [], said: [] });
  const pop = byId("pop"), partial = byId("partial-caller"), talk = byId("talk");
  let rings = false;
  new MutationObserver(() => {
    if (!pop.hidden && !rings) seen.pops.push(Date.now());
    rings = !pop.hidden;
  }).observe(pop, { attributes: true, attributeFilter: ["hidden"] });
  new MutationObserver(() => seen.said.push([Date.now(), false, partial.textContent]))
    .observe(partial, { childList: true, characterData: true, subtree: true });
  new MutationObserver((changes) => {
    for (const node of changes.flatMap((change) => [...change.addedNodes]))
      if (node.matches?.(".said-caller"))
        seen.said.push([Date.now(), true, node.querySelector(".said-words").textContent]);
  }).observe(talk, { childList: true });
}"""


class Caller(SimulatedPhone):
    """A phone that knows when the last frame of what it said left."""

    finished_ms = 0.0

    def playback_finished(self, leg: LegId, tag: str) -> None:
        self.finished_ms = 1000 * time.time()
        super().playback_finished(leg, tag)


@asynccontextmanager
async def caller(user: str) -> AsyncIterator[Caller]:
    phone = Caller(user=user)
    await phone.start()
    try:
        yield phone
    finally:
        phone.hang_up()
        await phone.stop()


@dataclass(frozen=True)
class Said:
    """A sentence, and when (ms of the clock) the frame left that holds the end of each word."""

    began_ms: float
    words: tuple[str, ...]
    ends_ms: tuple[float, ...]
    stalled: bool = False


@dataclass(frozen=True)
class Shown:
    """What stood in the page from a moment on: a partial, or a phrase of the transcript."""

    at_ms: float
    final: bool
    text: str


@dataclass
class Words:
    """`by_final` are those that no partial had shown before; `missed` were never shown at their place;
    `stalled` are those of sentences that the caller itself was late with."""

    delays_ms: list[float] = field(default_factory=list)
    by_final: int = 0
    missed: int = 0
    stalled: int = 0


async def go_ready(page: Page) -> None:
    # Before the first snapshot the button is there and does nothing.
    await expect(page.locator("#go-ready")).to_have_attribute("aria-disabled", "false")
    await page.click("#go-ready")
    await expect(page.locator("#go-ready")).to_have_attribute("aria-pressed", "true")
    await page.evaluate(WATCH)


async def pops(page: Page, caller: Caller, running: Office, calls: int) -> Series:
    """Call, wait for the pop, hang up. The INVITE leaves within the order to dial."""
    delays = []
    for number in range(calls + 1):
        dialled = 1000 * time.time()
        await caller.call(running.line)
        await expect(page.locator("#pop")).to_be_visible()
        seen: float = await page.evaluate("measured.pops.at(-1)")
        caller.hang_up()
        await expect(page.locator("#pop")).to_be_hidden()
        await asyncio.sleep(BETWEEN_POPS_S * random.uniform(0.8, 1.2))
        if number:  # the first pop finds everything cold
            delays.append(seen - dialled)
    return Series("INVITE to the pop in the page", tuple(delays))


async def talk(
    page: Page, caller: Caller, running: Office, sentences: Sequence[Spoken]
) -> tuple[Words, dict[str, float]]:
    """One call, accepted in the page; the caller speaks, the operator's microphone too.

    What came of the words, and the CPU-seconds that each process used for a second of the conversation."""
    await caller.call(running.line)
    await expect(page.locator("#pop")).to_be_visible()
    await page.click("#pop-accept")
    await expect(page.locator("#call-bar")).to_have_attribute("data-phase", "talking")
    await asyncio.sleep(CHANNELS_OPEN_S)
    meter = Meter(running)
    said = [await speak(caller, sentence) for sentence in sentences]
    cpu = meter.read()
    shown = [Shown(*one) for one in await page.evaluate("measured.said")]
    caller.hang_up()
    return compare(said, shown), cpu


async def speak(caller: Caller, sentence: Spoken) -> Said:
    began = 1000 * time.time()
    await caller.say(sentence.pcm)
    last = math.ceil(len(sentence.pcm) / 2 / FRAME_SAMPLES) - 1
    frames = [math.ceil(end * 8000 / FRAME_SAMPLES) - 1 for end in sentence.word_ends_s]
    ends = tuple(caller.finished_ms - (last - frame) * FRAME_MS for frame in frames)
    stalled = caller.finished_ms - began - (last + 1) * FRAME_MS > STALLED_MS
    await asyncio.sleep(BETWEEN_SENTENCES_S * random.uniform(0.9, 1.1))
    return Said(began, sentence.words, ends, stalled)


def compare(said: Sequence[Said], shown: Sequence[Shown]) -> Words:
    """For each word the first moment when it stood at its place of its sentence."""
    words = Words()
    until = [*(sentence.began_ms for sentence in said[1:]), math.inf]
    for sentence, end in zip(said, until, strict=True):
        if sentence.stalled:
            words.stalled += len(sentence.words)
            continue
        its = [one for one in shown if sentence.began_ms <= one.at_ms < end]
        for place, (word, ended) in enumerate(zip(sentence.words, sentence.ends_ms, strict=True)):
            first = _first_with(its, place, word)
            if first is None:
                words.missed += 1
            else:
                words.delays_ms.append(first.at_ms - ended)
                words.by_final += first.final
    return words


def _first_with(shown: Sequence[Shown], place: int, word: str) -> Shown | None:
    before: list[str] = []
    for one in shown:
        there = [*before, *one.text.split()]
        if len(there) > place and there[place] == word:
            return one
        if one.final:
            before = there
    return None


class Meter:
    """CPU-seconds a second of the office's processes since it was made."""

    def __init__(self, running: Office) -> None:
        self._processes = {name: process.pid for name, process in running.processes.items()}
        self._began = time.monotonic()
        self._used = self._now()

    def read(self) -> dict[str, float]:
        seconds = time.monotonic() - self._began
        return {name: (used - self._used[name]) / seconds for name, used in self._now().items()}

    def _now(self) -> dict[str, float]:
        return {name: cpu_seconds(process) for name, process in self._processes.items()}


async def idle_cpu(running: Office) -> dict[str, float]:
    """The same with the operator ready and no call."""
    meter = Meter(running)
    await asyncio.sleep(IDLE_S)
    return meter.read()
