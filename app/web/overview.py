"""The manager's overview: figures of a period beside those of the one before, each leading to its calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.application.reports import (
    SERVICE_LEVEL_S,
    CallFilters,
    DayFigures,
    HourFigures,
    RatingShare,
    Statistics,
    Totals,
)
from app.domain.calls import Direction, Outcome
from app.web.call_queries import calls_address, incoming
from app.web.catalogue import DASH, Catalogue
from app.web.names import Names
from app.web.periods import Period


@dataclass(frozen=True)
class Change:
    """A figure beside the one before: `tone` is `good`, `bad` or "" where neither is better."""

    text: str
    tone: str


@dataclass(frozen=True)
class Card:
    id: str
    title: str
    value: str
    note: str
    link: str
    change: Change | None
    tone: str = ""


@dataclass(frozen=True)
class AnswerLine:
    text: str
    count: int
    share: float
    tone: str
    link: str
    change: Change | None


@dataclass(frozen=True)
class Rating:
    """One question of the survey, verbatim, with every answer it has (housing 5.12)."""

    question: str
    total: int
    link: str
    answers: tuple[AnswerLine, ...]


@dataclass(frozen=True)
class OperatorLine:
    name: str
    position: str
    answered: int
    answered_link: str
    outgoing: int
    outgoing_link: str
    talking_mean_s: float | None
    best: tuple[AnswerLine | None, ...]
    """For each question the share of the best answer; None where nobody answered."""


@dataclass(frozen=True)
class FigureLine:
    """A day or an hour, with links to its calls."""

    label: str
    figures: DayFigures | HourFigures
    link: str
    answered_link: str
    lost_link: str
    closed_link: str


class Overview:
    def __init__(
        self, now: Statistics, before: Statistics, period: Period, names: Names, catalogue: Catalogue
    ) -> None:
        self.statistics = now
        self._before = before
        self._period = period
        self._names = names
        self._say = catalogue

    # --- cards -----------------------------------------------------------------------------------------------

    def cards(self) -> list[Card]:
        _, duration = self._say.text, self._say.duration
        now, before = self.statistics.totals, self._before.totals
        answered = self._link(outcome=Outcome.ANSWERED)
        closed = self._link(outcome=Outcome.OUT_OF_HOURS)
        within = _("nine in ten within %(time)s", time=duration(now.waiting_p90_s))
        talked = _("from the answer to the farewell")
        return [
            self._counted("calls", _("Calls"), "calls", self._link(), self._calls_note()),
            self._counted("answered", _("Answered"), "answered", answered, self._of_hours(now.answered)),
            self._counted(
                "lost", _("Lost"), "lost", self._link(outcome=Outcome.LOST), self._of_hours(now.lost), better=-1
            ),
            self._counted(
                "out-of-hours", _("Out of hours"), "out_of_hours", closed, _("announcement and callback")
            ),
            self._service_level(now, before),
            self._timed("waiting", _("Waiting, mean"), "waiting_mean_s", answered, within, better=-1),
            self._timed("talking", _("Conversation, mean"), "talking_mean_s", answered, talked),
            self._counted(
                "transferred", _("Transferred"), "transferred", self._link(transferred=True), self._of_answered()
            ),
        ]

    def _counted(self, card: str, title: str, figure: str, link: str, note: str, *, better: int = 0) -> Card:
        now, before = getattr(self.statistics.totals, figure), getattr(self._before.totals, figure)
        change = self._change(now - before, f"{now - before:+d}", self._say.number(before), better)
        tone = "bad" if card == "lost" and now else ""
        return Card(card, title, self._say.number(now), note, link, change, tone)

    def _timed(self, card: str, title: str, figure: str, link: str, note: str, *, better: int = 0) -> Card:
        now, before = getattr(self.statistics.totals, figure), getattr(self._before.totals, figure)
        change = None
        if now is not None and before is not None:
            difference = round(now) - round(before)
            said = f"{'+' if difference > 0 else '-'}{self._say.duration(abs(difference))}"
            change = self._change(difference, said, self._say.duration(before), better)
        return Card(card, title, self._say.duration(now), note if now is not None else "", link, change)

    def _service_level(self, now: Totals, before: Totals) -> Card:
        share, earlier = (
            _share(now.answered_in_time, _in_hours(now)),
            _share(before.answered_in_time, _in_hours(before)),
        )
        change = None
        if share is not None and earlier is not None:
            change = self._points(share, earlier, better=1)
        title = self._say.text("Within %(seconds)s s", seconds=round(SERVICE_LEVEL_S))
        count = self._say.plural("%(num)s call", "%(num)s calls", now.answered_in_time)
        return Card("in-time", title, self._say.percent(share), count, self._link(in_time=True), change)

    def _points(self, share: float, earlier: float, *, better: int) -> Change:
        points = round(share * 100) - round(earlier * 100)
        said = self._say.text("%(points)s pp", points=f"{points:+d}")
        return self._change(points, said, self._say.percent(earlier), better)

    def _change(self, difference: float, said: str, was: str, better: int) -> Change:
        if difference == 0:
            return Change(self._say.text("as before"), "")
        tone = "" if not better else "good" if difference * better > 0 else "bad"
        return Change(self._say.text("%(change)s, was %(was)s", change=said.replace("-", "−"), was=was), tone)

    def _calls_note(self) -> str:
        totals = self.statistics.totals
        notes = []
        if totals.under_way:
            notes.append(self._say.plural("%(num)s waiting now", "%(num)s waiting now", totals.under_way))
        if totals.interrupted:
            notes.append(self._say.plural("%(num)s interrupted", "%(num)s interrupted", totals.interrupted))
        return ", ".join(notes) or self._say.text("incoming")

    def _of_hours(self, part: int) -> str:
        share = _share(part, _in_hours(self.statistics.totals))
        return DASH if share is None else self._say.text("%(share)s in hours", share=self._say.percent(share))

    def _of_answered(self) -> str:
        share = _share(self.statistics.totals.transferred, self.statistics.totals.answered)
        return DASH if share is None else self._say.text("%(share)s of answered", share=self._say.percent(share))

    # --- ratings ---------------------------------------------------------------------------------------------

    def ratings(self) -> list[Rating]:
        """The questions of the survey in their order, then those that only old answers know."""
        asked = [q.id for q in self._names.profile.survey.questions]
        answered = [r.question for r in self.statistics.ratings]
        return [self._rating(question) for question in dict.fromkeys([*asked, *answered])]

    def _rating(self, question: str) -> Rating:
        found = _of_question(self.statistics.ratings, question)
        known = self._names.profile.survey.question(question)
        answers = dict.fromkeys([*((a.id for a in known.answers) if known else ()), *found])
        return Rating(
            question=self._names.question(question),
            total=sum(r.count for r in found.values()),
            link=calls_address(self._filters(question=question)),
            answers=tuple(self._answer(question, answer) for answer in answers),
        )

    def _answer(self, question: str, answer: str, rated: str = "", given: RatingShare | None = None) -> AnswerLine:
        now = given or _of_question(self.statistics.ratings, question).get(answer)
        before = _of_question(self._before.ratings, question)
        change = None
        if now and before and not rated:
            earlier = before[answer].share if answer in before else 0.0
            better = {"good": 1, "bad": -1}.get(self._names.answer_tone(question, answer), 0)
            change = self._points(now.share, earlier, better=better)
        return AnswerLine(
            text=self._names.answer(question, answer),
            count=now.count if now else 0,
            share=now.share if now else 0.0,
            tone=self._names.answer_tone(question, answer),
            link=calls_address(self._filters(question=question, answer=answer, rated_operator=rated)),
            change=change,
        )

    # --- operators -------------------------------------------------------------------------------------------

    def operators(self) -> list[OperatorLine]:
        lines = []
        for figures in self.statistics.operators:
            login = figures.operator
            placed = replace(self._filters(operator=login), direction=Direction.OUTGOING)
            lines.append(
                OperatorLine(
                    name=self._names.full_operator(login),
                    position=self._names.position(login),
                    answered=figures.answered,
                    answered_link=self._link(outcome=Outcome.ANSWERED, operator=login),
                    outgoing=figures.outgoing,
                    outgoing_link=calls_address(placed),
                    talking_mean_s=figures.talking_mean_s,
                    best=tuple(
                        self._best(q.id, login, figures.ratings) for q in self._names.profile.survey.questions
                    ),
                )
            )
        return sorted(lines, key=lambda line: (-line.answered - line.outgoing, line.name))

    def _best(self, question: str, login: str, ratings: Sequence[RatingShare]) -> AnswerLine | None:
        """The share of the best answer; its count and link are those of all answers to the question."""
        found = _of_question(ratings, question)
        if not found:
            return None
        known = self._names.profile.survey.question(question)
        best = known.answers[0].id if known else next(iter(found))
        return AnswerLine(
            text=self._names.answer(question, best),
            count=sum(r.count for r in found.values()),
            share=found[best].share if best in found else 0.0,
            tone="",
            link=calls_address(self._filters(question=question, rated_operator=login)),
            change=None,
        )

    # --- days and hours --------------------------------------------------------------------------------------

    def days(self) -> list[FigureLine]:
        return [
            self._figure_line(self._say.day(d.day, "d MMMM, EEEEEE"), d, replace(incoming(d.day, d.day)))
            for d in self.statistics.days
        ]

    def hours(self) -> list[FigureLine]:
        """From the first to the last hour that had a call, but the office day at least."""
        busy = [h.hour for h in self.statistics.hours if h.calls]
        first, last = min([*busy, 8]), max([*busy, 17])
        return [
            self._figure_line(
                f"{h.hour:02}:00", h, replace(self._filters(), direction=Direction.INCOMING, hour=h.hour)
            )
            for h in self.statistics.hours
            if first <= h.hour <= last
        ]

    def _figure_line(self, label: str, figures: DayFigures | HourFigures, calls: CallFilters) -> FigureLine:
        def link(outcome: Outcome | None) -> str:
            return calls_address(replace(calls, outcome=outcome))

        return FigureLine(
            label, figures, link(None), link(Outcome.ANSWERED), link(Outcome.LOST), link(Outcome.OUT_OF_HOURS)
        )

    def chart(self) -> dict[str, Any]:
        """What `static/js/overview.js` draws: labels and a row of counts for each outcome."""
        days = [self._say.day(d.day, "d MMM") for d in self.statistics.days]
        hours = [line for line in self.hours() if isinstance(line.figures, HourFigures)]
        return {
            "days": _series(days, self.statistics.days) if self._period.days > 1 else None,
            "hours": _series([line.label for line in hours], [line.figures for line in hours]),
        }

    # --- links -----------------------------------------------------------------------------------------------

    def _filters(self, **conditions: Any) -> CallFilters:
        return CallFilters(self._period.day_from, self._period.day_to, **conditions)

    def _link(self, **conditions: Any) -> str:
        return calls_address(replace(self._filters(**conditions), direction=Direction.INCOMING))

    @property
    def outgoing_link(self) -> str:
        return calls_address(self._filters(direction=Direction.OUTGOING))


def _series(labels: list[str], figures: Sequence[DayFigures | HourFigures]) -> dict[str, list[Any]]:
    other = [f.calls - f.answered - f.lost - f.out_of_hours for f in figures]
    return {
        "labels": labels,
        "answered": [f.answered for f in figures],
        "lost": [f.lost for f in figures],
        "closed": [f.out_of_hours for f in figures],
        "other": other,
    }


def _in_hours(totals: Totals) -> int:
    """Calls that could have been answered: in working hours, and no longer waiting."""
    return totals.answered + totals.lost + totals.interrupted


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _of_question(ratings: Sequence[RatingShare], question: str) -> dict[str, RatingShare]:
    return {r.answer: r for r in ratings if r.question == question}
