"""The book of announcements over the files of sound: `AnnouncementBook` for the pages and the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.application.announcement_book import Entry, PieceState, Sounding
from app.domain.announcements import Announcement
from app.speech.announcement_files import MUSIC, AnnouncementFiles, wav_of
from app.speech.announcement_manifest import Manifest
from app.speech.spoken_pieces import SpokenPieces


class FileBook:
    """Implements `AnnouncementBook`."""

    def __init__(self, files: AnnouncementFiles, announcements: Sequence[Announcement]) -> None:
        self._files = files
        self._spoken = SpokenPieces(files)
        self.use(announcements)

    def use(self, announcements: Sequence[Announcement]) -> None:
        """The organisation has other texts now."""
        self._announcements = {one.name: one for one in announcements}
        self._texts = {p.name: p.text for one in announcements for p in one.pieces if p.name} | {MUSIC: ""}

    def entries(self) -> Sequence[Entry]:
        return [
            Entry(one, tuple(self._state(piece.name, piece.text) for piece in one.pieces if piece.name))
            for one in self._announcements.values()
        ]

    def music(self) -> PieceState:
        return self._state(MUSIC, "")

    def sound(self, name: str) -> bytes | None:
        text = self._texts.get(name)
        return None if text is None else wav_of(self._files.sound(name, text).pcm)

    def whole(self, name: str, values: Mapping[str, str]) -> bytes | None:
        one = self._announcements.get(name)
        return None if one is None else wav_of(self._spoken.whole(name, one.text, None if one.plain else values))

    def keep_recording(self, name: str, recording: bytes) -> bool:
        if name not in self._texts:
            return False
        self._files.keep_recording(name, recording)
        self._files.make_anew(name, self._texts[name])
        return True

    def take_away(self, name: str) -> bool:
        if name not in self._texts or not self._files.take_away(name):
            return False
        self._files.make_anew(name, self._texts[name])
        return True

    def make_anew(self, name: str) -> bool:
        if name not in self._texts:
            return False
        self._files.make_anew(name, self._texts[name])
        return True

    def _state(self, name: str, text: str) -> PieceState:
        made = self._files.standing(name, text)
        if made is None:
            return PieceState(name, text, None)
        changed = bool(made.recording) and made.text != text
        return PieceState(name, text, self._sounding(made), changed, made.fault)

    def _sounding(self, made: Manifest) -> Sounding:
        uploaded = bool(made.recording) and made.stamp.startswith(str(self._files.uploads))
        return Sounding(made.recording, uploaded, made.voice, made.text, made.seconds, made.lufs, made.peak_dbfs)
