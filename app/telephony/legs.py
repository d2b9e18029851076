"""Legs, as the media engine sees them: who hears whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from app.application.ports import LegId
from app.telephony import g711
from app.telephony.desk import BrowserEnd
from app.telephony.forwarding import AS_IT_IS, TRANSCODED_TO
from app.telephony.leg_rows import Sound
from app.telephony.playback import Form, Playback
from app.telephony.rtp_stream import RtpStream

Sink = Callable[[bytes], None]
Tap = Callable[[bytes, bytes], None]
_LAWS: Final = frozenset(g711.LAWS)


class Leg:
    """A leg and what it does; exactly one of `rtp` and `browser` is there."""

    def __init__(
        self, name: LegId, row: int, now: float, *, rtp: RtpStream | None = None, browser: BrowserEnd | None = None
    ) -> None:
        self.name = name
        self.row = row
        self.opened_at = now
        self.rtp = rtp
        self.browser = browser
        self.peer: Leg | None = None
        self.conference: list[Leg] = []
        self.whispers_to: Leg | None = None
        self.whisperers: list[Leg] = []
        self.playback: Playback | None = None
        self.sink: Sink | None = None
        self.tap: Tap | None = None
        self.lost = False
        self.fault_logged = False

    @property
    def form(self) -> Form:
        """In which form prompts are wanted: a law, or PCM."""
        if self.rtp is None or self.rtp.remote is None or self.rtp.remote.codec not in _LAWS:
            return None
        return self.rtp.remote.codec

    @property
    def is_open(self) -> bool:
        """Whether sound can flow: an RTP leg's cannot before the answer."""
        return self.rtp is None or self.rtp.remote is not None

    @property
    def hears_others(self) -> bool:
        return self.peer is not None or bool(self.conference) or bool(self.whisperers)

    def part(self) -> None:
        """Leave the bridge or conference, and end what is whispered to or by this leg."""
        if self.peer is not None:
            self.peer.peer = None
            self.peer = None
        for member in self.conference:
            if member is not self:
                member.conference = [other for other in member.conference if other is not self]
        self.conference = []
        if self.whispers_to is not None:
            self.whispers_to.whisperers.remove(self)
            self.whispers_to = None
        for speaker in self.whisperers:
            speaker.whispers_to = None
        self.whisperers = []


def confer(legs: list[Leg]) -> None:
    """Each hears all the others."""
    for leg in legs:
        leg.part()
    for leg in legs:
        leg.conference = legs


def lane_table(speaker: Leg, hearer: Leg) -> int | None:
    """How packets of the one may go straight to the other (`Lanes.lead`); None when its sound must be made."""
    if speaker.rtp is None or hearer.rtp is None or speaker.rtp.remote is None or hearer.rtp.remote is None:
        return None
    if hearer.playback is not None or hearer.whisperers or hearer.rtp.key_sender.busy or not hearer.rtp.can_send:
        return None
    codec, spoken = hearer.rtp.remote.codec, speaker.rtp.remote.codec
    if not {codec, spoken} <= _LAWS:
        return None  # the hearer's decoder remembers another encoder's sound (`app.telephony.g722`)
    return AS_IT_IS if codec == spoken else TRANSCODED_TO[codec]


def wide_sound(hearer: Leg) -> Sound | None:
    """What the leg hears in this tick, at 16 kHz, where it and the only other party have such a codec."""
    peer = hearer.peer
    if peer is None or peer.rtp is None or peer.rtp.voice is None or hearer.whisperers:
        return None
    return peer.rtp.voice.wide
