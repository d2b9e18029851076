"""Speech from text with espeak-ng's library, as the package `espeakng_loader` brings it.

The library keeps its state in globals and is not thread-safe: calls are serialised by a lock here.
The C interface is that of `speak_lib.h`, version 12.
"""

from __future__ import annotations

import ctypes
import threading
from pathlib import Path
from typing import Any

import espeakng_loader
import numpy as np

from app.domain.errors import BadInput, Unavailable
from app.speech.sound import from_pcm, level_to, to_line_rate, to_pcm

SPEECH_LEVEL_DBFS = -20.0

_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_PHONEME_EVENTS, _INITIALIZE_DONT_EXIT = 0x0001, 0x8000
_CHARS_UTF8 = 1
_POS_CHARACTER = 1
_RATE, _PITCH = 1, 3
_BUFFER_MS = 500
PHONEME_SEPARATOR = "_"
_SEPARATOR_SHIFT = 8
_NOTHING_SAID = 0.005
"""Peak below which the library has only paused."""

_SynthCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Library:
    """The library, opened once in the process and used by one thread at a time: whoever calls `opened` or `choose`
    holds `lock`. Opened twice it crashes; and its callback is one for all users, who set theirs before each use."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._collected: list[bytes] = []
        self._callback = _SynthCallback(self._collect)
        self._library: Any = None
        self._rate_hz = 0
        self._voices = Path()
        self._chosen = ""

    def say(self, text: str, voice: str, rate: int, pitch: int) -> tuple[bytes, int]:
        """PCM and its rate in Hz. Raises Unavailable or BadInput."""
        with self.lock:
            self.opened()
            self.choose(voice, anew=True)
            self._library.espeak_SetParameter(_RATE, rate, 0)
            self._library.espeak_SetParameter(_PITCH, pitch, 0)
            self._collected.clear()
            # The library keeps one callback for the whole process.
            self._library.espeak_SetSynthCallback(self._callback)
            encoded = text.encode("utf-8") + b"\0"
            status = self._library.espeak_Synth(
                encoded, ctypes.c_size_t(len(encoded)), 0, _POS_CHARACTER, 0, _CHARS_UTF8, None, None
            )
            if status != 0:
                raise Unavailable(f"espeak-ng refused to speak (status {status})")
            return b"".join(self._collected), self._rate_hz

    def phonemes(self, text: str, voice: str) -> str:
        """The mnemonics of its phonemes, with `PHONEME_SEPARATOR` between them. Raises Unavailable or BadInput."""
        with self.lock:
            self.opened()
            self.choose(voice)
            encoded = ctypes.create_string_buffer(text.encode("utf-8"))
            rest = ctypes.c_void_p(ctypes.addressof(encoded))
            said: list[str] = []
            while rest.value:
                clause = self._library.espeak_TextToPhonemes(
                    ctypes.byref(rest), _CHARS_UTF8, ord(PHONEME_SEPARATOR) << _SEPARATOR_SHIFT
                )
                said.append((clause or b"").decode("utf-8"))
            return " ".join(said)

    def check(self, voice: str) -> None:
        """Raises Unavailable or BadInput."""
        with self.lock:
            self.opened()
            self.choose(voice, anew=True)

    def opened(self) -> tuple[Any, int]:
        """The library's functions, whose events tell of phonemes, and its rate in Hz. Raises Unavailable."""
        if self._library is None:
            self._open()
        return self._library, self._rate_hz

    def _open(self) -> None:
        try:
            library = ctypes.CDLL(espeakng_loader.get_library_path())
            voices = Path(espeakng_loader.get_data_path())
        except (OSError, RuntimeError) as error:
            raise Unavailable(
                f"espeak-ng cannot be opened ({error}): install the package espeakng-loader"
            ) from error
        options = _INITIALIZE_PHONEME_EVENTS | _INITIALIZE_DONT_EXIT
        rate_hz = library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, _BUFFER_MS, str(voices).encode(), options)
        if rate_hz <= 0:
            raise Unavailable(f"espeak-ng finds no voices in {voices}: install the package espeakng-loader anew")
        library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._library, self._rate_hz, self._voices = library, rate_hz, voices

    def choose(self, voice: str, *, anew: bool = False) -> None:
        """Take the voice: 3 ms where a word takes 0.02, so only another one, or `anew`. Raises BadInput."""
        if voice == self._chosen and not anew:
            return
        # espeak-ng takes an unknown variant for none and says nothing.
        _language, plus, variant = voice.partition("+")
        known = not plus or (variant in {file.name for file in (self._voices / "voices" / "!v").iterdir()})
        if not known or self._library.espeak_SetVoiceByName(voice.encode("utf-8")) != 0:
            raise BadInput(f"espeak-ng has no voice {voice!r}: write ru, ru+m3, ru+f2 or the like")
        self._chosen = voice

    def _collect(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            self._collected.append(ctypes.string_at(samples, 2 * count))
        return 0


LIBRARY = Library()


def phonemes_of(text: str, voice: str = "ru") -> str:
    """The mnemonics of espeak-ng's phonemes for a text, "_" between them and spaces between words («'» and «,»
    mark stress). Takes some tens of microseconds a word. Raises Unavailable when the library fails."""
    return LIBRARY.phonemes(text, voice)


def check_voice(voice: str) -> None:
    """Raises BadInput for a voice that espeak-ng does not have, Unavailable when it cannot be opened."""
    LIBRARY.check(voice)


def synthesise(text: str, *, voice: str = "ru", rate: int = 150, pitch: int = 50) -> bytes:
    """Speak Russian text: 16-bit little-endian mono PCM at 8000 Hz, at -20 dBFS. Takes some tens of milliseconds.

    `rate` is in words a minute (80 to 450), `pitch` from 0 to 100. Raises Unavailable when the library fails,
    BadInput for a voice that it does not have. Text without anything to say gives b"".
    """
    pcm, rate_hz = LIBRARY.say(text, voice, int(np.clip(rate, 80, 450)), int(np.clip(pitch, 0, 100)))
    spoken = to_line_rate(from_pcm(pcm), rate_hz)
    if not spoken.size or float(np.abs(spoken).max()) < _NOTHING_SAID:
        return b""
    return to_pcm(level_to(spoken, SPEECH_LEVEL_DBFS))
