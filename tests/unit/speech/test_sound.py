from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from app.domain.errors import BadInput
from app.speech import hold_music
from app.speech.sound import (
    LINE_RATE_HZ,
    Sound,
    active_level_dbfs,
    from_pcm,
    level_to,
    read_wav,
    to_line_rate,
    to_pcm,
)


def tone(frequency_hz: float, rate_hz: int, seconds: float = 1.0) -> Sound:
    time = np.arange(int(seconds * rate_hz)) / rate_hz
    return np.asarray(0.5 * np.sin(2 * np.pi * frequency_hz * time), dtype=np.float64)


def rms_db(sound: Sound) -> float:
    return float(10 * np.log10(np.mean(sound**2) + 1e-20))


def write_wav(path: Path, sound: Sound, rate_hz: int, channels: int = 1, width: int = 2) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(to_pcm(np.repeat(sound, channels)) if width == 2 else bytes(len(sound) * channels))


@pytest.mark.parametrize("rate_hz", [11025, 16000, 22050, 44100, 48000])
def test_the_telephone_band_passes_unchanged(rate_hz: int) -> None:
    resampled = to_line_rate(tone(1000, rate_hz), rate_hz)
    expected = tone(1000, LINE_RATE_HZ)
    assert resampled.size == expected.size
    # The ends ring a little, as band-limited ends must.
    assert np.abs(resampled - expected)[400:-400].max() < 0.002


@pytest.mark.parametrize("rate_hz", [11025, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize("frequency_hz", [4100, 4500, 5200])
def test_nothing_above_the_band_folds_back(rate_hz: int, frequency_hz: float) -> None:
    resampled = to_line_rate(tone(frequency_hz, rate_hz), rate_hz)
    assert rms_db(resampled[400:-400]) < -60


def test_the_end_does_not_leak_into_the_beginning() -> None:
    sound = np.concatenate([np.zeros(22050), tone(1000, 22050, 0.2)])
    assert rms_db(to_line_rate(sound, 22050)[:2000]) < -70


def test_pcm_there_and_back() -> None:
    sound = tone(440, 8000)
    assert np.abs(from_pcm(to_pcm(sound)) - sound).max() <= 0.5 / 32768 + 1e-12


def test_too_loud_is_limited_and_not_wrapped() -> None:
    assert from_pcm(to_pcm(np.array([1.5, -1.5]))).tolist() == [32767 / 32768, -1.0]


def test_pauses_do_not_count_in_the_level() -> None:
    spoken = tone(440, 8000, 0.5)
    with_pauses = np.concatenate([spoken, np.zeros(16000), spoken])
    assert active_level_dbfs(with_pauses) == pytest.approx(active_level_dbfs(spoken), abs=0.1)
    assert active_level_dbfs(np.zeros(8000)) == float("-inf")


def test_levelling_reaches_the_level_and_never_clips() -> None:
    assert active_level_dbfs(level_to(tone(440, 8000) * 0.01, -20)) == pytest.approx(-20, abs=0.01)
    peaky = np.full(8000, 1e-4)
    peaky[::160] = 0.5
    assert np.abs(level_to(peaky, -6)).max() <= 0.9
    assert not level_to(np.zeros(800), -20).any()


@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (16000, 2), (44100, 2), (48000, 1)])
def test_recordings_of_usual_forms_are_read(tmp_path: Path, rate_hz: int, channels: int) -> None:
    path = tmp_path / "greeting.wav"
    write_wav(path, tone(500, rate_hz), rate_hz, channels)
    assert np.abs(read_wav(path) - tone(500, 8000))[400:-400].max() < 0.002


def test_recordings_that_cannot_be_used_say_why(tmp_path: Path) -> None:
    path = tmp_path / "greeting.wav"
    write_wav(path, tone(500, 8000), 8000, width=1)
    with pytest.raises(BadInput, match="8-bit"):
        read_wav(path)
    path.write_bytes(b"RIFF no more")
    with pytest.raises(BadInput, match="cannot be read"):
        read_wav(path)


def test_hold_music_is_calm_in_band_and_loops_without_a_seam() -> None:
    pcm = hold_music.compose()
    music = from_pcm(pcm)
    assert 20 <= music.size / 8000 <= 30
    assert rms_db(music) == pytest.approx(-26, abs=0.5)
    assert np.abs(music).max() < 0.5
    seconds = [rms_db(music[start : start + 8000]) for start in range(0, music.size - 7999, 8000)]
    assert max(seconds) - min(seconds) < 4
    # The step from the last sample to the first is like those within, and so is the slope's change.
    looped = np.concatenate([music[-400:], music[:400]])
    assert np.abs(np.diff(looped, 2)).max() <= np.abs(np.diff(music, 2)).max()
    power = np.abs(np.fft.rfft(music)) ** 2
    frequencies = np.fft.rfftfreq(music.size, 1 / 8000)
    assert power[(frequencies < 280) | (frequencies > 3450)].sum() < 1e-3 * power.sum()
