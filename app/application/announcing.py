"""What the other party of a call is played: announcements in turn, and music between."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import structlog

from app.application.live_call import LiveCall
from app.application.ports import Announcer, Clip, PhoneLine

log = structlog.get_logger()

Then = Callable[[], None]


class Announcing:
    """Plays by name; the newest wish counts, and what an older one was to lead to is forgotten."""

    def __init__(self, phone: PhoneLine, announcer: Announcer) -> None:
        self._phone = phone
        self._announcer = announcer
        self._wishes: dict[str, int] = {}
        self._then: dict[str, tuple[str, Then]] = {}

    def say(self, live: LiveCall, name: str, values: Mapping[str, str] | None = None, *, then: Then) -> None:
        """Say the announcement of that name, then do `then`. Its variables are `values`, in words."""
        self._say(live, [(name, live.profile.announcements[name])], values or {}, then)

    def has(self, live: LiveCall, name: str) -> bool:
        """The organisation has an announcement of that name."""
        return name in live.profile.announcements

    def say_in_turn(
        self, live: LiveCall, names: Sequence[str], values: Mapping[str, str] | None = None, *, then: Then
    ) -> None:
        """Say several announcements as one."""
        self._say(live, [(name, live.profile.announcements[name]) for name in names], values or {}, then)

    def say_texts(self, live: LiveCall, texts: Sequence[tuple[str, str]], *, then: Then) -> None:
        """Say texts, each with its name, that are no templates."""
        self._say(live, texts, None, then)

    def _say(
        self, live: LiveCall, texts: Sequence[tuple[str, str]], values: Mapping[str, str] | None, then: Then
    ) -> None:
        tag = self._wish(live)
        clips: dict[int, Clip] = {}

        def ready(place: int, clip: Clip) -> None:
            clips[place] = clip
            # The call may have moved on while the sound was being made.
            if len(clips) == len(texts) and tag in self._then and live.caller_leg is not None:
                self._phone.play(live.caller_leg, [clips[n] for n in range(len(texts))], tag=tag)

        self._then[tag] = (live.id, then)
        for place, (name, text) in enumerate(texts):
            self._announcer.speak(name, text, partial(ready, place), values)

    def music(self, live: LiveCall) -> None:
        """Music until something else is wished."""
        tag = self._wish(live)
        if live.caller_leg is not None:
            self._phone.play(live.caller_leg, [self._announcer.music()], tag=tag, loop=True)

    def ringback(self) -> Clip:
        return self._announcer.ringback()

    def stop(self, live: LiveCall) -> None:
        """The party hears its bridge again, or silence."""
        self._wish(live)
        if live.caller_leg is not None:
            self._phone.stop_playing(live.caller_leg)

    def finished(self, tag: str) -> None:
        """The telephone has played the last sample of `tag`."""
        waiting = self._then.pop(tag, None)
        if waiting is not None:
            waiting[1]()

    def forget(self, live: LiveCall) -> None:
        """The call is over."""
        self._wish(live)
        self._wishes.pop(live.id, None)

    def _wish(self, live: LiveCall) -> str:
        number = self._wishes.get(live.id, 0) + 1
        self._wishes[live.id] = number
        self._then = {tag: kept for tag, kept in self._then.items() if kept[0] != live.id}
        return f"{live.id}/{number}"
