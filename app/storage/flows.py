"""An organisation's profile from its folder `call_flows/<profile>/`.

Six files: `profile.yaml` (its own always), `incoming.yaml`, `outgoing.yaml`, `survey.yaml`, `topics.yaml`,
`announcements.yaml`; one that is missing is taken from the folder `default` beside it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.domain.errors import BadFlow, BadInput
from app.domain.flow import Profile, Terms, Unit
from app.domain.working_time import DAY_NAMES, Interval, Schedule
from app.storage import flow_scripts
from app.storage.marked_yaml import Marked, parse, unique
from app.storage.production_calendar import production_calendar

PROFILE = "profile.yaml"
FILES = (
    PROFILE,
    "incoming.yaml",
    "outgoing.yaml",
    "survey.yaml",
    "topics.yaml",
    "announcements.yaml",
)
DEFAULT = "default"

_INTERVAL = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")


def load_profile(folder: Path, *, always_open: bool = False, years: range) -> Profile:
    """The profile, checked as a whole, with the production calendar of `years`.

    BadFlow names file and line of the first thing that cannot be used.
    """
    paths = [_find(folder, name) for name in FILES]
    texts = [_text_of(path) for path in paths]
    roots = {path.name: parse(text, str(path)) for path, text in zip(paths, texts, strict=True)}
    fields = roots[PROFILE].fields(
        {"id", "body", "zone", "hours", "hours_text", "units"}, {"shortened_eve", "overrides", "terms"}
    )
    return Profile(
        id=flow_scripts.identifier(fields["id"]),
        body=fields["body"].text(),
        schedule=_schedule(fields, years, always_open=always_open),
        hours_text=fields["hours_text"].text(),
        units=_units(fields["units"]),
        terms=_terms(fields["terms"]) if "terms" in fields else Terms(),
        incoming=flow_scripts.flow(roots["incoming.yaml"], "incoming"),
        outgoing=flow_scripts.flow(roots["outgoing.yaml"], "outgoing"),
        survey=flow_scripts.survey(roots["survey.yaml"]),
        topics=flow_scripts.topics(roots["topics.yaml"]),
        announcements=flow_scripts.announcements(roots["announcements.yaml"]),
        version=_version(texts),
    )


def _find(folder: Path, name: str) -> Path:
    own, default = folder / name, folder.parent / DEFAULT / name
    if own.is_file():
        return own
    if name != PROFILE and default.is_file():
        return default
    also = "" if name == PROFILE else f", nor in {default.parent}"
    raise BadFlow(f"{own}: the file is not there{also}")


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFlow(f"{path}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    except OSError as error:
        raise BadFlow(f"{path}: cannot be read: {error.strerror}") from None


def _version(texts: list[str]) -> str:
    digest = hashlib.sha256()
    for name, text in zip(FILES, texts, strict=True):
        digest.update(f"{name} {len(text)}\n{text}".encode())
    return digest.hexdigest()[:12]


def _schedule(fields: Mapping[str, Marked], years: range, *, always_open: bool) -> Schedule:
    week = {DAY_NAMES.index(day): hours for day, hours in _week(fields["hours"]).items()}
    shortened = fields["shortened_eve"].one_of(("0", "60")) if "shortened_eve" in fields else "0"
    try:
        return Schedule(
            zone=_zone(fields["zone"]),
            week=week,
            calendar=production_calendar(years),
            overrides=_overrides(fields["overrides"]) if "overrides" in fields else {},
            shortened_by=timedelta(minutes=int(shortened)),
            always_open=always_open,
        )
    except BadFlow:
        raise
    except BadInput as error:
        fields["hours"].fail(str(error))


def _zone(marked: Marked) -> ZoneInfo:
    name = marked.text()
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        marked.fail(f"is «{name}», which is not a time zone; write it as Europe/Moscow")


def _week(marked: Marked) -> dict[str, tuple[Interval, ...]]:
    days = marked.fields(set(), set(DAY_NAMES))
    return {day: _intervals(hours) for day, hours in days.items()}


def _overrides(marked: Marked) -> dict[date, tuple[Interval, ...]]:
    found: dict[date, tuple[Interval, ...]] = {}
    for key, hours in marked.pairs():
        try:
            day = date.fromisoformat(key.name)
        except ValueError:
            key.fail("is not a day; write it as 2026-05-08")
        found[day] = _intervals(hours)
    return found


def _intervals(marked: Marked) -> tuple[Interval, ...]:
    found: list[Interval] = []
    for item in marked.items():
        interval = _interval(item)
        if interval[0] >= interval[1] or (found and interval[0] < found[-1][1]):
            item.fail(f"{item.text()} must begin before it ends, and after the one before it")
        found.append(interval)
    return tuple(found)


def _interval(marked: Marked) -> Interval:
    text = marked.text()
    match = _INTERVAL.fullmatch(text)
    if match is None:
        marked.fail(f"has «{text}»; write hours as 8:30-12:00")
    hours = [int(part) for part in match.groups()]
    try:
        return time(hours[0], hours[1]), time(hours[2], hours[3])
    except ValueError:
        marked.fail(f"has «{text}»; hours go to 23, minutes to 59")


def _units(marked: Marked) -> tuple[Unit, ...]:
    found: list[Unit] = []
    numbers: list[tuple[str, Marked]] = []
    for item in marked.items():
        fields = item.fields({"id", "name"}, {"numbers"})
        dialled = fields["numbers"].items() if "numbers" in fields else []
        numbers += [(_as_dialled(number.text()), number) for number in dialled]
        names = tuple(number.text() for number in dialled)
        found.append(Unit(flow_scripts.identifier(fields["id"]), fields["name"].text(), names))
    if not found:
        marked.fail("must have at least one unit: the reception")
    unique([(unit.id, item) for unit, item in zip(found, marked.items(), strict=True)], "unit")
    unique(numbers, "number")
    return tuple(found)


def _as_dialled(number: str) -> str:
    """What tells numbers apart: 8 and +7 lead to the same one."""
    digits = "".join(c for c in number if c.isdigit())
    return digits[-10:] or number


def _terms(marked: Marked) -> Terms:
    fields = marked.fields(set(), {"callback_hours", *_SECONDS, "max_transfers"})
    given: dict[str, Any] = {name: fields[name].whole(*_SECONDS[name]) for name in _SECONDS if name in fields}
    if "max_transfers" in fields:
        # More than two the rules do not know (housing 5.8); an organisation may be stricter.
        given["max_transfers"] = fields["max_transfers"].whole(0, 2)
    if "callback_hours" in fields:
        given["callback"] = timedelta(hours=fields["callback_hours"].number(0.25, 400))
    return Terms(**given)


_SECONDS = {
    "offer_s": (5, 300),
    "wrap_up_s": (0, 3600),
    "survey_answer_s": (2, 60),
    "hold_s": (5, 3600),
}
