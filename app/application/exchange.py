"""The exchange: every call under way, and the one way in which a call changes.

A command comes from the telephone, the recogniser, the clock or a panel; the domain decides; the facts are
journalled and folded; then they are carried out. Commands that arise while facts are carried out wait their turn,
so that the effects of one decision are never mixed with those of the next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

import structlog

from app.application.announcing import Announcing
from app.application.carrying_out import CarryingOut
from app.application.hearing import Hearing
from app.application.live_call import ASK_AGAIN, LiveCall
from app.application.ports import (
    Announcer,
    Clock,
    LegEnd,
    LegId,
    LegQuality,
    PanelFeed,
    PhoneLine,
    Recognizer,
    Recordings,
    Rejection,
    Timer,
)
from app.application.recorder import Recorder
from app.application.roster import Device, Roster
from app.application.sound_of_calls import SoundOfCalls
from app.application.survey_by_phone import SurveyByPhone
from app.domain import commands as c
from app.domain import facts as f
from app.domain.calls import Call, Phase, evolve, fold
from app.domain.conduct import decide
from app.domain.errors import LiniyaError
from app.domain.facts import Fact, Presence, Recorded, Speaker
from app.domain.phone_numbers import of_caller
from app.domain.profile import Profile
from app.domain.queues import unit_of_operator, units_asked
from app.domain.training import Standing

log = structlog.get_logger()

REMEMBERED_S = 10.0
"""How long an ended call is kept for words that still come."""
SEEN_AT_THE_CALL = (
    f.PhraseHeard,
    f.StepTicked,
    f.StepUnticked,
    f.StageOpened,
    f.CallerNamed,
    f.NeedRestated,
    f.TopicChosen,
    f.NotesWritten,
    f.AgendaWritten,
    f.AgendaAsked,
    f.ReferralGiven,
    f.SatisfactionNoted,
    f.ArticleUsed,
    f.ArticleMissed,
    f.CallerTold,
    f.HintGiven,
    f.HearingLost,
    f.HearingRegained,
)
"""Facts that change no panel but those at the call: a hundred panels for each word would stop the sound."""
SOUND_GONE_S = 15.0
"""After this a ready operator without sound is set on a break."""


class Exchange:
    """Implements `ports.PhoneEvents`; conducts all calls of one line."""

    def __init__(
        self,
        *,
        profile: Profile,
        phone: PhoneLine,
        recognizer: Recognizer,
        announcer: Announcer,
        recorder: Recorder,
        roster: Roster,
        feed: PanelFeed,
        clock: Clock,
        new_id: Callable[[], str],
        recordings: Recordings | None = None,
        speech_model: str = "",
    ) -> None:
        self.profile = profile
        self.roster = roster
        roster.on_move = self.dispatch
        self.recorder = recorder
        self.clock = clock
        self.new_id = new_id
        self.calls: dict[str, LiveCall] = {}
        self.recogniser_available = True
        self.on_change: Callable[[LiveCall | None], None] = lambda _live: None
        """Told the call when only its own panels have changed, None when all may have."""
        self.before_forgetting: Callable[[LiveCall], None] = lambda _live: None
        self._phone = phone
        self._feed = feed
        self._legs: dict[LegId, LiveCall] = {}
        self._deaf: dict[str, Timer] = {}
        self._waiting_commands: deque[tuple[LiveCall, c.Command]] = deque()
        self._busy = False
        self._somebody_free = False
        self._stopping = False
        self._announcing = Announcing(phone, announcer)
        self._survey = SurveyByPhone(phone, recognizer, self._announcing, clock, self.tell)
        self._hearing = Hearing(
            phone,
            recognizer,
            clock,
            tell=self.tell,
            on_partial=self._partial,
            on_available=self._recogniser_is,
            on_reception=lambda live: self.on_change(live),
            on_silence=lambda live: self.tell(live, c.NoticeSilence()),
            model=speech_model,
        )
        self._sound = SoundOfCalls(phone, recordings, clock, self.tell)
        self._effects = CarryingOut(
            self, phone, recognizer, self._announcing, self._hearing, self._survey, self._sound
        )

    # --- commands --------------------------------------------------------------------------------------------

    def apply(self, live: LiveCall, command: c.Command) -> list[Fact]:
        """Decide, record, carry out. Raises what the domain raises, having changed nothing."""
        facts = self._decide(live, command)
        self._carry_out(live, facts)
        return facts

    def _decide(self, live: LiveCall, command: c.Command) -> list[Fact]:
        facts = decide(live.profile, live.state, command, self.clock.now())
        recorded = self.recorder.number(live.stream, facts)
        state = live.state
        for one in recorded:
            state = evolve(state, one)
        self.recorder.keep(recorded)
        live.state = state
        return facts

    def tell(self, live: LiveCall, command: c.Command) -> None:
        """As `apply`, for commands that nobody waits for: a refusal is logged, and turns are kept."""
        if self.calls.get(live.id) is not live:
            log.info("call_forgotten", call=live.id, command=type(command).__name__)
            return
        self._waiting_commands.append((live, command))
        if not self._busy:
            self._work_off()

    def _carry_out(self, live: LiveCall, facts: Sequence[Fact]) -> None:
        nested, self._busy = self._busy, True
        try:
            for fact in facts:
                self._effect(live, fact)
        finally:
            self._busy = nested
        if not nested:
            self._work_off()
            if self._somebody_free:
                self.dispatch()
            self.on_change(live if all(isinstance(fact, SEEN_AT_THE_CALL) for fact in facts) else None)

    def _effect(self, live: LiveCall, fact: Fact) -> None:
        try:
            self._effects.carry_out(live, fact)
        except Exception:
            # The fact has happened. What else it leads to, a leg to end or a caller to be heard, must not fall with
            # one failure.
            log.exception("effect_failed", call=live.id, fact=type(fact).__name__)

    def _work_off(self) -> None:
        while self._waiting_commands:
            live, command = self._waiting_commands.popleft()
            try:
                self.apply(live, command)
            except LiniyaError as error:
                log.warning("command_refused", call=live.id, command=type(command).__name__, why=str(error))

    # --- the organisation ------------------------------------------------------------------------------------

    def use_profile(self, profile: Profile) -> None:
        """Lead the calls that come from now on by `profile`; those under way keep the one they began with."""
        self.profile = profile
        log.info("profile_taken", profile=profile.id, version=profile.version)
        self.on_change(None)

    # --- calls and legs --------------------------------------------------------------------------------------

    def place_call(self, wish: c.PlaceCall) -> LiveCall:
        """Call out for an operator; the operator's own telephone comes first."""
        live = self._new_call()
        try:
            self.apply(live, wish)
        except LiniyaError:
            self.calls.pop(live.id, None)
            raise
        return live

    def _new_call(self) -> LiveCall:
        live = LiveCall(Call(id=self.new_id()), self.profile)
        self.calls[live.id] = live
        return live

    def bring(self, live: LiveCall, login: str, address: str) -> None:
        """Dial an operator's own telephone or browser into the call."""
        self._effects.dial_operator(live, login, address)

    def own(self, live: LiveCall, leg: LegId) -> None:
        """Events of the leg belong to the call from now on."""
        self._legs[leg] = live

    def release(self, leg: LegId) -> None:
        """End the leg; its events are nobody's any more."""
        self._legs.pop(leg, None)
        self._phone.hang_up(leg)

    def retire(self, live: LiveCall) -> None:
        """Forget an ended call once nobody writes it up and no word can still come."""

        def forget() -> None:
            if any(place.call == live.id for place in self.roster.places()):
                self.clock.call_later(REMEMBERED_S, forget)
                return
            self.before_forgetting(live)
            self.calls.pop(live.id, None)
            self._announcing.forget(live)
            self.recorder.forget(live.stream)

        self.clock.call_later(REMEMBERED_S, forget)

    def dispatch(self) -> None:
        """Offer waiting calls, the longest waiting first, to operators who are free. Who did not take a call is
        passed over only for a while, or an operator back from a break would never get it. While facts are carried
        out it waits until all of them are."""
        self._somebody_free = self._busy
        if self._busy or self._stopping:
            return
        waiting = [live for live in self.calls.values() if live.state.phase is Phase.WAITING]
        promised: set[str] = set()
        at_desk = self.roster.at_desk(self._unit_of)
        for live in sorted(waiting, key=lambda one: (one.state.arrived_at is None, one.state.arrived_at)):
            passed = live.state.passed_over if ASK_AGAIN in live.timers else ()
            place = self.roster.free_for(self._units_asked(live, at_desk), self._unit_of, {*passed, *promised})
            if place is not None:
                promised.add(place.login)
                self.tell(live, c.Offer(place.login))

    def _units_asked(self, live: LiveCall, at_desk: frozenset[str]) -> tuple[str, ...]:
        arrived = live.state.arrived_at
        waited_s = (self.clock.now() - arrived).total_seconds() if arrived else 0.0
        return units_asked(live.profile, live.state.unit, waited_s, at_desk)

    def _unit_of(self, unit: str) -> str:
        return unit_of_operator(self.profile, unit)

    def make_ready(self, login: str) -> None:
        """The operator may be asked again; who has left the directory meanwhile leaves the desk."""
        self.roster.move(login, Presence.READY if self.roster.person(login) else Presence.AWAY)
        self.dispatch()
        self.on_change(None)

    def training(self, login: str) -> Standing:
        """How the operator's training stands today, by the organisation's own calendar (K3)."""
        today = self.clock.now().astimezone(self.profile.schedule.zone).date()
        return self.roster.training(login, self.profile.terms.training_months, today)

    def waiting(self) -> int:
        return sum(live.state.phase in (Phase.WAITING, Phase.OFFERED) for live in self.calls.values())

    def interrupt(self, call_id: str, log_of_call: Iterable[Recorded]) -> None:
        """Close a call that an earlier run of the program left open, and have its caller called back. Nothing is
        carried out: its legs are gone, and its operators have yet to come to the desk."""
        live = LiveCall(fold(call_id, log_of_call), self.profile)
        self.recorder.known(live.stream, live.state.seq)
        self._decide(live, c.Interrupt(self.new_id()))
        self.recorder.forget(live.stream)

    def warn_callers(self) -> bool:
        """The program is about to end: tell whoever is on the line. False when nobody is."""
        self._stopping = True
        there = [live for live in self.calls.values() if live.state.open and live.caller_leg is not None]
        for live in there:
            self._effects.warn(live)
        return bool(there)

    def stop(self) -> None:
        """The program ends: calls under way are closed as interrupted, new ones are turned away."""
        self._stopping = True
        for live in list(self.calls.values()):
            self.tell(live, c.Interrupt(self.new_id()))

    # --- from the telephone ----------------------------------------------------------------------------------

    def call_arrived(self, leg: LegId, *, caller: str, dialled: str) -> None:
        if self._stopping:
            self._phone.reject(leg, Rejection.UNAVAILABLE)
            return
        live = self._new_call()
        live.caller_leg = leg
        self.own(live, leg)
        self._phone.ring(leg)
        self.tell(live, c.TakeCall(of_caller(caller), dialled))

    def leg_ringing(self, leg: LegId, *, with_sound: bool) -> None:
        """It rings at the person whom an operator calls: the operator hears it ring, or what the network says."""
        live = self._legs.get(leg)
        if live is not None and leg == live.caller_leg:
            self._effects.ring_back(live, with_sound=with_sound)

    def leg_answered(self, leg: LegId) -> None:
        live = self._legs.get(leg)
        if live is None:
            return
        if leg == live.caller_leg:
            self.tell(live, c.CalleeAnswers(late=self._is_late(live)))
        elif live.state.phase is Phase.DIALLING:
            self._effects.dial_callee(live)
        else:
            self.tell(live, c.OperatorAnswers(live.login_of(leg)))

    def _is_late(self, live: LiveCall) -> bool:
        promise = self.recorder.promises.get(live.state.keeps)
        return promise is not None and self.clock.now() > promise.due_at

    def leg_ended(self, leg: LegId, why: LegEnd) -> None:
        live = self._legs.pop(leg, None)
        if live is None:
            return
        if leg == live.caller_leg:
            live.caller_leg = None
            outgoing = live.state.phase is Phase.DIALLING
            self.tell(live, c.CalleeMisses(str(why)) if outgoing else c.CallerHangsUp(str(why)))
            return
        login = live.login_of(leg)
        live.operator_legs.pop(login, None)
        if login in (live.state.offered_to, live.state.target):
            self.tell(live, c.OperatorMisses(login, _why_missed(why)))
        else:
            self.tell(live, c.OperatorDrops(login, lost=why is not LegEnd.HUNG_UP))

    def key_pressed(self, leg: LegId, key: str) -> None:
        live = self._legs.get(leg)
        if live is None:
            return
        if leg != live.caller_leg:
            self._effects.operators_key(live, live.login_of(leg), key)
        elif not self._effects.closed.key(live, key):
            self.tell(live, c.PressKey(key))

    def playback_finished(self, leg: LegId, tag: str) -> None:
        if leg in self._legs:
            self._announcing.finished(tag)

    def transfer_asked(self, leg: LegId, *, target: str) -> None:
        """An operator pressed the transfer key of the telephone: the same rules as on the panel (housing 5.8)."""
        live = self._legs.get(leg)
        accepted = live is not None and self._transfer_by_phone(live, live.login_of(leg), target)
        self._phone.answer_transfer(leg, accepted=accepted)

    def _transfer_by_phone(self, live: LiveCall, source: str, target: str) -> bool:
        colleague = self.roster.at_phone(target)
        if colleague is None or source != live.state.operator:
            return False
        try:
            # Pressing the key confirms that the caller was told, as the panel's question does.
            self.apply(live, c.Transfer(colleague, self.roster.takes_calls(colleague), told=True))
        except LiniyaError as error:
            log.info("transfer_by_phone_refused", call=live.id, why=str(error))
            return False
        return True

    def quality_measured(self, leg: LegId, quality: LegQuality) -> None:
        live = self._legs.get(leg)
        if live is not None and self._sound.measured(live, leg, quality):
            self.on_change(live)

    def phone_registered(self, operator: str, *, registered: bool) -> None:
        if self.roster.person(operator) is None:
            return  # has just left the directory
        self.roster.place(operator).phone_registered = registered
        self._sound_changed(operator)

    def browser_changed(self, operator: str, *, connected: bool, microphone: bool) -> None:
        if self.roster.person(operator) is None:
            return  # has just left the directory
        place = self.roster.place(operator)
        place.browser_connected, place.microphone = connected, microphone
        self._sound_changed(operator)

    def _sound_changed(self, operator: str) -> None:
        """The operator's browser or telephone came or went."""
        if operator in self._deaf:
            self._deaf.pop(operator).cancel()
        self.dispatch()
        if not self.roster.place(operator).reachable:
            self._deaf[operator] = self.clock.call_later(SOUND_GONE_S, lambda: self._break_if_deaf(operator))
        self.on_change(None)

    def _break_if_deaf(self, operator: str) -> None:
        self._deaf.pop(operator, None)
        place = self.roster.place(operator)
        if place.presence is Presence.READY and not place.reachable:
            why = "no_sound" if place.device is Device.BROWSER else "unreachable"
            self.roster.move(operator, Presence.BREAK, why=why)
            self.on_change(None)

    # --- from the recogniser ---------------------------------------------------------------------------------

    def _partial(self, live: LiveCall, speaker: Speaker, text: str) -> None:
        for place in self.roster.places():
            if place.call == live.id:
                self._feed.partial(place.login, str(speaker), text)

    def _recogniser_is(self, available: bool) -> None:
        if available is not self.recogniser_available:
            self.recogniser_available = available
            log.info("recogniser_available" if available else "recogniser_away")
            self.on_change(None)


def _why_missed(why: LegEnd) -> str:
    return {
        LegEnd.HUNG_UP: "declined",
        LegEnd.REFUSED: "declined",
        LegEnd.BUSY: "busy",
        LegEnd.NO_ANSWER: "no_answer",
    }.get(why, "unreachable")
