"""What the pages and the command line know of the announcements, and the port through which they change them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from app.domain.announcements import Announcement
from app.domain.errors import BadInput


class Fault(StrEnum):
    """Why a recording is not taken."""

    KIND = "kind"  # neither WAV, FLAC, OGG nor MP3, or damaged
    RATE = "rate"  # below 8 or above 96 kHz, or more than eight channels
    LONG = "long"
    SHORT = "short"
    SILENT = "silent"
    BIG = "big"  # the file
    NONE = "none"  # no file was given


_FAULTS = {
    Fault.KIND: "it is no sound that can be read: save it as WAV, FLAC, OGG or MP3",
    Fault.RATE: "it must have 8 to 96 kHz and at most eight channels",
    Fault.LONG: "it is longer than two minutes (hold music: five)",
    Fault.SHORT: "it is shorter than a fifth of a second",
    Fault.SILENT: "nothing is heard in it",
    Fault.BIG: "its file is too large",
    Fault.NONE: "there is no file",
}


class RecordingRefused(BadInput):
    """The recording cannot stand in an announcement's place."""

    def __init__(self, why: Fault) -> None:
        super().__init__(_FAULTS[why])
        self.why = why


@dataclass(frozen=True)
class Sounding:
    """One file of sound as it stands. `recording` is the file it was made from, "" when a voice spoke it; it is
    `uploaded` when it came through the page, and then the page can take it away. `text` is what it was made for."""

    recording: str
    uploaded: bool
    voice: str
    text: str
    seconds: float
    lufs: float
    peak_dbfs: float


@dataclass(frozen=True)
class PieceState:
    """A piece and its sound, None while it has not been made. `text_changed`: the recording is older than the
    text. `fault` is what is wrong with a recording that is passed over."""

    name: str
    text: str
    sounding: Sounding | None
    text_changed: bool = False
    fault: str = ""


@dataclass(frozen=True)
class Entry:
    """An announcement with its constant pieces."""

    announcement: Announcement
    pieces: tuple[PieceState, ...]

    @property
    def made(self) -> bool:
        return all(piece.sounding is not None for piece in self.pieces)

    @property
    def recorded(self) -> bool:
        """Every piece of it is a recording."""
        return all(piece.sounding is not None and piece.sounding.recording for piece in self.pieces)


class AnnouncementBook(Protocol):
    """The announcements of the organisation and their sounds. Slow (a piece takes up to some seconds to make):
    never called in the event loop's thread."""

    def entries(self) -> Sequence[Entry]:
        """All of them, as they stand: nothing is made."""

    def music(self) -> PieceState:
        """The hold music."""

    def sound(self, name: str) -> bytes | None:
        """A WAV file of a piece, made if need be; None for an unknown name."""

    def whole(self, name: str, values: Mapping[str, str]) -> bytes | None:
        """A WAV file of an announcement as a caller hears it with these values; None for an unknown name."""

    def keep_recording(self, name: str, recording: bytes) -> bool:
        """Put a recording in the place of the piece. False for an unknown name. Raises RecordingRefused, and
        Unavailable when it cannot be written."""

    def take_away(self, name: str) -> bool:
        """Take an uploaded recording away again. False when there is none."""

    def make_anew(self, name: str) -> bool:
        """Make the piece anew from what it is made from. False for an unknown name."""
