"""The ports: what the conduct of calls needs from the world, as protocols.

The application is synchronous and never waits: every method below returns at once, and what happens later comes
back as an event. That is what lets unit tests run whole calls under a virtual clock, and what keeps a slow
database or recogniser from ever holding up a caller (design.md, "Three kinds of process").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, NewType, Protocol

from app.domain.facts import Recorded
from app.domain.training import Training

LegId = NewType("LegId", str)
"""One party's connection to the line: a SIP dialog with its media, or an operator's browser."""


@dataclass(frozen=True, eq=False)
class Clip:
    """Sound to play: `samples` is 16-bit little-endian PCM, mono, 8000 Hz. Compared by identity, so that an
    adapter may keep its encodings beside it."""

    name: str
    samples: bytes

    @property
    def seconds(self) -> float:
        return len(self.samples) / 16000


@dataclass(frozen=True)
class LegQuality:
    """Sound of one leg so far: losses are shares (0..1) of the packets expected, `jitter_ms` is as in RFC 3550,
    `round_trip_ms` is None without reports of the other side, `mos` the E-model's estimate 1..4.5 (ITU-T G.107)."""

    loss_in: float
    loss_out: float | None
    jitter_ms: float
    round_trip_ms: float | None
    mos: float


class LegEnd(StrEnum):
    """Why a leg is gone."""

    HUNG_UP = "hung_up"  # BYE, or CANCEL before the answer
    BUSY = "busy"  # 486, 600
    NO_ANSWER = "no_answer"  # 408, 480, 487 after our own CANCEL on time-out
    REFUSED = "refused"  # 403, 404, 603 and the like
    FAILED = "failed"  # 5xx, transport failure, no common codec
    LOST = "lost"  # the media or the browser went silent and did not come back


class Rejection(StrEnum):
    """Why the application turns an arriving call away."""

    BUSY = "busy"  # 486
    UNAVAILABLE = "unavailable"  # 480
    OVERLOADED = "overloaded"  # 503


class PhoneLine(Protocol):
    """The telephony adapter. All methods return at once; a leg that is gone makes them do nothing."""

    def ring(self, leg: LegId) -> None:
        """Tell an arrived caller that it rings (180)."""

    def answer(self, leg: LegId) -> None:
        """Answer an arrived call (200); media flows from now on."""

    def reject(self, leg: LegId, why: Rejection) -> None:
        """Turn an arrived call away."""

    def dial(self, address: str, *, ring_for_s: float) -> LegId:
        """Call a `sip:` address, an E.164 number (through the trunk), `phone:<login>` (the phone of that operator
        that is registered at the line), or `browser:<login>`.

        `leg_ringing`, `leg_answered` or `leg_ended` follow. A `browser:` leg answers by itself at once when that
        operator's browser is connected: the operator accepts on the panel before the application dials.
        """

    def hang_up(self, leg: LegId) -> None:
        """End the leg: BYE, CANCEL or a final answer, whichever its state wants. No `leg_ended` follows."""

    def bridge(self, one: LegId, other: LegId) -> None:
        """Let the two hear each other. Stops what either is being played, and parts both from others."""

    def part(self, leg: LegId) -> None:
        """Take the leg out of its bridge; both sides then hear silence until told otherwise."""

    def play(self, leg: LegId, clips: Sequence[Clip], *, tag: str, loop: bool = False) -> None:
        """Play the clips in turn to the leg instead of its bridge; replaces what was being played.

        `playback_finished(leg, tag)` follows once the last sample was sent, unless replaced or stopped."""

    def stop_playing(self, leg: LegId) -> None:
        """Stop; the leg hears its bridge again, or silence."""

    def listen(self, leg: LegId, sink: Callable[[bytes], None] | None) -> None:
        """Give the leg's incoming sound to `sink` every tick: 320 bytes (20 ms, 16-bit, 8 kHz), gap-free in time
        (silence stands in for what did not arrive), so that sample offsets are call times. None stops it."""

    def tap(self, leg: LegId, sink: Callable[[bytes, bytes], None] | None) -> None:
        """Give `sink` every tick what the leg says and what it hears (bridge, prompt or music), 320 bytes each:
        a recording of the caller's leg stays whole over holds and transfers. None stops it."""

    def confer(self, legs: Sequence[LegId]) -> None:
        """Let all of them hear each other; parts each from the bridge it was in. `part` takes one out."""

    def whisper(self, speaker: LegId, listener: LegId) -> None:
        """Let the listener hear the speaker on top of the bridge it is in; nobody else does. `part` ends it."""

    def answer_transfer(self, leg: LegId, *, accepted: bool) -> None:
        """Tell the phone that asked for a transfer (`transfer_asked`) how it went; its leg is ended by others."""


class PhoneEvents(Protocol):
    """What the telephony adapter tells the application (called in the event loop's thread, must return soon)."""

    def call_arrived(self, leg: LegId, *, caller: str, dialled: str) -> None:
        """A new INVITE: `caller` is the number or user that the network or From names ("" when withheld), `dialled`
        the number called first, before anybody forwarded the call."""

    def leg_ringing(self, leg: LegId, *, with_sound: bool) -> None:
        """The leg that was dialled rings; `with_sound`: the network makes that heard itself, or speaks (early
        media). May be told more than once."""

    def leg_answered(self, leg: LegId) -> None: ...

    def leg_ended(self, leg: LegId, why: LegEnd) -> None:
        """The other side or the network ended it. Told once for each leg, never after `hang_up`."""

    def key_pressed(self, leg: LegId, key: str) -> None:
        """One of 0-9 * # A-D, once for each press."""

    def playback_finished(self, leg: LegId, tag: str) -> None: ...

    def transfer_asked(self, leg: LegId, *, target: str) -> None:
        """An operator's phone asked for its call to be handed on (REFER): `target` is the user part it named.
        Nothing is dialled because of it; `answer_transfer` follows once."""

    def quality_measured(self, leg: LegId, quality: LegQuality) -> None:
        """How the leg's sound has fared since it was answered; every five seconds."""

    def phone_registered(self, operator: str, *, registered: bool) -> None:
        """An operator's SIP phone registered at the line, or its registration lapsed."""

    def browser_changed(self, operator: str, *, connected: bool, microphone: bool) -> None:
        """An operator's browser audio came, went, or gained or lost its microphone."""


