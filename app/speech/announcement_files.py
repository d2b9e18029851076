"""The files of sound that the line plays: each is made from a recording of its name, else from its text by the
voice, evened in loudness, and made anew when any of that has changed.

`folder/welcome.wav` is played; `folder/welcome.json` says what it was made from; `folder/recordings/` has what was
uploaded through the page, which goes before the organisation's own recordings. Slow: never in the loop's thread.
"""

from __future__ import annotations

import io
import re
import threading
import wave
from dataclasses import dataclass
from pathlib import Path

import structlog

from app.application.announcement_book import RecordingRefused
from app.domain.errors import Unavailable
from app.speech import hold_music
from app.speech.announcement_manifest import (
    Manifest,
    digest_of,
    keep,
    manifest_path,
    read_manifest,
    stamp_of,
    write_whole,
)
from app.speech.loudness import MUSIC_LUFS, SPEECH_LUFS, brought_to, loudness_lufs, true_peak_dbfs
from app.speech.recordings import ENDINGS, LONGEST_MUSIC_S, LONGEST_S, find_recording, read_recording
from app.speech.sound import LINE_RATE_HZ, Sound, from_pcm, to_pcm
from app.speech.voices import Voice

MUSIC = "hold_music"
UPLOADS = "recordings"

_SAFE_NAME = re.compile(r"[\w-]+(\.\d+)?\Z")

log = structlog.get_logger()


@dataclass(frozen=True)
class Kept:
    """A sound as it lies on the disk."""

    pcm: bytes
    manifest: Manifest


