import json
from pathlib import Path

import numpy as np
import pytest

from scripts.train_model.features import CEPSTRA, cepstra_of_mel, configuration, mel_of_cepstra, mfcc
from scripts.train_model.voice_warp import another_voice

GOLDEN = json.loads((Path(__file__).parent / "golden/mfcc.json").read_text())


def test_features_are_those_of_kaldi() -> None:
    ours = mfcc(np.array(GOLDEN["samples"], np.float32))
    assert ours.shape == np.shape(GOLDEN["mfcc"])
    np.testing.assert_allclose(ours, GOLDEN["mfcc"], atol=1e-4)


@pytest.mark.parametrize(("samples", "frames"), [(0, 0), (199, 0), (200, 1), (279, 1), (280, 2), (8000, 98)])
def test_only_whole_windows_make_frames(samples: int, frames: int) -> None:
    assert mfcc(np.ones(samples, np.float32)).shape == (frames, CEPSTRA)


def test_digital_silence_has_finite_features() -> None:
    assert np.isfinite(mfcc(np.zeros(800, np.float32))).all()


def test_the_configuration_names_the_same_band() -> None:
    lines = configuration().splitlines()
    assert "--low-freq=64" in lines
    assert "--high-freq=-200" in lines


def test_the_cepstra_can_be_undone() -> None:
    np.testing.assert_allclose(cepstra_of_mel() @ mel_of_cepstra(), np.eye(CEPSTRA), atol=1e-9)


def test_another_voice_is_another_but_the_same_for_the_same_seed() -> None:
    features = mfcc(np.random.default_rng(3).normal(0, 1000, 8000).astype(np.float32))
    one, same, other = (another_voice(features, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one.shape == features.shape
    assert np.isfinite(one).all()
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - features).mean() > 0.1
    assert np.abs(one - other).mean() > 0.1