@dataclass(frozen=True)
class Word:
    """A recognised word; times in seconds from the first sample fed."""

    text: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True)
class Heard:
    """What the recogniser made of one channel: a partial (to be replaced) or a final phrase."""

    text: str
    final: bool
    words: tuple[Word, ...] = ()


class Ear(StrEnum):
    """Whether the recogniser hears one channel."""

    HEARS = "hears"
    AWAY = "away"  # it cannot be reached, or does not answer
    NO_PLACE = "no_place"  # it has as many channels as the machine can carry
    SPARED = "spared"  # it cannot keep up, and does without this channel or some of its sound


@dataclass(frozen=True)
class Reception:
    """How one channel is heard. `late_s`: words come so many whole seconds after they were said, 0 in time."""

    ear: Ear = Ear.HEARS
    late_s: int = 0


class Rank(IntEnum):
    """Whose channel goes first where the recogniser has too few places, or too little time: the least number."""

    SURVEY = 0  # nothing but the answer that is waited for
    CALLER = 1
    OPERATOR = 2  # the steps can be ticked by hand


class Listening(Protocol):
    """One open recognition of one channel."""

    def feed(self, pcm: bytes) -> None:
        """Sound as `PhoneLine.listen` gives it. Never waits; dropped when the recogniser is away."""

    def close(self) -> None:
        """No more sound; words already said still arrive."""


class Recognizer(Protocol):
    def listen(
        self,
        on_heard: Callable[[Heard], None],
        on_reception: Callable[[Reception], None],
        phrases: Sequence[str] | None = None,
        rank: Rank = Rank.CALLER,
    ) -> Listening:
        """Open one channel. `phrases` narrows what can be heard (with "[unk]" for everything else); None is free
        speech. `on_reception` follows whenever it has changed how the channel is heard."""


class Announcer(Protocol):
    """Text to sound: a recording of the same name if the organisation has one, else synthesised speech."""

    def speak(
        self, name: str, text: str, then: Callable[[Clip], None], values: Mapping[str, str] | None = None
    ) -> None:
        """Make or find the clip and hand it to `then` (at once when it is already known). With `values` the text is
        a template: they are said, in words, where its variables stand."""

    def music(self) -> Clip:
        """What a waiting or held caller hears, in a loop."""

    def ringback(self) -> Clip:
        """What an operator who calls out hears while it rings there, in a loop."""


class Recording(Protocol):
    """One recording under way."""

    def write(self, said: bytes, heard: bytes) -> None:
        """20 ms of both channels, as `PhoneLine.tap` gives them. Never waits."""

    def close(self) -> float:
        """No more sound. Returns the seconds that were kept."""


class Recordings(Protocol):
    def open(self, name: str) -> Recording:
        """Begin a recording; `name` is its place below the folder, parts divided by `/`, without an ending.
        Never waits; what cannot be written is logged, and the call goes on."""


class CallJournal(Protocol):
    def append(self, recorded: Sequence[Recorded]) -> None:
        """Durable when it returns (against the end of the process), never waits for the database."""


class PanelFeed(Protocol):
    """Towards the panels, one feed an operator. Numbering and differences are the adapter's."""

    def show(self, operator: str, view: Mapping[str, Any]) -> None:
        """The operator's panel as it must now look: JSON-ready sections. Only changed sections travel."""

    def partial(self, operator: str, speaker: str, text: str) -> None:
        """A partial result, to be shown and forgotten; "" clears it."""


class Timer(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, UTC."""

    def call_later(self, seconds: float, action: Callable[[], None]) -> Timer: ...


class StaffDirectory(Protocol):
    """Operators as the administrator keeps them; refreshed behind the scenes, read at once."""

    def operator(self, login: str) -> Operator | None: ...

    def operators(self) -> Sequence[Operator]: ...

    def trainings(self) -> Sequence[Training]:
        """Everybody's records of training (K3)."""


@dataclass(frozen=True)
class Operator:
    """A person who answers the line. `phone` is a `sip:` address, `phone:<login>` for a phone that registers at the
    line, or "" where the browser is the phone."""

    login: str
    surname: str
    name: str
    patronymic: str
    position: str
    unit: str
    phone: str = ""


Answered = Callable[[Mapping[str, Any]], None]
"""Takes the answer to a command."""


class LineCommands(Protocol):
    """What the gateway calls in the line process on behalf of panels; implemented by the application."""

    def command(self, operator: str, name: str, arguments: Mapping[str, Any], then: Answered) -> None:
        """Carry out one command of the panel and hand the JSON-ready answer to `then`, once: mostly at once, later
        where something is sought. Raises Refused or BadInput, and then hands over nothing."""

    def view(self, operator: str) -> Mapping[str, Any]:
        """The operator's panel as it looks now."""
