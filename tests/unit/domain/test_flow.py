"""Scripts: their phrases, variables and greeting (education 3.5.5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import facts as f
from app.domain.calls import Phase
from app.domain.errors import BadFlow
from app.domain.facts import By
from app.domain.flow import VARIABLES, greeting_by_hour, render, variables_of
from app.domain.listening import farewell_said, stage_done
from tests.unit.domain.samples import INCOMING, OUTGOING, call_in

ALL = {name: name.upper() for name in VARIABLES}


@pytest.mark.parametrize(
    ("hours", "greeting"),
    [(range(4, 12), "Доброе утро"), (range(12, 18), "Добрый день"), ([*range(18, 24), *range(4)], "Добрый вечер")],
)
def test_the_greeting_of_every_hour(hours: range, greeting: str) -> None:
    assert {greeting_by_hour(hour) for hour in hours} == {greeting}


def test_phrases_whose_variables_are_known_in_their_order() -> None:
    phrases = ("Спасибо, {caller}.", "{greeting}! {body}.", "Спасибо.")
    known = {"greeting": "Добрый день", "body": "Служба"}
    assert render(phrases, known) == ["Добрый день! Служба.", "Спасибо."]
    assert render(phrases, {**known, "caller": ""}) == ["Добрый день! Служба.", "Спасибо."]
    assert render(phrases, {**known, "caller": "Анна"})[0] == "Спасибо, Анна."


@pytest.mark.parametrize("value", ["{need}", "{", "}", "{}", "%s"])
def test_what_a_caller_says_is_never_a_template(value: str) -> None:
    assert render(("Итак: {need}",), {"need": value}) == [f"Итак: {value}"]


@pytest.mark.parametrize("variable", sorted(VARIABLES))
def test_every_variable_is_known(variable: str) -> None:
    assert variables_of(f"раз {{{variable}}} два", "here") == {variable}


@pytest.mark.parametrize("template", ["", "Здравствуйте!", "{{скобки}}"])
def test_phrases_without_variables(template: str) -> None:
    assert variables_of(template, "here") == frozenset()


@pytest.mark.parametrize(
    "template",
    [
        "{nobody}",
        "{}",
        "{0}",
        "{name.first}",
        "{name[0]}",
        "{ name }",
        "{name",
        "name}",
        "{name!r}",
        "{name:d}",
        "{name:>10}",
        "{name:{other}}",
    ],
)
def test_a_broken_phrase_is_refused_with_its_place(template: str) -> None:
    with pytest.raises(BadFlow, match=r"incoming\.yaml:7"):
        variables_of(template, "incoming.yaml:7")


PIECES = st.lists(
    st.sampled_from(["{", "}", "name", "greeting", ":", "!", "d", "r", "0", ".", "[", "]", " ", "слово"])
)


@given(PIECES.map("".join))
def test_a_phrase_that_is_accepted_can_always_be_said(template: str) -> None:
    try:
        used = variables_of(template, "here")
    except BadFlow:
        return
    (phrase,) = render((template,), ALL)
    assert all(name.upper() in phrase for name in used)


def test_stages_and_steps_by_name() -> None:
    assert INCOMING.stage("nowhere") is None
    assert INCOMING.step("nowhere", "hello") is None
    assert INCOMING.step("greeting", "nothing") is None
    step = INCOMING.step("greeting", "hello")
    assert step is not None
    assert step.title == "Поздороваться"


def test_the_farewell_is_said_when_all_of_it_is() -> None:
    thanks, goodbye = (f.StepTicked("farewell", step, By.HAND) for step in ("thanks", "goodbye"))
    assert not farewell_said(INCOMING, call_in(Phase.TALKING, thanks))
    assert farewell_said(INCOMING, call_in(Phase.TALKING, thanks, goodbye))
    assert farewell_said(OUTGOING, call_in(Phase.TALKING, goodbye))


def test_a_stage_is_done_with_its_last_step() -> None:
    hello, name = (f.StepTicked("greeting", step, By.SPEECH) for step in ("hello", "name"))
    assert not stage_done(INCOMING, call_in(Phase.TALKING, hello), "greeting")
    assert stage_done(INCOMING, call_in(Phase.TALKING, hello, name), "greeting")
    assert not stage_done(INCOMING, call_in(Phase.TALKING, hello, name), "nowhere")
