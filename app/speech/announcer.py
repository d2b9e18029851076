"""Announcements and music: `ports.Announcer` from recordings where there are any, else from synthesised speech."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import structlog

from app.application.ports import Clip
from app.domain.errors import LiniyaError
from app.speech import espeak, hold_music, tones
from app.speech.sound import LINE_RATE_HZ, level_to, read_wav, to_pcm

MUSIC_NAME = "hold_music"
_MOST_CLIPS = 256
"""About 40 MB of announcements of ten seconds each; the one unused for longest goes first."""

_SAFE_NAME = re.compile(r"[\w-]+\Z")

logger = structlog.get_logger()


class EspeakAnnouncer:
    """Use it in the event loop's thread. Synthesis runs in one thread of its own: espeak-ng suffers no two."""

    def __init__(self, recordings: Path | None = None, *, voice: str = "ru", rate: int = 140) -> None:
        """`recordings` holds `<name>.wav` files that stand in the place of synthesised announcements."""
        self._recordings = recordings
        self._voice = voice
        self._rate = rate
        self._speaker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="announcer")
        self._clips: OrderedDict[tuple[str, str], Clip] = OrderedDict()
        self._waiting: dict[tuple[str, str], list[Callable[[Clip], None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._music: Clip | None = None
        self._ringback = Clip("ringback", tones.ringback())

    def speak(
        self, name: str, text: str, then: Callable[[Clip], None], values: Mapping[str, str] | None = None
    ) -> None:
        """Hand the clip to `then`: at once when it is known, else when it is made (see `ports.Announcer`)."""
        text = text if values is None else text.format_map(values)
        key = (name, text)
        if (known := self._clips.get(key)) is not None:
            self._clips.move_to_end(key)
            then(known)
            return
        waiting = self._waiting.setdefault(key, [])
        waiting.append(then)
        if len(waiting) == 1:
            task = asyncio.get_running_loop().create_task(self._make(name, text), name="announcement")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def music(self) -> Clip:
        """The hold music; made at the first call, which takes about a tenth of a second: call it at start."""
        if self._music is None:
            recorded = self._recording(MUSIC_NAME, hold_music.MUSIC_LEVEL_DBFS)
            self._music = Clip(MUSIC_NAME, recorded or hold_music.compose())
        return self._music

    def ringback(self) -> Clip:
        return self._ringback

    async def aclose(self) -> None:
        """Forget what is still to be made, and end the thread."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._waiting.clear()
        await asyncio.to_thread(self._speaker.shutdown, wait=True, cancel_futures=True)

    async def _make(self, name: str, text: str) -> None:
        loop = asyncio.get_running_loop()
        pcm, lasting = await loop.run_in_executor(self._speaker, self._sound_of, name, text)
        clip = Clip(name, pcm)
        if lasting:
            self._clips[name, text] = clip
            while len(self._clips) > _MOST_CLIPS:
                self._clips.popitem(last=False)
        for then in self._waiting.pop((name, text), ()):
            try:
                then(clip)
            except Exception:
                # One listener's fault must not leave the other callers in silence.
                logger.exception("announcement_listener_failed", name=name)

    def _sound_of(self, name: str, text: str) -> tuple[bytes, bool]:
        """The sound, and whether to keep it: what stands in for a failed synthesis is tried again next time."""
        recorded = self._recording(name, espeak.SPEECH_LEVEL_DBFS)
        if recorded:
            return recorded, True
        try:
            spoken = espeak.synthesise(text, voice=self._voice, rate=self._rate)
        except LiniyaError:
            logger.exception("announcement_not_synthesised", name=name)
        else:
            if spoken:
                return spoken, True
            logger.error("announcement_without_sound", name=name)
        return attention_tone(), False

    def _recording(self, name: str, level_dbfs: float) -> bytes | None:
        if self._recordings is None or not _SAFE_NAME.match(name):
            return None
        path = self._recordings / f"{name}.wav"
        if not path.is_file():
            return None
        try:
            return to_pcm(level_to(read_wav(path), level_dbfs))
        except LiniyaError as error:
            logger.warning("recording_unusable", name=name, reason=str(error))
            return None


def attention_tone() -> bytes:
    """Two soft tones: a caller for whom nothing could be said hears at least that the line is alive."""
    time = np.arange(int(0.35 * LINE_RATE_HZ)) / LINE_RATE_HZ
    shape = np.sin(np.pi * time / time[-1]) ** 2
    silence = np.zeros(LINE_RATE_HZ // 10)
    tones = [shape * np.sin(2 * np.pi * frequency * time) for frequency in (523.25, 659.25)]
    return to_pcm(level_to(np.concatenate([tones[0], silence, tones[1], silence]), -24.0))
