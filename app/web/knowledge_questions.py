"""Questions without an article: what callers ask and nobody has written yet (K2: property 33, 35)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import structlog
from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.application.reports import StaffMember
from app.domain.errors import BadInput
from app.domain.missed_questions import Decision, QuestionGroup
from app.web.errors import NotFound
from app.web.knowledge_care import care_of, question, questions, tabs, today, writable_units
from app.web.names import Names
from app.web.periods import Period, read_period
from app.web.signed_in import MANAGERS, AnyMember, ManagerMember
from app.web.site import Site, SiteOf

log = structlog.get_logger()
router = APIRouter()

MOST_SHOWN = 100
LONGEST_REASON = 300
LISTS = ("open", "closed")


@router.get("/knowledge/questions")
def questions_page(request: Request, site: SiteOf, member: AnyMember) -> Response:
    return _page(request, site, member, request.query_params)


@router.post("/knowledge/questions/close")
def close_question(
    request: Request,
    site: SiteOf,
    member: ManagerMember,
    key: Annotated[str, Form(max_length=400)] = "",
    reason: Annotated[str, Form(max_length=2000)] = "",
    period: Annotated[str, Form(max_length=10)] = "30",
    day_from: Annotated[str, Form(alias="from", max_length=10)] = "",
    day_to: Annotated[str, Form(alias="to", max_length=10)] = "",
) -> Response:
    group = _group(site, key)
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= LONGEST_REASON:
        asked = {"period": period, "from": day_from, "to": day_to}
        return _page(request, site, member, asked, wrong_key=key, reason=reason)
    _decide(site, member, group, closed=True, reason=reason)
    return RedirectResponse("/knowledge/questions?list=closed&saved=1", 303)


@router.post("/knowledge/questions/reopen")
def reopen_question(
    site: SiteOf, member: ManagerMember, key: Annotated[str, Form(max_length=400)] = ""
) -> Response:
    _decide(site, member, _group(site, key), closed=False, reason="")
    return RedirectResponse("/knowledge/questions?saved=1", 303)


def _group(site: Site, key: str) -> QuestionGroup:
    found = question(site, key)
    if found is None:
        raise NotFound("this question without an article")
    return found


def _decide(site: Site, member: StaffMember, group: QuestionGroup, *, closed: bool, reason: str) -> None:
    decision = Decision(group.key, closed, reason, member.login, site.now(), group.asked)
    care_of(site).decide(site.profile.id, decision)
    log.info("question_decided", closed=closed, pd_login=member.login)


def _page(
    request: Request,
    site: Site,
    member: StaffMember,
    query: Mapping[str, str],
    *,
    wrong_key: str = "",
    reason: str = "",
) -> Response:
    which = query.get("list", "open")
    if which not in LISTS:
        raise BadInput(f"list «{which[:20]}»: one of {', '.join(LISTS)}")
    period = _period(site, query)
    found = questions(site, period.day_from, period.day_to, closed=which == "closed")
    return site.page(
        request,
        "knowledge_questions.html",
        member=member,
        status=422 if wrong_key else 200,
        groups=found[:MOST_SHOWN],
        total=len(found),
        which=which,
        period=period,
        today=today(site),
        tabs=tabs(site),
        names=Names(site.profile, site.staff.members()),
        decides=member.role in MANAGERS,
        starts=bool(writable_units(site, member)),
        wrong_key=wrong_key,
        reason=reason,
        saved=bool(query.get("saved")),
    )


def _period(site: Site, query: Mapping[str, str]) -> Period:
    named = any(query.get(name) for name in ("period", "from", "to"))
    return read_period(query if named else {"period": "30"}, site.now(), site.config.zone)
