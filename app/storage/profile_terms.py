"""How long things may take, from the `terms` of `profile.yaml`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.domain.profile import Terms
from app.storage.marked_yaml import Marked

_WHOLE = {
    "offer_s": (5, 300),
    "wrap_up_s": (0, 3600),
    "survey_answer_s": (2, 60),
    "hold_s": (5, 1800),
    "overflow_s": (0, 3600),
    "training_months": (1, 120),
    "review_days": (1, 366),
    # More than two the rules do not know (housing 5.8); an organisation may be stricter.
    "max_transfers": (0, 2),
}
_FLAGS = ("caller_hangs_up", "training_bars")
_HOURS = {"callback_hours": "callback", "clarification_hours": "clarification"}


def terms(marked: Marked) -> Terms:
    """The terms; what is left out is as usual."""
    fields = marked.fields(set(), {*_WHOLE, *_FLAGS, *_HOURS})
    given: dict[str, Any] = {name: fields[name].whole(*_WHOLE[name]) for name in _WHOLE if name in fields}
    given |= {name: fields[name].flag() for name in _FLAGS if name in fields}
    for name, term in _HOURS.items():
        if name in fields:
            given[term] = timedelta(hours=fields[name].number(0.25, 400))
    return Terms(**given)
