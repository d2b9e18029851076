"""The folder that libvosk loads: acoustic model, configuration, graph, and what they are."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from scripts.train_model.batches import stay_probabilities
from scripts.train_model.corpus import Corpus
from scripts.train_model.corpus_graph import write_corpus_graph
from scripts.train_model.engines import festival
from scripts.train_model.features import configuration
from scripts.train_model.kaldi_files import Layer, write_final_mdl
from scripts.train_model.lexicon import Heard

DECODING = """\
--min-active=200
--max-active=3000
--beam=11.0
--lattice-beam=4.0
--acoustic-scale=1.00
--frame-subsampling-factor=3
--frames-per-chunk=10
--endpoint.silence-phones=1
--endpoint.rule2.min-trailing-silence=0.5
--endpoint.rule3.min-trailing-silence=0.75
--endpoint.rule4.min-trailing-silence=1.0
"""
"""`endpoint.silence-phones` is mandatory: libvosk ends its process without it. The network answers each third
frame, and without `frame-subsampling-factor` word times would be three times too long. Steps of ten frames bring
words sooner (docs/figures.md)."""


@dataclass(frozen=True)
class Version:
    """What `version.json` tells; `words` is the size of the vocabulary."""

    name: str
    version: int
    date: str
    seed: int
    words: int = 0

    def write(self, folder: Path) -> None:
        text = json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n"
        (folder / "version.json").write_text(text, encoding="utf-8")


def write_layers(path: Path, layers: list[Layer]) -> None:
    """Layers as arrays, so that a model is assembled without torch. Written aside: a run may end at any moment."""
    aside = path.with_name(f".{path.name}")
    arrays = {f"bias{number}": layer.bias for number, layer in enumerate(layers)}
    arrays |= {f"weights{number}": layer.weights.astype(np.float32) for number, layer in enumerate(layers)}
    arrays |= {f"offsets{number}": np.array(layer.offsets) for number, layer in enumerate(layers)}
    arrays |= {f"after{number}": np.array([layer.rectified, layer.bypass]) for number, layer in enumerate(layers)}
    with aside.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    aside.replace(path)


def read_layers(path: Path) -> list[Layer]:
    """What `write_layers` wrote."""
    with np.load(path) as file:
        return [
            Layer(
                tuple(int(offset) for offset in file[f"offsets{number}"]),
                file[f"weights{number}"].astype(np.float64),
                file[f"bias{number}"].astype(np.float64),
                bool(file[f"after{number}"][0]),
                float(file[f"after{number}"][1]),
            )
            for number in range(len(file.files) // 4)
        ]


def write_acoustics(folder: Path, layers: Path, stays: Mapping[str, float]) -> None:
    """All but the graph."""
    write_final_mdl(folder / "am" / "final.mdl", read_layers(layers), stays)
    (folder / "conf").mkdir(exist_ok=True)
    (folder / "conf" / "mfcc.conf").write_text(configuration(), encoding="ascii")
    (folder / "conf" / "model.conf").write_text(DECODING, encoding="ascii")


def assemble(layers: Path, shards: Sequence[Path], corpus: Corpus, out: Path, version: Version) -> None:
    """Write the whole model into `out`; what else lies there (the card, the held-out models) stays. Raises
    Unavailable without OpenFst's tools, RuntimeError without Festival's voice."""
    stays = stay_probabilities(shards)
    write_acoustics(out, layers, stays)
    heard = Heard(pronunciations_seen(shards), festival.read(corpus.spoken))
    size = write_corpus_graph(out / "graph", corpus, version.seed, stays, heard)
    replace(version, words=size.words).write(out)


def write_held_out(layers: Path, shards: Sequence[Path], network: Path) -> None:
    """The acoustic model alone: its graph and configuration are those of the model that it lies beside."""
    write_final_mdl(network, read_layers(layers), stay_probabilities(shards))


def pronunciations_seen(shards: Sequence[Path]) -> dict[str, Counter[str]]:
    """How often the synthesisers said which phones for each spoken word."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for shard in shards:
        with np.load(shard) as file:
            for word, ways in json.loads(str(file["pronunciations"])).items():
                seen[word].update(ways)
    return seen
