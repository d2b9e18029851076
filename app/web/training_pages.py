"""Training of the operators (K3: property 20): who is trained until when, and the records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import structlog
from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.application.reports import Role, StaffMember
from app.domain.training import Standing, Training, TrainingKind, TrainingStatus, standing
from app.web.catalogue import N_
from app.web.signed_in import ManagerMember
from app.web.site import Site, SiteOf

log = structlog.get_logger()
router = APIRouter()

STATUSES = {
    TrainingStatus.NEVER: (N_("not trained"), "bad"),
    TrainingStatus.LAPSED: (N_("lapsed"), "bad"),
    TrainingStatus.LAPSES_SOON: (N_("lapses soon"), "warn"),
    TrainingStatus.TRAINED: (N_("trained"), "good"),
}
KINDS = {
    TrainingKind.FIRST: N_("before the first work on the line"),
    TrainingKind.NEW_SERVICE: N_("a new service or function"),
    TrainingKind.PLANNED: N_("planned"),
}
SUBJECT_LIMIT = 300


@dataclass(frozen=True)
class TrainingLine:
    """One operator as the list shows it."""

    member: StaffMember
    standing: Standing
    status: str
    tone: str


@dataclass(frozen=True)
class Written:
    """A record as it is shown and as it was typed."""

    login: str = ""
    day: str = ""
    kind: str = ""
    subject: str = ""


@router.get("/manager/training")
def training_page(request: Request, site: SiteOf, member: ManagerMember, saved: str = "") -> Response:
    return _page(request, site, member, saved=bool(saved))


@router.post("/manager/training")
def keep_training(
    request: Request,
    site: SiteOf,
    member: ManagerMember,
    login: Annotated[str, Form(max_length=64)] = "",
    day: Annotated[str, Form(max_length=10)] = "",
    kind: Annotated[str, Form(max_length=16)] = "",
    subject: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    written = Written(login, day, kind, subject)
    wrong = _wrong(site, written)
    if wrong:
        return _page(request, site, member, written=written, wrong=wrong, status=422)
    training = Training(login, date.fromisoformat(day), TrainingKind(kind), subject.strip(), member.login)
    site.staff.add_training(training)
    log.info("training_kept", pd_login=login, pd_by=member.login, kind=kind)
    return RedirectResponse("/manager/training?saved=1", 303)


def _wrong(site: Site, written: Written) -> dict[str, str]:
    """What cannot be used, by field; nothing when all can."""
    say = site.catalogue
    wrong = {}
    if all(one.login != written.login for one in _operators(site)):
        wrong["login"] = say.text("Choose an operator.")
    try:
        if date.fromisoformat(written.day) > _today(site):
            wrong["day"] = say.text("This day is still to come.")
    except ValueError:
        wrong["day"] = say.text("Choose the day of the training.")
    if written.kind not in set(TrainingKind):
        wrong["kind"] = say.text("Choose the kind of training.")
    subject = written.subject.strip()
    if written.kind == TrainingKind.NEW_SERVICE and not subject:
        wrong["subject"] = say.text("Name the service.")
    elif len(subject) > SUBJECT_LIMIT:
        wrong["subject"] = say.text("At most %(count)s characters.", count=SUBJECT_LIMIT)
    return wrong


def _page(
    request: Request,
    site: Site,
    member: StaffMember,
    *,
    saved: bool = False,
    written: Written | None = None,
    wrong: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    trainings = site.staff.trainings()
    operators = _operators(site)
    names = {one.login: one.full_name for one in site.staff.members()}
    return site.page(
        request,
        "training.html",
        member=member,
        status=status,
        lines=[_line(site, one, trainings) for one in operators],
        operators=operators,
        records=[
            (one, names.get(one.login, one.login), site.catalogue.text(KINDS[one.kind]), names.get(one.by, one.by))
            for one in reversed(trainings)
        ],
        kinds={str(kind): site.catalogue.text(text) for kind, text in KINDS.items()},
        bars=site.profile.terms.training_bars,
        months=site.profile.terms.training_months,
        today=_today(site),
        written=written or Written(day=_today(site).isoformat()),
        wrong=wrong or {},
        saved=saved,
    )


def _line(site: Site, member: StaffMember, trainings: tuple[Training, ...]) -> TrainingLine:
    its = standing(trainings, member.login, site.profile.terms.training_months, _today(site))
    text, tone = STATUSES[its.status]
    return TrainingLine(member, its, site.catalogue.text(text), tone)


def _record(site: Site, training: Training, names: dict[str, str]) -> tuple[Training, str, str, str]:
    """The record, whose it is, of what kind, and by whom, in words."""
    whose, by = names.get(training.login, training.login), names.get(training.by, training.by)
    return training, whose, site.catalogue.text(KINDS[training.kind]), by


def _operators(site: Site) -> list[StaffMember]:
    return [one for one in site.staff.members() if one.role is Role.OPERATOR and one.active]


def _today(site: Site) -> date:
    return site.now().astimezone(site.config.zone).date()
