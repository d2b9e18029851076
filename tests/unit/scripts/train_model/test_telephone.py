import numpy as np
import pytest

from scripts.train_model.filters import LINE_RATE_HZ, band, fast_length, to_line
from scripts.train_model.noises import OTHER_SOUNDS, babble
from scripts.train_model.telephone import FULL_SCALE, a_law, at_some_level, mu_law, over_the_line, with_lost_packets

TONE = np.sin(2 * np.pi * 1000 * np.arange(LINE_RATE_HZ) / LINE_RATE_HZ).astype(np.float32)


def _rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("law", [a_law, mu_law])
def test_a_companding_law_keeps_what_it_made_and_errs_by_a_few_per_cent(law: object) -> None:
    assert callable(law)
    samples = np.arange(-32000, 32000, 7, dtype=np.float32)
    once = law(samples)
    assert len(np.unique(once)) <= 256
    np.testing.assert_array_equal(law(once), once)
    loud = np.abs(samples) > 1000
    assert (np.abs(once - samples)[loud] / np.abs(samples[loud])).max() < 0.035


@pytest.mark.parametrize("rate_hz", [8000, 16000, 22050])
def test_resampling_keeps_level_and_tells_how_much_faster_it_became(rate_hz: int) -> None:
    tone = np.sin(2 * np.pi * 700 * np.arange(2 * rate_hz) / rate_hz).astype(np.float32)
    sound, faster = to_line(tone, rate_hz, 1.1)
    assert faster == pytest.approx(1.1, rel=0.03)
    assert len(sound) == pytest.approx(2 * LINE_RATE_HZ / faster, abs=2)
    assert sound[1000:-1000].std() == pytest.approx(np.sqrt(0.5), rel=0.01)
    spectrum = np.abs(np.fft.rfft(sound))
    assert np.argmax(spectrum) * LINE_RATE_HZ / len(sound) == pytest.approx(700 * faster, abs=1)


def test_a_band_takes_away_what_is_beyond_it() -> None:
    assert band(TONE, 300, 3400).std() == pytest.approx(TONE.std(), rel=0.02)
    assert band(TONE, 2000, 3400).std() < 0.1 * TONE.std()


@pytest.mark.parametrize("samples", [1, 7, 200, 20001])
def test_a_fast_length_is_long_enough(samples: int) -> None:
    length = fast_length(samples)
    assert samples <= length
    assert length % 2 == 0
    for factor in (2, 3, 5):
        while length % factor == 0:
            length //= factor
    assert length == 1


def test_levels_reach_from_full_scale_to_forty_decibels_below() -> None:
    peaks = [float(np.abs(at_some_level(TONE, _rng(seed))).max()) / FULL_SCALE for seed in range(200)]
    assert 10 ** (-42 / 20) <= min(peaks) < 10 ** (-38 / 20)
    assert 10 ** (-3 / 20) < max(peaks) <= 1.001


def test_lost_packets_leave_the_others_as_they_were() -> None:
    heard = with_lost_packets(TONE + 2, _rng(5)).reshape(-1, 160)
    sent = (TONE + 2).reshape(-1, 160)
    lost = (heard != sent).any(axis=1).sum()
    assert 0 < lost < 10


@pytest.mark.parametrize("seed", range(12))
def test_a_line_carries_any_sound_within_the_scale_and_the_same_for_the_same_seed(seed: int) -> None:
    voices = [TONE, TONE[::-1]]
    one, same = (over_the_line(TONE, _rng(seed), voices) for _ in range(2))
    assert len(one) == len(TONE)
    assert np.abs(one).max() <= FULL_SCALE + 1
    np.testing.assert_array_equal(one, same)


@pytest.mark.parametrize("kind", OTHER_SOUNDS)
def test_other_sounds_are_finite_and_as_long_as_asked(kind: object) -> None:
    assert callable(kind)
    for samples in (1, 500, 12000):
        sound = kind(samples, _rng(5))
        assert sound.shape == (samples,)
        assert sound.dtype == np.float32
        assert np.isfinite(sound).all()


def test_babble_is_made_of_voices() -> None:
    assert babble(20000, _rng(), [TONE[:3000]]).std() > 0.5


def test_silence_goes_over_the_line_without_noise_of_division() -> None:
    assert np.isfinite(over_the_line(np.zeros(4000, np.float32), _rng(2))).all()
