"""The shelf over a real profile and the real dictionary."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.dictionary import normal_form
from app.domain.profile import Profile
from app.domain.search import Query
from app.knowledge.shelf import OfFiles, Shelf
from app.storage.flows import load_profile

FLOWS = Path(__file__).parents[3] / "call_flows"


@pytest.fixture(scope="module")
def profile() -> Profile:
    return load_profile(FLOWS / "housing", years=range(2026, 2027))


@pytest.fixture
def shelf(profile: Profile) -> Iterator[Shelf]:
    shelf = Shelf(OfFiles(), normal_form, profile, refresh_every_s=3600)
    shelf.refresh()
    yield shelf
    shelf.close()


def test_articles_of_the_profile_are_found(shelf: Shelf, profile: Profile) -> None:
    assert shelf.edition == 1
    assert shelf.search(Query("у меня с потолка течёт, крыша"))[0].article.id == "roof-leak"
    shown = shelf.article("roof-leak")
    assert shown is not None
    assert shown.version == 0
    assert shown.html.startswith("<p>")
    assert shelf.article("nothing") is None


def test_nothing_is_read_again_while_nothing_has_changed(shelf: Shelf, profile: Profile) -> None:
    shelf.refresh()
    assert shelf.edition == 1
    shelf.use_profile(load_profile(FLOWS / "property", years=range(2026, 2027)))
    shelf.refresh()
    assert shelf.edition == 2
    assert shelf.article("roof-leak") is None
    assert shelf.article("land-auction") is not None


def test_a_closed_shelf_leaves_no_thread(profile: Profile) -> None:
    shelf = Shelf(OfFiles(), normal_form, profile)
    shelf.close()
    assert "knowledge" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize(("one", "other"), [("шёл", "идти"), ("крышей", "крыша"), ("квартир", "квартира")])
def test_forms_of_a_word_are_one(one: str, other: str) -> None:
    assert normal_form(one) == normal_form(other)
