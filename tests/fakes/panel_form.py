"""The form of the panel's view (docs/protocols.md), so that a test can hold a view against it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

TEXT, NUMBER, FLAG, TIME = "text", "number", "flag", "time"
"""Kinds of plain values; a kind followed by `?` may be null, a list of one form is a list of such."""

Form = Any

TICK = {"by": TEXT, "phrase": TEXT, "at": TIME}
STEP = {"id": TEXT, "title": TEXT, "ticked": (TICK, None)}
STAGE = {
    "id": TEXT,
    "title": TEXT,
    "source": TEXT,
    "phrases": [{"text": TEXT, "others": [TEXT]}],
    "questions": [TEXT],
    "fields": [TEXT],
    "branch": FLAG,
    "done": FLAG,
    "skipped": FLAG,
    "next": [{"to": TEXT, "when": TEXT, "title": TEXT}],
    "steps": [STEP],
}
ME = {
    "login": TEXT,
    "surname": TEXT,
    "name": TEXT,
    "patronymic": TEXT,
    "position": TEXT,
    "unit": TEXT,
    "presence": TEXT,
    "since": TIME,
    "why": TEXT,
    "device": TEXT,
    "phone": TEXT,
    "phone_registered": FLAG + "?",
    "audio": {"connected": FLAG, "microphone": FLAG},
    "wrap_up_until": TIME + "?",
    "training": {"status": TEXT, "until": TEXT, "missing": [TEXT]},
}
LINE = {
    "body": TEXT,
    "short": TEXT,
    "open": FLAG,
    "hours": TEXT,
    "next_opening": TIME + "?",
    "waiting": NUMBER,
    "recogniser": TEXT,
    "promise_due": TIME,
}
SURVEY = {"asking": TEXT, "answers": [{"question": TEXT, "answer": TEXT}], "complete": FLAG + "?"}
CALL = {
    "id": TEXT,
    "direction": TEXT,
    "phase": TEXT,
    "phase_since": TIME,
    "number": TEXT,
    "number_shown": TEXT,
    "number_said": ({"number": TEXT, "number_shown": TEXT, "by": TEXT}, None),
    "dialled": TEXT,
    "unit": TEXT,
    "arrived_at": TIME,
    "answered_at": TIME + "?",
    "waited_s": NUMBER,
    "role": TEXT,
    "operator_name": TEXT,
    "hold": ({"since": TIME, "return_in_s": NUMBER, "warn": FLAG, "overdue": FLAG}, None),
    "told": FLAG,
    "target_name": TEXT,
    "transfers": NUMBER,
    "max_transfers": NUMBER,
    "hold_s": NUMBER,
    "internal": FLAG,
    "caller_hangs_up": FLAG,
    "caller_name": TEXT,
    "need": TEXT,
    "topic": TEXT,
    "typical_need": TEXT,
    "notes": TEXT,
    "agenda": [{"question": TEXT, "asked": FLAG}],
    "referral": TEXT,
    "satisfied": FLAG + "?",
    "leaves_by": TIME + "?",
    "ended_at": TIME + "?",
    "ended_by": TEXT + "?",
    "end_why": TEXT,
    "farewell_done": FLAG,
    "promise": TEXT,
    "survey": (SURVEY, None),
    "sound": {"caller": TEXT + "?", "own": TEXT + "?"},
    "recorded": FLAG,
    "hearing": {"caller": TEXT, "operator": TEXT, "late_s": NUMBER},
}
VIEW: dict[str, Form] = {
    "me": ME,
    "line": LINE,
    "call": (CALL, None),
    "script": ({"flow": TEXT, "current": TEXT, "stages": [STAGE]}, None),
    "transcript": [{"n": NUMBER, "speaker": TEXT, "who": TEXT, "text": TEXT, "start_s": NUMBER, "end_s": NUMBER}],
    "knowledge": [{"id": TEXT, "title": TEXT, "short": TEXT, "kind": TEXT, "score": NUMBER, "used": FLAG}],
    "hint": (
        {"id": TEXT, "kind": TEXT, "group": TEXT, "text": TEXT, "heard": TEXT, "value": NUMBER},
        None,
    ),
    "colleagues": [
        {
            "login": TEXT,
            "name": TEXT,
            "position": TEXT,
            "unit": TEXT,
            "unit_name": TEXT,
            "competent": FLAG,
            "presence": TEXT,
            "free": FLAG,
            "since": TIME,
        }
    ],
    "promises": [
        {
            "id": TEXT,
            "kind": TEXT,
            "number": TEXT,
            "number_shown": TEXT,
            "asked": TEXT,
            "due_at": TIME,
            "interval": TEXT,
            "standing": TEXT,
            "broken": FLAG,
            "call_at": TIME + "?",
            "attempts": NUMBER,
            "operator": TEXT,
        }
    ],
    "topics": [
        {"id": TEXT, "title": TEXT, "questions": [TEXT], "needs": [{"id": TEXT, "title": TEXT}], "unit": TEXT}
    ],
    "referrals": [{"id": TEXT, "body": TEXT, "contacts": TEXT, "say": TEXT, "topics": [TEXT], "questions": [TEXT]}],
}


def check_view(view: Mapping[str, Any]) -> None:
    """AssertionError names every place where the view departs from its form, after a way through JSON."""
    wrong = _departures(VIEW, json.loads(json.dumps(view)), "view")
    assert not wrong, "\n".join(wrong)


def keys_of(form: Form) -> set[str]:
    """The names of all keys in a form."""
    if isinstance(form, tuple):
        return keys_of(form[0])
    if isinstance(form, list):
        return keys_of(form[0])
    if isinstance(form, dict):
        return set(form).union(*(keys_of(inner) for inner in form.values()))
    return set()


def _departures(form: Form, value: Any, where: str) -> list[str]:
    if isinstance(form, tuple):
        return [] if value is None else _departures(form[0], value, where)
    if isinstance(form, list):
        if not isinstance(value, list):
            return [f"{where} must be a list, is {value!r}"]
        return [one for n, item in enumerate(value) for one in _departures(form[0], item, f"{where}[{n}]")]
    if isinstance(form, dict):
        return _departures_of_object(form, value, where)
    return [] if _fits(form, value) else [f"{where} must be {form}, is {value!r}"]


def _departures_of_object(form: dict[str, Form], value: Any, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where} must be an object, is {value!r}"]
    wrong = [f"{where} lacks {name}" for name in sorted(form.keys() - value.keys())]
    wrong += [f"{where} has {name}, which is not in the form" for name in sorted(value.keys() - form.keys())]
    for name in form.keys() & value.keys():
        wrong += _departures(form[name], value[name], f"{where}.{name}")
    return wrong


def _fits(kind: str, value: Any) -> bool:
    if kind.endswith("?"):
        return value is None or _fits(kind[:-1], value)
    if kind == FLAG:
        return isinstance(value, bool)
    if kind == NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == TIME:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    return isinstance(value, str)
