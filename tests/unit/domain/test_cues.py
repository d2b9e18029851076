"""Hearing a step in what was said, with the recogniser's slips."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.cues import GAP, OTHER_ORDER, Forms, as_said, best, heard, words_of


@pytest.mark.parametrize(
    ("cue", "said"),
    [
        ("добрый день", "добрый день"),
        ("добрый день", "Ну, добрый день!"),
        ("чем могу помочь", "чем я могу вам помочь"),
        ("спасибо за обращение", "спасибо большое за ваше обращение"),
        ("помо*", "помогите"),
        ("благодар* за звонок", "благодарю вас за звонок"),
        ("ещё вопросы", "еще вопросы"),
        ("удовлетворен", "удовлетворена"),
        ("оставайтесь на линии", "остовайтесь на линии"),
        ("104", "звоните 104"),
        ("добрый день", "день добрый"),
        ("звонок|обращение", "за обращение"),
        ("*вич слушает", "петрович слушает"),
        ("<имя> <отчество>", "это анна сергеевна"),
        ("<должность> <фамилия>", "инспектор мальцев"),
        ("слушаю!", "слушаю вас"),
        ("=добрый день", "добрый день"),
        ("не вправе", "мы не вправе"),
    ],
)
def test_heard(cue: str, said: str) -> None:
    assert 0.84 <= heard(cue, words_of(said)) <= 1.0


@pytest.mark.parametrize(
    ("cue", "said"),
    [
        ("=добрый день", "день добрый"),
        ("слушаю!", "слушают"),
        ("<имя> <отчество>", "анна иванова"),
        ("<фамилия>", "документов"),
        ("переключаю вас", "не переключаю вас"),
        ("переключить вас", "переключить я вас не могу"),
        ("переключить вас", "не получится вас переключить"),
        ("скажите имя", "укажите имя"),
        ("звонок|обращение", "за беседу"),
        ("добрый день", "добрый"),
        ("добрый день", "добрый такой хороший светлый день"),
        ("да", "на"),
        ("день", "тень"),
        ("помо*", "чем могу"),
        ("не удовлетворен", "удовлетворен"),
        ("добрый день", ""),
        ("", "добрый день"),
        ("...", "добрый день"),
        ("*", "добрый день"),
    ],
)
def test_not_heard(cue: str, said: str) -> None:
    assert heard(cue, words_of(said)) == 0.0


@pytest.mark.parametrize("between", range(5))
def test_at_most_two_words_stand_between(between: int) -> None:
    said = ["добрый", *["очень"] * between, "день"]
    assert bool(heard("добрый день", said)) is (between <= GAP)


def test_an_exact_word_is_surer_than_a_similar_one() -> None:
    assert heard("обращение", ["обращение"]) == 1.0
    assert heard("обращение", ["обращения"]) < 1.0
    assert heard("обращение", ["обращения", "обращение"]) == 1.0


def test_the_surest_of_several() -> None:
    said = words_of("спасибо за обращения")
    assert best(["нет", "спасибо за обращение"], said) == heard("спасибо за обращение", said) > 0
    assert best(["спасибо", "спасибо за обращение"], said) == 1.0
    assert best([], said) == 0.0


FORMS = {
    "переключаю": Forms(frozenset({"переключаю", "переключаем"}), frozenset({"переключали", "переключить"})),
    "линии": Forms(frozenset({"линии", "линию"})),
    "помочь~": Forms(frozenset({"помочь"}), frozenset({"помогу"})),
}


@pytest.mark.parametrize(
    ("cue", "said", "sure"),
    [
        ("переключаю", "переключаем", 1.0),
        ("переключаю", "переключали", 0.0),  # alike enough by letters, and another tense
        ("на линии", "на линию", 1.0),
        ("помочь~", "помогу", 1.0),
    ],
)
def test_a_word_counts_in_its_forms_that_mean_the_same(cue: str, said: str, sure: float) -> None:
    assert heard(cue, words_of(said), FORMS) == sure


def test_another_order_is_less_sure() -> None:
    assert (
        heard("добрый день", words_of("день добрый")) == OTHER_ORDER < heard("добрый день", words_of("добрый день"))
    )


@pytest.mark.parametrize(
    ("cue", "said"),
    [
        ("<фамилия> слушает", ["иванова", "слушает"]),
        ("=звонок|обращение вас!", ["звонок", "вас"]),
        ("помо*", ["помо"]),
    ],
)
def test_a_cue_as_it_sounds(cue: str, said: list[str]) -> None:
    assert as_said(cue) == said
    assert heard(cue, said)


def test_words_are_compared_without_case_and_marks() -> None:
    assert words_of("«Ещё» раз — 2 ЁЛКИ, помо*") == ["еще", "раз", "2", "елки", "помо*"]


LETTERS = st.lists(st.sampled_from("абв"), max_size=9)


@given(st.lists(st.sampled_from("абв"), min_size=1, max_size=4), LETTERS)
@example(list("абв"), list("аббббв"))
def test_heard_exactly_when_some_choice_of_places_fits(cue: list[str], said: list[str]) -> None:
    fits = any(
        [said[i] for i in places] == cue and all(b - a <= GAP + 1 for a, b in pairwise(places))
        for places in combinations(range(len(said)), len(cue))
    )
    assert heard(f"={' '.join(cue)}", said) == float(fits)


@given(st.text(max_size=40), st.text(max_size=60))
def test_any_text_may_be_heard(cue: str, said: str) -> None:
    assert 0.0 <= heard(cue, words_of(said)) <= 1.0
