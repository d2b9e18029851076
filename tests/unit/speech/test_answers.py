"""What the client makes of a server's messages."""

from __future__ import annotations

import pytest

from app.speech.vosk_answers import Answer, NotAnAnswer


def test_a_partial() -> None:
    answer = Answer.parse('{"partial": "добрый"}')
    assert (answer.text, answer.final, answer.words) == ("добрый", False, ())


def test_a_final_result_with_words() -> None:
    answer = Answer.parse('{"result": [{"word": "да", "start": 1.5, "end": 1.8, "conf": 0.9}], "text": "да"}')
    assert answer.final
    assert [(word.text, word.start_s, word.end_s, word.confidence) for word in answer.words] == [
        ("да", 1.5, 1.8, 0.9)
    ]


def test_the_first_alternative_is_taken() -> None:
    answer = Answer.parse('{"alternatives": [{"text": "да", "confidence": 200.0}, {"text": "дай"}]}')
    assert (answer.text, answer.final) == ("да", True)


@pytest.mark.parametrize("message", ["[]", "5", '{"alternatives": [5]}', '{"text": "", "result": [{}]}'])
def test_what_is_no_answer(message: str) -> None:
    with pytest.raises(NotAnAnswer):
        Answer.parse(message)
