"""Whether the web process lives and reaches what it needs, for supervisors and balancers."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from app.domain.errors import Unavailable
from app.web.site import SiteOf

router = APIRouter()


@router.get("/health")
def health(site: SiteOf) -> Response:
    """200 and `{"status": "ok"}`; 503 and which part is away. Names no one and needs no session."""
    parts = {"records": _records_answer(site), "line": site.gateway.connected}
    healthy = parts["records"]
    body = {
        "status": "ok" if all(parts.values()) else "degraded" if healthy else "away",
        "parts": {name: "ok" if well else "away" for name, well in parts.items()},
        "version": site.config.version,
    }
    return JSONResponse(body, 200 if healthy else 503)


def _records_answer(site: SiteOf) -> bool:
    try:
        site.staff.session("health")
    except Unavailable:
        return False
    return True
