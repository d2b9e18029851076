"""The jitter buffers of all RTP streams: packets in as they come, one frame of 20 ms a leg out each tick.

Sound is placed by timestamp (RFC 3550 5.1), so that order, duplicates and packet sizes do not matter. A packet that
comes late deepens the buffer; what is deeper than need be is taken back by `Surplus`. The frames out are gap-free
in time; what did not arrive is told by its stage, and made up by `app.telephony.concealment`.

All of it stands in columns over the legs. The ordinary packet (20 ms, in its place, in time) of every leg is placed
in a few array operations (`place`), every other one by itself (`put`); both work on the same columns.
"""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np

from app.telephony import g711
from app.telephony.leg_rows import Column, Flags, Ints, Octets, Table
from app.telephony.rtp import samples_between, sequence_after, timestamp_after
from app.telephony.surplus import NOTHING, WINDOW_TICKS, Surplus

FRAME: Final = 160
TARGET: Final = 2 * FRAME  # how far ahead of need the first packet of a stream is placed
SPARE: Final = FRAME  # how far ahead a calm stream stays
DEEPEST: Final = 16 * FRAME
NO_SSRC: Final = -1
FADE_FRAMES: Final = 3  # so many frames in a row are made up, then there is silence
NO_SOUND: Final = FADE_FRAMES + 1
"""The stage of a frame of which nothing is to be heard."""
QUIET: Final = 3  # in steps of 128: -36 dBFS
OTHER_CODEC: Final = len(g711.LAWS)
"""The `law` of a row whose octets are no G.711 codes."""

_LOOKS_EVERY: Final = 4  # ticks, whether a frame can be left out: 80 ms are a short pause
_SLOTS: Final = 32  # frames in a ring: a power of two, and more than DEEPEST
_DEEPEST_FRAMES: Final = DEEPEST // FRAME
_EMPTY, _WHOLE, _PART = 0, 1, 2
_HALF: Final = 0x80000000
_WORD: Final = 0xFFFFFFFF
_LOUDNESS: Final = np.concatenate(
    [np.frombuffer(g711.LOUDNESS[law], np.uint8) for law in g711.LAWS] + [np.full(256, 255, np.uint8)]
)
"""By law, then by code; of another codec nothing is known, so it is never quiet."""
_SILENCE: Final = [g711.SILENCE[law] for law in g711.LAWS] + [0]


