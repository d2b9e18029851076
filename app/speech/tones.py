"""Tones of the telephone network, for whoever waits for the other side."""

from __future__ import annotations

import numpy as np

from app.speech.sound import LINE_RATE_HZ, level_to, to_pcm

RINGBACK_LEVEL_DBFS = -26.0
_RINGBACK_HZ = 425.0
_SOUNDS_S, _PAUSES_S = 1.0, 4.0
_EDGE_S = 0.01


def ringback() -> bytes:
    """The Russian ringing tone, one period that loops: 425 Hz for 1 s, then 4 s of silence (ITU-T E.180)."""
    time = np.arange(int(_SOUNDS_S * LINE_RATE_HZ)) / LINE_RATE_HZ
    edges = np.minimum(1.0, np.minimum(time, _SOUNDS_S - time) / _EDGE_S)
    tone = level_to(np.sin(2 * np.pi * _RINGBACK_HZ * time) * edges, RINGBACK_LEVEL_DBFS)
    return to_pcm(np.concatenate([tone, np.zeros(int(_PAUSES_S * LINE_RATE_HZ))]))
