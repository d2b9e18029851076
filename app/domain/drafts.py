"""An organisation's files as their author wrote them, each text with its place: what `liniya flows check` reads.

Where `Profile` holds only what can be used, a draft holds mistakes, too, so that all of them can be told at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.working_time import Schedule


@dataclass(frozen=True, order=True)
class Place:
    """A line of a file, counted from 1."""

    file: str
    line: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Severity(StrEnum):
    """An error makes a script go wrong; a warning is worth a look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, order=True)
class Finding:
    """What is wrong at a place, and how to mend it."""

    place: Place
    severity: Severity
    text: str


@dataclass(frozen=True)
class Written:
    """A text and where it stands."""

    text: str
    place: Place


def error(where: Written | Place, text: str) -> Finding:
    return Finding(where.place if isinstance(where, Written) else where, Severity.ERROR, text)


def warning(where: Written | Place, text: str) -> Finding:
    return Finding(where.place if isinstance(where, Written) else where, Severity.WARNING, text)


@dataclass(frozen=True)
class DraftStep:
    id: Written
    cues: tuple[Written, ...] = ()
    unless: tuple[Written, ...] = ()
    speaker: str = "operator"


@dataclass(frozen=True)
class DraftPhrase:
    variants: tuple[Written, ...]
    when: str = ""


@dataclass(frozen=True)
class DraftStage:
    id: Written
    phrases: tuple[DraftPhrase, ...] = ()
    questions: tuple[Written, ...] = ()
    fields: tuple[str, ...] = ()
    steps: tuple[DraftStep, ...] = ()
    next: tuple[Written, ...] = ()
    """The stages that its edges lead to."""
    end: bool = False


@dataclass(frozen=True)
class DraftFlow:
    """`id` is incoming, outgoing or internal."""

    id: str
    place: Place
    stages: tuple[DraftStage, ...]
    start: Written | None = None

    @property
    def first(self) -> str:
        if self.start is not None:
            return self.start.text
        return self.stages[0].id.text if self.stages else ""


@dataclass(frozen=True)
class DraftTopic:
    id: Written
    questions: tuple[Written, ...] = ()
    unit: Written | None = None


@dataclass(frozen=True)
class DraftUnit:
    id: Written
    topics: tuple[Written, ...] = ()
    overflow: Written | None = None


@dataclass(frozen=True)
class DraftReferral:
    id: Written
    topics: tuple[Written, ...] = ()
    say: Written | None = None


@dataclass(frozen=True)
class DraftArticle:
    place: Place
    unit: Written | None = None
    topics: tuple[Written, ...] = ()
    sources: tuple[Written, ...] = ()


@dataclass(frozen=True)
class DraftQuestion:
    """A question of the survey: `answers` are the spoken forms of each answer."""

    id: Written
    prompt: Written | None
    answers: tuple[tuple[Written, tuple[Written, ...]], ...]


@dataclass(frozen=True)
class DraftHours:
    """The hours in words beside the hours in figures."""

    text: Written
    schedule: Schedule


@dataclass(frozen=True)
class Draft:
    """All of a profile's files, its own or the default ones."""

    flows: tuple[DraftFlow, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """What `{body}` and `{short}` stand for in cues."""
    announcements: tuple[tuple[Written, Written], ...] = ()
    """Name and text."""
    announcements_at: Place = Place("announcements.yaml")
    say: tuple[Written, ...] = ()
    """The announcements that `closed.yaml` names."""
    topics: tuple[DraftTopic, ...] = ()
    units: tuple[DraftUnit, ...] = ()
    referrals: tuple[DraftReferral, ...] = ()
    articles: tuple[DraftArticle, ...] = ()
    survey: tuple[DraftQuestion, ...] = ()
    speech: tuple[tuple[str, tuple[Written, ...]], ...] = ()
    """Groups of speech.yaml and their words."""
    hours: DraftHours | None = None
    sources: tuple[Written, ...] = ()
    """Every `source` of the files, without those of articles."""
