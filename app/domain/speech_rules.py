"""What is listened for in an operator's own speech (L6), as the profile's `speech.yaml` says it.

Values only; `app.domain.operators_speech` listens. What a profile leaves out is not watched for, but for the pace
and the silence, which have usual bounds.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Pace:
    """The band of a medium pace (property 22, education 3.5.2), in words a minute of the operator's own speech."""

    slowest: int = 80
    fastest: int = 140
    over_s: float = 20.0
    """So many seconds of speech, pauses between phrases not counted, are judged together."""
    slower: str = "Говорите, пожалуйста, немного медленнее."
    """The advice for who speaks too fast."""
    faster: str = "Можно говорить немного быстрее."


@dataclass(frozen=True)
class WordList:
    """Words or short phrases to be avoided, as cues are written (`app.domain.cues`): `*` is any ending, words of
    five letters and more are found in their other forms too. `advice` is what the hint says."""

    id: str = ""
    words: tuple[str, ...] = ()
    advice: str = ""


@dataclass(frozen=True)
class Tautology:
    """The same meaningful word twice within `over_words` words of the operator. 0 does not watch."""

    over_words: int = 0
    advice: str = ""
    allowed: tuple[str, ...] = ()
    """Words that may be repeated: names of things that have no other word."""


@dataclass(frozen=True)
class SpeechRules:
    """All that is watched; an empty advice text does not watch."""

    source: tuple[str, ...] = ()
    pace: Pace = field(default_factory=Pace)
    pause_s: float = 12.0
    """A longer silence of both is hinted at."""
    hint_every_s: float = 20.0
    """At most one hint in that time."""
    silence_advice: str = "На линии тишина. Скажите, чем Вы заняты, или попросите подождать."
    interjections: WordList = field(default_factory=lambda: WordList("interjections"))
    fillers: WordList = field(default_factory=lambda: WordList("fillers"))
    stop_words: tuple[WordList, ...] = ()
    """Groups: archaisms, jargon, vernacular, aggression ... (housing 5.4, heritage 3.3)."""
    evasions: WordList = field(default_factory=lambda: WordList("evasions"))
    """Stock phrases that answer nothing: «вопрос взят на контроль» (heritage 3.3)."""
    tautology: Tautology = field(default_factory=Tautology)
    interruptions: str = ""
    """The advice for who begins to speak while the caller speaks."""
