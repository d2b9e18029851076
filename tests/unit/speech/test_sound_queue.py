from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.speech.sound_queue import SoundQueue

FRAME = bytes(320)
CHUNK_SAMPLES = 800


def queue_with(seconds: float) -> SoundQueue:
    queue = SoundQueue(8000)
    for _ in range(int(seconds * 50)):
        queue.feed(FRAME)
    return queue


def test_five_frames_of_20_ms_make_a_chunk_of_100_ms() -> None:
    queue = SoundQueue(8000)
    ready = [queue.feed(FRAME) for _ in range(10)]
    assert ready == [False] * 4 + [True] + [False] * 4 + [True]
    assert [queue.take().start, queue.take().start] == [0, CHUNK_SAMPLES]
    assert queue.is_empty


def test_a_short_rest_leaves_when_flushed() -> None:
    queue = SoundQueue(8000)
    queue.feed(bytes(321))
    assert queue.is_empty
    queue.flush()
    assert queue.take().samples == 160
    queue.flush()
    assert queue.is_empty


def test_beyond_three_seconds_the_oldest_goes_and_times_stay_the_channels() -> None:
    queue = queue_with(5.0)
    assert queue.dropped_samples == 2 * 8000
    first = queue.take()
    assert first.start == 2 * 8000
    # The connection counts from what it was given first.
    assert queue.call_seconds(0.0) == pytest.approx(2.0)
    assert queue.call_seconds(0.5) == pytest.approx(2.5)


def test_a_gap_in_the_middle_of_a_connection_shifts_only_what_follows() -> None:
    queue = queue_with(1.0)
    for _ in range(10):
        queue.take()
    for _ in range(int(5.0 * 50)):
        queue.feed(FRAME)
    assert queue.take().start == 3 * 8000
    assert queue.call_seconds(0.9) == pytest.approx(0.9)
    assert queue.call_seconds(1.0) == pytest.approx(3.0)
    assert queue.call_seconds(1.25) == pytest.approx(3.25)


def test_what_no_final_result_has_settled_is_told_again_on_the_next_connection() -> None:
    queue = queue_with(1.0)
    for _ in range(6):
        queue.take()
    queue.answered(final=False)
    queue.answered(final=True)
    queue.answered(final=False)
    queue.rewind()
    assert queue.unanswered == 0
    assert [queue.take().start // CHUNK_SAMPLES for _ in range(8)] == [2, 3, 4, 5, 6, 7, 8, 9]
    assert queue.call_seconds(0.0) == pytest.approx(0.2)


def test_sound_that_brings_the_recogniser_down_twice_is_not_told_a_third_time() -> None:
    queue = queue_with(0.3)
    queue.take()
    queue.rewind()
    assert queue.take().start == 0
    queue.rewind()
    assert queue.take().start == CHUNK_SAMPLES
    assert queue.dropped_samples == CHUNK_SAMPLES


def test_only_the_latest_ten_seconds_are_told_again() -> None:
    queue = SoundQueue(8000)
    for _ in range(20 * 50):
        queue.feed(FRAME)
        if not queue.is_empty:
            queue.take()
            queue.answered(final=False)
    queue.rewind()
    assert queue.take().start == 10 * 8000


@given(st.lists(st.sampled_from(["feed", "take", "partial", "final", "rewind", "long"]), max_size=120))
def test_whatever_happens_each_chunk_knows_its_place(happenings: list[str]) -> None:
    queue = SoundQueue(8000)
    streamed = 0
    for happening in happenings:
        if happening == "feed":
            queue.feed(bytes(1600))
        elif happening == "long":
            queue.feed(bytes(8 * 1600))
        elif happening == "take" and not queue.is_empty:
            chunk = queue.take()
            assert queue.call_seconds(streamed / 8000) == pytest.approx(chunk.start / 8000)
            streamed += chunk.samples
        elif happening in ("partial", "final") and queue.unanswered:
            queue.answered(final=happening == "final")
        elif happening == "rewind":
            queue.rewind()
            streamed = 0


# --- how late it is --------------------------------------------------------------------------------------------


def test_the_lag_is_the_age_of_the_oldest_sound_without_an_answer() -> None:
    queue = SoundQueue(8000)
    assert queue.lag_s(99.0) == 0.0
    for second in range(3):
        queue.feed(bytes(1600), float(second))
    assert queue.lag_s(5.0) == 5.0
    queue.take()
    assert queue.lag_s(5.0) == 5.0
    queue.answered(final=False)
    assert queue.lag_s(5.0) == 4.0
    queue.take()
    queue.take()
    queue.answered(final=True)
    assert queue.lag_s(5.0) == 3.0
    queue.answered(final=False)
    assert queue.lag_s(5.0) == 0.0


def test_what_is_told_again_is_as_old_as_it_is() -> None:
    queue = SoundQueue(8000)
    queue.feed(bytes(1600), 1.0)
    queue.take()
    queue.answered(final=False)
    queue.rewind()
    assert queue.lag_s(4.0) == 3.0


def test_sound_that_nobody_is_to_hear_is_gone_and_times_stay_the_channels() -> None:
    queue = queue_with(0.24)
    queue.pass_over(bytes(321))
    queue.drop_waiting()
    assert queue.is_empty
    queue.pass_over(bytes(1))
    assert queue.dropped_samples == 1920 + 161
    queue.feed(bytes(1600))
    assert queue.take().start == 2081


@given(st.lists(st.sampled_from(["feed", "long", "take", "answer", "rewind", "pass", "drop"]), max_size=200))
def test_what_waits_is_bounded_and_nothing_leaves_later_than_that(happenings: list[str]) -> None:
    queue, now_s = SoundQueue(8000), 0.0
    for happening in happenings:
        now_s += 0.1
        match happening:
            case "feed":
                queue.feed(bytes(1600), now_s)
            case "long":
                now_s += 0.9
                queue.feed(bytes(10 * 1600), now_s)
            case "take" if not queue.is_empty:
                again = bool(queue._again)
                assert queue._fed - queue.take().start <= 3 * 8000 or again
            case "answer" if queue.unanswered:
                queue.answered(final=True)
            case "rewind":
                queue.rewind()
            case "pass":
                queue.pass_over(bytes(1600))
            case "drop":
                queue.drop_waiting()
        assert sum(chunk.samples for chunk in queue._waiting) <= 3 * 8000
        assert sum(chunk.samples for chunk in queue._again) <= 10 * 8000
