"""Lattice-free MMI: the utterance's own phones against all that a phone bigram allows (Povey et al., 2016).

Monophones of two pdfs (first frame, later frames) and steps of 30 ms keep both graphs so small that exact sums
over all paths are a few products of matrices a frame. The gradient needs no automatic differentiation: it is the
difference of two occupation probabilities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from app.speech.phones import CLASS_OF, PDFS
from scripts.train_model.batches import Batch, Utterances

CLASSES = len(CLASS_OF)
_TOLERANCE = 4
"""How many steps of 30 ms a phone may lie aside from where the synthesiser put it."""
_UNSEEN = 0.05
"""What a pair of phones that was never seen counts."""


@dataclass(frozen=True)
class PhoneBigram:
    """Probabilities: of the next phone (`start`, `follows`), of the end after one, of one more step in it."""

    start: Any
    follows: Any
    end: Any
    stay: Any

    @classmethod
    def of(cls, utterances: Utterances) -> PhoneBigram:
        """Counted on the training targets."""
        pairs = np.full((CLASSES + 1, CLASSES + 1), _UNSEEN)
        steps = np.zeros(CLASSES)
        begun = np.zeros(CLASSES)
        for index in range(len(utterances)):
            targets = utterances.targets(index)
            phones = targets[targets % 2 == 0] // 2
            np.add.at(pairs, (phones[:-1], phones[1:]), 1)
            pairs[CLASSES, phones[0]] += 1
            pairs[phones[-1], CLASSES] += 1
            steps += np.bincount(targets // 2, minlength=CLASSES)
            begun += np.bincount(phones, minlength=CLASSES)
        stay = np.clip(1 - begun / np.maximum(steps, 1), 0.1, 0.95)
        return cls.from_numbers(pairs / pairs.sum(1, keepdims=True), stay)

    @classmethod
    def from_numbers(cls, pairs: NDArray[np.floating], stay: NDArray[np.floating]) -> PhoneBigram:
        """`pairs` (CLASSES + 1, CLASSES + 1): the last row is the start, the last column the end."""
        table = torch.tensor(pairs, dtype=torch.float64)
        return cls(table[-1, :-1], table[:-1, :-1], table[:-1, -1], torch.tensor(stay, dtype=torch.float64))


@dataclass(frozen=True)
class _Graph:
    """States that are entered on a phone's first frame and stayed in: `advance` sends probability from states on to
    those entered next, `retreat` is its transpose; `start`, `end` and `stay` are (batch, states)."""

    start: Any
    end: Any
    stay: Any
    advance: Callable[[Any], Any]
    retreat: Callable[[Any], Any]


def mmi(scores: Any, batch: Batch, bigram: PhoneBigram) -> tuple[Any, float, int]:
    """The loss to differentiate (its gradient is that of the sum of log denominator - log numerator), that sum's
    value, and the steps that it is over. Utterances whose own phones cannot be aligned do not count."""
    log_posteriors = torch.log_softmax(scores, dim=2)
    with torch.no_grad():
        emitted = log_posteriors.detach().double().exp().transpose(0, 1)
        lengths = torch.from_numpy(batch.lengths)
        all_log, all_occupied = _denominator(emitted, lengths, bigram)
        own_log, own_occupied = _numerator(emitted, batch, bigram)
        sound = torch.isfinite(own_log) & torch.isfinite(all_log)
        gradient = torch.where(sound[None, :, None], all_occupied - own_occupied, 0.0).transpose(0, 1).float()
        value = float((all_log - own_log)[sound].sum())
        steps = int(lengths[sound].sum())
    return (gradient * log_posteriors).sum(), value, steps


def _denominator(emitted: Any, lengths: Any, bigram: PhoneBigram) -> tuple[Any, Any]:
    size = emitted.shape[1]
    leave = 1 - bigram.stay
    move = leave[:, None] * bigram.follows
    graph = _Graph(
        start=bigram.start.expand(size, -1),
        end=(leave * bigram.end).expand(size, -1),
        stay=bigram.stay,
        advance=lambda alpha: alpha @ move,
        retreat=lambda beta: beta @ move.T,
    )
    log_sum, first, later = _occupied(graph, emitted[:, :, 0::2], emitted[:, :, 1::2], lengths)
    return log_sum, torch.stack([first, later], dim=3).flatten(2)


def _numerator(emitted: Any, batch: Batch, bigram: PhoneBigram) -> tuple[Any, Any]:
    phones, allowed, last = _own_phones(batch)
    leave = 1 - bigram.stay[phones]
    move = leave[:, :-1] * bigram.follows[phones[:, :-1], phones[:, 1:]]
    rows = torch.arange(len(phones))
    start, end = torch.zeros_like(leave), torch.zeros_like(leave)
    start[:, 0] = bigram.start[phones[:, 0]]
    end[rows, last] = leave[rows, last] * bigram.end[phones[rows, last]]
    edge = torch.zeros(len(phones), 1, dtype=torch.float64)
    graph = _Graph(
        start=start,
        end=end,
        stay=bigram.stay[phones],
        advance=lambda alpha: torch.cat([edge, alpha[:, :-1] * move], dim=1),
        retreat=lambda beta: torch.cat([move * beta[:, 1:], edge], dim=1),
    )
    pdfs = (2 * phones).expand(len(emitted), -1, -1)
    log_sum, first, later = _occupied(
        graph,
        emitted.gather(2, pdfs) * allowed,
        emitted.gather(2, pdfs + 1) * allowed,
        torch.from_numpy(batch.lengths),
    )
    occupied = torch.zeros_like(emitted).scatter_add_(2, pdfs, first).scatter_add_(2, pdfs + 1, later)
    return log_sum, occupied


def _own_phones(batch: Batch) -> tuple[Any, Any, Any]:
    """Each utterance's phones (batch, phones), when each may be said (steps, batch, phones), its last phone."""
    begins = [
        np.flatnonzero(row[:length] % 2 == 0) for row, length in zip(batch.targets, batch.lengths, strict=True)
    ]
    size, steps, most = len(begins), batch.targets.shape[1], max(len(begin) for begin in begins)
    phones = np.zeros((size, most), np.int64)
    from_step, to_step = np.full((size, most), steps), np.zeros((size, most), np.int64)
    for row, begin in enumerate(begins):
        phones[row, : len(begin)] = batch.targets[row, begin] // 2
        from_step[row, : len(begin)] = begin - _TOLERANCE
        to_step[row, : len(begin)] = np.append(begin[1:], batch.lengths[row]) + _TOLERANCE
    now = np.arange(steps)[:, None, None]
    allowed = (now >= from_step) & (now < to_step)
    last = np.array([len(begin) - 1 for begin in begins])
    return torch.from_numpy(phones), torch.from_numpy(allowed), torch.from_numpy(last)


