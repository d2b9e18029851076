"""Words of which a dictated telephone number is made: numerals as people say them, and what stands between.

«Три семёрки», «два ноля», «тысяча», «шестьсот семи», «так, потом», «нет, не пять, а шесть». Words are compared with
«е» for «ё» (`cues.words_of`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from app.domain.spoken_numbers import Case, Gender, cardinal

UNKNOWN = "[unk]"
"""What a recogniser with a grammar writes for speech that the grammar does not have."""


class Rank(IntEnum):
    """The place of a numeral: «двести» may be followed by a lower one, «сорок» by a unit."""

    UNIT = 1
    TEEN = 2
    TEN = 3
    HUNDRED = 4
    THOUSAND = 5


class Kind(StrEnum):
    NUMERAL = "numeral"
    REPEATED = "repeated"  # «семёрки» after «три»
    TIMES = "times"  # «дважды», «пара»
    PLUS = "plus"
    PAUSE = "pause"
    HESITATION = "hesitation"
    PART = "part"  # a new group begins
    CORRECTION = "correction"
    NOT = "not"
    BUT = "but"
    AGAIN = "again"  # the number begins anew
    OTHER = "other"


@dataclass(frozen=True)
class Piece:
    """One word of what was said. `value` and `rank` are those of a numeral; `bound`: «тысяч» counts what stands
    before it and never begins a group."""

    kind: Kind
    value: int = 0
    rank: Rank = Rank.UNIT
    bound: bool = False


_MORE_FORMS = {
    0: "нуль нуля нолик нулик нулю нолю",
    1: "один одному одним единица единичка единицу единичку",
    2: "двум двумя двойка двойку двоечка",
    3: "трем тремя тройка тройку троечка",
    4: "четырем четырьмя четверка четверку четверочка",
    5: "пятью пятерка пятерку пятерочка",
    6: "шестью шестерка шестерку шестерочка",
    7: "семью семерка семерку семерочка",
    8: "восьмью восемью восьмерка восьмерку восьмерочка",
    9: "девятью девятка девятку девяточка",
    10: "десятью десятка",
    40: "сорока",
    50: "пятьюдесятью пядесят писят",
    60: "шестьюдесятью шисят шийсят",
    70: "семьюдесятью семьсят",
    80: "восьмьюдесятью восемьюдесятью",
    100: "ста сотня",
    200: "двумстам",
    300: "тремстам",
    400: "четыремстам",
    500: "пятистам",
    600: "шестистам",
    700: "семистам",
    800: "восьмистам",
    900: "девятистам",
}
_REPEATED = {
    0: "ноля нуля ноли нули нолей нулей нолика нулика нолики нулики",
    1: "единицы единиц единички единичек",
    2: "двойки двоек двоечки",
    3: "тройки троек троечки",
    4: "четверки четверок четверочки",
    5: "пятерки пятерок пятерочки",
    6: "шестерки шестерок шестерочки",
    7: "семерки семерок семерочки",
    8: "восьмерки восьмерок восьмерочки",
    9: "девятки девяток девяточки",
}
_TIMES = {"дважды": 2, "трижды": 3, "пара": 2, "двойной": 2, "двойная": 2}
_THOUSAND = "тысяча тысячу тыща тыщу"
_THOUSANDS = "тысячи тысяч тыщи тыщ"
_HESITATIONS = (
    "э ээ эээ эм эмм м мм ммм а ну так вот значит это эта типа там как бы ага угу да хорошо пожалуйста секунду"
    " сейчас щас минутку еще"
)
_PARTS = "потом дальше далее затем тире дефис и пробел скобка скобки код города записывайте пишите запишите"
_CORRECTIONS = "нет ой точнее вернее простите извините ошибся ошиблась неправильно неверно"
_AGAIN = "повторяю повторю заново сначала"


def _lexicon() -> dict[str, Piece]:
    words: dict[str, Piece] = {}
    for words_of_kind, kind in (
        (_HESITATIONS, Kind.HESITATION),
        (_PARTS, Kind.PART),
        (_CORRECTIONS, Kind.CORRECTION),
        (_AGAIN, Kind.AGAIN),
    ):
        words |= dict.fromkeys(words_of_kind.split(), Piece(kind))
    words |= {"плюс": Piece(Kind.PLUS), "не": Piece(Kind.NOT), "а": Piece(Kind.BUT), ",": Piece(Kind.PAUSE)}
    words |= {word: Piece(Kind.TIMES, times) for word, times in _TIMES.items()}
    for value in (*range(20), *range(20, 100, 10), *range(100, 1000, 100)):
        words |= dict.fromkeys(_forms(value), Piece(Kind.NUMERAL, value, _rank(value)))
    words |= dict.fromkeys(_THOUSAND.split(), Piece(Kind.NUMERAL, 1000, Rank.THOUSAND))
    words |= dict.fromkeys(_THOUSANDS.split(), Piece(Kind.NUMERAL, 1000, Rank.THOUSAND, bound=True))
    for value, forms in _REPEATED.items():
        words |= dict.fromkeys(forms.split(), Piece(Kind.REPEATED, value))
    return words


def _forms(value: int) -> list[str]:
    declined = [cardinal(value, case, gender) for case in (Case.NOMINATIVE, Case.GENITIVE) for gender in Gender]
    declined.append(cardinal(value, Case.ACCUSATIVE, Gender.FEMININE))
    return [form.replace("ё", "е") for form in (*declined, *_MORE_FORMS.get(value, "").split())]


def _rank(value: int) -> Rank:
    if value >= 100:
        return Rank.HUNDRED
    if value >= 20:
        return Rank.TEN
    return Rank.TEEN if value >= 10 else Rank.UNIT


_LEXICON = _lexicon()
_WORD = re.compile(r"[а-яёa-z]+|\d|[,;.…-]|\[unk\]", re.IGNORECASE)
_WHERE_A_PAUSE_IS_WRITTEN = ",;.…-"


def pieces_of(said: str) -> list[Piece]:
    """What was said, word by word; «,» stands for a pause, figures for themselves, digit by digit."""
    return [_piece(word) for word in _WORD.findall(said.lower().replace("ё", "е"))]


def _piece(word: str) -> Piece:
    if word in _WHERE_A_PAUSE_IS_WRITTEN or word == UNKNOWN:
        return Piece(Kind.PAUSE)
    if word.isdigit():
        return Piece(Kind.NUMERAL, int(word))
    return _LEXICON.get(word, Piece(Kind.OTHER))


VOCABULARY: tuple[str, ...] = tuple(word for word in _LEXICON if word != ",")
"""Every word that is understood in a number, spelled with «е»."""
