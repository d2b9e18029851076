"""An organisation's profile from its folder `call_flows/<profile>/`.

A file that is missing is taken from the folder `default` beside it; `profile.yaml`, the articles and the recordings
are its own always.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from app.dictionary import forms_of
from app.domain.errors import BadFlow, BadInput
from app.domain.internal_numbers import InternalNumbers
from app.domain.listening import with_word_forms
from app.domain.profile import Profile, Terms, Topic, Unit
from app.storage import flow_scripts
from app.storage.articles_files import articles
from app.storage.closed_line import closed, referrals
from app.storage.cue_sets import cue_sets
from app.storage.flow_graph import flow
from app.storage.marked_yaml import Marked, parse, unique
from app.storage.profile_hours import schedule
from app.storage.profile_terms import terms
from app.storage.speech_rules import speech_rules
from app.storage.texts import text_of

PROFILE = "profile.yaml"
FILES = (
    PROFILE,
    "incoming.yaml",
    "outgoing.yaml",
    "internal.yaml",
    "closed.yaml",
    "survey.yaml",
    "topics.yaml",
    "referrals.yaml",
    "speech.yaml",
    "announcements.yaml",
    "cues.yaml",
)
ARTICLES = "articles"
DEFAULT = "default"

_KEYS = {"id", "body", "zone", "hours", "hours_text", "units"}
_MORE_KEYS = {"short", "shortened_eve", "overrides", "internal", "terms"}


def load_profile(folder: Path, *, always_open: bool = False, years: range) -> Profile:
    """The profile, checked as a whole, with the production calendar of `years`.

    BadFlow names file and line of the first thing that cannot be used.
    """
    paths = [find_file(folder, name) for name in FILES]
    texts = [text_of(path) for path in paths]
    roots = {path.name: parse(text, str(path)) for path, text in zip(paths, texts, strict=True)}
    fields = roots[PROFILE].fields(_KEYS, _MORE_KEYS)
    body = fields["body"].text()
    short = fields["short"].text() if "short" in fields else ""
    names = {"body": body, "short": short or body}
    sets = cue_sets(roots["cues.yaml"], names)
    topics = flow_scripts.topics(roots["topics.yaml"])
    units = _units(fields["units"], topics)
    _check_topics(roots["topics.yaml"], units)
    announcements = flow_scripts.announcements(roots["announcements.yaml"])
    profile = Profile(
        id=flow_scripts.identifier(fields["id"]),
        body=body,
        short=short,
        schedule=schedule(fields, years, always_open=always_open),
        hours_text=fields["hours_text"].text(),
        units=units,
        terms=terms(fields["terms"]) if "terms" in fields else Terms(),
        incoming=flow(roots["incoming.yaml"], "incoming", names, sets),
        outgoing=flow(roots["outgoing.yaml"], "outgoing", names, sets),
        internal=flow(roots["internal.yaml"], "internal", names, sets),
        internal_numbers=_internal(fields["internal"]) if "internal" in fields else (),
        closed=closed(roots["closed.yaml"], announcements),
        survey=flow_scripts.survey(roots["survey.yaml"]),
        topics=topics,
        referrals=referrals(roots["referrals.yaml"], [topic.id for topic in topics]),
        speech=speech_rules(roots["speech.yaml"]),
        announcements=announcements,
        articles=articles(folder / ARTICLES, [unit.id for unit in units], [topic.id for topic in topics]),
        version=_version(texts),
    )
    return with_word_forms(profile, forms_of)


def find_file(folder: Path, name: str) -> Path:
    """The profile's own file, or the default one. BadFlow when neither is there."""
    own, default = folder / name, folder.parent / DEFAULT / name
    if own.is_file():
        return own
    if name != PROFILE and default.is_file():
        return default
    also = "" if name == PROFILE else f", nor in {default.parent}"
    raise BadFlow(f"{own}: the file is not there{also}")


def _version(texts: list[str]) -> str:
    digest = hashlib.sha256()
    for name, text in zip(FILES, texts, strict=True):
        digest.update(f"{name} {len(text)}\n{text}".encode())
    return digest.hexdigest()[:12]


def _units(marked: Marked, topics: Collection[Topic]) -> tuple[Unit, ...]:
    found: list[Unit] = []
    numbers: list[tuple[str, Marked]] = []
    overflows: list[Marked] = []
    known_topics = [topic.id for topic in topics]
    for item in marked.items():
        fields = item.fields({"id", "name"}, {"numbers", "topics", "overflow"})
        dialled = fields["numbers"].items() if "numbers" in fields else []
        numbers += [(_as_dialled(number.text()), number) for number in dialled]
        best_at = fields["topics"].items() if "topics" in fields else []
        for topic in best_at:
            flow_scripts.known(topic, known_topics, "topic")
        overflow = fields["overflow"].text(empty=True) if "overflow" in fields else ""
        if overflow:
            overflows.append(fields["overflow"])
        found.append(
            Unit(
                id=flow_scripts.identifier(fields["id"]),
                name=fields["name"].text(),
                numbers=tuple(number.text() for number in dialled),
                topics=tuple(topic.text() for topic in best_at),
                overflow=overflow,
            )
        )
    if not found:
        marked.fail("must have at least one unit: the reception")
    unique([(unit.id, item) for unit, item in zip(found, marked.items(), strict=True)], "unit")
    unique(numbers, "number")
    for overflow_to in overflows:
        flow_scripts.known(overflow_to, [unit.id for unit in found], "unit")
    return tuple(found)


def _as_dialled(number: str) -> str:
    """What tells numbers apart: 8 and +7 lead to the same one."""
    digits = "".join(c for c in number if c.isdigit())
    return digits[-10:] or number


def _check_topics(root: Marked, units: Collection[Unit]) -> None:
    ids = [unit.id for unit in units]
    for item in root.fields({"topics"})["topics"].items():
        for key, value in item.pairs():
            if key.name == "unit":
                flow_scripts.known(value, ids, "unit")


def _internal(marked: Marked) -> tuple[InternalNumbers, ...]:
    found: list[InternalNumbers] = []
    for item in marked.items():
        try:
            found.append(InternalNumbers(item.text()))
        except BadInput as error:
            item.fail(str(error))
    return tuple(found)
