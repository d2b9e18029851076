"""Files of features and targets: what the sound side hands to the network side, and nothing else.

`<engine>-<number>.npz` holds `F` float16 (sum of frames, 30), `Y` uint8 (sum of ceil(frames / 3)), `n` int32
(frames of each utterance), `engine`, `pronunciations` (JSON: word -> phones parted by blanks -> how often) and
`stamp`, which says what the file was made of.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scripts.train_model.engines.spoken import Segment, Spoken
from scripts.train_model.features import Floats, mfcc
from scripts.train_model.filters import Sound
from scripts.train_model.targets import targets

_FRAMES_AN_HOUR = 360_000


class Shard:
    """One file in the making."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._features: list[NDArray[np.float16]] = []
        self._targets: list[NDArray[np.uint8]] = []
        self._frames: list[int] = []
        self._said: defaultdict[str, Counter[str]] = defaultdict(Counter)

    @property
    def hours(self) -> float:
        return sum(self._frames) / _FRAMES_AN_HOUR

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, heard: Sound, segments: tuple[Segment, ...]) -> bool:
        """A sound at 8 kHz on the scale of 16-bit numbers with its phones; False when it is too short for them."""
        features: Floats = mfcc(heard)
        wanted = targets(segments, len(features))
        if wanted is None:
            return False
        self._features.append(features.astype(np.float16))
        self._targets.append(wanted)
        self._frames.append(len(features))
        return True

    def count(self, spoken: Spoken) -> None:
        """Remember how the words were pronounced."""
        for word, phones in spoken.pronunciations():
            self._said[word][" ".join(phones)] += 1

    def save(self, file: Path, stamp: str) -> None:
        """Written whole or not at all."""
        unfinished = file.with_name(f".{file.name}")
        with unfinished.open("wb") as opened:
            np.savez(
                opened,
                F=np.concatenate(self._features),
                Y=np.concatenate(self._targets),
                n=np.array(self._frames, np.int32),
                engine=np.array(self._engine),
                pronunciations=np.array(json.dumps(self._said, ensure_ascii=False, sort_keys=True)),
                stamp=np.array(stamp),
            )
        unfinished.replace(file)


def stamp_of(file: Path) -> str | None:
    """What the file was made of; None when it is not there or is none of ours."""
    try:
        with np.load(file) as shard:
            return str(shard["stamp"])
    except (OSError, ValueError, KeyError):
        return None
