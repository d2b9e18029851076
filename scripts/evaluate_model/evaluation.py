"""The whole measurement of a model, and what came out of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path
from typing import Any

import numpy as np

from app.domain.flow import SurveyQuestion
from app.speech.model_files import check_model
from scripts.evaluate_model import sets
from scripts.evaluate_model.across_engines import ACROSS, HeldOut, assembled
from scripts.evaluate_model.hearing import Ear, Weight, weigh
from scripts.evaluate_model.line import CLEAN, FAINT, LOSSY, NOISY, Condition
from scripts.evaluate_model.scoring import Score, total
from scripts.evaluate_model.sets import Trial, Voices
from scripts.train_model.corpus import Corpus, build_corpus
from scripts.train_model.engines.spoken import Spoken
from scripts.train_model.spoken import label_of
from scripts.train_model.texts import read_texts

FREE, REGULATIONS, OUTSIDE = "free speech", "regulations", "words outside"
DIGITS, YES_NO, SATISFACTION = "digits", "yes/no", "satisfaction"
OTHER_SPEECH, NO_SPEECH = "other speech", "noise, tones, silence"
HUMAN = "recorded prompts"
MISHEARD = "taken for another"
_SEED = 20_261_122

Say = Callable[[str], None]


@dataclass(frozen=True)
class Row:
    """One figure of the table: errors of words (free speech, digits) or of utterances (answers, rejection)."""

    trial: str
    condition: str
    score: Score
    across: str = ""
    """What the model was tested on and had not been trained on; empty for the model itself."""


@dataclass(frozen=True)
class Evaluation:
    """Rates are shares, 0 to 1; None for what was not measured."""

    model: str
    rows: tuple[Row, ...]
    real_time_factor: float
    weight: Weight

    def rate(self, trial: str, condition: str = CLEAN.name, *, across: bool = False) -> float | None:
        """The rate of one figure; of both directions together across engines."""
        rows = [row for row in self.rows if (row.trial, row.condition) == (trial, condition)]
        found = [row.score for row in rows if bool(row.across) is across]
        return total(found).rate if found else None

    @property
    def wer_free(self) -> float | None:
        return self.rate(FREE)

    @property
    def error_digits(self) -> float | None:
        return self.rate(DIGITS)

    @property
    def error_yes_no(self) -> float | None:
        return self.rate(YES_NO)

    @property
    def error_satisfaction(self) -> float | None:
        return self.rate(SATISFACTION)

    @property
    def false_accept(self) -> float | None:
        """Other speech that was taken for an answer."""
        return self.rate(OTHER_SPEECH)

    @property
    def wer_human(self) -> float | None:
        """Of recorded people, whom the model never heard."""
        return self.rate(HUMAN)

    @property
    def wer_cross_engine(self) -> float | None:
        return self.rate(FREE, across=True)

    @property
    def error_digits_cross_engine(self) -> float | None:
        return self.rate(DIGITS, across=True)

    @property
    def error_yes_no_cross_engine(self) -> float | None:
        return self.rate(YES_NO, across=True)

    @property
    def error_satisfaction_cross_engine(self) -> float | None:
        return self.rate(SATISFACTION, across=True)

    def as_json(self) -> dict[str, Any]:
        return {
            "model": self.model,
            **{name: getattr(self, name) for name in FIGURES},
            "real_time_factor": round(self.real_time_factor, 4),
            "megabytes": round(self.weight.megabytes, 2),
            "load_ms": round(self.weight.load_ms, 1),
            "memory_mb": round(self.weight.memory_mb, 1),
            "rows": [
                {
                    "set": row.trial,
                    "condition": row.condition,
                    "across": row.across,
                    "utterances": row.score.utterances,
                    "counted": row.score.counted,
                    "errors": row.score.errors,
                    "rate": round(row.score.rate, 5),
                }
                for row in self.rows
            ],
        }


FIGURES = (
    *("wer_free", "error_digits", "error_yes_no", "error_satisfaction", "false_accept", "wer_human"),
    *("wer_cross_engine", "error_digits_cross_engine"),
    *("error_yes_no_cross_engine", "error_satisfaction_cross_engine"),
)


@dataclass(frozen=True)
class _Counts:
    """How many utterances a set has."""

    free: int
    outside: int
    digits: int
    answers: int
    other: int
    no_speech: int
    across: int
    people: int


_FULL = _Counts(free=600, outside=80, digits=120, answers=420, other=330, no_speech=150, across=120, people=500)
_QUICK = _Counts(free=60, outside=20, digits=30, answers=80, other=60, no_speech=45, across=30, people=80)


def measure(model: Path, *, quick: bool = False, say: Say = lambda _line: None) -> Evaluation:
    """Let the model hear every set. A few minutes; a fifth of the utterances when `quick`. RuntimeError names what
    Debian packages are missing, Unavailable what the model lacks."""
    return _Measurement(model, _QUICK if quick else _FULL, say).run()


class _Measurement:
    def __init__(self, model: Path, counts: _Counts, say: Say) -> None:
        self._model = model
        self._counts = counts
        self._say = say
        self._description = check_model(model)
        self._ear = Ear(model)
        self._corpus: Corpus = build_corpus(1)
        self._rng = np.random.default_rng(_SEED)
        self._voices = Voices(self._rng)
        self._rows: list[Row] = []

    def run(self) -> Evaluation:
        weight = weigh(self._model)
        self._free_speech()
        factor = self._ear.cpu_s / self._ear.sound_s
        self._answers()
        self._rejection()
        self._people()
        for held_out in ACROSS:
            with assembled(self._model, held_out) as folder:
                if folder is not None:
                    self._across(Ear(folder), held_out)
        return Evaluation(self._description.version, tuple(self._rows), factor, weight)

    def _add(self, trial: str, condition: str, score: Score, across: str = "") -> None:
        row = Row(trial, condition, score, across)
        self._rows.append(row)
        self._say(line_of(row))

    def _hear(self, trial: Trial, conditions: Sequence[Condition]) -> None:
        for condition in conditions:
            self._judge(trial, condition.name, sets.hear(self._ear, trial, condition, self._rng))

    def _judge(self, trial: Trial, condition: str, heard: Sequence[tuple[Spoken, str]], across: str = "") -> None:
        self._add(trial.name, condition, total(starmap(trial.judge, heard)), across)
        if trial.misheard is not None:
            self._add(f"{trial.name}, {MISHEARD}", condition, total(starmap(trial.misheard, heard)), across)

    def _known(self, sentences: Sequence[sets.Sentence]) -> list[sets.Sentence]:
        """Those whose every word the model can hear at all."""
        return [sentence for sentence in sentences if all(map(self._knows, sentence))]

    def _knows(self, word: str) -> bool:
        return self._ear.knows(label_of(word))

    def _free_speech(self) -> None:
        written = set(read_texts().guides)
        read_out = [sentence for sentence in self._corpus.held_out if sentence in written]
        spoken = [sentence for sentence in self._corpus.held_out if sentence not in written]
        said = self._voices.say_mixed(sets.some_of(self._known(spoken), self._counts.free, self._rng))
        self._hear(sets.free(FREE, said), (CLEAN, NOISY, FAINT, LOSSY))
        for name, sentences in ((REGULATIONS, self._known(read_out)), (OUTSIDE, self._corpus.outside)):
            some = sets.some_of(sentences, self._counts.outside, self._rng)
            self._hear(sets.free(name, self._voices.say_mixed(some)), (CLEAN, NOISY))

    def _answers(self) -> None:
        said = self._voices.say_mixed(sets.digits(self._counts.digits, self._rng))
        self._hear(sets.digits_heard(said), (CLEAN, NOISY, FAINT))
        for name, question in zip((YES_NO, SATISFACTION), sets.questions(), strict=True):
            ways = sets.answers(question, self._counts.answers, self._knows)
            said = self._voices.say_mixed(ways)
            self._hear(sets.answers_heard(name, question, said), (CLEAN, NOISY, FAINT))

    def _rejection(self) -> None:
        other = self._voices.say_mixed(sets.no_answers(self._corpus, self._counts.other, self._rng))
        silent = sets.sounds_without_speech(self._counts.no_speech, self._rng)
        for question in sets.questions():
            self._hear(sets.taken_for_an_answer(OTHER_SPEECH, question, other), (CLEAN, NOISY))
            score = sets.sounds_taken_for_an_answer(self._ear, question, silent)
            self._add(NO_SPEECH, CLEAN.name, score)

    def _people(self) -> None:
        prompts = list(sets.people(self._knows))
        some = [prompts[place] for place in self._rng.permutation(len(prompts))[: self._counts.people]]
        score = total(Score.of_words(words, self._ear.hear(pcm).split()) for words, pcm in some)
        self._add(HUMAN, CLEAN.name, score)

    def _across(self, ear: Ear, held_out: HeldOut) -> None:
        engine, count = held_out.tested_on, self._counts.across
        yes_no, satisfaction = sets.questions()

        def said(sentences: Sequence[sets.Sentence]) -> tuple[Spoken, ...]:
            return self._voices.say(sentences, engine)

        def ways(question: SurveyQuestion) -> tuple[Spoken, ...]:
            return said(sets.answers(question, count, self._knows))

        known = self._known(self._corpus.held_out)
        for trial in (
            sets.free(FREE, said(sets.some_of(known, count, self._rng))),
            sets.digits_heard(said(sets.digits(count, self._rng))),
            sets.answers_heard(YES_NO, yes_no, ways(yes_no)),
            sets.answers_heard(SATISFACTION, satisfaction, ways(satisfaction)),
        ):
            self._judge(trial, CLEAN.name, sets.hear(ear, trial, CLEAN, self._rng), engine)


def line_of(row: Row) -> str:
    """A line of the table."""
    trial = f"{row.trial}, trained without {row.across}" if row.across else row.trial
    score = row.score
    said = f"{trial:<40} {row.condition:<10} {score.utterances:>6} {score.counted:>6}"
    return f"{said} {100 * score.rate:>8.2f} % {100 * score.exact / max(1, score.utterances):>8.1f} %"


HEADING = f"{'set':<40} {'line':<10} {'said':>6} {'of':>6} {'errors':>10} {'exact':>10}"
