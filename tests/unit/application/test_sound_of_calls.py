"""How good the sound was, and recordings: from the telephone into the call's record and onto the panel."""

from __future__ import annotations

import pytest

from app.application.ports import LegQuality
from app.domain import facts as f
from tests.fakes.phone import FakeLeg
from tests.unit.application.house import House


def quality(mos: float, loss: float = 0.0) -> LegQuality:
    return LegQuality(loss_in=loss, loss_out=None, jitter_ms=3.21, round_trip_ms=20.04, mos=mos)


class Kept:
    def __init__(self) -> None:
        self.ticks: list[tuple[bytes, bytes]] = []
        self.closed = 0

    def write(self, said: bytes, heard: bytes) -> None:
        self.ticks.append((said, heard))

    def close(self) -> float:
        self.closed += 1
        return len(self.ticks) * 0.02


class MemoryRecordings:
    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}

    def open(self, name: str) -> Kept:
        self.kept[name] = Kept()
        return self.kept[name]


@pytest.fixture
def talking(house: House) -> tuple[FakeLeg, FakeLeg]:
    house.sit_down("ivanova")
    return house.talk()


def test_the_panel_says_how_good_the_sound_is(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    caller, operator = talking
    assert house.call_of("ivanova")["sound"] == {"caller": None, "own": None}
    house.exchange.quality_measured(caller.id, quality(4.2))
    house.exchange.quality_measured(operator.id, quality(3.3))
    assert house.call_of("ivanova")["sound"] == {"caller": "good", "own": "fair"}
    house.exchange.quality_measured(caller.id, quality(2.4))
    assert house.call_of("ivanova")["sound"] == {"caller": "poor", "own": "fair"}


def test_the_record_has_the_last_measurement_of_each_party(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    caller, operator = talking
    house.exchange.quality_measured(caller.id, quality(4.2))
    house.exchange.quality_measured(caller.id, quality(2.456, loss=0.123456))
    house.exchange.quality_measured(operator.id, quality(4.4))
    house.phone.ends(caller)
    assert [one for one in house.facts() if isinstance(one, f.SoundMeasured)] == [
        f.SoundMeasured("caller", 0.1235, None, 3.2, 20.0, 2.46),
        f.SoundMeasured("ivanova", 0.0, None, 3.2, 20.0, 4.4),
    ]


def test_a_leg_that_is_no_call_s_is_not_measured(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    caller, _ = talking
    house.phone.ends(caller)
    before = house.names()
    house.exchange.quality_measured(caller.id, quality(1.0))
    assert house.names() == before


def test_nothing_is_recorded_unless_the_body_wants_it(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    caller, _ = talking
    assert caller.tap is None
    assert not house.call_of("ivanova")["recorded"]


def test_a_recording_goes_on_over_hold_and_transfer() -> None:
    kept = MemoryRecordings()
    house = House(recordings=kept)
    house.sit_down("ivanova")
    caller, _ = house.talk()
    house.sit_down("petrov")
    assert house.call_of("ivanova")["recorded"]
    assert caller.tap is not None
    caller.tap(b"said", b"heard")
    house.do("ivanova", "hold", return_in_s=60)
    caller.tap(b"alone", b"music")
    house.do("ivanova", "resume")
    house.do("ivanova", "transfer", to="petrov", told=True)
    house.accept("petrov")
    caller.tap(b"said", b"heard")
    house.phone.ends(caller)
    ((name, recording),) = kept.kept.items()
    assert name.endswith("/id1")
    assert recording.closed == 1
    assert recording.ticks == [(b"said", b"heard"), (b"alone", b"music"), (b"said", b"heard")]
    assert [one for one in house.facts() if isinstance(one, f.CallRecorded)] == [f.CallRecorded(name, 0.1)]


def test_what_the_caller_says_to_the_survey_is_not_recorded() -> None:
    kept = MemoryRecordings()
    house = House(recordings=kept)
    house.sit_down("ivanova")
    caller, _ = house.talk()
    assert caller.tap is not None
    caller.tap(b"said", b"heard")
    house.do("ivanova", "to_survey")
    assert house.phone.legs[caller.id].tap is None
    assert not house.call_of("ivanova")["recorded"]
    assert "CallRecorded" in house.names()


def test_a_recording_without_sound_is_no_fact() -> None:
    house = House(recordings=MemoryRecordings())
    house.sit_down("ivanova")
    caller, _ = house.talk()
    house.phone.ends(caller)
    assert "CallRecorded" not in house.names()
