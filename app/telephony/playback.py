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

    def of_all(self, clips: Sequence[Clip], form: Form) -> bytes:
        """The clips one after the other."""
        return self.of(clips[0], form) if len(clips) == 1 else b"".join(self.of(clip, form) for clip in clips)


class Playback:
    """Some clips in turn, once or over and over. `played` counts samples."""

    def __init__(self, clips: Sequence[Clip], tag: str, forms: ClipForms, *, loop: bool = False) -> None:
        self.tag = tag
        self._clips = tuple(clip for clip in clips if len(clip.samples) >= 2)
        self._forms = forms
        self._loop = loop
        self._form: Form = None
        self._sound = b""
        self._width = 2
        self.played = 0
        self.finished = not self._clips
        if self._clips:
            self._take_form(None)

    def frame(self, form: Form) -> bytes:
        """The next 20 ms; silence after the last sample."""
        if self.finished:
            return SILENCE[form]
        if form != self._form:
            self._take_form(form)
        width = self._width
        start = self.played * width
        frame = self._sound[start : start + FRAME * width]
        self.played += FRAME
        if start + FRAME * width >= len(self._sound):
            return self._wrapped(frame)
        return frame

    def sound(self, form: Form) -> bytes:
        """All of it; of a single clip the same object whenever it is asked for."""
        if form != self._form and self._clips:
            self._take_form(form)
        return self._sound

    def _take_form(self, form: Form) -> None:
        self._form = form
        self._width = 2 if form is None else 1
        self._sound = self._forms.of_all(self._clips, form)

    def _wrapped(self, frame: bytes) -> bytes:
        """The end of the last clip: the first follows, or silence."""
        samples = len(self._sound) // self._width
        if not self._loop:
            self.finished = True
            return frame + SILENCE[self._form][len(frame) :]
        self.played %= samples
        while len(frame) < FRAME * self._width:
            frame += self._sound[: FRAME * self._width - len(frame)]
        return frame
