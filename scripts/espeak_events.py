"""espeak-ng with its events: the sound of a text, and where in it each word and phoneme begins.

The C interface is that of `speak_lib.h`, version 12, of the library that the package `espeakng_loader` brings. A
library of its own process only: the callback is global, and `app.speech.espeak` sets another.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

_SYNCHRONOUS, _BUFFER_MS = 2, 500
_PHONEME_EVENTS, _DONT_EXIT = 0x0001, 0x8000
_UTF8, _BY_CHARACTER = 1, 1
_END_OF_LIST, _WORD, _PHONEME = 0, 1, 7
_PARAMETERS = {"rate": 1, "volume": 2, "pitch": 3, "range": 4}
"""Words a minute; the others 0 to 100."""


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
class Mark:
    """A phoneme's or a word's beginning. `letter` counts a word's first letter in the text from 1 and is 0 for a
    phoneme; `phoneme` is its mnemonic, a pause's begins with an underscore or is empty."""

    sample: int
    letter: int = 0
    phoneme: str = ""

    @property
    def pause(self) -> bool:
        return not self.letter and (not self.phoneme or self.phoneme.startswith("_"))


class EventfulEspeak:
    """espeak-ng with its events; one in a process. RuntimeError when the library cannot begin."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        folder = str(espeakng_loader.get_data_path()).encode()
        self.rate_hz = int(
            self._library.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, folder, _PHONEME_EVENTS | _DONT_EXIT)
        )
        if self.rate_hz <= 0:
            raise RuntimeError(f"espeak-ng finds no voices in {folder.decode()}: install espeakng-loader anew")
        self._sound: list[bytes] = []
        self._marks: list[Mark] = []
        self._voice = ""
        self._callback = _Callback(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def say(
        self, text: str, voice: str, parameters: Mapping[str, int], seed: int | None = None
    ) -> tuple[NDArray[np.int16], list[Mark]]:
        """Samples at `rate_hz` and the marks in the order of time; with `seed` the same sound each time."""
        self._sound.clear()
        self._marks.clear()
        self._take_voice(voice)
        if seed is not None:
            self._library.espeak_ng_SetRandSeed(ctypes.c_long(seed))
        for name, value in parameters.items():
            self._library.espeak_SetParameter(_PARAMETERS[name], value, 0)
        ended = text.encode() + b"\0"
        self._library.espeak_Synth(ended, ctypes.c_size_t(len(ended)), 0, _BY_CHARACTER, 0, _UTF8, None, None)
        return np.frombuffer(b"".join(self._sound), "<i2"), list(self._marks)

    def _take_voice(self, voice: str) -> None:
        """Opening a voice takes longer than speaking a short sentence: only when it is another one."""
        if voice == self._voice:
            return
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise RuntimeError(f"espeak-ng has no voice {voice}")
        self._voice = voice

    def _take(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._sound.append(ctypes.string_at(samples, 2 * count))
        place = 0
        while (event := events[place]).type != _END_OF_LIST:
            if event.type == _WORD:
                self._marks.append(Mark(event.sample, letter=event.text_position))
            elif event.type == _PHONEME:
                name = ctypes.string_at(ctypes.addressof(event) + _Event.id.offset, 8).split(b"\0")[0]
                self._marks.append(Mark(event.sample, phoneme=name.decode()))
            place += 1
        return 0
