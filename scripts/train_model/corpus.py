"""All the sentences that the model learns from, the sentences kept apart to judge it, and its vocabulary.

Sentences are kept apart by a hash of their words, so a sentence stays on its side whatever is added. Two runs with
one seed give the same corpus.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from scripts.train_model.numerals import cardinal, ordinal
from scripts.train_model.spoken import Sentence, label_of
from scripts.train_model.templates import generated, lines_of, surname
from scripts.train_model.texts import Texts, completions, cue_stems, read_texts
from scripts.train_model.word_forms import CASES, analyzer, forms_of, inflected, plain, with_yo

GENERATED = 60_000
_HELD_OUT_OF_100 = 5
_UNKNOWN_OF_100 = 8
"""So many of 100 words that only the guides have are kept out of the vocabulary, to judge how they are met."""
_DRILLS = 6_000
"""Sentences of random words: every form of the vocabulary is heard, also those that no template says."""
_DRILL_WORDS = (3, 7)
_FURTHER = 200_000
_OF_FURTHER = 0.5
_NAMES = {"Name", "Surn", "Patr", "Geox", "Orgn"}
_CASES_OF_SURNAMES = ("nomn", "gent", "datv", "ablt")
_OF_TEXTS = 3.0
_OF_CUES = 4.0


@dataclass(frozen=True)
class Corpus:
    """Words are lower-case, as they are spoken and synthesised, with «ё»; `vocabulary` has the labels (see
    `spoken.label_of`).

    `training`: sentences to synthesise and learn from. `held_out`: never spoken in training, every word known.
    `outside`: held-out sentences with at least one word outside the vocabulary. `weighted`: sentences for the
    language model with their weights. `spoken`: every word as it is spoken, of which the vocabulary has the labels.
    """

    training: tuple[Sentence, ...]
    held_out: tuple[Sentence, ...]
    outside: tuple[Sentence, ...]
    vocabulary: tuple[str, ...]
    weighted: tuple[tuple[Sentence, float], ...]
    spoken: tuple[str, ...]


@lru_cache(maxsize=2)
def build_corpus(seed: int, count: int = GENERATED) -> Corpus:
    """The project's texts and `count` generated sentences (some 10 s). The same seed gives the same corpus."""
    rng = np.random.default_rng([seed, 1])
    texts = read_texts()
    made = generated(rng, count)
    every = [*made, *texts.asked, *texts.heard, *texts.said, *texts.guides]
    apart = _apart(texts, made)
    spoken = _vocabulary(texts, made, apart)
    labels = {label_of(word) for word in spoken}
    known = [sentence for sentence in every if all(label_of(word) in labels for word in sentence)]
    drills = _drills(sorted(spoken), rng)
    unique = dict.fromkeys(known)
    return Corpus(
        training=tuple(sentence for sentence in (*unique, *drills) if not is_held_out(sentence)),
        held_out=tuple(sentence for sentence in unique if is_held_out(sentence)),
        outside=tuple(s for s in dict.fromkeys(every) if any(label_of(word) not in labels for word in s)),
        vocabulary=tuple(sorted(labels)),
        weighted=tuple(_weighted(texts, made, labels)),
        spoken=tuple(sorted(spoken)),
    )


def further(corpus: Corpus, seed: int, count: int = _FURTHER) -> Iterator[tuple[Sentence, float]]:
    """Generated sentences for the language model alone, which takes in more of them than can be spoken (10 s)."""
    labels = set(corpus.vocabulary)
    for sentence in generated(np.random.default_rng([seed, 2]), count):
        if not is_held_out(sentence) and all(label_of(word) in labels for word in sentence):
            yield sentence, _OF_FURTHER


def is_held_out(sentence: Sentence) -> bool:
    """Whether training never speaks this sentence."""
    return _share(" ".join(sentence)) < _HELD_OUT_OF_100


def _share(text: str) -> int:
    """A stable number from 0 to 99 for a text."""
    return int.from_bytes(hashlib.blake2b(plain(text).encode(), digest_size=4).digest(), "big") % 100


def _apart(texts: Texts, made: Iterable[Sentence]) -> set[str]:
    """Labels that the vocabulary goes without: some of those that only the guides have."""
    others = {label_of(word) for part in (texts.asked, texts.heard, texts.said, made) for s in part for word in s}
    guides = {label_of(word) for sentence in texts.guides for word in sentence}
    return {word for word in guides - others if len(word) > 4 and _share(word) < _UNKNOWN_OF_100}


def _vocabulary(texts: Texts, made: list[Sentence], apart: set[str]) -> set[str]:
    """Spoken spellings of every word of the model."""
    heard = {
        word for part in (texts.asked, texts.heard, texts.said, texts.guides, made) for s in part for word in s
    }
    words = set(heard)
    for word in {word for part in (texts.asked, texts.heard, texts.said) for s in part for word in s}:
        words.update(_forms(word))
    for stem in cue_stems():
        words.update(with_yo(word) for word in completions(stem))
    words.update(_names())
    words.update(_numerals())
    return {word for word in words if label_of(word) not in apart}


def _forms(word: str) -> Iterator[str]:
    """The cases of a common noun. Verbs and adjectives have too many forms; names have theirs in `_names`."""
    tag = analyzer().parse(word)[0].tag
    if tag.POS == "NOUN" and not _NAMES & tag.grammemes:
        yield from forms_of(word)


def _names() -> Iterator[str]:
    slots = lines_of("slots")
    for stem in slots["surname_m"]:
        for case in _CASES_OF_SURNAMES:
            yield from (surname(stem, sex, case) for sex in "mf")
    for slot in ("name_m", "name_f", "patronymic_m", "patronymic_f", "city", "weekday", "role", "document"):
        for entry in slots[slot]:
            for case in CASES:
                yield from inflected(entry, case).split()


def _numerals() -> Iterator[str]:
    numbers = [*range(101), *range(200, 1000, 100), 1000, 2000, 5000, 1_000_000, 2_000_000]
    for case in CASES:
        for number in numbers:
            for gender in ("masc", "femn", "neut"):
                yield from cardinal(number, case, gender)
        for number in [*range(1, 101), *range(200, 1000, 100), 1000, 2000]:
            for gender in ("masc", "femn", "neut", "plur"):
                yield from ordinal(number, case, gender)


def _drills(words: list[str], rng: np.random.Generator) -> list[Sentence]:
    order = [int(place) for place in rng.permutation(len(words))]
    drills: list[Sentence] = []
    while len(drills) < _DRILLS:
        if len(order) < _DRILL_WORDS[1]:
            order += [int(place) for place in rng.permutation(len(words))]
        take = int(rng.integers(*_DRILL_WORDS))
        drills.append(tuple(words[place] for place in order[:take]))
        del order[:take]
    return drills


def _weighted(texts: Texts, made: list[Sentence], labels: set[str]) -> Iterator[tuple[Sentence, float]]:
    parts = ((made, 1.0), (texts.asked, _OF_TEXTS), (texts.said, _OF_TEXTS), (texts.heard, _OF_CUES),
             (texts.guides, 1.0))  # fmt: skip
    for sentences, weight in parts:
        for sentence in sentences:
            if not is_held_out(sentence) and all(label_of(word) in labels for word in sentence):
                yield sentence, weight
