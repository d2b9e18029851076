"""Another voice made of the sound: the throat's excitation and the mouth's resonances taken apart and changed.

Linear prediction (autocorrelation method) parts each 30 ms into an envelope and what excites it. The excitation
is made breathier, flatter or more buzzing, the envelope is stretched along the frequency axis and its peaks are
widened; both are put together again by overlap-add. Formant synthesis has too clean an excitation and too regular
resonances, which is what a network would otherwise learn to expect.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scripts.train_model.filters import Sound

_FRAME, _SHIFT, _SPECTRUM = 240, 120, 512
_ORDER = 10
_WHITE = 1e-4
_TINY = 1e-9

_Complex = NDArray[np.complex128]
_Real = NDArray[np.float64]


def revoiced(sound: Sound, rng: np.random.Generator) -> Sound:
    """A sound at 8 kHz to one as long."""
    window = np.hanning(_FRAME + 1)[:-1]
    padded = np.pad(sound.astype(np.float64), (_SHIFT, _FRAME))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_SHIFT] * window
    spectra = np.fft.rfft(frames, _SPECTRUM)
    prediction = _prediction(spectra)
    whitening = np.fft.rfft(prediction, _SPECTRUM)
    excitation = _another_excitation(spectra * whitening, rng)
    wider = prediction * rng.uniform(0.93, 1.0) ** np.arange(_ORDER + 1)
    envelope = 1 / (np.abs(np.fft.rfft(wider, _SPECTRUM)) + _TINY)
    phase = np.exp(-1j * np.angle(whitening))
    voiced = excitation * phase * _stretched(envelope, rng)
    return _put_together(voiced, frames, len(padded))[_SHIFT : _SHIFT + len(sound)].astype(np.float32)


def _prediction(spectra: _Complex) -> _Real:
    """Levinson and Durbin's recursion for all frames at once: (frames, order + 1), the first column ones."""
    correlation = np.fft.irfft(np.abs(spectra) ** 2)[:, : _ORDER + 1]
    correlation[:, 0] = correlation[:, 0] * (1 + _WHITE) + _TINY
    filters = np.zeros_like(correlation)
    filters[:, 0] = 1.0
    error = correlation[:, 0].copy()
    for order in range(1, _ORDER + 1):
        reflection = -np.sum(filters[:, :order] * correlation[:, order:0:-1], axis=1) / error
        filters[:, : order + 1] += reflection[:, None] * filters[:, order::-1]
        error *= 1 - reflection**2
    return np.asarray(filters)


def _another_excitation(excitation: _Complex, rng: np.random.Generator) -> _Complex:
    """Its harmonics flattened or sharpened, and breath of the same strength mixed in."""
    magnitude = np.abs(excitation) + _TINY
    mean = np.sqrt(np.mean(magnitude**2, axis=1, keepdims=True))
    sharper = (magnitude / mean) ** rng.uniform(0.3, 1.3)
    sharper *= mean / (np.sqrt(np.mean(sharper**2, axis=1, keepdims=True)) + _TINY)
    breath = rng.uniform(0, 0.6) * (rng.random() < 0.7)
    noise = (rng.standard_normal(excitation.shape) + 1j * rng.standard_normal(excitation.shape)) * mean / np.sqrt(2)
    return np.asarray(np.sqrt(1 - breath) * sharper * excitation / magnitude + np.sqrt(breath) * noise)


def _stretched(envelope: _Real, rng: np.random.Generator) -> _Real:
    """The frequency axis stretched up to a knee, and pressed together above it (or the other way about)."""
    bins = np.arange(envelope.shape[1], dtype=np.float64)
    top = bins[-1]
    stretch, knee = rng.uniform(0.86, 1.16), rng.uniform(0.55, 0.8) * top
    source = np.where(
        knee > bins, bins * stretch, knee * stretch + (bins - knee) * (top - knee * stretch) / (top - knee)
    )
    below = np.minimum(source.astype(np.int64), len(bins) - 2)
    share = source - below
    return np.asarray(envelope[:, below] * (1 - share) + envelope[:, below + 1] * share)


def _put_together(voiced: _Complex, frames: _Real, samples: int) -> _Real:
    """Overlap-add, each frame as strong as it was."""
    made = np.fft.irfft(voiced, _SPECTRUM)
    strength = np.sqrt(np.sum(frames**2, axis=1) / (np.sum(made**2, axis=1) + _TINY))
    made *= strength[:, None]
    whole = np.zeros(samples + _SPECTRUM)
    for number, frame in enumerate(made):
        whole[number * _SHIFT : number * _SHIFT + _SPECTRUM] += frame
    return whole
