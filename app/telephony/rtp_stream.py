"""One leg's RTP, as far as it is not the same every 20 ms: its socket, its source, its keys, its exceptions.

The ordinary packet goes past this object: `Arrivals` reads it with `receive`, finds it as expected, and hands it to
the columns that the stream has a row in. Everything else comes to `accept`.
"""

from __future__ import annotations

import ctypes
import fcntl
import ipaddress
import os
import socket
import struct
from collections.abc import Callable
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import structlog

from app.telephony import g711
from app.telephony.comfort_noise import PAYLOAD_TYPE as COMFORT_NOISE
from app.telephony.departures import MARKER, Send
from app.telephony.jitter_buffer import NO_SSRC, OTHER_CODEC
from app.telephony.media_port import RtpRemote
from app.telephony.reception import SLOW_PATH
from app.telephony.rtcp import is_rtcp
from app.telephony.rtp import HEADER, PLAIN, MalformedPacket, RtpPacket
from app.telephony.rtp_tables import RtpTables
from app.telephony.telephone_events import KeyReceiver, KeySender, TelephoneEvent

_log = structlog.get_logger()

LARGEST_DATAGRAM: Final = 2048
_STATIC: Final = {g711.STATIC_PAYLOAD_TYPE[law]: law for law in g711.LAWS}
_MOST_WAITING: Final = 32
_SIOCGSTAMP: Final = 0x8906
_KERNEL_TIME: Final = struct.Struct("ll")
_RATE_HZ: Final = 8000

Address = tuple[Any, ...]
"""As the socket gives it: (host, port) for IPv4, two fields more for IPv6."""


class Protection(Protocol):
    """What stands between packets and the wire (SRTP)."""

    def protect(self, packet: bytes) -> bytes: ...

    def unprotect(self, packet: bytes) -> bytes | None:
        """The packet; None when it is not the other side's."""

    def protect_report(self, packet: bytes) -> bytes: ...

    def unprotect_report(self, packet: bytes) -> bytes | None:
        """As `unprotect`, for RTCP."""


class Voice(Protocol):
    """A codec that is no G.711 law: 160 octets of RTP payload for 320 bytes of PCM (20 ms, 8 kHz), and back.

    One for each leg, as it may remember the sound before. `wide` is the sound decoded last at 16 kHz, for a leg
    that can be given it (`encode_wide`); None when there was none in its time.
    """

    wide: npt.NDArray[np.int16] | None

    def encode(self, pcm: bytes) -> bytes: ...

    def decode(self, codes: bytes) -> bytes: ...

    def encode_wide(self, sound: npt.NDArray[np.int16]) -> bytes: ...

    def skip(self) -> None:
        """Nothing came in the time of this frame."""

    def forget(self) -> None:
        """Another source speaks from now on, whose encoder begins."""


