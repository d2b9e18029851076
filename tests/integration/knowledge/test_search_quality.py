"""How well the search answers what callers say (scripts/measure_search.py); docs/figures.md has the figures."""

from __future__ import annotations

from app.domain.facts import Speaker
from scripts.measure_search import measure_all
from scripts.spoken_dialogues import listener


def test_the_search_is_as_good_as_it_was() -> None:
    measured = measure_all()["all"]
    assert measured.asked == 180
    assert measured.recall_3 >= 0.89, "\n".join(measured.misses)
    assert measured.recall_1 >= 0.67
    assert measured.false_share <= 0.17, "\n".join(measured.falses)


def test_the_search_is_asked_by_what_was_heard() -> None:
    written, unheard = measure_all(first=3)["all"], measure_all(lambda _text: "", first=3)["all"]
    assert written.asked == unheard.asked == written.unanswerable == 15
    assert written.third > 0
    assert (unheard.third, unheard.silent, unheard.false) == (0, 15, 0)


def test_a_question_goes_through_a_telephone_to_the_bundled_model() -> None:
    asked = "добрый день подскажите пожалуйста куда мне обратиться"
    heard = listener()
    assert set(asked.split()) & set(heard(asked, Speaker.CALLER).split())
    assert heard(" ", Speaker.CALLER) == ""
