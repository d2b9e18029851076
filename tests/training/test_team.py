from __future__ import annotations

from pathlib import Path

import pytest
import torch

from scripts.train_model.team import Member, run_together


def average_ranks(member: Member, folder: Path) -> None:
    tensors = [torch.full((2, 3), float(member.rank)), torch.full((4,), 10.0 * member.rank)]
    member.average(tensors)
    torch.save(tensors, folder / f"{member.rank}.pt")


def fail_in_one(member: Member) -> None:
    if member.rank == 1:
        raise ValueError("the second fell")
    member.average([torch.zeros(1)])


def test_all_have_the_mean(tmp_path: Path) -> None:
    run_together(average_ranks, (tmp_path,), size=2, numbers=20)
    for rank in range(2):
        first, second = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        assert first.tolist() == [[0.5] * 3] * 2
        assert second.tolist() == [5.0] * 4


def test_an_error_in_one_ends_all_and_is_told() -> None:
    with pytest.raises(Exception, match="the second fell"):
        run_together(fail_in_one, (), size=2, numbers=20)
