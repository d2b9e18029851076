"""Normal forms of Russian words by the dictionary of OpenCorpora (pymorphy3)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from app.domain.word_forms import stem

if TYPE_CHECKING:
    from pymorphy3 import MorphAnalyzer

REMEMBERED = 50_000


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
