"""The seam between the signalling of the line and its media, inside the telephony adapter.

The signalling (`app.telephony.line`) owns the dialogs and tells the engine which legs exist, where their sound
goes and with which codec. The engine owns RTP ports, browsers' audio, mixing, keys and playback, and reports back
through `MediaEvents`. A leg that the engine does not know (any more) makes every method do nothing, as in
`PhoneLine`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from app.application.ports import Clip, LegId, LegQuality
from app.domain.errors import Unavailable

Codec = Literal["PCMA", "PCMU", "G722"]
SrtpSuite = Literal["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"]
"""RFC 4568 6.2."""


class NoPortFree(Unavailable):
    """Every port of the RTP range is taken: the call is answered with 503, or our own is not placed."""


@dataclass(frozen=True)
class SrtpKeys:
    """What protects one direction (RFC 4568 6.1): `master` is the key and the salt after it, 30 octets."""

    suite: SrtpSuite
    master: bytes = field(repr=False)


@dataclass(frozen=True)
class RtpRemote:
    """What offer and answer agreed about one leg's stream (RFC 3264).

    `host` is an IP literal, `port` its RTP port. `payload_type` is that of `codec` in both directions,
    `event_payload_type` that of telephone-event (RFC 4733), None when the other side has none.
    `sends`: the other side may send to us; `receives`: it wants to hear us. Both are False while it holds
    with `inactive`. `rtcp_port` is 0 where no reports go, `port` where they are multiplexed (RFC 5761).
    `comfort_noise`: payload type 13 was agreed (RFC 3389). `srtp_in` and `srtp_out` are there both or not at all.
    """

    host: str
    port: int
    codec: Codec
    payload_type: int
    event_payload_type: int | None
    sends: bool = True
    receives: bool = True
    rtcp_port: int = 0
    comfort_noise: bool = False
    srtp_in: SrtpKeys | None = None
    srtp_out: SrtpKeys | None = None
    early: bool = False
    """The call is not answered yet: sound may flow, but silence is no loss."""


class MediaEvents(Protocol):
    """What the engine tells the signalling, in the event loop's thread."""

    def on_key(self, leg: LegId, key: str) -> None:
        """One of 0-9 * # A-D, once for each press."""

    def on_playback_finished(self, leg: LegId, tag: str) -> None: ...

    def on_lost(self, leg: LegId) -> None:
        """No RTP for too long (never while the other side holds the call), or the browser stayed away."""

    def on_quality(self, leg: LegId, quality: LegQuality) -> None:
        """How the leg's sound has fared so far: every five seconds while sound flows, and at a report's arrival."""

    def on_browser(self, login: str, connected: bool, microphone: bool) -> None: ...


class MediaEngine(Protocol):
    """Sound for every leg. All but start and stop return at once; an unknown leg is no error."""

    def report_to(self, events: MediaEvents) -> None:
        """Who is told; before start."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def open_rtp(self, leg: LegId) -> int:
        """Bind a pair of ports for the leg and return the RTP port. Raises NoPortFree."""

    def connect_rtp(self, leg: LegId, remote: RtpRemote) -> None:
        """Sound flows from now on. Called again whenever a re-INVITE changed something."""

    def open_browser(self, leg: LegId, login: str) -> None:
        """Make that operator's browser the leg's microphone and loudspeaker, now or when it reconnects."""

    def close(self, leg: LegId) -> None:
        """Forget the leg: its bridge, playback, listener and port. Idempotent."""

    def send_keys(self, leg: LegId, keys: str) -> None:
        """Send RFC 4733 events, one after the other."""

    def bridge(self, one: LegId, other: LegId) -> None: ...

    def part(self, leg: LegId) -> None: ...

    def play(self, leg: LegId, clips: Sequence[Clip], *, tag: str, loop: bool = False) -> None: ...

    def stop_playing(self, leg: LegId) -> None: ...

    def listen(self, leg: LegId, sink: Callable[[bytes], None] | None) -> None: ...

    def tap(self, leg: LegId, sink: Callable[[bytes, bytes], None] | None) -> None: ...

    def confer(self, legs: Sequence[LegId]) -> None: ...

    def whisper(self, speaker: LegId, listener: LegId) -> None: ...
