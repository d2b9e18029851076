"""The jitter buffers: exact output for given arrivals, tick by tick, by the one way in and by the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.telephony.jitter_buffer import DEEPEST, FRAME, NO_SOUND, TARGET, JitterBuffers
from app.telephony.leg_rows import LegRows
from tests.unit.telephony.jitter_model import JitterModel

Pulled = tuple[bytes | None, int]
SILENT: Pulled = (None, NO_SOUND)
PRIMING = TARGET // FRAME


class Buffers:
    """Some legs' buffers, fed as `Arrivals` does it: what may be ordinary with `place`, the rest with `put`."""

    def __init__(self, legs: int, *, at_once: bool = True) -> None:
        self.table = JitterBuffers()
        self.rows = LegRows(self.table)
        self._at_once = at_once
        for _ in range(legs):
            self.table.begin(self.rows.take(), 0)

    def put_each(self, packets: dict[int, tuple[int, int, int, bytes]]) -> None:
        """At most one packet of each row, all at once."""
        ordinary = [
            row
            for row, (_, _, ssrc, codes) in packets.items()
            if self._at_once and len(codes) == FRAME and ssrc == self.table.ssrc[row]
        ]
        placed = set()
        if ordinary:
            payloads = np.frombuffer(b"".join(packets[row][3] for row in ordinary), np.uint8).reshape(-1, FRAME)
            timestamps = np.array([packets[row][1] for row in ordinary])
            rows, ssrcs = np.array(ordinary), np.array([packets[row][2] for row in ordinary])
            follow = self.table.follows(rows, timestamps, ssrcs)
            self.table.append(rows[follow], payloads[follow])
            placed = set(rows[follow].tolist())
            rest = rows[~follow]
            if len(rest):
                flags = self.table.place(rest, timestamps[~follow], payloads[~follow])
                placed |= set(rest[flags].tolist())
        for row in packets.keys() - placed:
            self.table.put(row, *packets[row])

    def pull_each(self) -> list[Pulled]:
        codes, stages = self.table.take(self.rows.used)
        return [
            (frame.tobytes() if stage == 0 else None, int(stage))
            for frame, stage in zip(codes, stages, strict=True)
        ]


class JitterBuffer:
    """The first row of several, with the figures of it."""

    def __init__(self, *, at_once: bool = True) -> None:
        self._buffers = Buffers(3, at_once=at_once)

    def put(self, sequence: int, timestamp: int, ssrc: int, codes: bytes) -> None:
        self._buffers.put_each({0: (sequence, timestamp, ssrc, codes)})

    def pull(self) -> Pulled:
        first, *others = self._buffers.pull_each()
        assert others == [SILENT, SILENT]
        return first

    def __getattr__(self, name: str) -> int:
        column = getattr(self._buffers.table, name)
        return int(column(0) if callable(column) else column[0])


@pytest.fixture(params=[True, False], ids=["at once", "one by one"])
def buffer(request: pytest.FixtureRequest) -> JitterBuffer:
    return JitterBuffer(at_once=request.param)


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


def pulled(buffer: JitterBuffer, count: int) -> list[Pulled]:
    return [buffer.pull() for _ in range(count)]


def codes_of(frame_pulled: Pulled) -> bytes:
    return frame_pulled[0] or bytes(FRAME)


def whole(numbers: Sequence[int]) -> list[Pulled]:
    return [(frame(n), 0) for n in numbers]


def test_silence_before_anything_arrives(buffer: JitterBuffer) -> None:
    assert pulled(buffer, 3) == [SILENT] * 3


def test_first_packet_is_played_after_the_target(buffer: JitterBuffer) -> None:
    Stream().put(buffer, *range(4))
    assert pulled(buffer, PRIMING + 4) == [SILENT] * PRIMING + whole(range(4))


@pytest.mark.parametrize(
    "stream",
    [Stream(sequence=0xFFFE), Stream(timestamp=0xFFFFFFFF - 200), Stream(sequence=0xFFFF, timestamp=0xFFFFFFFF)],
)
def test_counters_wrap(stream: Stream, buffer: JitterBuffer) -> None:
    out = []
    for n in range(30):
        stream.put(buffer, n)
        out.append(buffer.pull())
    assert out == [SILENT] * PRIMING + whole(range(30 - PRIMING))
    assert buffer.resyncs == 0


@given(st.permutations(range(8)), st.lists(st.integers(0, 7), max_size=8))
def test_order_and_duplicates_do_not_matter(order: list[int], again: list[int]) -> None:
    buffer, stream = JitterBuffer(), Stream()
    stream.put(buffer, 0)
    stream.put(buffer, *order, *again)
    assert pulled(buffer, PRIMING + 8) == [SILENT] * PRIMING + whole(range(8))
    assert buffer.duplicates == 1 + len(again)


