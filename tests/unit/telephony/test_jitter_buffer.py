"""The jitter buffer: exact output for given arrivals, tick by tick."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telephony import g711
from app.telephony.jitter_buffer import DEEPEST, FRAME, TARGET, JitterBuffer

SILENT = (bytes((g711.SILENCE["PCMA"],)) * FRAME, 0)
PRIMING = TARGET // FRAME


def frame(n: int) -> bytes:
    """Loud, and different for each of 120 successive numbers."""
    return bytes((0x80 + n % 120,)) * FRAME


class Stream:
    """A sender of 20 ms packets with settable beginnings."""

    def __init__(self, *, sequence: int = 100, timestamp: int = 7000, ssrc: int = 1) -> None:
        self.sequence, self.timestamp, self.ssrc = sequence, timestamp, ssrc

    def put(self, buffer: JitterBuffer, *numbers: int) -> None:
        for n in numbers:
            sequence = (self.sequence + n) & 0xFFFF
            buffer.put(sequence, (self.timestamp + n * FRAME) & 0xFFFFFFFF, self.ssrc, frame(n))


def pulled(buffer: JitterBuffer, count: int) -> list[tuple[bytes, int]]:
    return [buffer.pull() for _ in range(count)]


def whole(numbers: Sequence[int]) -> list[tuple[bytes, int]]:
    return [(frame(n), 0) for n in numbers]


def test_silence_before_anything_arrives() -> None:
    assert pulled(JitterBuffer("PCMA"), 3) == [SILENT] * 3
    assert JitterBuffer("PCMU").pull() == (b"\xff" * FRAME, 0)


def test_first_packet_is_played_after_the_target() -> None:
    buffer = JitterBuffer("PCMA")
    Stream().put(buffer, *range(4))
    assert pulled(buffer, PRIMING + 4) == [SILENT] * PRIMING + whole(range(4))


@pytest.mark.parametrize(
    "stream",
    [Stream(sequence=0xFFFE), Stream(timestamp=0xFFFFFFFF - 200), Stream(sequence=0xFFFF, timestamp=0xFFFFFFFF)],
)
def test_counters_wrap(stream: Stream) -> None:
    buffer = JitterBuffer("PCMA")
    out = []
    for n in range(30):
        stream.put(buffer, n)
        out.append(buffer.pull())
    assert out == [SILENT] * PRIMING + whole(range(30 - PRIMING))
    assert buffer.resyncs == 0


@given(st.permutations(range(8)), st.lists(st.integers(0, 7), max_size=8))
def test_order_and_duplicates_do_not_matter(order: list[int], again: list[int]) -> None:
    buffer, stream = JitterBuffer("PCMA"), Stream()
    stream.put(buffer, 0)
    stream.put(buffer, *order, *again)
    assert pulled(buffer, PRIMING + 8) == [SILENT] * PRIMING + whole(range(8))
    assert buffer.duplicates == 1 + len(again)


def test_lost_packets_are_the_last_once_more_fading_then_silence() -> None:
    buffer, stream = JitterBuffer("PCMA"), Stream()
    stream.put(buffer, 0, 1, 7)
    out = pulled(buffer, PRIMING + 8)[PRIMING:]
    last = frame(1)
    assert out == [*whole([0, 1]), (last, 1), (last, 2), (last, 3), SILENT, SILENT, (frame(7), 0)]
    assert buffer.concealed == 3


def test_single_loss_is_followed_by_sound_in_its_place() -> None:
    buffer, stream = JitterBuffer("PCMA"), Stream()
    stream.put(buffer, 0, 2, 3)
    assert pulled(buffer, PRIMING + 4)[PRIMING:] == [(frame(0), 0), (frame(0), 1), *whole([2, 3])]


@pytest.mark.parametrize("samples", [80, 160, 240, 320, 480, 800])
def test_packets_of_any_length(samples: int) -> None:
    buffer = JitterBuffer("PCMA")
    sound = bytes(n % 251 for n in range(9600))
    out = b""
    for start in range(0, len(sound), samples):
        buffer.put(start // samples, start, 9, sound[start : start + samples])
        out += b"".join(buffer.pull()[0] for _ in range((start + samples) // FRAME - start // FRAME))
    out += b"".join(code for code, _ in pulled(buffer, PRIMING))
    assert out[TARGET:].startswith(sound)
    assert (buffer.late, buffer.resyncs, buffer.concealed) == (0, 0, 0)


def test_half_a_frame_lost_is_filled_from_the_frame_before() -> None:
    buffer = JitterBuffer("PCMA")
    buffer.put(1, 0, 9, b"\x01" * 240)
    buffer.put(3, 480, 9, b"\x03" * 160)
    out = pulled(buffer, PRIMING + 4)[PRIMING:]
    assert out[1] == (b"\x01" * 160, 0)
    assert out[2:] == [(b"\x01" * 160, 1), (b"\x03" * 160, 0)]


def test_late_packets_after_running_dry_are_all_played() -> None:
    buffer, stream = JitterBuffer("PCMA"), Stream()
    stream.put(buffer, 0)
    pulled(buffer, PRIMING + 1 + 3)
    stream.put(buffer, *range(1, 6))  # the first of them three ticks too late
    assert pulled(buffer, 5) == whole(range(1, 6))
    assert buffer.late == 1


def test_overtaken_packet_deepens_the_buffer_for_those_after_it() -> None:
    buffer, stream = JitterBuffer("PCMA"), Stream()
    stream.put(buffer, 0, 2, 3)
    pulled(buffer, PRIMING + 2)
    stream.put(buffer, 1)
    assert pulled(buffer, 3) == [(frame(0), 2), *whole([2, 3])]


def test_another_ssrc_begins_anew_at_once() -> None:
    buffer = JitterBuffer("PCMA")
    Stream().put(buffer, 0, 1, 2)
    pulled(buffer, PRIMING + 1)
    Stream(ssrc=2, sequence=9000, timestamp=1 << 31).put(buffer, 5, 6)
    assert pulled(buffer, PRIMING + 2) == [(frame(0), 1), (frame(0), 2), *whole([5, 6])]
    assert buffer.resyncs == 1


@pytest.mark.parametrize("jump", [1 << 31, 8000 * 60, 4000, -4000, -8000 * 60])
def test_timestamp_jump_costs_one_packet(jump: int) -> None:
    buffer, stream = JitterBuffer("PCMA"), Stream(timestamp=1 << 30)
    stream.put(buffer, *range(3))
    pulled(buffer, PRIMING + 3)
    jumped = Stream(timestamp=(1 << 30) + jump)
    jumped.put(buffer, 3, 4, 5, 6)
    assert pulled(buffer, PRIMING + 3)[PRIMING:] == whole([4, 5, 6])
    assert buffer.resyncs == 1


def test_single_stray_timestamp_changes_nothing() -> None:
    buffer, stream = JitterBuffer("PCMA"), Stream()
    stream.put(buffer, 0, 1)
    buffer.put(555, 123456789, 1, frame(99))
    stream.put(buffer, 2)
    buffer.put(900, 423456789, 1, frame(99))
    stream.put(buffer, 3)
    assert pulled(buffer, PRIMING + 4)[PRIMING:] == whole(range(4))
    assert buffer.resyncs == 0


def test_burst_after_a_stall_keeps_the_newest_sound_and_no_more() -> None:
    buffer, stream = JitterBuffer("PCMA"), Stream()
    stream.put(buffer, 0)
    pulled(buffer, 60)
    stream.put(buffer, *range(1, 61))
    assert buffer.depth <= DEEPEST
    out = pulled(buffer, DEEPEST // FRAME)
    assert out[-1] == (frame(60), 0)
    assert out == whole(range(61 - len(out), 61))


@pytest.mark.parametrize("codes", [b"", bytes(DEEPEST)])
def test_packets_of_impossible_length_are_dropped(codes: bytes) -> None:
    buffer = JitterBuffer("PCMA")
    buffer.put(1, 0, 1, codes)
    assert buffer.depth == 0


def drifting(ticks: int, packets_a_tick: float, codes: bytes) -> JitterBuffer:
    """A sender whose clock differs: `packets_a_tick` of 160 samples each."""
    buffer = JitterBuffer("PCMA")
    number = 0
    for tick in range(ticks):
        while number <= tick * packets_a_tick:
            buffer.put(number & 0xFFFF, number * FRAME, 1, codes)
            number += 1
        buffer.pull()
        assert buffer.depth <= DEEPEST
    return buffer


@pytest.mark.parametrize("codes", [frame(40), bytes((0xD5,)) * FRAME], ids=["in speech", "in a pause"])
def test_fast_sender_is_followed_by_leaving_out_frames(codes: bytes) -> None:
    buffer = drifting(20000, 1.001, codes)  # ten times worse than any telephone
    assert 15 <= buffer.skipped <= 22
    assert buffer.depth <= 5 * FRAME
    assert (buffer.resyncs, buffer.late, buffer.concealed) == (0, 0, 0)


def test_slow_sender_is_followed_by_repeating_frames() -> None:
    buffer = drifting(20000, 0.999, frame(40))
    assert 15 <= buffer.concealed <= 30
    assert buffer.depth <= 3 * FRAME
    assert buffer.resyncs == 0


def test_steady_sender_settles_at_one_spare_frame() -> None:
    buffer = drifting(1000, 1.0, frame(40))
    assert buffer.skipped == 1
    assert buffer.depth == FRAME
    assert buffer.concealed == 0


def test_depth_of_a_burst_is_taken_back_within_seconds() -> None:
    buffer, stream = JitterBuffer("PCMA"), Stream()
    stream.put(buffer, *range(15))
    for n in range(15, 15 + 250):
        stream.put(buffer, n)
        buffer.pull()
    assert buffer.depth <= 4 * FRAME
    assert buffer.concealed == 0


@given(st.data())
def test_random_arrivals_never_break_the_rhythm(data: st.DataObject) -> None:
    buffer = JitterBuffer("PCMU")
    words = st.integers(0, 0xFFFFFFFF)
    for _ in range(data.draw(st.integers(0, 30))):
        if data.draw(st.booleans()):
            codes = data.draw(st.sampled_from([b"\x01" * 80, b"\x02" * 160, b"\x03" * 333]))
            timestamp = data.draw(st.integers(0, 6000) | words)
            buffer.put(data.draw(st.integers(0, 0xFFFF)), timestamp, data.draw(st.integers(0, 1)), codes)
        codes, fading = buffer.pull()
        assert len(codes) == FRAME
        assert 0 <= fading <= 3
        assert buffer.depth <= DEEPEST
