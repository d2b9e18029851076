"""What the other party of a call is played: announcements in turn, and music between."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
        """Say the announcement of that name, then do `then`."""
        text = live.profile.announcements[name].format_map(values or {})
        self.say_text(live, name, text, then=then)

    def say_text(self, live: LiveCall, name: str, text: str, *, then: Then) -> None:
        tag = self._wish(live)

        def ready(clip: Clip) -> None:
            # The call may have moved on while the sound was being made.
            if tag in self._then and live.caller_leg is not None:
                self._phone.play(live.caller_leg, [clip], tag=tag)

        self._then[tag] = (live.id, then)
        self._announcer.speak(name, text, ready)

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
