"""Synthesised sentences of which it is known when each word ends: espeak-ng's own phoneme events.

An event tells where in the sound a phoneme or a pause begins, so the end of a word is the beginning of what follows
its last phoneme. The C interface is that of `speak_lib.h`, version 12. A library of its own process only: the
callback is global, and `app.speech.espeak` sets another.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import espeakng_loader
import numpy as np

from app.speech.espeak import SPEECH_LEVEL_DBFS
from app.speech.sound import from_pcm, level_to, to_line_rate, to_pcm

_SYNCHRONOUS, _BUFFER_MS = 2, 500
_PHONEME_EVENTS, _DONT_EXIT = 0x0001, 0x8000
_UTF8, _BY_CHARACTER, _RATE = 1, 1, 1
_END_OF_LIST, _WORD, _PHONEME = 0, 1, 7


class _Name(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Name),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True)
class Spoken:
    """`pcm` is 16-bit at 8 kHz; `word_ends_s` counts from its first sample, one for each word of `words`."""

    words: tuple[str, ...]
    pcm: bytes
    word_ends_s: tuple[float, ...]


@dataclass(frozen=True)
class _Mark:
    """A phoneme's, a pause's or a word's beginning; `word` is the place of its first letter, 0 for others."""

    sample: int
    pause: bool = False
    word: int = 0


class Speaker:
    """espeak-ng with its events; one in a process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._rate_hz = int(
            self._library.espeak_Initialize(
                _SYNCHRONOUS,
                _BUFFER_MS,
                str(espeakng_loader.get_data_path()).encode(),
                _PHONEME_EVENTS | _DONT_EXIT,
            )
        )
        self._sound: list[bytes] = []
        self._marks: list[_Mark] = []
        self._callback = _Callback(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, sentence: str, *, voice: str, rate: int = 150) -> Spoken:
        """Speak words parted by blanks. RuntimeError when the events do not tell of each word."""
        self._sound.clear()
        self._marks.clear()
        self._library.espeak_SetVoiceByName(voice.encode())
        self._library.espeak_SetParameter(_RATE, rate, 0)
        text = sentence.encode() + b"\0"
        self._library.espeak_Synth(text, ctypes.c_size_t(len(text)), 0, _BY_CHARACTER, 0, _UTF8, None, None)
        sound = from_pcm(b"".join(self._sound))
        words = tuple(sentence.split())
        ends = _word_ends(self._marks, len(sound))
        if len(ends) != len(words):
            raise RuntimeError(f"espeak-ng tells of {len(ends)} words in {len(words)}")
        pcm = to_pcm(level_to(to_line_rate(sound, self._rate_hz), SPEECH_LEVEL_DBFS))
        return Spoken(words, pcm, tuple(end / self._rate_hz for end in ends))

    def _take(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._sound.append(ctypes.string_at(samples, 2 * count))
        place = 0
        while (event := events[place]).type != _END_OF_LIST:
            if event.type == _WORD:
                self._marks.append(_Mark(event.sample, word=event.text_position))
            elif event.type == _PHONEME:
                name = ctypes.string_at(ctypes.addressof(event) + _Event.id.offset, 8).split(b"\0")[0]
                self._marks.append(_Mark(event.sample, pause=name.startswith(b"_") or not name))
            place += 1
        return 0


def _word_ends(marks: list[_Mark], samples: int) -> list[int]:
    """For each word the beginning of what follows its last phoneme."""
    ends: list[int] = []
    words: set[int] = set()
    for mark, after in pairwise([*marks, _Mark(samples, pause=True)]):
        if mark.word and mark.word not in words:
            words.add(mark.word)
            ends.append(mark.sample)
        elif not mark.word and not mark.pause and ends:
            ends[-1] = after.sample
    return ends


def silence(seconds: float) -> bytes:
    return np.zeros(round(8000 * seconds), "<i2").tobytes()
