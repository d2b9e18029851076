"""The scripts of the organisation, drawn: what leads the conversations, and in which version."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.application.flow_svg import svg
from app.web.catalogue import N_
from app.web.errors import NotFound
from app.web.signed_in import ManagerMember
from app.web.site import SiteOf

router = APIRouter()

TITLES = {"incoming": N_("Incoming calls"), "outgoing": N_("Outgoing calls"), "internal": N_("Internal calls")}


@router.get("/manager/scripts")
def scripts_page(request: Request, site: SiteOf, member: ManagerMember, flow: str = "incoming") -> Response:
    chosen = site.profile.flow(flow)
    if chosen is None:
        raise NotFound(f"script {flow[:64]}")
    return site.page(request, "scripts.html", member=member, titles=TITLES, chosen=chosen, profile=site.profile)


@router.get("/manager/scripts/{flow}.svg")
def drawn_script(site: SiteOf, _member: ManagerMember, flow: str) -> Response:
    chosen = site.profile.flow(flow)
    if chosen is None:
        raise NotFound(f"script {flow[:64]}")
    return Response(svg(chosen, site.catalogue.text(TITLES[flow])), media_type="image/svg+xml")
