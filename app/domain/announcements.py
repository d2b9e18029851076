"""What the line says itself, as values: each announcement with its text, and the pieces that a text with variables
is spoken in.

A piece is a file of sound (`welcome.wav`, `closed.1.wav`), so that a person can record it; what stands for a
variable is spoken when the call is there («третий», «в понедельник, двадцать третьего ноября»).
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.profile import Profile

SURVEY = "survey_"
"""Before the id of a question: the name of its announcement."""

HOURS = "hours"
"""The variable whose value is the same in every call: a file of its own."""

_MARKS = ".,:;!?…»)"
_PAUSES_MS = {".": 350, "!": 350, "?": 350, "…": 350, ":": 250, ";": 250, ",": 150}
_BETWEEN_WORDS_MS = 40
_WORD = re.compile(r"\w")


@dataclass(frozen=True)
class Announcement:
    """`name` is that of its file; `text` a template. `plain`: braces mean nothing in it."""

    name: str
    text: str
    plain: bool = False

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return (Piece(self.name, self.text),) if self.plain else pieces_of(self.name, self.text)


@dataclass(frozen=True)
class Piece:
    """A part that is spoken in one go. Either `text` is constant and `name` its file, or `variable` is set, and
    `text` is the punctuation that follows it. `pause_ms` of silence come after it."""

    name: str
    text: str
    variable: str = ""
    pause_ms: int = 0

    def words(self, values: Mapping[str, str]) -> str:
        """What is said. KeyError for a variable without a value."""
        return values[self.variable] + self.text if self.variable else self.text


def announcements_of(profile: Profile) -> tuple[Announcement, ...]:
    """Every text that a caller of this organisation may hear, in the order of its files."""
    own = [Announcement(name, text) for name, text in profile.announcements.items()]
    asked = [Announcement(SURVEY + q.id, q.prompt, plain=True) for q in profile.survey.questions]
    uses_hours = HOURS not in profile.announcements and any(
        piece.variable == HOURS for one in own for piece in one.pieces
    )
    hours = [Announcement(HOURS, profile.hours_text, plain=True)] if uses_hours else []
    return (*own, *hours, *asked)


def pieces_of(name: str, template: str) -> tuple[Piece, ...]:
    """The pieces of a template in turn. Without a variable it is one piece of the announcement's own name; else the
    constant ones are `name.1`, `name.2` and so on."""
    parts = list(string.Formatter().parse(template))
    if all(variable is None for _, variable, _, _ in parts):
        return (Piece(name, "".join(text for text, *_ in parts)),)
    found: list[Piece] = []
    for literal, variable, _, _ in parts:
        text = _take_marks(found, " ".join(literal.split()))
        if _WORD.search(text):
            number = 1 + sum(not piece.variable for piece in found)
            found.append(Piece(f"{name}.{number}", text, pause_ms=_pause_ms(text)))
        if variable is not None:
            found.append(Piece("", "", variable, _BETWEEN_WORDS_MS))
    return tuple(found)


def _take_marks(found: list[Piece], text: str) -> str:
    """Marks right after a variable are spoken with it: they settle its melody. Returns the rest."""
    rest = text.lstrip(_MARKS)
    marks = text[: len(text) - len(rest)]
    if marks and found and found[-1].variable:
        last = found.pop()
        found.append(Piece(last.name, marks, last.variable, _pause_ms(marks)))
        return rest.strip()
    return text.strip()


def _pause_ms(text: str) -> int:
    return _PAUSES_MS.get(text.rstrip("») ")[-1:], _BETWEEN_WORDS_MS)
