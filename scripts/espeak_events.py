"""espeak-ng with its events: the sound of a text, and where in it each word and phoneme begins.

The C interface is that of `speak_lib.h`, version 12. The library is the one that `app.speech.espeak` opens.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain.errors import BadInput, Unavailable
from app.speech.espeak import LIBRARY

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
    """espeak-ng with its events. RuntimeError when the library cannot begin."""

    def __init__(self) -> None:
        try:
            with LIBRARY.lock:
                self._library, self.rate_hz = LIBRARY.opened()
        except Unavailable as error:
            raise RuntimeError(str(error)) from error
        self._sound: list[bytes] = []
        self._marks: list[Mark] = []
        self._callback = _Callback(self._take)

    def say(
        self, text: str, voice: str, parameters: Mapping[str, int], seed: int | None = None
    ) -> tuple[NDArray[np.int16], list[Mark]]:
        """Samples at `rate_hz` and the marks in the order of time; with `seed` the same sound each time."""
        with LIBRARY.lock:
            return self._say(text, voice, parameters, seed)

    def _say(
        self, text: str, voice: str, parameters: Mapping[str, int], seed: int | None
    ) -> tuple[NDArray[np.int16], list[Mark]]:
        self._sound.clear()
        self._marks.clear()
        try:
            LIBRARY.choose(voice)
        except BadInput as error:
            raise RuntimeError(str(error)) from error
        if seed is not None:
            self._library.espeak_ng_SetRandSeed(ctypes.c_long(seed))
        for name, value in parameters.items():
            self._library.espeak_SetParameter(_PARAMETERS[name], value, 0)
        self._library.espeak_SetSynthCallback(self._callback)
        ended = text.encode() + b"\0"
        self._library.espeak_Synth(ended, ctypes.c_size_t(len(ended)), 0, _BY_CHARACTER, 0, _UTF8, None, None)
        return np.frombuffer(b"".join(self._sound), "<i2"), list(self._marks)

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
