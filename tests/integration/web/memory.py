"""The ports of the pages in memory, folded from facts: for tests of the pages' own logic and of their outages."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.application import reports as r
from app.domain import calls, promises
from app.domain.calls import Call, Direction, Outcome
from app.domain.errors import BadInput, Unavailable
from app.domain.facts import Recorded
from app.domain.promises import Promise, PromiseState, Standing
from app.domain.training import Training


@dataclass
class MemoryStaff:
    people: dict[str, tuple[r.StaffMember, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    away: bool = False
    checked: int = 0
    trained: list[Training] = field(default_factory=list)

    def trainings(self) -> tuple[Training, ...]:
        self._reach()
        return tuple(sorted(self.trained, key=lambda one: one.day))

    def add_training(self, training: Training) -> None:
        self._reach()
        self.trained.append(training)

    def add(self, member: r.StaffMember, password: str) -> None:
        self.people[member.login] = (member, password)

    def authenticate(self, login: str, password: str) -> r.StaffMember | None:
        self._reach()
        self.checked += 1
        member, right = self.people.get(login, (None, ""))
        return member if member and member.active and password == right else None

    def open_session(self, login: str) -> str:
        self._reach()
        token = f"token-{len(self.tokens)}-{login}"
        self.tokens[token] = login
        return token

    def session(self, token: str) -> r.StaffMember | None:
        self._reach()
        login = self.tokens.get(token)
        return self.people[login][0] if login else None

    def close_session(self, token: str) -> None:
        self.tokens.pop(token, None)

    def set_phone(self, login: str, phone: str) -> None:
        if phone and not phone.startswith("sip:"):
            raise BadInput(f"phone «{phone}»")
        member, password = self.people[login]
        self.people[login] = (replace(member, phone=phone), password)

    def members(self) -> tuple[r.StaffMember, ...]:
        self._reach()
        return tuple(member for member, _ in sorted(self.people.values(), key=lambda pair: pair[0].surname))

    def _reach(self) -> None:
        if self.away:
            raise Unavailable("the database does not answer")


class MemoryReads:
    """Folds its log anew when it has grown."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.log: list[Recorded] = []
        self.away = False
        self._known: tuple[int, dict[str, Call]] = (-1, {})

    def statistics(self, day_from: date, day_to: date, *, before: datetime | None = None) -> r.Statistics:
        wanted = r.CallFilters(day_from, day_to)
        found = [c for c in self._matching(wanted) if before is None or (c.arrived_at and c.arrived_at < before)]
        arrived = [c for c in found if c.direction is Direction.INCOMING]
        return r.Statistics(
            day_from,
            day_to,
            _totals(found),
            tuple(
                r.DayFigures(day, **_figures([c for c in arrived if self._local(c).date() == day]))
                for day in _days(day_from, day_to)
            ),
            tuple(
                r.HourFigures(hour, **_figures([c for c in arrived if self._local(c).hour == hour]))
                for hour in range(24)
            ),
            tuple(_operator(login, found) for login in sorted({o for c in found for o in c.operators})),
            _ratings(found),
        )

    def calls(self, filters: r.CallFilters, page: int = 1, page_size: int = 50) -> r.CallPage:
        found = sorted(self._matching(filters), key=lambda c: (c.arrived_at, c.id), reverse=True)
        rows = tuple(_row(call) for call in found[(page - 1) * page_size : page * page_size])
        return r.CallPage(rows, len(found), page, page_size)

    def record(self, call_id: str) -> r.CallRecord | None:
        found = tuple(one for one in self.log if one.stream == f"call:{call_id}")
        call = self._folded().get(call_id)
        return r.CallRecord(_row(call), found) if call else None

    def promises(self, which: r.PromiseList, now: datetime) -> tuple[r.PromiseRow, ...]:
        found = [p for p in self._promises() if which in _lists(p, now)]
        if which not in (r.PromiseList.OPEN, r.PromiseList.OVERDUE):
            found.sort(key=lambda p: p.closed_at or now, reverse=True)
        made_in = {p.id: self._folded().get(p.call, Call()) for p in found}
        return tuple(r.PromiseRow(p, made_in[p.id].unit, made_in[p.id].caller_name) for p in found)

    def promise_counts(self, now: datetime) -> r.PromiseCounts:
        return r.PromiseCounts(Counter(one for p in self._promises() for one in _lists(p, now)))

    def _promises(self) -> Sequence[Promise]:
        self._reach()
        known: Mapping[str, Promise] = {}
        for one in self.log:
            known = promises.evolve(known, one)
        return sorted(known.values(), key=lambda p: p.due_at)

    def _folded(self) -> dict[str, Call]:
        self._reach()
        if self._known[0] != len(self.log):
            streams: dict[str, list[Recorded]] = {}
            for one in self.log:
                kind, _, name = one.stream.partition(":")
                if kind == "call":
                    streams.setdefault(name, []).append(one)
            self._known = len(self.log), {name: calls.fold(name, log) for name, log in streams.items()}
        return self._known[1]

    def _matching(self, wanted: r.CallFilters) -> list[Call]:
        conditions: list[Callable[[Call], bool]] = [
            lambda c: wanted.day_from <= self._local(c).date() <= wanted.day_to,
            lambda c: wanted.direction in (None, c.direction),
            lambda c: wanted.outcome in (None, c.outcome),
            lambda c: wanted.hour in (None, self._local(c).hour),
            lambda c: wanted.operator in ("", *c.operators),
            lambda c: not wanted.rated_operator or (wanted.rated_operator == c.operator and bool(c.answers)),
            lambda c: not wanted.question or any(q == wanted.question and wanted.answer in ("", a.answer)
                                                 for q, a in c.answers),
            lambda c: not wanted.in_time or (c.answered_at is not None and c.waited_s <= r.SERVICE_LEVEL_S),
            lambda c: not wanted.transferred or c.transfers > 0,
        ]  # fmt: skip
        return [c for c in self._folded().values() if all(holds(c) for holds in conditions)]

    def _local(self, call: Call) -> datetime:
        assert call.arrived_at is not None
        return call.arrived_at.astimezone(self.zone)

    def _reach(self) -> None:
        if self.away:
            raise Unavailable("the database does not answer")


