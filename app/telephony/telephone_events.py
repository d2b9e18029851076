"""Keys pressed, as RTP telephone events (RFC 4733), in and out."""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass
from typing import Final

from app.domain.errors import BadInput
from app.telephony.rtp import MalformedPacket, samples_between

KEYS: Final = "0123456789*#ABCD"
"""By event code (RFC 4733 3.2 table 3)."""

FRAME_SAMPLES: Final = 160
PRESS_FRAMES: Final = 5  # 100 ms: ITU-T Q.24 asks receivers for 40 ms, slow gateways want more
END_PACKETS: Final = 3  # RFC 4733 2.5.1.4
PAUSE_FRAMES: Final = 4  # 80 ms of sound between two presses

_EVENT: Final = struct.Struct("!BBH")
_EVENT_PACKETS: Final = PRESS_FRAMES + END_PACKETS - 1  # the first end packet is also the last of the press
_OLD_SAMPLES: Final = 5 * 8000
"""A packet whose timestamp is behind by less than this was overtaken; by more, the sender began anew."""


@dataclass(frozen=True)
class TelephoneEvent:
    """The payload (RFC 4733 2.3): `volume` in -dBm0 0..63, `duration` in samples since the press."""

    code: int
    duration: int
    end: bool = False
    volume: int = 10

    @classmethod
    def parse(cls, payload: bytes) -> TelephoneEvent:
        if len(payload) < _EVENT.size:
            raise MalformedPacket(f"telephone event: {len(payload)} octets, at least {_EVENT.size} expected")
        code, flags, duration = _EVENT.unpack_from(payload)
        return cls(code, duration, end=flags >= 0x80, volume=flags & 0x3F)

    def serialise(self) -> bytes:
        return _EVENT.pack(self.code, (0x80 if self.end else 0) | self.volume, self.duration)

    @property
    def key(self) -> str | None:
        """The key, None for events that are no keys (flash, tones)."""
        return KEYS[self.code] if self.code < len(KEYS) else None


class KeyReceiver:
    """Turns the packets of one RTP source into presses: each once, at its first packet that arrives.

    All packets of a press bear the timestamp of its beginning (RFC 4733 2.5.1.2), so neither repeated end packets
    nor lost ones matter. A press longer than the duration field goes on in a further segment (2.5.1.3), which has
    the same key, no marker, and begins where the last ended: no new press.
    """

    def __init__(self) -> None:
        self._timestamp: int | None = None
        self._last = TelephoneEvent(0, 0)

    def receive(self, event: TelephoneEvent, timestamp: int, *, marker: bool) -> str | None:
        """The key, when this packet is the first of a press."""
        if self._timestamp is None:
            return self._press(event, timestamp)
        later = samples_between(self._timestamp, timestamp)
        if -_OLD_SAMPLES < later < 0:
            return None
        if later == 0:
            if event.duration >= self._last.duration or event.end:
                self._last = event
            return None
        goes_on = (
            not marker
            and not self._last.end
            and event.code == self._last.code
            and 0 < later <= self._last.duration + FRAME_SAMPLES
        )
        key = self._press(event, timestamp)
        return None if goes_on else key

    def _press(self, event: TelephoneEvent, timestamp: int) -> str | None:
        self._timestamp, self._last = timestamp, event
        return event.key

    def reset(self) -> None:
        """Another source: its timestamps have nothing to do with those before."""
        self._timestamp = None


@dataclass(frozen=True)
class EventPacket:
    """What goes out in place of the sound of one tick."""

    payload: bytes
    timestamp: int
    marker: bool


class KeySender:
    """Sends presses, one packet a tick of 20 ms, with a pause of sound between them."""

    def __init__(self) -> None:
        self._keys: deque[int] = deque()
        self._step = 0
        self._began = 0

    def press(self, keys: str) -> None:
        """Queue the keys; raises BadInput for what is no key."""
        unknown = [key for key in keys.upper() if key not in KEYS]
        if unknown:
            raise BadInput(f"{len(unknown)} characters are no telephone keys; keys are 0-9 * # A-D")
        self._keys.extend(KEYS.index(key) for key in keys.upper())

    @property
    def busy(self) -> bool:
        return bool(self._keys)

    def next(self, timestamp: int) -> EventPacket | None:
        """The packet of this tick, whose sound would bear `timestamp`; None when sound goes out instead."""
        if not self._keys:
            return None
        step, self._step = self._step, self._step + 1
        if step == 0:
            self._began = timestamp
        frames = min(step + 1, PRESS_FRAMES)
        if step < _EVENT_PACKETS:
            event = TelephoneEvent(self._keys[0], frames * FRAME_SAMPLES, end=step >= PRESS_FRAMES - 1)
            return EventPacket(event.serialise(), self._began, marker=step == 0)
        if step >= _EVENT_PACKETS + PAUSE_FRAMES - 1:
            self._keys.popleft()
            self._step = 0
        return None
