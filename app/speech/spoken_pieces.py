"""An announcement as one sound: its pieces from files, what stands for its variables from recorded words or from
the voice, with the pauses of a sentence between."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from app.application.announcement_book import RecordingRefused
from app.domain.announcements import HOURS, Piece, pieces_of
from app.speech.announcement_files import AnnouncementFiles
from app.speech.loudness import SPEECH_LUFS, brought_to
from app.speech.recordings import find_recording, read_recording
from app.speech.sound import LINE_RATE_HZ, Sound, from_pcm, to_pcm

WORDS = "words"
_LONGEST_RECORDED = 6
"""So many words may lie in one recording: «двадцать третьего ноября»."""
_BETWEEN_WORDS_MS = 60
_MARKS = ".,:;!?…»«()"


class SpokenPieces:
    """Slow: never in the event loop's thread."""

    def __init__(self, files: AnnouncementFiles) -> None:
        self._files = files

    def whole(self, name: str, text: str, values: Mapping[str, str] | None) -> bytes:
        """The announcement as PCM of the line. Raises what the voice raises."""
        pieces = pieces_of(name, text) if values is not None else ()
        if not any(piece.variable for piece in pieces):
            return self._files.sound(name, text if values is None else pieces[0].text).pcm
        if self._files.recording(name):
            # The organisation says it without the variables.
            return self._files.sound(name, text.format_map(values or {})).pcm
        parts: list[Sound] = []
        for piece in pieces:
            parts += [self._sound_of(piece, values or {}), _silence(piece.pause_ms)]
        return to_pcm(np.concatenate(parts[:-1]))

    def files_of(self, name: str, text: str, values: Mapping[str, str] | None) -> list[str]:
        """Names of the files that it is made of."""
        pieces = pieces_of(name, text) if values is not None else ()
        constant = [piece.name or piece.variable for piece in pieces if piece.name or piece.variable == HOURS]
        return list(dict.fromkeys([name, *constant]))

    def _sound_of(self, piece: Piece, values: Mapping[str, str]) -> Sound:
        if not piece.variable:
            return from_pcm(self._files.sound(piece.name, piece.text).pcm)
        if piece.variable == HOURS:
            return from_pcm(self._files.sound(HOURS, values[HOURS]).pcm)
        said = piece.words(values)
        recorded = self._recorded(said)
        if recorded is not None:
            return recorded
        sound, _voice = self._files.voice.speak(said)
        return brought_to(sound, SPEECH_LUFS)

    def _recorded(self, said: str) -> Sound | None:
        """Put together from recorded words, the longest that fit; None when one is missing: two voices within a
        phrase are worse than the other voice for all of it."""
        words = [word.strip(_MARKS).lower() for word in said.split()]
        words = [word for word in words if word]
        parts: list[Sound] = []
        while words:
            count, path = self._longest(words)
            if path is None:
                return None
            try:
                sound, _ending = read_recording(path)
            except RecordingRefused:
                return None
            parts += [brought_to(sound, SPEECH_LUFS), _silence(_BETWEEN_WORDS_MS)]
            words = words[count:]
        return np.concatenate(parts[:-1]) if parts else None

    def _longest(self, words: list[str]) -> tuple[int, Path | None]:
        folders = [self._files.uploads / WORDS, *([self._files.own / WORDS] if self._files.own else [])]
        for count in range(min(_LONGEST_RECORDED, len(words)), 0, -1):
            name = " ".join(words[:count])
            for folder in folders:
                if path := find_recording(folder, name):
                    return count, path
        return 0, None


def _silence(milliseconds: int) -> Sound:
    return np.zeros(milliseconds * LINE_RATE_HZ // 1000)
