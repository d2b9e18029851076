"""The application whole, over fakes: a house with a line, a desk and callers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Any

from app.application.audio_tokens import AudioTokens
from app.application.exchange import Exchange
from app.application.live_call import LiveCall
from app.application.panel_commands import PanelCommands
from app.application.ports import Recordings
from app.application.recorder import Recorder
from app.application.roster import Roster
from app.domain.calls import Call, fold
from app.domain.facts import Fact, Presence
from app.domain.profile import Profile
from tests.fakes.clock import MONDAY_TEN, VirtualClock
from tests.fakes.office import FakeFeed, FakeStaff, MemoryJournal
from tests.fakes.phone import FakeLeg, FakePhone
from tests.fakes.profile import profile as housing
from tests.fakes.speech import CLIP_S, FakeAnnouncer, FakeChannel, FakeRecognizer

CALLER = "+79271234567"
LINE = "+78512245022"


class House:
    """Wires the application; speaks for callers, operators and the clock."""

    def __init__(
        self,
        at: datetime = MONDAY_TEN,
        *,
        profile: Profile | None = None,
        sound_after_s: float | None = None,
        journal: MemoryJournal | None = None,
        recordings: Recordings | None = None,
    ) -> None:
        numbers = count(1)
        self.clock = VirtualClock(at)
        self.phone = FakePhone(self.clock)
        self.recognizer = FakeRecognizer()
        self.announcer = FakeAnnouncer(self.clock, sound_after_s)
        self.journal = journal or MemoryJournal()
        self.feed = FakeFeed()
        self.staff = FakeStaff()
        self.recorder = Recorder(self.journal, self.clock)
        self.roster = Roster(self.staff, self.recorder, self.clock)
        self.exchange = Exchange(
            profile=profile or housing(),
            phone=self.phone,
            recognizer=self.recognizer,
            announcer=self.announcer,
            recorder=self.recorder,
            roster=self.roster,
            feed=self.feed,
            clock=self.clock,
            new_id=lambda: f"id{next(numbers)}",
            recordings=recordings,
            speech_model="hearer 1",
        )
        self.phone.events = self.exchange
        self.panels = PanelCommands(self.exchange, AudioTokens(self.clock), self.feed)

    # --- operators -------------------------------------------------------------------------------------------

    def do(self, login: str, command: str, **arguments: Any) -> Mapping[str, Any]:
        """One command of the operator's panel."""
        answers = self.ask(login, command, **arguments)
        assert len(answers) == 1, f"{command} was answered {len(answers)} times"
        return answers[0]

    def ask(self, login: str, command: str, **arguments: Any) -> list[Mapping[str, Any]]:
        """One command that may be answered later: its answers will stand in the list."""
        answers: list[Mapping[str, Any]] = []
        self.panels.command(login, command, arguments, answers.append)
        return answers

    def sit_down(self, *logins: str, device: str = "browser") -> None:
        """Operators come to the desk and are ready; those with a browser have sound."""
        for login in logins:
            if device == "browser":
                self.exchange.browser_changed(login, connected=True, microphone=True)
            self.do(login, "ready", device=device)

    def accept(self, login: str) -> FakeLeg:
        """The operator takes what rings, in the browser."""
        self.do(login, "accept")
        leg = self.phone.last(f"browser:{login}")
        self.phone.picks_up(leg)
        return leg

    def presence(self, login: str) -> Presence:
        return self.roster.place(login).presence

    def call_of(self, login: str) -> Any:
        """The section `call` of the operator's panel, as it was shown."""
        return self.feed.shown[login]["call"]

    # --- calls -----------------------------------------------------------------------------------------------

    def dial(self, caller: str = CALLER, dialled: str = LINE) -> FakeLeg:
        """A caller dials the line."""
        return self.phone.call(caller, dialled)

    def talk(self, login: str = "ivanova", caller: str = CALLER) -> tuple[FakeLeg, FakeLeg]:
        """A caller and a ready operator, talking."""
        leg = self.dial(caller)
        return leg, self.accept(login)

    def live(self, leg: FakeLeg) -> LiveCall:
        return next(live for live in self.exchange.calls.values() if leg.id == live.caller_leg)

    def only(self) -> Call:
        """The only call that the exchange remembers."""
        (live,) = self.exchange.calls.values()
        return live.state

    def facts(self, call: str = "id1") -> list[Fact]:
        """The journal of a call; it must fold to what the exchange knows."""
        stream = self.journal.of(f"call:{call}")
        if live := self.exchange.calls.get(call):
            assert fold(call, stream) == live.state
        return [one.fact for one in stream]

    def names(self, call: str = "id1") -> list[str]:
        return [type(fact).__name__ for fact in self.facts(call)]

    def say_farewell(self, login: str) -> None:
        for step in ("thanks", "goodbye"):
            self.do(login, "tick", stage="farewell", step=step)

    # --- sound and time --------------------------------------------------------------------------------------

    def channel(self, leg: FakeLeg) -> FakeChannel:
        """The recognition that listens to the leg."""
        return next(one for one in self.recognizer.channels if one.open and one.feed == leg.sink)

    def play_out(self) -> None:
        """One announcement is heard to its end."""
        self.clock.advance(CLIP_S)

    def pass_s(self, seconds: float) -> None:
        self.clock.advance(seconds)

    # --- the end ---------------------------------------------------------------------------------------------

    def empty(self) -> list[str]:
        """Everybody hangs up and time passes: what the application still holds then, in words."""
        for leg in self.phone.alive():
            if not leg.gone:
                self.phone.ends(leg)
        self.clock.advance(600)
        return self.left_over()

    def left_over(self) -> list[str]:
        exchange = self.exchange
        announcing, survey, closed = exchange._announcing, exchange._survey, exchange._effects.closed
        held = {
            "faults on the telephone": self.phone.faults,
            "legs": [leg.id for leg in self.phone.alive()],
            "legs of the exchange": list(exchange._legs),
            "calls": list(exchange.calls),
            "open channels": self.recognizer.open(),
            "timers": [timer.at for timer in self.clock.pending],
            "announcements": [*announcing._wishes, *announcing._then],
            "survey": [*survey._channels, *survey._speaking],
            "numbers": [*closed._leaving, *closed._voice._ears, *closed._voice._hears],
            "commands": list(exchange._waiting_commands),
            "numbers of streams": [s for s in self.recorder._last if not s.startswith("operator:")],
            "places": [
                f"{place.login} {place.presence} {place.call}"
                for place in self.roster.places()
                if place.call or place.presence in (Presence.BUSY, Presence.OFFERED, Presence.WRAP_UP)
            ],
        }
        return [f"{what}: {things}" for what, things in held.items() if things]
