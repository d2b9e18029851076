"""Muon (Jordan et al., 2024): a step for matrices whose directions all weigh the same.

The momentum of the gradient is made nearly orthogonal by five steps of Newton and Schulz before it is taken away,
so that what a matrix seldom hears is learnt as fast as what it hears all the time. PyTorch's own counts in
bfloat16, which is many times slower than float32 on processors that lack it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

_MOMENTUM = 0.95
_POLYNOMIAL = (3.4445, -4.7750, 2.0315)
_STEPS = 5
_AS_LONG_AS_ADAMS = 0.2
"""The root of the mean square of an update, as a share of the rate of learning: then the rates of both suit."""
_TINY = 1e-7


class OrthogonalSteps:
    """For weights (outputs, taps x inputs): those of each tap of a spliced layer are a matrix of their own."""

    def __init__(self, weights: Sequence[tuple[Any, int]], decay: float) -> None:
        """`weights` with the number of taps of each."""
        self._weights = weights
        self._decay = decay
        self._momentum = [torch.zeros_like(weight) for weight, _ in weights]

    def step(self, rate: float) -> None:
        """Go down the gradient that stands in the weights."""
        with torch.no_grad():
            for (weight, taps), momentum in zip(self._weights, self._momentum, strict=True):
                momentum.lerp_(weight.grad, 1 - _MOMENTUM)
                ahead = weight.grad.lerp(momentum, _MOMENTUM)
                update = orthogonal(ahead.view(len(weight), taps, -1).transpose(0, 1))
                length = rate * _AS_LONG_AS_ADAMS * max(update.shape[1:]) ** 0.5
                weight.mul_(1 - rate * self._decay)
                weight.sub_(length * update.transpose(0, 1).reshape(weight.shape))


def orthogonal(matrices: Any) -> Any:
    """(matrices, rows, columns) to the same shape with singular values of about 1 (0.7 to 1.2)."""
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(1, 2), keepdim=True) + _TINY)
    first, third, fifth = _POLYNOMIAL
    for _ in range(_STEPS):
        square = x @ x.mT
        x = first * x + (third * square + fifth * square @ square) @ x
    return x.mT if tall else x
