"""Playing clips without gaps, from encodings that are made once for each clip and law."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from weakref import WeakKeyDictionary

from app.application.ports import Clip
from app.telephony import g711
from app.telephony.media_port import Codec

FRAME: Final = 160
Form = Codec | None
"""A law, or None for 16-bit PCM as a browser wants it."""

SILENCE: Final[dict[Form, bytes]] = {
    "PCMA": bytes((g711.SILENCE["PCMA"],)) * FRAME,
    "PCMU": bytes((g711.SILENCE["PCMU"],)) * FRAME,
    None: bytes(2 * FRAME),
}


class ClipForms:
    """The clips in the forms in which they were played; forgotten with the clip."""

    def __init__(self) -> None:
        self._forms: WeakKeyDictionary[Clip, dict[Form, bytes]] = WeakKeyDictionary()

    def of(self, clip: Clip, form: Form) -> bytes:
        forms = self._forms.setdefault(clip, {})
        if form not in forms:
            pcm = clip.samples[: len(clip.samples) // 2 * 2]
            forms[form] = pcm if form is None else g711.encode(form, pcm).tobytes()
        return forms[form]


class Playback:
    """Some clips in turn, once or over and over."""

    def __init__(self, clips: Sequence[Clip], tag: str, forms: ClipForms, *, loop: bool = False) -> None:
        self.tag = tag
        self._clips = [clip for clip in clips if len(clip.samples) >= 2]
        self._forms = forms
        self._loop = loop
        self._clip = 0
        self._sample = 0

    @property
    def finished(self) -> bool:
        return self._clip >= len(self._clips)

    def frame(self, form: Form) -> bytes:
        """The next 20 ms; silence after the last sample."""
        width = 2 if form is None else 1
        parts = []
        wanted = FRAME * width
        while wanted and not self.finished:
            sound = self._forms.of(self._clips[self._clip], form)
            start = self._sample * width
            part = sound[start : start + wanted]
            parts.append(part)
            wanted -= len(part)
            self._advance(len(part) // width, len(sound) // width)
        parts.append(SILENCE[form][:wanted])
        return b"".join(parts)

    def _advance(self, samples: int, of: int) -> None:
        self._sample += samples
        if self._sample >= of:
            self._sample = 0
            self._clip += 1
            if self._loop and self.finished:
                self._clip = 0
