"""Another speaker made of the features alone: vocal tract, balance, dynamics, noise floor of the log-mel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scripts.train_model.features import CEPSTRA, Floats, cepstra_of_mel, mel_of_cepstra

_BINS = np.arange(CEPSTRA, dtype=np.float64)


def another_voice(features: Floats, rng: np.random.Generator) -> Floats:
    """MFCC (frames, 30) to MFCC of the same shape."""
    mel = features.astype(np.float64) @ mel_of_cepstra().T
    mel = mel @ _tract(rng).T
    mean = mel.mean(axis=0)
    mel = mean + (mel - mean) * rng.uniform(0.75, 1.25)
    mel += _balance(rng)
    if rng.random() < 0.5:
        mel = _with_noise_floor(mel, rng)
    if rng.random() < 0.4:
        _mask_bands(mel, rng)
    if rng.random() < 0.4:
        _mask_moments(mel, mean, rng)
    return (mel @ cepstra_of_mel().T).astype(np.float32)


def _tract(rng: np.random.Generator) -> NDArray[np.float64]:
    """(30, 30): the mel axis stretched by 0.84 to 1.2 up to a knee, wavering a little, and blurred."""
    stretch, knee = rng.uniform(0.84, 1.2), rng.uniform(14, 24)
    top = CEPSTRA - 1
    beyond = knee * stretch + (_BINS - knee) * (top - knee * stretch) / (top - knee)
    source = np.where(knee > _BINS, _BINS * stretch, beyond) + _wavering(rng, 0.5)
    weights = np.exp(-0.5 * ((source[:, None] - _BINS[None]) / rng.uniform(0.35, 1.1)) ** 2) + 1e-9
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _wavering(rng: np.random.Generator, spread: float) -> NDArray[np.float64]:
    """A smooth random curve over the bins."""
    return np.interp(_BINS, np.linspace(0, CEPSTRA - 1, 6), rng.normal(0, spread, 6))


def _balance(rng: np.random.Generator) -> NDArray[np.float64]:
    tilt = rng.uniform(-1.5, 1.5) * (_BINS / (CEPSTRA - 1) - 0.5)
    return np.asarray(_wavering(rng, 1.0) + tilt + rng.uniform(-1, 1))


def _with_noise_floor(mel: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    floor = np.percentile(mel, rng.uniform(2, 45)) + _wavering(rng, 1.0)
    return np.asarray(np.logaddexp(mel, floor + rng.standard_normal(mel.shape) * rng.uniform(0.2, 0.8)))


def _mask_bands(mel: NDArray[np.float64], rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(1, 4))):
        first = int(rng.integers(CEPSTRA - 2))
        mel[:, first : first + int(rng.integers(1, 6))] = mel.mean() - rng.uniform(0, 3)


def _mask_moments(mel: NDArray[np.float64], mean: NDArray[np.float64], rng: np.random.Generator) -> None:
    for _ in range(1 + len(mel) // 200):
        first = int(rng.integers(len(mel)))
        mel[first : first + int(rng.integers(2, 10))] = mean
