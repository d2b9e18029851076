import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from app.speech.phones import CLASS_OF, SILENCE
from scripts.train_model.engines.diphones import _CZECH, SPEAKERS, Diphones, Speaker, missing, with_own_rhythm
from scripts.train_model.engines.spoken import NO_WORD, Segment, Spoken, tells_of_each_word
from scripts.train_model.engines.stand_ins import StandIn, chosen, pairs_of, table

SENTENCES = (("здравствуйте", "нет"), ("объявление", "на", "их", "языке"))
TABLE = table("""
    SIL:#
    a:a:,a
    t:t,d
    tj:t~,t j/3
""")


def _rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_table_tells_phones_shares_and_distance() -> None:
    assert TABLE["tj"] == (StandIn(("t~",), (1.0,), 0.0), StandIn(("t", "j"), (0.7, 0.3), 1.0))


def test_every_phone_of_russian_has_stand_ins_that_fill_its_time() -> None:
    assert set(_CZECH) == set(CLASS_OF)
    for options in _CZECH.values():
        for option in options:
            assert sum(option.shares) == pytest.approx(1.0)


def test_the_nearest_whose_pairs_are_there_are_taken() -> None:
    pairs = frozenset({("#", "t"), ("t", "j"), ("j", "a"), ("a", "#"), ("#", "a:"), ("a:", "#")})
    said = chosen([SILENCE, "tj", "a", SILENCE], TABLE, pairs, _rng())
    assert said is not None
    assert [option.phones for option in said] == [("#",), ("t", "j"), ("a",), ("#",)]


@pytest.mark.parametrize("phones", [[SILENCE, "t", SILENCE], []])
def test_no_choice_when_a_pair_is_lacking(phones: list[str]) -> None:
    assert chosen(phones, TABLE, frozenset({("#", "t"), ("t", "a")}), _rng()) is None


def test_a_grouped_voice_tells_its_pairs(tmp_path: Path) -> None:
    voice = tmp_path / "some.group"
    voice.write_bytes(
        b"EST_File index\nNumEntries 2\nEST_Header_End\n#-a 0 100 5\na-t~ 100 90 7\n\x00\x01\xff binary\n"
    )
    assert pairs_of(voice) == {("#", "a"), ("a", "t~")}
    other = tmp_path / "other.group"
    other.write_bytes(b"nothing of the kind")
    with pytest.raises(RuntimeError, match=r"other\.group is no grouped voice"):
        pairs_of(other)


def test_a_rhythm_of_its_own_has_silence_at_both_ends_and_no_gaps() -> None:
    segments = (Segment("a", 0.0, 0.1, 0), Segment(SILENCE, 0.1, 2.0, NO_WORD), Segment("t", 2.0, 2.001, 1))
    timed = with_own_rhythm(segments, _rng())
    assert [one.phone for one in timed] == [SILENCE, "a", SILENCE, "t", SILENCE]
    for before, after in pairwise(timed):
        assert before.end_s == after.start_s
    assert timed[0].start_s == 0.0
    assert timed[2].end_s - timed[2].start_s <= 0.4
    assert timed[3].end_s - timed[3].start_s >= 0.025
    assert timed == with_own_rhythm(segments, _rng())


def _said_by(speaker: Speaker) -> list[Spoken]:
    return list(Diphones((speaker,)).speak(SENTENCES, _rng()))


@pytest.mark.needs_debian
@pytest.mark.parametrize("speaker", SPEAKERS[::3], ids=lambda speaker: str(speaker.voice))
def test_a_recorded_speaker_says_russian_in_the_time_that_is_told(speaker: Speaker) -> None:
    if (lack := missing()) is not None:
        pytest.skip(lack)
    # In a process of its own, as for the data: espeak-ng is one in a process.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        spoken = pool.submit(_said_by, speaker).result()
    assert [one.sentence for one in spoken] == list(SENTENCES)
    for one in spoken:
        assert one.segments[-1].end_s == pytest.approx(one.seconds, abs=0.05)
        assert tells_of_each_word(one.sentence, one.segments)
        quiet = one.samples[: int(one.segments[0].end_s * one.rate_hz / 2)]
        assert np.abs(one.samples).max() > 0.1
        assert quiet.std() < 0.2 * one.samples.std()
