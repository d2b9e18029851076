from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.speech.phones import CLASS_OF, PDFS
from scripts.train_model.batches import NO_TARGET, Utterances, endless, stay_probabilities

LENGTHS = (7, 30, 31, 12, 90, 33)
CONTEXT = 5


def write(path: Path, lengths: tuple[int, ...], seed: int) -> Path:
    rng = np.random.default_rng(seed)
    steps = sum((length + 2) // 3 for length in lengths)
    np.savez(
        path,
        F=rng.standard_normal((sum(lengths), 30)).astype(np.float16),
        Y=rng.integers(PDFS, size=steps).astype(np.uint8),
        n=np.array(lengths, np.int32),
    )
    return path


@pytest.fixture
def shards(tmp_path: Path) -> list[Path]:
    return [write(tmp_path / "a.npz", LENGTHS[:4], 1), write(tmp_path / "b.npz", LENGTHS[4:], 2)]


def test_utterances_of_all_shards_stand_one_after_another(shards: list[Path]) -> None:
    utterances = Utterances(shards)
    assert [len(utterances.features(index)) for index in range(len(utterances))] == list(LENGTHS)
    assert [len(utterances.targets(index)) for index in range(len(utterances))] == [3, 10, 11, 4, 30, 11]
    with np.load(shards[1]) as second:
        assert np.array_equal(utterances.features(4), second["F"][:90].astype(np.float32))
        assert np.array_equal(utterances.targets(5), second["Y"][30:])
    assert utterances.counts().sum() == 69


def test_a_pass_takes_each_utterance_once_in_batches_of_bounded_size(shards: list[Path]) -> None:
    utterances = Utterances(shards)
    plan = utterances.plan(np.random.default_rng(3), 100)
    assert sorted(int(index) for batch in plan for index in batch) == list(range(len(LENGTHS)))
    for batch in plan:
        assert len(batch) == 1 or max(LENGTHS[index] for index in batch) * len(batch) <= 100


def test_passes_differ_but_not_for_one_seed(shards: list[Path]) -> None:
    utterances = Utterances(shards)

    def beginning(seed: int) -> list[list[int]]:
        order = endless(utterances, np.random.default_rng(seed), 60)
        return [next(order).tolist() for _ in range(12)]

    assert beginning(1) == beginning(1)
    assert beginning(1) != beginning(2)


def test_a_batch_repeats_the_edges_into_the_context(shards: list[Path]) -> None:
    utterances = Utterances(shards)
    indices = np.array([0, 3])
    batch = utterances.batch(indices, CONTEXT, np.random.default_rng(1), lambda features, _rng: features + 1)
    assert batch.features.shape == (2, 3 * 4 + 2 * CONTEXT - 2, 30)
    first = utterances.features(0) + 1
    assert np.array_equal(batch.features[0, CONTEXT : CONTEXT + 7], first)
    assert (batch.features[0, :CONTEXT] == first[0]).all()
    assert (batch.features[0, CONTEXT + 7 :] == first[-1]).all()
    assert batch.lengths.tolist() == [3, 4]
    assert batch.targets[0, 3:].tolist() == [NO_TARGET]
    assert batch.targets[1].tolist() == utterances.targets(3).tolist()


def test_how_long_a_phone_stays_is_counted(tmp_path: Path) -> None:
    shard = tmp_path / "c.npz"
    a, silence = 2 * CLASS_OF["a"], 2 * CLASS_OF["SIL"]
    targets = np.array([silence, *[silence + 1] * 99, a, a + 1, a + 1, a, a + 1], np.uint8)
    np.savez(shard, F=np.zeros((315, 30), np.float16), Y=targets, n=np.array([315], np.int32))
    stays = stay_probabilities([shard])
    assert stays["a"] == pytest.approx(3 / 5)
    assert stays["SIL"] == 0.95
    assert stays["sch"] == 0.5


def test_nothing_to_learn_from_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"scripts\.train_model\.dataset"):
        Utterances([])
