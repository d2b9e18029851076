"""Speech as a caller's telephone gives it, and a listener that remembers what it was told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from app.application.ports import Ear, Heard, Listening, Reception, Word
from app.speech.espeak import synthesise
from app.speech.sound import from_pcm, to_pcm

MODEL = Path(__file__).parents[3] / "models" / "liniya-demo-ru"
FRAME_BYTES = 320


def _a_law_levels() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The 256 values that A-law can carry, of 16-bit scale (ITU-T G.711 table 1a, times eight)."""
    positive = []
    for segment in range(8):
        for step in range(16):
            value = 2 * step + 33 if segment else 2 * step + 1
            positive.append(value * 2 ** max(0, segment - 1) * 8)
    return np.array(sorted([*positive, *(-value for value in positive)]), dtype=np.float64)


_LEVELS = _a_law_levels()


def through_a_law(pcm: bytes) -> bytes:
    """What is left of 16-bit sound after A-law: each sample at its nearest level."""
    samples = from_pcm(pcm) * 32768
    borders = (_LEVELS[1:] + _LEVELS[:-1]) / 2
    return to_pcm(_LEVELS[np.searchsorted(borders, samples)] / 32768)


def silence(seconds: float) -> bytes:
    return bytes(2 * int(8000 * seconds))


def say(text: str, voice: str = "ru", *, rate: int = 150, pause_s: float = 0.3) -> bytes:
    """A phrase between two pauses, through A-law."""
    return through_a_law(silence(pause_s) + synthesise(text, voice=voice, rate=rate) + silence(pause_s))


def frames(pcm: bytes) -> Iterator[bytes]:
    """20 ms each, the last one filled up, as `PhoneLine.listen` gives them."""
    for start in range(0, len(pcm), FRAME_BYTES):
        yield pcm[start : start + FRAME_BYTES].ljust(FRAME_BYTES, b"\0")


class Listener:
    """Remembers what it was told and in which thread's loop; `until` waits for it, bounded."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.receptions: list[Reception] = []
        self.loops: set[asyncio.AbstractEventLoop] = set()
        self._changed = asyncio.Event()

    def on_heard(self, heard: Heard) -> None:
        self.loops.add(asyncio.get_running_loop())
        self.heard.append(heard)
        self._changed.set()

    def on_reception(self, reception: Reception) -> None:
        self.loops.add(asyncio.get_running_loop())
        self.receptions.append(reception)
        self._changed.set()

    @property
    def available(self) -> list[bool]:
        """Whether it was heard, each time that this changed."""
        heard = [reception.ear is Ear.HEARS for reception in self.receptions]
        return [one for n, one in enumerate(heard) if n == 0 or heard[n - 1] != one]

    @property
    def text(self) -> str:
        return " ".join(heard.text for heard in self.heard if heard.final)

    @property
    def words(self) -> list[Word]:
        return [word for heard in self.heard if heard.final for word in heard.words]

    @property
    def partials(self) -> list[str]:
        return [heard.text for heard in self.heard if not heard.final]

    async def until(self, holds: Callable[[Listener], bool], timeout_s: float = 20.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not holds(self):
                self._changed.clear()
                await self._changed.wait()


async def feed(listening: Listening, pcm: bytes, *, times_real: float = 4.0) -> None:
    """Feed at so many times the speed of speech, so that the channel's three seconds are enough."""
    for number, frame in enumerate(frames(pcm)):
        listening.feed(frame)
        if number % 5 == 4:
            await asyncio.sleep(0.1 / times_real)
