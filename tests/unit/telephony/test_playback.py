"""Clips in turn, in every form that a leg may want."""

from __future__ import annotations

import gc
import weakref

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.application.ports import Clip
from app.telephony import g711
from app.telephony.playback import SILENCE, ClipForms, Form, Playback

forms = st.sampled_from(["PCMA", "PCMU", None])
lengths = st.lists(st.integers(0, 500), max_size=5)


def clip(samples: int, seed: int = 0) -> Clip:
    drawn = np.random.default_rng(seed).integers(-20000, 20000, samples)
    return Clip(f"{samples}", drawn.astype("<i2").tobytes())


def in_form(clips: list[Clip], form: Form) -> bytes:
    pcm = b"".join(c.samples for c in clips)
    return pcm if form is None else g711.encode(form, pcm).tobytes()


@given(lengths, forms)
def test_no_sample_is_lost_or_added(samples: list[int], form: Form) -> None:
    clips = [clip(n, seed) for seed, n in enumerate(samples)]
    playback = Playback(clips, "tag", ClipForms())
    out = b""
    while not playback.finished:
        out += playback.frame(form)
    sound = in_form(clips, form)
    assert out.startswith(sound)
    assert len(out) - len(sound) < len(SILENCE[form])
    assert playback.frame(form) == SILENCE[form]


@given(lengths.filter(any), forms)
def test_loop_goes_round_without_a_seam(samples: list[int], form: Form) -> None:
    clips = [clip(n, seed) for seed, n in enumerate(samples)]
    playback = Playback(clips, "tag", ClipForms(), loop=True)
    out = b"".join(playback.frame(form) for _ in range(20))
    sound = in_form(clips, form)
    assert out == (sound * (len(out) // len(sound) + 1))[: len(out)]
    assert not playback.finished


def test_loop_of_nothing_is_finished() -> None:
    assert Playback([clip(0)], "tag", ClipForms(), loop=True).finished


def test_odd_byte_at_the_end_of_a_recording_is_left_out() -> None:
    playback = Playback([Clip("odd", b"\x00\x10\x01")], "tag", ClipForms())
    assert playback.frame(None) == b"\x00\x10" + bytes(318)


def test_form_is_made_once_and_forgotten_with_the_clip() -> None:
    kept = ClipForms()
    music = clip(1000)
    assert kept.of(music, "PCMA") is kept.of(music, "PCMA")
    gone = weakref.ref(music)
    del music
    gc.collect()
    assert gone() is None