def test_lost_packets_are_the_last_once_more_fading_then_silence(buffer: JitterBuffer) -> None:
    stream = Stream()
    stream.put(buffer, 0, 1, 7)
    out = pulled(buffer, PRIMING + 8)[PRIMING:]
    assert out == [*whole([0, 1]), (None, 1), (None, 2), (None, 3), SILENT, SILENT, (frame(7), 0)]
    assert buffer.concealed == 3


def test_single_loss_is_followed_by_sound_in_its_place(buffer: JitterBuffer) -> None:
    stream = Stream()
    stream.put(buffer, 0, 2, 3)
    assert pulled(buffer, PRIMING + 4)[PRIMING:] == [(frame(0), 0), (None, 1), *whole([2, 3])]


@pytest.mark.parametrize("samples", [80, 160, 240, 320, 480, 800])
def test_packets_of_any_length(samples: int, buffer: JitterBuffer) -> None:
    sound = bytes(n % 251 for n in range(9600))
    out = b""
    for start in range(0, len(sound), samples):
        buffer.put(start // samples, start, 9, sound[start : start + samples])
        out += b"".join(codes_of(buffer.pull()) for _ in range((start + samples) // FRAME - start // FRAME))
    out += b"".join(map(codes_of, pulled(buffer, PRIMING)))
    assert out[TARGET:].startswith(sound)
    assert (buffer.late, buffer.resyncs, buffer.concealed) == (0, 0, 0)


def test_half_a_frame_lost_is_filled_from_the_frame_before(buffer: JitterBuffer) -> None:
    buffer.put(1, 0, 9, b"\x01" * 240)
    buffer.put(3, 480, 9, b"\x03" * 160)
    out = pulled(buffer, PRIMING + 4)[PRIMING:]
    assert out[1] == (b"\x01" * 160, 0)
    assert out[2:] == [(None, 1), (b"\x03" * 160, 0)]


def test_late_packets_after_running_dry_are_all_played(buffer: JitterBuffer) -> None:
    stream = Stream()
    stream.put(buffer, 0)
    pulled(buffer, PRIMING + 1 + 3)
    stream.put(buffer, *range(1, 6))  # the first of them three ticks too late
    assert pulled(buffer, 5) == whole(range(1, 6))
    assert buffer.late == 1


def test_overtaken_packet_deepens_the_buffer_for_those_after_it(buffer: JitterBuffer) -> None:
    stream = Stream()
    stream.put(buffer, 0, 2, 3)
    pulled(buffer, PRIMING + 2)
    stream.put(buffer, 1)
    assert pulled(buffer, 3) == [(None, 2), *whole([2, 3])]


def test_another_ssrc_begins_anew_at_once(buffer: JitterBuffer) -> None:
    Stream().put(buffer, 0, 1, 2)
    pulled(buffer, PRIMING + 1)
    Stream(ssrc=2, sequence=9000, timestamp=1 << 31).put(buffer, 5, 6)
    assert pulled(buffer, PRIMING + 2) == [(None, 1), (None, 2), *whole([5, 6])]
    assert buffer.resyncs == 1


@pytest.mark.parametrize("jump", [1 << 31, 8000 * 60, 4000, -4000, -8000 * 60])
def test_timestamp_jump_costs_one_packet(jump: int, buffer: JitterBuffer) -> None:
    stream = Stream(timestamp=1 << 30)
    stream.put(buffer, *range(3))
    pulled(buffer, PRIMING + 3)
    jumped = Stream(timestamp=(1 << 30) + jump)
    jumped.put(buffer, 3, 4, 5, 6)
    assert pulled(buffer, PRIMING + 3)[PRIMING:] == whole([4, 5, 6])
    assert buffer.resyncs == 1


def test_single_stray_timestamp_changes_nothing(buffer: JitterBuffer) -> None:
    stream = Stream()
    stream.put(buffer, 0, 1)
    buffer.put(555, 123456789, 1, frame(99))
    stream.put(buffer, 2)
    buffer.put(900, 423456789, 1, frame(99))
    stream.put(buffer, 3)
    assert pulled(buffer, PRIMING + 4)[PRIMING:] == whole(range(4))
    assert buffer.resyncs == 0


def test_burst_after_a_stall_keeps_the_newest_sound_and_no_more(buffer: JitterBuffer) -> None:
    stream = Stream()
    stream.put(buffer, 0)
    pulled(buffer, 60)
    stream.put(buffer, *range(1, 61))
    assert buffer.depth <= DEEPEST
    out = pulled(buffer, DEEPEST // FRAME)
    assert out[-1] == (frame(60), 0)
    assert out == whole(range(61 - len(out), 61))


@pytest.mark.parametrize("codes", [b"", bytes(DEEPEST)])
def test_packets_of_impossible_length_are_dropped(codes: bytes, buffer: JitterBuffer) -> None:
    buffer.put(1, 0, 1, codes)
    assert buffer.depth == 0


def drifting(ticks: int, packets_a_tick: float, codes: bytes) -> JitterBuffer:
    """A sender whose clock differs: `packets_a_tick` of 160 samples each."""
    buffer = JitterBuffer()
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


def test_depth_of_a_burst_is_taken_back_within_seconds(buffer: JitterBuffer) -> None:
    stream = Stream()
    stream.put(buffer, *range(15))
    for n in range(15, 15 + 250):
        stream.put(buffer, n)
        buffer.pull()
    assert buffer.depth <= 4 * FRAME
    assert buffer.concealed == 0


def arrivals(rows: int) -> st.SearchStrategy[list[list[dict[int, tuple[int, int, int, bytes]]]]]:
    """By tick some rounds, in each of which at most one packet of each row comes."""
    words = st.integers(0, 0xFFFFFFFF)
    timestamps = (
        st.integers(0, 40).map(lambda n: (0xFFFFF000 + 160 * n) & 0xFFFFFFFF) | st.integers(0, 6000) | words
    )
    codes = st.integers(1, 255).flatmap(
        lambda n: st.sampled_from([160, 160, 160, 160, 80, 240, 333, 3000]).map(lambda length: bytes((n,)) * length)
    )
    packets = st.tuples(
        st.integers(0, 50) | st.integers(0, 0xFFFF), timestamps, st.sampled_from([7, 7, 7, 9]), codes
    )
    rounds = st.dictionaries(st.integers(0, rows - 1), packets, max_size=rows)
    return st.lists(st.lists(rounds, max_size=4), min_size=10, max_size=60)


@given(arrivals(3))
def test_arrays_do_what_the_model_does_packet_by_packet(
    ticks: list[list[dict[int, tuple[int, int, int, bytes]]]],
) -> None:
    buffers = Buffers(3)
    models = [JitterModel(row) for row in range(3)]
    for rounds in ticks:
        for packets in rounds:
            buffers.put_each(packets)
            for row, packet in packets.items():
                models[row].put(*packet)
        assert buffers.pull_each() == [model.pull() for model in models]
        for row, model in enumerate(models):
            assert buffers.table.depth(row) == model.depth <= DEEPEST
    for row, model in enumerate(models):
        assert {name: getattr(buffers.table, name)[row] for name in model.figures} == model.figures


@settings(deadline=None)
@given(st.data())
def test_paced_streams_with_loss_and_jitter_come_out_as_in_the_model(data: st.DataObject) -> None:
    delays = st.lists(st.sampled_from([0, 0, 0, 1, 2, 5, 9, None]), min_size=100, max_size=300)
    streams = [data.draw(delays) for _ in range(2)]
    buffers = Buffers(2)
    models = [JitterModel(row) for row in range(2)]
    due: list[dict[int, list[int]]] = [{} for _ in range(2)]
    for tick in range(max(map(len, streams))):
        for row, stream in enumerate(streams):
            if tick < len(stream) and (delay := stream[tick]) is not None:
                due[row].setdefault(tick + delay, []).append(tick)
        while True:
            packets = {}
            for row in range(2):
                if due[row].get(tick):
                    n = due[row][tick].pop(0)
                    packets[row] = (n, n * FRAME, 5, frame(n))
            if not packets:
                break
            buffers.put_each(packets)
            for row, packet in packets.items():
                models[row].put(*packet)
        assert buffers.pull_each() == [model.pull() for model in models]


def test_row_of_a_closed_leg_is_a_new_one_for_the_next() -> None:
    buffers = Buffers(2)
    buffers.put_each({0: (1, 0, 1, frame(1)), 1: (1, 0, 1, b"\x01" * 100)})
    for row in (1, 0):
        buffers.rows.give_back(row)
    assert buffers.rows.used == 0
    assert [buffers.rows.take() for _ in range(2)] == [0, 1]
    for row in range(2):
        buffers.table.begin(row, 0)
    assert [buffers.pull_each() for _ in range(5)] == [[SILENT, SILENT]] * 5


def test_rows_grow_with_what_stands_in_them() -> None:
    buffers = Buffers(20)
    buffers.put_each({7: (1, 0, 1, frame(1))})
    for _ in range(100):
        buffers.table.begin(buffers.rows.take(), 0)
    buffers.put_each({7: (2, 160, 1, frame(2)), 119: (1, 0, 1, frame(9))})
    assert [buffers.pull_each()[7] for _ in range(4)][2:] == whole([1, 2])
