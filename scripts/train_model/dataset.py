"""Step 2: the sentences spoken by every engine, sent over a line, as features and targets.

`python -m scripts.train_model.dataset --seed 1 --hours espeak=10 festival=3` writes `build/model/data/`. Each
shard is made by itself from a seed of its own, in as many processes as are wanted: the same seed gives the same
files. A shard whose sentences, seed and programs have not changed is left as it is.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from app.speech import phones
from app.speech.phones import SILENCE
from scripts import espeak_events
from scripts.train_model.corpus import build_corpus
from scripts.train_model.engines.diphones import Diphones
from scripts.train_model.engines.espeak import Espeak
from scripts.train_model.engines.festival import Festival
from scripts.train_model.engines.spoken import NO_WORD, Segment, Spoken
from scripts.train_model.filters import LINE_RATE_HZ, Sound, to_line
from scripts.train_model.noises import OTHER_SOUNDS, hush
from scripts.train_model.shards import Shard, stamp_of
from scripts.train_model.telephone import FULL_SCALE, by_some_codec, over_the_line

DATA = Path("build/model/data")
HOURS = {"espeak": 12.0, "festival": 9.0, "diphones": 4.5}
_SHARD_HOURS = 0.75
_SECONDS_A_WORD, _SECONDS_A_SENTENCE = 0.35, 0.6
_SPARE = 1.5
_NO_SPEECH_SHARE = 0.04
_ANY_WORDS_SHARE, _SHORT_ANSWERS_SHARE = 0.15, 0.1
_VOICES_KEPT, _VOICES_NEEDED = 200, 30
_ENGINES: dict[str, Callable[[], Espeak | Festival | Diphones]] = {
    "espeak": Espeak,
    "festival": Festival,
    "diphones": Diphones,
}
_SPEEDS = {
    "espeak": ((0.86, 1.15),),
    "diphones": ((0.88, 0.98), (1.02, 1.15)),
    "festival": ((0.84, 0.95), (0.95, 1.05), (1.05, 1.2)),
}
"""How much faster a sentence is played (its pitch and formants move too), once for each pair."""
DIGITS = ("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять")
_ANSWERS: tuple[tuple[str, ...], ...] = (
    ("да",),
    ("нет",),
    ("да", "да"),
    ("нет", "нет"),
    ("да", "конечно"),
    ("нет", "спасибо"),
    ("не", "удовлетворён"),
    ("не", "удовлетворена"),
    ("удовлетворён",),
    ("удовлетворена",),
    ("полностью", "удовлетворён"),
    ("полностью", "удовлетворена"),
    ("частично",),
    ("частично", "удовлетворён"),
    ("частично", "удовлетворена"),
)

Sentence = tuple[str, ...]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Order:
    """A shard to make: as many of the sentences as fill `hours`."""

    engine: str
    number: int
    hours: float
    seed: int
    sentences: tuple[Sentence, ...]

    @property
    def file_name(self) -> str:
        return f"{self.engine}-{self.number}.npz"

    def stamp(self) -> str:
        """Of the order and the programs that carry it out."""
        told = hashlib.sha256(repr((self.engine, self.number, self.hours, self.seed, self.sentences)).encode())
        here = Path(__file__).parent
        shared = (Path(phones.__file__), Path(espeak_events.__file__))
        for program in (*shared, *sorted(here.glob("engines/*.py")), *(here / name for name in _PROGRAMS)):
            told.update(program.read_bytes())
        return told.hexdigest()


_PROGRAMS = (
    "dataset.py",
    "features.py",
    "filters.py",
    "noises.py",
    "shards.py",
    "targets.py",
    "telephone.py",
)


def orders(hours: dict[str, float], seed: int, training: Sequence[Sentence]) -> list[Order]:
    """What there is to make, the engines in turns: whatever is there early has some of each."""
    wanted = []
    for engine in hours:
        speeds = len(_SPEEDS[engine])
        shards = max(1, round(hours[engine] / _SHARD_HOURS))
        of_each = hours[engine] / shards
        rng = _rng(seed, engine, -1)
        stream = sentences_to_speak(training, rng)
        for number in range(shards):
            some = _enough(stream, of_each / speeds * _SPARE)
            wanted.append(Order(engine, number, of_each, seed, some))
    counts = Counter(order.engine for order in wanted)
    return sorted(wanted, key=lambda order: (order.number + 0.5) / counts[order.engine])


def sentences_to_speak(training: Sequence[Sentence], rng: np.random.Generator) -> Iterator[Sentence]:
    """Without end: the training sentences in an order that changes each time round; between them words in no order
    (so that the ear does not lean on grammar), digits and short answers."""
    words = _without_end(sorted({word for sentence in training for word in sentence}), rng)
    for sentence in _without_end(training, rng):
        yield sentence
        chance = rng.random()
        if chance < _ANY_WORDS_SHARE:
            yield tuple(next(words) for _ in range(int(rng.integers(1, 6))))
        elif chance < _ANY_WORDS_SHARE + _SHORT_ANSWERS_SHARE:
            yield _short_answer(rng)


def _short_answer(rng: np.random.Generator) -> Sentence:
    if rng.random() < 0.4:
        return _ANSWERS[int(rng.integers(len(_ANSWERS)))]
    return tuple(DIGITS[digit] for digit in rng.integers(10, size=int(rng.integers(1, 12))))


def _without_end(items: Sequence[Item], rng: np.random.Generator) -> Iterator[Item]:
    if not items:
        raise ValueError("there is nothing to speak: the corpus is empty")
    while True:
        for place in rng.permutation(len(items)).tolist():
            yield items[place]


def _enough(stream: Iterator[Sentence], hours: float) -> tuple[Sentence, ...]:
    some: list[Sentence] = []
    seconds = 0.0
    while seconds < hours * 3600:
        some.append(next(stream))
        seconds += _SECONDS_A_SENTENCE + _SECONDS_A_WORD * len(some[-1])
    return tuple(some)


def _rng(seed: int, engine: str, number: int) -> np.random.Generator:
    return np.random.default_rng([seed, int.from_bytes(engine.encode()) % 2**31, number + 1])


def make(order: Order, folder: Path) -> str:
    """Carry an order out; a line about it. An order that was carried out already is not carried out again."""
    stamp = order.stamp()
    file = folder / order.file_name
    if stamp_of(file) == stamp:
        return f"{order.file_name}: unchanged"
    begun = time.monotonic()
    shard = fill(order)
    shard.save(file, stamp)
    took = time.monotonic() - begun
    return f"{order.file_name}: {len(shard)} utterances, {shard.hours:.2f} h in {took:.0f} s"


def fill(order: Order) -> Shard:
    """The shard of an order."""
    rng = _rng(order.seed, order.engine, order.number)
    shard = Shard(order.engine)
    voices: list[Sound] = []
    engine = _ENGINES[order.engine]()
    for spoken in engine.speak(order.sentences, rng):
        shard.count(spoken)
        for slowest, fastest in _SPEEDS[order.engine]:
            _add_speech(shard, spoken, rng.uniform(slowest, fastest), voices, rng)
        if rng.random() < _NO_SPEECH_SHARE * len(_SPEEDS[order.engine]):
            _add_other_sound(shard, rng)
        if shard.hours >= order.hours:
            break
    return shard


def _add_speech(shard: Shard, spoken: Spoken, faster: float, voices: list[Sound], rng: np.random.Generator) -> None:
    sound, shrink = to_line(spoken.samples, spoken.rate_hz, faster)
    timed = tuple(
        replace(segment, start_s=segment.start_s / shrink, end_s=segment.end_s / shrink)
        for segment in spoken.segments
    )
    sound, timed = with_pauses_around(sound, timed, rng)
    known = voices if len(voices) >= _VOICES_NEEDED else ()
    shard.add(over_the_line(sound, rng, known), timed)
    if len(voices) < _VOICES_KEPT:
        voices.append(sound)


def with_pauses_around(
    sound: Sound, segments: tuple[Segment, ...], rng: np.random.Generator
) -> tuple[Sound, tuple[Segment, ...]]:
    """Up to a second of silence before, up to 1.2 s after, sometimes none before."""
    before_s = float(rng.choice((0.0, rng.uniform(0.05, 0.3), rng.uniform(0.3, 1.0))))
    after_s = float(rng.choice((rng.uniform(0.05, 0.3), rng.uniform(0.2, 0.5), rng.uniform(0.5, 1.2))))
    before, after = (np.zeros(int(LINE_RATE_HZ * seconds), np.float32) for seconds in (before_s, after_s))
    moved = len(before) / LINE_RATE_HZ
    whole = np.concatenate([before, sound, after])
    timed = [replace(segment, start_s=segment.start_s + moved, end_s=segment.end_s + moved) for segment in segments]
    if timed[0].phone == SILENCE:
        timed[0] = replace(timed[0], start_s=0.0)
    elif moved:
        timed.insert(0, Segment(SILENCE, 0.0, moved, NO_WORD))
    if timed[-1].phone != SILENCE:
        timed.append(Segment(SILENCE, timed[-1].end_s, timed[-1].end_s, NO_WORD))
    timed[-1] = replace(timed[-1], end_s=len(whole) / LINE_RATE_HZ)
    return whole, tuple(timed)


def _add_other_sound(shard: Shard, rng: np.random.Generator) -> None:
    """Noise, tones, music, breath, coughs: labelled silence, up to 25 dB fainter than speech."""
    kind = OTHER_SOUNDS[int(rng.integers(len(OTHER_SOUNDS)))]
    sound = kind(int(LINE_RATE_HZ * rng.uniform(1, 4)), rng)
    if kind is hush:
        heard = by_some_codec(sound * np.float32(FULL_SCALE), rng)
    else:
        heard = over_the_line(sound, rng) * np.float32(10 ** (-rng.uniform(0, 25) / 20))
    shard.add(heard, (Segment(SILENCE, 0.0, len(heard) / LINE_RATE_HZ, NO_WORD),))


def _hours(told: str) -> tuple[str, float]:
    engine, _, hours = told.partition("=")
    if engine not in _ENGINES or not hours.replace(".", "", 1).isdigit() or not float(hours):
        raise argparse.ArgumentTypeError(
            f"«{told}» is not ENGINE=HOURS, as espeak=13: engines are {', '.join(_ENGINES)}, hours a number above 0"
        )
    return engine, float(hours)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hours", type=_hours, nargs="+", default=tuple(HOURS.items()), metavar="ENGINE=HOURS")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=DATA)
    return parser.parse_args(arguments)


def write(
    folder: Path, hours: dict[str, float], seed: int, training: Sequence[Sentence], *, processes: int = 2
) -> None:
    """Write every shard, and take away those of the same engines that are no longer wanted."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = orders(hours, seed, training)
    # A process each: espeak-ng's sound depends on what its process has said before.
    with ProcessPoolExecutor(processes, max_tasks_per_child=1) as pool:
        for line in pool.map(partial(make, folder=folder), wanted):
            print(line, flush=True)
    names = {order.file_name for order in wanted}
    for engine in hours:
        for file in folder.glob(f"{engine}-*.npz"):
            if file.name not in names:
                file.unlink()


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _arguments(arguments)
    write(asked.out, dict(asked.hours), asked.seed, build_corpus(asked.seed).training, processes=asked.processes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
