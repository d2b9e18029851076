"""What the model is asked to hear: sentences that the training never spoke, in voices that it never had.

espeak-ng's variants are split into trained and held-out ones; of Festival there is one voice, so only its sentences
are new. An answer is right when the survey understands it as the answer that was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from app.domain.flow import SurveyQuestion
from app.domain.said_answers import UNKNOWN, grammar, understand
from app.storage.flows import load_profile
from scripts.evaluate_model.across_engines import ESPEAK, FESTIVAL
from scripts.evaluate_model.hearing import Ear
from scripts.evaluate_model.human_prompts import human_prompts
from scripts.evaluate_model.line import RATE_HZ, Condition, noise, over_the_line, through_a_law
from scripts.evaluate_model.scoring import Score, total
from scripts.train_model.corpus import Corpus
from scripts.train_model.engines.espeak import HELD_OUT_VARIANTS, Espeak
from scripts.train_model.engines.festival import Festival
from scripts.train_model.engines.spoken import Spoken
from scripts.train_model.spoken import label_of
from scripts.train_model.word_forms import with_yo

PROJECT = Path(__file__).resolve().parents[2]
DIGITS = ("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять")
_TONES_HZ = (350.0, 425.0, 440.0, 1000.0, 1400.0)

Sentence = tuple[str, ...]
Judge = Callable[[Spoken, str], Score]


@dataclass(frozen=True)
class Trial:
    """Speech to hear with a grammar (None: freely), and who says whether it was heard rightly."""

    name: str
    spoken: tuple[Spoken, ...]
    phrases: tuple[str, ...] | None
    judge: Judge
    misheard: Judge | None = None
    """Of an answer: whether it was taken for another one; the rest of the errors is asked again."""


def hear(ear: Ear, trial: Trial, condition: Condition, rng: np.random.Generator) -> tuple[tuple[Spoken, str], ...]:
    """Say everything over the line; what was said with what was heard."""
    phrases = None if trial.phrases is None else ear.fitted(trial.phrases)
    return tuple(
        (spoken, ear.hear(over_the_line(spoken.samples, spoken.rate_hz, condition, rng), phrases))
        for spoken in trial.spoken
    )


class Voices:
    """The synthesisers, each with what was held out of it."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._espeak = Espeak(HELD_OUT_VARIANTS)
        self._festival = Festival()

    def say(self, sentences: Sequence[Sentence], engine: str) -> tuple[Spoken, ...]:
        """Those that the engine reads word by word."""
        speaking = self._espeak if engine == ESPEAK else self._festival
        return tuple(speaking.speak(sentences, self._rng))

    def say_mixed(self, sentences: Sequence[Sentence]) -> tuple[Spoken, ...]:
        """Three in four by espeak-ng's held-out voices, one by Festival."""
        some = [sentence for number, sentence in enumerate(sentences) if number % 4]
        return (*self.say(some, ESPEAK), *self.say(sentences[::4], FESTIVAL))


def some_of(sentences: Sequence[Sentence], count: int, rng: np.random.Generator) -> list[Sentence]:
    """`count` of the sentences, or all."""
    return [sentences[place] for place in rng.permutation(len(sentences))[:count]]


def free(name: str, spoken: tuple[Spoken, ...]) -> Trial:
    return Trial(name, spoken, None, _by_words)


def digits(count: int, rng: np.random.Generator) -> list[Sentence]:
    """Strings of 3 to 11 digits."""
    return [tuple(DIGITS[digit] for digit in rng.integers(10, size=int(rng.integers(3, 12)))) for _ in range(count)]


def digits_heard(spoken: tuple[Spoken, ...]) -> Trial:
    return Trial("digits", spoken, DIGITS, _by_words)


def _by_words(spoken: Spoken, heard: str) -> Score:
    said = [label_of(word) for word in spoken.sentence]
    return Score.of_words(said, [word for word in heard.split() if word != UNKNOWN])


