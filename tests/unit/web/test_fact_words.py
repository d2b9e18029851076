"""Every kind of fact has its words, and no words give away who called."""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.application.reports import Role
from app.domain import facts as f
from app.domain.journal_form import KINDS
from app.storage.flows import load_profile
from app.web import fact_words
from app.web.call_view import PERSONAL_FIELDS
from app.web.catalogue import Catalogue
from app.web.fact_words import Teller
from app.web.names import Names

ROOT = Path(__file__).parents[3]
AT = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
NUMBER = "+79271234567"
STANDS_FOR = {str: "", int: 60, float: 41.0, bool: True, datetime: AT}


def sample(kind: type[f.Fact]) -> f.Fact:
    """A fact with a value in every field."""
    hints = typing.get_type_hints(kind)
    return kind(**{field.name: _value(field.name, hints[field.name]) for field in dataclasses.fields(kind)})


def _value(name: str, hint: Any) -> Any:
    if name in {"caller", "number"}:
        return NUMBER
    if typing.get_origin(hint) in (tuple, types.UnionType):
        return ()
    if issubclass(hint, StrEnum):
        return next(iter(hint))
    return {"operator": "ivanova", "name": "Анна Петровна"}.get(name, STANDS_FOR[hint])


@pytest.fixture(scope="module")
def names() -> Names:
    return Names(load_profile(ROOT / "call_flows" / "housing", years=range(2026, 2027)), ())


def teller(names: Names, role: Role, language: str = "ru") -> Teller:
    return Teller(names, Catalogue(language, ZoneInfo("Europe/Astrakhan")), role)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.__name__)
def test_every_kind_of_fact_is_told_in_words(names: Names, kind: type[f.Fact]) -> None:
    told = teller(names, Role.MANAGER).tell(f.Recorded("call:1", 1, AT, sample(kind)))
    english = teller(names, Role.MANAGER, "en").tell(f.Recorded("call:1", 1, AT, sample(kind)))
    assert told.text
    assert "%(" not in told.text + told.detail
    assert told.text != english.text or "ivanova" in told.text
    assert NUMBER not in told.text + told.detail


def test_only_kinds_of_facts_have_words() -> None:
    assert set(fact_words.WORDS) == set(KINDS.values())


def test_icons_are_in_the_sprite() -> None:
    sprite = (ROOT / "static" / "icons.svg").read_text()
    assert [icon for icon, _tone, _words in fact_words.WORDS.values() if f'id="{icon}"' not in sprite] == []


@pytest.mark.parametrize(
    ("role", "number", "name"),
    [
        (Role.MANAGER, "+7 927 ***-**-67", "А. П."),
        (Role.ADMINISTRATOR, "+7 927 123-45-67", "Анна Петровна"),
    ],
)
def test_the_role_decides_who_is_named(names: Names, role: Role, number: str, name: str) -> None:
    telling = teller(names, role)
    arrived = telling.tell(f.Recorded("call:1", 1, AT, f.CallArrived(NUMBER, "1", "reception", "housing", "v1")))
    named = telling.tell(f.Recorded("call:1", 2, AT, f.CallerNamed("Анна Петровна")))
    assert number in arrived.text
    assert named.detail == name


def test_every_field_that_names_a_caller_is_masked_in_the_download() -> None:
    personal = {
        (kind, field.name)
        for kind, cls in KINDS.items()
        for field in dataclasses.fields(cls)
        if field.name in {"caller", "number", "name"}
    }
    assert personal == set(PERSONAL_FIELDS.items())


@pytest.mark.parametrize(
    ("tick", "detail"),
    [
        (f.StepTicked("greeting", "hello", f.By.HAND), "вручную"),
        (f.StepTicked("greeting", "hello", f.By.SPEECH, "добрый день", 0.912), "«добрый день», уверенность 91 %"),
        (
            f.StepTicked("greeting", "hello", f.By.SPEECH, "добрый день", 1.0, "liniya-demo-ru 1"),
            "«добрый день», уверенность 100 %, liniya-demo-ru 1",
        ),
    ],
)
def test_a_tick_tells_what_was_heard_how_surely_and_by_which_model(
    names: Names, tick: f.StepTicked, detail: str
) -> None:
    assert teller(names, Role.MANAGER).tell(f.Recorded("call:1", 1, AT, tick)).detail == detail


def test_a_reason_that_a_person_wrote_is_shown_as_it_stands(names: Names) -> None:
    told = teller(names, Role.MANAGER).tell(
        f.Recorded("call:1", 1, AT, f.OperatorLeft("ivanova", "hung_up", "Абонент бранился"))
    )
    assert told.detail == "положена трубка; Абонент бранился"


@pytest.mark.parametrize("enum_words", [fact_words.BY, fact_words.PRESENCE])
def test_every_value_of_an_enumeration_has_words(enum_words: dict[StrEnum, str]) -> None:
    assert set(enum_words) == set(type(next(iter(enum_words))))
