"""Many legs that hear one sound hear what each would have heard by itself."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.application.ports import Clip, LegId
from app.telephony.choruses import Playing, choruses_of
from app.telephony.legs import Leg
from app.telephony.playback import FRAME, ClipForms, Form, Playback

LEGS = 6
FORMS = ClipForms()


def playing(clip: Clip, heard: list[int], form: Form, *, loop: bool) -> list[Playing]:
    """Legs that heard so many frames already."""
    legs = []
    for row, frames in enumerate(heard):
        playback = Playback([clip], "tag", FORMS, loop=loop)
        for _ in range(frames):
            playback.frame(form)
        legs.append((Leg(LegId(str(row)), row, 0.0), playback, form))
    return legs


@given(
    samples=st.integers(1, 900),
    heard=st.lists(st.integers(0, 5), min_size=LEGS, max_size=LEGS),
    form=st.sampled_from(["PCMA", "PCMU"]),
    loop=st.booleans(),
    parted_after=st.integers(0, 8),
)
def test_together_as_alone(samples: int, heard: list[int], form: Form, loop: bool, parted_after: int) -> None:
    drawn = np.random.default_rng(samples).integers(-20000, 20000, samples)
    clip = Clip("music", drawn.astype("<i2").tobytes())
    together = playing(clip, heard, form, loop=loop)
    alone = [playback for _, playback, _ in playing(clip, heard, form, loop=loop)]
    choruses, others = choruses_of(together)
    assert (len(choruses), len(others)) == ((1, 0) if samples >= FRAME else (0, LEGS))
    payloads = np.zeros((LEGS, FRAME), np.uint8)
    for chorus in choruses:
        for _ in range(parted_after):
            finished = {leg.row for leg in chorus.play(payloads)}
            assert [payload.tobytes() for payload in payloads] == [playback.frame(form) for playback in alone]
            assert finished == {row for row, playback in enumerate(alone) if playback.finished}
        chorus.settle()
    for (_, playback, _), by_itself in zip(together, alone, strict=True):
        assert [playback.frame(form) for _ in range(3)] == [by_itself.frame(form) for _ in range(3)]


def test_few_legs_prompts_of_several_clips_and_browsers_go_one_by_one() -> None:
    clip = Clip("music", bytes(2000))
    assert choruses_of(playing(clip, [0, 0], "PCMA", loop=True))[0] == []
    assert choruses_of(playing(clip, [0] * LEGS, None, loop=True))[0] == []
    of_two = [
        (leg, Playback([clip, clip], "tag", FORMS), form)
        for leg, _, form in playing(clip, [0] * LEGS, "PCMA", loop=True)
    ]
    assert choruses_of(of_two)[0] == []
