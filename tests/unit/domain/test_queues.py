"""Whose operators a waiting caller is offered to (L2: property 18)."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations

import pytest

from app.domain.profile import Profile, Unit
from app.domain.queues import unit_of_operator, units_asked
from tests.fakes.profile import profile

RECEPTION = Unit("reception", "приёмная", ("+7 (383) 238-60-02",))
LAND = Unit("land", "отдел земельных отношений", ("+7 (383) 238-60-34",), overflow="property")
PROPERTY = Unit("property", "отдел управления имуществом", ("+7 (383) 238-60-58",), overflow="land")
LEGAL = Unit("legal", "юридический отдел", ("+7 (383) 238-60-17",))
UNITS = (RECEPTION, LAND, PROPERTY, LEGAL)


@pytest.fixture
def department() -> Profile:
    return replace(profile(), units=UNITS)


@pytest.mark.parametrize(
    ("unit", "waited_s", "at_desk", "asked"),
    [
        ("land", 0, {"land", "property"}, ("land",)),
        ("land", 59.9, {"land", "property"}, ("land",)),
        ("land", 60, {"land", "property"}, ("land", "property")),
        ("land", 0, {"property"}, ("land", "property")),
        ("land", 0, {"legal"}, ("land", "property", "reception", "legal")),
        ("legal", 59, {"legal", "reception"}, ("legal",)),
        ("legal", 60, {"legal", "reception"}, ("legal", "reception")),
        ("reception", 600, {"reception", "land"}, ("reception",)),
        ("legal", 0, {"land"}, ("legal", "reception", "land", "property")),
        ("land", 0, set(), ("land", "property", "reception", "legal")),
    ],
    ids=[
        "own unit first",
        "not a moment early",
        "overflow after a while",
        "overflow at once where nobody of the unit is there",
        "anybody where neither is there",
        "a unit without overflow at first",
        "the reception for a unit without overflow",
        "nobody else for the reception",
        "anybody for a unit without overflow",
        "an empty desk",
    ],
)
def test_units_asked(
    department: Profile, unit: str, waited_s: float, at_desk: set[str], asked: tuple[str, ...]
) -> None:
    assert units_asked(department, unit, waited_s, at_desk) == asked


def test_whoever_is_at_the_desk_somebody_is_asked_and_the_own_unit_first(department: Profile) -> None:
    names = [one.id for one in UNITS]
    desks = chain.from_iterable(combinations(names, n) for n in range(1, len(names) + 1))
    for at_desk in desks:
        for unit in names:
            for waited_s in (0.0, 59.0, 60.0, 3600.0):
                asked = units_asked(department, unit, waited_s, at_desk)
                assert asked[0] == unit
                assert len(set(asked)) == len(asked)
                assert set(asked) & set(at_desk), (unit, at_desk, waited_s)


@pytest.mark.parametrize(
    ("kept_with", "unit"),
    [
        ("land", "land"),
        (" Отдел земельных отношений ", "land"),
        ("", "reception"),
        ("отдел, которого больше нет", "reception"),
    ],
)
def test_unit_of_operator(department: Profile, kept_with: str, unit: str) -> None:
    assert unit_of_operator(department, kept_with) == unit
