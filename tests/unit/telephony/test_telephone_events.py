"""Keys as RTP telephone events, by the clauses of RFC 4733."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import BadInput
from app.telephony.rtp import MalformedPacket, timestamp_after
from app.telephony.telephone_events import (
    END_PACKETS,
    KEYS,
    PAUSE_FRAMES,
    PRESS_FRAMES,
    EventPacket,
    KeyReceiver,
    KeySender,
    TelephoneEvent,
)

Packet = tuple[TelephoneEvent, int, bool]


def sent(keys: str, began: int = 0) -> list[EventPacket | None]:
    """What a sender puts in place of the sound, tick by tick."""
    sender = KeySender()
    sender.press(keys)
    ticks = []
    timestamp = began
    while sender.busy:
        ticks.append(sender.next(timestamp))
        timestamp = timestamp_after(timestamp, 160)
    return ticks


def packets(keys: str, began: int = 0) -> list[Packet]:
    return [(TelephoneEvent.parse(p.payload), p.timestamp, p.marker) for p in sent(keys, began) if p]


def received(arrivals: list[Packet]) -> str:
    receiver = KeyReceiver()
    keys = [receiver.receive(event, timestamp, marker=marker) for event, timestamp, marker in arrivals]
    return "".join(key for key in keys if key)


@given(st.builds(TelephoneEvent, st.integers(0, 255), st.integers(0, 0xFFFF), st.booleans(), st.integers(0, 63)))
def test_2_3_payload_round_trip(event: TelephoneEvent) -> None:
    assert TelephoneEvent.parse(event.serialise()) == event


def test_2_3_payload_format() -> None:
    assert TelephoneEvent.parse(bytes.fromhex("0b8a0320")) == TelephoneEvent(11, 800, end=True, volume=10)
    assert TelephoneEvent(11, 800, end=True, volume=10).serialise() == bytes.fromhex("0b8a0320")


@pytest.mark.parametrize("length", range(4))
def test_2_3_payload_too_short(length: int) -> None:
    with pytest.raises(MalformedPacket):
        TelephoneEvent.parse(bytes(length))


def test_3_2_events_that_are_no_keys() -> None:
    assert [TelephoneEvent(code, 0).key for code in range(17)] == [*KEYS, None]
    assert received([(TelephoneEvent(16, 160), 0, True)]) == ""


def test_2_5_1_press_as_sent() -> None:
    press = packets("5", began=1000)
    assert [timestamp for _, timestamp, _ in press] == [1000] * (PRESS_FRAMES + END_PACKETS - 1)
    assert [marker for _, _, marker in press] == [True] + [False] * 6
    assert [event.duration for event, _, _ in press] == [160, 320, 480, 640, 800, 800, 800]
    assert [event.end for event, _, _ in press] == [False] * 4 + [True] * END_PACKETS


def test_2_5_1_sound_between_two_presses() -> None:
    one = [True] * (PRESS_FRAMES + END_PACKETS - 1) + [False] * PAUSE_FRAMES
    assert [packet is not None for packet in sent("12")] == one * 2


@given(st.text(KEYS, max_size=6), st.integers(0, 0xFFFFFFFF))
def test_2_5_2_every_key_arrives_once(keys: str, began: int) -> None:
    assert received(packets(keys, began)) == keys


@given(st.text(KEYS, min_size=1, max_size=4), st.data())
def test_2_5_2_lost_repeated_and_overtaken_packets(keys: str, data: st.DataObject) -> None:
    """As long as one packet of each press arrives, and presses do not overtake each other."""
    began, arrivals = 0, []
    for key in keys:
        press = packets(key, began)
        kept = data.draw(st.lists(st.sampled_from(press), min_size=1, max_size=12))
        arrivals += kept
        began += 1760
    assert received(arrivals) == keys


def test_2_5_2_straggler_of_an_earlier_press() -> None:
    one, two = packets("1"), packets("2", began=1760)
    assert received([*one[:3], *two[:2], *one[3:], *two[2:]]) == "12"


def test_2_5_1_3_press_longer_than_the_duration_field() -> None:
    first = [(TelephoneEvent(7, duration), 500, duration == 160) for duration in (160, 0xFF00, 0xFFFF)]
    second_began = 500 + 0xFFFF
    second = [
        (TelephoneEvent(7, 160), second_began, False),
        (TelephoneEvent(7, 900, end=True), second_began, False),
    ]
    assert received([*first, *second]) == "7"


def test_2_5_1_2_timestamps_wrap_between_presses() -> None:
    assert received(packets("4", 0xFFFFFF00) + packets("4", timestamp_after(0xFFFFFF00, 1760))) == "44"


def test_same_key_twice_with_all_end_packets_lost() -> None:
    assert received(packets("3")[:2] + packets("3", began=1760)[:2]) == "33"


def test_press_right_after_one_that_ended_is_another_even_with_its_first_packet_lost() -> None:
    assert received(packets("6") + packets("6", began=800)[1:]) == "66"


def test_sender_that_moves_the_timestamp_in_every_packet_of_a_press() -> None:
    """Seen from gateways: RFC 4733 2.5.1.2 forbids it, the caller pressed once all the same."""
    moving = [(TelephoneEvent(9, 160 * (n + 1)), 160 * n, n == 0) for n in range(5)]
    assert received(moving) == "9"


def test_another_source_begins_anew() -> None:
    receiver = KeyReceiver()
    assert receiver.receive(TelephoneEvent(1, 160), 5000, marker=True) == "1"
    receiver.reset()
    assert receiver.receive(TelephoneEvent(1, 160), 4000, marker=True) == "1"


def test_what_is_no_key_is_refused_as_a_whole() -> None:
    sender = KeySender()
    with pytest.raises(BadInput):
        sender.press("12x")
    assert not sender.busy
    sender.press("a")
    assert sender.busy
