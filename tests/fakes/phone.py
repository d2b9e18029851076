"""A telephone line in memory that knows, for every leg, what is to be heard in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from app.application.ports import Clip, LegEnd, LegId, PhoneEvents, Rejection, Timer
from tests.fakes.clock import VirtualClock

SILENCE = "silence"


@dataclass
class FakeLeg:
    """One party's connection, as the other end of it would see it."""

    id: LegId
    address: str
    incoming: bool
    ringing: bool = False
    answered: bool = False
    sounds_early: bool = False
    gone: bool = False
    rejected: Rejection | None = None
    peer: FakeLeg | None = None
    playing: tuple[str, ...] = ()
    loop: bool = False
    finish: Timer | None = None
    sink: Callable[[bytes], None] | None = None
    tap: Callable[[bytes, bytes], None] | None = None
    heard: list[str] = field(default_factory=list)
    """What was to be heard, one after the other: names of clips, `silence`, or the leg of the other party."""

    @property
    def hears(self) -> str:
        if self.playing:
            return " ".join(self.playing)
        return self.peer.id if self.peer else SILENCE


class FakePhone:
    """Implements `ports.PhoneLine`. Playing takes its time by the clock. What the adapter could only ignore is
    kept in `faults`: effects on a leg that is gone, a second answer."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.events: PhoneEvents | None = None
        self.legs: dict[LegId, FakeLeg] = {}
        self.faults: list[str] = []
        self.conference: tuple[LegId, ...] = ()
        self.whispers: list[tuple[LegId, LegId]] = []
        self.transfers_answered: list[tuple[LegId, bool]] = []

    # --- what the application does ---------------------------------------------------------------------------

    def ring(self, leg: LegId) -> None:
        if its := self._alive(leg, "ring"):
            its.ringing = True

    def answer(self, leg: LegId) -> None:
        its = self._alive(leg, "answer")
        if its is None:
            return
        if its.answered or not its.incoming:
            self.faults.append(f"answer {leg}: it is answered already")
        its.answered = True
        self._note(its)

    def reject(self, leg: LegId, why: Rejection) -> None:
        if its := self._alive(leg, "reject"):
            its.rejected = why
            self._bury(its)

    def dial(self, address: str, *, ring_for_s: float) -> LegId:
        return self._new(address, incoming=False).id

    def hang_up(self, leg: LegId) -> None:
        if its := self._alive(leg, "hang_up"):
            self._bury(its)

    def bridge(self, one: LegId, other: LegId) -> None:
        first, second = self._alive(one, "bridge"), self._alive(other, "bridge")
        if first is None or second is None:
            return
        for its in (first, second):
            self._stop(its)
            self._part(its)
            if not (its.answered or its.sounds_early):
                self.faults.append(f"bridge {its.id}: nobody answered it")
        first.peer, second.peer = second, first
        self._note(first)
        self._note(second)

    def part(self, leg: LegId) -> None:
        if its := self._alive(leg, "part"):
            self._part(its)

    def play(self, leg: LegId, clips: Sequence[Clip], *, tag: str, loop: bool = False) -> None:
        its = self._alive(leg, "play")
        if its is None:
            return
        if not its.answered:
            self.faults.append(f"play {leg}: nobody answered it")
        self._stop(its)
        its.playing, its.loop = tuple(clip.name for clip in clips), loop
        if not loop:
            seconds = sum(clip.seconds for clip in clips)
            its.finish = self._clock.call_later(seconds, lambda: self._finished(its, tag))
        self._note(its)

    def stop_playing(self, leg: LegId) -> None:
        if its := self._alive(leg, "stop_playing"):
            self._stop(its)
            self._note(its)

    def tap(self, leg: LegId, sink: Callable[[bytes, bytes], None] | None) -> None:
        if its := self._alive(leg, "tap"):
            its.tap = sink

    def confer(self, legs: Sequence[LegId]) -> None:
        self.conference = tuple(legs)

    def whisper(self, speaker: LegId, listener: LegId) -> None:
        self.whispers.append((speaker, listener))

    def answer_transfer(self, leg: LegId, *, accepted: bool) -> None:
        self.transfers_answered.append((leg, accepted))

    def listen(self, leg: LegId, sink: Callable[[bytes], None] | None) -> None:
        if its := self._alive(leg, "listen"):
            its.sink = sink

    # --- what the other end does -----------------------------------------------------------------------------

    def call(self, caller: str, dialled: str) -> FakeLeg:
        """Somebody dials the line."""
        leg = self._new(caller, incoming=True)
        self._told.call_arrived(leg.id, caller=caller, dialled=dialled)
        return leg

    def speaks_early(self, leg: FakeLeg) -> None:
        """The network is heard before anybody answers."""
        leg.sounds_early = True
        self._told.leg_ringing(leg.id, with_sound=True)

    def picks_up(self, leg: FakeLeg) -> None:
        leg.answered = True
        self._told.leg_ringing(leg.id, with_sound=False)
        self._told.leg_answered(leg.id)

    def ends(self, leg: FakeLeg, why: LegEnd = LegEnd.HUNG_UP) -> None:
        self._bury(leg)
        self._told.leg_ended(leg.id, why)

    def presses(self, leg: FakeLeg, key: str) -> None:
        self._told.key_pressed(leg.id, key)

    def speaks(self, leg: FakeLeg, pcm: bytes = bytes(320)) -> None:
        """One tick of the leg's sound."""
        if leg.sink is not None:
            leg.sink(pcm)

    def last(self, address: str) -> FakeLeg:
        """The newest leg that was dialled to the address."""
        return [leg for leg in self.legs.values() if leg.address == address][-1]

    def alive(self) -> list[FakeLeg]:
        return [leg for leg in self.legs.values() if not leg.gone]

    # --- inside ----------------------------------------------------------------------------------------------

    @property
    def _told(self) -> PhoneEvents:
        assert self.events is not None
        return self.events

    def _new(self, address: str, *, incoming: bool) -> FakeLeg:
        leg = FakeLeg(LegId(f"leg-{len(self.legs) + 1}"), address, incoming)
        self.legs[leg.id] = leg
        return leg

    def _alive(self, leg: LegId, what: str) -> FakeLeg | None:
        its = self.legs[leg]
        if its.gone:
            self.faults.append(f"{what} {leg}: it is gone")
            return None
        return its

    def _bury(self, leg: FakeLeg) -> None:
        if leg.finish is not None:
            leg.finish.cancel()
        leg.finish, leg.playing, leg.sink, leg.gone = None, (), None, True
        self._part(leg)

    def _part(self, leg: FakeLeg) -> None:
        peer, leg.peer = leg.peer, None
        if peer is not None:
            peer.peer = None
            self._note(peer)
        self._note(leg)

    def _stop(self, leg: FakeLeg) -> None:
        if leg.finish is not None:
            leg.finish.cancel()
        leg.finish, leg.playing, leg.loop = None, (), False

    def _finished(self, leg: FakeLeg, tag: str) -> None:
        self._stop(leg)
        self._note(leg)
        self._told.playback_finished(leg.id, tag)

    def _note(self, leg: FakeLeg) -> None:
        if not leg.gone and (not leg.heard or leg.heard[-1] != leg.hears):
            leg.heard.append(leg.hears)
