"""Makes the bundled speech model from nothing but text and synthesisers: `python -m scripts.train_model`.

Sentences, speech and features, training, models for the measurement across engines, graph. A step whose inputs have
not changed is not done again, so a broken run goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from app.domain.errors import Unavailable
from scripts.evaluate_model.across_engines import ACROSS
from scripts.train_model import dataset
from scripts.train_model.assemble import Version, assemble, write_held_out
from scripts.train_model.corpus import build_corpus
from scripts.train_model.shards import stamp_of
from scripts.train_model.training import ACOUSTIC, FINAL, HELD_OUT, Budget, train

PROJECT = Path(__file__).resolve().parents[2]
WORK = PROJECT / "build" / "model"
NAME, VERSION = "liniya-demo-ru", 5
_PROGRAMS = (
    "batches.py",
    "network.py",
    "orthogonal_steps.py",
    "sequence_training.py",
    "team.py",
    "training.py",
    "voice_warp.py",
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=PROJECT / "models" / NAME, help="the model's folder")
    parser.add_argument("--work", type=Path, default=WORK, help="where what is made on the way lies")
    parser.add_argument("--without-held-out", action="store_true", help="no models for `make evaluate-model`")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    try:
        _make(options.seed, options.out, options.work, held_out=not options.without_held_out)
    except (RuntimeError, Unavailable) as error:
        print(f"train_model: {error}", file=sys.stderr)
        return 1
    print(f"{options.out} is made, in {(time.monotonic() - began) / 60:.0f} min")
    return 0


def _make(seed: int, out: Path, work: Path, *, held_out: bool) -> None:
    say("sentences")
    corpus = build_corpus(seed)
    say(f"speech of {len(corpus.training)} sentences")
    data = work / "data"
    dataset.write(data, dataset.HOURS, seed, corpus.training)
    shards = sorted(data.glob("*.npz"))
    final = trained(shards, work / "final", FINAL, seed)
    say("graph")
    today = datetime.now(UTC).date().isoformat()
    assemble(final, shards, corpus, out, Version(NAME, VERSION, today, seed))
    for without in ACROSS if held_out else ():
        rest = [shard for shard in shards if not shard.name.startswith(f"{without.engine}-")]
        write_held_out(trained(rest, work / without.name, HELD_OUT, seed), rest, without.file(out))


def trained(shards: Sequence[Path], folder: Path, budget: Budget, seed: int) -> Path:
    """The acoustic model's layers, trained unless they are there already and made of the same."""
    stamp, layers = folder / "stamp", folder / ACOUSTIC
    made_of = _stamp(shards, budget, seed)
    if layers.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == made_of:
        say(f"{folder.name}: unchanged")
        return layers
    say(f"{folder.name}: training")
    train(shards, folder, budget, seed)
    stamp.write_text(made_of, encoding="ascii")
    return layers


def _stamp(shards: Iterable[Path], budget: Budget, seed: int) -> str:
    told = hashlib.sha256(repr((budget, seed, [stamp_of(shard) for shard in shards])).encode())
    for program in _PROGRAMS:
        told.update((Path(__file__).parent / program).read_bytes())
    return told.hexdigest()


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
