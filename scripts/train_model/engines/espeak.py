"""espeak-ng: formant synthesis in some ninety variants of the Russian voice, timed by its own phoneme events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from app.speech.phones import OF_ESPEAK, SILENCE, SOFTENED, SPLIT_BY_ESPEAK
from scripts.espeak_events import EventfulEspeak, Mark
from scripts.train_model.engines.spoken import NO_WORD, Segment, Spoken, joined, tells_of_each_word


def _names(parted: str) -> tuple[str, ...]:
    return tuple(parted.split())


HELD_OUT_VARIANTS = _names("m3 m6 f3 f5 linda adam anika klatt3 Gene2 edward2 iven2 steph2")
"""Spoken in tests only."""
TRAINING_VARIANTS = (
    "",
    *_names("""
    m1 m2 m4 m5 m7 m8 f1 f2 f4 Alex Alicia Andrea Andy Annie Denis Diogo Gene Henrique Hugo Jacky Lee Marco Mario
    Michael Mike Nguyen Reed RicishayMax RicishayMax2 RicishayMax3 Storm announcer antonio aunty belinda benjamin
    boris caleb croak david ed edward grandma grandpa gustave ian iven iven3 iven4 john kaukovalta klatt klatt2
    klatt4 klatt5 klatt6 marcelo max michel miguel mike2 norbert pablo paul pedro quincy robert sandro shelby
    steph steph3 travis victor whisper whisperf zac
"""),
)
"""The base voice and its variants. Effects (robots, echoes, demons) are left out, and `rob`, at whose pauses the
library (1.52) writes where it may not."""
_SLOWEST_WPM, _FASTEST_WPM = 105, 225
_COMMA_SHARE = 0.08
_SENTENCES_A_VOICE = 3
"""Opening a voice costs more than a sentence."""
_VOWELS = frozenset("AaVoOeEiIyYuU8@")
_GLIDES = frozenset((";", "I^"))
_TRANSITION = "@-"
_STRESS = "',%="


@dataclass(frozen=True)
class Manner:
    """How a sentence is said: words a minute, pitch and its range 0 to 100, words after which there is a pause."""

    variant: str
    rate_wpm: int
    pitch: int
    pitch_range: int
    pauses_after: frozenset[int] = frozenset()
    seed: int = 0


def any_manner(words: int, rng: np.random.Generator, variant: str) -> Manner:
    return Manner(
        variant=variant,
        rate_wpm=int(rng.integers(_SLOWEST_WPM, _FASTEST_WPM)),
        pitch=int(rng.integers(10, 90)),
        pitch_range=int(rng.integers(15, 95)),
        pauses_after=frozenset(np.flatnonzero(rng.random(words) < _COMMA_SHARE).tolist()),
        seed=int(rng.integers(2**31)),
    )


class Espeak:
    """One in a process. `dropped` counts the sentences whose events could not be read."""

    def __init__(self, variants: Sequence[str] = TRAINING_VARIANTS) -> None:
        self._library = EventfulEspeak()
        self._variants = variants
        self.dropped = 0

    def speak(self, sentences: Iterable[tuple[str, ...]], rng: np.random.Generator) -> Iterator[Spoken]:
        """Each sentence in a manner of its own; those that espeak-ng reads otherwise than word by word fall out."""
        for number, sentence in enumerate(sentences):
            if number % _SENTENCES_A_VOICE == 0:
                variant = self._variants[int(rng.integers(len(self._variants)))]
            spoken = self.say(sentence, any_manner(len(sentence), rng, variant))
            if spoken is None:
                self.dropped += 1
            else:
                yield spoken

    def say(self, sentence: tuple[str, ...], manner: Manner) -> Spoken | None:
        """None when the events do not tell of each word or name a phoneme that is none of Russian's."""
        text, words = _text(sentence, manner.pauses_after)
        samples, marks = self._library.say(
            text,
            f"ru+{manner.variant}" if manner.variant else "ru",
            {"rate": manner.rate_wpm, "pitch": manner.pitch, "range": manner.pitch_range},
            manner.seed,
        )
        segments = _segments(marks, words, len(samples), self._library.rate_hz)
        if segments is None or not tells_of_each_word(sentence, segments):
            return None
        return Spoken(sentence, samples.astype(np.float32) / np.float32(32768), self._library.rate_hz, segments)


def _text(sentence: tuple[str, ...], pauses_after: frozenset[int]) -> tuple[str, dict[int, int]]:
    """The text to read and, for the place of each word's first letter (counted from 1), the word's index."""
    text, words = "", {}
    for index, word in enumerate(sentence):
        words[len(text) + 1] = index
        text += word + (", " if index in pauses_after else " ")
    return text.strip(), words


@dataclass
class _Begun:
    """Phones (several when espeak-ng has one phoneme for them) that begin at a sample."""

    phones: tuple[str, ...]
    sample: int
    word: int


def _segments(
    marks: Sequence[Mark], words: dict[int, int], samples: int, rate_hz: int
) -> tuple[Segment, ...] | None:
    begun = _begun(marks, words)
    if not begun:
        return None
    segments = []
    for this, after in pairwise([*begun, _Begun((), samples, NO_WORD)]):
        edges = np.linspace(this.sample, after.sample, len(this.phones) + 1) / rate_hz
        for phone, (start, end) in zip(this.phones, pairwise(edges.tolist()), strict=True):
            segments.append(Segment(phone, start, end, this.word))
    return joined(segments)


def _begun(marks: Sequence[Mark], words: dict[int, int]) -> list[_Begun] | None:
    """The phones with where they begin. The glide of a soft consonant is halved between it and the vowel after it;
    a transition belongs to what follows. None when a phoneme is none of Russian's."""
    begun: list[_Begun] = []
    word = NO_WORD
    transition: int | None = None
    glide: int | None = None
    for mark in marks:
        name = mark.phoneme.lstrip(_STRESS)
        if mark.letter:
            word = words.get(mark.letter, word)
        elif mark.pause:
            begun.append(_Begun((SILENCE,), mark.sample, NO_WORD))
        elif name in _GLIDES:
            _soften(begun)
            glide = mark.sample
        elif name == _TRANSITION:
            transition = mark.sample if transition is None else transition
        else:
            phones = SPLIT_BY_ESPEAK.get(name) or ((OF_ESPEAK[name],) if name in OF_ESPEAK else None)
            if phones is None:
                return None
            start = mark.sample if transition is None else transition
            if glide is not None and name[0] in _VOWELS:
                start = (glide + start) // 2
            # «ъ» and «ь» before a vowel come out as two of them.
            if not (phones[0] == "j" and begun and begun[-1].phones == ("j",)):
                begun.append(_Begun(phones, start, word))
            else:
                begun[-1].phones = phones
            transition = glide = None
    return begun


def _soften(begun: list[_Begun]) -> None:
    if begun and len(begun[-1].phones) == 1:
        hard = begun[-1].phones[0]
        begun[-1].phones = (SOFTENED.get(hard, hard),)
