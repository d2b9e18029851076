"""The E-model (ITU-T G.107) and the quality of a leg."""

from __future__ import annotations

import pytest

from app.telephony.quality import (
    CONCEALED,
    UNCONCEALED,
    delay_impairment,
    effective_impairment,
    leg_quality,
    opinion,
    rating,
)
from app.telephony.reports import Returned
from tests.unit.telephony.test_reports import In


@pytest.mark.parametrize(("r", "score"), [(90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58), (93.2, 4.41)])
def test_g107_annex_b_opinions(r: float, score: float) -> None:
    assert opinion(r) == pytest.approx(score, abs=0.01)


def test_g107_annex_b_ends_of_the_scale() -> None:
    assert [opinion(r) for r in (-5, 0, 1, 100, 120)] == [1, 1, 1, 4.5, 4.5]


def test_g107_7_4_delay_costs_nothing_up_to_100_ms() -> None:
    assert delay_impairment(100) == 0
    assert delay_impairment(150) < 1
    assert delay_impairment(400) == pytest.approx(24.2, abs=1.5)
    steps = [delay_impairment(delay) for delay in range(100, 1000, 50)]
    assert steps == sorted(steps)


def test_g107_7_5_loss() -> None:
    assert effective_impairment(CONCEALED["PCMA"], 0.0) == 0
    assert effective_impairment(CONCEALED["PCMA"], 0.01) == pytest.approx(95 / 26.1)
    assert effective_impairment(UNCONCEALED["PCMA"], 0.01) == pytest.approx(95 / 5.3)
    assert effective_impairment(CONCEALED["PCMU"], 7.0) == effective_impairment(CONCEALED["PCMU"], 1.0)


def test_worse_is_never_better() -> None:
    for codec in CONCEALED.values():
        ratings = [rating(codec, loss / 100, 60) for loss in range(0, 101, 5)]
        assert ratings == sorted(ratings, reverse=True)
        assert min(ratings) >= 0


def test_a_leg_of_which_nothing_is_known_yet() -> None:
    quality = leg_quality("PCMA", None, None)
    assert (quality.loss_in, quality.loss_out, quality.jitter_ms, quality.round_trip_ms) == (0, None, 0, None)
    assert quality.mos == pytest.approx(4.41, abs=0.005)


def test_the_worse_direction_decides() -> None:
    lossy = In(expected=100, packets=95, jitter=80)
    one = leg_quality("PCMA", lossy, Returned(0.0, 0, 0.05))
    other = leg_quality("PCMA", In(jitter=80), Returned(0.05, 0, 0.05))
    assert one.mos == pytest.approx(other.mos)
    assert one.mos < leg_quality("PCMA", In(jitter=80), Returned(0.0, 0, 0.05)).mos
    assert one.loss_in == pytest.approx(0.05)
    assert (one.loss_out, one.jitter_ms, one.round_trip_ms) == (0, 10, 50)


def test_a_long_way_is_heard() -> None:
    near = leg_quality("PCMA", In(), Returned(0.0, 0, 0.05))
    assert leg_quality("PCMA", In(), Returned(0.0, 0, 0.9)).mos < near.mos - 0.5
