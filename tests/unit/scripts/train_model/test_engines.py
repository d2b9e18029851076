from itertools import pairwise

import numpy as np
import pytest

from app.speech.phones import CLASS_OF, SILENCE
from scripts.train_model.engines.espeak import HELD_OUT_VARIANTS, TRAINING_VARIANTS, Espeak, Manner
from scripts.train_model.engines.festival import Festival, missing, read, run
from scripts.train_model.engines.spoken import NO_WORD, Segment, Spoken, joined, tells_of_each_word

SENTENCES = (("здравствуйте", "нет", "мы"), ("объявление", "пять"))


def _is_whole(spoken: Spoken) -> None:
    """Phones that are known, without gaps, one word after the other, to the end of the sound."""
    assert {segment.phone for segment in spoken.segments} <= set(CLASS_OF)
    for before, after in pairwise(spoken.segments):
        assert before.start_s < before.end_s
        assert before.end_s == pytest.approx(after.start_s)
    assert spoken.segments[0].start_s < 0.05
    assert spoken.segments[-1].end_s == pytest.approx(spoken.seconds, abs=0.06)
    words = [segment.word for segment in spoken.segments if segment.word != NO_WORD]
    assert words == sorted(words)
    assert tells_of_each_word(spoken.sentence, spoken.segments)


@pytest.fixture(scope="module")
def espeak() -> Espeak:
    return Espeak()


def test_espeak_tells_of_every_phone(espeak: Espeak) -> None:
    spoken = list(espeak.speak(SENTENCES, np.random.default_rng(1)))
    assert [one.sentence for one in spoken] == list(SENTENCES)
    for one in spoken:
        _is_whole(one)


def test_espeak_names_soft_consonants_and_single_sounds(espeak: Espeak) -> None:
    spoken = espeak.say(("нет", "объявление"), Manner("", 150, 50, 50))
    assert spoken is not None
    said = dict(spoken.pronunciations())
    assert said["нет"] == ("nj", "e", "t")
    assert said["объявление"][:5] == ("V", "b", "j", "a", "v")


def test_a_pause_after_a_word_is_silence(espeak: Espeak) -> None:
    spoken = espeak.say(("да", "нет"), Manner("", 150, 50, 50, pauses_after=frozenset({0})))
    assert spoken is not None
    assert SILENCE in [segment.phone for segment in spoken.segments[1:-1]]


def test_what_espeak_reads_otherwise_falls_out(espeak: Espeak) -> None:
    before = espeak.dropped
    assert list(espeak.speak([("---",)], np.random.default_rng(1))) == []
    assert espeak.dropped == before + 1


def test_the_variants_of_tests_are_never_trained_on() -> None:
    assert not set(HELD_OUT_VARIANTS) & set(TRAINING_VARIANTS)
    assert len(set(TRAINING_VARIANTS)) == len(TRAINING_VARIANTS)


@pytest.mark.parametrize("variants", [TRAINING_VARIANTS, HELD_OUT_VARIANTS])
def test_every_variant_is_one_that_espeak_has(espeak: Espeak, variants: tuple[str, ...]) -> None:
    for variant in variants:
        assert espeak.say(("да", "нет"), Manner(variant, 220, 50, 50, pauses_after=frozenset({0}))) is not None


@pytest.mark.needs_debian
def test_festival_tells_of_every_phone() -> None:
    if (lack := missing()) is not None:
        pytest.skip(lack)
    spoken = list(Festival().speak((*SENTENCES, ("123",), ("ваше", "документы")), np.random.default_rng(1)))
    assert [one.sentence for one in spoken] == [*SENTENCES, ("ваше", "документы")]
    for one in spoken:
        _is_whole(one)
    assert dict(spoken[0].pronunciations())["нет"] == ("nj", "e", "t")
    assert dict(spoken[2].pronunciations())["ваше"] == ("v", "a", "sh", "y")
    assert dict(spoken[2].pronunciations())["документы"][-2:] == ("t", "y")


@pytest.mark.needs_debian
def test_festival_reads_words_without_saying_them() -> None:
    if (lack := missing()) is not None:
        pytest.skip(lack)
    words = ("нет", "ваше", "123") * 300
    assert read(words) == {"нет": ("nj", "e", "t"), "ваше": ("v", "a", "sh", "y")}


@pytest.mark.needs_debian
def test_a_sentence_that_festival_dies_of_is_passed_over() -> None:
    if (lack := missing()) is not None:
        pytest.skip(lack)
    say = '(define (say number) (format t "SENTENCE %d\\n" number))\n'
    assert run(say, ["(say 0)", "(say 1)", '(system "kill -SEGV $PPID")', "(say 3)"]).keys() == {0, 1, 3}
    with pytest.raises(RuntimeError, match="Festival said nothing"):
        run("(exit 1)\n", ["(say 0)", "(say 1)", "(say 2)"])


def test_silences_that_meet_become_one() -> None:
    segments = joined(
        [
            Segment("a", 0.1, 0.2, 0),
            Segment(SILENCE, 0.2, 0.3, NO_WORD),
            Segment(SILENCE, 0.3, 0.5, NO_WORD),
        ]
    )
    assert [(one.phone, one.start_s, one.end_s) for one in segments] == [
        (SILENCE, 0.0, 0.1),
        ("a", 0.1, 0.2),
        (SILENCE, 0.2, 0.5),
    ]
