"""Promises to call back, as they are made in a call (L11: housing 5.9; L18: education 3.5.11)."""

from __future__ import annotations

from datetime import datetime

from app.domain.calls import Call
from app.domain.due_times import END_OF_WORKING_DAY, due, promise_term
from app.domain.phone_numbers import to_e164
from app.domain.profile import Profile


def proposed_due(profile: Profile, call: Call | None, now: datetime) -> datetime:
    """The term that is taken when none is named: a colleague is answered by the end of the working day, anybody
    else in the profile's time for calls back."""
    internal = call is not None and call.flow == profile.internal.id
    term = END_OF_WORKING_DAY if internal else promise_term(profile.terms.callback)
    return due(profile.schedule, term, now)


def number_to_call(profile: Profile, number: str) -> str:
    """The number as it is kept: a colleague's as it stands, any other in E.164. BadInput when it is none."""
    digits = number.strip()
    return digits if profile.is_internal(digits) else to_e164(number)


def can_be_called_back(profile: Profile, call: Call) -> bool:
    """The number that the line was told can be dialled: it was neither withheld nor something odd."""
    return call.number.startswith("+") or profile.is_internal(call.number)
