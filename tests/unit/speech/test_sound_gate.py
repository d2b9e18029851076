"""The gate in front of the recogniser: what is lost, what is skipped, and whose sample is whose."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.speech.espeak import synthesise
from app.speech.sound_gate import END_S, PRE_ROLL_S, SETTLES_EVERY_S, TAIL_S, Passage, SoundGate
from app.speech.voice_activity import FRAME_S

RATE_HZ = 8000
Sound = NDArray[np.float64]


@cache
def phrase() -> Sound:
    """At -20 dBFS, without the silence that espeak-ng puts around it."""
    spoken = np.frombuffer(synthesise("сколько стоит справка и фотография", voice="ru+f3"), "<i2").astype(float)
    loud = np.flatnonzero(np.abs(spoken) > 100)
    return spoken[loud[0] : loud[-1]]


def noise(seconds: float, dbfs: float, seed: int = 1) -> Sound:
    scale = 32768 * 10 ** (dbfs / 20)
    return np.random.default_rng(seed).standard_normal(int(RATE_HZ * seconds)) * scale


def silence(seconds: float) -> Sound:
    return np.zeros(int(RATE_HZ * seconds))


def pcm_of(*parts: Sound) -> bytes:
    return np.clip(np.round(np.concatenate(parts)), -32768, 32767).astype("<i2").tobytes()


def gated(pcm: bytes, chunk_bytes: int = 640, *, tail_s: float = TAIL_S) -> list[Passage]:
    gate = SoundGate(RATE_HZ, tail_s=tail_s)
    passages = [
        passage
        for start in range(0, len(pcm), chunk_bytes)
        for passage in gate.feed(pcm[start : start + chunk_bytes])
    ]
    return passages + gate.flush()


def passed(passages: list[Passage], samples: int) -> NDArray[np.bool_]:
    """Of each sample of the stream whether it went through."""
    through = np.zeros(samples, bool)
    for passage in passages:
        through[passage.start : passage.start + len(passage.pcm) // 2] = True
    return through


def ends_of(passages: list[Passage]) -> list[float]:
    return [passage.start / RATE_HZ for passage in passages if passage.ends]


@pytest.mark.parametrize("level_db", [0, -10, -20])
@pytest.mark.parametrize("noise_db", [None, 15, 10])
def test_a_phrase_goes_through_whole_at_any_level_and_in_noise(level_db: int, noise_db: int | None) -> None:
    speech = phrase() * 10 ** (level_db / 20)
    stream = np.concatenate((silence(4.0), speech, silence(2.0)))
    if noise_db is not None:
        stream = stream + noise(len(stream) / RATE_HZ, -20 + level_db - noise_db)[: len(stream)]
    through = passed(gated(pcm_of(stream)), len(stream))
    first, last = int(4.0 * RATE_HZ), int(4.0 * RATE_HZ) + len(speech)
    assert through[first:last].all()
    # What is faint may begin before its first loud sound, and the network must see behind the last one.
    assert through[first - int(0.1 * RATE_HZ) : last + int(0.25 * RATE_HZ)].all()
    # The noise is not known at once, so what is skipped is measured from the second second on.
    assert not through[int(1.5 * RATE_HZ) : int((4.0 - PRE_ROLL_S - 0.1) * RATE_HZ)].any()


def test_a_stream_that_begins_in_the_middle_of_speech_is_heard() -> None:
    through = passed(gated(pcm_of(phrase(), silence(1.0))), len(phrase()) + RATE_HZ)
    assert through[: len(phrase())].all()


def test_noise_that_grows_opens_the_gate_only_until_it_is_known() -> None:
    stream = pcm_of(noise(6.0, -60), noise(9.0, -35, seed=2))
    through = passed(gated(stream), len(stream) // 2)
    assert through[int(6.1 * RATE_HZ) : 7 * RATE_HZ].all()
    assert through[10 * RATE_HZ :].mean() < 0.1


@pytest.mark.parametrize("hertz", [50.0, 425.0])
def test_hum_and_a_steady_tone_are_not_decoded_for_long(hertz: float) -> None:
    tone = 3000 * np.sin(2 * np.pi * hertz * np.arange(RATE_HZ * 10) / RATE_HZ)
    through = passed(gated(pcm_of(tone)), len(tone))
    assert not through[5 * RATE_HZ :].any()


def test_silence_costs_nothing_and_is_settled_now_and_then() -> None:
    passages = gated(pcm_of(silence(7.0)))
    assert not any(passage.pcm for passage in passages)
    assert ends_of(passages) == pytest.approx([SETTLES_EVERY_S * n for n in (1, 2, 3)], abs=2 * FRAME_S)


def test_the_end_of_a_phrase_is_told_once_when_its_silence_has_lasted() -> None:
    passages = gated(pcm_of(silence(1.0), phrase(), silence(1.5)))
    spoken_until = 1.0 + len(phrase()) / RATE_HZ
    (end,) = ends_of(passages)
    assert spoken_until + END_S - 0.1 < end < spoken_until + END_S + 0.15
    assert passages[-1].ends


def test_a_pause_within_a_phrase_is_decoded_as_it_was() -> None:
    stream = pcm_of(silence(1.0), phrase(), silence(0.4), phrase(), silence(1.0))
    passages = gated(stream)
    sounds = [passage for passage in passages if passage.pcm]
    assert len(ends_of(passages)) == 1
    for before, after in pairwise(sounds):
        assert after.start == before.start + len(before.pcm) // 2


def test_with_a_tail_as_long_as_the_end_nothing_is_held_back() -> None:
    stream = pcm_of(silence(1.0), phrase(), silence(1.5))
    passages = gated(stream, tail_s=END_S)
    (end,) = [passage for passage in passages if passage.ends]
    through = passed(passages, len(stream) // 2)
    assert through[RATE_HZ : end.start].all()


@settings(max_examples=15, deadline=None)
@given(
    pauses=st.lists(st.floats(0.0, 3.0), min_size=1, max_size=4),
    chunk=st.sampled_from([1, 320, 641, 777, 1600, 8000, 1 << 20]),
    level_db=st.integers(-20, 0),
)
def test_what_goes_through_is_the_streams_own_sound_in_order(
    pauses: list[float], chunk: int, level_db: int
) -> None:
    stream = pcm_of(*[part for pause in pauses for part in (silence(pause), phrase() * 10 ** (level_db / 20))])
    if chunk == 1:
        stream = stream[:3001]
    passages = gated(stream, chunk)
    place = 0
    for passage in passages:
        if not passage.pcm:
            continue
        assert passage.start >= place
        assert passage.pcm == stream[2 * passage.start : 2 * passage.start + len(passage.pcm)]
        place = passage.start + len(passage.pcm) // 2
    assert place <= len(stream) // 2


@settings(max_examples=10, deadline=None)
@given(chunk=st.sampled_from([160, 320, 641, 1600, 1 << 20]))
def test_the_size_of_chunks_changes_nothing_but_a_frame_or_two(chunk: int) -> None:
    stream = pcm_of(noise(3.0, -55), phrase(), noise(2.0, -55, seed=3))
    speech = slice(3 * RATE_HZ, 3 * RATE_HZ + len(phrase()))
    assert passed(gated(stream, chunk), len(stream) // 2)[speech].all()
