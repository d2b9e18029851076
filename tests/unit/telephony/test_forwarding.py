"""The straight way through a bridge: what leaves for given arrivals and ticks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telephony import g711
from app.telephony.departures import Departures
from app.telephony.forwarding import AS_IT_IS, SILENT_AFTER_TICKS, TRANSCODED_TO, Lanes
from app.telephony.leg_rows import LegRows
from app.telephony.rtp import RtpPacket, samples_between

SPEAKER, HEARER = 0, 1


@dataclass
class Bridge:
    """Two legs; `sent` is what went to the hearer. Packets go in at once (as ordinary ones do) or one by one."""

    at_once: bool = True
    table: int = AS_IT_IS
    sent: list[RtpPacket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.departures = Departures(lambda row, error: None)
        self.lanes = Lanes(self.departures)
        self.rows = LegRows(self.departures, self.lanes)
        for _ in range(2):
            row = self.rows.take()
            self.departures.begin(row)
            self.departures.kind[row] = 0x8000 | 8
        self.departures.send[HEARER] = lambda packet: self.sent.append(RtpPacket.parse(bytes(packet)))
        self.departures.sequence[HEARER] = 65530
        self.departures.timestamp[HEARER] = 0xFFFFFFFF - 700

    def open(self) -> None:
        self.lanes.lead({SPEAKER: (HEARER, self.table)})

    def speak(
        self,
        n: int,
        *,
        samples: int | None = None,
        ssrc: int = 7,
        marker: bool = False,
        timestamp: int | None = None,
    ) -> None:
        stamp = (1000 + 160 * n if timestamp is None else timestamp) & 0xFFFFFFFF
        codes = bytes((n & 0xFF,)) * (samples or 160)
        if self.at_once and samples is None:
            words = np.array([[0x80000000 | marker << 23 | 8 << 16 | n & 0xFFFF, stamp, ssrc]])
            payload = np.frombuffer(codes, np.uint8).reshape(1, 160)
            if not self.lanes.forward_many(np.array([SPEAKER]), words, payload):
                return
        self.lanes.forward(SPEAKER, n & 0xFFFF, stamp, ssrc, codes, marker=marker)

    def tick(self) -> None:
        """As the mixer does: the leg that hears no lane is sent silence, and time goes on."""
        rows = [HEARER] if SPEAKER not in self.lanes.open else self.lanes.silent()
        if rows:
            self.departures.resume(HEARER)
            self.departures.payload[HEARER] = 0xD5
            self.departures.stamp(np.array(rows))
            self.departures.post(rows, [self.departures.views[HEARER]])
        self.departures.advance()

    def sequences(self) -> list[int]:
        first = self.sent[0].sequence
        return [(packet.sequence - first) & 0xFFFF for packet in self.sent]

    def steps(self) -> list[int]:
        """Samples from each packet to the next."""
        return [
            samples_between(one.timestamp, other.timestamp)
            for one, other in zip(self.sent, self.sent[1:], strict=False)
        ]


@pytest.fixture(params=[True, False], ids=["at once", "one by one"])
def bridge(request: pytest.FixtureRequest) -> Bridge:
    return Bridge(at_once=request.param)


def test_packets_go_on_under_our_own_numbers(bridge: Bridge) -> None:
    bridge.tick()
    bridge.open()
    for n in range(65530, 65545):
        bridge.speak(n)
        bridge.tick()
    assert bridge.sequences() == list(range(16))
    assert bridge.steps() == [160] * 15
    assert {packet.ssrc for packet in bridge.sent} == {int(bridge.departures.ssrc[HEARER])}
    assert [packet.marker for packet in bridge.sent] == [True, True] + [False] * 14
    assert [packet.payload[0] for packet in bridge.sent[1:]] == [n & 0xFF for n in range(65530, 65545)]
    assert int(bridge.departures.packets[HEARER]) == 16
    assert bridge.departures.octets_sent(HEARER) == 16 * 160


def test_losses_reordering_and_doubles_arrive_as_they_came(bridge: Bridge) -> None:
    bridge.open()
    for n in (0, 1, 2, 5, 4, 6, 6, 7):
        bridge.speak(n)
    assert bridge.sequences() == [0, 1, 2, 5, 4, 6, 6, 7]
    assert bridge.steps() == [160, 160, 480, -160, 320, 0, 160]
    bridge.lanes.lead({})
    bridge.tick()
    assert bridge.sequences()[-1] == 8
    assert bridge.sent[-1].marker


def test_pause_keeps_its_length_and_its_marker(bridge: Bridge) -> None:
    bridge.open()
    bridge.speak(0)
    for _ in range(2):
        bridge.tick()
    bridge.speak(1, timestamp=1000 + 480, marker=True)
    assert bridge.steps() == [480]
    assert [packet.marker for packet in bridge.sent] == [True, True]


def test_silence_is_sent_when_nothing_comes_and_gives_way_when_it_comes_again(bridge: Bridge) -> None:
    bridge.open()
    bridge.speak(0)
    for _ in range(SILENT_AFTER_TICKS):
        bridge.tick()
    assert len(bridge.sent) == 1
    for _ in range(3):
        bridge.tick()
    assert [packet.payload for packet in bridge.sent[1:]] == [b"\xd5" * 160] * 3
    bridge.speak(6)
    bridge.tick()
    bridge.speak(7)
    assert bridge.sequences() == list(range(6))
    assert all(step > 0 for step in bridge.steps())
    assert bridge.steps()[-1] == 160
    assert [packet.marker for packet in bridge.sent] == [True, True, False, False, True, False]


def test_announcement_between_is_later_than_what_was_forwarded(bridge: Bridge) -> None:
    bridge.open()
    for n in range(5):  # a sender whose clock is fast
        bridge.speak(n, timestamp=1000 + 200 * n)
        bridge.tick()
    bridge.lanes.lead({})
    for _ in range(3):
        bridge.tick()
    bridge.open()
    bridge.speak(8)
    assert bridge.sequences() == list(range(9))
    assert all(step > 0 for step in bridge.steps())
    assert [packet.marker for packet in bridge.sent] == [True] + [False] * 4 + [True, False, False, True]


@pytest.mark.parametrize("jump", [1 << 31, 8000 * 60, -8000 * 60])
def test_sender_that_begins_anew_is_followed(bridge: Bridge, jump: int) -> None:
    bridge.open()
    for n in range(3):
        bridge.speak(n)
        bridge.tick()
    for n in range(3, 6):
        bridge.speak(n, timestamp=1000 + jump + 160 * n)
        bridge.tick()
    for n in range(40000, 40003):
        bridge.speak(n, ssrc=99)
        bridge.tick()
    assert bridge.sequences() == list(range(9))
    assert bridge.steps() == [160] * 8
    assert [n for n, packet in enumerate(bridge.sent) if packet.marker] == [0, 3, 6]


def test_packets_of_other_lengths_go_on_too(bridge: Bridge) -> None:
    bridge.open()
    stamp = 1000
    for n, samples in enumerate((80, 240, 160, 30)):
        bridge.speak(n, samples=samples, timestamp=stamp)
        stamp += samples
    assert bridge.steps() == [80, 240, 160]
    assert [len(packet.payload) for packet in bridge.sent] == [80, 240, 160, 30]


def test_keys_leave_no_gap(bridge: Bridge) -> None:
    bridge.open()
    bridge.speak(0)
    for n in (1, 2, 3):
        bridge.lanes.swallow(SPEAKER, n)
    bridge.speak(4)
    bridge.speak(5)
    assert bridge.sequences() == [0, 1, 2]
    assert bridge.steps() == [640, 160]


@pytest.mark.parametrize("law", g711.LAWS)
def test_other_law_is_transcoded(law: str) -> None:
    for at_once in (True, False):
        bridge = Bridge(at_once=at_once, table=TRANSCODED_TO["PCMA" if law == "PCMA" else "PCMU"])
        bridge.open()
        for n in range(256):
            bridge.speak(n)
        expected = g711.TRANSCODE["PCMA" if law == "PCMA" else "PCMU"]
        assert [packet.payload for packet in bridge.sent] == [expected[n : n + 1] * 160 for n in range(256)]


def test_closed_leg_is_sent_nothing(bridge: Bridge) -> None:
    bridge.open()
    bridge.speak(0)
    bridge.rows.give_back(HEARER)
    bridge.speak(1)
    assert bridge.lanes.open == {}
    assert len(bridge.sent) == 1


@given(st.lists(st.sampled_from(["speak", "lose", "tick", "open", "close", "jump", "swallow", "other source"])))
def test_what_is_sent_never_goes_back_in_time(steps: list[str]) -> None:
    """Where each packet of the speaker comes in order: at any change of what is sent, by either way in."""
    for at_once in (True, False):
        bridge = Bridge(at_once=at_once)
        n, shift, ssrc = 0, 0, 1
        for step in steps:
            if step == "tick":
                bridge.tick()
            elif step == "open":
                bridge.open()
            elif step == "close":
                bridge.lanes.lead({})
            elif step == "jump":
                shift += 1 << 30
            elif step == "other source":
                ssrc += 1
            else:
                n += 1
                if step == "swallow":
                    bridge.lanes.swallow(SPEAKER, n & 0xFFFF)
                elif step == "speak":
                    bridge.speak(n, timestamp=160 * n + shift, ssrc=ssrc)
        assert all(step > 0 for step in bridge.steps())
        gaps = np.diff(bridge.sequences()) if bridge.sent else np.zeros(0)
        assert all(0 < gap <= 1 + steps.count("lose") + steps.count("swallow") for gap in gaps)
