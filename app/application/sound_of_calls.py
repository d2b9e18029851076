"""What is kept of the sound of calls: how good it was, and the sound itself where the body records.

A recording runs from the operator's answer to the operator's leaving, over holds and transfers: it is taken from
the caller's leg, which says and hears everything.
"""

from __future__ import annotations

from collections.abc import Callable

from app.application.live_call import LiveCall
from app.application.ports import Clock, LegId, LegQuality, PhoneLine, Recordings
from app.domain import commands as c
from app.domain.sound_quality import SoundGrade, grade_of

CALLER = "caller"

Tell = Callable[[LiveCall, c.Command], None]


class SoundOfCalls:
    """`recordings` None: nothing is recorded."""

    def __init__(self, phone: PhoneLine, recordings: Recordings | None, clock: Clock, tell: Tell) -> None:
        self._phone = phone
        self._recordings = recordings
        self._clock = clock
        self._tell = tell

    def measured(self, live: LiveCall, leg: LegId, quality: LegQuality) -> bool:
        """Take note of a measurement; whether the grade that people see has changed."""
        party = CALLER if leg == live.caller_leg else live.login_of(leg)
        before = grade(live, party)
        live.sound[party] = quality
        return grade(live, party) is not before

    def record(self, live: LiveCall) -> None:
        """Begin to record, unless that is under way."""
        if self._recordings is None or live.recording is not None or live.caller_leg is None:
            return
        place = f"{self._clock.now():%Y/%m/%d}/{live.id}"
        earlier = len(live.state.recordings)
        name = f"{place}-{earlier + 1}" if earlier else place
        recording = self._recordings.open(name)
        live.recording = name, recording
        self._phone.tap(live.caller_leg, recording.write)

    def stop_recording(self, live: LiveCall) -> None:
        """Close what is being recorded and put it into the call's record."""
        if live.recording is None:
            return
        name, recording = live.recording
        live.recording = None
        if live.caller_leg is not None:
            self._phone.tap(live.caller_leg, None)
        seconds = recording.close()
        if seconds:
            self._tell(live, c.KeepRecording(name, seconds))

    def settle(self, live: LiveCall) -> None:
        """The call is over: its last measurements go into the record."""
        self.stop_recording(live)
        for party, q in live.sound.items():
            self._tell(live, c.MeasureSound(party, q.loss_in, q.loss_out, q.jitter_ms, q.round_trip_ms, q.mos))
        live.sound.clear()


def grade(live: LiveCall, party: str) -> SoundGrade | None:
    """How good the party's sound is now; None before the first measurement."""
    quality = live.sound.get(party)
    return grade_of(quality.mos) if quality is not None else None
