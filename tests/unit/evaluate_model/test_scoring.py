from __future__ import annotations

import pytest

from scripts.evaluate_model.scoring import Score, total, word_errors


@pytest.mark.parametrize(
    ("said", "heard", "errors"),
    [
        ("", "", 0),
        ("да", "да", 0),
        ("да", "", 1),
        ("", "да нет", 2),
        ("не удовлетворен", "удовлетворен", 1),
        ("где мой номер", "где номер мой", 2),
        ("один два три", "два три четыре", 2),
        ("один два три", "шесть семь", 3),
    ],
)
def test_the_fewest_changes_are_counted(said: str, heard: str, errors: int) -> None:
    assert word_errors(said.split(), heard.split()) == errors
    assert word_errors(heard.split(), said.split()) == errors


def test_scores_add_up() -> None:
    score = total([Score.of_words(["да"], ["да"]), Score.of_words(["нет", "спасибо"], ["нет"])])
    assert score == Score(utterances=2, counted=3, errors=1, exact=1)
    assert score.rate == pytest.approx(1 / 3)


def test_an_answer_counts_as_a_whole() -> None:
    assert total(map(Score.of_answer, [True, False, True, True])).rate == 0.25


def test_nothing_heard_is_no_error() -> None:
    assert total([]).rate == 0.0
