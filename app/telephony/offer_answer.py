"""Offer and answer (RFC 3264) for one telephone stream: PCMA or PCMU, telephone-event, 20 ms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

from app.telephony.errors import BadSdp, NoCommonCodec
from app.telephony.media_port import Codec, RtpRemote
from app.telephony.sdp import Direction, Format, SessionDescription, Stream, is_host

PTIME_MS = 20
EVENTS = "TELEPHONE-EVENT"
KEYS_0_TO_D = "0-15"
"""RFC 4733 2.4.1: the sixteen keys of a telephone."""

OFFERED = (
    Format("8", "PCMA", 8000),
    Format("0", "PCMU", 8000),
    Format("101", EVENTS, 8000, KEYS_0_TO_D),
)

ANSWERING = {
    Direction.SENDRECV: Direction.SENDRECV,
    Direction.SENDONLY: Direction.RECVONLY,
    Direction.RECVONLY: Direction.SENDONLY,
    Direction.INACTIVE: Direction.INACTIVE,
}
"""RFC 3264 6.1: the direction that answers each offered one."""


@dataclass(frozen=True)
class LocalSession:
    """What our side of one dialog says of itself: its address, port and the number of its description."""

    host: str
    port: int
    session_id: int
    version: int = 1

    def next_version(self) -> LocalSession:
        """RFC 3264 8: every changed description counts on by one."""
        return replace(self, version=self.version + 1)

    def describe(self, streams: tuple[Stream, ...]) -> SessionDescription:
        return SessionDescription(self.session_id, self.version, self.host, self.host, streams)

    def offer(self) -> SessionDescription:
        return self.describe((Stream("audio", self.port, "RTP/AVP", OFFERED, ptime_ms=PTIME_MS),))


@dataclass(frozen=True)
class Agreed:
    """One stream of the other side that we can speak with."""

    index: int
    audio: Format
    events: Format | None
    remote: RtpRemote


def choose(offer: SessionDescription, signalling_host: str) -> Agreed:
    """The first audio stream with a codec of ours, in the offerer's order (RFC 3264 6.1).

    `signalling_host` stands in where the description names a host: no name is ever resolved. Raises NoCommonCodec.
    """
    for index, stream in enumerate(offer.streams):
        if stream.kind != "audio" or stream.protocol != "RTP/AVP" or stream.port == 0:
            continue
        audio = _first(stream, get_args(Codec))
        if audio is not None:
            remote = _remote(offer, stream, audio, signalling_host)
            return Agreed(index, audio, _first(stream, (EVENTS,)), remote)
    raise NoCommonCodec("no audio stream with PCMA or PCMU")


def answer(offer: SessionDescription, agreed: Agreed, local: LocalSession) -> SessionDescription:
    """Our answer: the agreed stream with its direction turned, every other one with port 0 (RFC 3264 6)."""
    streams = []
    for index, stream in enumerate(offer.streams):
        if index != agreed.index:
            streams.append(replace(stream, port=0, host=None))
            continue
        formats = [replace(agreed.audio, parameters="")]
        if agreed.events is not None:
            formats.append(replace(agreed.events, parameters=KEYS_0_TO_D))
        streams.append(
            Stream(
                "audio",
                local.port,
                "RTP/AVP",
                tuple(formats),
                direction=ANSWERING[stream.direction],
                ptime_ms=PTIME_MS,
            )
        )
    return local.describe(tuple(streams))


def accept(answered: SessionDescription, signalling_host: str) -> RtpRemote:
    """What the other side made of our offer. Raises NoCommonCodec, also where it refused the stream."""
    if len(answered.streams) != 1:
        raise BadSdp("the answer has another number of streams than the offer (RFC 3264 6)")
    return choose(answered, signalling_host).remote


def _first(stream: Stream, encodings: tuple[str, ...]) -> Format | None:
    for form in stream.formats:
        numbered = form.payload_type.isascii() and form.payload_type.isdigit() and int(form.payload_type) < 128
        if form.encoding in encodings and form.clock_rate_hz == 8000 and numbered:
            return form
    return None


def _remote(offer: SessionDescription, stream: Stream, audio: Format, signalling_host: str) -> RtpRemote:
    host = offer.host_of(stream)
    direction = stream.direction
    if host in ("0.0.0.0", "::"):
        # RFC 3264 8.4: the old way to hold. Nothing can be sent there.
        direction = Direction.SENDONLY if direction.sends else Direction.INACTIVE
    events = _first(stream, (EVENTS,))
    codec: Codec = "PCMA" if audio.encoding == "PCMA" else "PCMU"
    return RtpRemote(
        host=host if is_host(host) else signalling_host,
        port=stream.port,
        codec=codec,
        payload_type=int(audio.payload_type),
        event_payload_type=int(events.payload_type) if events is not None else None,
        sends=direction.sends,
        receives=direction.receives,
    )
