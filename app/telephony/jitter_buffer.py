"""The jitter buffer of one RTP stream: packets in as they come, one frame of 20 ms out each tick.

Sound is placed by timestamp (RFC 3550 5.1), so that order, duplicates and packet sizes do not matter. A packet that
comes late deepens the buffer; what is deeper than need be is taken back by `Surplus`. The frames out are gap-free
in time: what did not arrive is the frame before once more, faded to nothing over 60 ms as ITU-T G.711 Appendix I
does, then silence.
"""

from __future__ import annotations

from typing import Final

from app.telephony import g711
from app.telephony.media_port import Codec
from app.telephony.rtp import samples_between, sequence_after
from app.telephony.surplus import Surplus

FRAME: Final = 160
TARGET: Final = 2 * FRAME  # how far ahead of need the first packet of a stream is placed
SPARE: Final = FRAME  # how far ahead a calm stream stays
DEEPEST: Final = 16 * FRAME
FADE_FRAMES: Final = 3
QUIET: Final = 3  # in steps of 128: -36 dBFS

_RING: Final = 8000
_ALL: Final = b"\x01" * FRAME
_NONE: Final = bytes(FRAME)


class JitterBuffer:
    """Positions are samples on the reader's own endless scale; `_read` is the next one to be played."""

    def __init__(self, law: Codec) -> None:
        self._silence = bytes((g711.SILENCE[law],)) * FRAME
        self._loudness = g711.LOUDNESS[law]
        self._ring = bytearray(_RING)
        self._present = bytearray(_RING)
        self._read = 0
        self._end = 0  # after the newest sample placed
        self._ssrc: int | None = None
        self._known_timestamp = 0
        self._known_position = 0
        self._stray_next: int | None = None
        self._hold_frames = 0
        self._last = self._silence
        self._missing = FADE_FRAMES
        self._surplus = Surplus(SPARE)
        self.late = 0
        self.duplicates = 0
        self.concealed = 0
        self.skipped = 0
        self.resyncs = 0

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

    def pull(self) -> tuple[bytes, int]:
        """The next 160 codes, and how often the frame was repeated: 0 plays as it is, 1..FADE_FRAMES fades."""
        self._surplus.tick()
        if self._hold_frames:
            self._hold_frames -= 1
            return self._conceal()
        frame = self._take()
        if frame is None:
            return self._conceal()
        if self._surplus.frames and self._end - self._read >= FRAME:
            first = frame
            if self._surplus.take(lambda: max(first.translate(self._loudness)) <= QUIET):
                self.skipped += 1
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
            self.resyncs += 1
        self._present[:] = bytes(_RING)
        self._known_timestamp = timestamp
        self._known_position = self._end = self._read + TARGET
        self._hold_frames = 0
        self._surplus.forget()

    def _deepen(self, behind: int) -> None:
        """A packet came too late: read later by as many frames, at no cost when there is nothing to play."""
        self.late += 1
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
            self.skipped += 1

    def _write(self, position: int, codes: bytes) -> None:
        if position < self._read:
            codes = codes[self._read - position :]
            position = self._read
        if not codes:
            return
        self._end = max(self._end, position + len(codes))
        start = position % _RING
        if self._present[start]:
            self.duplicates += 1
        self._place(start, codes[: _RING - start])
        if start + len(codes) > _RING:
            self._place(0, codes[_RING - start :])

    def _place(self, start: int, codes: bytes) -> None:
        end = start + len(codes)
        self._ring[start:end] = codes
        self._present[start:end] = _ALL if len(codes) == FRAME else _ALL[:1] * len(codes)

    def _take(self) -> bytes | None:
        """The frame at the reading position, which moves on; None when no sample of it arrived."""
        start = self._read % _RING
        self._read += FRAME
        present = self._present[start : start + FRAME]
        if present == _NONE:
            return None
        self._present[start : start + FRAME] = _NONE
        frame = bytes(self._ring[start : start + FRAME])
        if present == _ALL:
            return frame
        self.concealed += 1
        return bytes(new if there else old for new, old, there in zip(frame, self._last, present, strict=True))

    def _conceal(self) -> tuple[bytes, int]:
        if self._missing >= FADE_FRAMES:
            return self._silence, 0
        self._missing += 1
        self.concealed += 1
        return self._last, self._missing
