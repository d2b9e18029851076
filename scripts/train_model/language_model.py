"""The language model: a trigram with back-off, by interpolated Kneser-Ney smoothing (Kneser, Ney 1995).

Costs are minus natural logarithms, as Kaldi's graphs have them. A history is a tuple of labels, () the unigrams;
`END` ends a sentence, `BEGINNING` begins one.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

Labels = tuple[str, ...]
_Counts = list[dict[Labels, Counter[str]]]
"""By length of the history: how much each label weighs behind it."""

BEGINNING = "<s>"
END = "</s>"
_DISCOUNT = 0.85
_LEAST_LEFT = 1e-6


@dataclass(frozen=True)
class Following:
    """What may follow a history: the cost of backing off, and of each label (with `END`)."""

    backing_off: float
    costs: Mapping[str, float]


@dataclass(frozen=True)
class LanguageModel:
    following: Mapping[Labels, Following]
    order: int

    def cost(self, history: Labels, label: str) -> float:
        """Of one label after a history. Raises KeyError for a label outside the vocabulary."""
        history = history[-(self.order - 1) :] if self.order > 1 else ()
        total = 0.0
        while True:
            found = self.following.get(history)
            if found is not None and label in found.costs:
                return total + found.costs[label]
            if not history:
                raise KeyError(label)
            total += found.backing_off if found is not None else 0.0
            history = history[1:]

    def perplexity(self, sentences: Iterable[Labels]) -> float:
        """A word's (the ends of sentences counted too). Raises KeyError for labels outside, ValueError for none."""
        total, labels = 0.0, 0
        for sentence in sentences:
            before: Labels = (BEGINNING,)
            for label in (*sentence, END):
                total += self.cost(before, label)
                before = (*before, label)
                labels += 1
        if not labels:
            raise ValueError("there are no sentences to judge the language model by")
        return math.exp(total / labels)


def estimate(
    sentences: Iterable[tuple[Labels, float]],
    vocabulary: Collection[str],
    *,
    order: int = 3,
    keep_above: tuple[float, ...] = (0.0, 0.0, 1.0),
    floor: float = 0.1,
) -> LanguageModel:
    """A model of weighted sentences, all of whose labels are in the vocabulary.

    `keep_above`: n-grams that weigh no more are left to back-off, by their length. `floor`: the share of unigrams
    that is given evenly to the whole vocabulary, so that every word can be heard.
    """
    counts = _by_what_they_follow(_counted(sentences, order))
    following: dict[Labels, Following] = {(): _unigrams(counts[0][()], vocabulary, floor)}
    for length in range(1, order):
        model = LanguageModel(dict(following), order)
        for history, seen in counts[length].items():
            kept = {label: count for label, count in seen.items() if count > keep_above[length]}
            if kept and history[1:] in following:
                following[history] = _discounted(kept, sum(seen.values()), history[1:], model)
    return LanguageModel(following, order)


def _counted(sentences: Iterable[tuple[Labels, float]], order: int) -> _Counts:
    counts: _Counts = [defaultdict(Counter) for _ in range(order)]
    for sentence, weight in sentences:
        labels = (BEGINNING, *sentence, END)
        for place in range(1, len(labels)):
            for length in range(min(order, place + 1)):
                counts[length][labels[place - length : place]][labels[place]] += weight  # type: ignore[assignment]
    return counts


def _by_what_they_follow(counts: _Counts) -> _Counts:
    """Below the highest order an n-gram counts once for each word that it was seen behind: «улица» may follow many,
    «Федерации» one. What begins a sentence follows nothing and keeps its weight."""
    told: _Counts = []
    for _ in counts[:-1]:
        told.append(defaultdict(Counter))
    told.append(counts[-1])
    for lower, higher in zip(told, counts[1:], strict=False):
        for history, seen in higher.items():
            lower[history[1:]].update(seen.keys())
    for lower, weighed in zip(told[1:-1], counts[1:-1], strict=True):
        lower.update({history: seen for history, seen in weighed.items() if history[0] == BEGINNING})
    return told


def _unigrams(seen: Counter[str], vocabulary: Collection[str], floor: float) -> Following:
    total, labels = sum(seen.values()), [*vocabulary, END]
    even = floor / len(labels)
    return Following(0.0, {label: -math.log((1 - floor) * seen[label] / total + even) for label in labels})


def _discounted(kept: Mapping[str, float], total: float, shorter: Labels, model: LanguageModel) -> Following:
    """Each count loses the discount; what is lost is shared out as the shorter history says."""
    lower = {label: math.exp(-model.cost(shorter, label)) for label in kept}
    given = {label: max(count - _DISCOUNT, 0.0) / total for label, count in kept.items()}
    left = 1.0 - sum(given.values())
    shares = {label: share + left * lower[label] for label, share in given.items()}
    unseen = max(_LEAST_LEFT, 1.0 - sum(shares.values())) / max(_LEAST_LEFT, 1.0 - sum(lower.values()))
    return Following(-math.log(unseen), {label: -math.log(share) for label, share in shares.items()})
