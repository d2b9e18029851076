"""The utterances that the network learns from, in batches of like length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.speech.phones import CLASS_OF, PDFS

NO_TARGET = -100
"""Marks the steps beyond an utterance's end."""

Warp = Callable[[NDArray[np.float32], np.random.Generator], NDArray[np.float32]]


@dataclass(frozen=True)
class Batch:
    """`features` (utterances, 3 * steps + 2 * context - 2, 30), edges repeated into the context; `targets`
    (utterances, steps), NO_TARGET beyond the end; `lengths` (utterances,) in steps of 30 ms."""

    features: NDArray[np.float32]
    targets: NDArray[np.int64]
    lengths: NDArray[np.int64]


class Utterances:
    """All shards at once: features stay in half precision until their batch is made."""

    def __init__(self, shards: Sequence[Path]) -> None:
        if not shards:
            raise FileNotFoundError("there are no shards to train on: run python -m scripts.train_model.dataset")
        self._features: list[NDArray[np.float16]] = []
        self._targets: list[NDArray[np.uint8]] = []
        self._places: list[tuple[int, int, int]] = []
        lengths: list[NDArray[np.int32]] = []
        for shard in shards:
            with np.load(shard) as file:
                self._add(file["F"], file["Y"], file["n"])
                lengths.append(file["n"])
        self.frames = np.concatenate(lengths)

    def _add(self, features: NDArray[np.float16], targets: NDArray[np.uint8], frames: NDArray[np.int32]) -> None:
        number = len(self._features)
        self._features.append(features)
        self._targets.append(targets)
        first_frames = np.concatenate([[0], np.cumsum(frames)])
        first_steps = np.concatenate([[0], np.cumsum((frames + 2) // 3)])
        self._places += [(number, int(first_frames[i]), int(first_steps[i])) for i in range(len(frames))]

    def __len__(self) -> int:
        return len(self._places)

    @property
    def hours(self) -> float:
        return float(self.frames.sum()) / 360_000

    def features(self, index: int) -> NDArray[np.float32]:
        number, frame, _ = self._places[index]
        return self._features[number][frame : frame + self.frames[index]].astype(np.float32)

    def targets(self, index: int) -> NDArray[np.uint8]:
        number, _, step = self._places[index]
        return self._targets[number][step : step + (self.frames[index] + 2) // 3]

    def statistics(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mean and deviation of each feature, from a part of each shard."""
        sample = np.concatenate([features[:100_000].astype(np.float32) for features in self._features])
        return sample.mean(0), sample.std(0)

    def counts(self) -> NDArray[np.int64]:
        """How often each pdf is a target."""
        return sum((np.bincount(targets, minlength=PDFS) for targets in self._targets), np.zeros(PDFS, np.int64))

    def plan(self, rng: np.random.Generator, frames_a_batch: int) -> list[NDArray[np.int64]]:
        """One pass over everything: batches of utterances of about one length, in random order."""
        order = np.argsort(self.frames + rng.uniform(0, 60, len(self)))
        batches: list[NDArray[np.int64]] = []
        begun = longest = 0
        for at, index in enumerate(order):
            longest = max(longest, int(self.frames[index]))
            if at > begun and longest * (at + 1 - begun) > frames_a_batch:
                batches.append(order[begun:at])
                begun, longest = at, int(self.frames[index])
        batches.append(order[begun:])
        return [batches[number] for number in rng.permutation(len(batches))]

    def batch(self, indices: NDArray[np.int64], context: int, rng: np.random.Generator, warp: Warp) -> Batch:
        """The utterances' features, each given to `warp` first."""
        steps = (self.frames[indices].astype(np.int64) + 2) // 3
        features = np.empty((len(indices), 3 * int(steps.max()) + 2 * context - 2, 30), np.float32)
        targets = np.full((len(indices), int(steps.max())), NO_TARGET, np.int64)
        for row, index in enumerate(indices):
            said = warp(self.features(int(index)), rng)
            features[row, :context] = said[0]
            features[row, context : context + len(said)] = said
            features[row, context + len(said) :] = said[-1]
            targets[row, : steps[row]] = self.targets(int(index))
        return Batch(features, targets, steps)


def endless(utterances: Utterances, rng: np.random.Generator, frames_a_batch: int) -> Iterator[NDArray[np.int64]]:
    """Pass after pass."""
    while True:
        yield from utterances.plan(rng, frames_a_batch)


def stay_probabilities(shards: Sequence[Path]) -> dict[str, float]:
    """How probable one more step of 30 ms in a phone is, from the targets: for the transitions and the graph."""
    counts = np.zeros(PDFS, np.int64)
    for shard in shards:
        with np.load(shard) as file:
            counts += np.bincount(file["Y"], minlength=PDFS)
    return {
        phone: _stay(int(counts[2 * number]), int(counts[2 * number + 1])) for phone, number in CLASS_OF.items()
    }


def _stay(begun: int, later: int) -> float:
    return float(np.clip(later / (begun + later), 0.1, 0.95)) if begun else 0.5
