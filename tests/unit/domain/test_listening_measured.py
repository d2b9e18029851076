"""How well steps are heard in the written dialogues (scripts/measure_listening.py); figures: docs/figures.md."""

from __future__ import annotations

from collections import Counter

import pytest

from app.domain.facts import Speaker
from scripts.dialogues import dialogues
from scripts.measure_listening import measure

ALL = dialogues()


@pytest.mark.parametrize("blind", [False, True], ids=["work", "blind"])
def test_steps_are_heard_on_true_text(blind: bool) -> None:
    score = measure(one for one in ALL if one.blind is blind).all
    assert score.precision >= 0.95, score.false
    assert score.recall >= 0.9, score.missed


def test_the_dialogues_are_many_and_long_enough() -> None:
    by_profile = Counter(one.profile for one in ALL)
    assert min(by_profile.values()) >= 12
    assert {one.flow for one in ALL} == {"incoming", "outgoing"}
    assert sum(one.blind for one in ALL) * 3 >= len(ALL)
    assert all(8 <= len(one.turns) <= 25 for one in ALL)


def test_only_turns_of_who_does_a_step_are_marked_with_it() -> None:
    callers = {place for one in ALL for turn in one.turns if turn.speaker is Speaker.CALLER for place in turn.steps}
    assert callers == {("hang_up", "caller_goodbye"), ("consent", "agreed")}
