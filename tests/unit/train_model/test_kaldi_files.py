from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.speech.phones import CLASS_OF, PDFS, PLACED
from scripts.train_model.kaldi_files import (
    Layer,
    acoustic_network,
    context_of,
    matrix,
    transition_model,
    write_final_mdl,
)

STAYS = dict.fromkeys(CLASS_OF, 0.75)


def layer(outputs: int, inputs: int, offsets: tuple[int, ...], *, rectified: bool = True) -> Layer:
    rng = np.random.default_rng(outputs)
    weights = rng.standard_normal((outputs, inputs * len(offsets)))
    return Layer(offsets, weights, rng.standard_normal(outputs), rectified)


LAYERS = [layer(160, 30, (-2, -1, 0, 1, 2)), layer(64, 160, (-3, 0, 3)), layer(PDFS, 64, (0,), rectified=False)]


def read_back(written: bytes) -> NDArray[np.float64]:
    """Kaldi's three kinds of matrix, as its reader takes them."""
    if written.startswith(b"FM "):
        rows, columns = struct.unpack("<i", written[4:8])[0], struct.unpack("<i", written[9:13])[0]
        return np.frombuffer(written[13:], "<f4").reshape(rows, columns).astype(np.float64)
    low, span, rows, columns = struct.unpack("<ffii", written[4:20])
    kind, top = {b"CM2 ": ("<u2", 65535), b"CM3 ": ("u1", 255)}[written[:4]]
    steps = np.frombuffer(written[20:], kind).reshape(rows, columns)
    back: NDArray[np.float64] = low + span * steps.astype(np.float64) / top
    return back


@pytest.mark.parametrize(("bits", "name", "levels"), [(8, b"CM3 ", 255), (16, b"CM2 ", 65535)])
def test_a_large_matrix_comes_back_within_half_a_step(bits: int, name: bytes, levels: int) -> None:
    values = np.random.default_rng(1).standard_normal((80, 90))
    written = matrix(values, bits)
    assert written.startswith(name)
    assert len(written) == 20 + values.size * bits // 8
    step = (values.max() - values.min()) / levels
    assert np.abs(read_back(written) - values).max() <= step * 0.501


def test_a_small_matrix_is_kept_whole() -> None:
    values = np.random.default_rng(1).standard_normal((40, 100))
    assert np.array_equal(read_back(matrix(values, 8)), values.astype(np.float32).astype(np.float64))


def test_a_matrix_of_one_value_comes_back() -> None:
    assert np.allclose(read_back(matrix(np.full((80, 90), 0.25), 8)), 0.25)


def test_each_placed_phone_has_its_two_transitions() -> None:
    written = transition_model(STAYS)
    assert written.startswith(b"<TransitionModel> <Topology> ")
    assert written.endswith(b"</LogProbs> </TransitionModel> ")
    at = written.index(b"<LogProbs> FV \x04") + len(b"<LogProbs> FV \x04")
    (count,) = struct.unpack("<i", written[at : at + 4])
    assert count == 1 + 2 * len(PLACED)
    numbers = np.frombuffer(written[at + 4 : at + 4 + 4 * count], "<f4")
    # Ids begin at 1: an id's number is that of its place.
    assert numbers[0] == 0.0
    assert np.allclose(np.exp(numbers[1::2]), 0.75)
    assert np.allclose(np.exp(numbers[2::2]), 0.25)


def test_the_network_is_wired_in_the_order_of_its_layers() -> None:
    written = acoustic_network(LAYERS)
    wiring = written[: written.index(b"<NumComponents>")].decode()
    assert wiring.splitlines()[1:] == [
        "input-node name=input dim=30",
        "component-node name=affine0 component=affine0 input=Append(Offset(input, -2), Offset(input, -1), input, "
        "Offset(input, 1), Offset(input, 2))",
        "component-node name=relu0 component=relu0 input=affine0",
        "component-node name=affine1 component=affine1 input=Append(Offset(relu0, -3), relu0, Offset(relu0, 3))",
        "component-node name=relu1 component=relu1 input=affine1",
        "component-node name=affine2 component=affine2 input=relu1",
        "component-node name=logsoftmax component=logsoftmax input=affine2",
        "output-node name=output input=logsoftmax objective=linear",
        "",
    ]


def test_the_first_layer_is_kept_finer_than_the_rest() -> None:
    written = acoustic_network(LAYERS)
    first, second, last = (written.index(f"<ComponentName> affine{number}".encode()) for number in range(3))
    assert b"CM2 " in written[first:second]
    assert b"CM3 " in written[second:last]


def test_the_context_is_the_sum_of_the_layers_reach() -> None:
    assert context_of(LAYERS) == (5, 5)
    assert acoustic_network(LAYERS).endswith(
        b"<LeftContext> \x04\x05\0\0\0<RightContext> \x04\x05\0\0\0<Priors> FV \x04\0\0\0\0"
    )


def test_the_file_begins_as_kaldis_binary_files_do(tmp_path: Path) -> None:
    write_final_mdl(tmp_path / "am" / "final.mdl", LAYERS, STAYS)
    written = (tmp_path / "am" / "final.mdl").read_bytes()
    assert written == b"\0B" + transition_model(STAYS) + acoustic_network(LAYERS)
