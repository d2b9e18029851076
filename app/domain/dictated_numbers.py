"""A telephone number that was dictated in the conversation: by the caller, or repeated by the operator (L11).

Numbers are said in pieces, and the other one says «так» between them: what counts are the phrases of one speaker
that follow each other closely, whatever the other says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.calls import Phrase
from app.domain.facts import Speaker
from app.domain.spoken_phone import COMPLETED, SURE, Reading, has_numerals, understood, with_pauses

PIECES_WITHIN_S = 8.0
MOST_PIECES = 12
_OF_A_TELEPHONE = re.compile(r"\b(телефон|позвон|перезвон|звонит|набер)")


@dataclass(frozen=True)
class Dictated:
    """`number` is E.164, "" when none was dictated; `phrases` is how many phrases were looked at."""

    number: str = ""
    by: Speaker = Speaker.CALLER
    phrases: int = 0


def dictated(phrases: Sequence[Phrase], before: Dictated, home: str) -> Dictated:
    """What is known after all of `phrases`, when `before` was known after its first ones. Only what is sure is
    taken: nobody is asked before the operator sees it. `home` as in `spoken_phone.readings`."""
    if len(phrases) == before.phrases:
        return before
    speakers = dict.fromkeys(phrase.speaker for phrase in reversed(phrases[before.phrases :]))
    for speaker in speakers:
        number = _number_of(_latest_run(phrases, speaker), home)
        if number:
            return Dictated(number, speaker, len(phrases))
    return Dictated(before.number, before.by, len(phrases))


def _latest_run(phrases: Sequence[Phrase], speaker: Speaker) -> list[Phrase]:
    run: list[Phrase] = []
    for phrase in reversed(phrases):
        if phrase.speaker is not speaker:
            continue
        if run and (run[0].start_s - phrase.end_s > PIECES_WITHIN_S or run[0].operator != phrase.operator):
            break
        run.insert(0, phrase)
        if len(run) == MOST_PIECES:
            break
    return run


def _number_of(run: list[Phrase], home: str) -> str:
    """The number at the end of the run; «шестьдесят семь лет» may stand before it."""
    if not run or not has_numerals(run[-1].text):
        return ""
    for start in range(len(run)):
        said = " , ".join(with_pauses(phrase.words) or phrase.text for phrase in run[start:])
        reading = understood(said, home)
        if reading is not None and _is_sure(reading, said):
            return reading.number
    return ""


def _is_sure(reading: Reading, said: str) -> bool:
    """A town's number has few digits, as dates and sums have: it counts only beside a word of telephones."""
    if reading.local:
        return reading.cost <= COMPLETED + SURE and bool(_OF_A_TELEPHONE.search(said))
    return reading.sure
