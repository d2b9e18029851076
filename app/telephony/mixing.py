"""What every leg says and hears in one tick, for all legs together.

`Mixer.plan` sorts the legs by what they hear whenever something changed; a tick then works through the sorts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from app.telephony import g711
from app.telephony.choruses import Chorus, Playing, choruses_of
from app.telephony.leg_rows import Ints, Octets, Sound
from app.telephony.legs import Leg, lane_table, wide_sound
from app.telephony.playback import FRAME, SILENCE
from app.telephony.rtp_tables import RtpTables

_DECODE: Final = g711.DECODE.reshape(-1)
_ENCODE: Final = g711.ENCODE.reshape(-1)
_SILENT: Final = np.array([g711.SILENCE[law] for law in g711.LAWS], np.uint8)
_FRAME_BYTES: Final = 2 * FRAME
_NOBODY: Final = np.empty(0, np.int64)


@dataclass
class _Plan:
    """Rows and legs by what is done for them. `going`: an RTP packet leaves each tick. `made`: the RTP legs of a
    G.711 law whose sound is made each tick, first of the legs in `hearing`; then legs with other codecs, then
    browsers' legs. `laws`: by row, `made_laws`: by place in `made`; None where all are the first."""

    going: list[int] = field(default_factory=list)
    playing: list[Playing] = field(default_factory=list)
    choruses: list[Chorus] = field(default_factory=list)
    keying: list[Leg] = field(default_factory=list)
    desks: list[Leg] = field(default_factory=list)
    voices: list[Leg] = field(default_factory=list)
    made: list[Leg] = field(default_factory=list)
    hearing: list[Leg] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    taps: list[Leg] = field(default_factory=list)
    rows: Ints = field(default_factory=_NOBODY.copy)
    made_rows: Ints = field(default_factory=_NOBODY.copy)
    peers: Ints = field(default_factory=_NOBODY.copy)
    packets: list[memoryview] = field(default_factory=list)
    laws: Octets | None = None
    made_laws: Octets | None = None


