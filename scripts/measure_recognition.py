"""Measure how soon a said word is seen: `python scripts/measure_recognition.py` (docs/figures.md).

Starts a recogniser of its own with the bundled model, speaks synthesised sentences to it in real time, 20 ms frame
by frame, and takes for each word the time from its end in the sound to the first partial result that holds it, and
for each sentence the time from its last word's end to the final result.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import structlog

from app.application.ports import Heard, Listening
from app.speech.espeak import synthesise
from app.speech.recogniser import Recogniser
from app.speech.recogniser_client import VoskRecognizer

MODEL = Path(__file__).resolve().parent.parent / "models" / "liniya-demo-ru"
SENTENCES = (
    "здравствуйте подскажите пожалуйста какой срок рассмотрения моего обращения",
    "где посмотреть список документов для субсидии",
    "соедините меня пожалуйста со специалистом",
    "ваше заявление на рассмотрении",
)
VOICES = ("ru", "ru+m3", "ru+f3", "ru+f5")
FRAME_S = 0.02
PAUSE_S = 2.5


@dataclass
class Channel:
    """What one channel heard, and when."""

    began: float
    partials: list[tuple[float, int]] = field(default_factory=list)
    word_delays_s: list[float] = field(default_factory=list)
    final_delays_s: list[float] = field(default_factory=list)

    def on_heard(self, heard: Heard) -> None:
        now = asyncio.get_running_loop().time() - self.began
        if not heard.final:
            self.partials.append((now, len(heard.text.split())))
            return
        for place, word in enumerate(heard.words, start=1):
            seen = next((moment for moment, count in self.partials if count >= place), now)
            self.word_delays_s.append(seen - word.end_s)
        if heard.words:
            self.final_delays_s.append(now - heard.words[-1].end_s)
        self.partials.clear()


async def speak(listening: Listening, channel: Channel, pcm: bytes) -> None:
    """Feed in real time: the frame that ends at t leaves at t."""
    loop = asyncio.get_running_loop()
    for number in range(len(pcm) // 320):
        await asyncio.sleep(max(0.0, channel.began + (number + 1) * FRAME_S - loop.time()))
        listening.feed(pcm[number * 320 : number * 320 + 320])


async def measure(channels: int, workers: int) -> None:
    sounds = [sentences_of(VOICES[number % len(VOICES)]) for number in range(channels)]
    recogniser = Recogniser(MODEL, "127.0.0.1", 0, workers)
    await recogniser.start()
    while len(recogniser.worker_pids) < workers:  # noqa: ASYNC110  (workers tell only their parent)
        await asyncio.sleep(0.05)
    client = VoskRecognizer(f"ws://127.0.0.1:{recogniser.port}")
    # Channels begin apart, as calls do, and not all with the same frame.
    now = asyncio.get_running_loop().time()
    heard = [Channel(now + 1.0 + 0.037 * number) for number in range(channels)]
    listenings = [client.listen(channel.on_heard, lambda _available: None) for channel in heard]
    await asyncio.gather(*map(speak, listenings, heard, sounds))
    await client.aclose()
    await recogniser.aclose()
    report("end of a word to its partial", [delay for channel in heard for delay in channel.word_delays_s])
    report("end of a sentence to its final", [delay for channel in heard for delay in channel.final_delays_s])


def sentences_of(voice: str) -> bytes:
    pause = bytes(int(16000 * PAUSE_S))
    return pause + b"".join(synthesise(sentence, voice=voice) + pause for sentence in SENTENCES)


def report(title: str, delays_s: list[float]) -> None:
    cuts = statistics.quantiles(delays_s, n=20)
    print(f"{title}: {len(delays_s)} measured, p50 {1000 * cuts[9]:.0f} ms, p95 {1000 * cuts[18]:.0f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--channels", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(measure(options.channels, options.workers))
