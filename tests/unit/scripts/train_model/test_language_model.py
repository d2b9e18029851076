"""The language model gives every word its share."""

from __future__ import annotations

import math

import pytest

from scripts.train_model.language_model import BEGINNING, END, LanguageModel, estimate

_SENTENCES = [
    (("да", "конечно"), 3.0),
    (("нет", "спасибо"), 2.0),
    (("да", "спасибо"), 2.0),
    (("нет",), 4.0),
    (("да",), 5.0),
]
_VOCABULARY = ("да", "конечно", "нет", "спасибо", "субсидия")


@pytest.fixture(name="model")
def _model() -> LanguageModel:
    return estimate(_SENTENCES, _VOCABULARY)


@pytest.mark.parametrize(
    "history", [(), (BEGINNING,), ("да",), (BEGINNING, "да"), ("субсидия",), ("спасибо", "да")]
)
def test_after_any_history_the_probabilities_sum_to_one(model: LanguageModel, history: tuple[str, ...]) -> None:
    assert sum(math.exp(-model.cost(history, label)) for label in (*_VOCABULARY, END)) == pytest.approx(
        1.0, abs=1e-3
    )


def test_what_was_seen_is_likelier_than_what_was_not(model: LanguageModel) -> None:
    assert model.cost((BEGINNING,), "да") < model.cost((BEGINNING,), "спасибо")
    assert model.cost(("да",), "конечно") < model.cost(("нет",), "конечно")


def test_a_word_never_seen_can_still_come(model: LanguageModel) -> None:
    assert math.isfinite(model.cost(("да",), "субсидия"))
    with pytest.raises(KeyError):
        model.cost((), "аэростат")


def test_perplexity_tells_how_well_sentences_are_foreseen(model: LanguageModel) -> None:
    assert model.perplexity([("да",)]) < model.perplexity([("конечно", "нет")]) < 10 * len(_VOCABULARY)
    with pytest.raises(ValueError, match="no sentences"):
        model.perplexity([])


def test_in_a_new_place_a_word_of_many_places_is_likelier_than_one_of_a_single_place() -> None:
    federation = [(("российской", "федерации"), 1.0)] * 6
    street = [((name, "улица"), 1.0) for name in ("новая", "старая", "длинная")]
    vocabulary = {word for sentence, _weight in (*federation, *street) for word in sentence}
    model = estimate([*federation, *street], vocabulary)
    assert model.cost((BEGINNING, "российской"), "федерации") < model.cost((BEGINNING, "российской"), "улица")
    assert model.cost((), "улица") < model.cost((), "федерации")