@dataclass
class AwayLine:
    """A line process that cannot be reached."""

    connected: bool = False

    async def command(self, operator: str, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        raise Unavailable("the line is away")

    async def subscribe(self, operator: str) -> AsyncGenerator[dict[str, Any], None]:
        yield {"line": "away"}


def _days(day_from: date, day_to: date) -> list[date]:
    return [day_from + timedelta(days=n) for n in range((day_to - day_from).days + 1)]


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _figures(found: Sequence[Call]) -> dict[str, Any]:
    outcomes = Counter(c.outcome for c in found)
    return {
        "calls": len(found),
        "answered": outcomes[Outcome.ANSWERED],
        "lost": outcomes[Outcome.LOST],
        "out_of_hours": outcomes[Outcome.OUT_OF_HOURS],
        "waiting_mean_s": _mean([c.waited_s for c in found if c.answered_at]),
    }


def _totals(found: Sequence[Call]) -> r.Totals:
    arrived = [c for c in found if c.direction is Direction.INCOMING]
    placed = [c for c in found if c.direction is Direction.OUTGOING]
    answered = [c for c in arrived if c.answered_at]
    waits = sorted(c.waited_s for c in answered)
    return r.Totals(
        **_figures(arrived),
        interrupted=sum(c.outcome is Outcome.INTERRUPTED for c in arrived),
        under_way=sum(c.outcome is Outcome.UNDER_WAY for c in arrived),
        answered_in_time=sum(w <= r.SERVICE_LEVEL_S for w in waits),
        transferred=sum(c.transfers > 0 for c in arrived),
        waiting_p90_s=waits[math.ceil(0.9 * len(waits)) - 1] if waits else None,
        talking_mean_s=_mean([c.talked_s(c.ended_at) for c in answered if c.ended_at]),
        outgoing=len(placed),
        not_reached=sum(c.outcome is Outcome.NOT_REACHED for c in placed),
    )


def _operator(login: str, found: Sequence[Call]) -> r.OperatorFigures:
    mine = [c for c in found if login in c.operators and c.direction is Direction.INCOMING]
    return r.OperatorFigures(
        login,
        len(mine),
        sum(c.operators[:1] == (login,) and c.direction is Direction.OUTGOING for c in found),
        _mean([c.talked_s(c.ended_at) for c in mine if c.ended_at]),
        _ratings([c for c in found if c.operator == login]),
    )


def _ratings(found: Iterable[Call]) -> tuple[r.RatingShare, ...]:
    counts = Counter((question, a.answer) for c in found for question, a in c.answers)
    totals: Counter[str] = Counter()
    for (question, _), count in counts.items():
        totals[question] += count
    return tuple(r.RatingShare(q, a, n, n / totals[q]) for (q, a), n in sorted(counts.items()))


def _row(call: Call) -> r.CallRow:
    assert call.arrived_at is not None
    end = call.ended_at or call.arrived_at
    return r.CallRow(
        id=call.id,
        arrived_at=call.arrived_at,
        direction=call.direction,
        number=call.number,
        unit=call.unit,
        outcome=call.outcome,
        operators=call.operators,
        waited_s=call.waited_s if call.answered_at else (end - call.arrived_at).total_seconds(),
        talked_s=call.talked_s(end),
        transfers=call.transfers,
        topic=call.topic,
        caller_name=call.caller_name,
        answers=tuple((question, given.answer) for question, given in call.answers),
        promises=call.promises,
        ended_by=call.ended_by,
        ended_at=call.ended_at,
    )


def _lists(promise: Promise, now: datetime) -> set[r.PromiseList]:
    if promise.state is PromiseState.OPEN:
        overdue = {r.PromiseList.OVERDUE} if promise.standing(now) is Standing.OVERDUE else set()
        return {r.PromiseList.OPEN} | overdue
    late = {PromiseState.KEPT: r.PromiseList.KEPT, PromiseState.KEPT_LATE: r.PromiseList.LATE}
    return {late.get(promise.state, r.PromiseList.CLOSED)}
