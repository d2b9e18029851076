"""What the pages of the knowledge base share: who may write, how reviews stand, what is asked without an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from app.application.knowledge_care import KnowledgeCare, UnitReview
from app.application.reports import StaffMember
from app.domain.missed_questions import QuestionGroup, grouped, within
from app.domain.personal_words import without_personal_data
from app.domain.reviews import Review, overdue, reviews
from app.web.errors import NotAllowed, NotFound
from app.web.signed_in import MANAGERS
from app.web.site import Site

LOOKED_BACK = timedelta(days=366)
"""Questions are gathered over a year, so that a group stays the same whichever days are shown."""
COUNTED_DAYS = 30


@dataclass(frozen=True)
class Tabs:
    """How much there is to do behind the tabs of the knowledge base."""

    overdue: int
    questions: int


def care_of(site: Site) -> KnowledgeCare:
    if site.care is None:
        raise NotFound("the knowledge base is only read here")
    return site.care


def today(site: Site) -> date:
    return site.now().astimezone(site.config.zone).date()


def tabs(site: Site) -> Tabs | None:
    if site.care is None:
        return None
    last, _ = last_reviews(site)
    late = overdue([unit.id for unit in site.profile.units], last, today(site), site.profile.terms.review_days)
    day = today(site)
    return Tabs(len(late), len(questions(site, day - timedelta(days=COUNTED_DAYS - 1), day, closed=False)))


# --- who may write --------------------------------------------------------------------------------------------


def writable_units(site: Site, member: StaffMember) -> tuple[str, ...]:
    """The units of the profile whose articles the member may write, in their order."""
    if site.articles is None:
        return ()
    units = tuple(unit.id for unit in site.profile.units)
    if member.role in MANAGERS:
        return units
    owners = site.care.owners(site.profile.id) if site.care else {}
    return tuple(unit for unit in units if owners.get(unit) == member.login)


def may_write(site: Site, member: StaffMember, unit: str) -> bool:
    if site.articles is not None and member.role in MANAGERS:
        return True
    return unit in writable_units(site, member)


def require_writer(site: Site, member: StaffMember, unit: str) -> None:
    """NotAllowed for who is neither manager nor the owner of the unit's part."""
    if not may_write(site, member, unit):
        raise NotAllowed(f"the articles of unit {unit[:64]} are not for {member.role}")


# --- how reviews stand ----------------------------------------------------------------------------------------


def last_reviews(site: Site) -> tuple[Mapping[str, date | None], Mapping[str, UnitReview]]:
    """Of each unit the day on which its part was last looked through wholly: that of the article which has waited
    longest; of a unit without articles when somebody said so. And who said so last."""
    said = care_of(site).unit_reviews(site.profile.id)
    last: dict[str, date | None] = {}
    for unit in site.profile.units:
        days = [one.article.reviewed for one in site.knowledge.articles() if one.article.unit == unit.id]
        by_word = said[unit.id].at.astimezone(site.config.zone).date() if unit.id in said else None
        last[unit.id] = min(days, default=by_word)
    return last, said


def standings(site: Site) -> tuple[tuple[Review, ...], Mapping[str, UnitReview]]:
    last, said = last_reviews(site)
    units = [unit.id for unit in site.profile.units]
    return reviews(units, last, today(site), site.profile.terms.review_days), said


# --- questions without an article -----------------------------------------------------------------------------


def groups(site: Site, day_from: date) -> tuple[QuestionGroup, ...]:
    """All groups since that day, a year at least, without personal data."""
    care = care_of(site)
    first = min(day_from, today(site) - LOOKED_BACK)
    since = datetime.combine(first, time(), site.config.zone)
    missed = [
        replace(one.question, asked=_masked(one.question.asked, one.caller, site.normal_form))
        for one in care.missed(since)
    ]
    return grouped(missed, care.decisions(site.profile.id), site.normal_form)


@lru_cache(maxsize=10_000)
def _masked(asked: str, caller: str, normal: Callable[[str], str]) -> str:
    # The pages count the questions of a year each time they are opened: 3000 take 0.2 s without a memory.
    return without_personal_data(asked, (caller,), normal)


def questions(site: Site, day_from: date, day_to: date, *, closed: bool) -> list[QuestionGroup]:
    """What was asked in these days and is open, the most asked first; or all that is closed, the last one first."""
    found = [one for one in groups(site, day_from) if (one.closed is not None) is closed]
    if closed:
        return sorted(found, key=lambda one: one.closed.at.timestamp() if one.closed else 0.0, reverse=True)
    asked = (within(one, day_from, day_to, site.config.zone) for one in found)
    return sorted((one for one in asked if one.questions), key=lambda one: -len(one.questions))


def question(site: Site, key: str) -> QuestionGroup | None:
    return next((one for one in groups(site, today(site)) if one.key == key), None)
