"""Recordings that people make: WAV, FLAC, OGG and MP3 of any rate, read into the line's sound."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import soundfile

from app.application.announcement_book import Fault, RecordingRefused
from app.speech.loudness import loudness_lufs
from app.speech.sound import Sound, to_line_rate, trimmed

ENDINGS = {"WAV": ".wav", "WAVEX": ".wav", "FLAC": ".flac", "OGG": ".ogg", "MP3": ".mp3"}
"""By the kind that libsndfile finds in the file itself; its name is not believed."""
LONGEST_S = 120.0
LONGEST_MUSIC_S = 300.0
SHORTEST_S = 0.2
SILENCE_LUFS = -60.0
_LOWEST_RATE_HZ, _HIGHEST_RATE_HZ = 8000, 96000
_MOST_CHANNELS = 8


def find_recording(folder: Path, name: str) -> Path | None:
    """`<name>.wav`, `.flac`, `.ogg` or `.mp3`, the first of them that is there."""
    paths = (folder / f"{name}{ending}" for ending in dict.fromkeys(ENDINGS.values()))
    return next((path for path in paths if path.is_file()), None)


def read_recording(source: Path | bytes, longest_s: float = LONGEST_S, *, trim: bool = True) -> tuple[Sound, str]:
    """The sound at 8 kHz, its channels mixed and (`trim`) the silence at its ends taken away, and the ending that
    its kind has. RecordingRefused says what is wrong with it."""
    try:
        with soundfile.SoundFile(BytesIO(source) if isinstance(source, bytes) else source) as file:
            rate, kind = file.samplerate, str(file.format)
            if kind not in ENDINGS:
                raise RecordingRefused(Fault.KIND)
            if not _LOWEST_RATE_HZ <= rate <= _HIGHEST_RATE_HZ or file.channels > _MOST_CHANNELS:
                raise RecordingRefused(Fault.RATE)
            samples = _mixed(file, int(longest_s * rate))
    except (soundfile.SoundFileError, OSError, ValueError) as error:
        raise RecordingRefused(Fault.KIND) from error
    if not np.isfinite(samples).all():
        raise RecordingRefused(Fault.KIND)
    sound = to_line_rate(samples, rate)
    sound = trimmed(sound) if trim else sound
    if loudness_lufs(sound) < SILENCE_LUFS:
        raise RecordingRefused(Fault.SILENT)
    if sound.size < SHORTEST_S * 8000:
        raise RecordingRefused(Fault.SHORT)
    return sound, ENDINGS[kind]


def _mixed(file: soundfile.SoundFile, most: int) -> Sound:
    """Block by block: what a file says of its length is not believed, and eight channels at once would be much."""
    parts: list[Sound] = []
    for block in file.blocks(blocksize=65536, dtype="float64", always_2d=True):
        parts.append(np.asarray(block.mean(axis=1), dtype=np.float64))
        if sum(part.size for part in parts) > most:
            raise RecordingRefused(Fault.LONG)
    return np.concatenate(parts) if parts else np.zeros(0)
