"""Offer and answer (RFC 3264) for one telephone stream: 20 ms of a codec of ours, keys, comfort noise, SRTP."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from app.telephony.errors import BadSdp, NoCommonCodec
from app.telephony.media_policy import IN_THE_CLEAR, MediaPolicy
from app.telephony.media_port import Codec, RtpRemote, SrtpKeys
from app.telephony.sdp import Direction, Format, SessionDescription, Stream, is_host
from app.telephony.srtp import SUITES, Crypto, first_known, new_master

PTIME_MS = 20
EVENTS = "TELEPHONE-EVENT"
KEYS_0_TO_D = "0-15"
"""RFC 4733 2.4.1: the sixteen keys of a telephone."""
COMFORT_NOISE = "CN"
COMFORT_NOISE_TYPE = "13"
"""RFC 3389 4: the static type, and the only one that we know it by."""

SECURED = {"RTP/AVP": False, "RTP/AVPF": False, "RTP/SAVP": True, "RTP/SAVPF": True}
"""The protocols that we speak, and whether SRTP is in them. Feedback (AVPF, RFC 4585) is read over: each of the two
kinds stays what it is in the answer (RFC 3264 6)."""

OFFERED: dict[Codec, Format] = {
    "PCMA": Format("8", "PCMA", 8000),
    "PCMU": Format("0", "PCMU", 8000),
    "G722": Format("9", "G722", 8000),  # RFC 3551 4.5.2: its clock is called 8000
}
NOISE_OFFERED = Format(COMFORT_NOISE_TYPE, COMFORT_NOISE, 8000)
EVENTS_OFFERED = Format("101", EVENTS, 8000, KEYS_0_TO_D)

ANSWERING = {
    Direction.SENDRECV: Direction.SENDRECV,
    Direction.SENDONLY: Direction.RECVONLY,
    Direction.RECVONLY: Direction.SENDONLY,
    Direction.INACTIVE: Direction.INACTIVE,
}
"""RFC 3264 6.1: the direction that answers each offered one."""


@dataclass(frozen=True)
class LocalSession:
    """What our side of one dialog says of itself: its address, port and the number of its description.

    `master` is the key and salt that a first offer of ours names, where the policy wants keys.
    """

    host: str
    port: int
    session_id: int = field(default_factory=lambda: secrets.randbits(62))
    version: int = 1
    policy: MediaPolicy = IN_THE_CLEAR
    master: bytes = field(default_factory=new_master, repr=False)

    def next_version(self) -> LocalSession:
        """RFC 3264 8: every changed description counts on by one."""
        return replace(self, version=self.version + 1)

    def describe(self, streams: tuple[Stream, ...]) -> SessionDescription:
        return SessionDescription(self.session_id, self.version, self.host, self.host, streams)

    def offer(self, current: RtpRemote | None = None) -> SessionDescription:
        """Our offer; within a call that has sound already (`current`), it keeps its numbers, its codec first, and
        its keys (RFC 3264 8.3.2, RFC 4568 5.1.4)."""
        keys = self._keys_offered(current)
        stream = Stream(
            "audio",
            self.port,
            "RTP/AVP" if keys is None else "RTP/SAVP",
            _formats_offered(self.policy.codecs, current),
            ptime_ms=PTIME_MS,
            cryptos=() if keys is None else (Crypto(1, keys).serialise(),),
        )
        return self.describe((stream,))

    def _keys_offered(self, current: RtpRemote | None) -> SrtpKeys | None:
        if current is not None:
            return current.srtp_out
        return SrtpKeys(SUITES[0], self.master) if self.policy.srtp == "required" else None


@dataclass(frozen=True)
class Agreed:
    """One stream of the other side that we can speak with. `tag` is of the crypto attribute that we follow."""

    index: int
    audio: Format
    events: Format | None
    noise: Format | None
    remote: RtpRemote
    tag: int = 0
    rtcp_mux: bool = False


def choose(
    offer: SessionDescription,
    signalling_host: str,
    policy: MediaPolicy = IN_THE_CLEAR,
    current: RtpRemote | None = None,
) -> Agreed:
    """The first audio stream with a codec of ours, in the offerer's order (RFC 3264 6.1), under keys or not as the
    policy wants it.

    `signalling_host` stands in where the description names a host: no name is ever resolved. `current` is what was
    agreed in this dialog before: our key stays while the other side's does, and is a new one with a new one, as
    another party may be there now whose counters begin anew. Raises NoCommonCodec.
    """
    for index, stream in enumerate(offer.streams):
        agreed = _agree(offer, index, stream, signalling_host, policy)
        if agreed is None:
            continue
        theirs = agreed.remote.srtp_in
        if theirs is None:
            return agreed
        kept = current.srtp_out if current is not None and current.srtp_in == theirs else None
        ours = kept or SrtpKeys(theirs.suite, new_master())
        return replace(agreed, remote=replace(agreed.remote, srtp_out=ours))
    wanted = {"off": " in the clear", "optional": "", "required": " under SRTP"}[policy.srtp]
    raise NoCommonCodec(f"no audio stream with {' or '.join(policy.codecs)}{wanted}")


def answer(offer: SessionDescription, agreed: Agreed, local: LocalSession) -> SessionDescription:
    """Our answer: the agreed stream with its direction turned, every other one with port 0 (RFC 3264 6)."""
    streams = []
    for index, stream in enumerate(offer.streams):
        if index != agreed.index:
            streams.append(replace(stream, port=0, host=None))
            continue
        formats = [_with_parameters(agreed.audio, "")]
        if agreed.noise is not None:
            formats.append(agreed.noise)
        if agreed.events is not None:
            formats.append(_with_parameters(agreed.events, KEYS_0_TO_D))
        keys = agreed.remote.srtp_out
        streams.append(
            Stream(
                "audio",
                local.port,
                stream.protocol,
                tuple(formats),
                direction=ANSWERING[stream.direction],
                ptime_ms=PTIME_MS,
                rtcp_mux=agreed.rtcp_mux,
                cryptos=(Crypto(agreed.tag, keys).serialise(),) if keys is not None else (),
            )
        )
    return local.describe(tuple(streams))


def _with_parameters(form: Format, parameters: str) -> Format:
    return form if form.parameters == parameters else replace(form, parameters=parameters)


def narrowed(description: SessionDescription, direction: Direction) -> SessionDescription:
    """The description as one who holds (or is deaf) may give it: no stream says more than `direction`."""
    if direction is Direction.SENDRECV:
        return description
    return replace(
        description,
        streams=tuple(
            replace(stream, direction=_both(stream.direction, direction)) for stream in description.streams
        ),
    )


def _both(one: Direction, other: Direction) -> Direction:
    sends, receives = one.sends and other.sends, one.receives and other.receives
    if sends:
        return Direction.SENDRECV if receives else Direction.SENDONLY
    return Direction.RECVONLY if receives else Direction.INACTIVE


def accept(
    answered: SessionDescription,
    signalling_host: str,
    local: LocalSession | None = None,
    current: RtpRemote | None = None,
) -> RtpRemote:
    """What the other side made of our offer, which was `local.offer(current)`.

    Raises NoCommonCodec, also where it refused the stream, or answered keys with none, or with others than offered
    (RFC 4568 5.1.3); BadSdp when it has another number of streams.
    """
    local = local or LocalSession("", 0)
    offered = local.offer(current).streams
    if len(answered.streams) != len(offered):
        raise BadSdp("the answer has another number of streams than the offer (RFC 3264 6)")
    if SECURED.get(answered.streams[0].protocol) is not SECURED[offered[0].protocol]:
        raise NoCommonCodec("the answer has another protocol than the offer")
    # RFC 5761 5.1.1: what we did not offer cannot be answered.
    agreed = _agree(answered, 0, replace(answered.streams[0], rtcp_mux=False), signalling_host, local.policy)
    if agreed is None:
        raise NoCommonCodec("the answer has no codec of ours, or no keys that we can follow")
    theirs = agreed.remote.srtp_in
    if theirs is None:
        return agreed.remote
    ours = Crypto.parse(offered[0].cryptos[0])
    if (agreed.tag, theirs.suite) != (ours.tag, ours.keys.suite):
        raise NoCommonCodec("the answer has other keys than were offered")
    return replace(agreed.remote, srtp_out=ours.keys)


def _formats_offered(codecs: Sequence[Codec], current: RtpRemote | None) -> tuple[Format, ...]:
    formats = [OFFERED[codec] for codec in codecs]
    events = EVENTS_OFFERED
    if current is not None:
        used = replace(OFFERED[current.codec], payload_type=str(current.payload_type))
        formats = [used, *(one for one in formats if one.encoding != current.codec)]
        if current.event_payload_type is not None:
            events = replace(events, payload_type=str(current.event_payload_type))
    return (*formats, NOISE_OFFERED, events)


def _agree(
    described: SessionDescription, index: int, stream: Stream, signalling_host: str, policy: MediaPolicy
) -> Agreed | None:
    """What can be agreed about one stream, but for our own key; None when nothing can."""
    secured = SECURED.get(stream.protocol)
    if stream.kind != "audio" or stream.port == 0 or secured is None or not policy.admits(secured=secured):
        return None
    audio = _first(stream, policy.codecs)
    crypto = first_known(stream.cryptos) if secured else None
    if audio is None or (secured and crypto is None):
        return None
    events, noise = _first(stream, (EVENTS,)), _first(stream, (COMFORT_NOISE,))
    if noise is not None and noise.payload_type != COMFORT_NOISE_TYPE:
        noise = None
    mux = stream.rtcp_mux and not any(
        64 <= int(one.payload_type) <= 95 for one in (audio, events) if one is not None
    )
    host, direction = _where(described, stream)
    remote = RtpRemote(
        host=host if is_host(host) else signalling_host,
        port=stream.port,
        codec=cast(Codec, audio.encoding),
        payload_type=int(audio.payload_type),
        event_payload_type=int(events.payload_type) if events is not None else None,
        sends=direction.sends,
        receives=direction.receives,
        rtcp_port=stream.port if mux else _rtcp_port(stream, host),
        comfort_noise=noise is not None,
        srtp_in=crypto.keys if crypto is not None else None,
    )
    return Agreed(index, audio, events, noise, remote, crypto.tag if crypto is not None else 0, mux)


def _first(stream: Stream, encodings: Sequence[str]) -> Format | None:
    for form in stream.formats:
        if form.encoding in encodings and form.clock_rate_hz == 8000 and _is_type(form.payload_type):
            return form
    return None


def _is_type(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) < 128


def _where(described: SessionDescription, stream: Stream) -> tuple[str, Direction]:
    host, direction = described.host_of(stream), stream.direction
    if host in ("0.0.0.0", "::"):
        # RFC 3264 8.4: the old way to hold. Nothing can be sent there.
        direction = Direction.SENDONLY if direction.sends else Direction.INACTIVE
    return host, direction


def _rtcp_port(stream: Stream, host: str) -> int:
    """Where reports go: the next port (RFC 3550 11) or the one that RFC 3605 names, 0 for nowhere. Another host
    than that of the sound gets none: nobody makes us send there with a line of text."""
    if not stream.reports or stream.rtcp_host not in (None, host):
        return 0
    if stream.rtcp_port is not None:
        return stream.rtcp_port
    return stream.port + 1 if stream.port < 65535 else 0
