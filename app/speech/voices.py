"""Voices that read texts out: espeak-ng, which is always there, and any other synthesiser as a command.

A command reads the text from its standard input or from `{text_file}`, and writes a sound (WAV or whatever else
libsndfile reads) to `{wav_file}` or to its standard output. It is started without a shell and has a time limit.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from app.application.announcement_book import RecordingRefused
from app.domain.errors import BadInput, Unavailable
from app.speech import espeak
from app.speech.recordings import read_recording
from app.speech.sound import Sound, from_pcm, trimmed

TEXT_FILE, WAV_FILE = "{text_file}", "{wav_file}"
LONGEST_RUN_S = 20.0
RESTS_S = 300.0
"""A command that failed is left alone so long: no caller waits for it again and again."""
_LONGEST_SPEECH_S = 300.0
_MOST_BYTES = 64 * 2**20
_TOLD = 200

log = structlog.get_logger()


class Voice(Protocol):
    @property
    def name(self) -> str:
        """What tells it from other voices: a change of it has everything spoken anew."""

    def speak(self, text: str) -> tuple[Sound, str]:
        """The text as sound at 8 kHz, and the name of the voice that spoke it. Raises Unavailable or BadInput."""


@dataclass(frozen=True)
class EspeakVoice:
    """espeak-ng: `rate` in words a minute, `pitch` 0 to 100."""

    voice: str = "ru"
    rate: int = 140
    pitch: int = 50

    @property
    def name(self) -> str:
        return f"espeak-ng {self.voice}, {self.rate} / {self.pitch}"

    def speak(self, text: str) -> tuple[Sound, str]:
        pcm = espeak.synthesise(text, voice=self.voice, rate=self.rate, pitch=self.pitch)
        return trimmed(from_pcm(pcm)), self.name


class CommandVoice:
    """Another synthesiser; where it fails, `spare` speaks."""

    def __init__(
        self,
        command: str,
        spare: Voice,
        *,
        limit_s: float = LONGEST_RUN_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises BadInput for a command that cannot be one."""
        self._words = command_words(command)
        self._spare = spare
        self._limit_s = limit_s
        self._clock = clock
        self._rests_until = float("-inf")

    @property
    def name(self) -> str:
        return shlex.join(self._words)

    def check(self) -> None:
        """BadInput when there is no such program."""
        if shutil.which(self._words[0]) is None:
            raise BadInput(
                f"LINIYA_VOICE_COMMAND: there is no program {self._words[0]}; install it or correct the path"
            )

    def speak(self, text: str) -> tuple[Sound, str]:
        if self._clock() < self._rests_until:
            return self._spare.speak(text)
        try:
            return self._spoken(text), self.name
        except Unavailable as error:
            self._rests_until = self._clock() + RESTS_S
            log.warning("voice_command_failed", command=self._words[0], reason=str(error), spare=self._spare.name)
            return self._spare.speak(text)

    def _spoken(self, text: str) -> Sound:
        with tempfile.TemporaryDirectory(prefix="liniya-voice-") as folder:
            text_file, wav_file = Path(folder, "text.txt"), Path(folder, "speech.wav")
            text_file.write_text(text + "\n", encoding="utf-8")
            words = [w.replace(TEXT_FILE, str(text_file)).replace(WAV_FILE, str(wav_file)) for w in self._words]
            out_file = Path(folder, "out")
            self._run(words, text_file, out_file, Path(folder, "told"))
            return _sound_in(wav_file if any(WAV_FILE in w for w in self._words) else out_file)

    def _run(self, words: list[str], text_file: Path, out_file: Path, told_file: Path) -> None:
        with text_file.open("rb") as text, out_file.open("wb") as out, told_file.open("wb") as told:
            try:
                process = subprocess.Popen(
                    words,
                    stdin=text,
                    stdout=out,
                    stderr=told,
                    cwd=text_file.parent,
                    env=_surroundings(),
                    start_new_session=True,
                )
            except OSError as error:
                raise Unavailable(f"it cannot be started: {error.strerror}") from None
            try:
                status = process.wait(self._limit_s)
            except subprocess.TimeoutExpired:
                raise Unavailable(f"it was not ready after {self._limit_s:g} s") from None
            finally:
                _end(process)
        if status != 0:
            said = told_file.read_bytes()[:_TOLD].decode("utf-8", "replace").strip()
            raise Unavailable(f"it ended with status {status}: {said or 'without a word'}")


def command_words(command: str) -> list[str]:
    """The program and its arguments, as a shell would divide them. Raises BadInput."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise BadInput(f"LINIYA_VOICE_COMMAND={command}: {error}; close every quotation mark") from None
    if not words:
        raise BadInput("LINIYA_VOICE_COMMAND: the command is empty")
    return words


def _sound_in(path: Path) -> Sound:
    if not path.is_file() or path.stat().st_size == 0:
        raise Unavailable("it wrote no sound")
    if path.stat().st_size > _MOST_BYTES:
        raise Unavailable(f"it wrote more than {_MOST_BYTES // 2**20} MB")
    try:
        sound, _ending = read_recording(path, _LONGEST_SPEECH_S)
    except RecordingRefused as error:
        raise Unavailable(f"its sound cannot be used: {error}") from None
    return sound


def _surroundings() -> dict[str, str]:
    """Not the settings: they have secrets that are no business of a synthesiser."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LINIYA_")}


def _end(process: subprocess.Popen[bytes]) -> None:
    """With everything that it has started: a wrapper's children would go on speaking."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