def questions() -> tuple[SurveyQuestion, SurveyQuestion]:
    """The survey's two: was there an answer, and how good was it."""
    survey = load_profile(PROJECT / "call_flows" / "housing", always_open=True, years=range(2026, 2027)).survey
    yes_no, satisfaction = survey.questions[:2]
    return yes_no, satisfaction


def answers(question: SurveyQuestion, count: int, known: Callable[[str], bool]) -> list[Sentence]:
    """`count` ways to answer, each answer as often as any other, each of its forms in turn. Forms with words that
    the model does not know are left out, as the product leaves them out."""
    turns = [
        _in_turn([form for form in answer.spoken if all(map(known, form.split()))]) for answer in question.answers
    ]
    return [next(turns[number % len(turns)]) for number in range(count)]


def _in_turn(forms: Sequence[str]) -> Iterator[Sentence]:
    while True:
        yield from (tuple(map(with_yo, form.split())) for form in forms)


def answers_heard(name: str, question: SurveyQuestion, spoken: tuple[Spoken, ...]) -> Trial:
    def judged(said: Spoken, heard: str) -> tuple[bool, bool]:
        meant, got = understand(question, " ".join(said.sentence)), understand(question, heard)
        return got is None, meant is not None and got is not None and meant.id == got.id

    def right(said: Spoken, heard: str) -> Score:
        return Score.of_answer(judged(said, heard)[1])

    def not_another(said: Spoken, heard: str) -> Score:
        return Score.of_answer(any(judged(said, heard)))

    return Trial(name, spoken, _forms(question), right, misheard=not_another)


def taken_for_an_answer(name: str, question: SurveyQuestion, spoken: tuple[Spoken, ...]) -> Trial:
    """Speech that is no answer: an error is whatever the survey would take for one."""
    return Trial(
        name, spoken, _forms(question), lambda _said, heard: Score.of_answer(not understand(question, heard))
    )


def _forms(question: SurveyQuestion) -> tuple[str, ...]:
    return tuple(grammar(question))


def no_answers(corpus: Corpus, count: int, rng: np.random.Generator) -> list[Sentence]:
    """Held-out sentences that neither question would understand even as text."""
    asked = questions()
    other = (
        sentence
        for sentence in some_of(corpus.held_out, len(corpus.held_out), rng)
        if len(sentence) > 1 and not any(understand(question, " ".join(sentence)) for question in asked)
    )
    return list(islice(other, count))


def people(known: Callable[[str], bool]) -> Iterator[tuple[Sentence, bytes]]:
    """Recordings of a woman's voice that no model learnt from, whose words the model can hear at all."""
    for prompt in human_prompts():
        words = tuple(label_of(word) for word in prompt.words)
        if all(map(known, words)):
            yield words, through_a_law(prompt.samples.astype(np.float64) / 32768)


def sounds_without_speech(count: int, rng: np.random.Generator) -> list[bytes]:
    """Noises, tones and silences of 2 s, at levels from the faintest to the loudest."""
    made = []
    for number in range(count):
        level = 10 ** (rng.uniform(-60, -8) / 20)
        if number % 3 == 0:
            sound = noise(2 * RATE_HZ, rng) * level
        elif number % 3 == 1:
            moments = np.arange(2 * RATE_HZ) / RATE_HZ
            beeping = (moments % 1.0) < rng.choice((0.25, 0.5, 1.0))
            sound = np.sin(2 * np.pi * rng.choice(_TONES_HZ) * moments) * beeping * level
        else:
            sound = rng.standard_normal(2 * RATE_HZ) * rng.choice((0.0, 1.0, 8.0)) / 32768
        made.append(through_a_law(sound))
    return made


def sounds_taken_for_an_answer(ear: Ear, question: SurveyQuestion, sounds: Sequence[bytes]) -> Score:
    phrases = ear.fitted(_forms(question))
    return total(Score.of_answer(not understand(question, ear.hear(pcm, phrases))) for pcm in sounds)
