"""Written Russian as it is spoken: sentences of lower-case words, figures and abbreviations written out.

What cannot be written out surely (a web address, a Latin word, a figure whose case the text does not show) makes
its sentence None: the model is better without a sentence than with a wrong one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from scripts.train_model.numerals import cardinal, counted, in_groups, ordinal
from scripts.train_model.word_forms import analyzer, with_yo

Sentence = tuple[str, ...]

MONTHS = (
    *("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября"),
    *("ноября", "декабря"),
)
SAID_AS = {
    "мфц": "эмэфцэ",
    "сво": "эсвэо",
    "егэ": "егэ",
    "огэ": "огэ",
    "жкх": "жэкаха",
    "тко": "тэкао",
    "инн": "иэнэн",
    "огрн": "огээрэн",
    "гис": "гис",
    "рф": "эрэф",
    "мвд": "эмвэдэ",
    "тсж": "тэсэжэ",
    "снт": "эсэнтэ",
    "сфр": "эсэфэр",
    "уин": "уин",
    "егрн": "егээрэн",
    "см": "сантиметров",
}
"""Abbreviations that are said letter by letter: the spelling that synthesisers read rightly. The model's label is
the written one (see `label_of`)."""
_WRITTEN = {spoken: written for written, spoken in SAID_AS.items() if written != "см"}
_SHORT = {
    "ул.": "улица", "д.": "дом", "кв.": "квартира", "руб.": "рублей", "ст.": "статья", "п.": "пункт", "г.": "город",
    "т. е.": "то есть", "т.е.": "то есть", "и т. д.": "и так далее", "и т.д.": "и так далее",
    "т. п.": "тому подобное", "№": "номер ", "%": " процентов ", "+": " плюс ", "км": "километров", "др.": "другие",
    "стр.": "страница",
}  # fmt: skip
_ENDS = re.compile(r"[.!?;:…]+(?:\s|$)|\n|[—–()«»\"“”]|\s-\s|\|")
_DATE = re.compile(r"\b(\d{1,2})\.(\d{2})\.(\d{4})\b")
_CLOCK = re.compile(r"\b(\d{1,2}):(\d{2})\b")
_PHONE = re.compile(r"(?<!\d)(?:\+7|8)[ (]*(\d{3})\)?[ -]*(\d{3})-(\d{2})-(\d{2})\b")
_PHONE_IN_THREES = re.compile(r"\b8[ -]800[ -](\d{3})[ -](\d{3,4})\b")
_GENITIVE_AFTER = {"до", "от", "с", "из", "без", "для", "около", "после", "свыше", "более", "менее", "не позднее",
                   "позднее", "раньше", "больше", "меньше", "старше", "младше", "холоднее", "горячее"}  # fmt: skip
_YEARS = re.compile(r"^(год|года|году|годом|годах|годов)$")
_ALONE = {"а", "в", "и", "к", "о", "с", "у", "я", "э"}
_VOWELS = set("аеёиоуыэюя")
_LONGEST = 14
_CYRILLIC = re.compile(r"[а-яё]+")


def label_of(word: str) -> str:
    """How the model spells a spoken word: «е» for «ё», abbreviations as they are written."""
    word = _WRITTEN.get(word, word)
    return word.replace("ё", "е")


def sentences_of(text: str) -> list[Sentence]:
    """The spoken phrases of a text, each of at most fourteen words; doubtful ones are left out."""
    text = _written_out(text.lower().replace("\xa0", " ").replace("…", "."))
    found: list[Sentence] = []
    for phrase in _ENDS.split(text):
        words = spoken_words(phrase)
        while words:
            take = len(words) if len(words) <= _LONGEST + 2 else _LONGEST
            found.append(tuple(words[:take]))
            words = words[take:]
    return found


def spoken_words(phrase: str) -> list[str] | None:
    """The words of one phrase without marks at its ends; None when it cannot be written out surely."""
    written = [word for word in re.split(r"[\s,/]+", phrase.strip(" .,:;!?-*_#>`'")) if word]
    words: list[str] = []
    for place, word in enumerate(written):
        if word.isdigit():
            figure = _figure(int(word), written[:place], written[place + 1 :])
            if figure is None:
                return None
            words += figure
            continue
        for part in word.strip("'`*_").split("-"):
            part = SAID_AS.get(part, part)
            if not _CYRILLIC.fullmatch(part) or not _is_word(part):
                return None
            words.append(with_yo(part))
    return words or None


def _is_word(word: str) -> bool:
    return word in _ALONE or (1 < len(word) <= 25 and bool(_VOWELS & set(word)))


def _written_out(text: str) -> str:
    text = _DATE.sub(lambda m: _spoken_date(int(m[1]), int(m[2]), int(m[3])) or m[0], text)
    text = _PHONE.sub(lambda m: " ".join(["восемь", *in_groups("".join(m.groups()), (3, 3, 2, 2))]), text)
    text = _PHONE_IN_THREES.sub(lambda m: "восемь восемьсот " + " ".join(in_groups(m[1] + m[2], (3, 3, 1))), text)
    text = _CLOCK.sub(lambda m: " ".join(in_groups(f"{int(m[1])}{m[2]}", (len(str(int(m[1]))), 2))), text)
    for short, whole in _SHORT.items():
        text = re.sub(rf"(?<![а-яё]){re.escape(short)}(?![а-яё])", whole, text)
    return text


def _spoken_date(day: int, month: int, year: int) -> str | None:
    if not (1 <= day <= 31 and 1 <= month <= 12 and 1900 <= year <= 2099):
        return None
    return " ".join([*ordinal(day, "gent"), MONTHS[month - 1], *ordinal(year, "gent"), "года"])


def _figure(number: int, before: list[str], after: list[str]) -> list[str] | None:
    """The words of a figure between its neighbours, None when its case is in doubt."""
    previous = before[-1] if before else ""
    following = after[0] if after else ""
    if number > 999_999:
        return None
    if following in MONTHS and 1 <= number <= 31:
        return ordinal(number, "gent")
    if _YEARS.match(following) and 1900 <= number <= 2099:
        case = {"год": "nomn", "году": "loct", "годом": "ablt"}.get(following, "gent")
        return ordinal(number, case)
    if previous in ("номер", "пункт", "статья", "класс", "дом", "квартира", "кабинет", "приложение", "раздел"):
        return cardinal(number)
    noun = _counted_noun(after)
    if noun is None:
        return None
    for case in ("gent",) if previous in _GENITIVE_AFTER else ("nomn", "accs", "gent", "datv", "loct", "ablt"):
        for word, normal, gender in noun:
            if counted(number, normal, case) == word:
                return cardinal(number, case, gender)
    return None


def _counted_noun(after: list[str]) -> list[tuple[str, str, str]] | None:
    """The readings of the noun that is counted: the next word, or the one after its adjective («рабочих дней»)."""
    for word in after[:2]:
        readings = _noun_readings(word.strip(".,"))
        if readings:
            return readings
        if not any(parse.tag.POS in ("ADJF", "PRTF") for parse in analyzer().parse(word)):
            return None
    return None


@lru_cache(maxsize=5000)
def _noun_readings(word: str) -> list[tuple[str, str, str]]:
    return [
        (word, parse.normal_form, str(parse.tag.gender or "masc"))
        for parse in analyzer().parse(word)
        if parse.tag.POS == "NOUN" and parse.is_known
    ]
