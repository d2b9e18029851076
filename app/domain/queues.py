"""Whose operators a waiting caller is offered to (L2: property 18).

A call belongs to the unit whose number was dialled. That unit's operators come first; its overflow, else the
reception, is asked, too, after a while, or at once where nobody of the unit is at the desk; and where nobody of
either is there, everybody is asked: any colleague is better than silence.
"""

from __future__ import annotations

from collections.abc import Collection

from app.domain.profile import Profile


def units_asked(profile: Profile, unit: str, waited_s: float, at_desk: Collection[str]) -> tuple[str, ...]:
    """The ids of the units whose operators may be offered the call now, in their order.

    `at_desk` are the units of the operators who take calls or will after the present one; `waited_s` is counted
    from the caller's arrival.
    """
    asked = [unit]
    overflow = next((one.overflow for one in profile.units if one.id == unit), "") or profile.units[0].id
    if overflow != unit and (waited_s >= profile.terms.overflow_s or unit not in at_desk):
        asked.append(overflow)
    if not any(one in at_desk for one in asked):
        asked += [one for one in dict.fromkeys((*(u.id for u in profile.units), *at_desk)) if one not in asked]
    return tuple(asked)


def unit_of_operator(profile: Profile, unit: str) -> str:
    """The id of the unit that an operator is kept with, by its id or its name; else the reception."""
    wanted = unit.strip().casefold()
    for one in profile.units:
        if wanted in (one.id.casefold(), one.name.casefold()):
            return one.id
    return profile.units[0].id
