"""Comfort noise (RFC 3389): its level and its spectrum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telephony.comfort_noise import FRAME, MOST_COEFFICIENTS, ComfortNoise, NoiseForm
from app.telephony.rtp import MalformedPacket


def noise_of(payload: bytes, frames: int = 400) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    noise = ComfortNoise()
    noise.become(NoiseForm.parse(payload))
    return np.concatenate([noise.frame() for _ in range(frames)]).astype(np.float64)


def share_below(sound: np.ndarray[tuple[int], np.dtype[np.float64]], hertz: float) -> float:
    power = np.abs(np.fft.rfft(sound)) ** 2
    return float(power[np.fft.rfftfreq(len(sound), 1 / 8000) < hertz].sum() / power.sum())


@pytest.mark.parametrize("level_db", [20, 40, 50, 70])
def test_3_1_the_level_is_below_overload(level_db: int) -> None:
    rms = np.sqrt(np.mean(noise_of(bytes((level_db,))) ** 2))
    assert 20 * np.log10(32768 / rms) == pytest.approx(level_db, abs=0.5)


def test_3_1_the_first_bit_is_not_of_the_level() -> None:
    assert NoiseForm.parse(b"\xa8") == NoiseForm.parse(b"\x28") == NoiseForm(40)


def test_3_2_coefficients_are_quantised_around_127() -> None:
    form = NoiseForm.parse(bytes((40, 127, 254, 0, 255)))
    assert form.reflections == pytest.approx((0, 0.99994, -0.99994, 0), abs=1e-3)


def test_3_3_what_is_beyond_our_order_is_left_out() -> None:
    payload = bytes((40, *[130] * 40))
    assert len(NoiseForm.parse(payload).reflections) == MOST_COEFFICIENTS


def test_without_coefficients_the_noise_is_white() -> None:
    assert share_below(noise_of(b"\x28"), 2000) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(("coefficient", "least", "most"), [(20, 0.9, 1.0), (234, 0.0, 0.1)])
def test_coefficients_shape_the_spectrum(coefficient: int, least: float, most: float) -> None:
    sound = noise_of(bytes((40, coefficient)))
    assert least <= share_below(sound, 2000) <= most
    assert 20 * np.log10(32768 / np.sqrt(np.mean(sound**2))) == pytest.approx(40, abs=0.5)


def test_a_new_level_keeps_the_shape() -> None:
    noise = ComfortNoise()
    noise.become(NoiseForm(40, (-0.8,)))
    loud = np.concatenate([noise.frame() for _ in range(256)]).astype(float)
    noise.become(NoiseForm(60, (-0.8,)))
    quiet = np.concatenate([noise.frame() for _ in range(256)]).astype(float)
    assert np.sqrt(np.mean(loud**2) / np.mean(quiet**2)) == pytest.approx(10, rel=0.05)
    assert np.corrcoef(loud, quiet)[0, 1] > 0.98  # 256 frames are whole rounds: the same noise, lower


def test_no_frame_is_like_the_next() -> None:
    noise = ComfortNoise()
    noise.become(NoiseForm(30))
    frames = {noise.frame().tobytes() for _ in range(51)}
    assert len(frames) == 51
    assert all(len(frame) == 2 * FRAME for frame in frames)


def test_before_the_first_packet_there_is_silence() -> None:
    assert not ComfortNoise().frame().any()


def test_an_empty_packet_says_nothing() -> None:
    with pytest.raises(MalformedPacket):
        NoiseForm.parse(b"")


@given(st.binary(min_size=1, max_size=200))
def test_any_packet_makes_noise_of_its_level(payload: bytes) -> None:
    noise = ComfortNoise()
    form = NoiseForm.parse(payload)
    noise.become(form)
    sound = np.concatenate([noise.frame() for _ in range(52)]).astype(float)
    assert np.sqrt(np.mean(sound**2)) <= form.rms * 1.5 + 1
