"""What a caller hears until somebody answers: the welcome, the place in the queue, music, and now and then a word
that the line is still there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from app.application.announcing import Announcing
from app.application.live_call import LiveCall
from app.application.ports import Clock, PhoneLine
from app.domain.calls import Phase
from app.domain.spoken_numbers import MOST, ordinal

SAID_EACH_S = 45.0
POSITION = "position"
WAITS = (Phase.WAITING, Phase.OFFERED)


class WaitingByPhone:
    """`calls` are those under way, by id."""

    def __init__(
        self, phone: PhoneLine, announcing: Announcing, clock: Clock, calls: Mapping[str, LiveCall]
    ) -> None:
        self._phone = phone
        self._announcing = announcing
        self._clock = clock
        self._calls = calls

    def queued(self, live: LiveCall, *, again: bool) -> None:
        """The call came in, or is back in the queue."""
        if again:
            self._announcing.say(live, "connecting", then=lambda: self._tell_place(live))
        elif live.caller_leg is not None:
            self._phone.answer(live.caller_leg)
            self._announcing.say(live, "welcome", then=lambda: self._tell_place(live))

    def _tell_place(self, live: LiveCall) -> None:
        """The place at first; who is being answered need not know it."""
        if live.state.phase is Phase.WAITING and self._place_has_changed(live):
            self._say(live, [POSITION])
        else:
            self._music(live)

    def _still(self, live: LiveCall) -> None:
        if live.state.phase in WAITS:
            self._say(live, ["waiting", POSITION] if self._place_has_changed(live) else ["waiting"])

    def _say(self, live: LiveCall, names: list[str]) -> None:
        live.place_said = place_in_queue(live, self._calls)
        values = {"position": ordinal(min(live.place_said, MOST))}
        self._announcing.say_in_turn(live, names, values, then=lambda: self._music(live))

    def _place_has_changed(self, live: LiveCall) -> bool:
        return self._announcing.has(live, POSITION) and place_in_queue(live, self._calls) != live.place_said

    def _music(self, live: LiveCall) -> None:
        self._announcing.music(live)
        live.after(self._clock, "waiting", SAID_EACH_S, lambda: self._still(live))


def place_in_queue(live: LiveCall, calls: Mapping[str, LiveCall]) -> int:
    """Counted from 1, among the calls of the same unit."""
    mine = _since(live)
    return 1 + sum(
        other.state.phase in WAITS and other.state.unit == live.state.unit and _since(other) < mine
        for other in calls.values()
        if other is not live
    )


def _since(live: LiveCall) -> tuple[datetime, str]:
    # Two that arrived in one instant: the order must be the same for both.
    arrived = live.state.arrived_at
    assert arrived is not None, "a call that waits has arrived"
    return arrived, live.id
