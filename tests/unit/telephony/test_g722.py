"""G.722 legs: level, fidelity, and why there is one encoder a leg."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from G722 import G722

from app.telephony.g722 import G722Voice
from tests.integration.telephony.sound import Samples, share_of_tone, tone

FRAME = 160


def frames(pcm: Samples) -> list[bytes]:
    return [pcm[start : start + FRAME].tobytes() for start in range(0, len(pcm), FRAME)]


def heard(codes: list[bytes]) -> Samples:
    """What a telephone decodes, at 8 kHz."""
    voice = G722Voice()
    return np.frombuffer(b"".join(voice.decode(one) for one in codes), "<i2").astype(np.int16)


def level(sound: npt.NDArray[np.float64] | Samples) -> float:
    return float(np.sqrt(np.mean(np.asarray(sound, float) ** 2)))


def test_a_frame_is_an_octet_a_sample() -> None:
    voice = G722Voice()
    codes = voice.encode(bytes(320))
    assert len(codes) == 160
    assert len(voice.decode(codes)) == 320
    assert voice.wide is not None
    assert len(voice.wide) == 320
    voice.skip()
    assert voice.wide is None


@pytest.mark.parametrize("hertz", [300, 440, 1000, 2000, 3000])
def test_telephone_sound_comes_through_at_its_level(hertz: float) -> None:
    voice = G722Voice()
    said = tone(hertz, 1)
    sound = heard([voice.encode(one) for one in frames(said)])[800:]
    assert share_of_tone(sound, hertz) > 0.999
    assert level(sound) == pytest.approx(level(said), rel=0.03)


def test_a_wide_band_telephone_hears_us() -> None:
    voice = G722Voice()
    codes = b"".join(voice.encode(one) for one in frames(tone(1000, 1)))
    wide = np.asarray(G722(16000, 64000).decode(codes))[1600:]
    power = np.abs(np.fft.rfft(wide * np.hanning(len(wide)))) ** 2
    assert np.fft.rfftfreq(len(wide), 1 / 16000)[power.argmax()] == pytest.approx(1000, abs=2)
    assert level(wide) == pytest.approx(level(tone(1000, 1)), rel=0.03)


def test_we_hear_a_wide_band_telephone() -> None:
    times = np.arange(16000) / 16000
    said = (8000 * np.sin(2 * np.pi * 1000 * times)).astype(np.int16)
    codes = G722(16000, 64000).encode(said)
    sound = heard([codes[start : start + FRAME] for start in range(0, len(codes), FRAME)])[800:]
    assert share_of_tone(sound, 1000) > 0.999
    assert level(sound) == pytest.approx(level(said), rel=0.03)


def wide_tone(hertz: float) -> Samples:
    times = np.arange(16000) / 16000
    return np.round(8000 * np.sin(2 * np.pi * hertz * times)).astype(np.int16)


def test_what_is_too_high_for_a_telephone_does_not_fold_back() -> None:
    codes = G722(16000, 64000).encode(wide_tone(5000))
    sound = heard([codes[start : start + FRAME] for start in range(0, len(codes), FRAME)])[800:]
    assert level(sound) < 0.02 * level(wide_tone(5000))  # noise of the codec


def test_wide_sound_goes_from_leg_to_leg() -> None:
    here, there = G722Voice(), G722Voice()
    codes = G722(16000, 64000).encode(wide_tone(5000))
    passed = b""
    for start in range(0, len(codes), FRAME):
        here.decode(codes[start : start + FRAME])
        assert here.wide is not None
        passed += there.encode_wide(here.wide)
    sound = np.asarray(G722(16000, 64000).decode(passed))[1600:]
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    assert np.fft.rfftfreq(len(sound), 1 / 16000)[power.argmax()] == pytest.approx(5000, abs=2)
    assert level(sound) == pytest.approx(level(wide_tone(5000)), rel=0.05)


def test_another_source_is_heard_from_its_beginning() -> None:
    codes = G722(16000, 64000).encode(wide_tone(440))
    again = [codes[start : start + FRAME] for start in range(0, len(codes), FRAME)]
    voice = G722Voice()
    for one in again:
        voice.decode(one)
    spoiled = np.frombuffer(b"".join(voice.decode(one) for one in again[:5]), "<i2")
    voice.forget()
    clean = np.frombuffer(b"".join(voice.decode(one) for one in again[:5]), "<i2")
    assert np.abs(spoiled.astype(int)).max() > 20000
    assert np.abs(clean[160:].astype(int)).max() < 9000


def test_silence_stays_silent() -> None:
    voice = G722Voice()
    assert np.abs(heard([voice.encode(bytes(320)) for _ in range(50)])).max() <= 4


def test_clips_follow_each_other_without_a_click_through_one_encoder_only() -> None:
    clip = tone(440, 0.5)
    one = G722Voice()
    whole = heard([one.encode(frame) for frame in [*frames(clip), *frames(clip)]])
    apart = heard([code for voice in (G722Voice(), G722Voice()) for code in map(voice.encode, frames(clip))])
    assert np.abs(whole).max() < 9000
    assert np.abs(apart).max() > 20000  # what clips encoded beforehand would sound like
