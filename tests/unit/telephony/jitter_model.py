"""The jitter buffer of one stream, by packets and samples: what `JitterBuffers` must do in arrays."""

from __future__ import annotations

from app.telephony import g711
from app.telephony.jitter_buffer import DEEPEST, FADE_FRAMES, FRAME, NO_SOUND, QUIET, SPARE, TARGET
from app.telephony.rtp import samples_between, sequence_after
from app.telephony.surplus import WatchedSurplus

_RING = 8000
_SILENT = b"\xd5" * FRAME


class JitterModel:
    """One A-law stream. `row`: its surplus is judged in the tick in which that row's is."""

    def __init__(self, row: int) -> None:
        self._row = row
        self._ticks = 0
        self._ring = bytearray(_RING)
        self._present = bytearray(_RING)
        self._read = 0
        self._end = 0
        self._ssrc: int | None = None
        self._known_timestamp = 0
        self._known_position = 0
        self._stray_next: int | None = None
        self._hold_frames = 0
        self._last = _SILENT
        self._missing = NO_SOUND
        self._surplus = WatchedSurplus(SPARE)
        for _ in range(-row % 50):
            self._surplus.tick()
        self.figures = {"late": 0, "duplicates": 0, "concealed": 0, "skipped": 0, "resyncs": 0}

    def put(self, sequence: int, timestamp: int, ssrc: int, codes: bytes) -> None:
        """Take a packet's sound, of any length up to 280 ms."""
        if not codes or len(codes) > DEEPEST - TARGET:
            return
        if ssrc != self._ssrc:
            self._ssrc = ssrc
            self._begin_anew(timestamp)
        position = self._known_position + samples_between(self._known_timestamp, timestamp)
        if position == self._end:
            self._skip_to(position + len(codes) - DEEPEST)
        ahead = position - self._read
        if ahead < -DEEPEST or ahead + len(codes) > DEEPEST:
            if sequence != self._stray_next:
                self._stray_next = sequence_after(sequence)
                return
            self._begin_anew(timestamp)
            position = self._known_position
            ahead = TARGET
        self._stray_next = None
        self._known_timestamp, self._known_position = timestamp, position
        self._surplus.note(ahead)
        if ahead < 0:
            self._deepen(-ahead)
        self._write(position, codes)

    def pull(self) -> tuple[bytes | None, int]:
        """The next 160 codes and 0, or nothing and the stage of what is to be made up."""
        self._surplus.tick()
        self._ticks += 1
        if self._hold_frames:
            self._hold_frames -= 1
            return self._conceal()
        frame = self._take()
        if frame is None:
            return self._conceal()
        looks = self._ticks % 4 == self._row % 4
        if looks and self._surplus.frames and self._end - self._read >= FRAME:
            first = frame
            if self._surplus.take(is_quiet=max(first.translate(g711.LOUDNESS["PCMA"])) <= QUIET):
                self.figures["skipped"] += 1
                frame = self._take() or first
        self._last = frame
        self._missing = 0
        return frame, 0

    @property
    def depth(self) -> int:
        """Samples from the next one to be played to the newest."""
        return max(0, self._end - self._read)

    def _begin_anew(self, timestamp: int) -> None:
        if self._end:
            self.figures["resyncs"] += 1
        self._present[:] = bytes(_RING)
        self._known_timestamp = timestamp
        self._known_position = self._end = self._read + TARGET
        self._hold_frames = 0
        self._surplus.forget()

    def _deepen(self, behind: int) -> None:
        """A packet came too late: read later by as many frames, at no cost when there is nothing to play."""
        self.figures["late"] += 1
        frames = -(-behind // FRAME)
        if self._end <= self._read:
            self._read -= frames * FRAME
        else:
            room = (DEEPEST - self.depth) // FRAME
            self._hold_frames = min(max(self._hold_frames, frames), room)

    def _skip_to(self, position: int) -> None:
        """Leave out whole frames, so that the newest sound of a burst fits."""
        while self._read < position:
            self._take()
            self.figures["skipped"] += 1

    def _write(self, position: int, codes: bytes) -> None:
        if position < self._read:
            codes = codes[self._read - position :]
            position = self._read
        if not codes:
            return
        self._end = max(self._end, position + len(codes))
        start = position % _RING
        if self._present[start]:
            self.figures["duplicates"] += 1
        self._place(start, codes[: _RING - start])
        if start + len(codes) > _RING:
            self._place(0, codes[_RING - start :])

    def _place(self, start: int, codes: bytes) -> None:
        end = start + len(codes)
        self._ring[start:end] = codes
        self._present[start:end] = b"\x01" * len(codes)

    def _take(self) -> bytes | None:
        """The frame at the reading position, which moves on; None when no sample of it arrived."""
        start = self._read % _RING
        self._read += FRAME
        present = self._present[start : start + FRAME]
        if not any(present):
            return None
        self._present[start : start + FRAME] = bytes(FRAME)
        frame = bytes(self._ring[start : start + FRAME])
        if all(present):
            return frame
        self.figures["concealed"] += 1
        return bytes(new if there else old for new, old, there in zip(frame, self._last, present, strict=True))

    def _conceal(self) -> tuple[None, int]:
        self._missing = min(self._missing + 1, NO_SOUND)
        self.figures["concealed"] += self._missing <= FADE_FRAMES
        return None, self._missing
