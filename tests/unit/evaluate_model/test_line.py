from __future__ import annotations

import numpy as np

from app.speech.sound import active_level_dbfs, from_pcm
from scripts.evaluate_model.line import CLEAN, FAINT, LOSSY, NOISY, RATE_HZ, over_the_line, telephone_band

RNG_SEED = 5


def speech(seconds: float = 3.0, rate_hz: int = 16000) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Bursts of a tone, 0.3 s on and 0.2 s off."""
    moments = np.arange(int(seconds * rate_hz)) / rate_hz
    return 0.4 * np.sin(2 * np.pi * 700 * moments) * (moments % 0.5 < 0.3)


def test_levels_are_those_of_the_condition() -> None:
    for condition in (CLEAN, FAINT):
        for seed in range(5):
            pcm = over_the_line(speech(), 16000, condition, np.random.default_rng(seed))
            level = active_level_dbfs(from_pcm(pcm))
            assert condition.quietest_dbfs - 3 < level < condition.loudest_dbfs + 3


def test_silence_stands_around_the_speech() -> None:
    pcm = over_the_line(speech(), 16000, CLEAN, np.random.default_rng(RNG_SEED))
    assert len(pcm) == 2 * int(3.9 * RATE_HZ)
    assert np.abs(from_pcm(pcm[: 2 * int(0.25 * RATE_HZ)])).max() < 0.01


def test_noise_lies_as_far_below_the_speech_as_it_should() -> None:
    pauses = []
    for seed in range(8):
        sound = from_pcm(over_the_line(speech(), 16000, NOISY, np.random.default_rng(seed)))
        pauses.append(20 * np.log10(sound[: RATE_HZ // 4].std()) - active_level_dbfs(sound))
    # The band takes a fifth of white noise away, and more of pink, whose power lies below 300 Hz.
    assert -24 < np.mean(pauses) < -14


def test_about_the_share_of_packets_is_lost() -> None:
    noise = np.random.default_rng(2).standard_normal(16000 * 20) * 0.1
    sound = from_pcm(over_the_line(noise, 16000, LOSSY, np.random.default_rng(RNG_SEED)))
    packets = sound[: len(sound) // 160 * 160].reshape(-1, 160)[20:-40]
    assert 0.01 < (np.abs(packets).max(1) == 0).mean() < 0.06


def test_the_band_is_that_of_a_telephone() -> None:
    moments = np.arange(RATE_HZ) / RATE_HZ
    kept = {hz: telephone_band(np.sin(2 * np.pi * hz * moments)).std() / np.sqrt(0.5) for hz in (100, 1000, 3800)}
    assert kept[1000] > 0.99
    assert max(kept[100], kept[3800]) < 0.01