class AnnouncementFiles:
    """One organisation's; safe to use from several threads, and beside another process."""

    def __init__(self, folder: Path, recordings: Path | None, voice: Voice) -> None:
        self.folder = folder
        self.uploads = folder / UPLOADS
        self.own = recordings
        self.voice = voice
        self._making = threading.Lock()

    def path(self, name: str) -> Path:
        """Where the sound of that name lies. Unavailable for what is no name."""
        if not _SAFE_NAME.match(name):
            raise Unavailable(f"«{name[:60]}» is no name of an announcement")
        return self.folder / f"{name}.wav"

    def recording(self, name: str) -> Path | None:
        """What stands in the place of the text: an upload, else the organisation's own."""
        folders = [self.uploads, *([self.own] if self.own else [])]
        found = (find_recording(folder, name) for folder in folders)
        return next((path for path in found if path is not None), None)

    def standing(self, name: str, text: str) -> Manifest | None:
        """What the sound was made from; None when it has yet to be made."""
        path = self.path(name)
        manifest = read_manifest(path)
        return manifest if manifest and path.is_file() and self._is_of(manifest, name, text) else None

    def sound(self, name: str, text: str, *, again: bool = False) -> Kept:
        """The sound, made first when it is not up to date. `again`: also what a spare voice has spoken. Raises
        what the voice raises; Unavailable when the folder cannot be written."""
        kept = self._read(name, text)
        if kept and not (again and kept.manifest.voice != kept.manifest.wanted):
            return kept
        with self._making:
            # Somebody else may have made it meanwhile.
            return (None if again else self._read(name, text)) or self._make(name, text)

    def make_anew(self, name: str, text: str) -> Kept:
        with self._making:
            return self._make(name, text)

    def keep_recording(self, name: str, content: bytes) -> None:
        """Check an upload, and put it in the place of the text. RecordingRefused, Unavailable."""
        _sound, ending = read_recording(content, _longest_s(name))
        target = self.uploads / f"{self.path(name).stem}{ending}"
        write_whole(target, content)
        for other in self._uploaded(name):
            if other != target:
                other.unlink(missing_ok=True)

    def take_away(self, name: str) -> bool:
        """Remove what was uploaded. False when nothing was."""
        found = self._uploaded(name)
        for path in found:
            path.unlink(missing_ok=True)
        return bool(found)

    def _uploaded(self, name: str) -> list[Path]:
        stem = self.path(name).stem
        paths = [self.uploads / f"{stem}{ending}" for ending in dict.fromkeys(ENDINGS.values())]
        return [path for path in paths if path.is_file()]

    def _is_of(self, manifest: Manifest, name: str, text: str) -> bool:
        """The sound was made from what there is now."""
        if manifest.target_lufs != target_lufs(name):
            return False
        recording = self.recording(name)
        if manifest.stamp != (_mark(recording) if recording else ""):
            return False
        spoken = not recording or bool(manifest.fault)
        return not spoken or (manifest.text, manifest.wanted) == (text, self._wanted(name))

    def _wanted(self, name: str) -> str:
        return hold_music.COMPOSED if name == MUSIC else self.voice.name

    def _read(self, name: str, text: str) -> Kept | None:
        manifest = self.standing(name, text)
        if manifest is None:
            return None
        try:
            wav = self.path(name).read_bytes()
        except OSError:
            return None
        return Kept(pcm_of(wav), manifest) if digest_of(wav) == manifest.digest else None

    def _make(self, name: str, text: str) -> Kept:
        recording = self.recording(name)
        stamp, fault = (_mark(recording), "") if recording else ("", "")
        sound, voice = None, ""
        if recording:
            try:
                sound, _ending = read_recording(recording, _longest_s(name), trim=name != MUSIC)
            except RecordingRefused as error:
                fault = str(error.why)
                log.warning("recording_unusable", name=name, file=recording.name, reason=str(error))
        if sound is None:
            sound, voice = self._spoken(name, text)
        even = brought_to(sound, target_lufs(name))
        pcm = to_pcm(even)
        wav = wav_of(pcm)
        manifest = Manifest(
            text=text,
            target_lufs=target_lufs(name),
            wanted="" if recording and not fault else self._wanted(name),
            voice=voice,
            recording=recording.name if recording and not fault else "",
            stamp=stamp,
            fault=fault,
            seconds=round(even.size / LINE_RATE_HZ, 2),
            lufs=round(loudness_lufs(even), 2),
            peak_dbfs=round(true_peak_dbfs(even), 2),
            digest=digest_of(wav),
        )
        self._keep(name, wav, manifest)
        return Kept(pcm, manifest)

    def _keep(self, name: str, wav: bytes, manifest: Manifest) -> None:
        try:
            keep(self.path(name), wav, manifest)
        except Unavailable as error:
            # A full disk must not silence the line: the sound is there, and is made again next time.
            log.error("announcement_not_kept", name=name, reason=str(error))

    def _spoken(self, name: str, text: str) -> tuple[Sound, str]:
        if name == MUSIC:
            return from_pcm(hold_music.compose()), hold_music.COMPOSED
        sound, voice = self.voice.speak(text)
        if not sound.size:
            raise Unavailable(f"the voice says nothing for «{name}»")
        return sound, voice

    def stamps(self, names: list[str]) -> tuple[str, ...]:
        """Changes with the sounds of these names and with every recording that comes or goes."""
        folders = [self.uploads, *([self.own, self.own / "words"] if self.own else []), self.uploads / "words"]
        files: list[Path] = []
        for name in names:
            path = self.path(name)
            recording = self.recording(name)
            files += [path, manifest_path(path), *([recording] if recording else [])]
        return tuple(stamp_of(path) for path in [*folders, *files])


def target_lufs(name: str) -> float:
    return MUSIC_LUFS if name == MUSIC else SPEECH_LUFS


def wav_of(pcm: bytes) -> bytes:
    """A WAV file of the line's sound: 16-bit, mono, 8 kHz."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(LINE_RATE_HZ)
        out.writeframes(pcm)
    return file.getvalue()


def pcm_of(wav: bytes) -> bytes:
    """The sound of a file that `wav_of` made; b"" for another."""
    try:
        with wave.open(io.BytesIO(wav), "rb") as file:
            return file.readframes(file.getnframes())
    except (wave.Error, EOFError):
        return b""


def _mark(recording: Path) -> str:
    return f"{recording} {stamp_of(recording)}"


def _longest_s(name: str) -> float:
    return LONGEST_MUSIC_S if name == MUSIC else LONGEST_S
