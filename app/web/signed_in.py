"""Who is signed in, and the login itself. The session's token lives in a cookie that scripts cannot read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote, urlsplit

import structlog
from fastapi import APIRouter, Depends, Form
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response

from app.application.reports import Role, StaffMember
from app.web.errors import NotAllowed, NotSignedIn
from app.web.site import Site, SiteOf

log = structlog.get_logger()
router = APIRouter()

HOME = {Role.OPERATOR: "/panel", Role.MANAGER: "/manager", Role.ADMINISTRATOR: "/manager"}
MANAGERS = (Role.MANAGER, Role.ADMINISTRATOR)


def member_or_none(connection: HTTPConnection, site: SiteOf) -> StaffMember | None:
    """Whose session the cookie belongs to. A dependency for pages and web sockets alike."""
    token = connection.cookies.get(site.session_cookie, "")
    member = site.staff.session(token) if token else None
    connection.state.member = member
    return member


MaybeMember = Annotated[StaffMember | None, Depends(member_or_none)]


def _with_role(*roles: Role) -> Callable[[StaffMember | None], StaffMember]:
    def check(member: MaybeMember) -> StaffMember:
        if member is None:
            raise NotSignedIn("no session")
        if member.role not in roles:
            raise NotAllowed(f"role {member.role} does not have this page")
        return member

    return check


AnyMember = Annotated[StaffMember, Depends(_with_role(*Role))]
OperatorMember = Annotated[StaffMember, Depends(_with_role(Role.OPERATOR))]
AdministratorMember = Annotated[StaffMember, Depends(_with_role(Role.ADMINISTRATOR))]
ManagerMember = Annotated[StaffMember, Depends(_with_role(*MANAGERS))]


def safe_next(target: str) -> str:
    """A path of this site, or "" for anything that leads elsewhere."""
    parts = urlsplit(target)
    foreign = parts.scheme or parts.netloc or not target.startswith("/") or target.startswith(("//", "/\\"))
    return "" if foreign or any(ord(c) < 32 for c in target) else target


def login_address(connection: HTTPConnection) -> str:
    """Where who is not signed in is sent, to come back to this page afterwards."""
    asked = connection.url.path + (f"?{connection.url.query}" if connection.url.query else "")
    return "/login" if asked == "/" else f"/login?next={quote(asked, safe='/')}"


@router.get("/")
def home(member: MaybeMember) -> Response:
    return RedirectResponse(HOME[member.role] if member else "/login", 303)


@router.get("/login")
def login_page(request: Request, site: SiteOf, member: MaybeMember, next: str = "") -> Response:  # noqa: A002 - the name in the address
    if member is not None:
        return RedirectResponse(safe_next(next) or HOME[member.role], 303)
    return _login_form(request, site, next_page=safe_next(next))


@router.post("/login")
def sign_in(
    request: Request,
    site: SiteOf,
    login: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form(max_length=2000)] = "",  # noqa: A002 - the field's name
) -> Response:
    login = login.strip()
    address = request.client.host if request.client else ""
    wait_s = site.throttle.admit(login, address)
    if wait_s:
        log.warning("login_throttled", pd_login=login, pd_address=address, wait_s=wait_s)
        return _login_form(request, site, next_page=safe_next(next), login=login, wait_s=wait_s)
    member = site.staff.authenticate(login, password)
    if member is None:
        log.info("login_failed", pd_login=login, pd_address=address)
        return _login_form(request, site, next_page=safe_next(next), login=login, failed=True)
    site.throttle.succeeded(login, address)
    log.info("signed_in", pd_login=member.login, role=str(member.role))
    return _with_session(site, member, safe_next(next) or HOME[member.role])


@router.post("/logout")
def sign_out(request: Request, site: SiteOf) -> Response:
    token = request.cookies.get(site.session_cookie, "")
    if token:
        site.staff.close_session(token)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(site.session_cookie, path="/", secure=site.config.secure_cookies, httponly=True)
    answer.headers["clear-site-data"] = '"cache"'
    return answer


def _with_session(site: Site, member: StaffMember, target: str) -> Response:
    answer = RedirectResponse(target, 303)
    answer.set_cookie(
        site.session_cookie,
        site.staff.open_session(member.login),
        path="/",
        httponly=True,
        samesite="lax",
        secure=site.config.secure_cookies,
    )
    return answer


def _login_form(
    request: Request, site: Site, *, next_page: str, login: str = "", failed: bool = False, wait_s: int = 0
) -> Response:
    status = 429 if wait_s else 401 if failed else 200
    answer = site.page(
        request, "login.html", status=status, next_page=next_page, login=login, failed=failed, wait_s=wait_s
    )
    if wait_s:
        answer.headers["retry-after"] = str(wait_s)
    return answer
