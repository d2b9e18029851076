"""What a caller does outside the hours (L1; `closed.yaml`): a key for a call back to the number that is shown,
another for a number that is typed and ended with #, or said and confirmed. Who calls without a number that can be
called back is asked for one.

The digits reach the call whole: no fact but the promise, and no log line, ever has any of them.
"""

from __future__ import annotations

from datetime import datetime

from app.domain import commands as c
from app.domain import facts as f
from app.domain.calls import Call, Phase
from app.domain.errors import BadInput
from app.domain.flow import SurveyAnswer, SurveyQuestion
from app.domain.phone_numbers import to_e164
from app.domain.profile import ClosedAction, Profile
from app.domain.promising import can_be_called_back, number_to_call, proposed_due

ATTEMPTS = 2
"""How often a caller may type a number: once more after a wrong one."""
ATTEMPTS_BY_VOICE = 2
"""How often a number may be said; after that one more, by keys."""
YES, NO = "yes", "no"
CONFIRMATION = SurveyQuestion(
    "number",
    "Номер верный?",
    "",
    (
        SurveyAnswer(
            YES,
            "да",
            "1",
            (
                *("да", "да да", "да верно", "да все верно", "все верно", "верно", "правильно", "да правильно"),
                *("да конечно", "конечно", "ага", "угу", "так точно", "точно", "да спасибо", "да он"),
            ),
        ),
        SurveyAnswer(
            NO,
            "нет",
            "2",
            (
                *("нет", "нет нет", "не верно", "неверно", "нет неверно", "нет не верно", "неправильно"),
                *(
                    "не правильно",
                    "нет неправильно",
                    "нет не правильно",
                    "не тот",
                    "нет не тот",
                    "не так",
                    "нет не так",
                ),
            ),
        ),
    ),
)
"""What callers say to a number that is read back to them, and the keys for it."""


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
        return _once_more(call, ATTEMPTS)
    return [f.NumberGiven(f.By.KEY), _promise(profile, call, number, now)]


def number_said(profile: Profile, call: Call, command: c.SayNumber, now: datetime) -> list[f.Fact]:
    """A promise to the number that was said and confirmed."""
    if call.phase is not Phase.CLOSED or call.promises or not call.number_asked:
        return []
    try:
        number = to_e164(command.number)
    except BadInput:
        return number_missed(call, "nonsense")
    return [f.NumberGiven(f.By.VOICE), _promise(profile, call, number, now)]


def number_missed(call: Call, heard: str) -> list[f.Fact]:
    """The question once more, by keys alone when it was said in vain often enough; then the goodbye."""
    if call.phase is not Phase.CLOSED or call.promises or not call.number_asked:
        return []
    return [f.NumberMissed(heard), *_once_more(call, ATTEMPTS_BY_VOICE + 1)]


def home_of(profile: Profile) -> str:
    """A number of the body, whose area code completes a town's number that is said; "" without one."""
    for number in (number for unit in profile.units for number in unit.numbers):
        try:
            return to_e164(number)
        except BadInput:
            continue  # an internal one, or an extension
    return ""


def _once_more(call: Call, attempts: int) -> list[f.Fact]:
    if call.number_asked < attempts:
        return [f.NumberAsked(call.number_asked + 1)]
    return [f.NumberGivenUp()]


def _promise(profile: Profile, call: Call, number: str, now: datetime) -> f.PromiseMade:
    return f.PromiseMade(call.id, number, "", proposed_due(profile, call, now), "", f.By.CALLER)
