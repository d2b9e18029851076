"""What the pages are made with, gathered once by `create_app` and reached by every route as `SiteOf`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape as html_escape
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse

from app.application.announcement_book import AnnouncementBook
from app.application.knowledge import ArticleBook, Knowledge, NoKnowledge
from app.application.knowledge_care import KnowledgeCare
from app.application.reports import CallReads, StaffAccounts, StaffMember
from app.domain import phone_numbers
from app.domain.profile import Profile
from app.domain.word_forms import stem
from app.web.catalogue import Catalogue
from app.web.line_gateway import LineGateway
from app.web.masking import masked
from app.web.throttle import LoginThrottle

TEMPLATES = Path(__file__).parent / "templates"


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class PageConfig:
    """What the pages are told by the settings. `audio_url` is where browsers reach the line's audio (`ws://` or
    `wss://`); `secure_cookies` when the site is served over HTTPS."""

    body: str
    zone: ZoneInfo
    audio_url: str
    secure_cookies: bool = False
    version: str = ""
    language: str = "ru"
    refresh_s: int = 10
    """How often a page of today looks for news while it is seen."""


@dataclass(frozen=True)
class Site:
    """The collaborators of the pages."""

    config: PageConfig
    staff: StaffAccounts
    reads: CallReads
    gateway: LineGateway
    profile: Profile
    catalogue: Catalogue
    templates: Environment
    throttle: LoginThrottle
    now: Callable[[], datetime] = utc_now
    recording_file: Callable[[str], Path | None] = lambda _name: None
    """Where a recording of that name lies."""
    announcements: AnnouncementBook | None = None
    """What callers hear; None where the sounds are not this process's."""

    knowledge: Knowledge = field(default_factory=NoKnowledge)
    articles: ArticleBook | None = None
    """Where articles are written; None where they are only read."""
    html_of: Callable[[str], str] = html_escape
    """Markdown as HTML that is safe in a page."""
    care: KnowledgeCare | None = None
    """Owners, reviews and questions without an article; None where there is no database of them."""
    normal_form: Callable[[str], str] = stem
    """What all forms of a word share."""

    @property
    def session_cookie(self) -> str:
        """With `__Host-` the browser itself refuses a cookie that is not Secure or set for a wider domain."""
        return "__Host-liniya" if self.config.secure_cookies else "liniya"

    def page(
        self,
        request: Request,
        template: str,
        *,
        member: StaffMember | None = None,
        status: int = 200,
        **values: object,
    ) -> HTMLResponse:
        """A page in the layout. `member` is who is signed in."""
        html = self.templates.get_template(template).render(
            member=member, path=request.url.path, **_flags(request), **values
        )
        return HTMLResponse(html, status)


def _flags(request: Request) -> Mapping[str, object]:
    return {"fragment": request.headers.get("x-fragment") == "1"}


def environment(config: PageConfig, catalogue: Catalogue) -> Environment:
    """The templates with texts, numbers and times of the catalogue. Everything is escaped."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    made.install_gettext_translations(catalogue.translations, newstyle=True)  # type: ignore[attr-defined]  # ext.i18n
    made.globals.update(config=config, catalogue=catalogue, script_texts=_script_texts(catalogue))
    made.filters.update(
        number=catalogue.number,
        percent=catalogue.percent,
        date=catalogue.day,
        weekday=catalogue.weekday,
        moment=catalogue.moment,
        clock_time=catalogue.clock_time,
        duration=catalogue.duration,
        telephone=phone_numbers.shown,
        masked=masked,
    )
    return made


def _script_texts(catalogue: Catalogue) -> Callable[..., dict[str, Any]]:
    known = {panel: catalogue.for_scripts(panel=panel).as_json() for panel in (False, True)}
    return lambda panel: known[panel]


def site(connection: HTTPConnection) -> Site:
    found: Site = connection.app.state.site
    return found


SiteOf = Annotated[Site, Depends(site)]
