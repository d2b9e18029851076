"""Forms of Russian words by the dictionary of OpenCorpora (pymorphy3)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from app.domain.cues import Forms
from app.domain.word_forms import stem

if TYPE_CHECKING:
    from pymorphy3 import MorphAnalyzer
    from pymorphy3.tagset import OpencorporaTag

REMEMBERED = 50_000
UNLIKELY = 0.05
"""A reading of a word less likely than this is passed over: «мой» is seldom an imperative."""
DECLINED = frozenset({"NOUN", "ADJF"})
VERBAL = frozenset({"VERB", "INFN", "PRTF", "PRTS", "GRND"})


@lru_cache(maxsize=1)
def _analyzer() -> MorphAnalyzer:
    # 0.2 s and 28 MB: only who seeks loads it, and the line does so in the background.
    from pymorphy3 import MorphAnalyzer

    return MorphAnalyzer()


@lru_cache(maxsize=REMEMBERED)
def normal_form(word: str) -> str:
    """What all forms of a word share: the stem of its dictionary form («шёл», «идти»; «крышей», «крыша»).

    The first call loads the dictionary. A word that it does not know is guessed by its ending.
    """
    return stem(_analyzer().parse(word)[0].normal_form)


@lru_cache(maxsize=REMEMBERED)
def forms_of(word: str) -> Forms:
    """The forms of a word of a cue (small letters, «е» for «ё», without marks); none where the dictionary does not
    know it. Of a verb the same is said in the same tense and person, whatever the number and gender; of a noun and
    an adjective in every case; «вы», «вас» and «вам» are words by themselves."""
    same: set[str] = set()
    others: set[str] = set()
    for parse in _analyzer().parse(word):
        # «перезвоним» as a call to do it together has the forms of «перезвоните».
        if not parse.is_known or parse.score < UNLIKELY or "incl" in parse.tag:
            continue
        for form in parse.lexeme:
            if parse.tag.POS == "NPRO" and {"1per", "2per"} & set(parse.tag.grammemes):
                continue  # «вам нужно» and «вы нужно» are not the same
            alike = form.tag.POS == parse.tag.POS and _sense(form.tag) == _sense(parse.tag)
            (same if alike else others).add(form.word.replace("ё", "е"))
    return Forms(frozenset(same), frozenset(others - same))


@lru_cache(maxsize=REMEMBERED)
def cases_of(word: str) -> tuple[str, ...]:
    """The cases of a noun or an adjective (small letters) in its number and gender, itself first, by each reading
    that is likely. A word that the dictionary does not know is read by its ending; of any other there is only
    itself."""
    found = {word: None}
    for parse in _analyzer().parse(word):
        if parse.score >= UNLIKELY and parse.tag.POS in DECLINED and "Fixd" not in parse.tag:
            alike = (parse.tag.number, parse.tag.gender)
            found |= {form.word: None for form in parse.lexeme if (form.tag.number, form.tag.gender) == alike}
    return tuple(found)


def _sense(tag: OpencorporaTag) -> tuple[str | None, ...]:
    """What of a verb's form changes who does it, and when."""
    return (tag.mood, tag.tense, tag.person, tag.voice, tag.involvement) if tag.POS in VERBAL else ()
