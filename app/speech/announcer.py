"""Announcements and music on the line: `ports.Announcer` from files of sound, kept in memory while they stay as
they are."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import structlog

from app.application.ports import Clip
from app.domain.announcements import Announcement
from app.domain.errors import LiniyaError
from app.speech import tones
from app.speech.announcement_files import MUSIC, AnnouncementFiles
from app.speech.loudness import MUSIC_LUFS, brought_to
from app.speech.sound import LINE_RATE_HZ, to_pcm
from app.speech.spoken_pieces import SpokenPieces

_MOST_CLIPS = 256
"""About 40 MB of announcements of ten seconds each; the one unused for longest goes first."""

log = structlog.get_logger()

Key = tuple[str, str, tuple[tuple[str, str], ...] | None]


@dataclass(frozen=True)
class _Known:
    clip: Clip
    stamps: tuple[str, ...]


class FileAnnouncer:
    """Use it in the event loop's thread. Sounds are made in two threads of its own: one for callers who wait, one
    for what is made in advance."""

    def __init__(self, files: AnnouncementFiles) -> None:
        self._files = files
        self._spoken = SpokenPieces(files)
        self._speaker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="announcer")
        self._maker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="announcements")
        self._clips: OrderedDict[Key, _Known] = OrderedDict()
        self._waiting: dict[Key, list[Callable[[Clip], None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._music: _Known | None = None
        self._ringback = Clip("ringback", tones.ringback())
        self._closing = False

    def prepare(self, announcements: Iterable[Announcement]) -> None:
        """Make what callers will hear before the first of them waits for it; what a spare voice spoke is tried
        anew with the wanted one."""
        for announcement in announcements:
            for piece in announcement.pieces:
                if not piece.variable:
                    self._maker.submit(self._prepare_one, piece.name, piece.text)

    def speak(
        self, name: str, text: str, then: Callable[[Clip], None], values: Mapping[str, str] | None = None
    ) -> None:
        """Hand the clip to `then`: at once when it is known, else when it is made (see `ports.Announcer`)."""
        key = (name, text, None if values is None else tuple(sorted(values.items())))
        known = self._clips.get(key)
        if known is not None and known.stamps == self._stamps(name, text, values):
            self._clips.move_to_end(key)
            then(known.clip)
            return
        waiting = self._waiting.setdefault(key, [])
        waiting.append(then)
        if len(waiting) == 1:
            self._begin(self._make(key, values), "announcement")

    def music(self) -> Clip:
        """The hold music. The first call makes it, which may take a second: call it at start. Later, a change of
        its recording is heard from the next call on."""
        if self._music is None:
            self._music = self._load_music()
        elif self._music.stamps != self._files.stamps([MUSIC]):
            # Once for each change: the stamps are those of now, whatever becomes of it.
            self._music = _Known(self._music.clip, self._files.stamps([MUSIC]))
            self._begin(self._renew_music(), "hold music")
        return self._music.clip

    def ringback(self) -> Clip:
        return self._ringback

    async def aclose(self) -> None:
        """Forget what is still to be made, and end the threads."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._waiting.clear()
        for threads in (self._speaker, self._maker):
            await asyncio.to_thread(partial(threads.shutdown, wait=True, cancel_futures=True))

    def _begin(self, work: Coroutine[object, None, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _stamps(self, name: str, text: str, values: Mapping[str, str] | None) -> tuple[str, ...]:
        return self._files.stamps(self._spoken.files_of(name, text, values))

    async def _make(self, key: Key, values: Mapping[str, str] | None) -> None:
        loop = asyncio.get_running_loop()
        name, text, _values = key
        pcm, lasting = await loop.run_in_executor(self._speaker, self._sound_of, name, text, values)
        clip = Clip(name, pcm)
        if lasting:
            self._clips[key] = _Known(clip, self._stamps(name, text, values))
            while len(self._clips) > _MOST_CLIPS:
                self._clips.popitem(last=False)
        for then in self._waiting.pop(key, ()):
            try:
                then(clip)
            except Exception:
                # One listener's fault must not leave the other callers in silence.
                log.exception("announcement_listener_failed", name=name)

    def _sound_of(self, name: str, text: str, values: Mapping[str, str] | None) -> tuple[bytes, bool]:
        """The sound, and whether to keep it: what stands in for a failed voice is tried again next time."""
        try:
            return self._spoken.whole(name, text, values), True
        except Exception:
            # Whatever fails, a caller must not be left in silence.
            log.exception("announcement_not_spoken", name=name)
            return attention_tone(), False

    def _prepare_one(self, name: str, text: str) -> None:
        try:
            self._files.sound(name, text, again=True)
        except LiniyaError:
            log.exception("announcement_not_spoken", name=name)

    async def _renew_music(self) -> None:
        self._music = await asyncio.get_running_loop().run_in_executor(self._speaker, self._load_music)

    def _load_music(self) -> _Known:
        pcm = self._files.sound(MUSIC, "").pcm
        return _Known(Clip(MUSIC, pcm), self._files.stamps([MUSIC]))


def attention_tone() -> bytes:
    """Two soft tones: a caller for whom nothing could be said hears at least that the line is alive."""
    time = np.arange(int(0.35 * LINE_RATE_HZ)) / LINE_RATE_HZ
    shape = np.sin(np.pi * time / time[-1]) ** 2
    silence = np.zeros(LINE_RATE_HZ // 10)
    parts = [shape * np.sin(2 * np.pi * frequency * time) for frequency in (523.25, 659.25)]
    return to_pcm(brought_to(np.concatenate([parts[0], silence, parts[1], silence]), MUSIC_LUFS))