class JitterBuffers(Table):
    """Positions are samples on each reader's own endless scale; `read` is the frame of 160 to be played next."""

    columns: ClassVar[dict[str, Column]] = {
        "ring": Column(np.uint8, (_SLOTS, FRAME), stale=True),  # `filled` says what of it counts
        "filled": Column(np.uint8, (_SLOTS,)),
        "last": Column(np.uint8, (FRAME,)),
        "law": Column(np.uint8),
        "read": Column(),
        "end": Column(),  # after the newest sample placed
        "ssrc": Column(fill=NO_SSRC),
        "end_timestamp": Column(),  # RTP timestamp of `end`
        "stray_next": Column(fill=-1),
        "hold": Column(),
        "missing": Column(fill=NO_SOUND),
        "least": Column(fill=NOTHING),
        "late": Column(),
        "duplicates": Column(),
        "concealed": Column(),
        "skipped": Column(),
        "resyncs": Column(),
    }
    ring: Octets
    filled: Octets
    last: Octets
    law: Octets
    read: Ints
    end: Ints
    ssrc: Ints
    end_timestamp: Ints
    stray_next: Ints
    hold: Ints
    missing: Ints
    least: Ints
    late: Ints
    duplicates: Ints
    concealed: Ints
    skipped: Ints
    resyncs: Ints

    def __init__(self) -> None:
        super().__init__()
        self._ticks = 0
        self._masks: dict[tuple[int, int], bytearray] = {}
        self._surplus: dict[int, Surplus] = {}
        self._with_surplus: set[int] = set()
        self._some_hold = False

    def grown(self) -> None:
        self._frames = self.ring.reshape(-1, FRAME)
        self._states = self.filled.reshape(-1)
        self._base = np.arange(self.capacity, dtype=np.int64) * _SLOTS

    def clear(self, row: int) -> None:
        super().clear(row)
        self._forget_parts(row)
        self._surplus.pop(row, None)
        self._with_surplus.discard(row)

    def begin(self, row: int, law: int) -> None:
        """A stream of that law (its place in `g711.LAWS`, or OTHER_CODEC) is expected, and begins."""
        self.clear(row)
        self.law[row] = law
        self.last[row] = _SILENCE[law]
        self._surplus[row] = Surplus(SPARE)

    def depth(self, row: int) -> int:
        """Samples from the next one to be played to the newest."""
        return max(0, int(self.end[row] - self.read[row] * FRAME))

    # The ordinary packet, of many legs at once

    def follows(self, rows: Ints, timestamps: Ints, ssrcs: Ints) -> Flags:
        """Which of these packets of 160 octets are just what comes after the newest one, in time (`append`)."""
        end = self.end.take(rows)
        frame = end // FRAME
        ahead = frame - self.read.take(rows)
        flags: Flags = timestamps == self.end_timestamp.take(rows)
        flags &= ssrcs == self.ssrc.take(rows)
        flags &= frame * FRAME == end
        flags &= ahead.view(np.uint64) < _DEEPEST_FRAMES  # what is negative is very large there
        return flags

    def append(self, rows: Ints, payloads: Octets) -> None:
        """Place the packets that follow: beyond the newest sound there is nothing, so their places are free."""
        end = self.end.take(rows)
        at = rows * _SLOTS + (end // FRAME & (_SLOTS - 1))
        self._frames[at] = payloads
        self._states[at] = _WHOLE
        self.end[rows] = end + FRAME
        self.end_timestamp[rows] = (self.end_timestamp.take(rows) + FRAME) & _WORD
        self.least[rows] = np.minimum(self.least.take(rows), end - self.read.take(rows) * FRAME)
        self.stray_next[rows] = -1

    def place(self, rows: Ints, timestamps: Ints, payloads: Octets) -> Flags:
        """Place one packet of 160 octets of each row, if it comes in time and to a place of its own; tells which.

        No row may stand twice in `rows`; the packets are of the SSRC that the row knows.
        """
        end = self.end.take(rows)
        position = timestamps - self.end_timestamp.take(rows)
        position = ((position + _HALF) & _WORD) - _HALF + end
        frame = position // FRAME
        ahead = frame - self.read.take(rows)
        if (ahead == _DEEPEST_FRAMES).any():
            ahead -= self._make_room(rows, (ahead == _DEEPEST_FRAMES) & (position == end))
        at = rows * _SLOTS + (frame & (_SLOTS - 1))
        fits: Flags = (ahead >= 0) & (ahead < _DEEPEST_FRAMES) & (frame * FRAME == position)
        fits &= self._states.take(at) == _EMPTY
        if not fits.all():
            rows, at, ahead, position = rows[fits], at[fits], ahead[fits], position[fits]
            end, payloads = end[fits], payloads[fits]
        self._frames[at] = payloads
        self._states[at] = _WHOLE
        further = np.maximum(position + FRAME - end, 0)
        self.end[rows] = end + further
        self.end_timestamp[rows] = (self.end_timestamp.take(rows) + further) & _WORD
        self.least[rows] = np.minimum(self.least.take(rows), ahead * FRAME)
        self.stray_next[rows] = -1
        return fits

    def _make_room(self, rows: Ints, full: Flags) -> Flags:
        """In the rows that are full leave out the frame to be played next, for the one that comes just after the
        newest: so it goes packet by packet after a stall. Tells in which rows this was done."""
        read = self.read.take(rows)
        at = rows * _SLOTS + (read & (_SLOTS - 1))
        done: Flags = full & (self._states.take(at) != _PART)
        self._states[at[done]] = _EMPTY
        self.read[rows[done]] += 1
        self.skipped[rows[done]] += 1
        return done

    # Any packet

    def put(self, row: int, sequence: int, timestamp: int, ssrc: int, codes: bytes) -> None:
        """Take a packet's sound, of any length up to 280 ms."""
        if not codes or len(codes) > DEEPEST - TARGET:
            return
        if ssrc != self.ssrc[row]:
            self.ssrc[row] = ssrc
            self._begin_anew(row, timestamp)
        position = int(self.end[row]) + samples_between(int(self.end_timestamp[row]), timestamp)
        if position == self.end[row]:
            self._skip_to(row, position + len(codes) - DEEPEST)
        ahead = position - int(self.read[row]) * FRAME
        if ahead < -DEEPEST or ahead + len(codes) > DEEPEST:
            if sequence != self.stray_next[row]:
                self.stray_next[row] = sequence_after(sequence)
                return
            self._begin_anew(row, timestamp)
            position, ahead = int(self.end[row]), TARGET
        self.stray_next[row] = -1
        self.least[row] = min(int(self.least[row]), ahead)
        if ahead < 0:
            self._deepen(row, -ahead)
        self._write(row, position, codes)

    def _begin_anew(self, row: int, timestamp: int) -> None:
        if self.end[row]:
            self.resyncs[row] += 1
        self.filled[row] = _EMPTY
        self._forget_parts(row)
        self.end_timestamp[row] = timestamp
        self.end[row] = self.read[row] * FRAME + TARGET
        self.hold[row] = 0
        self.least[row] = NOTHING
        self._surplus[row].forget()
        self._with_surplus.discard(row)

    def _deepen(self, row: int, behind: int) -> None:
        """A packet came too late: read later by as many frames, at no cost when there is nothing to play."""
        self.late[row] += 1
        frames = -(-behind // FRAME)
        if self.end[row] <= self.read[row] * FRAME:
            self.read[row] -= frames
        else:
            room = (DEEPEST - self.depth(row)) // FRAME
            self.hold[row] = min(max(int(self.hold[row]), frames), room)
            self._some_hold = True

    def _skip_to(self, row: int, position: int) -> None:
        """Leave out whole frames, so that the newest sound of a burst fits."""
        while self.read[row] * FRAME < position:
            self._next(row)
            self.skipped[row] += 1

    def _write(self, row: int, position: int, codes: bytes) -> None:
        start = int(self.read[row]) * FRAME
        if position < start:
            codes = codes[start - position :]
            position = start
        if not codes:
            return
        further = position + len(codes) - int(self.end[row])
        if further > 0:
            self.end[row] += further
            self.end_timestamp[row] = timestamp_after(int(self.end_timestamp[row]), further)
        self.duplicates[row] += self._is_there(row, position)
        while codes:
            frame, offset = divmod(position, FRAME)
            part = codes[: FRAME - offset]
            self._write_part(row, frame & (_SLOTS - 1), offset, part)
            position += len(part)
            codes = codes[len(part) :]

    def _write_part(self, row: int, slot: int, offset: int, part: bytes) -> None:
        self.ring[row, slot, offset : offset + len(part)] = np.frombuffer(part, np.uint8)
        if self.filled[row, slot] == _WHOLE:
            return
        mask = self._masks.setdefault((row, slot), bytearray(FRAME))
        mask[offset : offset + len(part)] = b"\x01" * len(part)
        if all(mask):
            del self._masks[row, slot]
            self.filled[row, slot] = _WHOLE
        else:
            self.filled[row, slot] = _PART

    def _is_there(self, row: int, position: int) -> bool:
        frame, offset = divmod(position, FRAME)
        slot = frame & (_SLOTS - 1)
        state = self.filled[row, slot]
        return bool(state == _WHOLE or (state == _PART and self._masks[row, slot][offset]))

    def _forget_parts(self, row: int) -> None:
        for key in [key for key in self._masks if key[0] == row]:
            del self._masks[key]

    # The tick

    def take(self, rows: int) -> tuple[Octets, Ints]:
        """One frame of each of the first `rows` rows: (rows, 160) octets, and the stage of each frame.

        Stage 0: as it arrived; 1..FADE_FRAMES: the so-manieth in a row that is to be made up; NO_SOUND: silence.
        Only the octets of stage 0 mean anything, and only until the next tick.
        """
        self._end_windows(rows)
        read = self.read[:rows]
        at = self._base[:rows] + (read & (_SLOTS - 1))
        states = self._states.take(at)
        if not self._some_hold and np.count_nonzero(states == _WHOLE) == rows:
            codes, stages = self._take_whole(rows, at)
        else:
            codes = self._frames.take(at, axis=0)
            self._states[self._passed(rows, at, states)] = _EMPTY
            stages = self._count_missing(codes, states)
        if self._with_surplus:
            self._leave_out(codes, stages)
        return codes, stages

    def _take_whole(self, rows: int, at: Ints) -> tuple[Octets, Ints]:
        """Every row has its frame."""
        self.read[:rows] += 1
        self._states[at] = _EMPTY
        self.missing[:rows] = 0
        codes = self._frames.take(at, axis=0, out=self.last[:rows], mode="clip")
        return codes, np.zeros(rows, np.int64)

    def _passed(self, rows: int, at: Ints, states: Octets) -> Ints:
        """Let the rows that do not hold move on; those of the places `at` that they leave."""
        if not self._some_hold:
            self.read[:rows] += 1
            return at
        holding = self.hold[:rows] > 0
        self.hold[:rows] -= holding
        self.read[:rows] += ~holding
        states[holding] = _EMPTY
        self._some_hold = bool(self.hold.any())
        return at[~holding]

    def _count_missing(self, codes: Octets, states: Octets) -> Ints:
        """The stages; frames of which a part is there are filled from the frame before."""
        rows = len(states)
        there = states != _EMPTY
        if (states == _PART).any():
            for row in np.flatnonzero(states == _PART).tolist():
                codes[row] = self._filled_up(row, codes[row], int(self.read[row]) - 1)
        missing = self.missing[:rows]
        np.minimum(missing + 1, NO_SOUND, out=missing)
        missing[there] = 0
        self.concealed[:rows] += (missing > 0) & (missing < NO_SOUND)
        self.last[:rows][there] = codes[there]
        return missing.copy()

    def _filled_up(self, row: int, codes: Octets, frame: int) -> Octets:
        mask = self._masks.pop((row, frame & (_SLOTS - 1)))
        self.concealed[row] += 1
        return np.where(np.frombuffer(mask, np.bool_), codes, self.last[row])

    def _next(self, row: int) -> Octets | None:
        """The frame of one row at its reading position, which moves on; None when no sample of it arrived."""
        frame = int(self.read[row])
        slot = frame & (_SLOTS - 1)
        state = self.filled[row, slot]
        self.read[row] += 1
        self.filled[row, slot] = _EMPTY
        if state == _EMPTY:
            return None
        codes = self.ring[row, slot]
        return self._filled_up(row, codes, frame) if state == _PART else codes.copy()

    def _leave_out(self, codes: Octets, stages: Ints) -> None:
        now = self._ticks % _LOOKS_EVERY
        rows = [row for row in self._with_surplus if row % _LOOKS_EVERY == now and not stages[row]]
        if not rows:
            return
        laws = self.law[rows]
        quiet = _LOUDNESS.take(codes[rows] + (laws.astype(np.uint16) << 8)[:, None]).max(axis=1) <= QUIET
        for row, is_quiet in zip(rows, quiet.tolist(), strict=True):
            surplus = self._surplus[row]
            if self.end[row] - self.read[row] * FRAME >= FRAME and surplus.take(is_quiet=is_quiet):
                self.skipped[row] += 1
                following = self._next(row)
                if following is not None:
                    codes[row] = self.last[row] = following
            if not surplus.frames:
                self._with_surplus.discard(row)

    def _end_windows(self, rows: int) -> None:
        """Judge each row's surplus once a second, not all rows in the same tick."""
        self._ticks += 1
        for row in self._with_surplus:
            self._surplus[row].tick()
        for row in range(self._ticks % WINDOW_TICKS, rows, WINDOW_TICKS):
            surplus = self._surplus.get(row)
            if surplus is None:
                continue
            surplus.end_window(int(self.least[row]))
            self.least[row] = NOTHING
            if surplus.frames:
                self._with_surplus.add(row)
            else:
                self._with_surplus.discard(row)
