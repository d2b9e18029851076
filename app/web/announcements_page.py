"""The page of everything that callers hear: played, replaced by recordings, made anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.application.announcement_book import AnnouncementBook, Entry, Fault, PieceState, RecordingRefused
from app.application.reports import Role, StaffMember
from app.domain.announcements import HOURS
from app.domain.flow import VARIABLES
from app.domain.spoken_hours import spoken_opening
from app.domain.spoken_numbers import Case, ordinal
from app.domain.spoken_russian import spoken_digits, spoken_duration
from app.domain.working_time import next_opening
from app.web.announcement_words import FAULTS, GROUPS, MUSIC, OTHERS, group_of, words_of
from app.web.catalogue import N_
from app.web.errors import NotFound
from app.web.signed_in import AdministratorMember, ManagerMember
from app.web.site import Site, SiteOf

log = structlog.get_logger()
router = APIRouter()

MOST_BYTES = 40 * 2**20
_MORE_OF_A_FORM = 10_000
_DRAINED = 8 * MOST_BYTES
"""A body that is too large is still read so far: a browser shows no answer to what it could not send."""

DONE = {
    "kept": N_("The recording is in its place. Callers hear it from now on."),
    "taken": N_("The recording is taken away."),
    "made": N_("Made anew."),
}


@dataclass(frozen=True)
class Said:
    """A part of a text: what stands for a variable is `example`."""

    text: str
    example: bool = False


@dataclass(frozen=True)
class Card:
    """One announcement on the page."""

    entry: Entry
    title: str
    sounds: str
    text: tuple[Said, ...]


@router.get("/announcements")
def announcements_page(
    request: Request, site: SiteOf, member: ManagerMember, done: str = "", name: str = ""
) -> Response:
    return _page(request, site, member=member, done=DONE.get(done, ""), name=name)


@router.get("/announcements/whole/{name}")
def whole(site: SiteOf, _member: ManagerMember, name: str) -> Response:
    """An announcement as a caller hears it, with examples in the place of its variables."""
    return _sound(_book(site).whole(name, _examples(site)), name)


@router.get("/announcements/piece/{name}")
def piece(site: SiteOf, _member: ManagerMember, name: str) -> Response:
    """One file of sound, as it is played."""
    return _sound(_book(site).sound(name), name)


@router.post("/announcements/piece/{name}/recording")
async def keep_recording(request: Request, site: SiteOf, member: AdministratorMember, name: str) -> Response:
    try:
        content = await _uploaded(request)
        known = await run_in_threadpool(_book(site).keep_recording, name, content)
    except RecordingRefused as error:
        log.info("recording_refused", name=name, why=str(error.why))
        return await run_in_threadpool(
            _page, request, site, member=member, name=name, fault=FAULTS[error.why], status=422
        )
    return _done(known, "kept", name)


@router.post("/announcements/piece/{name}/take-away")
def take_away(site: SiteOf, _member: AdministratorMember, name: str) -> Response:
    return _done(_book(site).take_away(name), "taken", name)


@router.post("/announcements/piece/{name}/anew")
def make_anew(site: SiteOf, _member: AdministratorMember, name: str) -> Response:
    return _done(_book(site).make_anew(name), "made", name)


async def _uploaded(request: Request) -> bytes:
    """The file of the form, its size known before it is read. RecordingRefused."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > MOST_BYTES + _MORE_OF_A_FORM:
        drained = 0
        async for part in request.stream():
            drained += len(part)
            if drained > _DRAINED:
                break
        raise RecordingRefused(Fault.BIG)
    async with request.form(max_files=1, max_fields=2) as form:
        file = form.get("recording")
        if not isinstance(file, UploadFile) or not file.filename:
            raise RecordingRefused(Fault.NONE)
        return await file.read()


def _page(
    request: Request,
    site: Site,
    *,
    member: StaffMember,
    done: str = "",
    name: str = "",
    fault: str = "",
    status: int = 200,
) -> Response:
    book = _book(site)
    examples = _examples(site)
    cards: dict[str, list[Card]] = {heading: [] for heading in (*(heading for heading, _ in GROUPS), OTHERS)}
    for entry in book.entries():
        cards[group_of(entry.announcement.name)].append(_card(entry, examples))
    states = [piece for group in cards.values() for card in group for piece in card.entry.pieces]
    return site.page(
        request,
        "announcements.html",
        member=member,
        status=status,
        groups={site.catalogue.text(heading): group for heading, group in cards.items() if group},
        music=book.music(),
        music_words=MUSIC,
        missing=sum(one.sounding is None for one in states),
        recorded=sum(one.sounding is not None and bool(one.sounding.recording) for one in states),
        total=len(states),
        may_change=member.role is Role.ADMINISTRATOR,
        done=done,
        named=name,
        fault=fault,
        fault_of=_fault_of,
    )


def _card(entry: Entry, examples: Mapping[str, str]) -> Card:
    one = entry.announcement
    words = words_of(one.name)
    text = tuple(Said(f" {piece.words(examples)} ", example=bool(piece.variable)) for piece in one.pieces)
    return Card(entry, words.title or one.name, words.sounds, text)


def _fault_of(state: PieceState) -> str:
    """Why a recording is passed over, as a message id."""
    return FAULTS.get(Fault(state.fault), "") if state.fault in list(Fault) else ""


def _examples(site: Site) -> Mapping[str, str]:
    """A value for every variable, as a caller might hear it now."""
    profile = site.profile
    opening = next_opening(profile.schedule, site.now()).astimezone(profile.schedule.zone)
    numbers = [number for unit in profile.units for number in unit.numbers if any(c.isdigit() for c in number)]
    return {
        **dict.fromkeys(VARIABLES, "…"),
        HOURS: profile.hours_text,
        "body": profile.body,
        "next_opening": spoken_opening(opening),
        "position": ordinal(3),
        "return_in": spoken_duration(timedelta(minutes=1), Case.ACCUSATIVE),
        "number": spoken_digits(numbers[0]) if numbers else "…",
    }


def _book(site: Site) -> AnnouncementBook:
    if site.announcements is None:
        raise NotFound("announcements are kept elsewhere")
    return site.announcements


def _sound(wav: bytes | None, name: str) -> Response:
    if wav is None:
        raise NotFound(f"announcement {name[:64]}")
    return Response(
        wav,
        media_type="audio/wav",
        headers={
            "cache-control": "private, no-store",
            "content-disposition": f'inline; filename="{name}.wav"',
        },
    )


def _done(known: bool, what: str, name: str) -> Response:
    if not known:
        raise NotFound(f"announcement {name[:64]}")
    log.info("announcement_changed", name=name, what=what)
    return RedirectResponse(f"/announcements?done={what}&name={name}#{name}", 303)
