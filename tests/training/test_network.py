"""What is exported for libvosk against the network itself."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from app.speech.phones import PDFS
from scripts.train_model.kaldi_files import Layer, context_of
from scripts.train_model.network import CONTEXT, FEATURES, Network, layers_of

STEPS = 7


def trained_a_little() -> Network:
    torch.manual_seed(1)
    network = Network()
    network.mean += torch.randn(FEATURES)
    network.deviation += torch.rand(FEATURES)
    network.train()
    for _ in range(3):
        network(3 * torch.randn(4, 60 + 2 * CONTEXT, FEATURES) + 1)
    network.eval()
    return network


def at(layers: list[Layer], features: NDArray[np.float64], frame: int) -> NDArray[np.float64]:
    """The last layer's output at a frame, computed as libvosk does: each layer asks for what it needs before it."""
    if not layers:
        return np.asarray(features[frame])
    *before, last = layers
    spliced = np.concatenate([at(before, features, frame + offset) for offset in last.offsets])
    out: NDArray[np.float64] = last.weights @ spliced + last.bias
    out = np.maximum(out, 0) if last.rectified else out
    return out + last.bypass * at(before[:-1], features, frame) if last.bypass else out


def test_the_layers_compute_what_the_network_computes() -> None:
    network = trained_a_little()
    features = torch.randn(1, 3 * STEPS - 2 + 2 * CONTEXT, FEATURES)
    with torch.no_grad():
        scores = network(features)[0].numpy()
    assert scores.shape == (STEPS, PDFS)
    layers = layers_of(network)
    assert context_of(layers) == (CONTEXT, CONTEXT)
    for step in (0, STEPS - 1):
        got = at(layers, features[0].numpy().astype(np.float64), CONTEXT + 3 * step)
        assert np.allclose(got, scores[step], atol=1e-4)


def test_priors_are_taken_from_the_last_layer() -> None:
    network = trained_a_little()
    log_priors = torch.log(torch.full((PDFS,), 0.5, dtype=torch.float64))
    plain, scaled = layers_of(network)[-1], layers_of(network, log_priors)[-1]
    assert np.allclose(scaled.bias - plain.bias, np.log(2))


def test_a_settled_network_normalises_as_it_will_in_use() -> None:
    network = trained_a_little()
    features = torch.randn(2, 3 * STEPS - 2 + 2 * CONTEXT, FEATURES)
    before = [norm.running_mean.clone() for norm in network.norm]
    network.settled = True
    network.train()
    network(features)
    assert all(torch.equal(norm.running_mean, mean) for norm, mean in zip(network.norm, before, strict=True))
    assert network.training
    network.settled = False
    network.train()
    network(features)
    assert not torch.equal(network.norm[0].running_mean, before[0])
