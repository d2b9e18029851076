"""The number that is dictated in the conversation and proposed for the call back (L11)."""

from __future__ import annotations

import pytest

from app.domain.calls import Phrase
from app.domain.dictated_numbers import Dictated, dictated
from app.domain.facts import Speaker

HOME = "+78512245022"
NUMBER = "+79132456708"
C, OP = Speaker.CALLER, Speaker.OPERATOR


def talk(*said: tuple[Speaker, str] | float) -> list[Phrase]:
    """Phrases one second after each other; a figure is a longer pause."""
    phrases: list[Phrase] = []
    at = 0.0
    for one in said:
        if isinstance(one, float):
            at += one
            continue
        speaker, text = one
        words = tuple((word, at + 0.4 * n, at + 0.4 * n + 0.35) for n, word in enumerate(text.split()))
        phrases.append(Phrase(speaker, "" if speaker is C else "ivanova", text, at, words[-1][2], words))
        at = words[-1][2] + 1.0
    return phrases


def after(*said: tuple[Speaker, str] | float) -> Dictated:
    """As the panel asks: after every phrase."""
    phrases, known = talk(*said), Dictated()
    for length in range(1, len(phrases) + 1):
        known = dictated(phrases[:length], known, HOME)
    assert known == dictated(phrases, known, HOME)
    return known


WHOLE = (C, "мой телефон восемь девятьсот тринадцать двести сорок пять шестьдесят семь ноль восемь")
PIECES = (
    (C, "запишите восемь девятьсот тринадцать"),
    (OP, "так"),
    (C, "двести сорок пять"),
    (OP, "двести сорок пять"),
    (C, "шестьдесят семь ноль восемь"),
)


@pytest.mark.parametrize(
    "said",
    [
        (WHOLE,),
        (WHOLE, (OP, "спасибо записала"), (C, "да до свидания")),
        (WHOLE, (C, "мне шестьдесят семь лет")),
        ((C, "мне шестьдесят семь лет"), WHOLE),
        PIECES,
        (*PIECES, 60.0, (C, "у меня две квартиры"), (C, "сорок и пятьдесят метров")),
        ((C, "двадцать пятого ноября"), 60.0, *PIECES),
    ],
)
def test_the_callers_number(said: tuple[tuple[Speaker, str] | float, ...]) -> None:
    known = after(*said)
    assert (known.number, known.by) == (NUMBER, C)


def test_what_the_operator_repeats_counts_as_well() -> None:
    repeated = (OP, "повторяю восемь девять один три два четыре пять шесть семь ноль восемь верно")
    assert after((C, "восемь девятьсот какой то шум"), repeated) == Dictated(NUMBER, OP, 2)


def test_the_latest_number_goes_before() -> None:
    other = (C, "нет лучше восемь девятьсот двадцать семь сто двадцать три сорок пять шестьдесят семь")
    assert after(WHOLE, 20.0, other).number == "+79271234567"


def test_a_towns_number_needs_a_word_of_telephones() -> None:
    assert after((C, "мой домашний телефон двадцать четыре пятьдесят двадцать два")).number == HOME
    assert after((C, "это было двадцать четвертого в пятьдесят двадцать два")).number == ""
    assert after((C, "двадцать четыре пятьдесят двадцать два")).number == ""


@pytest.mark.parametrize(
    "said",
    [
        (C, "восемь девятьсот тринадцать"),
        (C, "дом сорок пять квартира шестьдесят семь"),
        (C, "сто двадцать три тысячи рублей"),
        (OP, "мы работаем с восьми тридцати до семнадцати тридцати"),
        (C, "восемь восемьсот двести тридцать сорок"),  # in one breath it is a guess
    ],
)
def test_what_is_no_number_proposes_none(said: tuple[Speaker, str]) -> None:
    assert after(said).number == ""


def test_pieces_far_apart_are_no_number() -> None:
    assert after(PIECES[0], 30.0, PIECES[2], 30.0, PIECES[4]).number == ""
