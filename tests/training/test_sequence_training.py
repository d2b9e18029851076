"""The sums over all paths against sums over paths that are written out one by one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from app.speech.phones import PDFS
from scripts.train_model.batches import NO_TARGET, Batch
from scripts.train_model.sequence_training import CLASSES, PhoneBigram, mmi

SEQUENCES = ((3, 5, 7), (4, 6))
LENGTHS = (4, 3)
TARGETS = np.array([[6, 7, 10, 14], [8, 12, 13, NO_TARGET]])


@pytest.fixture
def pairs() -> Any:
    table = np.random.default_rng(1).random((CLASSES + 1, CLASSES + 1))
    return table / table.sum(1, keepdims=True)


@pytest.fixture
def stay() -> Any:
    return np.random.default_rng(2).uniform(0.2, 0.8, CLASSES)


def durations(steps: int, phones: int) -> Iterator[list[int]]:
    """All ways to share the steps among the phones."""
    for cuts in itertools.combinations(range(1, steps), phones - 1):
        yield [after - before for before, after in itertools.pairwise((0, *cuts, steps))]


def path(scores: Any, phones: Sequence[int], lasting: Sequence[int], pairs: Any, stay: Any) -> Any:
    """The log probability of one path."""
    summed: Any = torch.tensor(0.0, dtype=torch.float64)
    now, before = 0, CLASSES
    for phone, steps in zip(phones, lasting, strict=True):
        leave = 1.0 if before == CLASSES else 1 - stay[before]
        summed = summed + np.log(leave * pairs[before, phone]) + scores[now, 2 * phone]
        for later in range(now + 1, now + steps):
            summed = summed + np.log(stay[phone]) + scores[later, 2 * phone + 1]
        now, before = now + steps, phone
    return summed + np.log((1 - stay[before]) * pairs[before, CLASSES])


def any_phones(scores: Any, lasting: Sequence[int], pairs: Any, stay: Any) -> Any:
    """The log of the sum over all phones that last so long."""
    follows, leave = torch.tensor(np.log(pairs)), torch.tensor(np.log(1 - stay))
    reached: Any = None
    now = 0
    for steps in lasting:
        emitted = scores[now, 0::2] + (steps - 1) * torch.tensor(np.log(stay))
        emitted = emitted + scores[now + 1 : now + steps, 1::2].sum(0)
        if reached is None:
            reached = follows[CLASSES, :CLASSES] + emitted
        else:
            reached = torch.logsumexp((reached + leave)[:, None] + follows[:CLASSES, :CLASSES], 0) + emitted
        now += steps
    return torch.logsumexp(reached + leave + follows[:CLASSES, CLASSES], 0)


def written_out(given: Any, pairs: Any, stay: Any) -> Any:
    """Log denominator less log numerator, summed over the utterances."""
    summed: Any = 0.0
    for row, (phones, steps) in enumerate(zip(SEQUENCES, LENGTHS, strict=True)):
        scores = torch.log_softmax(given[row].double(), 1)[:steps]
        own = [path(scores, phones, lasting, pairs, stay) for lasting in durations(steps, len(phones))]
        every = [
            any_phones(scores, lasting, pairs, stay)
            for count in range(1, steps + 1)
            for lasting in durations(steps, count)
        ]
        summed = summed + torch.logsumexp(torch.stack(every), 0) - torch.logsumexp(torch.stack(own), 0)
    return summed


def test_value_and_gradient_are_those_of_all_paths_written_out(pairs: Any, stay: Any) -> None:
    torch.manual_seed(3)
    scores = torch.randn(2, 4, PDFS, requires_grad=True)
    batch = Batch(np.zeros((2, 0, 30), np.float32), TARGETS, np.array(LENGTHS))
    loss, value, steps = mmi(scores, batch, PhoneBigram.from_numbers(pairs, stay))
    (gradient,) = torch.autograd.grad(loss, scores)

    wanted = written_out(scores, pairs, stay)
    (wanted_gradient,) = torch.autograd.grad(wanted, scores)
    assert steps == sum(LENGTHS)
    assert value == pytest.approx(float(wanted.detach()), rel=1e-6)
    assert torch.allclose(gradient, wanted_gradient, atol=1e-6)


def test_an_utterance_that_cannot_be_aligned_does_not_count(pairs: Any, stay: Any) -> None:
    scores = torch.randn(2, 4, PDFS)
    scores[0, :, :] = -1000.0
    scores[0, :, 0] = 1000.0
    batch = Batch(np.zeros((2, 0, 30), np.float32), TARGETS, np.array(LENGTHS))
    _, value, steps = mmi(scores, batch, PhoneBigram.from_numbers(pairs, stay))
    assert steps == LENGTHS[1]
    assert np.isfinite(value)
