"""Training of the network: cross-entropy on the synthesisers' own timings, then lattice-free MMI, at last with the
normalisation that it will have in use.

`python -m scripts.train_model.training --out build/model/final build/model/data/*.npz`
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from scripts.train_model.assemble import write_layers
from scripts.train_model.batches import NO_TARGET, Batch, Utterances, endless
from scripts.train_model.network import CONTEXT, Network, layers_of
from scripts.train_model.orthogonal_steps import OrthogonalSteps
from scripts.train_model.sequence_training import PhoneBigram, mmi, starting_bias
from scripts.train_model.team import Member, run_together
from scripts.train_model.voice_warp import another_voice

ACOUSTIC = "acoustic.npz"
_AFTER_FRAMES = "by-frames.pt"
_SAY_EVERY, _SAVE_EVERY = 50, 250
_WARMING_STEPS = 50


@dataclass(frozen=True)
class Stage:
    """`hours` of sound to go through, with repetitions; `peak` the highest rate of learning; `frames` of 10 ms in a
    process's batch; `warped` the share of utterances that get another voice."""

    hours: float
    peak: float
    frames: int
    warped: float


@dataclass(frozen=True)
class Budget:
    """What a training may cost. A second of sound costs about 7 ms of processor's time in a pass of either kind."""

    by_frames: Stage
    by_sequences: Stage
    settling: Stage
    processes: int = 2


def budget(hours_by_frames: float, hours_by_sequences: float, hours_settling: float) -> Budget:
    return Budget(
        Stage(hours_by_frames, peak=3e-3, frames=9000, warped=0.6),
        Stage(hours_by_sequences, peak=1e-3, frames=12000, warped=0.5),
        Stage(hours_settling, peak=2e-4, frames=12000, warped=0.5),
    )


FINAL = budget(95.0, 95.0, 12.0)
HELD_OUT = budget(15.0, 12.0, 2.0)
"""For the models that are trained without an engine, only to be measured."""


def train(shards: Sequence[Path], out: Path, spent: Budget, seed: int) -> Path:
    """Train and write `out/acoustic.npz`, also on the way there. Returns its path."""
    out.mkdir(parents=True, exist_ok=True)
    numbers = 2 * sum(parameter.numel() for parameter in Network().parameters())
    run_together(_train, (tuple(shards), out, spent, seed), spent.processes, numbers)
    return out / ACOUSTIC


