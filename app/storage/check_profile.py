"""`liniya flows check`: all that can be found wrong in a profile's files, at once, with file and line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

from app.dictionary import forms_of
from app.domain.articles import Article
from app.domain.check_flows import findings
from app.domain.drafts import DraftHours, Finding, Place, Written, error
from app.domain.errors import BadFlow
from app.domain.flow import Flow
from app.storage import flow_scripts
from app.storage.articles_files import article, front_of
from app.storage.closed_line import referrals
from app.storage.cue_sets import CueSet, cue_sets
from app.storage.drafts import FLOWS, draft, place_of
from app.storage.flow_graph import flow
from app.storage.flows import ARTICLES, FILES, find_file, load_profile
from app.storage.marked_yaml import Marked, parse
from app.storage.profile_hours import schedule
from app.storage.regulations import FOLDER, load_regulations
from app.storage.speech_rules import speech_rules
from app.storage.texts import text_of

_PLACED = re.compile(r"(?P<file>.+?):(?P<line>\d+): (?P<text>.*)", re.DOTALL)
_YEARS = range(2026, 2028)
"""Any years will do: the calendar is not what is checked."""

_NAMES = {"body": "организация", "short": "организация"}
"""They only fill cues."""

Made = TypeVar("Made")


def check_profile(folder: Path) -> tuple[Finding, ...]:
    """The findings of the profile in `folder`, by file and line; what it takes from `default` is read, too."""
    refused = _Refused()
    roots = {name: root for name in FILES if (root := refused.by(partial(_root, folder, name))) is not None}
    paths = sorted((folder / ARTICLES).glob("*.md"))
    fronts = {path: front for path in paths if (front := refused.by(partial(front_of, path))) is not None}
    regulations = refused.by(partial(load_regulations, folder.parent / FOLDER)) or {}
    read = draft(roots, lambda root: refused.by(partial(_hours, root)), fronts)
    optional = flow_scripts.OPTIONAL_ANNOUNCEMENTS
    found = findings(read, flow_scripts.REQUIRED_ANNOUNCEMENTS, regulations, forms_of, optional)
    for name, load in _loads(roots).items():
        if name in roots:
            refused.by(partial(load, roots[name]))
    units, topics = ([one.id.text for one in part] for part in (read.units, read.topics))
    for path in paths:
        refused.by(partial(_article, path, units, topics))
    refused.by(lambda: load_profile(folder, years=_YEARS))
    told = {finding.place for finding in found}
    # The loader says in other words what was found already; what it says besides is told, too.
    return tuple(sorted((*found, *(one for one in refused.findings if one.place not in told))))


class _Refused:
    """What the loader refused, each place once."""

    def __init__(self) -> None:
        self._found: dict[Place, Finding] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(self._found.values())

    def by(self, load: Callable[[], Made]) -> Made | None:
        try:
            return load()
        except BadFlow as problem:
            match = _PLACED.fullmatch(str(problem))
            if match:
                place, text = Place(match["file"], int(match["line"])), match["text"]
            else:
                file, _, text = str(problem).partition(": ")
                place = Place(file)
            self._found.setdefault(place, error(place, text))
            return None


def _root(folder: Path, name: str) -> Marked:
    path = find_file(folder, name)
    return parse(text_of(path), str(path))


def _article(path: Path, units: list[str], topics: list[str]) -> Article:
    return article(text_of(path), path, units, topics)


def _hours(profile: Marked) -> DraftHours | None:
    fields = {key.name: value for key, value in profile.pairs()}
    if not {"zone", "hours", "hours_text"} <= fields.keys():
        return None
    text = Written(fields["hours_text"].text(), place_of(fields["hours_text"]))
    return DraftHours(text, schedule(fields, _YEARS, always_open=False))


def _loads(roots: Mapping[str, Marked]) -> dict[str, Callable[[Marked], object]]:
    """How the loader reads each file by itself."""
    return {
        "survey.yaml": flow_scripts.survey,
        "topics.yaml": flow_scripts.topics,
        "announcements.yaml": flow_scripts.announcements,
        "speech.yaml": speech_rules,
        "referrals.yaml": lambda root: referrals(root, _topics(roots)),
        "cues.yaml": lambda root: cue_sets(root, _NAMES),
        **{f"{name}.yaml": partial(_flow, flow_id=name, sets=_sets(roots)) for name in FLOWS},
    }


def _flow(root: Marked, flow_id: str, sets: Mapping[str, CueSet]) -> Flow:
    return flow(root, flow_id, _NAMES, sets)


def _sets(roots: Mapping[str, Marked]) -> dict[str, CueSet]:
    try:
        return cue_sets(roots["cues.yaml"], _NAMES)
    except (BadFlow, KeyError):
        return {}


def _topics(roots: Mapping[str, Marked]) -> list[str]:
    try:
        return [topic.id for topic in flow_scripts.topics(roots["topics.yaml"])]
    except (BadFlow, KeyError):
        return []
