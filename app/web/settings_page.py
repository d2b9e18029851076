"""What people set for themselves: an operator's own phone."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.domain.errors import BadInput
from app.web.signed_in import AnyMember, OperatorMember
from app.web.site import SiteOf

log = structlog.get_logger()
router = APIRouter()


@router.get("/settings")
def settings_page(request: Request, site: SiteOf, member: AnyMember, saved: str = "") -> Response:
    return site.page(request, "settings.html", member=member, phone=member.phone, wrong=False, saved=bool(saved))


@router.post("/settings/phone")
def keep_phone(
    request: Request, site: SiteOf, member: OperatorMember, phone: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    phone = phone.strip()
    try:
        site.staff.set_phone(member.login, phone)
    except BadInput:
        return site.page(request, "settings.html", member=member, status=422, phone=phone, wrong=True, saved=False)
    log.info("phone_set", pd_login=member.login, own_phone=bool(phone))
    return RedirectResponse("/settings?saved=1", 303)
