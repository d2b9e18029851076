"""Everything that is kept in columns over the legs, together."""

from __future__ import annotations

from collections.abc import Callable

from app.telephony.concealment import Concealment
from app.telephony.departures import Departures
from app.telephony.forwarding import Lanes
from app.telephony.jitter_buffer import JitterBuffers
from app.telephony.leg_rows import LegRows
from app.telephony.noises import Noises
from app.telephony.reception import Receptions


class RtpTables:
    """The tables, and the rows of them. `now` is loop time in seconds, as of the beat that is under way;
    `pressed` are keys that came, by row; `failed` is told of rows that cannot send."""

    def __init__(self, failed: Callable[[int, OSError], None]) -> None:
        self.now = 0.0
        self.pressed: list[tuple[int, str]] = []
        self.buffers = JitterBuffers()
        self.receptions = Receptions()
        self.departures = Departures(failed)
        self.lanes = Lanes(self.departures)
        self.concealment = Concealment()
        self.noises = Noises()
        self.rows = LegRows(
            self.buffers, self.receptions, self.departures, self.lanes, self.concealment, self.noises
        )
