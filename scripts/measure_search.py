"""Measure the search of the knowledge base: `python -m scripts.measure_search [--misses] [--recognised]`.

Every question of `tests/unit/domain/kb_questions.yaml` is asked of its body's articles; each of those that no
article answers is asked of every body. `recall@n` is the share of questions with a right article among the first n
of a typed search. Suggestions need a higher score: "not suggested" counts answerable questions that suggest
nothing, "false suggestions" the others that suggest something. `--recognised` also speaks every question through a
telephone to the bundled model and asks by what that heard; `--first N` takes so many questions of each body only.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from app.dictionary import normal_form
from app.domain.facts import Speaker
from app.domain.profile import Profile
from app.domain.search import ENOUGH, ENOUGH_TYPED, Index, Query
from app.storage.flows import load_profile

PROJECT = Path(__file__).resolve().parent.parent
QUESTIONS = PROJECT / "tests" / "unit" / "domain" / "kb_questions.yaml"
NONE = "none"

Heard = Callable[[str], str]
"""What becomes of a question before it is asked."""


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


def as_written(text: str) -> str:
    return text


def measure(
    index: Index, asked: list[Mapping[str, object]], unanswerable: list[str], heard: Heard = as_written
) -> Measured:
    """How the index does."""
    result = Measured(asked=len(asked), unanswerable=len(unanswerable))
    for one in asked:
        right = one["articles"]
        assert isinstance(right, list)
        question = heard(str(one["ask"]))
        found = [each.article.id for each in index.search(Query(question, enough=ENOUGH_TYPED))]
        result.first += bool(found) and found[0] in right
        hit = any(each in right for each in found[:3])
        result.third += hit
        result.silent += not index.search(Query(question, enough=ENOUGH))
        if not hit:
            result.misses.append(f"{question} -> {', '.join(right)}; found {', '.join(found[:3]) or 'nothing'}")
    for text in map(heard, unanswerable):
        if found_any := index.search(Query(text)):
            result.false += 1
            result.falses.append(f"{text}: {found_any[0].article.id} {found_any[0].score}")
    return result


def measure_all(heard: Heard = as_written, first: int | None = None) -> dict[str, Measured]:
    """By body, and under "all" together; `first` so many questions of each."""
    questions = yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))
    measured: dict[str, Measured] = {}
    for body, asked in questions.items():
        if body != NONE:
            profile = load_profile(PROJECT / "call_flows" / body, years=range(2026, 2027))
            measured[body] = measure(index_of(profile), asked[:first], questions[NONE][:first], heard)
    together = Measured()
    for one in measured.values():
        together.add(one)
    return {**measured, "all": together}


def main() -> int:
    options = _options()
    begun = time.perf_counter()
    sets = {"": measure_all(first=options.first)}
    if options.recognised:
        sets[", recognised"] = measure_all(_recognised(), options.first)
    print("| body | questions | recall@1 | recall@3 | not suggested | false suggestions |")
    print("| --- | --- | --- | --- | --- | --- |")
    for body in sets[""]:
        for how, measured in sets.items():
            print(_row(f"{body}{how}", measured[body]))
    print(f"\n{time.perf_counter() - begun:.1f} s with loading")
    if options.misses:
        for how, measured in sets.items():
            print("\n".join([how.removeprefix(", "), *measured["all"].misses, "", *measured["all"].falses]))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.measure_search", description=__doc__)
    parser.add_argument("--misses", action="store_true", help="list the questions that found nothing right")
    parser.add_argument("--recognised", action="store_true", help="ask also by what the bundled model hears")
    parser.add_argument("--first", type=int, metavar="N", help="only so many questions of each body")
    return parser.parse_args()


def _recognised() -> Heard:
    # Loaded only where it is wanted: who measures on written text needs no recogniser.
    from scripts.spoken_dialogues import listener

    on_the_phone = listener()
    return lambda text: on_the_phone(text, Speaker.CALLER)


def _row(name: str, one: Measured) -> str:
    false = f"{one.false} of {one.unanswerable}"
    return f"| {name} | {one.asked} | {one.recall_1:.2f} | {one.recall_3:.2f} | {one.silent} | {false} |"


if __name__ == "__main__":
    sys.exit(main())
