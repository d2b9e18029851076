"""Recordings on a real disk, by the real libsndfile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from app.domain.errors import BadInput
from app.storage.recordings import RATE_HZ, CallRecordings, DiskRecording, file_of, to_opus, wav_header

SECONDS = 5
PATIENCE_S = 20.0
Samples = npt.NDArray[np.int16]


def tone(hz: int) -> Samples:
    return (8000 * np.sin(2 * np.pi * hz * np.arange(SECONDS * RATE_HZ) / RATE_HZ)).astype("<i2")


SAID, HEARD = tone(440), tone(1000)


def feed(recording: DiskRecording, ticks: int = SECONDS * 50) -> None:
    for n in range(ticks):
        place = slice(n * 160, (n + 1) * 160)
        recording.write(SAID[place].tobytes(), HEARD[place].tobytes())


def until(there: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not there():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def share_of_tone(samples: npt.NDArray[np.float64], hz: int) -> float:
    """How much of the energy lies within 10 Hz of the tone."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    return float(power[abs(hertz - hz) <= 10].sum() / power.sum())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


@pytest.fixture
def recordings(folder: Path) -> Iterator[CallRecordings]:
    its = CallRecordings(folder)
    yield its
    its.close()


def encoded(folder: Path, name: str) -> Callable[[], bool]:
    return lambda: (found := file_of(folder, name)) is not None and found.suffix == ".opus"


def test_both_sides_are_kept_apart_and_encoded_in_the_background(folder: Path, recordings: CallRecordings) -> None:
    recording = recordings.open("2026/11/22/call1")
    feed(recording)
    assert recording.close() == pytest.approx(SECONDS)
    until(encoded(folder, "2026/11/22/call1"), "the Opus file")
    opus = file_of(folder, "2026/11/22/call1")
    assert opus is not None
    sound, rate = soundfile.read(opus)
    assert rate == RATE_HZ
    assert len(sound) == pytest.approx(SECONDS * RATE_HZ, abs=RATE_HZ // 10)
    assert share_of_tone(sound[8000:32000, 0], 440) > 0.95
    assert share_of_tone(sound[8000:32000, 1], 1000) > 0.95
    assert opus.stat().st_size < SECONDS * RATE_HZ * 4 / 4
    assert opus.stat().st_mode & 0o077 == 0
    assert list(folder.rglob("*.wav")) == []


def test_while_it_goes_on_it_is_a_file_already(folder: Path, recordings: CallRecordings) -> None:
    recording = recordings.open("call2")
    feed(recording, 120)
    until(lambda: (path := file_of(folder, "call2")) and path.stat().st_size >= 2 * 32000, "two seconds on disk")
    recording.close()


def test_what_a_killed_line_left_is_mended_and_encoded(folder: Path) -> None:
    folder.mkdir()
    both = np.stack((SAID, HEARD), axis=1).tobytes()
    # The header says that there is no sound yet, and the last sample is torn.
    (folder / "torn.wav").write_bytes(wav_header(0) + both[:-3])
    recordings = CallRecordings(folder)
    until(encoded(folder, "torn"), "the Opus file")
    recordings.close()
    opus = file_of(folder, "torn")
    assert opus is not None
    assert soundfile.info(opus).duration == pytest.approx(SECONDS, abs=0.1)


def test_a_full_disk_ends_the_recording_and_not_the_call(folder: Path, recordings: CallRecordings) -> None:
    # A folder where the file should be: the second opening of a name fails as a full disk does.
    first = recordings.open("call3")
    feed(first, 50)
    until(lambda: file_of(folder, "call3"), "the first file")
    second = recordings.open("call3")
    feed(second, 200)
    second.close()
    first.close()
    until(encoded(folder, "call3"), "the first recording, whole")


@pytest.mark.parametrize("name", ["", "..", "../x", "a/../../b", "/etc/x", "a//b", "a\0b", "a" * 300, "x.wav"])
def test_a_name_leads_nowhere_else(folder: Path, recordings: CallRecordings, name: str) -> None:
    with pytest.raises(ValueError, match="no name of a recording"):
        recordings.open(name)
    assert file_of(folder, name) is None


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match=r"LINIYA_CALL_RECORDINGS_DIR=.*cannot be written"):
        CallRecordings(tmp_path / "file" / "below")


def test_encoding_leaves_nothing_half_made(folder: Path) -> None:
    folder.mkdir()
    wav = folder / "short.wav"
    wav.write_bytes(wav_header(0))
    assert to_opus(wav).name == "short.opus"
    assert [path.name for path in folder.iterdir()] == ["short.opus"]
