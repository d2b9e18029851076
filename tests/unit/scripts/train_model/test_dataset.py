from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from app.speech.phones import CLASS_OF, PDFS, SILENCE
from scripts.train_model import dataset
from scripts.train_model.dataset import orders, sentences_to_speak, with_pauses_around
from scripts.train_model.engines.spoken import Segment
from scripts.train_model.shards import stamp_of
from scripts.train_model.targets import target_count

TRAINING = (("нет", "спасибо"), ("я", "слушаю", "вас"), ("какой", "адрес"))


def _write(folder: Path, hours: float = 0.004, seed: int = 1) -> dict[str, np.ndarray]:
    dataset.write(folder, {"espeak": hours}, seed, TRAINING, processes=1)
    with np.load(folder / "espeak-0.npz") as shard:
        return {name: shard[name] for name in shard.files}


def test_a_shard_is_what_the_network_reads_and_the_same_for_the_same_seed(tmp_path: Path) -> None:
    shard, again = _write(tmp_path / "one"), _write(tmp_path / "two")
    frames = shard["n"]
    assert shard["F"].dtype == np.float16
    assert shard["F"].shape == (frames.sum(), 30)
    assert shard["Y"].dtype == np.uint8
    assert len(shard["Y"]) == sum(target_count(int(some)) for some in frames)
    assert shard["Y"].max() < PDFS
    assert np.isfinite(shard["F"].astype(np.float32)).all()
    for name in shard:
        np.testing.assert_array_equal(shard[name], again[name])


def test_a_shard_that_is_there_is_not_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (order,) = orders({"espeak": 0.002}, 1, TRAINING)
    dataset.fill(order).save(tmp_path / order.file_name, order.stamp())
    assert dataset.make(order, tmp_path) == "espeak-0.npz: unchanged"
    (other,) = orders({"espeak": 0.002}, 2, TRAINING)
    assert other.stamp() != order.stamp()


def test_a_file_that_is_no_shard_has_no_stamp(tmp_path: Path) -> None:
    (tmp_path / "espeak-0.npz").write_bytes(b"half a file")
    assert stamp_of(tmp_path / "espeak-0.npz") is None
    assert stamp_of(tmp_path / "espeak-1.npz") is None


def test_each_order_has_sentences_of_its_own_and_the_hours_are_shared_out() -> None:
    wanted = orders({"espeak": 3.0, "festival": 0.5}, 1, TRAINING)
    names = ["espeak-0.npz", "espeak-1.npz", "festival-0.npz", "espeak-2.npz", "espeak-3.npz"]
    assert [order.file_name for order in wanted] == names
    assert sum(order.hours for order in wanted) == pytest.approx(3.5)
    assert wanted[0].sentences[:50] != wanted[1].sentences[:50]


def test_more_hours_leave_the_first_shards_as_they_are() -> None:
    few, more = orders({"espeak": 1.5}, 1, TRAINING), orders({"espeak": 3.0}, 1, TRAINING)
    assert [order.stamp() for order in few] == [order.stamp() for order in more[:2]]


def test_every_sentence_comes_before_any_comes_again() -> None:
    stream = sentences_to_speak(TRAINING, np.random.default_rng(1))
    said = [sentence for sentence in islice(stream, 60) if sentence in TRAINING]
    assert set(said[:3]) == set(said[3:6]) == set(TRAINING)


def test_an_empty_corpus_is_told_of() -> None:
    with pytest.raises(ValueError, match="the corpus is empty"):
        next(sentences_to_speak((), np.random.default_rng(1)))


@pytest.mark.parametrize("seed", range(6))
def test_pauses_move_the_phones_and_are_silence(seed: int) -> None:
    sound = np.ones(800, np.float32)
    whole, segments = with_pauses_around(sound, (Segment("a", 0.0, 0.1, 0),), np.random.default_rng(seed))
    (vowel,) = (segment for segment in segments if segment.phone == "a")
    start, end = round(vowel.start_s * 8000), round(vowel.end_s * 8000)
    assert whole[start:end].tolist() == sound.tolist()
    assert not whole[:start].any()
    assert not whole[end:].any()
    assert segments[-1].phone == SILENCE
    assert segments[-1].end_s == pytest.approx(len(whole) / 8000)
    assert {segment.phone for segment in segments} <= set(CLASS_OF)


@pytest.mark.parametrize("told", ["espeak", "espeak=", "espeak=0", "espeak=-1", "silero=3", "espeak=many"])
def test_hours_that_mean_nothing_are_told_of(told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        dataset.main(["--hours", told])
    assert "is not ENGINE=HOURS, as espeak=13" in capsys.readouterr().err
