"""How well slips of operators who speak badly are found (scripts/measure_speech_hints.py)."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from app.domain.facts import Speaker
from app.domain.operators_speech import HintKind
from scripts.bad_speech import Talk, bad_talks, timed
from scripts.dialogues import dialogues, listened
from scripts.measure_speech_hints import Found, Measured, Walk, measure, scored

TALKS = bad_talks()


@pytest.fixture(scope="module")
def work() -> Measured:
    return measure(one for one in TALKS if not one.blind)


def test_slips_are_found(work: Measured) -> None:
    assert work.all.precision >= 0.97, work.all.false
    assert work.all.recall >= 0.97, work.all.missed


@pytest.mark.parametrize("kind", HintKind)
def test_slips_of_each_kind_are_found(work: Measured, kind: HintKind) -> None:
    """A tautology is the least sure: who repeats a word may have no other."""
    score = work.by_kind[kind]
    assert score.precision >= (0.8 if kind is HintKind.TAUTOLOGY else 0.95), score.false
    assert score.recall >= 0.9, score.missed


def test_slips_of_the_blind_set_are_found() -> None:
    score = measure(one for one in TALKS if one.blind).all
    assert score.precision >= 0.97
    assert score.recall >= 0.97


@pytest.mark.parametrize("kind", HintKind)
def test_each_kind_is_hinted_at(work: Measured, kind: HintKind) -> None:
    assert kind in {hint.kind for _talk, hint in work.hints}


@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: str(talk.name))
def test_hints_are_quiet(talk: Talk) -> None:
    at = [hint.at_s for hint in Walk(talk).hints]
    assert at, "who speaks so badly deserves one"
    every_s = listened(talk.profile).speech.hint_every_s
    assert every_s >= 20
    assert all(later - earlier >= every_s for earlier, later in pairwise(at))


def test_who_speaks_well_is_left_alone(work: Measured) -> None:
    good = measure(timed(one) for one in dialogues() if one.blind)
    assert good.a_minute <= 0.2
    assert work.a_minute > 5 * good.a_minute


def test_the_set_has_each_kind_and_each_body() -> None:
    marked = Counter(kind for talk in TALKS for turn in talk.turns for kind in turn.slips)
    assert min(marked[kind] for kind in HintKind) >= 3
    by_body = Counter(talk.profile for talk in TALKS)
    assert len(by_body) == 5
    assert min(by_body.values()) >= 4
    assert not [turn for talk in TALKS for turn in talk.turns if turn.speaker is Speaker.CALLER and turn.slips]


def test_what_is_found_elsewhere_is_false_and_nothing_is_found_twice() -> None:
    talk = TALKS[0]
    found = Walk(talk).found
    (marked,) = {one.turn for one in found if one.slip.kind is HintKind.TOO_FAST}
    once, twice = (scored(talk, found * times)[HintKind.TOO_FAST] for times in (1, 2))
    assert (once.right, once.false, twice.right, twice.false) == (1, [], 1, [])
    moved = [Found(0, one.slip) for one in found if one.turn == marked]
    astray = scored(talk, moved)[HintKind.TOO_FAST]
    assert (astray.right, len(astray.false), len(astray.missed)) == (0, 1, 1)
