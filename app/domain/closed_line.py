"""What a caller does outside the hours (L1; `closed.yaml`): a key for a call back to the number that is shown,
another for a number that is typed and ended with #. Who calls without a number that can be called back is asked for
one.

The digits are typed into the telephone and reach the call whole: no fact and no log line ever has a part of them.
"""

from __future__ import annotations

from datetime import datetime

from app.domain import commands as c
from app.domain import facts as f
from app.domain.calls import Call, Phase
from app.domain.errors import BadInput
from app.domain.phone_numbers import to_e164
from app.domain.profile import ClosedAction, Profile
from app.domain.promising import can_be_called_back, number_to_call, proposed_due

ATTEMPTS = 2
"""How often a caller may type a number: once more after a wrong one."""


def key_pressed(profile: Profile, call: Call, key: str, now: datetime) -> list[f.Fact]:
    """A key of the announcement; one without a meaning, or after the choice is made, does nothing."""
    action = profile.closed.action(key)
    if call.phase is not Phase.CLOSED or call.promises or call.number_asked or action is None:
        return []
    if action is ClosedAction.CALL_BACK and can_be_called_back(profile, call):
        return [_promise(profile, call, call.number, now)]
    return [f.NumberAsked(1)]


def number_typed(profile: Profile, call: Call, command: c.TypeNumber, now: datetime) -> list[f.Fact]:
    """A promise to the number, the question once more, or the end."""
    if call.phase is not Phase.CLOSED or call.promises or not call.number_asked:
        return []
    try:
        # A colleague may type a colleague's number; to anybody else it would be a wrong one.
        inside = profile.is_internal(call.number)
        number = number_to_call(profile, command.number) if inside else to_e164(command.number)
    except BadInput:
        if call.number_asked < ATTEMPTS:
            return [f.NumberAsked(call.number_asked + 1)]
        return [f.CallEnded(f.By.LINE, "closed")]
    return [_promise(profile, call, number, now)]


def _promise(profile: Profile, call: Call, number: str, now: datetime) -> f.PromiseMade:
    return f.PromiseMade(call.id, number, "", proposed_due(profile, call, now), "", f.By.CALLER)
