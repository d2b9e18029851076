"""A recogniser killed in the middle of a call, through the line's own client: which words are missing afterwards?

Each trial has a recogniser with one worker, speaks two sentences to it in real time in frames of 20 ms, and kills
the worker (SIGKILL) at a moment of its own: spread over both sentences and the pause between. What was heard is
compared with what the same sound gave undisturbed.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.application.ports import Heard
from app.speech.recogniser import Recogniser
from app.speech.recogniser_client import VoskRecognizer
from scripts.speech_bench.conversations import RATE_HZ, noise
from scripts.speech_bench.heard import lost, plain
from scripts.spoken_words import Speaker

TRIALS = 10
SENTENCES = (
    "ваше заявление зарегистрировано срок рассмотрения тридцать дней",
    "обратитесь с письменным обращением по адресу улица мира дом три",
)
_VOICES = ("ru+m3", "ru+f3", "ru+m6")
_FRAME_S = 0.02
_BEFORE_S, _BETWEEN_S, _AFTER_S = 0.6, 1.2, 2.5
_AT_ONCE = 4
_NOISE_DBFS = -60.0


@dataclass(frozen=True)
class Sound:
    """16-bit at 8 kHz; speech stands between `first_s` and `last_s`."""

    pcm: bytes
    first_s: float
    last_s: float


@dataclass(frozen=True)
class Trial:
    """`at_s` is the moment of the kill in the sound."""

    at_s: float
    undisturbed: tuple[str, ...]
    disturbed: tuple[str, ...]

    @property
    def lost(self) -> int:
        """Words missing, beyond the one that was being said."""
        return lost(self.undisturbed, self.disturbed)

    @property
    def doubled(self) -> int:
        """Words told that nobody said."""
        return lost(self.disturbed, self.undisturbed, spared=0) if not self.lost else 0


def sounds(speaker: Speaker) -> list[Sound]:
    rng = np.random.default_rng(4)
    return [_sound(speaker, voice, rng) for voice in _VOICES]


def _sound(speaker: Speaker, voice: str, rng: np.random.Generator) -> Sound:
    parts = [np.zeros(round(_BEFORE_S * RATE_HZ))]
    for sentence in SENTENCES:
        pcm = np.frombuffer(speaker.say(sentence, voice=voice).pcm, "<i2").astype(np.float64)
        parts += [pcm, np.zeros(round(_BETWEEN_S * RATE_HZ))]
    speech_s = sum(map(len, parts)) / RATE_HZ - _BETWEEN_S
    whole = np.concatenate([*parts, np.zeros(round(_AFTER_S * RATE_HZ))])
    mixed = np.clip(whole + noise(len(whole), _NOISE_DBFS, rng), -32767, 32767).astype("<i2")
    return Sound(mixed.tobytes(), _BEFORE_S, speech_s)


def moments(sound: Sound, trials: int) -> list[float]:
    """Spread over the speech, neither at its beginning nor at its end."""
    return [sound.first_s + (sound.last_s - sound.first_s) * (n + 0.5) / trials for n in range(trials)]


async def trials(model: Path, spoken: Sequence[Sound], count: int = TRIALS) -> list[Trial]:
    """All of them, a few at once. Takes about a minute. ConnectionError when there is nothing to lose."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(sound: Sound, at_s: float | None) -> tuple[str, ...]:
        async with room:
            return await heard_through(model, sound, at_s)

    used = [spoken[number % len(spoken)] for number in range(count)]
    at = [moments(sound, count)[number] for number, sound in enumerate(used)]
    references = await asyncio.gather(*(one(sound, None) for sound in spoken))
    if min(map(len, references)) < len(" ".join(SENTENCES).split()) // 2:
        raise ConnectionError("not even undisturbed was half of the words heard: a kill would tell nothing")
    found = await asyncio.gather(*map(one, used, at))
    return [Trial(at[n], references[n % len(spoken)], found[n]) for n in range(count)]


async def heard_through(model: Path, sound: Sound, kill_at_s: float | None) -> tuple[str, ...]:
    """The words that the line is told of the sound."""
    recogniser = Recogniser(model, "127.0.0.1", 0, workers=1)
    await recogniser.start()
    client = VoskRecognizer(f"ws://127.0.0.1:{recogniser.port}")
    words: list[str] = []

    def on_heard(heard: Heard) -> None:
        if heard.final:
            words.extend(plain(heard.text))

    try:
        listening = client.listen(on_heard, lambda _reception: None)
        loop = asyncio.get_running_loop()
        began = loop.time()
        size = 2 * round(_FRAME_S * RATE_HZ)
        for number in range(len(sound.pcm) // size):
            now_s = (number + 1) * _FRAME_S
            await asyncio.sleep(began + now_s - loop.time())
            listening.feed(sound.pcm[number * size : number * size + size])
            if kill_at_s is not None and now_s >= kill_at_s:
                kill_at_s = None
                os.kill(recogniser.worker_pids[0], signal.SIGKILL)
    finally:
        await client.aclose()
        await recogniser.aclose()
    return tuple(words)