@dataclass(frozen=True)
class _Lesson:
    """What both stages work with."""

    member: Member
    utterances: Utterances
    rng: np.random.Generator
    order: Iterator[NDArray[np.int64]]
    stage: Stage

    def batch(self) -> Batch:
        """This member's next batch."""
        turns = [next(self.order) for _ in range(self.member.size)]
        return self.utterances.batch(turns[self.member.rank], CONTEXT, self.rng, self._warped)

    def _warped(self, features: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        return another_voice(features, rng) if rng.random() < self.stage.warped else features

    @property
    def steps(self) -> int:
        """So many steps that all members together have gone through the stage's hours."""
        each = self.utterances.hours / len(self.utterances.plan(np.random.default_rng(0), self.stage.frames))
        return math.ceil(self.stage.hours / each / self.member.size)


def _train(member: Member, shards: tuple[Path, ...], out: Path, spent: Budget, seed: int) -> None:
    torch.manual_seed(seed)
    utterances = Utterances(shards)
    network = Network()
    mean, deviation = utterances.statistics()
    network.mean.copy_(torch.from_numpy(mean))
    network.deviation.copy_(torch.from_numpy(deviation))
    torch.manual_seed(seed + 1000 * member.rank)
    log_priors = starting_bias(utterances.counts())

    def lesson(stage: Stage, number: int) -> _Lesson:
        order = endless(utterances, np.random.default_rng((seed, number)), stage.frames)
        return _Lesson(member, utterances, np.random.default_rng((seed, number, member.rank)), order, stage)

    def save_for_use(priors: Any = None) -> None:
        _average_norms(network, member)
        if member.rank == 0:
            write_layers(out / ACOUSTIC, layers_of(network, priors))

    if member.rank == 0:
        print(f"{utterances.hours:.1f} hours, {len(utterances)} utterances", flush=True)
    learnt_from = repr(
        (spent.by_frames, spent.processes, seed, [(path.name, path.stat().st_size) for path in shards])
    )
    kept = out / _AFTER_FRAMES
    if not _taken_up(network, kept, learnt_from):
        _by_frames(network, lesson(spent.by_frames, 1), lambda: save_for_use(log_priors))
        if member.rank == 0:
            torch.save({"network": network.state_dict(), "learnt_from": learnt_from}, kept)
    head = nn.Linear(network.output.in_features, network.output.out_features)
    head.load_state_dict(network.output.state_dict())
    with torch.no_grad():
        network.output.bias -= log_priors.float()
    bigram = PhoneBigram.of(utterances)
    _by_sequences("sequences", network, head, bigram, lesson(spent.by_sequences, 2), save_for_use)
    network.settled = True
    _by_sequences("settling", network, head, bigram, lesson(spent.settling, 3), save_for_use)


def _taken_up(network: Network, kept: Path, learnt_from: str) -> bool:
    """Go on from the end of the first stage where it was learnt from the same."""
    if not kept.exists():
        return False
    state = torch.load(kept, weights_only=True)
    if state["learnt_from"] != learnt_from:
        return False
    network.load_state_dict(state["network"])
    return True


def _by_frames(network: Network, lesson: _Lesson, save: Callable[[], None]) -> None:
    """Each step of 30 ms by itself: cross-entropy against the synthesiser's phone."""

    def loss(batch: Batch) -> tuple[Any, float]:
        scores = network(torch.from_numpy(batch.features))
        error = _cross_entropy(scores, batch)
        return error, float(error.detach())

    _descend("cross-entropy", network, [], lesson, loss, save)


def _by_sequences(
    name: str, network: Network, head: Any, bigram: PhoneBigram, lesson: _Lesson, save: Callable[[], None]
) -> None:
    """Whole utterances by MMI; a second head goes on with cross-entropy, which keeps the network from fitting the
    few synthesisers too well, and is thrown away."""

    def loss(batch: Batch) -> tuple[Any, float]:
        hidden = network.hidden(torch.from_numpy(batch.features))
        scores = network.output(hidden)
        error, value, steps = mmi(scores, batch, bigram)
        steps = max(steps, 1)
        aside = 0.1 * _cross_entropy(head(hidden), batch) + 2e-5 * (scores**2).mean()
        return error / steps + aside, value / steps

    _descend(name, network, list(head.parameters()), lesson, loss, save)


def _cross_entropy(scores: Any, batch: Batch) -> Any:
    targets = torch.from_numpy(batch.targets)
    return nn.functional.cross_entropy(scores.flatten(0, 1), targets.flatten(), ignore_index=NO_TARGET)


def _descend(
    name: str,
    network: Network,
    beside: list[Any],
    lesson: _Lesson,
    loss: Callable[[Batch], tuple[Any, float]],
    save: Callable[[], None],
) -> None:
    """The network's matrices by orthogonal steps, its other parameters and those `beside` by AdamW's, with a warm
    beginning and a cosine's end."""
    member, stage, steps = lesson.member, lesson.stage, lesson.steps
    parameters = [*network.parameters(), *beside]
    matrices = {id(weight) for weight, _ in network.matrices}
    others = [parameter for parameter in parameters if id(parameter) not in matrices]
    orthogonal = OrthogonalSteps(network.matrices, decay=1e-2)
    adam = torch.optim.AdamW(others, weight_decay=1e-3)
    network.train()
    began, values = time.monotonic(), []
    for step in range(steps):
        cosine = 0.5 + 0.5 * math.cos(math.pi * step / steps)
        rate = stage.peak * min(1.0, (step + 1) / _WARMING_STEPS) * (0.98 * cosine + 0.02)
        error, value = loss(lesson.batch())
        values.append(value)
        for parameter in parameters:
            parameter.grad = None
        error.backward()
        with torch.no_grad():
            member.average([parameter.grad for parameter in parameters])
        nn.utils.clip_grad_norm_(parameters, 2.0)
        orthogonal.step(rate)
        for group in adam.param_groups:
            group["lr"] = rate
        adam.step()
        if member.rank == 0 and (step + 1) % _SAY_EVERY == 0:
            spent = time.monotonic() - began, time.process_time()
            said = f"{name} {step + 1}/{steps}: {np.mean(values):.4f}, {spent[0]:.0f} s, {spent[1]:.0f} s of a core"
            print(said, flush=True)
            values = []
        if (step + 1) % _SAVE_EVERY == 0 or step + 1 == steps:
            save()


def _average_norms(network: Network, member: Member) -> None:
    with torch.no_grad():
        member.average([buffer for norm in network.norm for buffer in (norm.running_mean, norm.running_var)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shards", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--by-frames", type=float, default=FINAL.by_frames.hours, help="hours of sound")
    parser.add_argument("--by-sequences", type=float, default=FINAL.by_sequences.hours, help="hours of sound")
    parser.add_argument("--settling", type=float, default=FINAL.settling.hours, help="hours of sound")
    options = parser.parse_args()
    spent = budget(options.by_frames, options.by_sequences, options.settling)
    train(options.shards, options.out, spent, options.seed)
