"""How words sound."""

from __future__ import annotations

from app.speech.phones import PHONES
from scripts.train_model.lexicon import Heard, lexicon_of, pronounce


def test_words_sound_in_the_phones_of_the_model() -> None:
    said = pronounce(["дверь", "только", "здравствуйте", "мфц", "в", "на", "петровна"])
    assert {phone for ways in said.values() for way in ways for phone in way} <= set(PHONES)
    assert said["дверь"][0] == ("d", "vj", "e", "rj")
    assert said["только"][0] == ("t", "o", "lj", "k", "V")
    assert ("z", "d", "r", "a", "s", "tj", "i") in said["здравствуйте"]
    assert ("f",) in said["в"]
    assert ("n", "V") in said["на"]


def test_what_cannot_be_said_is_left_out() -> None:
    assert pronounce(["street", "дом", "5"]).keys() == {"дом"}


def test_what_synthesisers_said_joins_the_rules() -> None:
    seen = {"вода": {"v a d a": 50, "v o d a": 1, "v V d a": 30}}
    lexicon = lexicon_of({"вода": ["вода"]}, Heard(said=seen))
    ways = dict(lexicon["вода"])
    assert ("v", "a", "d", "a") in ways
    assert ("v", "o", "d", "a") not in ways
    assert min(ways.values()) == 0.0


def test_a_second_synthesiser_may_stress_another_syllable() -> None:
    read = {"вода": ("v", "o", "d", "V")}
    ways = dict(lexicon_of({"вода": ["вода"]}, Heard(read=read))["вода"])
    assert 0.0 < ways["v", "o", "d", "V"] < 2.0
    assert len(ways) == 2


def test_a_short_word_is_voiced_before_the_next() -> None:
    said = pronounce(["как", "водопровод"])
    assert said["как"][0] == ("k", "a", "k")
    assert ("k", "a", "g") in said["как"]
    assert all(ways[-1] == "t" for ways in said["водопровод"])
