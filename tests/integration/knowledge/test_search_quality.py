"""How well the search answers what callers say (scripts/measure_search.py); docs/figures.md has the figures."""

from __future__ import annotations

from scripts.measure_search import measure_all


def test_the_search_is_as_good_as_it_was() -> None:
    measured = measure_all()["all"]
    assert measured.asked == 180
    assert measured.recall_3 >= 0.89, "\n".join(measured.misses)
    assert measured.recall_1 >= 0.67
    assert measured.false_share <= 0.17, "\n".join(measured.falses)
