"""One leg's RTP in both directions: its socket, its source address, its jitter buffer, its keys."""

from __future__ import annotations

import ipaddress
import secrets
import socket
from typing import Any, Final

import structlog

from app.telephony import g711
from app.telephony.jitter_buffer import FRAME, JitterBuffer
from app.telephony.media_port import RtpRemote
from app.telephony.rtp import HEADER, PLAIN, MalformedPacket, RtpPacket, sequence_after, timestamp_after
from app.telephony.telephone_events import KeyReceiver, KeySender, TelephoneEvent

_log = structlog.get_logger()

_LARGEST_DATAGRAM: Final = 2048
_STATIC: Final = {g711.STATIC_PAYLOAD_TYPE[law]: law for law in g711.LAWS}

Address = tuple[Any, ...]
"""As the socket gives it: (host, port) for IPv4, two fields more for IPv6."""


class RtpStream:
    """Sends to the address of SDP until a packet comes from somewhere, then there (symmetric RTP, RFC 4961).

    The source is locked at that packet; packets from elsewhere are ignored, except from SDP's own address, which
    outranks a stranger that was quicker.
    """

    def __init__(self, sock: socket.socket, now: float) -> None:
        self.sock = sock
        self.port: int = sock.getsockname()[1]
        self.remote: RtpRemote | None = None
        self.row = 0
        self.heard_at = now
        self.keys: list[str] = []
        self.foreign_packets = 0
        self._signalled: Address = ()
        self._source: Address | None = None
        self._buffer = JitterBuffer("PCMA")
        self._key_receiver = KeyReceiver()
        self._key_ssrc: int | None = None
        self._key_sender = KeySender()
        self._ssrc = secrets.randbits(32)  # RFC 3550 8: random, as are the two counters (5.1)
        self._sequence = secrets.randbits(16)
        self._timestamp = secrets.randbits(32)
        self._marker = 0x80
        self._unsendable = False

    def connect(self, remote: RtpRemote, now: float) -> None:
        """Follow an answer or a re-INVITE. Raises ValueError when the host is a name: none is resolved."""
        signalled = (str(ipaddress.ip_address(remote.host)), remote.port)
        if signalled != self._signalled:
            self._source = None
            self._signalled = signalled
        if self.remote is None or remote.codec != self.remote.codec:
            self._buffer = JitterBuffer(remote.codec)
        if self.remote is None or not (self.remote.receives and remote.receives):
            self._marker = 0x80
        self.remote = remote
        self.row = g711.LAWS.index(remote.codec)
        self.heard_at = now
        self._unsendable = remote.port == 0 or ipaddress.ip_address(remote.host).is_unspecified

    @property
    def can_time_out(self) -> bool:
        """Whether silence means a dead peer: not before the answer, nor while the other side holds the call."""
        remote = self.remote
        return remote is not None and remote.sends and remote.receives and not remote.early

    def receive(self, now: float) -> None:
        """Take one datagram from the socket, if there is one."""
        try:
            datagram, source = self.sock.recvfrom(_LARGEST_DATAGRAM)
        except OSError:
            return  # nothing there, or an ICMP error of an earlier packet
        if self.remote is not None:
            self._accept(self.remote, datagram, source, now)

    def _accept(self, remote: RtpRemote, datagram: bytes, source: Address, now: float) -> None:
        known = source == self._source
        if not known and self._source is not None and source[:2] != self._signalled:
            self.foreign_packets += 1
            return
        try:
            kind, sequence, timestamp, ssrc, payload = _fields(datagram)
            known_kind = self._take(remote, kind, sequence, timestamp, ssrc, payload)
        except MalformedPacket:
            return
        if known_kind:
            self.heard_at = now
            self._source = source

    def _take(self, remote: RtpRemote, kind: int, sequence: int, timestamp: int, ssrc: int, payload: bytes) -> bool:
        """Whether the payload is of a kind that this call knows."""
        payload_type = kind & 0x7F
        if payload_type == remote.payload_type:
            self._buffer.put(sequence, timestamp, ssrc, payload)
        elif payload_type == remote.event_payload_type:
            self._take_key(TelephoneEvent.parse(payload), timestamp, ssrc, marker=kind > 0x7F)
        elif payload_type in _STATIC:  # RFC 3264 6.1: any codec of the answer may come at any time
            self._buffer.put(sequence, timestamp, ssrc, payload.translate(g711.TRANSCODE[remote.codec]))
        else:
            return payload_type == 13  # comfort noise, RFC 3389: silence for us, but a sign of life
        return True

    def _take_key(self, event: TelephoneEvent, timestamp: int, ssrc: int, *, marker: bool) -> None:
        if ssrc != self._key_ssrc:
            self._key_ssrc = ssrc
            self._key_receiver.reset()
        key = self._key_receiver.receive(event, timestamp, marker=marker)
        if key is not None:
            self.keys.append(key)

    def pull(self) -> tuple[bytes, int]:
        """160 codes of the leg's law, and the stage of fading (`JitterBuffer.pull`)."""
        return self._buffer.pull()

    def press(self, keys: str) -> None:
        """Send keys. Raises BadInput for what is no key."""
        if self.remote is not None and self.remote.event_payload_type is None:
            _log.warning("keys_not_sent_without_telephone_event", port=self.port)
            return
        self._key_sender.press(keys)

    def send(self, codes: bytes) -> None:
        """Send this tick's 160 codes, or a key in their place."""
        timestamp = self._timestamp
        self._timestamp = timestamp_after(timestamp, FRAME)
        remote = self.remote
        if remote is None or not remote.receives or self._unsendable:
            return
        kind = self._marker | remote.payload_type
        if self._key_sender.busy and remote.event_payload_type is not None:
            event = self._key_sender.next(timestamp)
            if event is not None:
                kind = (0x80 if event.marker else 0) | remote.event_payload_type
                codes, timestamp = event.payload, event.timestamp
        header = HEADER.pack(PLAIN, kind, self._sequence, timestamp, self._ssrc)
        self._sequence = sequence_after(self._sequence)
        self._marker = 0
        self._send_datagram(header + codes)

    def skip(self, frames: int) -> None:
        """Time passed in which nothing was sent: sound begins anew after it (RFC 3551 4.1, marker bit)."""
        self._timestamp = timestamp_after(self._timestamp, frames * FRAME)
        self._marker = 0x80

    def _send_datagram(self, datagram: bytes) -> None:
        try:
            self.sock.sendto(datagram, self._source or self._signalled)
        except BlockingIOError:
            return  # the network card's queue is full: one frame less
        except OSError as error:
            self._unsendable = True
            _log.warning("rtp_cannot_be_sent", port=self.port, error=error.strerror)


def _fields(datagram: bytes) -> tuple[int, int, int, int, bytes]:
    """Marker and payload type, sequence, timestamp, SSRC, payload: without the ceremony where there is no need."""
    if len(datagram) >= HEADER.size and datagram[0] == PLAIN:
        _, kind, sequence, timestamp, ssrc = HEADER.unpack_from(datagram)
        return kind, sequence, timestamp, ssrc, datagram[HEADER.size :]
    packet = RtpPacket.parse(datagram)
    kind = packet.marker << 7 | packet.payload_type
    return kind, packet.sequence, packet.timestamp, packet.ssrc, packet.payload
