"""The web process: pages, panel, statistics, API, put together by `create_app`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from html import escape
from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

from app.application.announcement_book import AnnouncementBook
from app.application.knowledge import ArticleBook, Knowledge, NoKnowledge
from app.application.knowledge_care import KnowledgeCare
from app.application.reports import CallReads, StaffAccounts
from app.domain.profile import Profile
from app.domain.word_forms import stem
from app.web import (
    announcements_page,
    calls_pages,
    health,
    knowledge_pages,
    knowledge_questions,
    knowledge_units,
    manager,
    scripts_page,
    settings_page,
    signed_in,
    training_pages,
)
from app.web.answers import answer_errors
from app.web.catalogue import Catalogue
from app.web.line_gateway import LineGateway
from app.web.security import SecurityHeaders, from_here
from app.web.site import PageConfig, Site, environment, utc_now
from app.web.throttle import LoginThrottle

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    signed_in.router,
    settings_page.router,
    manager.router,
    calls_pages.router,
    announcements_page.router,
    scripts_page.router,
    training_pages.router,
    knowledge_pages.router,
    knowledge_questions.router,
    knowledge_units.router,
)


def create_app(
    *,
    staff: StaffAccounts,
    reads: CallReads,
    gateway: LineGateway,
    profile: Profile,
    page_config: PageConfig,
    static_dir: Path,
    throttle: LoginThrottle | None = None,
    now: Callable[[], datetime] = utc_now,
    recording_file: Callable[[str], Path | None] = lambda _name: None,
    announcements: AnnouncementBook | None = None,
    knowledge: Knowledge | None = None,
    articles: ArticleBook | None = None,
    html_of: Callable[[str], str] = escape,
    care: KnowledgeCare | None = None,
    normal_form: Callable[[str], str] = stem,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
    routers: Sequence[APIRouter] = (),
) -> FastAPI:
    """The application, ready for a server. `lifespan` opens and closes what was handed in; `gateway` is what the
    panel talks to the line through; `profile` gives names to questions, steps, topics and units.

    BadInput when there are no texts in the language of `page_config`.
    """
    catalogue = Catalogue(page_config.language, page_config.zone)
    app = FastAPI(
        title="Liniya",
        version=page_config.version,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        dependencies=[Depends(from_here)],
    )
    app.state.site = Site(
        config=page_config,
        staff=staff,
        reads=reads,
        gateway=gateway,
        profile=profile,
        catalogue=catalogue,
        templates=environment(page_config, catalogue),
        throttle=LoginThrottle() if throttle is None else throttle,
        now=now,
        recording_file=recording_file,
        announcements=announcements,
        knowledge=knowledge or NoKnowledge(),
        articles=articles,
        html_of=html_of,
        care=care,
        normal_form=normal_form,
    )
    app.add_middleware(SecurityHeaders, audio_url=page_config.audio_url, secure=page_config.secure_cookies)
    answer_errors(app)
    for router in (*ROUTERS, *routers):
        app.include_router(router)
    _serve_files(app, static_dir)
    return app


def use_profile(app: FastAPI, profile: Profile) -> None:
    """Name things by another profile from the next page on. Its time zone takes effect with the next start."""
    site: Site = app.state.site
    config = replace(site.config, body=profile.body)
    site.templates.globals["config"] = config
    app.state.site = replace(site, profile=profile, config=config)
    site.knowledge.use_profile(profile)


def _serve_files(app: FastAPI, static_dir: Path) -> None:
    @app.get("/favicon.ico")
    def favicon() -> Response:
        return FileResponse(static_dir / "favicon.svg", media_type="image/svg+xml")

    app.mount("/static", StaticFiles(directory=static_dir), name="static")
