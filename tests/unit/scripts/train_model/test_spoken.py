"""Written Russian becomes the words that are spoken."""

from __future__ import annotations

import pytest

from scripts.train_model.spoken import label_of, sentences_of, spoken_words


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("4 часа", "четыре часа"),
        ("не больше чем на 8 часов", "не больше чем на восемь часов"),
        ("до 24 часов", "до двадцати четырёх часов"),
        ("в течение 21 дня", "в течение двадцати одного дня"),
        ("с 2011 года", "с две тысячи одиннадцатого года"),
        ("10 июня", "десятого июня"),
        ("правила № 354", "правила номер триста пятьдесят четыре"),
        ("еще две заявки", "ещё две заявки"),
        ("обратитесь в мфц", "обратитесь в эмэфцэ"),
        ("24 процента", "двадцать четыре процента"),
    ],
)
def test_figures_and_abbreviations_are_written_out(written: str, spoken: str) -> None:
    assert [" ".join(sentence) for sentence in sentences_of(written)] == [spoken]


@pytest.mark.parametrize("doubtful", ["rosreestr gov ru", "дом 5б", "на 17 что то", "", "стр2"])
def test_what_cannot_be_read_surely_is_left_out(doubtful: str) -> None:
    assert spoken_words(doubtful) is None


def test_a_text_is_cut_at_its_marks() -> None:
    assert sentences_of("Здравствуйте! Вы позвонили, верно? 8 800 100-34-34.") == [
        ("здравствуйте",),
        ("вы", "позвонили", "верно"),
        ("восемь", "восемьсот", "сто", "тридцать", "четыре", "тридцать", "четыре"),
    ]


def test_a_date_is_spoken_in_ordinals() -> None:
    (sentence,) = sentences_of("от 06.05.2011")
    assert " ".join(sentence) == "от шестого мая две тысячи одиннадцатого года"


def test_labels_have_no_yo_and_know_abbreviations() -> None:
    assert [label_of(word) for word in ("учёт", "эмэфцэ", "дом")] == ["учет", "мфц", "дом"]
