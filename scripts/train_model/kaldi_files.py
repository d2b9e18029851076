"""Kaldi's binary objects as libvosk reads them: `final.mdl`, a transition model and an nnet3 network.

Written by trial against libvosk 0.3.45 (no Kaldi is needed). Matrices are kept in Kaldi's compressed form, which
its reader takes wherever it expects a matrix: 8 bits, and 16 for the first layer, whose inputs' ranges differ most
(at 8 bits the word error rate in noise went from 3 % to 50 %).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.speech.phones import PLACED, bare, first_pdf, later_pdf

_KEPT_WHOLE = 4096
"""A matrix of fewer numbers than this is not worth compressing."""


@dataclass(frozen=True)
class Layer:
    """An affine layer over the inputs at `offsets` (frames of 10 ms): `weights` (outputs, len(offsets) x inputs),
    `bias` (outputs,), `rectified` whether a ReLU follows, and `bypass` how much is added to that of what the layer
    before this one took in (of its own frame; of as many numbers as there are outputs)."""

    offsets: tuple[int, ...]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    rectified: bool
    bypass: float = 0.0


def write_final_mdl(path: Path, layers: Sequence[Layer], stays: Mapping[str, float]) -> None:
    """Write the acoustic model. `stays` gives each phone's probability of one more frame of 30 ms, which the
    network's first layer and the phones' topology share with the graph."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\0B" + transition_model(stays) + acoustic_network(layers))


def context_of(layers: Sequence[Layer]) -> tuple[int, int]:
    """How many frames the network sees before and after its own."""
    return -sum(min(layer.offsets) for layer in layers), sum(max(layer.offsets) for layer in layers)


def transition_model(stays: Mapping[str, float]) -> bytes:
    """One emitting state a phone: transition 2n-1 stays in phone n, 2n leaves it."""
    tuples, log_probabilities = bytearray(), [0.0]
    for number, placed in enumerate(PLACED, start=1):
        tuples += b"".join(map(_int, (number, 0, first_pdf(placed), later_pdf(placed))))
        stay = stays[bare(placed)]
        log_probabilities += [float(np.log(stay)), float(np.log(1 - stay))]
    return (
        _token("<TransitionModel>")
        + _topology()
        + (_token("<Tuples>") + _int(len(PLACED)) + bytes(tuples) + _token("</Tuples>"))
        + (_token("<LogProbs>") + _vector(log_probabilities) + _token("</LogProbs>"))
        + _token("</TransitionModel>")
    )


def _topology() -> bytes:
    phones = range(1, len(PLACED) + 1)
    # -1 says that the states have a self-loop pdf class beside the forward one; then one entry of two states.
    extended, entries, states = _int(-1), _int(1), _int(2)
    emitting = _int(0) + _int(1) + _int(2) + _int(0) + _float(0.5) + _int(1) + _float(0.5)
    final = _int(-1) + _int(-1) + _int(0)
    return (
        (_token("<Topology>") + _ints(phones) + _ints([-1] + [0] * len(PLACED)))
        + (extended + entries + states + emitting + final)
        + _token("</Topology>")
    )


def acoustic_network(layers: Sequence[Layer]) -> bytes:
    """The network, its context, and no priors: they are folded into the last layer's bias."""
    wiring = [f"input-node name=input dim={layers[0].weights.shape[1] // len(layers[0].offsets)}"]
    components: list[tuple[str, bytes]] = []
    previous = taken_before = "input"

    def add(name: str, component: bytes, source: str) -> str:
        wiring.append(f"component-node name={name} component={name} input={source}")
        components.append((name, component))
        return name

    for number, layer in enumerate(layers):
        bits = 16 if number == 0 else 8
        added, taken_before = taken_before, previous
        previous = add(f"affine{number}", _affine(layer, bits), _spliced(previous, layer.offsets))
        if layer.rectified:
            previous = add(f"relu{number}", _simple("RectifiedLinearComponent", len(layer.bias)), previous)
        if layer.bypass:
            both = f"Sum(Scale({layer.bypass}, {added}), {previous})"
            previous = add(f"sum{number}", _no_operation(len(layer.bias)), both)
    previous = add("logsoftmax", _simple("LogSoftmaxComponent", len(layers[-1].bias)), previous)
    wiring.append(f"output-node name=output input={previous} objective=linear")

    left, right = context_of(layers)
    written = b"".join(_token("<ComponentName>") + _token(name) + component for name, component in components)
    return (
        (_token("<Nnet3>") + b"\n" + "\n".join(wiring).encode() + b"\n\n")
        + (_token("<NumComponents>") + _int(len(components)) + written + _token("</Nnet3>"))
        + (_token("<LeftContext>") + _int(left) + _token("<RightContext>") + _int(right))
        + (_token("<Priors>") + _vector([]))
    )


def _spliced(source: str, offsets: tuple[int, ...]) -> str:
    parts = [source if offset == 0 else f"Offset({source}, {offset})" for offset in offsets]
    return parts[0] if len(parts) == 1 else f"Append({', '.join(parts)})"


def _affine(layer: Layer, bits: int) -> bytes:
    return (
        (_token("<FixedAffineComponent>") + _token("<LinearParams>") + matrix(layer.weights, bits))
        + (_token("<BiasParams>") + _vector(layer.bias) + _token("</FixedAffineComponent>"))
    )  # fmt: skip


def _simple(kind: str, dimension: int) -> bytes:
    # libvosk wants a nonlinearity's statistics, if empty, and its count as a double.
    return (
        (_token(f"<{kind}>") + _token("<Dim>") + _int(dimension))
        + (_token("<ValueAvg>") + _vector([]) + _token("<DerivAvg>") + _vector([]))
        + (_token("<Count>") + b"\x08" + struct.pack("<d", 0.0) + _token(f"</{kind}>"))
    )


def _no_operation(dimension: int) -> bytes:
    return (
        (_token("<NoOpComponent>") + _token("<Dim>") + _int(dimension))
        + (_token("<BackpropScale>") + _float(1.0) + _token("</NoOpComponent>"))
    )  # fmt: skip


def matrix(values: NDArray[np.floating], bits: int) -> bytes:
    """A matrix: whole when it is small, else `CM2` of 16 bits or `CM3` of 8 with one range for all."""
    rows, columns = values.shape
    if values.size <= _KEPT_WHOLE:
        return b"FM " + _int(rows) + _int(columns) + np.ascontiguousarray(values, "<f4").tobytes()
    low = float(values.min())
    span = float(values.max()) - low or 1e-5
    top, kind, name = {16: (65535, "<u2", b"CM2 "), 8: (255, "u1", b"CM3 ")}[bits]
    steps = np.clip(np.rint((values - low) / span * top), 0, top).astype(kind)
    return name + struct.pack("<ffii", low, span, rows, columns) + bytes(steps.tobytes())


def _token(name: str) -> bytes:
    return name.encode() + b" "


def _int(value: int) -> bytes:
    return b"\x04" + struct.pack("<i", value)


def _float(value: float) -> bytes:
    return b"\x04" + struct.pack("<f", value)


def _ints(values: Iterable[int]) -> bytes:
    array = np.fromiter(values, "<i4")
    return _int(len(array)) + array.tobytes()


def _vector(values: Sequence[float] | NDArray[np.floating]) -> bytes:
    array = np.asarray(values, "<f4")
    return b"FV " + _int(len(array)) + array.tobytes()
