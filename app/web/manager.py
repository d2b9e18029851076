"""The manager's pages: the overview of a period and the promises. Lists and single calls are in `calls_pages`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.application.reports import PromiseList, PromiseRow, Role
from app.domain.errors import BadInput
from app.domain.promises import Fate, PromiseState, Standing, fate
from app.web.catalogue import N_
from app.web.masking import name_for, number_for
from app.web.names import Names
from app.web.overview import Overview
from app.web.periods import Period, read_period
from app.web.signed_in import ManagerMember
from app.web.site import Site, SiteOf

router = APIRouter()

PROMISE_LISTS = {
    PromiseList.OPEN: N_("Open"),
    PromiseList.OVERDUE: N_("Overdue"),
    PromiseList.KEPT: N_("Kept"),
    PromiseList.LATE: N_("Kept late"),
    PromiseList.CLOSED: N_("Closed by hand"),
}

STANDINGS = {
    Standing.WAITING: (N_("waiting"), ""),
    Standing.DUE: (N_("due within the hour"), "warn"),
    Standing.OVERDUE: (N_("overdue"), "bad"),
    Standing.DONE: (N_("done"), "good"),
}


@router.get("/manager")
def overview_page(request: Request, site: SiteOf, member: ManagerMember) -> Response:
    now = site.now()
    period = read_period(request.query_params, now, site.config.zone)
    previous = period.previous(now.astimezone(site.config.zone))
    current = site.reads.statistics(period.day_from, period.day_to)
    earlier = site.reads.statistics(previous.day_from, previous.day_to, before=previous.before)
    overview = Overview(current, earlier, period, Names(site.profile, site.staff.members()), site.catalogue)
    fragment = "x-fragment" in request.headers
    return site.page(
        request,
        "parts/overview.html" if fragment else "manager.html",
        member=member,
        overview=overview,
        period=period,
        compared=_compared_with(site, period, previous),
        now=now,
        today=now.astimezone(site.config.zone).date(),
    )


def _compared_with(site: Site, period: Period, previous: Period) -> str:
    """In words, what the changes refer to."""
    say = site.catalogue
    if period.days > 1:
        days = say.day(previous.day_from, "d MMM"), say.day(previous.day_to, "d MMM y")
        return say.text("compared with %(first)s – %(last)s", first=days[0], last=days[1])
    day = say.day(previous.day_from, "EEEE, d MMMM")
    if previous.before is None:
        return say.text("compared with %(day)s", day=day)
    until = say.moment(previous.before, "HH:mm")
    return say.text("compared with %(day)s until %(time)s", day=day, time=until)


@dataclass(frozen=True)
class PromiseLine:
    """A promise as the list shows it."""

    row: PromiseRow
    number: str
    caller: str
    operator: str
    standing: str
    tone: str
    kept_in: str


@router.get("/promises")
def promises_page(request: Request, site: SiteOf, member: ManagerMember) -> Response:
    which = _which(request.query_params.get("list", PromiseList.OPEN))
    now = site.now()
    names = Names(site.profile, site.staff.members())
    lines = [_promise_line(site, row, now, member.role, names) for row in site.reads.promises(which, now)]
    return site.page(
        request,
        "parts/promises.html" if "x-fragment" in request.headers else "promises.html",
        member=member,
        lines=lines,
        which=which,
        lists={one: site.catalogue.text(title) for one, title in PROMISE_LISTS.items()},
        counts=site.reads.promise_counts(now),
        now=now,
    )


def _which(text: str) -> PromiseList:
    try:
        return PromiseList(text)
    except ValueError:
        raise BadInput(f"list «{text}»: one of {', '.join(PromiseList)}") from None


def _promise_line(site: Site, row: PromiseRow, now: datetime, role: Role, names: Names) -> PromiseLine:
    promise = row.promise
    text, tone = STANDINGS[promise.standing(now)]
    if fate(promise, site.profile.schedule, now) is Fate.BROKEN:
        text, tone = N_("broken"), "bad"
    elif promise.state is PromiseState.KEPT_LATE:
        text, tone = N_("kept late"), "warn"
    elif promise.state is PromiseState.KEPT:
        text, tone = N_("kept in time"), "good"
    elif promise.state is PromiseState.CLOSED:
        text, tone = N_("closed by hand"), ""
    return PromiseLine(
        row=row,
        number=number_for(role, promise.number),
        caller=name_for(role, row.caller_name),
        operator=names.operator(promise.operator) if promise.operator else "",
        standing=site.catalogue.text(text),
        tone=tone,
        kept_in=promise.kept_in,
    )
