"""What of a stream is worth decoding: phrases with a little silence around them. Pure.

Before a phrase stands `PRE_ROLL_S` of what came before its first loud sound, so that a faint first letter is not
lost. After the last one `TAIL_S` goes through, which the network needs to be certain of the last word; the rest is
held back. When the voice returns within `END_S` all that was held goes through too: a pause in a phrase is decoded
as it was. When it does not, the phrase has ended.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.speech.voice_activity import FRAME_S, VoiceDetector

PRE_ROLL_S = 0.24
TAIL_S = 0.36
"""The bundled model looks 0.3 s ahead and computes in steps of 0.12 s."""
END_S = 0.56
"""Vosk's own rule ends a phrase after half a second of silence."""
SETTLES_EVERY_S = 2.0
"""In silence an end is told of so often: what a client keeps to say again stays short."""

_SAMPLE_BYTES = 2


@dataclass(frozen=True)
class Passage:
    """Sound to decode: `pcm` from the stream's sample `start` on; `ends` when the phrase is over with it."""

    start: int
    pcm: bytes
    ends: bool = False


class SoundGate:
    """One stream's gate. `pcm` is 16-bit little-endian mono at `sample_rate_hz`."""

    def __init__(self, sample_rate_hz: float, *, tail_s: float = TAIL_S) -> None:
        """`tail_s` of `END_S` holds nothing back."""
        self._detector = VoiceDetector(sample_rate_hz)
        self._frame_bytes = self._detector.frame_samples * _SAMPLE_BYTES
        self._pre_roll_bytes = _frames(PRE_ROLL_S) * self._frame_bytes
        self._tail_frames = _frames(tail_s)
        self._end_frames = _frames(END_S)
        self._settle_frames = _frames(SETTLES_EVERY_S)
        self._rest = b""
        self._place = 0
        """The stream's sample after the last whole frame."""
        self._held = bytearray()
        self._quiet = self._end_frames
        """Frames since the last of speech; from `_end_frames` on no phrase is open."""

    @property
    def is_shut(self) -> bool:
        """No phrase is open."""
        return self._quiet >= self._end_frames

    def feed(self, pcm: bytes) -> list[Passage]:
        """What of the stream is to be decoded now; nothing in silence."""
        pcm = self._rest + pcm if self._rest else pcm
        whole = len(pcm) // self._frame_bytes * self._frame_bytes
        self._rest = pcm[whole:]
        if not whole:
            return []
        speech = self._detector.speech(np.frombuffer(pcm, "<i2", whole // _SAMPLE_BYTES))
        if not speech.any() and self.is_shut:
            return self._stay_shut(pcm[:whole], len(speech))
        passages: list[Passage] = []
        for number, heard in enumerate(speech.tolist()):
            frame = pcm[number * self._frame_bytes : (number + 1) * self._frame_bytes]
            self._hear(frame, heard, passages)
        return passages

    def flush(self) -> list[Passage]:
        """The stream ends, or is to be answered as if it did."""
        passages: list[Passage] = []
        if not self.is_shut:
            rest = self._rest[: len(self._rest) // _SAMPLE_BYTES * _SAMPLE_BYTES]
            passages = [Passage(self._place - len(self._held) // _SAMPLE_BYTES, bytes(self._held) + rest)]
        self._place += len(self._rest) // _SAMPLE_BYTES
        self._rest = b""
        self._held.clear()
        self._quiet = self._end_frames
        return passages

    def _hear(self, frame: bytes, heard: bool, passages: list[Passage]) -> None:
        self._held += frame
        self._place += len(frame) // _SAMPLE_BYTES
        self._quiet = 0 if heard else self._quiet + 1
        if self._quiet <= self._tail_frames:
            self._pass_held(passages)
        if self._quiet == self._end_frames:
            passages.append(Passage(self._place, b"", ends=True))
        elif self._quiet > self._end_frames:
            self._forget()
            self._settle(1, passages)

    def _stay_shut(self, sound: bytes, frames: int) -> list[Passage]:
        """Most of a stream: silence in silence."""
        passages: list[Passage] = []
        self._held += sound
        self._place += len(sound) // _SAMPLE_BYTES
        self._quiet += frames
        self._forget()
        self._settle(frames, passages)
        return passages

    def _pass_held(self, passages: list[Passage]) -> None:
        sound = bytes(self._held)
        start = self._place - len(sound) // _SAMPLE_BYTES
        self._held.clear()
        last = passages[-1] if passages else None
        if last is not None and not last.ends and last.start + len(last.pcm) // _SAMPLE_BYTES == start:
            passages[-1] = Passage(last.start, last.pcm + sound)
        else:
            passages.append(Passage(start, sound))

    def _forget(self) -> None:
        del self._held[: max(0, len(self._held) - self._pre_roll_bytes)]

    def _settle(self, frames: int, passages: list[Passage]) -> None:
        since = self._quiet - self._end_frames
        if since // self._settle_frames > (since - frames) // self._settle_frames:
            passages.append(Passage(self._place, b"", ends=True))


def _frames(seconds: float) -> int:
    return round(seconds / FRAME_S)
