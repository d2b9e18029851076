"""The media of the line: every 20 ms all legs are heard, mixed and spoken to together (design.md, "media").

One tick reads what arrived, takes one frame of each leg, decodes all of them in one array operation, encodes what
each leg is to hear in another, and sends. Listeners and callbacks are served after that, so that whoever is told
may bridge, play or close at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import structlog

from app.application.ports import Clip, LegId
from app.domain.errors import BadInput
from app.telephony import g711
from app.telephony.arrivals import Arrivals
from app.telephony.browser_phone import BrowserPhones
from app.telephony.desk import BrowserEnd
from app.telephony.jitter_buffer import FADE_FRAMES
from app.telephony.media_port import MediaEvents, RtpRemote
from app.telephony.playback import FRAME, SILENCE, ClipForms, Form, Playback
from app.telephony.rtp_ports import RtpPorts
from app.telephony.rtp_stream import RtpStream
from app.telephony.ticker import Ticker

_log = structlog.get_logger()

_SIGNS_OF_LIFE_EVERY_TICKS: Final = 50
_FADES: Final = [np.linspace(1 - n / FADE_FRAMES, 1 - (n + 1) / FADE_FRAMES, FRAME) for n in range(FADE_FRAMES)]
_DECODE: Final = g711.DECODE.reshape(-1)
_ENCODE: Final = g711.ENCODE.reshape(-1)

Sink = Callable[[bytes], None]
Sound = npt.NDArray[np.int16]


class _Leg:
    """A leg and what it does; exactly one of `rtp` and `browser` is there."""

    def __init__(self, name: LegId, *, rtp: RtpStream | None = None, browser: BrowserEnd | None = None) -> None:
        self.name = name
        self.opened_at = _now()
        self.rtp = rtp
        self.browser = browser
        self.peer: _Leg | None = None
        self.playback: Playback | None = None
        self.sink: Sink | None = None
        self.lost = False
        self.fault_logged = False
        self.place = 0  # its row in this tick's arrays

    @property
    def form(self) -> Form:
        return self.rtp.remote.codec if self.rtp is not None and self.rtp.remote is not None else None

    @property
    def is_open(self) -> bool:
        """Whether sound can flow: an RTP leg's cannot before the answer."""
        return self.rtp is None or self.rtp.remote is not None


