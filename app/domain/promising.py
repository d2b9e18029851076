"""Promises to call, as they are made in a call (L11: housing 5.9; L18: education 3.5.11) or planned (C2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from app.domain import facts as f
from app.domain.calls import Call
from app.domain.due_times import CLARIFICATION, END_OF_WORKING_DAY, due, promise_term
from app.domain.errors import BadInput
from app.domain.phone_numbers import to_e164
from app.domain.profile import Profile
from app.domain.writing_up import agenda_of, text_of


def proposed_due(profile: Profile, call: Call | None, now: datetime) -> datetime:
    """The term that is taken when none is named: a colleague is answered by the end of the working day, anybody
    else in the profile's time for calls back."""
    internal = call is not None and call.flow == profile.internal.id
    term = END_OF_WORKING_DAY if internal else promise_term(profile.terms.callback)
    return due(profile.schedule, term, now)


def clarification(
    profile: Profile, promise: str, operator: str, number: str, asked: str, questions: str, now: datetime
) -> f.PromiseMade:
    """A call that the operator is to make because an application is incomplete or has errors (C2): within the
    profile's hours, days off not counted. `questions` has one a line. BadInput for what cannot be used."""
    what = text_of(asked, "what was asked")
    if not what:
        raise BadInput("what is to be clarified is empty: write what is missing or wrong", "asked_empty")
    term = replace(CLARIFICATION, amount=profile.terms.clarification / timedelta(hours=1))
    return f.PromiseMade(
        promise,
        number_to_call(profile, number),
        what,
        due(profile.schedule, term, now),
        "",
        f.By.OPERATOR,
        operator,
        f.PromiseKind.CLARIFICATION,
        agenda_of(questions),
    )


def number_to_call(profile: Profile, number: str) -> str:
    """The number as it is kept: a colleague's as it stands, any other in E.164. BadInput when it is none."""
    digits = number.strip()
    return digits if profile.is_internal(digits) else to_e164(number)


def can_be_called_back(profile: Profile, call: Call) -> bool:
    """The number that the line was told can be dialled: it was neither withheld nor something odd."""
    return call.number.startswith("+") or profile.is_internal(call.number)