def _occupied(graph: _Graph, first: Any, later: Any, lengths: Any) -> tuple[Any, Any, Any]:
    """Forward-backward in probabilities, scaled at each step: the log of the sum over all paths (batch,), and how
    probably each state's first or later frame stands at each step, both (steps, batch, states)."""
    count = len(first)
    going = torch.arange(count)[:, None] < lengths
    alpha = graph.start * first[0]
    scale = alpha.sum(1, keepdim=True)
    alpha = alpha / scale
    entered, stayed, scales = [alpha], [torch.zeros_like(alpha)], [scale]
    for now in range(1, count):
        entered.append(graph.advance(alpha) * first[now])
        stayed.append(alpha * graph.stay * later[now])
        reached = entered[now] + stayed[now]
        scales.append(torch.where(going[now, :, None], reached.sum(1, keepdim=True), 1.0))
        alpha = torch.where(going[now, :, None], reached / scales[now], alpha)
    ended = (alpha * graph.end).sum(1, keepdim=True)
    log_sum = torch.stack(scales).log().sum(0)[:, 0] + ended.log()[:, 0]

    beta = graph.end / ended
    for now in range(count - 1, 0, -1):
        alive = going[now, :, None]
        onward = beta / scales[now]
        before = graph.retreat(first[now] * onward) + graph.stay * later[now] * onward
        entered[now] = torch.where(alive, entered[now] * onward, 0.0)
        stayed[now] = torch.where(alive, stayed[now] * onward, 0.0)
        beta = torch.where(alive, before, beta)
    entered[0] = entered[0] * beta
    return log_sum, torch.stack(entered), torch.stack(stayed)


def starting_bias(counts: NDArray[np.int64]) -> Any:
    """The logarithm of each pdf's prior (PDFS,), which turns posteriors into scaled likelihoods."""
    smoothed = counts.astype(np.float64) + 10
    if smoothed.shape != (PDFS,):
        raise ValueError(f"counts of {smoothed.shape} and not of {PDFS} pdfs")
    return torch.from_numpy(np.log(smoothed / smoothed.sum()))
