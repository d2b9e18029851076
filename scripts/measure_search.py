"""Measure the search of the knowledge base: `python -m scripts.measure_search [--misses]`.

Every question of `tests/unit/domain/kb_questions.yaml` is asked of its body's articles; each of those that no
article answers is asked of every body. `recall@n` is the share of questions with a right article among the first n
of a typed search. Suggestions need a higher score: "not suggested" counts answerable questions that suggest
nothing, "false suggestions" the others that suggest something.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from app.dictionary import normal_form
from app.domain.profile import Profile
from app.domain.search import ENOUGH, ENOUGH_TYPED, Index, Query
from app.storage.flows import load_profile

PROJECT = Path(__file__).resolve().parent.parent
QUESTIONS = PROJECT / "tests" / "unit" / "domain" / "kb_questions.yaml"
NONE = "none"


@dataclass
class Measured:
    """Of one body, or of all together."""

    asked: int = 0
    first: int = 0
    third: int = 0
    silent: int = 0
    """Answerable questions that suggest nothing."""
    unanswerable: int = 0
    false: int = 0
    misses: list[str] = field(default_factory=list)
    falses: list[str] = field(default_factory=list)

    def add(self, other: Measured) -> None:
        for name in ("asked", "first", "third", "silent", "unanswerable", "false"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.misses += other.misses
        self.falses += other.falses

    @property
    def recall_1(self) -> float:
        return self.first / max(1, self.asked)

    @property
    def recall_3(self) -> float:
        return self.third / max(1, self.asked)

    @property
    def false_share(self) -> float:
        return self.false / max(1, self.unanswerable)


def index_of(profile: Profile) -> Index:
    return Index(profile.articles, normal_form, profile.topic_titles)


def measure(index: Index, asked: list[Mapping[str, object]], unanswerable: list[str]) -> Measured:
    """How the index does."""
    result = Measured(asked=len(asked), unanswerable=len(unanswerable))
    for one in asked:
        right = one["articles"]
        assert isinstance(right, list)
        found = [each.article.id for each in index.search(Query(str(one["ask"]), enough=ENOUGH_TYPED))]
        result.first += bool(found) and found[0] in right
        hit = any(each in right for each in found[:3])
        result.third += hit
        result.silent += not index.search(Query(str(one["ask"]), enough=ENOUGH))
        if not hit:
            result.misses.append(f"{one['ask']} -> {', '.join(right)}; found {', '.join(found[:3]) or 'nothing'}")
    for text in unanswerable:
        if found_any := index.search(Query(text)):
            result.false += 1
            result.falses.append(f"{text}: {found_any[0].article.id} {found_any[0].score}")
    return result


def measure_all() -> dict[str, Measured]:
    """By body, and under "all" together."""
    questions = yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))
    measured: dict[str, Measured] = {}
    for body, asked in questions.items():
        if body != NONE:
            profile = load_profile(PROJECT / "call_flows" / body, years=range(2026, 2027))
            measured[body] = measure(index_of(profile), asked, questions[NONE])
    together = Measured()
    for one in measured.values():
        together.add(one)
    return {**measured, "all": together}


def main() -> int:
    begun = time.perf_counter()
    measured = measure_all()
    print("| body | questions | recall@1 | recall@3 | not suggested | false suggestions |")
    print("| --- | --- | --- | --- | --- | --- |")
    for body, one in measured.items():
        false = f"{one.false} of {one.unanswerable}"
        print(f"| {body} | {one.asked} | {one.recall_1:.2f} | {one.recall_3:.2f} | {one.silent} | {false} |")
    print(f"\n{time.perf_counter() - begun:.1f} s with loading")
    if "--misses" in sys.argv:
        print("\n".join([*measured["all"].misses, "", *measured["all"].falses]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
