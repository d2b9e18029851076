"""A call under way: its state, and what of the world belongs to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from app.application.ports import Clock, LegId, LegQuality, Listening, Reception, Recording, Timer
from app.application.suggestions import Sought
from app.domain.calls import Call
from app.domain.dictated_numbers import Dictated
from app.domain.facts import Speaker
from app.domain.profile import Profile

ASK_AGAIN = "ask_again"
"""The timer during which operators who did not take the call are passed over."""


@dataclass
class LiveCall:
    """`operator_legs` are by login: during a transfer there are two. `profile` is the one that the call began with:
    a newer one leads only the calls that come after it."""

    state: Call
    profile: Profile
    caller_leg: LegId | None = None
    operator_legs: dict[str, LegId] = field(default_factory=dict)
    timers: dict[str, Timer] = field(default_factory=dict)
    channels: list[Listening] = field(default_factory=list)
    receptions: dict[Speaker, Reception] = field(default_factory=dict)
    """How the recogniser hears each side, as far as it has told; empty while it does not listen."""
    sound: dict[str, LegQuality] = field(default_factory=dict)
    """The last measurement by party: `caller`, or an operator's login."""
    recording: tuple[str, Recording] | None = None
    """The name, and what is being written."""
    place_said: int = 0
    """The place in the queue that the caller was told last."""
    sought: Sought = field(default_factory=Sought)
    """Articles that were looked for."""
    dictated: Dictated = field(default_factory=Dictated)
    """The telephone number that was said last."""

    @property
    def id(self) -> str:
        return self.state.id

    @property
    def stream(self) -> str:
        return f"call:{self.state.id}"

    def login_of(self, leg: LegId) -> str:
        """Whose leg it is; "" for the caller's, or none of this call."""
        return next((login for login, its in self.operator_legs.items() if its == leg), "")

    def after(self, clock: Clock, name: str, seconds: float, action: Callable[[], None]) -> None:
        """Do `action` later unless `name` is cancelled or set anew; one timer of a name at a time."""

        def due() -> None:
            self.timers.pop(name, None)
            action()

        self.cancel(name)
        self.timers[name] = clock.call_later(seconds, due)

    def cancel(self, name: str) -> None:
        timer = self.timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def cancel_all(self) -> None:
        for name in list(self.timers):
            self.cancel(name)