class Mixer:
    """Hears and speaks to the legs that were planned. `listeners` are those with a sink, each with the place of its
    sound in `pcm`."""

    def __init__(self, tables: RtpTables) -> None:
        self.listeners: list[tuple[Leg, int]] = []
        self._tables = tables
        self._plan = _Plan()
        self._heard: Sound = np.zeros((0, FRAME), np.int16)
        self._played: dict[int, bytes] = {}
        self._ready: tuple[list[int], list[memoryview | bytes]] = [], []
        self._noise: list[int] = []

    # What is to be done

    def plan(self, by_row: Mapping[int, Leg]) -> None:
        """Follow whatever changed: legs, bridges, playback, holds."""
        for chorus in self._plan.choruses:
            chorus.settle()
        plan = self._plan = _Plan()
        legs = [by_row[row] for row in sorted(by_row)]
        lanes: dict[int, tuple[int, int]] = {}
        silent: list[int] = []
        hearing: list[Leg] = []
        for leg in legs:
            self._plan_leg(leg, lanes, silent, hearing)
        self.listeners = [(leg, _FRAME_BYTES * leg.row) for leg in legs if leg.sink is not None]
        plan.taps = [leg for leg in legs if leg.tap is not None]
        self._plan_hearing(hearing)
        plan.choruses, plan.playing = choruses_of(plan.playing)
        departures = self._tables.departures
        departures.payload[silent] = _SILENT.take(self._tables.buffers.law[silent] % 2)[:, None]
        self._tables.lanes.lead(lanes)
        for row in plan.going:
            departures.resume(row)
        plan.rows = np.array(plan.going, np.int64)
        laws = self._tables.buffers.law % 2
        plan.laws = _where_several(laws[: self._tables.rows.used])
        plan.made_laws = _where_several(laws[plan.made_rows])
        plan.packets = [departures.views[row] for row in plan.going]

    def _plan_leg(self, leg: Leg, lanes: dict[int, tuple[int, int]], silent: list[int], hearing: list[Leg]) -> None:
        plan, stream = self._plan, leg.rtp
        if leg.browser is not None:
            plan.desks.append(leg)
        if not leg.is_open:
            return
        if stream is not None and stream.voice is not None:
            plan.voices.append(leg)
        if stream is not None and stream.key_sender.busy:
            plan.keying.append(leg)
        table = lane_table(leg.peer, leg) if leg.peer is not None else None
        if leg.peer is not None and table is not None:
            lanes[leg.peer.row] = leg.row, table
            silent.append(leg.row)
            return
        if stream is not None and stream.can_send:
            plan.going.append(leg.row)
        if leg.playback is not None:
            plan.playing.append((leg, leg.playback, leg.form))
        elif leg.hears_others or (stream is not None and stream.voice is not None):
            hearing.append(leg)
        elif stream is not None:
            silent.append(leg.row)

    def _plan_hearing(self, hearing: list[Leg]) -> None:
        plan = self._plan
        plan.made = [leg for leg in hearing if leg.rtp is not None and leg.rtp.voice is None]
        plan.hearing = plan.made + [leg for leg in hearing if leg.rtp is None or leg.rtp.voice is not None]
        plan.places = {leg.row: place for place, leg in enumerate(plan.hearing)}
        plan.made_rows = np.array([leg.row for leg in plan.made], np.int64)
        plan.peers = np.array([-1 if leg.peer is None else leg.peer.row for leg in plan.hearing], np.int64)

    # What the legs say

    def hear(self) -> Sound:
        """(rows, 160): what each leg says in this tick."""
        rows = self._tables.rows.used
        buffers = self._tables.buffers
        codes, stages = buffers.take(rows)
        laws = self._plan.laws
        sound: Sound = _DECODE.take(codes if laws is None else codes + (laws.astype(np.uint16) << 8)[:, None])
        for leg in self._plan.voices:
            self._hear_voice(leg, codes, stages, sound)
        for leg in self._plan.desks:
            if leg.browser is not None:
                frame, stage = leg.browser.pull()
                sound[leg.row] = np.frombuffer(frame, "<i2")
                stages[leg.row] = stage
        self._tables.noises.fill(sound, stages)
        self._tables.concealment.mend(sound, stages)
        return sound

    def _hear_voice(self, leg: Leg, codes: Octets, stages: Ints, sound: Sound) -> None:
        stream = leg.rtp
        if stream is None or stream.voice is None:
            return
        if stages[leg.row] == 0:
            sound[leg.row] = np.frombuffer(stream.voice.decode(codes[leg.row].tobytes()), "<i2")
        else:
            stream.voice.skip()

    def pcm(self, sound: Sound) -> bytes:
        """The sound of all rows, 320 bytes each."""
        return sound.astype("<i2", copy=False).tobytes() if self.listeners or self._plan.taps else b""

    # What the legs hear

    def prepare(self, sound: Sound) -> list[Leg]:
        """Make what every leg hears, ready to be sent; returns the legs whose playback is over."""
        plan, departures = self._plan, self._tables.departures
        finished = self._play()
        self._mix(sound)
        if len(plan.rows):
            departures.stamp(plan.rows)
        packets: list[memoryview | bytes] = list(plan.packets)
        for leg in plan.keying:
            packet = leg.rtp.next_key_packet() if leg.rtp is not None and leg.rtp.can_send else None
            if packet is not None:
                packets[plan.going.index(leg.row)] = packet
        self._ready = plan.going, packets
        self._noise = self._prepare_pauses(sound)
        return finished

    def send(self) -> None:
        """Send what is ready."""
        departures = self._tables.departures
        departures.post(*self._ready)
        if self._noise:
            departures.payload[self._noise] = _SILENT.take(self._tables.buffers.law[self._noise] % 2)[:, None]
        self._ready, self._noise = ([], []), []
        self._speak_to_browsers()

    def forget(self, row: int) -> None:
        """The leg of that row is gone: what is ready for it is not sent."""
        rows, packets = self._ready
        if row in rows:
            place = rows.index(row)
            self._ready = rows[:place] + rows[place + 1 :], packets[:place] + packets[place + 1 :]

    def _prepare_pauses(self, sound: Sound) -> list[int]:
        """Silence, or the speaker's comfort noise, where nothing came that could be forwarded. Returns the rows
        whose packet has noise in it, and is to have silence again."""
        if not self._tables.lanes.open:
            return []
        departures, rows = self._tables.departures, self._tables.lanes.silent()
        if not rows:
            return []
        noisy = self._noise_in_pauses(sound, rows)
        departures.stamp(np.array(rows, np.int64))
        going, packets = self._ready
        self._ready = going + rows, packets + [departures.views[row] for row in rows]
        return noisy

    def _noise_in_pauses(self, sound: Sound, rows: list[int]) -> list[int]:
        """Those of the rows that were given noise in the place of silence."""
        noisy = []
        for source in self._tables.noises.pausing():
            row = self._tables.lanes.open.get(source)
            if row in rows:
                law = g711.LAWS[self._tables.buffers.law[row] % 2]
                self._tables.departures.payload[row] = g711.encode(law, sound[source])
                noisy.append(row)
        return noisy

    def _play(self) -> list[Leg]:
        """Take the next frame of everything that is played."""
        self._played = {}
        finished, rows, codes = [], [], []
        for leg, playback, form in self._plan.playing:
            frame = self._played[leg.row] = playback.frame(form)
            if form is not None:
                rows.append(leg.row)
                codes.append(frame)
            elif leg.rtp is not None:
                self._encode_voice(leg, frame)
            if playback.finished:
                finished.append(leg)
        if rows:
            self._tables.departures.payload[rows] = np.frombuffer(b"".join(codes), np.uint8).reshape(-1, FRAME)
        for chorus in self._plan.choruses:
            finished += chorus.play(self._tables.departures.payload)
        return finished

    def _encode_voice(self, leg: Leg, pcm: bytes) -> None:
        if leg.rtp is not None and leg.rtp.voice is not None:
            codes = np.frombuffer(leg.rtp.voice.encode(pcm), np.uint8)
            self._tables.departures.payload[leg.row] = codes

    def _mix(self, sound: Sound) -> None:
        """Make what the legs in `hearing` hear."""
        plan = self._plan
        if not plan.hearing:
            return
        heard = sound.take(plan.peers, axis=0, mode="wrap") if len(sound) else sound
        heard[plan.peers < 0] = 0
        self._mix_conferences(sound, heard)
        for place, leg in enumerate(plan.hearing):
            for speaker in leg.whisperers:
                heard[place] = _saturated(heard[place].astype(np.int32) + sound[speaker.row])
        self._heard = heard
        if plan.made:
            made = len(plan.made)
            samples, laws = heard[:made].view(np.uint16), plan.made_laws
            codes = _ENCODE.take(samples if laws is None else samples + (laws.astype(np.uint32) << 16)[:, None])
            self._tables.departures.payload[plan.made_rows] = codes
        for place, leg in enumerate(plan.hearing[len(plan.made) :], len(plan.made)):
            wide = wide_sound(leg)
            if leg.rtp is not None and leg.rtp.voice is not None and wide is not None:
                codes = np.frombuffer(leg.rtp.voice.encode_wide(wide), np.uint8)
                self._tables.departures.payload[leg.row] = codes
            elif leg.rtp is not None:
                self._encode_voice(leg, heard[place].astype("<i2", copy=False).tobytes())

    def _mix_conferences(self, sound: Sound, heard: Sound) -> None:
        totals: dict[int, np.ndarray[tuple[int, ...], np.dtype[np.int32]]] = {}
        for place, leg in enumerate(self._plan.hearing):
            if len(leg.conference) < 2:
                continue
            first = leg.conference[0].row
            if first not in totals:
                members = [member.row for member in leg.conference]
                totals[first] = sound[members].sum(axis=0, dtype=np.int32)
            heard[place] = _saturated(totals[first] - sound[leg.row])

    def _speak_to_browsers(self) -> None:
        plan = self._plan
        for leg in plan.desks:
            if leg.browser is None:
                continue
            played, place = self._played.get(leg.row), plan.places.get(leg.row)
            if played is not None:
                leg.browser.send(played)
            elif place is not None:
                leg.browser.send(self._heard[place].astype("<i2", copy=False).tobytes())
            else:
                leg.browser.send(SILENCE[None])

    def tapped(self, pcm: bytes) -> Iterator[tuple[Leg, bytes]]:
        """The legs with a tap, and what each heard in this tick (`pcm`: what all rows said)."""
        plan = self._plan
        for leg in plan.taps:
            played, place = self._played.get(leg.row), plan.places.get(leg.row)
            if played is not None:
                form = leg.form
                yield leg, played if form is None else g711.decode(form, played).astype("<i2", copy=False).tobytes()
            elif place is not None:
                yield leg, self._heard[place].astype("<i2", copy=False).tobytes()
            elif leg.peer is not None and leg.row in self._tables.lanes.open.values():
                yield leg, pcm[_FRAME_BYTES * leg.peer.row : _FRAME_BYTES * (leg.peer.row + 1)]
            else:
                yield leg, SILENCE[None]


def _where_several(laws: Octets) -> Octets | None:
    return laws if laws.any() else None


def _saturated(sum_of_sounds: np.ndarray[tuple[int, ...], np.dtype[np.int32]]) -> Sound:
    return np.clip(sum_of_sounds, -32768, 32767).astype(np.int16)
