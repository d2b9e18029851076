"""A recogniser that hears what the test says, and an announcer whose sounds are their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.application.ports import Clip, Ear, Heard, Listening, Rank, Reception, Word
from tests.fakes.clock import VirtualClock

CLIP_S = 2.0
"""How long every announcement lasts."""


class FakeChannel:
    """Implements `ports.Listening`; late results come after `close` too."""

    def __init__(
        self,
        on_heard: Callable[[Heard], None],
        on_reception: Callable[[Reception], None],
        phrases: Sequence[str] | None,
        rank: Rank,
    ) -> None:
        self.on_heard = on_heard
        self.on_reception = on_reception
        self.phrases = phrases
        self.rank = rank
        self.open = True
        self.fed = 0

    def feed(self, pcm: bytes) -> None:
        assert self.open, "sound for a closed channel"
        self.fed += len(pcm)

    def close(self) -> None:
        self.open = False

    def on_available(self, available: bool) -> None:
        """The recogniser comes and goes."""
        self.on_reception(Reception(Ear.HEARS if available else Ear.AWAY))

    def partial(self, text: str) -> None:
        self.on_heard(Heard(text, final=False))

    def final(self, text: str, start_s: float = 0.0, *, confidence: float = 1.0) -> None:
        """The phrase, one word each half second from `start_s` on."""
        words = tuple(
            Word(word, start_s + 0.5 * n, start_s + 0.5 * n + 0.4, confidence)
            for n, word in enumerate(text.split())
        )
        self.on_heard(Heard(text, final=True, words=words))


class FakeRecognizer:
    """Implements `ports.Recognizer`."""

    def __init__(self) -> None:
        self.channels: list[FakeChannel] = []

    def listen(
        self,
        on_heard: Callable[[Heard], None],
        on_reception: Callable[[Reception], None],
        phrases: Sequence[str] | None = None,
        rank: Rank = Rank.CALLER,
    ) -> Listening:
        channel = FakeChannel(on_heard, on_reception, phrases, rank)
        self.channels.append(channel)
        return channel

    def open(self) -> list[FakeChannel]:
        return [channel for channel in self.channels if channel.open]


class FakeAnnouncer:
    """Implements `ports.Announcer`: at once, or `delay_s` later."""

    def __init__(self, clock: VirtualClock, delay_s: float | None = None) -> None:
        self._clock = clock
        self.delay_s = delay_s
        self.spoken: list[tuple[str, str]] = []
        self._music = Clip("music", bytes(16000))
        self._ringback = Clip("ringback", bytes(16000))

    def speak(
        self, name: str, text: str, then: Callable[[Clip], None], values: Mapping[str, str] | None = None
    ) -> None:
        self.spoken.append((name, text if values is None else text.format_map(values)))
        clip = Clip(name, bytes(int(CLIP_S * 16000)))
        if self.delay_s is None:
            then(clip)
        else:
            self._clock.call_later(self.delay_s, lambda: then(clip))

    def ringback(self) -> Clip:
        return self._ringback

    def music(self) -> Clip:
        return self._music

    def text_of(self, name: str) -> str:
        """What was said last under that name."""
        return [text for its, text in self.spoken if its == name][-1]
