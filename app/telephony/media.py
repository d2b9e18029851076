"""The media of the line: every 20 ms all legs are heard, mixed and spoken to together (design.md, "media").

One tick reads what arrived, takes one frame of each leg, decodes all of them in one array operation, encodes what
each leg is to hear in another, and sends. Listeners and callbacks are served after that, so that whoever is told
may bridge, play or close at once. While there are plain bridges of RTP legs, what arrives is read more often, and
goes straight on (`app.telephony.forwarding`). Decided in docs/decisions/0010-media-in-arrays.md.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import structlog

from app.application.ports import Clip, LegId, LegQuality
from app.domain.errors import BadInput
from app.telephony.arrivals import Arrivals
from app.telephony.browser_phone import BrowserPhones
from app.telephony.leg_rows import Sound
from app.telephony.legs import Leg, Sink, Tap, confer
from app.telephony.media_port import MediaEvents, RtpRemote
from app.telephony.mixing import Mixer
from app.telephony.playback import SILENCE, ClipForms, Playback
from app.telephony.reporting import Reporting
from app.telephony.rtp_ports import RtpPorts
from app.telephony.rtp_stream import RtpStream
from app.telephony.rtp_tables import RtpTables
from app.telephony.stream_means import means_of
from app.telephony.ticker import Ticker

_log = structlog.get_logger()

_SIGNS_OF_LIFE_EVERY_TICKS: Final = 50
_BOUND_AHEAD: Final = 32
_BOUND_A_SECOND: Final = 16


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
        self._tables = RtpTables(self._cannot_send)
        self._arrivals = Arrivals(self._tables)
        self._mixer = Mixer(self._tables)
        self._reporting = Reporting(self._tables, self._tell_quality)
        self._browsers = browsers
        self._silent_for_s = silent_for_s
        self._gone_for_s = gone_for_s
        self._events: MediaEvents | None = None
        self._made: dict[LegId, Leg] = {}
        self._promised: list[tuple[LegId, socket.socket]] = []
        self._by_row: dict[int, Leg] = {}
        self._changed = True
        self._clips = ClipForms()
        self._ticker = Ticker(lambda: self.tick(), self._skip, self.forward, self.prepare)
        self._ticks = 0
        self._sound: Sound | None = None
        self._finished: list[tuple[Leg, Playback | None]] = []
        self._due: list[tuple[Leg, Callable[[], None]]] = []

    def report_to(self, events: MediaEvents) -> None:
        """Who is told of keys, playback and losses; to be called before start."""
        self._events = events
        self._browsers.report_to(events.on_browser)

    async def start(self) -> None:
        """Raises Unavailable when the browsers' port cannot be had."""
        await self._browsers.start()
        self._ports.bind_ahead(_BOUND_AHEAD, _BOUND_AHEAD)
        self._ticker.start(asyncio.get_running_loop())

    async def stop(self) -> None:
        self._ticker.stop()
        for leg in list(self._legs):
            self.close(leg)
        await self._browsers.stop()
        self._arrivals.close()
        self._reporting.stop()
        self._ports.close()

    # What the signalling asks for

    def open_rtp(self, leg: LegId) -> int:
        """The port is told at once, for an answer waits for it; the leg is made when it is first asked for, or
        before the next tick."""
        self.close(leg)
        sock = self._ports.take()
        self._promised.append((leg, sock))
        self._changed = True
        return self._ports.number(sock)

    @property
    def _legs(self) -> dict[LegId, Leg]:
        if self._promised:
            self._make_promised()
        return self._made

    def _make_promised(self) -> None:
        promised, self._promised = self._promised, []
        self._tables.now = _now()
        for leg, sock in promised:
            self._ports.empty(sock)
            stream = RtpStream(sock, self._tables.rows.take(), self._tables, self._stream_changed)
            self._add(Leg(leg, stream.row, self._tables.now, rtp=stream))
            self._arrivals.add(stream)
            self._reporting.open(leg, stream, self._ports.beside(sock))

    def connect_rtp(self, leg: LegId, remote: RtpRemote) -> None:
        stream = self._legs[leg].rtp if leg in self._legs else None
        if stream is not None:
            try:
                voice, protection = means_of(stream, remote)
                stream.connect(remote, _now(), voice=voice, protection=protection)
                self._reporting.connect(leg, _now())
            except ValueError as error:
                raise BadInput("the address for sound must be an IP address, not a name") from error

    def open_browser(self, leg: LegId, login: str) -> None:
        self.close(leg)
        end = self._browsers.desk(login).open_end()
        self._add(Leg(leg, self._tables.rows.take(), _now(), browser=end))

    def close(self, leg: LegId) -> None:
        gone = self._legs.pop(leg, None)
        if gone is None:
            return
        gone.part()
        del self._by_row[gone.row]
        self._mixer.forget(gone.row)
        self._changed = True
        if gone.rtp is not None:
            self._reporting.close(leg, _now())
            self._arrivals.remove(gone.rtp)
            gone.rtp.close()
            self._ports.give_back(gone.rtp.sock)
        if gone.browser is not None:
            gone.browser.close()
        self._tables.rows.give_back(gone.row)

    def send_keys(self, leg: LegId, keys: str) -> None:
        stream = self._legs[leg].rtp if leg in self._legs else None
        if stream is not None:
            stream.press(keys)

    def _add(self, leg: Leg) -> None:
        self._made[leg.name] = self._by_row[leg.row] = leg
        self._changed = True

    def _stream_changed(self, stream: RtpStream) -> None:
        self._changed = True
        self._arrivals.add(stream)

    def _cannot_send(self, row: int, error: OSError) -> None:
        leg = self._by_row.get(row)
        if leg is not None and leg.rtp is not None:
            leg.rtp.cannot_send(error)

    # What the conduct of calls asks for (`PhoneLine`)

    def bridge(self, one: LegId, other: LegId) -> None:
        if one == other or one not in self._legs or other not in self._legs:
            return
        pair = self._legs[one], self._legs[other]
        for leg in pair:
            leg.part()
            leg.playback = None
        pair[0].peer, pair[1].peer = pair[1], pair[0]
        self._changed = True

    def part(self, leg: LegId) -> None:
        if leg in self._legs:
            self._legs[leg].part()
            self._changed = True

    def play(self, leg: LegId, clips: Sequence[Clip], *, tag: str, loop: bool = False) -> None:
        if leg in self._legs:
            self._legs[leg].playback = Playback(clips, tag, self._clips, loop=loop)
            self._changed = True

    def stop_playing(self, leg: LegId) -> None:
        if leg in self._legs:
            self._legs[leg].playback = None
            self._changed = True

    def listen(self, leg: LegId, sink: Sink | None) -> None:
        if leg in self._legs:
            self._legs[leg].sink = sink
            self._changed = True

    def tap(self, leg: LegId, sink: Tap | None) -> None:
        if leg in self._legs:
            self._legs[leg].tap = sink
            self._changed = True

    def confer(self, legs: Sequence[LegId]) -> None:
        members = [self._legs[leg] for leg in dict.fromkeys(legs) if leg in self._legs]
        for member in members:
            member.playback = None
        confer(members)
        self._changed = True

    def whisper(self, speaker: LegId, listener: LegId) -> None:
        if speaker == listener or speaker not in self._legs or listener not in self._legs:
            return
        self._legs[speaker].part()
        self._legs[speaker].whispers_to = self._legs[listener]
        self._legs[listener].whisperers.append(self._legs[speaker])
        self._changed = True

    # The beat

    def forward(self) -> None:
        """Between two ticks: what arrived goes straight on where there are lanes."""
        self._follow_changes()
        if self._tables.lanes.open:
            self._arrivals.read(_now())

    def prepare(self) -> None:
        """Just before a tick: read, and make what every leg is to hear."""
        self._follow_changes()
        self._arrivals.read(_now())
        self._sound = self._mixer.hear()
        self._finished = [(leg, leg.playback) for leg in self._mixer.prepare(self._sound)]

    def tick(self) -> None:
        """One beat of 20 ms; the ticker calls it."""
        if self._sound is None:
            self.prepare()
        self._mixer.send()
        now = _now()
        self._ticks += 1
        self._tables.departures.advance()
        self._tell_keys()
        self._end_playbacks()
        if self._sound is not None:
            self._tell_listeners(self._mixer.pcm(self._sound))
        self._sound = None
        self._reporting.beat(now)
        if self._ticks % _SIGNS_OF_LIFE_EVERY_TICKS == 0:
            self._look_for_signs_of_life(now)
            self._ports.bind_ahead(_BOUND_AHEAD, _BOUND_A_SECOND)
        self._run_due()

    def _follow_changes(self) -> None:
        if self._changed:
            if self._promised:
                self._make_promised()
            self._changed = False
            self._mixer.plan(self._by_row)
            self._ticker.set_fine(bool(self._tables.lanes.open))

    def _tell_keys(self) -> None:
        if not self._tables.pressed:
            return
        pressed, self._tables.pressed = self._tables.pressed, []
        for row, key in pressed:
            leg = self._by_row.get(row)
            if leg is not None and self._events is not None:
                self._due.append((leg, partial(self._events.on_key, leg.name, key)))

    def _end_playbacks(self) -> None:
        """Unless another one was begun since."""
        finished, self._finished = self._finished, []
        for leg, playback in finished:
            if playback is None or leg.playback is not playback:
                continue
            leg.playback = None
            self._changed = True
            if self._events is not None:
                self._due.append((leg, partial(self._events.on_playback_finished, leg.name, playback.tag)))

    def _tell_listeners(self, pcm: bytes) -> None:
        """After everything was sent; `pcm` has the sound of all rows."""
        legs = self._legs
        for leg, start in self._mixer.listeners:
            sink = leg.sink
            if sink is not None and (not self._changed or legs.get(leg.name) is leg):
                try:
                    sink(pcm[start : start + 320])
                except Exception:
                    self._log_fault(leg)
        for leg, heard in self._mixer.tapped(pcm):
            if leg.tap is not None and self._legs.get(leg.name) is leg:
                start = 320 * leg.row
                try:
                    leg.tap(pcm[start : start + 320], heard)
                except Exception:
                    self._log_fault(leg)

    def _tell_quality(self, name: LegId, quality: LegQuality) -> None:
        leg = self._legs.get(name)
        if leg is not None and self._events is not None:
            self._due.append((leg, partial(self._events.on_quality, name, quality)))

    def _look_for_signs_of_life(self, now: float) -> None:
        self._tables.receptions.look(now)
        for leg in self._legs.values():
            if leg.lost or not self._is_lost(leg, now):
                continue
            leg.lost = True
            _log.info("media_lost", leg=leg.name, browser=leg.browser is not None)
            if self._events is not None:
                self._due.append((leg, partial(self._events.on_lost, leg.name)))

    def _is_lost(self, leg: Leg, now: float) -> bool:
        if leg.rtp is not None:
            return leg.rtp.can_time_out and now - self._tables.receptions.heard_at[leg.row] > self._silent_for_s
        gone_since = leg.browser.gone_since if leg.browser is not None else None
        return gone_since is not None and now - max(gone_since, leg.opened_at) > self._gone_for_s

    def _run_due(self) -> None:
        if not self._due:
            return
        due, self._due = self._due, []
        for leg, action in due:
            if self._legs.get(leg.name) is not leg:
                continue
            try:
                action()
            except Exception:  # one listener's fault must not silence the other calls
                self._log_fault(leg)

    def _log_fault(self, leg: Leg) -> None:
        """Called where an exception is handled; once for a leg, as fifty times a second would be too often."""
        if not leg.fault_logged:
            leg.fault_logged = True
            _log.exception("media_callback_failed", leg=leg.name)

    def _skip(self, ticks: int) -> None:
        """Time that nobody can be given sound for any more: listeners still get it, as silence."""
        silence = SILENCE[None]
        self._tables.departures.advance(ticks)
        self._tables.departures.break_off()
        for leg in self._legs.values():
            if leg.sink is not None:
                self._due += [(leg, partial(leg.sink, silence))] * ticks
            if leg.tap is not None:
                self._due += [(leg, partial(leg.tap, silence, silence))] * ticks


def _now() -> float:
    return asyncio.get_running_loop().time()
