from __future__ import annotations

from typing import Any

import pytest

from app.speech.decoding import BadRequest, StreamConfig, fit_to_vocabulary

VOCABULARY = {"да", "нет", "не", "удовлетворен", "еще"}


def test_what_the_message_does_not_name_is_as_in_vosk_server() -> None:
    assert StreamConfig.parse({}, 8000.0) == StreamConfig(8000.0, words=True, phrases=None, max_alternatives=0)


def test_every_field_is_taken() -> None:
    message = {
        "sample_rate": 16000,
        "words": False,
        "phrase_list": ["да"],
        "max_alternatives": 2,
        "partials": False,
    }
    assert StreamConfig.parse(message, 8000.0) == StreamConfig(16000.0, False, ("да",), 2, partials=False)


@pytest.mark.parametrize(
    "message",
    [
        [],
        {"sample_rate": "8000"},
        {"sample_rate": 10},
        {"phrase_list": "да"},
        {"phrase_list": [1]},
        {"max_alternatives": -1},
        {"max_alternatives": "3"},
    ],
)
def test_what_cannot_be_followed_is_refused(message: Any) -> None:
    with pytest.raises(BadRequest):
        StreamConfig.parse(message, 8000.0)


def test_a_phrase_with_an_unknown_word_goes_whole_lest_its_meaning_turn() -> None:
    grammar = fit_to_vocabulary(("да", "частично удовлетворен", "[unk]"), VOCABULARY.__contains__)
    assert grammar.phrases == ("да", "[unk]")
    assert grammar.unknown_words == ("частично",)


def test_either_spelling_of_yo_and_of_capitals_will_do() -> None:
    grammar = fit_to_vocabulary(("Да", "ещё", "не удовлетворён"), VOCABULARY.__contains__)
    assert grammar.phrases == ("да", "еще", "не удовлетворен")
    assert grammar.unknown_words == ()


def test_empty_phrases_and_repetitions_go() -> None:
    assert fit_to_vocabulary(("", " ", "да", "ДА"), VOCABULARY.__contains__).phrases == ("да",)
