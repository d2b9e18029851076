"""An operator whose training has lapsed is flagged, and barred where the profile says so (K3: property 20)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from app.domain.errors import Refused
from app.domain.facts import Presence
from app.domain.profile import Terms
from app.domain.training import Training, TrainingKind
from tests.fakes.profile import profile
from tests.unit.application.house import House

GOOD, OLD = date(2026, 1, 10), date(2024, 1, 10)


def flag(house: House) -> tuple[str, str]:
    its = house.panels.view("ivanova")["me"]["training"]
    return its["status"], its["until"]


@pytest.mark.parametrize("day", [None, OLD])
def test_a_lapsed_operator_is_kept_from_ready_where_the_profile_bars(
    make_house: Callable[..., House], day: date | None
) -> None:
    house = make_house(profile=profile(terms=Terms(training_bars=True)))
    house.exchange.browser_changed("ivanova", connected=True, microphone=True)
    if day:
        house.staff.trained.append(Training("ivanova", day, TrainingKind.FIRST))
    with pytest.raises(Refused, match="training_lapsed") as refused:
        house.do("ivanova", "ready")
    assert refused.value.rule == "K3"
    assert house.presence("ivanova") is Presence.AWAY
    house.staff.trained.append(Training("ivanova", GOOD, TrainingKind.PLANNED))
    house.do("ivanova", "ready")
    assert house.presence("ivanova") is Presence.READY


def test_elsewhere_it_is_only_a_flag(make_house: Callable[..., House]) -> None:
    house = make_house()
    house.sit_down("ivanova")
    assert flag(house) == ("never", "")
    house.staff.trained.append(Training("ivanova", OLD, TrainingKind.FIRST))
    assert flag(house) == ("lapsed", "2026-01-10")
    house.staff.trained.append(Training("ivanova", GOOD, TrainingKind.PLANNED))
    house.staff.trained.append(Training("petrov", date(2026, 5, 1), TrainingKind.NEW_SERVICE, "Новая услуга"))
    assert flag(house) == ("trained", "2028-01-10")
    assert house.panels.view("ivanova")["me"]["training"]["missing"] == ["Новая услуга"]
