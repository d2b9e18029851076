"""Measure the spoken answers of the survey: `python -m scripts.measure_survey` (docs/figures.md, L15).

Says every spoken form of the survey in several of espeak-ng's voices through A-law, with the noise of a line under
it, to the bundled model with the grammar that a call gives it, and counts what is made of it: understood,
misunderstood, asked again; forms with words that the model does not know are counted apart. Then other speech and
noise, and counts what is taken for an answer. Printed for several thresholds of a word's confidence; `--json FILE`
writes the figures.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import vosk

from app.application.ports import Heard, Word
from app.application.survey_by_phone import SURE_ENOUGH, with_doubts
from app.config import PROJECT
from app.domain.cues import words_of
from app.domain.flow import SurveyQuestion
from app.domain.profile import Profile
from app.domain.said_answers import grammar, understand
from app.speech.decoding import Decoding, StreamConfig
from app.speech.espeak import synthesise
from app.speech.sound import from_pcm, to_pcm
from app.storage.flows import load_profile
from app.telephony.g711 import decode, encode

VOICES = ("ru", "ru+m2", "ru+m3", "ru+m6", "ru+f2", "ru+f3", "ru+f5")
"""Of these the bundled model was not trained on m3, m6, f3 and f5."""
BODIES = ("housing", "property", "heritage", "labour", "education")
THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)
OTHER_SENTENCES = 200
CHUNK_BYTES = 1600
NOISES_DBFS = (-60, -45, -35, -25)
LINE_NOISE_DBFS = -60


@dataclass
class Count:
    """What was made of many utterances."""

    understood: int = 0
    misunderstood: int = 0
    again: int = 0

    def add(self, made: str, meant: str) -> None:
        self.understood += made == meant
        self.misunderstood += made not in ("", meant)
        self.again += not made

    def shares(self) -> dict[str, float]:
        total = max(1, self.understood + self.misunderstood + self.again)
        return {name: round(100 * number / total, 2) for name, number in vars(self).items()}


class Ear:
    """The bundled model, listening as a call does."""

    def __init__(self, model: Path) -> None:
        vosk.SetLogLevel(-1)
        self._model = vosk.Model(str(model))

    def hear(self, pcm: bytes, phrases: Sequence[str]) -> list[tuple[Word, ...]]:
        """The final results, word by word."""
        decoding = Decoding(self._model, StreamConfig(8000.0, phrases=tuple(phrases)), supports_grammar=True)
        answers = [decoding.accept(pcm[at : at + CHUNK_BYTES]) for at in range(0, len(pcm), CHUNK_BYTES)]
        answers.append(decoding.finish())
        results = [json.loads(answer).get("result", []) for answer in answers]
        return [tuple(map(_word, words)) for words in results if words]

    def knows(self, text: str) -> bool:
        """Every word is in the model's vocabulary."""
        return all(int(self._model.vosk_model_find_word(word)) >= 0 for word in text.split())


def _word(word: dict[str, Any]) -> Word:
    return Word(word["word"], word["start"], word["end"], word["conf"])


def on_the_line(pcm: bytes, rng: np.random.Generator, noise_dbfs: float = LINE_NOISE_DBFS) -> bytes:
    """With the line's noise, through A-law."""
    samples = from_pcm(pcm)
    noise = rng.standard_normal(len(samples)) * 10 ** (noise_dbfs / 20)
    return (
        decode("PCMA", encode("PCMA", to_pcm(np.clip(samples + noise, -1, 1).astype(np.float32))))
        .astype("<i2")
        .tobytes()
    )


def answer_to(question: SurveyQuestion, results: list[tuple[Word, ...]], sure: float) -> str:
    """The id of the answer, as the call would take it: the first result with anything in it decides."""
    if not results:
        return ""
    answer = understand(question, with_doubts(Heard("", final=True, words=results[0]), sure))
    return answer.id if answer else ""


def other_speech(profiles: Iterable[Profile]) -> list[str]:
    """Sentences of callers' matters, none of them an answer."""
    found: set[str] = set()
    for profile in profiles:
        for topic in profile.topics:
            found |= {topic.title, *topic.questions, *(need.title for need in topic.needs)}
        for stage in profile.incoming.stages:
            found |= {text for phrase in stage.phrases for text in phrase.variants[:1] if "{" not in text}
    sentences = sorted(text for text in (" ".join(words_of(one)) for one in found) if 2 <= len(text.split()) <= 14)
    random.Random(1).shuffle(sentences)
    return sentences[:OTHER_SENTENCES]


