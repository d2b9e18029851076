"""The parts of the knowledge base: who answers for each unit's, and how its monthly review stands (K2)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.domain.errors import BadInput
from app.domain.profile import Unit
from app.domain.reviews import Review, ReviewStatus
from app.web.catalogue import N_
from app.web.errors import NotFound
from app.web.knowledge_care import care_of, may_write, require_writer, standings, tabs
from app.web.names import Names
from app.web.signed_in import MANAGERS, AnyMember, ManagerMember
from app.web.site import Site, SiteOf

log = structlog.get_logger()
router = APIRouter()

STATUSES = {
    ReviewStatus.NEVER: (N_("never reviewed"), "bad"),
    ReviewStatus.OVERDUE: (N_("review overdue"), "bad"),
    ReviewStatus.DUE_SOON: (N_("review due soon"), "warn"),
    ReviewStatus.REVIEWED: (N_("reviewed in time"), "good"),
}


@dataclass(frozen=True)
class UnitLine:
    """A unit's part as the list shows it. `by` is who said that all of it was reviewed, "" when nobody did."""

    unit: Unit
    owner: str
    articles: int
    review: Review
    status: str
    tone: str
    by: str
    may_review: bool


@router.get("/knowledge/units")
def units_page(request: Request, site: SiteOf, member: AnyMember, saved: str = "") -> Response:
    names = Names(site.profile, site.staff.members())
    owners = care_of(site).owners(site.profile.id)
    counts = Counter(one.article.unit for one in site.knowledge.articles())
    stand, said = standings(site)
    lines = []
    for unit, its in zip(site.profile.units, stand, strict=True):
        text, tone = STATUSES[its.status]
        word = said.get(unit.id)
        by = names.operator(word.by) if word and word.at.astimezone(site.config.zone).date() == its.last else ""
        lines.append(
            UnitLine(
                unit=unit,
                owner=owners.get(unit.id, ""),
                articles=counts[unit.id],
                review=its,
                status=site.catalogue.text(text),
                tone=tone,
                by=by,
                may_review=may_write(site, member, unit.id),
            )
        )
    return site.page(
        request,
        "knowledge_units.html",
        member=member,
        lines=lines,
        names=names,
        members=[one for one in site.staff.members() if one.active],
        sets_owners=member.role in MANAGERS,
        review_days=site.profile.terms.review_days,
        tabs=tabs(site),
        saved=bool(saved),
    )


@router.post("/knowledge/units/{unit}/owner")
def set_owner(
    site: SiteOf, member: ManagerMember, unit: str, login: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    _known(site, unit)
    if login and all(one.login != login or not one.active for one in site.staff.members()):
        raise BadInput(f"«{login}» is nobody of the staff: choose from the list")
    care_of(site).set_owner(site.profile.id, unit, login)
    log.info("unit_owner_set", unit=unit, pd_login=login, pd_by=member.login)
    return RedirectResponse("/knowledge/units?saved=1", 303)


@router.post("/knowledge/units/{unit}/reviewed")
def review_unit(site: SiteOf, member: AnyMember, unit: str) -> Response:
    _known(site, unit)
    require_writer(site, member, unit)
    count = care_of(site).review_unit(site.profile, unit, by=member.login, at=site.now())
    site.knowledge.refresh()
    log.info("unit_reviewed", unit=unit, articles=count, pd_by=member.login)
    return RedirectResponse("/knowledge/units?saved=1", 303)


def _known(site: Site, unit: str) -> None:
    if site.profile.unit(unit) is None:
        raise NotFound(f"unit {unit[:64]}")
