"""What an operator's speech is watched for, as values (L6: housing 5.4, property 22, heritage 3.3).

The profile's `speech.yaml` says it, `app.domain.operators_speech` listens. What a profile leaves out is not
watched.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """The band of a medium pace, in words a minute of the operator's own speech, measured over `over_s` seconds of
    it: pauses between phrases are not counted. `fastest` 0 does not watch."""

    slowest: int = 0
    fastest: int = 0
    over_s: int = 20
    slower: str = "Говорите, пожалуйста, немного медленнее."
    """The hint to who speaks too fast."""
    faster: str = "Можно говорить немного быстрее."


@dataclass(frozen=True)
class WordList:
    """Words or phrases to listen for (written as cues, in their own order; words of five letters and more are found
    in their other forms, too), and the hint that the panel gives. What stands in one of `unless`, or has one right
    behind it, is not found."""

    id: str = ""
    words: tuple[str, ...] = ()
    advice: str = ""
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tautology:
    """The same meaningful word twice within `over_words` words, unless it is `allowed`; 0 does not watch."""

    over_words: int = 0
    advice: str = ""
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class SpeechRules:
    """A group without words is not watched; neither are interruptions without an advice."""

    source: tuple[str, ...] = ()
    pace: Pace = Pace()
    pause_s: int = 0
    """A longer silence of both is hinted at; 0 does not watch."""
    hint_every_s: int = 20
    """At most one hint in that time."""
    silence_advice: str = "На линии тишина. Скажите, чем Вы заняты, или попросите подождать."
    """The hint when both have been silent for too long."""
    interjections: WordList = WordList("interjections")
    fillers: WordList = WordList("fillers")
    stop_words: tuple[WordList, ...] = ()
    evasions: WordList = WordList("evasions")
    tautology: Tautology = Tautology()
    interruptions: str = ""
    """The hint to who speaks over the caller."""
