import numpy as np
import pytest

from app.speech.phones import CLASS_OF, SILENCE
from scripts.train_model.engines.spoken import NO_WORD, Segment
from scripts.train_model.targets import target_count, targets


def _segments(*ends: tuple[str, float]) -> tuple[Segment, ...]:
    start, whole = 0.0, []
    for phone, end in ends:
        whole.append(Segment(phone, start, end, NO_WORD))
        start = end
    return tuple(whole)


def _first(phone: str) -> int:
    return 2 * CLASS_OF[phone]


def test_a_phone_begins_with_its_first_class_and_goes_on_with_its_second() -> None:
    said = targets(_segments((SILENCE, 0.3), ("a", 0.6), ("t", 0.9)), 90)
    assert said is not None
    starts = {phone: int(np.flatnonzero(said == _first(phone))[0]) for phone in (SILENCE, "a", "t")}
    assert starts == {SILENCE: 0, "a": 10, "t": 20}
    assert said[11:20].tolist() == [_first("a") + 1] * 9
    assert len(said) == 30


def test_every_phone_gets_a_frame_however_short() -> None:
    said = targets(_segments(("d", 0.001), ("n", 0.002), ("a", 0.003), ("x", 0.2)), 20)
    assert said is not None
    assert said[:4].tolist() == [_first(phone) for phone in ("d", "n", "a", "x")]


def test_short_phones_at_the_end_are_moved_forward() -> None:
    said = targets(_segments(("a", 0.297), ("t", 0.298), ("x", 0.3)), 30)
    assert said is not None
    assert said[-2:].tolist() == [_first("t"), _first("x")]


@pytest.mark.parametrize("frames", [0, 3, 6])
def test_more_phones_than_room_are_refused(frames: int) -> None:
    assert targets(_segments(("a", 0.02), ("t", 0.04), ("x", 0.06)), frames) is None


def test_no_phones_are_refused() -> None:
    assert targets((), 30) is None


@pytest.mark.parametrize(("frames", "count"), [(0, 0), (1, 1), (3, 1), (4, 2), (98, 33)])
def test_a_target_for_each_thirty_milliseconds(frames: int, count: int) -> None:
    assert target_count(frames) == count
