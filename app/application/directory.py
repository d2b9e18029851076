"""The directory for transfers (L8): who else is at the desk, and who knows the topic of the call best."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.application.ports import Operator
from app.application.roster import Place
from app.domain.profile import Profile
from app.domain.queues import unit_of_operator

View = dict[str, Any]


def directory(colleagues: Iterable[tuple[Operator, Place]], profile: Profile, topic: str) -> list[View]:
    """Those who are competent in the topic first, the free ones first among them; else the directory's order.
    Without a topic, "", nobody is more competent than the others."""
    units = competent_units(profile, topic)
    views = [_colleague(person, place, profile, units) for person, place in colleagues]
    return sorted(views, key=lambda one: (not one["competent"], not one["free"]))


def competent_units(profile: Profile, topic_id: str) -> frozenset[str]:
    """The unit that the topic names, and the units that name the topic."""
    topic = profile.topic(topic_id)
    if topic is None:
        return frozenset()
    named = {topic.unit} if topic.unit else set()
    return frozenset(named | {unit.id for unit in profile.units if topic.id in unit.topics})


def _colleague(person: Operator, place: Place, profile: Profile, units: frozenset[str]) -> View:
    unit = profile.unit(unit_of_operator(profile, person.unit))
    return {
        "login": person.login,
        "name": f"{person.surname} {person.name} {person.patronymic}".strip(),
        "position": person.position,
        "unit": person.unit,
        "unit_name": unit.name if unit else person.unit,
        "competent": unit is not None and unit.id in units,
        "presence": str(place.presence),
        "free": place.free,
        "since": place.since.isoformat(),
    }
