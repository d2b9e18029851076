"""The acoustic network: a time-delay network over telephone features, one answer each 30 ms.

Each layer splices its input at a few offsets in time and multiplies it by one matrix: written as that (and not as
a convolution) it is a large matrix product, which on a processor is the quickest form. Batch normalisation follows
each layer in training and is folded into the matrices for libvosk.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from app.speech.phones import PDFS
from scripts.train_model.kaldi_files import Layer

FEATURES = 30
_WIDTHS = (192, 320, 320, 320, 320, 320)
_OFFSETS = ((-2, -1, 0, 1, 2), (-1, 0, 1), (-3, 0, 3), (-6, 0, 6), (-9, 0, 9), (-9, 0, 9))
_STRIDED = 1
"""This layer leaves one frame in three."""
CONTEXT = sum(max(offsets) for offsets in _OFFSETS)
"""Frames of 10 ms that the network sees before and after its own."""
_DROPPED = 0.08


class Network(nn.Module):
    """From (batch, frames + 2 * CONTEXT, FEATURES) to scores (batch, ceil(frames / 3), PDFS)."""

    def __init__(self) -> None:
        super().__init__()
        inputs = (FEATURES, *_WIDTHS[:-1])
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("deviation", torch.ones(FEATURES))
        self.affine = nn.ModuleList(
            nn.Linear(len(offsets) * before, after, bias=False)
            for offsets, before, after in zip(_OFFSETS, inputs, _WIDTHS, strict=True)
        )
        self.norm = nn.ModuleList(nn.BatchNorm1d(width) for width in _WIDTHS)
        self.output = nn.Linear(_WIDTHS[-1], PDFS)
        self.settled = False
        """From then on the normalisation is that of use, also in training: its statistics stay as they are."""

    def train(self, mode: bool = True) -> Network:
        super().train(mode)
        self.norm.train(mode and not self.settled)
        return self

    def hidden(self, features: Any) -> Any:
        """What the last layer sees: (batch, ceil(frames / 3), width)."""
        x = (features - self.mean) / self.deviation
        for number, (affine, norm) in enumerate(zip(self.affine, self.norm, strict=True)):
            x = affine(_spliced(x, number))
            x = nn.functional.relu(norm(x.flatten(0, 1))).view(x.shape)
            if self.training:
                # One mask an utterance: dropping a unit for a moment is mended by its neighbours in time.
                x = x * (torch.rand(x.shape[0], 1, x.shape[2]) > _DROPPED) / (1 - _DROPPED)
        return x

    def forward(self, features: Any) -> Any:
        return self.output(self.hidden(features))


def _spliced(x: Any, number: int) -> Any:
    offsets, stride = _OFFSETS[number], 3 if number == _STRIDED else 1
    unit = 3 if number > _STRIDED else 1
    starts = [(offset - offsets[0]) // unit for offset in offsets]
    steps = (x.shape[1] - starts[-1] - 1) // stride + 1
    return torch.cat([x[:, start : start + (steps - 1) * stride + 1 : stride] for start in starts], dim=2)


def layers_of(network: Network, log_priors: Any = None) -> list[Layer]:
    """The network as affine layers, normalisation folded in; `log_priors` (PDFS,) turn posteriors that were trained
    frame by frame into scaled likelihoods, and are None after sequence training."""
    layers = []
    with torch.no_grad():
        for number, (affine, norm) in enumerate(zip(network.affine, network.norm, strict=True)):
            gain = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
            weights, bias = affine.weight.double(), torch.zeros(len(gain), dtype=torch.float64)
            if number == 0:
                spliced = len(_OFFSETS[0])
                weights = weights / network.deviation.double().repeat(spliced)
                bias = -weights @ network.mean.double().repeat(spliced)
            bias = (bias - norm.running_mean.double()) * gain + norm.bias.double()
            layers.append(Layer(_OFFSETS[number], (weights * gain[:, None]).numpy(), bias.numpy(), True))
        bias = network.output.bias.double()
        if log_priors is not None:
            bias = bias - log_priors
        layers.append(Layer((0,), network.output.weight.double().numpy(), bias.numpy(), False))
    return layers
