"""Errors turned into answers, at this one place: pages in the layout for people, JSON for scripts."""

from __future__ import annotations

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.application.reports import StaffMember
from app.domain.errors import LiniyaError, Unavailable
from app.web.errors import (
    NotSignedIn,
    TooManyAttempts,
    Wording,
    wording_of,
    wording_of_status,
)
from app.web.signed_in import login_address, member_or_none
from app.web.site import Site

log = structlog.get_logger()


def answer_errors(app: FastAPI) -> None:
    """Install the handlers."""
    app.add_exception_handler(LiniyaError, _liniya_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(Exception, _fault)


def wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and "x-fragment" not in request.headers


def _liniya_error(request: Request, error: Exception) -> Response:
    wording = wording_of(error) if isinstance(error, LiniyaError) else wording_of_status(500)
    if isinstance(error, NotSignedIn) and wants_page(request) and request.method == "GET":
        return RedirectResponse(login_address(request), 303)
    if isinstance(error, Unavailable):
        log.warning("request_unavailable", path=request.url.path, error=str(error))
    elif wording.status >= 500:
        log.error("request_failed", path=request.url.path, status=wording.status, exc_info=error)
    answer = _worded(request, wording)
    if isinstance(error, TooManyAttempts):
        answer.headers["retry-after"] = str(error.retry_after_s)
    return answer


def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    answer = _worded(request, wording_of_status(status))
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    return answer


def _validation_error(request: Request, _error: Exception) -> Response:
    return _worded(request, wording_of_status(422))


def _fault(request: Request, error: Exception) -> Response:
    log.error("page_failed", path=request.url.path, exc_info=error)
    return _worded(request, wording_of_status(500))


def _worded(request: Request, wording: Wording) -> Response:
    site: Site = request.app.state.site
    title, text = site.catalogue.text(wording.title), site.catalogue.text(wording.text)
    if not wants_page(request):
        return JSONResponse({"error": {"status": wording.status, "title": title, "text": text}}, wording.status)
    return site.page(
        request,
        "error.html",
        member=_who_asks(request, site),
        status=wording.status,
        wording=wording,
        title=title,
        text=text,
    )


def _who_asks(request: Request, site: Site) -> StaffMember | None:
    """For the layout. An address that no route has was not looked at yet; a database that is away names nobody."""
    try:
        return getattr(request.state, "member", None) or member_or_none(request, site)
    except Unavailable:
        return None
