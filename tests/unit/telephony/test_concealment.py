"""What is made up for lost sound: the pitch goes on, fades, and leads over to what comes after."""

from __future__ import annotations

import numpy as np
import pytest

from app.telephony.concealment import Concealment, pitch_of
from app.telephony.jitter_buffer import FADE_FRAMES, FRAME, NO_SOUND
from app.telephony.leg_rows import LegRows, Sound


def voiced(samples: int, period: int, seed: int = 3) -> Sound:
    """The same wave over and over, as a vowel."""
    wave = np.cumsum(np.random.default_rng(seed).normal(0, 1, period))
    wave -= np.linspace(wave[0], wave[-1], period)
    wave *= 12000 / np.abs(wave).max()
    return np.resize(wave, samples).astype(np.int16)


def concealment(rows: int = 1) -> Concealment:
    table = Concealment()
    lent = LegRows(table)
    for _ in range(rows):
        lent.take()
    return table


def heard(table: Concealment, sound: Sound, stages: list[int]) -> Sound:
    """One leg's frames through the table; those with a stage are garbage before."""
    out = []
    for frame, stage in zip(sound.reshape(-1, FRAME), stages, strict=True):
        tick = frame.copy().reshape(1, FRAME) if stage == 0 else np.full((1, FRAME), 32767, np.int16)
        table.mend(tick, np.array([stage]))
        out.append(tick[0])
    return np.concatenate(out)


@pytest.mark.parametrize("period", [40, 57, 80, 113, 120])
def test_pitch_is_found(period: int) -> None:
    found = pitch_of(voiced(3 * FRAME, period).astype(float))
    assert found % period == 0


@pytest.mark.parametrize("period", [40, 57, 80, 113])
def test_lost_vowel_goes_on_as_it_was_for_10_ms_then_fades(period: int) -> None:
    vowel = voiced(8 * FRAME, period)
    out = heard(concealment(), vowel, [0, 0, 0, 0, 1, 2, 3, NO_SOUND])
    lost = slice(4 * FRAME, 4 * FRAME + 80)
    assert np.abs(out[lost].astype(int) - vowel[lost]).max() <= 1
    fading = out[4 * FRAME + 80 : 7 * FRAME].astype(float)
    gain = np.linspace(1, 0, len(fading), endpoint=False)
    assert np.abs(fading - vowel[4 * FRAME + 80 : 7 * FRAME] * gain).max() <= 2
    assert not out[7 * FRAME :].any()


def test_sound_after_a_loss_is_led_over_to_within_5_ms() -> None:
    vowel = voiced(7 * FRAME, 80)
    after = np.full(FRAME, 9000, np.int16)
    sound = np.concatenate((vowel[: 5 * FRAME], after, after))
    out = heard(concealment(), sound, [0, 0, 0, 0, 1, 0, 0]).astype(int)
    assert np.array_equal(out[5 * FRAME + 40 :], sound[5 * FRAME + 40 :])
    steps = np.abs(np.diff(out[5 * FRAME - 1 : 5 * FRAME + 41]))
    assert steps.max() <= np.abs(np.diff(vowel.astype(int))).max() + 9000 // 10


def test_sound_after_silence_is_as_it_is() -> None:
    vowel = voiced(6 * FRAME, 80)
    out = heard(concealment(), vowel, [0, NO_SOUND, NO_SOUND, 0, 0, 0])
    assert np.array_equal(out[3 * FRAME :], vowel[3 * FRAME :])


def test_loss_before_any_sound_is_silence() -> None:
    assert not heard(concealment(), voiced(3 * FRAME, 80), [1, 2, 3]).any()


def test_loudest_sound_does_not_overflow() -> None:
    square = np.resize(np.repeat(np.array([32767, -32768], np.int16), 27), 7 * FRAME)
    out = heard(concealment(), square, [0, 0, 0, 0, 1, 2, 3]).astype(int)
    jumps = np.abs(np.diff(out))
    assert jumps.max() <= 65535
    assert np.abs(out).max() <= 32768
    assert np.sign(out[4 * FRAME : 4 * FRAME + 80]).tolist() == np.sign(square[4 * FRAME : 4 * FRAME + 80]).tolist()


def test_legs_lose_sound_each_for_itself() -> None:
    table = concealment(3)
    vowels = [voiced(6 * FRAME, period, seed) for seed, period in enumerate((44, 80, 101))]
    for tick in range(6):
        frames = np.stack([vowel[tick * FRAME : (tick + 1) * FRAME] for vowel in vowels])
        stages = np.array([0, 1 if tick == 4 else 0, 0])
        was = frames.copy()
        if tick == 4:
            frames[1] = 0
        table.mend(frames, stages)
        assert np.array_equal(frames[[0, 2]], was[[0, 2]])
        if tick <= 4:
            assert np.abs(frames[1, :80].astype(int) - was[1, :80]).max() <= 1


def test_row_that_is_given_back_in_a_loss_begins_anew() -> None:
    table = Concealment()
    rows = LegRows(table)
    row = rows.take()
    heard(table, voiced(5 * FRAME, 80), [0, 0, 0, 0, 1])
    rows.give_back(row)
    rows.take()
    assert not heard(table, voiced(2 * FRAME, 80), [1, FADE_FRAMES]).any()
