"""The buffer of a browser's sound, frame by frame."""

from __future__ import annotations

import numpy as np

from app.telephony.frame_queue import DEEPEST_FRAMES, FRAME_BYTES, SILENCE, TARGET_FRAMES, FrameQueue


def frame(n: int) -> bytes:
    return np.full(160, 10000 + n, "<i2").tobytes()


def filled(*numbers: int) -> FrameQueue:
    queue = FrameQueue()
    for n in numbers:
        queue.put(frame(n))
    return queue


def pulled(queue: FrameQueue, count: int) -> list[tuple[bytes, int]]:
    return [queue.pull() for _ in range(count)]


def test_gathers_before_it_plays() -> None:
    queue = filled(0)
    assert pulled(queue, 2) == [(SILENCE, 0)] * 2
    queue.put(frame(1))
    assert pulled(queue, 2) == [(frame(0), 0), (frame(1), 0)]


def test_running_dry_fades_then_gathers_again() -> None:
    queue = filled(0, 1)
    pulled(queue, 2)
    assert pulled(queue, 2) == [(frame(1), 1), (frame(1), 2)]
    queue.put(frame(2))
    assert pulled(queue, 2) == [(frame(1), 3), (SILENCE, 0)]
    queue.put(frame(3))
    assert pulled(queue, 2) == [(frame(2), 0), (frame(3), 0)]


def test_keeps_the_newest_of_a_burst() -> None:
    queue = filled(*range(100))
    assert len(queue) == DEEPEST_FRAMES
    assert queue.pull() == (frame(100 - DEEPEST_FRAMES), 0)


def test_depth_of_a_burst_is_taken_back_within_seconds() -> None:
    queue = filled(*range(DEEPEST_FRAMES))
    for n in range(250):
        queue.put(frame(n))
        assert queue.pull()[1] == 0
    assert len(queue) <= TARGET_FRAMES + 3


def test_steady_sound_is_never_touched() -> None:
    queue = filled(0, 1)
    out = []
    for n in range(2, 2000):
        out.append(queue.pull())
        queue.put(frame(n))
    assert out == [(frame(n), 0) for n in range(1998)]


def test_clear_forgets_the_last_frame_too() -> None:
    queue = filled(0, 1, 2)
    queue.pull()
    queue.clear()
    assert pulled(queue, 2) == [(bytes(FRAME_BYTES), 0)] * 2
