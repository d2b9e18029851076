"""How operators spoke in a call, for its page (L6): measured, never a penalty (education 3.1.1)."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.calls import Call
from app.domain.operators_speech import SpeechFigures, figures
from app.domain.speech_rules import SpeechRules
from app.web.catalogue import Catalogue
from app.web.fact_words import HINTS
from app.web.names import Names


@dataclass(frozen=True)
class SpeechLine:
    """`pace` is words a minute, `band` the profile's, `slips` what was found and how often."""

    who: str
    pace: float
    band: str
    slips: tuple[tuple[str, int], ...]


def speech_lines(call: Call, names: Names, say: Catalogue) -> list[SpeechLine]:
    """One line for each operator who said something."""
    rules = names.profile.speech
    spoken = ((login, figures(rules, call.phrases, login)) for login in dict.fromkeys(call.operators))
    return [_line(names.operator(login), found, rules, say) for login, found in spoken if found.words]


def _line(who: str, found: SpeechFigures, rules: SpeechRules, say: Catalogue) -> SpeechLine:
    slips = tuple((say.text(HINTS[kind]), found.slips[kind]) for kind in HINTS if found.slips.get(kind))
    band = f"{rules.pace.slowest}–{rules.pace.fastest}" if rules.pace.fastest else ""
    return SpeechLine(who, found.pace, band, slips)
