"""What a fact leads to: one method for each fact that asks something of the world."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from app.application.announcing import Announcing
from app.application.closed_by_phone import ClosedByPhone
from app.application.hearing import Hearing
from app.application.live_call import ASK_AGAIN, LiveCall
from app.application.ports import LegId, PhoneLine, Recognizer
from app.application.roster import Device
from app.application.sound_of_calls import SoundOfCalls
from app.application.survey_by_phone import SurveyByPhone
from app.application.waiting_by_phone import WaitingByPhone
from app.domain import commands as c
from app.domain import facts as f
from app.domain.calls import Direction, Phase
from app.domain.facts import Presence
from app.domain.hold import WARN_BEFORE_S, next_ask_s
from app.domain.spoken_numbers import Case
from app.domain.spoken_russian import spoken_duration

if TYPE_CHECKING:
    from app.application.exchange import Exchange

log = structlog.get_logger()

ASK_AGAIN_S = 10.0
"""After this an operator who did not take a call may be offered it again."""
CALLER_HANGS_UP_S = 20.0
"""How long the line waits for the caller to hang up, before it does (heritage 3.2.5)."""
HOLD_KEY = "*"
"""On the operator's own telephone: the caller waits, or is back."""
CALLEE_RINGS_S = 45.0


class CarryingOut:
    """Facts to effects. Every method is told the call as it is after the whole decision."""

    def __init__(
        self,
        exchange: Exchange,
        phone: PhoneLine,
        recognizer: Recognizer,
        announcing: Announcing,
        hearing: Hearing,
        survey: SurveyByPhone,
        sound: SoundOfCalls,
    ) -> None:
        self._exchange = exchange
        self._roster = exchange.roster
        self._clock = exchange.clock
        self._phone = phone
        self._announcing = announcing
        self._hearing = hearing
        self._survey = survey
        self._sound = sound
        self._waiting = WaitingByPhone(phone, announcing, exchange.clock, exchange.calls)
        self.closed = ClosedByPhone(phone, recognizer, announcing, exchange.clock, exchange.tell)
        self._methods: dict[type[f.Fact], Callable[[LiveCall, Any], None]] = {
            f.CallQueued: self._queued,
            f.LineWasClosed: lambda live, fact: self.closed.tell(live, fact),
            f.CallOffered: lambda live, fact: self._ring_at(live, fact.operator),
            f.OfferMissed: self._missed,
            f.OperatorJoined: lambda live, fact: self._joined(live, fact.operator),
            f.PlacedOnHold: self._held,
            f.ResumedFromHold: self._resumed,
            f.HoldOverran: self._overran,
            f.NumberAsked: lambda live, fact: self.closed.ask(live, fact.attempt),
            f.NumberGivenUp: lambda live, _fact: self.closed.given_up(live),
            f.HangUpAwaited: self._await_hang_up,
            f.TransferStarted: self._transfer_started,
            f.TransferCompleted: self._transferred,
            f.TransferFailed: self._transfer_failed,
            f.OperatorLeft: self._left,
            f.PromiseMade: self._promised,
            f.CallPlaced: self._placed,
            f.CalleeAnswered: lambda live, _fact: self._talk(live),
            f.SurveyStarted: lambda live, _fact: survey.introduce(live),
            f.SurveyQuestionAsked: self._asked,
            f.SurveyAnswered: lambda live, _fact: survey.close(live),
            f.SurveyNotUnderstood: lambda live, _fact: survey.close(live),
            f.SurveyFinished: self._survey_finished,
            f.CallEnded: self._ended,
        }

    def carry_out(self, live: LiveCall, fact: f.Fact) -> None:
        """Do what the fact asks for; most facts are only remembered."""
        log.info("fact", call=live.id, fact=type(fact).__name__)
        method = self._methods.get(type(fact))
        if method is not None:
            method(live, fact)

    # --- waiting ---------------------------------------------------------------------------------------------

    def _queued(self, live: LiveCall, fact: f.CallQueued) -> None:
        if live.caller_leg is None:
            return
        self._waiting.queued(live, again=fact.again)
        # From then on another unit may have somebody for this call.
        live.after(self._clock, "overflow", live.profile.terms.overflow_s, self._exchange.dispatch)
        self._exchange.dispatch()

    def _ring_at(self, live: LiveCall, login: str) -> None:
        """The pop on the panel; and the operator's telephone, where that is the device."""
        self._roster.move(login, Presence.OFFERED, call=live.id)
        place = self._roster.place(login)
        if place.device is Device.PHONE:
            self.dial_operator(live, login, place.phone)
        live.after(
            self._clock,
            "offer",
            live.profile.terms.offer_s,
            lambda: self._exchange.tell(live, c.OperatorMisses(login, "no_answer")),
        )

    def dial_operator(self, live: LiveCall, login: str, address: str) -> None:
        """Bring the operator's own telephone or browser into the call."""
        if login in live.operator_legs:
            return
        leg = self._phone.dial(address, ring_for_s=live.profile.terms.offer_s + 5)
        live.operator_legs[login] = leg
        self._exchange.own(live, leg)

    def _missed(self, live: LiveCall, fact: f.OfferMissed) -> None:
        live.cancel("offer")
        self._drop_operator(live, fact.operator)
        self._after_a_miss(fact.operator, fact.why)
        live.after(self._clock, ASK_AGAIN, ASK_AGAIN_S, self._exchange.dispatch)
        self._exchange.dispatch()

    def _after_a_miss(self, login: str, why: str) -> None:
        """Who declines stays ready for others, who may be waiting; who does not answer, or cannot be reached, goes
        on a break, or every caller would wait for that telephone in turn."""
        if self._roster.place(login).presence is Presence.OFFERED:
            away = why in ("no_answer", "unreachable")
            self._roster.move(login, Presence.BREAK if away else Presence.READY, why=why if away else "")

    def _drop_operator(self, live: LiveCall, login: str) -> None:
        leg = live.operator_legs.pop(login, None)
        if leg is not None:
            self._exchange.release(leg)

    # --- conversation ----------------------------------------------------------------------------------------

    def _joined(self, live: LiveCall, login: str) -> None:
        for timer in ("offer", ASK_AGAIN, "waiting", "overflow"):
            live.cancel(timer)
        self._roster.move(login, Presence.BUSY, call=live.id)
        self._talk(live)

    def _talk(self, live: LiveCall) -> None:
        """Let the two hear each other, and listen."""
        live.cancel("waiting")
        self._announcing.stop(live)
        leg = live.operator_legs.get(live.state.operator)
        if leg is not None and live.caller_leg is not None:
            self._phone.bridge(live.caller_leg, leg)
        self._sound.record(live)
        self._hearing.start(live)

    def _part(self, live: LiveCall) -> None:
        self._hearing.stop(live)
        if live.caller_leg is not None:
            self._phone.part(live.caller_leg)

    def _held(self, live: LiveCall, _fact: f.PlacedOnHold) -> None:
        self._part(live)
        hold = live.state.hold
        back_in = spoken_duration(timedelta(seconds=hold.return_in_s if hold else 0), Case.ACCUSATIVE)
        self._announcing.say(live, "hold_on", {"return_in": back_in}, then=lambda: self._announcing.music(live))
        if hold is not None:
            warn_s = max(0, hold.return_in_s - WARN_BEFORE_S)
            live.after(self._clock, "hold_warning", warn_s, lambda: self._exchange.on_change(live))
            self._ask_later(live, hold.return_in_s)

    def _ask_later(self, live: LiveCall, seconds: float) -> None:
        live.after(self._clock, "hold", seconds, lambda: self._exchange.tell(live, c.AskToHoldOn()))

    def _overran(self, live: LiveCall, fact: f.HoldOverran) -> None:
        """The promised time has passed: the caller hears that it takes a little longer, and again."""
        hold = live.state.hold
        if hold is None:
            return
        if self._announcing.has(live, "hold_longer"):
            self._announcing.say(live, "hold_longer", then=lambda: self._announcing.music(live))
        passed = (self._clock.now() - hold.since).total_seconds()
        self._ask_later(live, max(1.0, next_ask_s(fact.asked, hold.return_in_s) - passed))

    def operators_key(self, live: LiveCall, login: str, key: str) -> None:
        """A key of the operator's own telephone: the hold, in calls that came in; called lines have keys of their
        own."""
        state = live.state
        if key != HOLD_KEY or login != state.operator or state.direction is not Direction.INCOMING:
            return
        if state.phase is Phase.TALKING:
            self._exchange.tell(live, c.PlaceOnHold(live.profile.terms.hold_s))
        elif state.phase is Phase.HELD:
            self._exchange.tell(live, c.Resume())

    def _resumed(self, live: LiveCall, _fact: f.ResumedFromHold) -> None:
        self._hold_is_over(live)
        # From the hold straight into a transfer the two do not meet in between.
        if live.state.phase is Phase.TALKING:
            self._talk(live)

    def _hold_is_over(self, live: LiveCall) -> None:
        live.cancel("hold")
        live.cancel("hold_warning")

    # --- transfer --------------------------------------------------------------------------------------------

    def _transfer_started(self, live: LiveCall, fact: f.TransferStarted) -> None:
        self._part(live)
        self._announcing.say(live, "connecting", then=lambda: self._announcing.music(live))
        self._ring_at(live, fact.target)

    def _transferred(self, live: LiveCall, fact: f.TransferCompleted) -> None:
        self._drop_operator(live, fact.source)
        self._wrap_up(fact.source)
        self._joined(live, fact.target)

    def _transfer_failed(self, live: LiveCall, fact: f.TransferFailed) -> None:
        live.cancel("offer")
        self._drop_operator(live, fact.target)
        self._after_a_miss(fact.target, fact.why)
        if live.state.phase is Phase.TALKING:
            self._talk(live)

    # --- promises and calls out ------------------------------------------------------------------------------

    def _promised(self, live: LiveCall, fact: f.PromiseMade) -> None:
        if live.state.phase is Phase.CLOSED:
            self.closed.promised(live, fact)

    def _placed(self, live: LiveCall, fact: f.CallPlaced) -> None:
        self._roster.move(fact.operator, Presence.BUSY, call=live.id)
        place = self._roster.place(fact.operator)
        address = place.phone if place.device is Device.PHONE else f"browser:{fact.operator}"
        self.dial_operator(live, fact.operator, address)
        live.after(
            self._clock,
            "offer",
            live.profile.terms.offer_s,
            lambda: self._exchange.tell(live, c.OperatorDrops(fact.operator, lost=True)),
        )

    def dial_callee(self, live: LiveCall) -> None:
        """The operator's telephone is up: now the person's."""
        live.cancel("offer")
        leg: LegId = self._phone.dial(live.state.number, ring_for_s=CALLEE_RINGS_S)
        live.caller_leg = leg
        self._exchange.own(live, leg)

    def ring_back(self, live: LiveCall, *, with_sound: bool) -> None:
        leg = live.operator_legs.get(live.state.operator)
        if leg is None or live.caller_leg is None or live.state.phase is not Phase.DIALLING:
            return
        if with_sound:
            self._phone.bridge(leg, live.caller_leg)
        else:
            self._phone.play(leg, [self._announcing.ringback()], tag=f"{live.id}/ringback", loop=True)

    # --- the end ---------------------------------------------------------------------------------------------

    def warn(self, live: LiveCall) -> None:
        """The line has to go: an apology instead of a sudden silence."""
        self._part(live)
        self._announcing.say(live, "trouble", then=lambda: None)

    def _left(self, live: LiveCall, fact: f.OperatorLeft) -> None:
        live.cancel("offer")
        self._hold_is_over(live)
        self._sound.stop_recording(live)
        self._part(live)
        self._announcing.stop(live)
        for login in list(live.operator_legs):
            self._drop_operator(live, login)
        for place in self._roster.places():
            if place.call == live.id and place.login != fact.operator:
                self._after_a_miss(place.login, "taken_back")
        if fact.why == "lost":
            self._roster.move(fact.operator, Presence.BREAK, why="lost")
        else:
            self._wrap_up(fact.operator)

    def _wrap_up(self, login: str) -> None:
        place = self._roster.place(login)
        if place.presence is not Presence.BUSY:
            return
        terms = self._exchange.profile.terms
        self._roster.move(login, Presence.WRAP_UP, call=place.call)
        place.wrap_up_until = self._clock.now() + timedelta(seconds=terms.wrap_up_s)
        until = place.since

        def done() -> None:
            if place.presence is Presence.WRAP_UP and place.since == until:
                self._exchange.make_ready(login)

        self._clock.call_later(terms.wrap_up_s, done)

    def _asked(self, live: LiveCall, fact: f.SurveyQuestionAsked) -> None:
        self._survey.close(live)
        self._survey.ask(live, fact.question, fact.attempt)

    def _survey_finished(self, live: LiveCall, _fact: f.SurveyFinished) -> None:
        self._survey.close(live)
        self._survey.thank(live)

    def _await_hang_up(self, live: LiveCall, _fact: f.HangUpAwaited) -> None:
        end = c.End("finished")
        live.after(self._clock, "leaving", CALLER_HANGS_UP_S, lambda: self._exchange.tell(live, end))

    def _ended(self, live: LiveCall, _fact: f.CallEnded) -> None:
        live.cancel_all()
        self.closed.forget(live)
        self._sound.settle(live)
        self._hearing.stop(live)
        self._survey.close(live)
        self._announcing.forget(live)
        if live.caller_leg is not None:
            self._exchange.release(live.caller_leg)
            live.caller_leg = None
        for login in list(live.operator_legs):
            self._drop_operator(live, login)
        for place in self._roster.places():
            if place.call == live.id:
                self._after_a_miss(place.login, "caller_gone")
                self._wrap_up(place.login)
        self._exchange.retire(live)
