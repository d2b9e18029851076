"""Sentences out of templates: what callers and operators say in everyday speech.

A template is one line of `sentences/*.txt`: words, choices in brackets («(да|нет|) спасибо»: an empty one is
nothing) and slots in braces. `{city.loct}` is an entry of `slots/city.txt` in that case; `{number}`,
`{telephone}`, `{date}` and the like are made by the functions of `_MADE`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from scripts.train_model.numerals import DIGITS, cardinal, counted, in_digits, ordinal, telephone
from scripts.train_model.spoken import MONTHS, Sentence
from scripts.train_model.word_forms import inflected

FOLDER = Path(__file__).parent
_CHOICE = re.compile(r"\(([^()]*)\)")
_SLOT = re.compile(r"\{([a-z_]+)(?:\.([a-z]+))?\}")
_MONTH_NAMES = ("январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь",
                "ноябрь", "декабрь")  # fmt: skip
_FILLERS = ("ну", "э", "вот", "это", "как бы", "значит", "в общем", "короче", "так", "это самое", "типа", "а")
_FILLED = 0.06
"""So many sentences in one hundred are said with a filler in them."""

Made = Callable[[np.random.Generator, str], list[str]]


def lines_of(folder: str) -> dict[str, tuple[str, ...]]:
    """The lines of each text file of `sentences` or `slots`, by its name without the ending."""
    return {
        path.stem: tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
        for path in sorted((FOLDER / folder).glob("*.txt"))
    }


@lru_cache(maxsize=1)
def _slots() -> Mapping[str, tuple[str, ...]]:
    return lines_of("slots")


def generated(rng: np.random.Generator, count: int) -> list[Sentence]:
    """`count` sentences, each file of templates as often as the others."""
    files = list(lines_of("sentences").values())
    sentences: list[Sentence] = []
    while len(sentences) < count:
        templates = files[int(rng.integers(len(files)))]
        words = filled(templates[int(rng.integers(len(templates)))], rng)
        if words:
            sentences.append(_with_filler(words, rng))
    return sentences


def filled(template: str, rng: np.random.Generator) -> Sentence:
    """One sentence of a template. Raises ValueError for a slot that is not known."""
    text = template
    while match := _CHOICE.search(text):
        choices = match[1].split("|")
        text = text[: match.start()] + choices[int(rng.integers(len(choices)))] + text[match.end() :]
    words: list[str] = []
    for piece in text.split():
        slot = _SLOT.fullmatch(piece)
        words += _filling(slot[1], slot[2] or "nomn", rng) if slot else [piece]
    return tuple(words)


def _with_filler(words: Sentence, rng: np.random.Generator) -> Sentence:
    if len(words) < 3 or rng.random() >= _FILLED:
        return words
    place = int(rng.integers(len(words)))
    return (*words[:place], *_FILLERS[int(rng.integers(len(_FILLERS)))].split(), *words[place:])


def _filling(slot: str, case: str, rng: np.random.Generator) -> list[str]:
    if slot in _MADE:
        return _MADE[slot](rng, case)
    entries = _slots().get(slot)
    if entries is None:
        raise ValueError(f"no slot {{{slot}}}: write slots/{slot}.txt or a function for it in templates.py")
    return inflected(_one_of(entries, rng), case).split()


def _one_of(entries: tuple[str, ...], rng: np.random.Generator) -> str:
    return entries[int(rng.integers(len(entries)))]


def _sex(rng: np.random.Generator) -> str:
    return "mf"[int(rng.integers(2))]


def surname(stem: str, sex: str, case: str) -> str:
    """A surname for a man (m) or a woman (f) in a case: («иванов», f, datv): «ивановой»."""
    if stem.endswith(("ский", "ый")):
        return stem if sex == "m" and case == "nomn" else stem[:-2] + _ADJECTIVE_ENDINGS[sex][case]
    if not stem.endswith(("ов", "ев", "ёв", "ин", "ын")):
        return stem if sex == "f" or stem.endswith(("о", "и")) else stem + _CONSONANT_ENDINGS[case]
    return stem + _SURNAME_ENDINGS[sex][case]


_SURNAME_ENDINGS = {
    "m": {"nomn": "", "gent": "а", "datv": "у", "accs": "а", "ablt": "ым", "loct": "е"},
    "f": {"nomn": "а", "gent": "ой", "datv": "ой", "accs": "у", "ablt": "ой", "loct": "ой"},
}
_ADJECTIVE_ENDINGS = {
    "m": {"gent": "ого", "datv": "ому", "accs": "ого", "ablt": "им", "loct": "ом"},
    "f": {"nomn": "ая", "gent": "ой", "datv": "ой", "accs": "ую", "ablt": "ой", "loct": "ой"},
}
_CONSONANT_ENDINGS = {"nomn": "", "gent": "а", "datv": "у", "accs": "а", "ablt": "ом", "loct": "е"}


def _surname(rng: np.random.Generator, case: str) -> list[str]:
    return [surname(_one_of(_slots()["surname_m"], rng), _sex(rng), case)]


def _called(rng: np.random.Generator, case: str) -> list[str]:
    return _name_and_patronymic(rng, case, _sex(rng))


def _name_and_patronymic(rng: np.random.Generator, case: str, sex: str) -> list[str]:
    return [inflected(_one_of(_slots()[f"{part}_{sex}"], rng), case) for part in ("name", "patronymic")]


def _person(rng: np.random.Generator, case: str) -> list[str]:
    sex = _sex(rng)
    family = [surname(_one_of(_slots()["surname_m"], rng), sex, case)]
    kind = rng.random()
    if kind < 0.5:
        return [*family, *_name_and_patronymic(rng, case, sex)]
    first = [inflected(_one_of(_slots()[f"name_{sex}"], rng), case)]
    return [*first, *family] if kind < 0.75 else [*family, *first]


def _first_name(rng: np.random.Generator, case: str) -> list[str]:
    return [inflected(_one_of(_slots()[f"name_{_sex(rng)}"], rng), case)]


def _number(rng: np.random.Generator, case: str) -> list[str]:
    most = (20, 100, 1000, 10_000, 100_000)[int(rng.choice(5, p=[0.2, 0.4, 0.25, 0.1, 0.05]))]
    return cardinal(int(rng.integers(most)), case)


def _small_number(rng: np.random.Generator, case: str) -> list[str]:
    return cardinal(int(rng.integers(1, 100)), case)


def _telephone(rng: np.random.Generator, _case: str) -> list[str]:
    kind = rng.random()
    local = "".join(str(digit) for digit in rng.integers(0, 10, 7))
    if kind < 0.55:
        operator = f"{'87'[int(rng.random() < 0.3)]}9{rng.integers(0, 100):02d}"
        return telephone(operator + local, rng)
    if kind < 0.65:
        return telephone(f"8800{local}", rng)
    if kind < 0.8:
        return telephone(f"8{rng.integers(300, 900)}{local}", rng)
    return telephone(local if kind < 0.95 else local[:6], rng)


def _digits(rng: np.random.Generator, _case: str) -> list[str]:
    return in_digits("".join(str(digit) for digit in rng.integers(0, 10, int(rng.integers(2, 11)))))


def _digit(rng: np.random.Generator, _case: str) -> list[str]:
    return [DIGITS[int(rng.integers(10))]]


def _ordinal(rng: np.random.Generator, case: str) -> list[str]:
    return ordinal(int(rng.integers(1, 32 if rng.random() < 0.9 else 200)), case)


def _ordinal_f(rng: np.random.Generator, case: str) -> list[str]:
    return ordinal(int(rng.integers(1, 32 if rng.random() < 0.9 else 200)), case, "femn")


def _date(rng: np.random.Generator, case: str) -> list[str]:
    if case == "nomn" and rng.random() < 0.5:
        case = "gent"
    return [*ordinal(int(rng.integers(1, 32)), case, "neut"), MONTHS[int(rng.integers(12))]]


def _year_number(rng: np.random.Generator) -> int:
    return int(rng.integers(2015, 2031)) if rng.random() < 0.6 else int(rng.integers(1935, 2015))


def _date_year(rng: np.random.Generator, case: str) -> list[str]:
    return [*_date(rng, case), *ordinal(_year_number(rng), "gent"), "года"]


def _year(rng: np.random.Generator, _case: str) -> list[str]:
    return [*ordinal(_year_number(rng), "loct"), "году"] if rng.random() < 0.6 else [
        *ordinal(_year_number(rng), "gent"), "года"]  # fmt: skip


def _month_of(rng: np.random.Generator, case: str) -> list[str]:
    return [inflected(_MONTH_NAMES[int(rng.integers(12))], case)]


def _time(rng: np.random.Generator, _case: str) -> list[str]:
    hour, minute = int(rng.integers(0, 24)), int(rng.choice([0, 0, 5, 10, 15, 20, 30, 30, 40, 45, 50]))
    if rng.random() < 0.5:
        minutes = [*cardinal(minute, "nomn", "femn"), counted(minute, "минута")] if minute else []
        return [*cardinal(hour), counted(hour, "час"), *minutes]
    return [*cardinal(hour), *(cardinal(minute) if minute > 9 else ["ноль", DIGITS[minute]])]


def _hour(rng: np.random.Generator, case: str) -> list[str]:
    return cardinal(int(rng.integers(7, 21)), case)


def _clock(rng: np.random.Generator, case: str) -> list[str]:
    minutes = [] if rng.random() < 0.6 else cardinal(int(rng.choice([10, 15, 20, 30, 40, 45])), case)
    return [*cardinal(int(rng.integers(1, 24)), case), *minutes]


def _counting(noun: str, gender: str, most: int) -> Made:
    def made(rng: np.random.Generator, case: str) -> list[str]:
        number = int(rng.integers(1, most))
        return [*cardinal(number, case, gender), counted(number, noun, case)]

    return made


def _sum(rng: np.random.Generator, case: str) -> list[str]:
    number = int((rng.integers(1, 100) * 50, rng.integers(1, 1000), rng.integers(1, 300) * 1000)[rng.integers(3)])
    kopecks = _counting("копейка", "femn", 100)(rng, case) if rng.random() < 0.15 else []
    return [*cardinal(number, case), counted(number, "рубль", case), *kopecks]


def _days(rng: np.random.Generator, case: str) -> list[str]:
    number = int(rng.integers(1, 61))
    kind = ("рабочий", "календарный", "")[int(rng.integers(3))]
    one = number % 10 == 1 and number % 100 != 11
    agreeing = kind if one and case == "nomn" else kind[:-2] + ("ого" if one else "ых") if kind else ""
    return [*cardinal(number, case), *agreeing.split(), counted(number, "день", case)]


def _address(rng: np.random.Generator, _case: str) -> list[str]:
    slots = _slots()
    house = ["дом", *cardinal(int(rng.integers(1, 200)))]
    flat = ["квартира", *cardinal(int(rng.integers(1, 300)))] if rng.random() < 0.4 else []
    city = ["город", *_one_of(slots["city"], rng).split()] if rng.random() < 0.6 else []
    kind = ("улица", "улица", "улица", "проспект", "переулок", "проезд")[int(rng.integers(6))]
    return [*city, kind, *_one_of(slots["street"], rng).split(), *house, *flat]


_MADE: Mapping[str, Made] = {
    "surname": _surname,
    "called": _called,
    "patronymic": lambda rng, case: _called(rng, case)[1:],
    "person": _person,
    "first_name": _first_name,
    "number": _number,
    "number_small": _small_number,
    "telephone": _telephone,
    "digits": _digits,
    "digit": _digit,
    "ordinal": _ordinal,
    "ordinal_f": _ordinal_f,
    "date": _date,
    "date_year": _date_year,
    "year": _year,
    "month_of": _month_of,
    "time": _time,
    "hour": _hour,
    "clock": _clock,
    "minutes": _counting("минута", "femn", 60),
    "percent": _counting("процент", "masc", 101),
    "sum": _sum,
    "days": _days,
    "address": _address,
}
