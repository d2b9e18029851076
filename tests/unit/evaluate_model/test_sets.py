from __future__ import annotations

from collections import Counter

import numpy as np

from scripts.evaluate_model import sets
from scripts.train_model.engines.spoken import Spoken


def spoken(sentence: str) -> Spoken:
    return Spoken(tuple(sentence.split()), np.zeros(8, np.float32), 8000, ())


def test_each_answer_is_said_as_often_in_all_its_forms() -> None:
    question, _ = sets.questions()
    said = sets.answers(question, 60, lambda _word: True)
    trial = sets.answers_heard("yes/no", question, ())
    meant = Counter(
        trial.judge(Spoken(way, np.zeros(8, np.float32), 8000, ()), " ".join(way)).errors for way in said
    )
    assert len(said) == 60
    assert len(set(said)) > 10
    assert not meant[1]


def test_forms_with_unknown_words_are_left_out() -> None:
    _, question = sets.questions()
    said = sets.answers(question, 90, lambda word: word != "полностью")
    assert said
    assert not any("полностью" in way for way in said)


def test_an_answer_is_wrong_when_it_is_taken_for_another_or_for_none() -> None:
    question, _ = sets.questions()
    judge = sets.answers_heard("yes/no", question, ()).judge
    assert judge(spoken("да"), "да").errors == 0
    assert judge(spoken("да"), "нет").errors == 1
    assert judge(spoken("да"), "[unk]").errors == 1


def test_an_answer_that_is_asked_again_was_not_taken_for_another() -> None:
    question, _ = sets.questions()
    misheard = sets.answers_heard("yes/no", question, ()).misheard
    assert misheard is not None
    assert misheard(spoken("да"), "[unk]").errors == 0
    assert misheard(spoken("да"), "да").errors == 0
    assert misheard(spoken("да"), "нет").errors == 1


def test_other_speech_is_an_error_only_where_an_answer_is_made_of_it() -> None:
    question, _ = sets.questions()
    judge = sets.taken_for_an_answer("other speech", question, ()).judge
    assert judge(spoken("где мой дом"), "[unk] [unk]").errors == 0
    assert judge(spoken("где мой дом"), "да").errors == 1


def test_words_are_compared_as_the_model_spells_them() -> None:
    judge = sets.free("free speech", ()).judge
    assert judge(spoken("ещё раз"), "еще раз [unk]").errors == 0
    assert judge(spoken("ещё раз"), "еще").errors == 1


def test_digits_are_strings_of_three_to_eleven() -> None:
    said = sets.digits(200, np.random.default_rng(1))
    assert {len(string) for string in said} == set(range(3, 12))
    assert {digit for string in said for digit in string} == set(sets.DIGITS)
