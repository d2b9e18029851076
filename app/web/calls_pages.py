"""The list of calls with its filters and its file, and the record of one call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from app.application.reports import CallFilters, CallRecord, CallRow, Role, StaffMember
from app.domain import facts as f
from app.web.call_queries import calls_address, query_of, read_filters, read_page
from app.web.call_view import DIRECTIONS, OUTCOMES, CallView, RatingLine, rating_marks
from app.web.catalogue import N_, Catalogue
from app.web.csv_files import csv_lines
from app.web.errors import NotFound
from app.web.masking import name_for, number_for
from app.web.names import Names
from app.web.signed_in import ManagerMember
from app.web.site import Site, SiteOf

router = APIRouter()

PAGE_SIZE = 50
FILE_PAGE_SIZE = 500


@dataclass(frozen=True)
class CallLine:
    """A call as the list shows it."""

    row: CallRow
    number: str
    caller: str
    operators: str
    outcome: str
    tone: str
    topic: str
    ratings: list[RatingLine]


@dataclass(frozen=True)
class Condition:
    """A filter that has no field of its own on the page: in words, and where the list is without it."""

    text: str
    without: str
    name: str
    value: str


@router.get("/manager/calls")
def calls_page(request: Request, site: SiteOf, member: ManagerMember) -> Response:
    filters = read_filters(request.query_params, site.now(), site.config.zone)
    found = site.reads.calls(filters, read_page(request.query_params), PAGE_SIZE)
    names = Names(site.profile, site.staff.members())
    return site.page(
        request,
        "calls.html",
        member=member,
        found=found,
        lines=[_line(row, names, site.catalogue, member.role) for row in found.rows],
        filters=filters,
        conditions=_conditions(filters, names, site.catalogue),
        rating=f"{filters.question}:{filters.answer}" if filters.question else "",
        names=names,
        outcomes={str(one): site.catalogue.text(text) for one, (text, _tone) in OUTCOMES.items()},
        directions={str(one): site.catalogue.text(text) for one, text in DIRECTIONS.items()},
        page_address=lambda page: calls_address(filters, page=page),
        file_address=calls_address(filters, path="/manager/calls.csv"),
        filtered=len(query_of(filters)) > 2,
        today=site.now().astimezone(site.config.zone).date(),
    )


@router.get("/manager/calls.csv")
def calls_file(request: Request, site: SiteOf, member: ManagerMember) -> Response:
    filters = read_filters(request.query_params, site.now(), site.config.zone)
    name = f"liniya-{filters.day_from}-{filters.day_to}.csv"
    # Read the first page now: an error must still be told as one, not break off a file that has begun.
    first = list(site.reads.calls(filters, 1, FILE_PAGE_SIZE).rows)
    lines = csv_lines(_file_head(site), _file_rows(site, member, filters, first))
    return StreamingResponse(
        lines,
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


@router.get("/manager/calls/{call_id}")
def call_page(request: Request, site: SiteOf, member: ManagerMember, call_id: str) -> Response:
    view = _view(site, member, _record(site, call_id))
    return site.page(request, "call.html", member=member, view=view, now=site.now())


@router.get("/manager/calls/{call_id}/recordings/{number}")
def recording(site: SiteOf, _member: ManagerMember, call_id: str, number: int) -> Response:
    """The sound of a recording, counted from 1. Opus, or WAV while it has not been encoded."""
    facts = _record(site, call_id).facts
    names = [one.fact.recording for one in facts if isinstance(one.fact, f.CallRecorded)]
    path = site.recording_file(names[number - 1]) if 0 < number <= len(names) else None
    if path is None:
        raise NotFound(f"recording {number} of call {call_id[:64]}")
    kind = "audio/ogg" if path.suffix == ".opus" else "audio/wav"
    return FileResponse(path, media_type=kind, headers={"cache-control": "private, no-store"})


@router.get("/manager/calls/{call_id}/facts.json")
def call_facts(site: SiteOf, member: ManagerMember, call_id: str) -> Response:
    record = _record(site, call_id)
    text = json.dumps(_view(site, member, record).as_json(), ensure_ascii=False, indent=2)
    name = "".join(c for c in record.row.id if c.isalnum() or c in "-_")[:64]
    return Response(
        text,
        media_type="application/json",
        headers={"content-disposition": f'attachment; filename="call-{name}.json"'},
    )


def _record(site: Site, call_id: str) -> CallRecord:
    record = site.reads.record(call_id)
    if record is None:
        raise NotFound(f"call {call_id[:64]}")
    return record


def _view(site: Site, member: StaffMember, record: CallRecord) -> CallView:
    return CallView(record, Names(site.profile, site.staff.members()), site.catalogue, member.role, site.now())


def _line(row: CallRow, names: Names, say: Catalogue, role: Role) -> CallLine:
    text, tone = OUTCOMES[row.outcome]
    return CallLine(
        row=row,
        number=number_for(role, row.number),
        caller=name_for(role, row.caller_name),
        operators=names.operators(row.operators, between=" → "),
        outcome=say.text(text),
        tone=tone,
        topic=names.topic(row.topic),
        ratings=rating_marks(names, row.answers),
    )


def _conditions(filters: CallFilters, names: Names, say: Catalogue) -> list[Condition]:
    found: list[Condition] = []

    def add(text: str, name: str, **without: Any) -> None:
        value = query_of(filters)[name]
        found.append(Condition(text, calls_address(replace(filters, **without)), name, value))

    if filters.hour is not None:
        add(say.text("from %(hour)s:00 to %(hour)s:59", hour=f"{filters.hour:02}"), "hour", hour=None)
    if filters.in_time:
        add(say.text("answered within 20 s"), "in_time", in_time=False)
    if filters.transferred:
        add(say.text("transferred"), "transferred", transferred=False)
    if filters.rated_operator:
        who = names.operator(filters.rated_operator)
        add(say.text("rated: %(operator)s", operator=who), "rated", rated_operator="")
    return found


FILE_HEAD = (
    N_("Call"),
    N_("Day"),
    N_("Time"),
    N_("Direction"),
    N_("Number"),
    N_("Name"),
    N_("Outcome"),
    N_("Unit"),
    N_("Operators"),
    N_("Topic"),
    N_("Waiting, s"),
    N_("Conversation, s"),
    N_("Transfers"),
)


def _file_head(site: Site) -> list[str]:
    return [*map(site.catalogue.text, FILE_HEAD), *(q.text for q in site.profile.survey.questions)]


def _file_rows(
    site: Site, member: StaffMember, filters: CallFilters, first: list[CallRow]
) -> Iterator[list[object]]:
    names = Names(site.profile, site.staff.members())
    rows, page = first, 1
    while rows:
        for row in rows:
            yield _file_row(site, _line(row, names, site.catalogue, member.role), names)
        if len(rows) < FILE_PAGE_SIZE:
            return
        page += 1
        rows = list(site.reads.calls(filters, page, FILE_PAGE_SIZE).rows)


def _file_row(site: Site, line: CallLine, names: Names) -> list[object]:
    row, say = line.row, site.catalogue
    answers = dict(row.answers)
    arrived = row.arrived_at.astimezone(site.config.zone)
    return [
        row.id,
        arrived.date().isoformat(),
        f"{arrived:%H:%M:%S}",
        say.text(DIRECTIONS[row.direction]),
        # Without the plus: a spreadsheet would take the number for a formula.
        line.number.removeprefix("+"),
        line.caller,
        line.outcome,
        names.unit(row.unit),
        line.operators,
        line.topic,
        round(row.waited_s),
        round(row.talked_s),
        row.transfers,
        *(names.answer(q.id, answers[q.id]) if q.id in answers else "" for q in site.profile.survey.questions),
    ]
