"""Recordings of conversations on disk: WAV while the call goes on, Opus afterwards.

Two channels at 8 kHz: on the left what the caller says, on the right what the caller hears. The line's loop only
collects a second of sound; one thread writes it, and with low priority turns a closed WAV file into Opus, about a
tenth of the size. A WAV file that an earlier run left open is mended by its length and encoded too.
"""

from __future__ import annotations

import os
import queue
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import soundfile
import structlog

from app.domain.errors import BadInput

log = structlog.get_logger()

RATE_HZ: Final = 8000
CHANNELS: Final = 2
_FRAME_BYTES: Final = 4  # a sample of each channel
_BLOCK_TICKS: Final = 50
_TICK_SECONDS: Final = 0.02
_MOST_WAITING: Final = 4096  # blocks: about a minute of a full line, should the disk stall
_LOW_PRIORITY: Final = 15
_HEADER: Final = struct.Struct("<4sI4s4sIHHIIHH4sI")
_ENCODE_FRAMES: Final = RATE_HZ * 10

Task = Callable[[], None]


class CallRecordings:
    """`application.ports.Recordings` below one folder. `close` waits for what was collected, not for encodings."""

    def __init__(self, folder: Path) -> None:
        """Raises BadInput when the folder cannot be written."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
        except OSError as error:
            raise BadInput(f"LINIYA_CALL_RECORDINGS_DIR={folder}: cannot be written ({error.strerror})") from None
        self._folder = folder
        self._tasks: queue.Queue[Task | None] = queue.Queue(_MOST_WAITING)
        self._to_encode: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self._under_way: set[DiskRecording] = set()
        for left in sorted(folder.rglob("*.wav")):
            self._to_encode.put(left)
        self._writer = threading.Thread(target=self._write, name="recordings", daemon=True)
        self._encoder = threading.Thread(target=self._encode, name="recordings-opus", daemon=True)
        self._writer.start()
        self._encoder.start()

    def open(self, name: str) -> DiskRecording:
        path = place_of(self._folder, name)
        if path is None:
            raise ValueError(f"{name!r} is no name of a recording")
        recording = DiskRecording(path.with_name(path.name + ".wav"), self._put, self._finished)
        self._under_way.add(recording)
        return recording

    def close(self) -> None:
        for recording in list(self._under_way):
            recording.close()
        self._tasks.put(None)
        self._writer.join()
        self._to_encode.put(None)

    def _finished(self, recording: DiskRecording) -> None:
        self._under_way.discard(recording)
        self._to_encode.put(recording.path)

    def _put(self, task: Task) -> bool:
        try:
            self._tasks.put_nowait(task)
        except queue.Full:
            return False
        return True

    def _write(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()

    def _encode(self) -> None:
        # Linux gives each thread its own niceness: calls come first.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOW_PRIORITY)
        while (path := self._to_encode.get()) is not None:
            try:
                to_opus(path)
            except (OSError, soundfile.SoundFileError) as error:
                log.warning("recording_not_encoded", file=path.name, why=str(error))


class DiskRecording:
    """`application.ports.Recording`: collected here, written elsewhere."""

    def __init__(self, path: Path, put: Callable[[Task], bool], finished: Callable[[DiskRecording], None]) -> None:
        self.path = path
        self._put = put
        self._finished = finished
        self._said: list[bytes] = []
        self._heard: list[bytes] = []
        self._ticks = 0
        self._file: BinaryIO | None = None
        self._broken = not put(self._begin)

    def write(self, said: bytes, heard: bytes) -> None:
        if self._broken:
            return
        self._said.append(said)
        self._heard.append(heard)
        if len(self._said) >= _BLOCK_TICKS:
            self._flush()

    def close(self) -> float:
        self._flush()
        self._put(self._finish)
        return self._ticks * _TICK_SECONDS

    def _flush(self) -> None:
        if not self._said or self._broken:
            return
        said, heard = b"".join(self._said), b"".join(self._heard)
        ticks = len(self._said)
        self._said.clear()
        self._heard.clear()
        if self._put(lambda: self._append(said, heard)):
            self._ticks += ticks
        else:
            self._give_up("the disk does not keep up")

    # -- in the writer's thread

    def _begin(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            self._file = os.fdopen(handle, "wb", buffering=0)
            self._file.write(wav_header(0))
        except OSError as error:
            self._give_up(error.strerror or str(error))

    def _append(self, said: bytes, heard: bytes) -> None:
        if self._file is None:
            return
        both = np.stack((np.frombuffer(said, "<i2"), np.frombuffer(heard, "<i2")), axis=1)
        try:
            self._file.write(both.tobytes())
        except OSError as error:
            self._give_up(error.strerror or str(error))

    def _finish(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
            self._finished(self)

    def _give_up(self, why: str) -> None:
        """Once: what is there is kept, nothing more is written, the call goes on."""
        self._broken = True
        log.error("recording_given_up", file=self.path.name, why=why)


def place_of(folder: Path, name: str) -> Path | None:
    """Where the recording of that name lies, without its ending; None for what is no name of one."""
    parts = name.split("/")
    usable = all(part.replace("-", "").isalnum() and part.isascii() for part in parts)
    return folder.joinpath(*parts) if usable and len(parts) <= 6 and len(name) <= 200 else None


def file_of(folder: Path, name: str) -> Path | None:
    """The recording as it is now, WAV or Opus; None when there is none (any more)."""
    path = place_of(folder, name)
    if path is None:
        return None
    endings = (path.with_name(path.name + ending) for ending in (".opus", ".wav"))
    return next((one for one in endings if one.is_file()), None)


def wav_header(sound_bytes: int) -> bytes:
    """The header of a WAV file with so much sound."""
    rate = RATE_HZ * _FRAME_BYTES
    return _HEADER.pack(
        b"RIFF",
        36 + sound_bytes,
        b"WAVE",
        b"fmt ",
        16,
        1,
        CHANNELS,
        RATE_HZ,
        rate,
        _FRAME_BYTES,
        16,
        b"data",
        sound_bytes,
    )


def to_opus(wav: Path) -> Path:
    """Encode a recording and remove the WAV file. The length in its header is set right first."""
    sound_bytes = max(0, wav.stat().st_size - _HEADER.size) // _FRAME_BYTES * _FRAME_BYTES
    with wav.open("r+b") as file:
        file.write(wav_header(sound_bytes))
    opus, part = wav.with_suffix(".opus"), wav.with_suffix(".part")
    with (
        soundfile.SoundFile(wav) as source,
        soundfile.SoundFile(part, "w", RATE_HZ, CHANNELS, format="OGG", subtype="OPUS") as target,
    ):
        part.chmod(0o600)
        while len(block := source.read(_ENCODE_FRAMES, dtype="int16")):
            target.write(block)
    part.replace(opus)
    wav.unlink()
    return opus
