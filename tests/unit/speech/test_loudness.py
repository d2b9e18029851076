"""Loudness against the recommendation's own figures and against ffmpeg, which measures by itself."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from app.speech import hold_music
from app.speech.announcement_files import wav_of
from app.speech.espeak import synthesise
from app.speech.loudness import MUSIC_LUFS, SPEECH_LUFS, brought_to, loudness_lufs, true_peak_dbfs
from app.speech.sound import Sound, from_pcm, to_pcm

TEXT = "Здравствуйте! Вы позвонили на консультационную линию. Пожалуйста, подождите."


def tone(frequency_hz: float, dbfs: float, seconds: float = 5.0, rate_hz: int = 8000) -> Sound:
    time = np.arange(int(seconds * rate_hz)) / rate_hz
    return np.asarray(10 ** (dbfs / 20) * np.sin(2 * np.pi * frequency_hz * time))


def test_a_tone_of_1_khz_at_full_scale_is_3_lkfs_below_it_at_48_khz() -> None:
    """BS.1770-4 annex 1: 997 Hz at 0 dBFS in one channel is -3.01 LKFS."""
    assert loudness_lufs(tone(997, 0, rate_hz=48000), 48000) == pytest.approx(-3.01, abs=0.02)


@pytest.mark.parametrize("dbfs", [-60.0, -40.0, -26.0, -6.0])
def test_loudness_follows_the_level(dbfs: float) -> None:
    assert loudness_lufs(tone(997, dbfs)) == pytest.approx(dbfs - 3.01, abs=0.3)


def test_pauses_and_silence_do_not_count() -> None:
    said = tone(500, -20, 3)
    with_pauses = np.concatenate([np.zeros(16000), said, np.zeros(24000)])
    assert loudness_lufs(with_pauses) == pytest.approx(loudness_lufs(said), abs=0.6)
    assert loudness_lufs(np.zeros(8000)) == float("-inf")
    assert loudness_lufs(np.zeros(0)) == true_peak_dbfs(np.zeros(0)) == float("-inf")


def test_the_true_peak_lies_between_the_samples() -> None:
    """A quarter of the rate, sampled at 45 degrees: the samples reach 3 dB less than the tone."""
    at_45_degrees = np.sin(np.pi / 2 * np.arange(4000) + np.pi / 4)
    assert np.abs(at_45_degrees).max() == pytest.approx(np.sqrt(0.5))
    assert true_peak_dbfs(at_45_degrees * np.hanning(4000)) == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("voice", ["ru", "ru+f2", "ru+m3"])
@pytest.mark.parametrize("text", [TEXT, "Вы", "третий"])
def test_speech_is_brought_to_the_level_and_under_the_peak(voice: str, text: str) -> None:
    even = brought_to(from_pcm(synthesise(text, voice=voice)), SPEECH_LUFS)
    assert loudness_lufs(even) == pytest.approx(SPEECH_LUFS, abs=0.5)
    assert true_peak_dbfs(even) <= -3.0


def test_sudden_peaks_cost_no_loudness() -> None:
    random = np.random.default_rng(1)
    crackling = random.normal(size=40000) * np.repeat(random.random(50) ** 6, 800)
    even = brought_to(crackling, SPEECH_LUFS)
    assert loudness_lufs(even) == pytest.approx(SPEECH_LUFS, abs=0.5)
    assert true_peak_dbfs(even) <= -3.0
    assert not brought_to(np.zeros(8000), SPEECH_LUFS).any()


@pytest.mark.needs_debian("ffmpeg")
@pytest.mark.parametrize("made", ["speech", "music", "tone"])
def test_ffmpeg_measures_the_same(made: str, tmp_path: Path) -> None:
    sound, wanted = {
        "speech": (from_pcm(synthesise(TEXT * 2)), SPEECH_LUFS),
        "music": (from_pcm(hold_music.compose()), MUSIC_LUFS),
        "tone": (tone(440, -12), SPEECH_LUFS),
    }[made]
    path = tmp_path / "even.wav"
    path.write_bytes(wav_of(to_pcm(brought_to(sound, wanted))))
    lufs, peak = judged_by_ffmpeg(path)
    assert lufs == pytest.approx(wanted, abs=0.3)
    assert peak <= -2.9


def judged_by_ffmpeg(path: Path) -> tuple[float, float]:
    """Integrated loudness and true peak by its filter `ebur128`."""
    command = ["ffmpeg", "-hide_banner", "-nostats", "-i", str(path), "-filter_complex", "ebur128=peak=true"]
    told = subprocess.run([*command, "-f", "null", "-"], capture_output=True, text=True, check=True).stderr
    summary = told[told.rindex("Summary:") :]
    found = re.search(r"I:\s+(-?[\d.]+) LUFS.*Peak:\s+(-?[\d.]+) dBFS", summary, re.DOTALL)
    assert found is not None, summary
    return float(found[1]), float(found[2])
