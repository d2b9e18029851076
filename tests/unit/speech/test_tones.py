"""The ringing tone, measured."""

from __future__ import annotations

import numpy as np

from app.speech.sound import LINE_RATE_HZ, from_pcm
from app.speech.tones import ringback


def test_the_ringing_tone_sounds_for_one_second_of_five() -> None:
    sound = from_pcm(ringback())
    assert len(sound) == 5 * LINE_RATE_HZ
    assert np.abs(sound[LINE_RATE_HZ:]).max() == 0


def test_the_ringing_tone_is_425_hz() -> None:
    first = from_pcm(ringback())[:LINE_RATE_HZ]
    assert int(np.argmax(np.abs(np.fft.rfft(first)))) == 425
