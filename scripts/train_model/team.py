"""Processes that train one network together, a core each: their gradients are averaged in shared memory.

Two processes of one thread need two thirds of the processor's time of one process with two threads (measured), and
what Python does between the products of matrices runs on both cores. The same seed and the same number of
processes give the same network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import multiprocessing

_PATIENCE_S = 900.0


class Member:
    """One process's part: `rank` of `size`."""

    def __init__(self, rank: int, size: int, rows: Any, barrier: Any) -> None:
        self.rank = rank
        self.size = size
        self._rows = rows
        self._barrier = barrier

    def average(self, tensors: Sequence[Any]) -> None:
        """Put the mean over all members into each tensor."""
        if self.size == 1:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        self._rows[self.rank, : len(flat)] = flat
        self._barrier.wait(_PATIENCE_S)
        mean = self._rows[:, : len(flat)].mean(0)
        self._barrier.wait(_PATIENCE_S)
        for tensor, part in zip(tensors, mean.split([tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(part.view_as(tensor))


def run_together(work: Callable[..., None], arguments: tuple[Any, ...], size: int, numbers: int) -> None:
    """Call `work(member, *arguments)` in `size` processes; at most `numbers` numbers are averaged at once.

    An error in one ends all and is raised here.
    """
    context = multiprocessing.get_context("spawn")
    rows = torch.zeros(size, numbers).share_memory_()
    shared = (work, size, rows, context.Barrier(size), arguments)
    multiprocessing.spawn(_join, args=shared, nprocs=size, join=True)


def _join(
    rank: int, work: Callable[..., None], size: int, rows: Any, barrier: Any, arguments: tuple[Any, ...]
) -> None:
    torch.set_num_threads(1)
    work(Member(rank, size, rows, barrier), *arguments)
