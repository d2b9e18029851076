"""The acoustic network: a factored time-delay network over telephone features (Povey et al., 2018), one answer each
30 ms.

Each block squeezes what it takes in through a narrow layer and adds what comes out to it. A layer splices its input
at a few offsets in time and multiplies it by one matrix: written as that (and not as a convolution) it is a large
matrix product, which on a processor is the quickest form. Batch normalisation is folded into the matrices for
libvosk.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from app.speech.phones import PDFS
from scripts.train_model.kaldi_files import Layer

FEATURES = 30
_FIRST, _SECOND = (-2, -1, 0, 1, 2), (-1, 0, 1)
_FIRST_WIDTH, _WIDTH, _NARROW = 192, 640, 96
_STRIDE = 3
"""The second layer leaves one frame in three."""
_REACHES = (1, 2, 2, 4)
"""Of the blocks behind it, in steps of 30 ms: half back into the narrow layer, half ahead out of it."""
_BYPASS = 0.66
CONTEXT = _FIRST[-1] + _SECOND[-1] + _STRIDE * sum(_REACHES)
"""Frames of 10 ms that the network sees before and after its own."""
_DROPPED = 0.08


class Network(nn.Module):
    """From (batch, frames + 2 * CONTEXT, FEATURES) to scores (batch, ceil(frames / 3), PDFS)."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("deviation", torch.ones(FEATURES))
        self.first = nn.Linear(len(_FIRST) * FEATURES, _FIRST_WIDTH, bias=False)
        self.second = nn.Linear(len(_SECOND) * _FIRST_WIDTH, _WIDTH, bias=False)
        self.narrow = nn.ModuleList(nn.Linear(2 * _WIDTH, _NARROW, bias=False) for _ in _REACHES)
        self.wide = nn.ModuleList(nn.Linear(2 * _NARROW, _WIDTH, bias=False) for _ in _REACHES)
        self.norm = nn.ModuleList(
            nn.BatchNorm1d(width) for width in (_FIRST_WIDTH, *[_WIDTH] * (1 + len(_REACHES)))
        )
        self.output = nn.Linear(_WIDTH, PDFS)
        self.settled = False
        """From then on the normalisation is that of use, also in training: its statistics stay as they are."""

    def train(self, mode: bool = True) -> Network:
        super().train(mode)
        self.norm.train(mode and not self.settled)
        return self

    def hidden(self, features: Any) -> Any:
        """What the last layer sees: (batch, ceil(frames / 3), _WIDTH)."""
        x = (features - self.mean) / self.deviation
        x = self._dropped(self._rectified(self.first(_spliced(x, _FIRST)), 0))
        x = self._dropped(self._rectified(self.second(_spliced(x, _SECOND, _STRIDE)), 1))
        for number, reach in enumerate(_REACHES):
            squeezed = self.narrow[number](_spliced(x, (-reach, 0)))
            found = self._rectified(self.wide[number](_spliced(squeezed, (0, reach))), 2 + number)
            x = self._dropped(found + _BYPASS * x[:, reach:-reach])
        return x

    def forward(self, features: Any) -> Any:
        return self.output(self.hidden(features))

    @property
    def matrices(self) -> list[tuple[Any, int]]:
        """The weights before the output, each with the number of offsets that its layer splices."""
        spliced = [(self.first, len(_FIRST)), (self.second, len(_SECOND))]
        blocks = [(layer, 2) for layer in (*self.narrow, *self.wide)]
        return [(layer.weight, taps) for layer, taps in (*spliced, *blocks)]

    def _rectified(self, x: Any, number: int) -> Any:
        return nn.functional.relu(self.norm[number](x.flatten(0, 1))).view(x.shape)

    def _dropped(self, x: Any) -> Any:
        if not self.training:
            return x
        # One mask an utterance: dropping a unit for a moment is mended by its neighbours in time.
        return x * (torch.rand(x.shape[0], 1, x.shape[2]) > _DROPPED) / (1 - _DROPPED)


def _spliced(x: Any, offsets: tuple[int, ...], stride: int = 1) -> Any:
    starts = [offset - offsets[0] for offset in offsets]
    steps = (x.shape[1] - starts[-1] - 1) // stride + 1
    return torch.cat([x[:, start : start + (steps - 1) * stride + 1 : stride] for start in starts], dim=2)


def layers_of(network: Network, log_priors: Any = None) -> list[Layer]:
    """The network as affine layers, normalisation folded in; `log_priors` (PDFS,) turn posteriors that were trained
    frame by frame into scaled likelihoods, and are None after sequence training."""
    with torch.no_grad():
        spread = network.deviation.double().repeat(len(_FIRST))
        first = network.first.weight.double() / spread
        shift = -first @ network.mean.double().repeat(len(_FIRST))
        layers = [
            _folded(_FIRST, first, network.norm[0], shift=shift),
            _folded(_SECOND, network.second.weight.double(), network.norm[1]),
        ]
        for number, reach in enumerate(_REACHES):
            narrow, frames = network.narrow[number].weight.double().numpy(), _STRIDE * reach
            layers.append(Layer((-frames, 0), narrow, torch.zeros(_NARROW).double().numpy(), False))
            wide = network.wide[number].weight.double()
            layers.append(_folded((0, frames), wide, network.norm[2 + number], bypass=_BYPASS))
        bias = network.output.bias.double()
        if log_priors is not None:
            bias = bias - log_priors
        layers.append(Layer((0,), network.output.weight.double().numpy(), bias.numpy(), False))
    return layers


def _folded(offsets: tuple[int, ...], weights: Any, norm: Any, *, shift: Any = 0.0, bypass: float = 0.0) -> Layer:
    gain = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    bias = (shift - norm.running_mean.double()) * gain + norm.bias.double()
    return Layer(offsets, (weights * gain[:, None]).numpy(), bias.numpy(), True, bypass)
