"""The journal's form: what was stored can always be read."""

from __future__ import annotations

import json
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import facts as f
from app.domain.journal_form import KINDS, from_json, to_json
from tests.unit.domain.samples import FACTS

st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
AWARE = st.datetimes(timezones=st.just(UTC))
TIMES = {f.LineWasClosed: {"next_opening": AWARE}, f.PromiseMade: {"due_at": AWARE}}


def stored(fact: f.Fact) -> f.Fact:
    """The fact, as it comes back from the journal."""
    return from_json(type(fact).__name__, json.loads(json.dumps(to_json(fact), ensure_ascii=False)))


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_every_kind_comes_back_as_it_was(fact: f.Fact) -> None:
    assert stored(fact) == fact


@given(st.one_of([st.builds(kind, **TIMES.get(kind, {})) for kind in KINDS.values()]))
def test_any_fact_comes_back_as_it_was(fact: f.Fact) -> None:
    back = stored(fact)
    assert back == fact
    assert {name: type(value) for name, value in vars(back).items()} == {
        name: type(value) for name, value in vars(fact).items()
    }


def test_what_was_stored_before_a_field_was_added_takes_its_default() -> None:
    assert from_json("CallQueued", {"unit": "line"}) == f.CallQueued("line", again=False)
    tick = {"stage": "greeting", "step": "hello", "by": "speech", "phrase": "добрый день", "score": 0.9}
    assert from_json("StepTicked", tick) == f.StepTicked("greeting", "hello", f.By.SPEECH, "добрый день", 0.9)


def test_what_a_newer_version_stored_is_read_without_the_unknown() -> None:
    assert from_json("CallQueued", {"unit": "line", "weather": "rain"}) == f.CallQueued("line")


def test_unknown_kinds_and_missing_fields_are_errors() -> None:
    with pytest.raises(KeyError):
        from_json("CallSung", {})
    with pytest.raises(TypeError):
        from_json("CallQueued", {})


def test_the_stored_form_is_plain() -> None:
    phrase = next(fact for fact in FACTS if isinstance(fact, f.PhraseHeard))
    body = to_json(phrase)
    assert (type(body["speaker"]), body["words"][0]) == (str, ["добрый", 1.0, 1.5])
