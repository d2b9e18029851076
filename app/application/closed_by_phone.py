"""The closed line over the telephone: what a caller hears outside the hours, and the number that is typed or said
(L1). A number that is said is read back and confirmed before anything is promised; keys are heard at any time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.application.announcing import Announcing
from app.application.live_call import LiveCall
from app.application.number_by_voice import TIMER, NumberByVoice
from app.application.ports import Clock, PhoneLine, Recognizer
from app.domain import commands as c
from app.domain import facts as f
from app.domain.calls import Phase
from app.domain.closed_line import ATTEMPTS_BY_VOICE, CONFIRMATION, NO, YES
from app.domain.profile import ClosedAction, ClosedReason
from app.domain.spoken_hours import spoken_opening
from app.domain.spoken_phone import Reading
from app.domain.spoken_russian import spoken_digits

SILENCE_ENDS_S = 10.0
"""A caller who types nothing for so long is not going to."""
CONFIRMED_WITHIN_S = 7.0
MOST_CHECKS = 2
"""How often a number is read back without a yes or no."""
MOST_DIGITS = 20
END_OF_NUMBER, FROM_THE_START = "#", "*"
BY_VOICE = ("closed_number_voice", "closed_number_again", "closed_number_check")
"""An organisation without these announcements takes numbers by keys alone."""


@dataclass
class _Leaving:
    """A number on its way."""

    typed: str = ""
    proposed: str = ""
    """E.164: read back, and not yet confirmed."""
    checks: int = 0
    voiced: bool = False
    """The last attempt was by voice."""
    corrected: int = 0
    """How often the caller put the number right while it was read back."""


class ClosedByPhone:
    """Turns the facts of a closed call into announcements, and keys and words into the number. The digits stay here
    until they are whole: they are nobody's business in a log."""

    def __init__(
        self,
        phone: PhoneLine,
        recognizer: Recognizer,
        announcing: Announcing,
        clock: Clock,
        tell: Callable[[LiveCall, c.Command], None],
    ) -> None:
        self._phone = phone
        self._announcing = announcing
        self._clock = clock
        self._tell = tell
        self._voice = NumberByVoice(phone, recognizer, clock)
        self._leaving: dict[str, _Leaving] = {}

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
        if self._takes_voice(live):
            self._voice.prepare(live)
        self._announcing.say(live, name, values, then=lambda: self._end_after(live, wait_s))

    def ask(self, live: LiveCall, attempt: int) -> None:
        """Ask for the number; the first key may come before the announcement is over. Speaking is asked for only
        while a recogniser hears this call."""
        live.cancel(TIMER)
        before = self._leaving.get(live.id)
        by_voice = attempt <= ATTEMPTS_BY_VOICE and self._voice.ready(live)
        self._leaving[live.id] = _Leaving()
        if before is None:
            name = "closed_number_voice" if by_voice else "closed_number"
        elif before.voiced:
            name = "closed_number_again" if by_voice else "closed_number"
        else:
            name = "closed_number_wrong"
        self._voice.renew(live)
        self._announcing.say(live, name, then=lambda: self._wait_for_number(live, by_voice=by_voice))

    def key(self, live: LiveCall, key: str) -> bool:
        """True when the key belongs to a number that is being left."""
        leaving = self._leaving.get(live.id)
        if leaving is None or live.state.phase is not Phase.CLOSED:
            return False
        if leaving.proposed and (answer := _answer_by(key)):
            self._confirmed(live, answer)
            return True
        if not leaving.typed:
            self._announcing.stop(live)
            self._voice.close(live)
            leaving.proposed, leaving.voiced = "", False
        if key == END_OF_NUMBER:
            self._give(live)
            return True
        typed = "" if key == FROM_THE_START else leaving.typed + key
        leaving.typed = typed[:MOST_DIGITS]
        self._wait_for_digits(live)
        return True

    def promised(self, live: LiveCall, fact: f.PromiseMade) -> None:
        """The number that was typed is read back digit by digit; one that was said has been. Then the farewell."""
        live.cancel(TIMER)
        self._voice.forget(live)
        leaving = self._leaving.pop(live.id, None)
        typed = leaving is not None and not leaving.proposed
        if typed and self._announcing.has(live, "closed_number_back"):
            values = {"number": spoken_digits(fact.number)}
            self._announcing.say(live, "closed_number_back", values, then=lambda: self._farewell(live))
        else:
            self._farewell(live)

    def given_up(self, live: LiveCall) -> None:
        """No number: when somebody will answer, and goodbye."""
        self.forget(live)
        end = c.End("closed")
        if not self._announcing.has(live, "closed_goodbye"):
            self._tell(live, end)
            return
        values = {"hours": live.profile.hours_text}
        self._announcing.say(live, "closed_goodbye", values, then=lambda: self._tell(live, end))

    def forget(self, live: LiveCall) -> None:
        """The call is over, or no number is left in it."""
        live.cancel(TIMER)
        self._voice.forget(live)
        self._leaving.pop(live.id, None)

    # --- by keys ---------------------------------------------------------------------------------------------

    def _farewell(self, live: LiveCall) -> None:
        end = c.End("closed")
        self._announcing.say(live, "closed_promised", then=lambda: self._tell(live, end))

    def _wait_for_digits(self, live: LiveCall) -> None:
        live.after(self._clock, TIMER, SILENCE_ENDS_S, lambda: self._silent(live))

    def _silent(self, live: LiveCall) -> None:
        """Who typed a number and forgot the last key is called back all the same; who spoke, but no digits, or to a
        recogniser that has gone, is asked again."""
        leaving = self._leaving[live.id]
        if leaving.typed:
            self._give(live)
        elif leaving.voiced and (self._voice.heard_noise(live) or not self._voice.ready(live)):
            self._tell(live, c.MissNumber("nonsense"))
        else:
            self._tell(live, c.End("closed"))

    def _give(self, live: LiveCall) -> None:
        live.cancel(TIMER)
        self._tell(live, c.TypeNumber(self._leaving[live.id].typed))

    def _end_after(self, live: LiveCall, seconds: float) -> None:
        live.after(self._clock, TIMER, seconds, lambda: self._tell(live, c.End("closed")))

    # --- by voice --------------------------------------------------------------------------------------------

    def _takes_voice(self, live: LiveCall) -> bool:
        asks = any(key.action is ClosedAction.OTHER_NUMBER for key in live.profile.closed.keys)
        return asks and all(self._announcing.has(live, name) for name in BY_VOICE)

    def _wait_for_number(self, live: LiveCall, *, by_voice: bool) -> None:
        self._wait_for_digits(live)
        if by_voice:
            self._leaving[live.id].voiced = True
            self._voice.number(live, lambda reading: self._heard(live, reading))

    def _heard(self, live: LiveCall, reading: Reading | None) -> None:
        if reading is None:
            self._tell(live, c.MissNumber("nonsense"))
        else:
            self._propose(live, reading.number)

    def _propose(self, live: LiveCall, number: str) -> None:
        """Read it back digit by digit, and wait for a yes or no."""
        live.cancel(TIMER)
        self._voice.close(live)
        self._leaving[live.id].proposed = number
        values = {"number": spoken_digits(number)}
        self._announcing.say(live, "closed_number_check", values, then=lambda: self._await_confirmation(live))

    def _await_confirmation(self, live: LiveCall) -> None:
        leaving = self._leaving[live.id]
        leaving.checks += 1
        self._voice.confirmation(live, leaving.proposed, lambda answer, other: self._answered(live, answer, other))
        live.after(self._clock, TIMER, CONFIRMED_WITHIN_S, lambda: self._unconfirmed(live, "silence"))

    def _answered(self, live: LiveCall, answer: str, other: Reading | None) -> None:
        leaving = self._leaving[live.id]
        if answer:
            self._confirmed(live, answer)
        elif other is not None and other.number != leaving.proposed and leaving.corrected < MOST_CHECKS:
            leaving.corrected, leaving.checks = leaving.corrected + 1, 0
            self._propose(live, other.number)
        else:
            self._unconfirmed(live, "nonsense")

    def _confirmed(self, live: LiveCall, answer: str) -> None:
        live.cancel(TIMER)
        self._voice.close(live)
        number = self._leaving[live.id].proposed
        self._tell(live, c.SayNumber(number) if answer == YES else c.MissNumber("refused"))

    def _unconfirmed(self, live: LiveCall, heard: str) -> None:
        """Read back once more; a number that nobody confirms is called by nobody."""
        if self._leaving[live.id].checks < MOST_CHECKS:
            self._propose(live, self._leaving[live.id].proposed)
        else:
            self._tell(live, c.MissNumber(heard))


def _answer_by(key: str) -> str:
    """The answer whose key it is, "" for any other key."""
    if key == FROM_THE_START:
        return NO
    return next((answer.id for answer in CONFIRMATION.answers if answer.key == key), "")
