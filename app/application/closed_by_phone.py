"""The closed line over the telephone: what a caller hears outside the hours, and the number that is typed (L1)."""

from __future__ import annotations

from collections.abc import Callable

from app.application.announcing import Announcing
from app.application.live_call import LiveCall
from app.application.ports import Clock, PhoneLine
from app.domain import commands as c
from app.domain import facts as f
from app.domain.calls import Phase
from app.domain.profile import ClosedReason
from app.domain.spoken_hours import spoken_opening
from app.domain.spoken_russian import spoken_digits

SILENCE_ENDS_S = 10.0
"""A caller who types nothing for so long is not going to."""
MOST_DIGITS = 20
END_OF_NUMBER, FROM_THE_START = "#", "*"


class ClosedByPhone:
    """Turns the facts of a closed call into announcements, and the keys of a number into the number. The digits
    stay here until they are whole: they are nobody's business in a log."""

    def __init__(
        self,
        phone: PhoneLine,
        announcing: Announcing,
        clock: Clock,
        tell: Callable[[LiveCall, c.Command], None],
    ) -> None:
        self._phone = phone
        self._announcing = announcing
        self._clock = clock
        self._tell = tell
        self._typed: dict[str, str] = {}

    def tell(self, live: LiveCall, fact: f.LineWasClosed) -> None:
        """Why nobody answers, the hours and the next opening; then the line waits for a key."""
        if live.caller_leg is None:
            return
        self._phone.answer(live.caller_leg)
        reason = ClosedReason(fact.why or ClosedReason.NIGHT)
        local = fact.next_opening.astimezone(live.profile.schedule.zone)
        values = {"hours": live.profile.hours_text, "next_opening": spoken_opening(local)}
        name = live.profile.closed.announcement(reason)
        wait_s = live.profile.closed.wait_s
        self._announcing.say(live, name, values, then=lambda: self._end_after(live, wait_s))

    def ask(self, live: LiveCall, attempt: int) -> None:
        """Ask for the number; the first key may come before the announcement is over."""
        live.cancel("closed")
        self._typed[live.id] = ""
        name = "closed_number" if attempt == 1 else "closed_number_wrong"
        self._announcing.say(live, name, then=lambda: self._wait_for_digits(live))

    def key(self, live: LiveCall, key: str) -> bool:
        """True when the key belongs to a number that is being typed."""
        if live.id not in self._typed or live.state.phase is not Phase.CLOSED:
            return False
        if not self._typed[live.id]:
            self._announcing.stop(live)
        if key == END_OF_NUMBER:
            self._give(live)
            return True
        typed = "" if key == FROM_THE_START else self._typed[live.id] + key
        self._typed[live.id] = typed[:MOST_DIGITS]
        self._wait_for_digits(live)
        return True

    def promised(self, live: LiveCall, fact: f.PromiseMade) -> None:
        """The number that was typed is read back digit by digit; then the farewell."""
        live.cancel("closed")
        typed = self._typed.pop(live.id, None) is not None
        if typed and self._announcing.has(live, "closed_number_back"):
            values = {"number": spoken_digits(fact.number)}
            self._announcing.say(live, "closed_number_back", values, then=lambda: self._farewell(live))
        else:
            self._farewell(live)

    def forget(self, live: LiveCall) -> None:
        """The call is over."""
        self._typed.pop(live.id, None)

    def _farewell(self, live: LiveCall) -> None:
        end = c.End("closed")
        self._announcing.say(live, "closed_promised", then=lambda: self._tell(live, end))

    def _wait_for_digits(self, live: LiveCall) -> None:
        live.after(self._clock, "closed", SILENCE_ENDS_S, lambda: self._silent(live))

    def _silent(self, live: LiveCall) -> None:
        """Who typed a number and forgot the last key is called back all the same."""
        if self._typed.get(live.id):
            self._give(live)
        else:
            self._tell(live, c.End("closed"))

    def _give(self, live: LiveCall) -> None:
        live.cancel("closed")
        self._tell(live, c.TypeNumber(self._typed[live.id]))

    def _end_after(self, live: LiveCall, seconds: float) -> None:
        live.after(self._clock, "closed", seconds, lambda: self._tell(live, c.End("closed")))
