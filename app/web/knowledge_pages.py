"""The knowledge base: search and reading for all, writing for managers, administrators and who
answers for a unit's part (K1, K2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.application.knowledge import ArticleBook, ArticleVersion, Change, Knowledge, ShownArticle
from app.application.reports import StaffMember
from app.domain.article_form import LONGEST_TEXT, LONGEST_TITLE, ArticleForm, form_for, form_of, id_for
from app.domain.articles import Article, ArticleKind
from app.domain.errors import BadInput, Refused
from app.domain.search import ENOUGH_TYPED, Query
from app.web.errors import NotAllowed, NotFound
from app.web.knowledge_care import may_write, question, require_writer, tabs, today, writable_units
from app.web.knowledge_words import CHANGES, FAULTS, KINDS
from app.web.signed_in import AnyMember
from app.web.site import Site, SiteOf

log = structlog.get_logger()
router = APIRouter()

MOST_LISTED = 100
LONGEST_SEARCH = 500


@dataclass(frozen=True)
class Line:
    """An article in the list."""

    article: Article
    unit: str
    overdue: bool


@router.get("/knowledge")
def knowledge_page(
    request: Request,
    site: SiteOf,
    member: AnyMember,
    q: str = "",
    kind: str = "",
    unit: str = "",
    topic: str = "",
    overdue: str = "",
) -> Response:
    if len(q) > LONGEST_SEARCH or (kind and kind not in set(ArticleKind)):
        raise BadInput("the search of the knowledge base")
    found = _found(site, q.strip(), kind, unit, topic)
    lines = [_line(site, article) for article in found]
    lines = [line for line in lines if line.overdue or not overdue]
    fragment = "x-fragment" in request.headers
    return site.page(
        request,
        "parts/knowledge_list.html" if fragment else "knowledge.html",
        member=member,
        lines=lines[:MOST_LISTED],
        total=len(lines),
        asked={"q": q, "kind": kind, "unit": unit, "topic": topic, "overdue": overdue},
        kinds=_kinds(site),
        profile=site.profile,
        may_write=bool(writable_units(site, member)),
        tabs=None if fragment else tabs(site),
        ready=_knowledge(site).edition > 0,
    )


@router.get("/knowledge/new")
def new_article(request: Request, site: SiteOf, member: AnyMember, title: str = "", missed: str = "") -> Response:
    """A form to fill in; with `missed`, the key of a question without an article, its wordings stand there."""
    _book(site)
    units = _units_to_write(site, member)
    form = ArticleForm(title=title[:LONGEST_TITLE], unit=units[0])
    asked = question(site, missed) if missed and site.care else None
    if asked is not None:
        form = form_for(asked, unit=asked.unit if asked.unit in units else units[0])
    return _form_page(request, site, member, "", form, after=0)


@router.get("/knowledge/a/{article_id}")
def article_page(request: Request, site: SiteOf, member: AnyMember, article_id: str, saved: str = "") -> Response:
    versions = site.articles.versions(site.profile.id, article_id) if site.articles else []
    shown = _knowledge(site).article(article_id)
    if shown is None and not versions:
        raise NotFound(f"article {article_id[:64]}")
    article = shown.article if shown else versions[0].article
    return site.page(
        request,
        "article.html",
        member=member,
        article=article,
        html=shown.html if shown else None,
        line=_line(site, article),
        versions=[_told(site, one) for one in versions],
        latest=_latest(versions),
        from_file=any(one.id == article_id for one in site.profile.articles),
        changed_file=bool(shown and shown.version),
        kinds=_kinds(site),
        profile=site.profile,
        may_write=may_write(site, member, article.unit),
        saved=bool(saved),
    )


@router.get("/knowledge/a/{article_id}/edit")
def edit_article(request: Request, site: SiteOf, member: AnyMember, article_id: str) -> Response:
    book = _book(site)
    versions = book.versions(site.profile.id, article_id)
    shown = _shown_or_last(site, article_id, versions)
    require_writer(site, member, shown.unit)
    return _form_page(request, site, member, article_id, form_of(shown), after=_latest(versions))


@router.post("/knowledge/write")
def keep_article(
    request: Request,
    site: SiteOf,
    member: AnyMember,
    article_id: Annotated[str, Form(max_length=64)] = "",
    after: Annotated[int, Form(ge=0)] = 0,
    title: Annotated[str, Form(max_length=2000)] = "",
    kind: Annotated[str, Form(max_length=20)] = "",
    unit: Annotated[str, Form(max_length=64)] = "",
    topics: Annotated[list[str] | None, Form(max_length=200)] = None,
    questions: Annotated[str, Form(max_length=20_000)] = "",
    sources: Annotated[str, Form(max_length=20_000)] = "",
    text: Annotated[str, Form(max_length=LONGEST_TEXT + 1000)] = "",
    do: Annotated[str, Form(max_length=20)] = "keep",
) -> Response:
    book = _book(site)
    units = _units_to_write(site, member)
    if article_id:
        present = _shown_or_last(site, article_id, book.versions(site.profile.id, article_id))
        require_writer(site, member, present.unit)
    form = ArticleForm(title, kind, unit, tuple(topics or ()), questions, sources, text)
    faults = form.faults(units, [one.id for one in site.profile.topics])
    if faults or do == "preview":
        return _form_page(request, site, member, article_id, form, after=after, faults=faults, preview=not faults)
    known = {one.article.id for one in _knowledge(site).articles()} | {one.id for one in site.profile.articles}
    chosen = article_id or _free_id(book, site, form.title, known)
    try:
        _keep(site, member, form.article(chosen, today(site)), Change.WRITTEN, after)
    except Refused as refused:
        if refused.code != "changed_meanwhile":
            raise
        return _form_page(request, site, member, article_id, form, after=after, faults={"form": refused.code})
    return RedirectResponse(f"/knowledge/a/{chosen}?saved=1", 303)


@router.post("/knowledge/a/{article_id}/{change}")
def change_article(
    site: SiteOf, member: AnyMember, article_id: str, change: str, after: Annotated[int, Form(ge=0)] = 0
) -> Response:
    """Reviewed, archived or set back, by one click."""
    made = {"reviewed": Change.REVIEWED, "archive": Change.ARCHIVED, "set-back": Change.SET_BACK}.get(change)
    if made is None:
        raise NotFound(change[:64])
    article = _shown_or_last(site, article_id, _book(site).versions(site.profile.id, article_id))
    require_writer(site, member, article.unit)
    if made is Change.REVIEWED:
        article = form_of(article).article(article.id, today(site))
    if made is Change.SET_BACK:
        article = next((one for one in site.profile.articles if one.id == article_id), article)
    _keep(site, member, article, made, after)
    return RedirectResponse(f"/knowledge/a/{article_id}?saved=1", 303)


def _found(site: Site, text: str, kind: str, unit: str, topic: str) -> list[Article]:
    kinds = (ArticleKind(kind),) if kind else ()
    if text:
        units = (unit,) if unit else ()
        query = Query(text, topic=topic, kinds=kinds, units=units, most=MOST_LISTED, enough=ENOUGH_TYPED)
        articles = [one.article for one in _knowledge(site).search(query)]
    else:
        articles = [one.article for one in _knowledge(site).articles()]
    return [
        one
        for one in articles
        if (not kinds or one.kind in kinds) and unit in ("", one.unit) and (not topic or topic in one.topics)
    ]


def _line(site: Site, article: Article) -> Line:
    unit = site.profile.unit(article.unit)
    due = article.reviewed + timedelta(days=site.profile.terms.review_days)
    return Line(article, unit.name if unit else article.unit, due < today(site))


@dataclass(frozen=True)
class ToldVersion:
    """A version as the history shows it."""

    version: ArticleVersion
    author: str
    change: str


def _told(site: Site, version: ArticleVersion) -> ToldVersion:
    names = {member.login: member.short_name for member in site.staff.members()}
    change = site.catalogue.text(CHANGES[version.change])
    return ToldVersion(version, names.get(version.author, version.author), change)


def _form_page(
    request: Request,
    site: Site,
    member: StaffMember,
    article_id: str,
    form: ArticleForm,
    *,
    after: int,
    faults: dict[str, str] | None = None,
    preview: bool = False,
) -> Response:
    wrong = {field: site.catalogue.text(FAULTS[code]) for field, code in (faults or {}).items()}
    return site.page(
        request,
        "article_form.html",
        member=member,
        status=422 if wrong else 200,
        article_id=article_id,
        form=form,
        after=after,
        wrong=wrong,
        preview=site.html_of(form.text) if preview else None,
        kinds=_kinds(site),
        units=[one for one in site.profile.units if one.id in writable_units(site, member)],
        profile=site.profile,
    )


def _keep(site: Site, member: StaffMember, article: Article, change: Change, after: int) -> None:
    _book(site).keep(site.profile.id, article, change, author=member.login, at=site.now(), after=after)
    log.info("article_kept", article=article.id, change=str(change), pd_login=member.login)
    _knowledge(site).refresh()


def _free_id(book: ArticleBook, site: Site, title: str, known: set[str]) -> str:
    """An id that neither an article nor an archived one has."""
    chosen = id_for(title, known)
    while book.versions(site.profile.id, chosen):
        known = known | {chosen}
        chosen = id_for(title, known)
    return chosen


def _shown_or_last(site: Site, article_id: str, versions: Sequence[ArticleVersion]) -> Article:
    shown: ShownArticle | None = _knowledge(site).article(article_id)
    if shown is None and not versions:
        raise NotFound(f"article {article_id[:64]}")
    return shown.article if shown else versions[0].article


def _latest(versions: Sequence[ArticleVersion]) -> int:
    return versions[0].version if versions else 0


def _knowledge(site: Site) -> Knowledge:
    return site.knowledge


def _book(site: Site) -> ArticleBook:
    if site.articles is None:
        raise NotFound("articles cannot be written here")
    return site.articles


def _units_to_write(site: Site, member: StaffMember) -> tuple[str, ...]:
    """NotAllowed for who may write nothing at all."""
    units = writable_units(site, member)
    if not units:
        raise NotAllowed(f"role {member.role} without a unit to answer for writes no articles")
    return units


def _kinds(site: Site) -> dict[str, str]:
    return {str(kind): site.catalogue.text(KINDS[kind]) for kind in ArticleKind}