def said(texts: Iterable[str], rng: np.random.Generator) -> Iterator[tuple[str, str, bytes]]:
    """Each text in each voice, between pauses."""
    pause = bytes(8000)
    for text in texts:
        for voice in VOICES:
            rate = int(rng.integers(125, 190))
            yield text, voice, on_the_line(pause + synthesise(text, voice=voice, rate=rate) + pause + pause, rng)


def measure(ear: Ear, questions: Sequence[SurveyQuestion], others: Sequence[str]) -> dict[str, Any]:
    """Figures by question and threshold, in per cent, and the forms that fared worst."""
    rng = np.random.default_rng(1)
    figures: dict[str, Any] = {}
    for question in questions:
        phrases = grammar(question)
        all_heard = [
            (answer.id, text, voice, ear.hear(sound, phrases))
            for answer in question.answers
            for text, voice, sound in said(answer.spoken, rng)
        ]
        heard = [one for one in all_heard if ear.knows(one[1])]
        outside = [one for one in all_heard if not ear.knows(one[1])]
        foreign = [(text, voice, ear.hear(sound, phrases)) for text, voice, sound in said(others, rng)]
        noise = [ear.hear(on_the_line(bytes(64000), rng, dbfs), phrases) for dbfs in NOISES_DBFS for _ in range(10)]
        figures[question.id] = {
            "utterances": len(heard),
            "other_sentences": len(foreign),
            "with_unknown_words": len(outside),
            "unknown": _at(question, outside, [], [], SURE_ENOUGH),
            "by_threshold": {str(sure): _at(question, heard, foreign, noise, sure) for sure in THRESHOLDS},
            "worst": _worst(question, all_heard),
            "taken_for_an_answer": [
                (text, voice, " ".join(f"{w.text}:{w.confidence:.2f}" for w in results[0]))
                for text, voice, results in foreign
                if answer_to(question, results, SURE_ENOUGH)
            ],
        }
    return figures


def _at(question: SurveyQuestion, heard: Any, foreign: Any, noise: Any, sure: float) -> dict[str, Any]:
    count = Count()
    for meant, _text, _voice, results in heard:
        count.add(answer_to(question, results, sure), meant)
    taken = sum(bool(answer_to(question, results, sure)) for _text, _voice, results in foreign)
    noises = sum(bool(answer_to(question, results, sure)) for results in noise)
    return {
        **count.shares(),
        "other_speech_taken": round(100 * taken / max(1, len(foreign)), 2),
        "noise_taken": round(100 * noises / max(1, len(noise)), 2),
    }


def _worst(question: SurveyQuestion, heard: Any) -> list[str]:
    """Forms that were misunderstood or asked for again, with what was heard."""
    lines = []
    for meant, text, voice, results in heard:
        made = answer_to(question, results, SURE_ENOUGH)
        if made != meant:
            words = " ".join(f"{w.text}:{w.confidence:.2f}" for w in (results[0] if results else ()))
            lines.append(f"{'WRONG' if made else 'again'} {text} ({voice}): {words}")
    return sorted(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=PROJECT / "models" / "liniya-demo-ru")
    parser.add_argument("--profile", default="housing")
    parser.add_argument("--others", type=int, default=OTHER_SENTENCES, help="sentences of other speech")
    parser.add_argument("--details", action="store_true", help="print what was not understood")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    profiles = {body: load_profile(PROJECT / "call_flows" / body, years=range(2026, 2028)) for body in BODIES}
    others = other_speech(profiles.values())[: options.others]
    figures = measure(Ear(options.model), profiles[options.profile].survey.questions, others)
    for question, its in figures.items():
        print(f"{question}: {its['utterances']} utterances of forms, {its['other_sentences']} of other speech, %")
        for sure, row in its["by_threshold"].items():
            print(f"  confidence {sure}: " + ", ".join(f"{name} {value}" for name, value in row.items()))
        print(f"  {its['with_unknown_words']} more with words that the model does not know: {its['unknown']}")
        if options.details:
            print(*("    " + line for line in its["worst"]), *its["taken_for_an_answer"], sep="\n    ")
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(figures, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