class RtpStream:
    """Sends to the address of SDP until a packet comes from somewhere, then there (symmetric RTP, RFC 4961).

    The source is locked at that packet; packets from elsewhere are ignored, except from SDP's own address, which
    outranks a stranger that was quicker. Once that address is the source, the socket is connected, and the kernel
    keeps strangers out. `changed` is called when `receive` or what the other side wants became different.
    """

    def __init__(
        self, sock: socket.socket, row: int, tables: RtpTables, changed: Callable[[RtpStream], None]
    ) -> None:
        self.sock = sock
        self.port: int = sock.getsockname()[1]
        self.row = row
        self.remote: RtpRemote | None = None
        self.receive: Callable[[memoryview], int] = self._discard
        self.voice: Voice | None = None
        self.protection: Protection | None = None
        self.on_report: Callable[[bytes], object] | None = None
        self.key_sender = KeySender()
        self.foreign_packets = 0
        self.unsendable = False
        self._tables = tables
        self._changed = changed
        self._signalled: Address = ()
        self._source: Address | None = None
        self._connected = False
        self._stamped = False
        self._key_receiver = KeyReceiver()
        self._key_ssrc: int | None = None
        tables.buffers.begin(row, 0)
        tables.departures.begin(row)
        tables.receptions.heard_at[row] = tables.now

    # What the signalling says

    def connect(
        self,
        remote: RtpRemote,
        now: float,
        *,
        voice: Voice | None = None,
        protection: Protection | None = None,
    ) -> None:
        """Follow an answer or a re-INVITE. Raises ValueError when the host is a name: none is resolved."""
        host = ipaddress.ip_address(remote.host)
        if (str(host), remote.port) != self._signalled:
            self._unlock()
            self._signalled = str(host), remote.port
        row, tables, before = self.row, self._tables, self.remote
        if before is None or remote.codec != before.codec:
            tables.buffers.begin(row, g711.LAWS.index(remote.codec) if voice is None else OTHER_CODEC)
        if before is None or not (before.receives and remote.receives):
            tables.departures.marker[row] = MARKER
        tables.departures.kind[row] = PLAIN << 8 | remote.payload_type
        tables.receptions.heard_at[row] = now
        self.remote = remote
        self.voice = voice
        self.protection = protection
        self.unsendable = remote.port == 0 or host.is_unspecified
        self._use_socket()

    @property
    def can_send(self) -> bool:
        """Whether sound goes out: there is an address, and somebody there wants to hear."""
        return self.remote is not None and self.remote.receives and not self.unsendable

    @property
    def can_time_out(self) -> bool:
        """Whether silence means a dead peer: not before the answer, nor while the other side holds the call."""
        remote = self.remote
        return remote is not None and remote.sends and remote.receives and not remote.early

    @property
    def host(self) -> str:
        """Where sound goes now."""
        return str((self._source or self._signalled)[0])

    @property
    def hosts(self) -> set[str]:
        """The addresses that are the other side's: where sound comes from, and where the signalling sends it."""
        return {str(address[0]) for address in (self._source, self._signalled) if address}

    def send_beside(self, packet: bytes) -> None:
        """Send what is no sound, as it is, to where sound goes. Raises OSError."""
        if self._connected:
            self.sock.send(packet)
        else:
            self._send_to_source(packet)

    def close(self) -> None:
        """Leave the socket as it was lent."""
        self._unlock()
        self._tables.pressed = [(row, key) for row, key in self._tables.pressed if row != self.row]

    # The socket

    def _unlock(self) -> None:
        self._source = None
        if self._connected:
            self._connected = False
            disconnect(self.sock)

    def _lock(self, source: Address) -> None:
        self._source = source
        self._connected = False
        if source[:2] == self._signalled:
            try:
                self.sock.connect(source)
                self._connected = True
            except OSError as error:
                _log.info("rtp_socket_not_connected", port=self.port, error=error.strerror)
        self._use_socket()
        if self._connected:
            self._read_what_waited()

    def _read_what_waited(self) -> None:
        """What came before the socket was connected may be from anybody."""
        buffer = memoryview(bytearray(LARGEST_DATAGRAM))
        for _ in range(_MOST_WAITING):
            try:
                length = self._receive_from_known(buffer)
            except OSError:
                return
            if length:
                self._open(bytes(buffer[:length]))

    def _use_socket(self) -> None:
        """Make `receive`, and the row's way out, what the state of the socket wants."""
        receive: Callable[[memoryview], int] = self._receive_from_known
        send: Send = self._send_to_source
        if self._connected:
            receive, send = self.sock.recv_into, self.sock.send
        if self.protection is not None:
            receive, send = self._unprotecting(receive, self.protection), _protecting(send, self.protection)
        self.receive = receive if self.remote is not None else self._discard
        known = self.remote is not None and self._source is not None
        kind = PLAIN << 8 | self.remote.payload_type if self.remote is not None and known else SLOW_PATH
        self._tables.receptions.kind[self.row] = kind
        self._tables.departures.send[self.row] = send
        self._changed(self)

    def arrived(self) -> int | None:
        """When the kernel took the datagram read last, in samples of its clock; None when it does not know: asked
        for the first time, it only begins to look at its clock."""
        try:
            answer = fcntl.ioctl(self.sock.fileno(), _SIOCGSTAMP, bytes(_KERNEL_TIME.size))
        except OSError:
            return None
        if not self._stamped:
            self._stamped = True
            return None
        seconds, micro = _KERNEL_TIME.unpack(answer)
        return (int(seconds) * _RATE_HZ + int(micro) * _RATE_HZ // 1_000_000) & 0xFFFFFFFF

    def _discard(self, view: memoryview) -> int:
        self.sock.recv_into(view)
        return 0

    def _receive_from_known(self, view: memoryview) -> int:
        """Read one datagram; its length if it is the source's own, 0 if it was dealt with here."""
        length, source = self.sock.recvfrom_into(view)
        if source == self._source:
            return length
        if self._source is not None and source[:2] != self._signalled:
            self.foreign_packets += 1
        elif self._open(bytes(view[:length])):
            self._lock(source)
        return 0

    def _open(self, datagram: bytes) -> bool:
        """Take a datagram that was read outside of `receive`."""
        if self._took_report(datagram):
            return False
        packet = self.protection.unprotect(datagram) if self.protection is not None else datagram
        return packet is not None and self.accept(packet)

    def _took_report(self, datagram: bytes | memoryview) -> bool:
        """Whether it was a report that came to the port of the sound (RFC 5761), as agreed."""
        remote = self.remote
        if remote is None or remote.rtcp_port != remote.port or not is_rtcp(datagram):
            return False
        if self.on_report is not None and self._source is not None:
            self.on_report(bytes(datagram))
        return True

    def _send_to_source(self, packet: memoryview | bytes) -> None:
        self.sock.sendto(packet, self._source or self._signalled)

    def _unprotecting(
        self, receive: Callable[[memoryview], int], protection: Protection
    ) -> Callable[[memoryview], int]:
        def receive_unprotected(view: memoryview) -> int:
            length = receive(view)
            if self._took_report(view[:length]):
                return 0
            packet = protection.unprotect(bytes(view[:length])) if length else None
            if packet is None:
                return 0
            view[: len(packet)] = packet
            return len(packet)

        return receive_unprotected

    # Packets that are not the ordinary one

    def accept(self, packet: bytes) -> bool:
        """Take one packet; whether it is of a kind that this call knows."""
        remote = self.remote
        if remote is None or self._took_report(packet):
            return False
        try:
            kind, sequence, timestamp, ssrc, payload = _fields(packet)
            known = self._take(remote, kind, sequence, timestamp, ssrc, payload)
        except MalformedPacket:
            return False
        tables = self._tables
        if known and tables.buffers.ssrc[self.row] in (ssrc, NO_SSRC):
            tables.receptions.note(self.row, sequence, ssrc, len(payload), tables.now)
        elif known:  # keys from a source of their own
            tables.receptions.heard_at[self.row] = tables.now
        return known

    def _take(self, remote: RtpRemote, kind: int, sequence: int, timestamp: int, ssrc: int, payload: bytes) -> bool:
        payload_type, marker = kind & 0x7F, kind >= MARKER
        if payload_type == remote.payload_type:
            self._take_sound(sequence, timestamp, ssrc, payload, marker=marker)
            return True
        if payload_type == remote.event_payload_type:
            self._take_key(TelephoneEvent.parse(payload), timestamp, ssrc, marker=marker)
        elif payload_type in _STATIC:  # RFC 3264 6.1: any codec of the answer may come at any time
            if remote.codec in g711.TRANSCODE:
                codes = payload.translate(g711.TRANSCODE[remote.codec])
                self._take_sound(sequence, timestamp, ssrc, codes, marker=marker)
                return True
        elif payload_type != COMFORT_NOISE:
            return False
        elif remote.comfort_noise:  # where it was not agreed it is a sign of life only
            self._tables.noises.take(self.row, payload, self._tables.now)
        self._tables.lanes.swallow(self.row, sequence)
        return True

    def _take_sound(self, sequence: int, timestamp: int, ssrc: int, codes: bytes, *, marker: bool) -> None:
        if self.voice is not None and ssrc != self._tables.buffers.ssrc[self.row]:
            self.voice.forget()
        self._tables.lanes.forward(self.row, sequence, timestamp, ssrc, codes, marker=marker)
        self._tables.buffers.put(self.row, sequence, timestamp, ssrc, codes)

    def _take_key(self, event: TelephoneEvent, timestamp: int, ssrc: int, *, marker: bool) -> None:
        if ssrc != self._key_ssrc:
            self._key_ssrc = ssrc
            self._key_receiver.reset()
        key = self._key_receiver.receive(event, timestamp, marker=marker)
        if key is not None:
            self._tables.pressed.append((self.row, key))

    # Keys that go out

    def press(self, keys: str) -> None:
        """Send keys. Raises BadInput for what is no key."""
        if self.remote is not None and self.remote.event_payload_type is None:
            _log.warning("keys_not_sent_without_telephone_event", port=self.port)
            return
        self.key_sender.press(keys)
        self._changed(self)

    def next_key_packet(self) -> bytes | None:
        """What goes out in the place of the sound of this tick, whose header was stamped; None for the sound."""
        remote, departures = self.remote, self._tables.departures
        if remote is None or remote.event_payload_type is None:
            return None
        timestamp = int(departures.timestamp[self.row])
        event = self.key_sender.next(timestamp)
        if not self.key_sender.busy:
            self._changed(self)
        if event is None:
            return None
        kind = (MARKER if event.marker else 0) | remote.event_payload_type
        return departures.stamp_one(self.row, kind, event.timestamp, event.payload)

    def cannot_send(self, error: OSError) -> None:
        """The way there is closed until the signalling says something new."""
        self.unsendable = True
        self._changed(self)
        _log.warning("rtp_cannot_be_sent", port=self.port, error=error.strerror)


def _protecting(send: Send, protection: Protection) -> Send:
    return lambda packet: send(protection.protect(bytes(packet)))


def _fields(packet: bytes) -> tuple[int, int, int, int, bytes]:
    """Marker and payload type, sequence, timestamp, SSRC, payload: without the ceremony where there is no need."""
    if len(packet) >= HEADER.size and packet[0] == PLAIN:
        _, kind, sequence, timestamp, ssrc = HEADER.unpack_from(packet)
        return kind, sequence, timestamp, ssrc, packet[HEADER.size :]
    parsed = RtpPacket.parse(packet)
    kind = parsed.marker << 7 | parsed.payload_type
    return kind, parsed.sequence, parsed.timestamp, parsed.ssrc, parsed.payload


_libc = ctypes.CDLL(None, use_errno=True)
_NO_ADDRESS: Final = socket.AF_UNSPEC.to_bytes(2, "little") + bytes(26)


def disconnect(sock: socket.socket) -> None:
    """Undo `connect` of a datagram socket, which stays bound: connect(2) to AF_UNSPEC, unknown to Python."""
    if _libc.connect(sock.fileno(), _NO_ADDRESS, len(_NO_ADDRESS)):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