class Media:
    """The media engine (`MediaEngine`). `rtp_host` is the address bound, an IP literal."""

    def __init__(
        self,
        rtp_host: str,
        rtp_ports: tuple[int, int],
        browsers: BrowserPhones,
        *,
        silent_for_s: float = 30.0,
        gone_for_s: float = 30.0,
    ) -> None:
        self._ports = RtpPorts(rtp_host, *rtp_ports)
        self._arrivals = Arrivals()
        self._browsers = browsers
        self._silent_for_s = silent_for_s
        self._gone_for_s = gone_for_s
        self._events: MediaEvents | None = None
        self._legs: dict[LegId, _Leg] = {}
        self._clips = ClipForms()
        self._ticker = Ticker(lambda: self.tick(), self._skip)
        self._ticks = 0
        self._due: list[tuple[LegId, Callable[[], None]]] = []

    def report_to(self, events: MediaEvents) -> None:
        """Who is told of keys, playback and losses; to be called before start."""
        self._events = events
        self._browsers.report_to(events.on_browser)

    async def start(self) -> None:
        """Raises Unavailable when the browsers' port cannot be had."""
        await self._browsers.start()
        self._ticker.start(asyncio.get_running_loop())

    async def stop(self) -> None:
        self._ticker.stop()
        for leg in list(self._legs):
            self.close(leg)
        await self._browsers.stop()
        self._arrivals.close()
        self._ports.close()

    # What the signalling asks for

    def open_rtp(self, leg: LegId) -> int:
        self.close(leg)
        stream = RtpStream(self._ports.take(), _now())
        self._arrivals.add(stream)
        self._legs[leg] = _Leg(leg, rtp=stream)
        return stream.port

    def connect_rtp(self, leg: LegId, remote: RtpRemote) -> None:
        stream = self._legs[leg].rtp if leg in self._legs else None
        if stream is not None:
            try:
                stream.connect(remote, _now())
            except ValueError as error:
                raise BadInput("the address for sound must be an IP address, not a name") from error

    def open_browser(self, leg: LegId, login: str) -> None:
        self.close(leg)
        self._legs[leg] = _Leg(leg, browser=self._browsers.desk(login).open_end())

    def close(self, leg: LegId) -> None:
        gone = self._legs.pop(leg, None)
        if gone is None:
            return
        _part(gone)
        if gone.rtp is not None:
            self._arrivals.remove(gone.rtp)
            self._ports.give_back(gone.rtp.sock)
        if gone.browser is not None:
            gone.browser.close()

    def send_keys(self, leg: LegId, keys: str) -> None:
        stream = self._legs[leg].rtp if leg in self._legs else None
        if stream is not None:
            stream.press(keys)

    # What the conduct of calls asks for (`PhoneLine`)

    def bridge(self, one: LegId, other: LegId) -> None:
        if one == other or one not in self._legs or other not in self._legs:
            return
        pair = self._legs[one], self._legs[other]
        for leg in pair:
            _part(leg)
            leg.playback = None
        pair[0].peer, pair[1].peer = pair[1], pair[0]

    def part(self, leg: LegId) -> None:
        if leg in self._legs:
            _part(self._legs[leg])

    def play(self, leg: LegId, clips: Sequence[Clip], *, tag: str, loop: bool = False) -> None:
        if leg in self._legs:
            self._legs[leg].playback = Playback(clips, tag, self._clips, loop=loop)

    def stop_playing(self, leg: LegId) -> None:
        if leg in self._legs:
            self._legs[leg].playback = None

    def listen(self, leg: LegId, sink: Sink | None) -> None:
        if leg in self._legs:
            self._legs[leg].sink = sink

    def tap(self, leg: LegId, sink: Callable[[bytes, bytes], None] | None) -> None: ...

    def confer(self, legs: Sequence[LegId]) -> None: ...

    def whisper(self, speaker: LegId, listener: LegId) -> None: ...

    # The tick

    def tick(self) -> None:
        """One beat of 20 ms; the ticker calls it."""
        now = _now()
        self._ticks += 1
        streams = [(leg, leg.rtp) for leg in self._legs.values() if leg.rtp is not None]
        desks = [(leg, leg.browser) for leg in self._legs.values() if leg.browser is not None]
        for place, leg in enumerate([*(leg for leg, _ in streams), *(leg for leg, _ in desks)]):
            leg.place = place
        self._arrivals.read(now)
        sound = self._hear(streams, desks)
        self._tell_listeners(sound)
        self._speak_rtp(streams, sound)
        self._speak_browsers(desks, sound)
        if self._ticks % _SIGNS_OF_LIFE_EVERY_TICKS == 0:
            self._look_for_signs_of_life(now)
        self._run_due()

    def _hear(self, streams: list[tuple[_Leg, RtpStream]], desks: list[tuple[_Leg, BrowserEnd]]) -> Sound:
        """(legs, 160): what each leg says in this tick."""
        fading: list[tuple[int, int]] = []
        codes = []
        for leg, stream in streams:
            if stream.keys:
                self._tell_keys(leg, stream)
            frame, stage = stream.pull()
            codes.append(frame)
            if stage:
                fading.append((leg.place, stage))
        pcm = []
        for leg, end in desks:
            frame, stage = end.pull()
            pcm.append(frame)
            if stage:
                fading.append((leg.place, stage))
        sound = np.concatenate((_decode(codes, streams), np.frombuffer(b"".join(pcm), "<i2").reshape(-1, FRAME)))
        for place, stage in fading:
            sound[place] = (sound[place] * _FADES[stage - 1]).astype(np.int16)
        return sound

    def _tell_keys(self, leg: _Leg, stream: RtpStream) -> None:
        keys, stream.keys = stream.keys, []
        if self._events is not None:
            for key in keys:
                self._due.append((leg.name, partial(self._events.on_key, leg.name, key)))

    def _tell_listeners(self, sound: Sound) -> None:
        for leg in self._legs.values():
            if leg.sink is not None:
                self._due.append((leg.name, partial(leg.sink, sound[leg.place].tobytes())))

    def _speak_rtp(self, streams: list[tuple[_Leg, RtpStream]], sound: Sound) -> None:
        bridged = [
            (leg.peer.place, stream)
            for leg, stream in streams
            if leg.peer is not None and leg.playback is None and leg.is_open
        ]
        codes = _encode(sound[[place for place, _ in bridged]], [stream for _, stream in bridged])
        starts = iter(range(0, len(codes), FRAME))
        for leg, stream in streams:
            if not leg.is_open:
                continue
            if leg.playback is None and leg.peer is not None:
                start = next(starts)
                stream.send(codes[start : start + FRAME])
            else:
                stream.send(self._played_to(leg))

    def _speak_browsers(self, desks: list[tuple[_Leg, BrowserEnd]], sound: Sound) -> None:
        for leg, end in desks:
            if leg.playback is None and leg.peer is not None:
                end.send(sound[leg.peer.place].tobytes())
            else:
                end.send(self._played_to(leg))

    def _played_to(self, leg: _Leg) -> bytes:
        if leg.playback is None:
            return SILENCE[leg.form]
        frame = leg.playback.frame(leg.form)
        if leg.playback.finished:
            tag, leg.playback = leg.playback.tag, None
            if self._events is not None:
                self._due.append((leg.name, partial(self._events.on_playback_finished, leg.name, tag)))
        return frame

    def _look_for_signs_of_life(self, now: float) -> None:
        for leg in self._legs.values():
            if leg.lost or not self._is_lost(leg, now):
                continue
            leg.lost = True
            _log.info("media_lost", leg=leg.name, browser=leg.browser is not None)
            if self._events is not None:
                self._due.append((leg.name, partial(self._events.on_lost, leg.name)))

    def _is_lost(self, leg: _Leg, now: float) -> bool:
        if leg.rtp is not None:
            return leg.rtp.can_time_out and now - leg.rtp.heard_at > self._silent_for_s
        gone_since = leg.browser.gone_since if leg.browser is not None else None
        return gone_since is not None and now - max(gone_since, leg.opened_at) > self._gone_for_s

    def _run_due(self) -> None:
        due, self._due = self._due, []
        for name, action in due:
            leg = self._legs.get(name)
            if leg is None:
                continue
            try:
                action()
            except Exception:  # one listener's fault must not silence the other calls
                if not leg.fault_logged:  # fifty times a second would
                    leg.fault_logged = True
                    _log.exception("media_callback_failed", leg=name)

    def _skip(self, ticks: int) -> None:
        """Time that nobody can be given sound for any more: listeners still get it, as silence."""
        silence = SILENCE[None]
        for leg in self._legs.values():
            if leg.rtp is not None:
                leg.rtp.skip(ticks)
            if leg.sink is not None:
                self._due += [(leg.name, partial(leg.sink, silence))] * ticks


def _now() -> float:
    return asyncio.get_running_loop().time()


def _part(leg: _Leg) -> None:
    if leg.peer is not None:
        leg.peer.peer = None
        leg.peer = None


def _decode(codes: list[bytes], streams: list[tuple[_Leg, RtpStream]]) -> Sound:
    indices = np.frombuffer(b"".join(codes), np.uint8).reshape(-1, FRAME)
    laws = np.array([stream.row for _, stream in streams], np.uint16)
    sound: Sound = _DECODE.take(indices + (laws << 8)[:, None])
    return sound


def _encode(sound: Sound, streams: list[RtpStream]) -> bytes:
    laws = np.array([stream.row for stream in streams], np.uint32)
    return _ENCODE.take(sound.view(np.uint16) + (laws << 16)[:, None]).tobytes()
