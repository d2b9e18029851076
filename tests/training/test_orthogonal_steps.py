"""Muon's step against what it promises: all directions weigh the same, and the way is down."""

from __future__ import annotations

import torch

from scripts.train_model.orthogonal_steps import OrthogonalSteps, orthogonal


def test_singular_values_are_made_alike_and_directions_stay() -> None:
    torch.manual_seed(1)
    for rows, columns in ((40, 90), (90, 40)):
        left = torch.linalg.qr(torch.randn(rows, 30)).Q
        right = torch.linalg.qr(torch.randn(columns, 30)).Q
        given = left @ torch.diag(torch.logspace(0, -1.5, 30)) @ right.T
        made = orthogonal(given[None])[0]
        assert made.shape == given.shape
        values = torch.diag(left.T @ made @ right)
        assert float(values.min()) > 0.6
        assert float(values.max()) < 1.3
        assert float((made - left @ torch.diag(values) @ right.T).abs().max()) < 0.1


def test_each_tap_of_a_spliced_layer_is_a_matrix_of_its_own() -> None:
    torch.manual_seed(1)
    whole = torch.randn(20, 3 * 8)
    weight = whole.clone().requires_grad_()
    gradient = torch.randn(20, 3 * 8)
    gradient[:, 8:16] *= 1000
    weight.grad = gradient
    OrthogonalSteps([(weight, 3)], decay=0.0).step(rate=0.1)
    taken = (whole - weight.detach()).view(20, 3, 8)
    sizes = taken.pow(2).mean((0, 2)).sqrt()
    assert torch.allclose(sizes, sizes.mean().expand(3), rtol=0.15)
    assert 0.5 < float(sizes.mean()) / (0.1 * 0.2) < 1.5


def test_it_goes_down_to_the_least_error() -> None:
    torch.manual_seed(1)
    wanted = torch.randn(6, 10)
    weight = torch.zeros(6, 10, requires_grad=True)
    steps = OrthogonalSteps([(weight, 1)], decay=0.0)
    for number in range(300):
        weight.grad = None
        ((weight - wanted) ** 2).mean().backward()
        steps.step(rate=0.2 * (1 - number / 300))
    assert float((weight.detach() - wanted).abs().max()) < 0.2
