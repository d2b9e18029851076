"""Logs of calls for the storage tests: told by hand, and drawn by hypothesis from the domain's own table."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from app.domain import facts as f
from app.domain.calls import TRANSITIONS, Phase
from app.domain.facts import By, Fact, PromiseKind, Recorded, Speaker

ZONE = ZoneInfo("Europe/Astrakhan")
"""UTC+4: after 20:00 UTC it is already the next day there."""
NOON = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
"""Monday, 12:00 in Astrakhan."""


def told(stream: str, facts: Sequence[Fact], at: datetime = NOON, step_s: float = 5.0) -> list[Recorded]:
    """The facts as a stream, `step_s` apart."""
    return [Recorded(stream, i + 1, at + timedelta(seconds=i * step_s), fact) for i, fact in enumerate(facts)]


ARRIVAL = f.CallArrived("+79271234567", "line", "line", "housing", "abc123")
PROMISE_TO = "+79271234567"


def promise_made(promise: str) -> f.PromiseMade:
    due_at = NOON + timedelta(hours=4)
    return f.PromiseMade(promise, PROMISE_TO, "О капремонте", due_at, "после 15", By.OPERATOR, "anna")


def answered_call(call: str, at: datetime = NOON, *, promise: str = "") -> list[Recorded]:
    """Answered after 10 s, transferred once, rated by both questions."""
    made = [promise_made(promise)] if promise else []
    return told(
        f"call:{call}",
        [
            ARRIVAL,
            f.CallQueued("line"),
            f.CallOffered("anna"),
            f.OperatorJoined("anna"),
            f.PhraseHeard(Speaker.OPERATOR, "anna", "добрый день", 15.5, 17.25, (("добрый", 15.5, 16.0),)),
            f.StepTicked("greeting", "hello", By.SPEECH, "добрый день", 0.97, "liniya-demo-ru 1"),
            f.CallerNamed("Иван Петрович"),
            f.TopicChosen("repairs"),
            f.NeedRestated("Протекает крыша"),
            f.PlacedOnHold(60),
            f.ResumedFromHold(5.0),
            f.CallerTold(By.HAND),
            f.TransferStarted("anna", "boris"),
            f.TransferCompleted("anna", "boris"),
            f.TransferStarted("boris", "vera"),
            f.TransferFailed("boris", "vera", "no_answer"),
            *made,
            f.OperatorLeft("boris", "to_survey"),
            f.SurveyStarted("boris"),
            f.SurveyQuestionAsked("answer_received", 1),
            f.SurveyAnswered("answer_received", "yes", By.KEY),
            f.SurveyQuestionAsked("satisfaction", 1),
            f.SurveyAnswered("satisfaction", "partly", By.VOICE),
            f.SurveyFinished(True),
            f.CallEnded(By.CALLER, "hung_up"),
            f.NotesWritten("Перезвонить не нужно"),
        ],
        at,
    )


def lost_call(call: str, at: datetime = NOON) -> list[Recorded]:
    facts = [
        ARRIVAL,
        f.CallQueued("line"),
        f.CallOffered("anna"),
        f.OfferMissed("anna", "no_answer"),
        f.CallEnded(By.CALLER, "hung_up"),
    ]
    return told(f"call:{call}", facts, at)


def closed_call(call: str, at: datetime = NOON) -> list[Recorded]:
    facts = [ARRIVAL, f.LineWasClosed(NOON + timedelta(hours=20)), f.CallEnded(By.LINE, "closed")]
    return told(f"call:{call}", facts, at)


def waiting_call(call: str, at: datetime = NOON) -> list[Recorded]:
    return told(f"call:{call}", [ARRIVAL, f.CallQueued("line")], at)


def interrupted_call(call: str, at: datetime = NOON) -> list[Recorded]:
    return told(f"call:{call}", [ARRIVAL, f.CallQueued("line"), f.CallEnded(By.LINE, "interrupted")], at)


def outgoing_call(call: str, at: datetime = NOON, *, reached: bool = True, promise: str = "") -> list[Recorded]:
    placed = f.CallPlaced("vera", PROMISE_TO, "line", "housing", "abc123", promise)
    if not reached:
        attempted = [f.PromiseAttempted(promise, "busy")] if promise else []
        rest = [*attempted, f.CalleeNotReached("busy"), f.CallEnded(By.LINE, "finished")]
        return told(f"call:{call}", [placed, *rest], at)
    kept = [f.PromiseKept(promise, False)] if promise else []
    rest = [f.CalleeAnswered(), *kept, f.OperatorLeft("vera", "hung_up"), f.CallEnded(By.OPERATOR, "hung_up")]
    return told(f"call:{call}", [placed, *rest], at)


# --- drawn logs ----------------------------------------------------------------------------------------------

_LOGINS = st.sampled_from(["anna", "boris", "vera"])
_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
_SECONDS = st.floats(0, 1000, allow_nan=False).map(lambda x: round(x, 3))
_MOMENTS = st.integers(0, 10**6).map(lambda seconds: NOON + timedelta(seconds=seconds))
_WORDS = st.lists(st.tuples(_TEXTS, _SECONDS, _SECONDS), max_size=2).map(tuple)

_BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "operator": _LOGINS,
    "source": _LOGINS,
    "target": _LOGINS,
    "promise": st.sampled_from(["p1", "p2", "p3"]),
    "question": st.sampled_from(["answer_received", "satisfaction"]),
    "answer": st.sampled_from(["yes", "no", "partly"]),
    "why": st.sampled_from(["hung_up", "interrupted", "busy"]),
    "words": _WORDS,
}
_BY_TYPE: dict[object, st.SearchStrategy[Any]] = {
    str: _TEXTS,
    int: st.integers(0, 99),
    float: _SECONDS,
    float | None: st.none() | _SECONDS,
    bool: st.booleans(),
    datetime: _MOMENTS,
    tuple[str, ...]: st.lists(_TEXTS, max_size=3).map(tuple),
    By: st.sampled_from(By),
    PromiseKind: st.sampled_from(PromiseKind),
    Speaker: st.sampled_from(Speaker),
}


def _facts_of_kind(kind: type[Fact]) -> st.SearchStrategy[Fact]:
    hints = typing.get_type_hints(kind)
    fields = {name: _BY_NAME[name] if name in _BY_NAME else _BY_TYPE[hint] for name, hint in hints.items()}
    return st.builds(kind, **fields)


_NEXT: dict[Phase, list[tuple[type[Fact], Phase]]] = {
    phase: [(kind, then) for (before, kind), then in TRANSITIONS.items() if before is phase] for phase in Phase
}


@st.composite
def call_logs(draw: st.DrawFn, call: str) -> list[Recorded]:
    """A walk over the domain's table, from a random moment of a week, at a random pace."""
    at = NOON + timedelta(minutes=draw(st.integers(0, 7 * 24 * 60)))
    phase, log = Phase.NEW, list[Recorded]()
    for seq in range(1, draw(st.integers(1, 30)) + 1):
        kind, phase = draw(st.sampled_from(_NEXT[phase]))
        at += timedelta(milliseconds=draw(st.integers(0, 90_000)))
        log.append(Recorded(f"call:{call}", seq, at, draw(_facts_of_kind(kind))))
    return log


@st.composite
def journals(draw: st.DrawFn) -> list[Recorded]:
    """Several calls as they come in, mixed; now and then a fact is lost, or cannot follow."""
    found: list[Recorded] = []
    for number in range(draw(st.integers(1, 4))):
        log = draw(call_logs(f"c{number}"))
        if draw(st.integers(0, 3)) == 0:
            log.pop(draw(st.integers(0, len(log) - 1)))
        if log and draw(st.integers(0, 3)) == 0:
            last = log[-1]
            log.append(Recorded(last.stream, last.seq + 1, last.at, f.CallEnded(By.LINE, "lost")))
            log.append(Recorded(last.stream, last.seq + 2, last.at, f.CallQueued("line")))
        found += log
    if draw(st.booleans()):
        found.append(Recorded("promise:p1", 1, NOON + timedelta(days=8), f.PromiseClosed("p1", "anna", "сам")))
    return sorted(found, key=lambda r: (r.at, r.stream, r.seq))
