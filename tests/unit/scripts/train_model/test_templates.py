"""Templates give sentences that can be spoken."""

from __future__ import annotations

import re

import numpy as np
import pytest

from scripts.train_model.templates import filled, generated, lines_of, surname
from scripts.train_model.word_forms import inflected

_TEMPLATES = [line for lines in lines_of("sentences").values() for line in lines]


def test_every_template_can_be_filled_with_russian_words() -> None:
    rng = np.random.default_rng(7)
    for template in _TEMPLATES:
        for _ in range(2):
            for word in filled(template, rng):
                assert re.fullmatch(r"[а-яё]+", word), (template, word)


def test_every_slot_is_written_in_spoken_words() -> None:
    for name, entries in lines_of("slots").items():
        assert all(re.fullmatch(r"[а-яё ]+", entry) for entry in entries), name


def test_one_seed_gives_the_same_sentences() -> None:
    first, second = (generated(np.random.default_rng(3), 50) for _ in range(2))
    assert first == second
    assert first != generated(np.random.default_rng(4), 50)


def test_an_unknown_slot_says_how_to_mend_it() -> None:
    with pytest.raises(ValueError, match=r"slots/weather\.txt"):
        filled("сегодня {weather}", np.random.default_rng(1))


@pytest.mark.parametrize(
    ("stem", "sex", "case", "said"),
    [
        ("иванов", "f", "datv", "ивановой"),
        ("ильин", "m", "ablt", "ильиным"),
        ("покровский", "f", "accs", "покровскую"),
        ("белый", "m", "nomn", "белый"),
        ("шевченко", "f", "gent", "шевченко"),
        ("цой", "m", "nomn", "цой"),
    ],
)
def test_surnames_in_their_cases(stem: str, sex: str, case: str, said: str) -> None:
    assert surname(stem, sex, case) == said


@pytest.mark.parametrize(
    ("phrase", "case", "said"),
    [
        ("договор социального найма", "gent", "договора социального найма"),
        ("жилищная инспекция", "accs", "жилищную инспекцию"),
        ("правоустанавливающие документы", "datv", "правоустанавливающим документам"),
        ("красный проспект", "loct", "красном проспекте"),
        ("ленина", "nomn", "ленина"),
    ],
)
def test_phrases_in_their_cases(phrase: str, case: str, said: str) -> None:
    assert inflected(phrase, case) == said
