"""One stream of sound through libvosk: what the vosk-server protocol says of a connection, without the socket.

Everything here blocks (libvosk releases the interpreter lock) and is called in one thread.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import vosk

from app.speech.body_words import BodyWords
from app.speech.sound_gate import END_S, TAIL_S, Passage, SoundGate
from app.speech.vosk_results import StreamTime, joined

RECYCLE_AFTER_S = 300.0
"""A recogniser grew by 16 MB in 20 minutes of stream (measured): it is made anew at the first pause after this."""

STEP_S = 0.12
"""So much is gated and handed to libvosk at a time. The bundled model decodes in steps of this length
(`frames-per-chunk=10`, rounded up to whole answers of 30 ms): smaller pieces cost more, bring no word sooner."""

_SAMPLE_RATES_HZ = range(4000, 96001)
_ANYTHING_ELSE = "[unk]"
_NO_PARTIAL = '{"partial": ""}'


class BadRequest(ValueError):
    """The client's message cannot be followed; the text says what was wrong with it."""


@dataclass(frozen=True)
class StreamConfig:
    """The `config` message of vosk-server's protocol; what it does not name is as vosk-server has it."""

    sample_rate_hz: float
    words: bool = True
    phrases: tuple[str, ...] | None = None
    max_alternatives: int = 0
    partials: bool = True
    """Ours, and the only one that may be changed in a stream: False saves the search for a partial's best path."""
    resumes: bool = False
    """Not of vosk-server: a client that comes back when closed with 1012, and tells again what was not final."""

    @classmethod
    def parse(cls, message: Any, default_sample_rate_hz: float) -> StreamConfig:
        """Take the value of "config". Raises `BadRequest`."""
        if not isinstance(message, dict):
            raise BadRequest("config must be an object")
        rate = message.get("sample_rate", default_sample_rate_hz)
        if not isinstance(rate, (int, float)) or int(rate) not in _SAMPLE_RATES_HZ:
            raise BadRequest("sample_rate must be a number of Hz between 4000 and 96000")
        phrases = message.get("phrase_list")
        if phrases is not None and not _is_list_of_strings(phrases):
            raise BadRequest("phrase_list must be a list of strings")
        alternatives = message.get("max_alternatives", 0)
        if not isinstance(alternatives, int) or not 0 <= alternatives <= 100:
            raise BadRequest("max_alternatives must be a whole number from 0 to 100")
        return cls(
            float(rate),
            bool(message.get("words", True)),
            tuple(phrases) if phrases else None,
            alternatives,
            bool(message.get("partials", True)),
            bool(message.get("resumes", False)),
        )


def _is_list_of_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


@dataclass(frozen=True)
class Grammar:
    """Phrases that the model can hear, and the words for which others were left out."""

    phrases: tuple[str, ...]
    unknown_words: tuple[str, ...]


def fit_to_vocabulary(phrases: tuple[str, ...], knows: Callable[[str], bool]) -> Grammar:
    """Leave out each phrase with a word that the model does not know, and say which words these are.

    libvosk itself would drop only the word, and «не удовлетворен» without its «не» means the opposite.
    Models differ in whether they spell «ё», so either spelling will do.
    """
    kept: list[str] = []
    unknown: list[str] = []
    for phrase in phrases:
        spelled = [_spelling(word, knows) for word in phrase.split()]
        missing = [word for word, found in zip(phrase.split(), spelled, strict=True) if found is None]
        unknown += missing
        if spelled and not missing:
            kept.append(" ".join(word for word in spelled if word is not None))
    return Grammar(tuple(dict.fromkeys(kept)), tuple(dict.fromkeys(unknown)))


def _spelling(word: str, knows: Callable[[str], bool]) -> str | None:
    if word == _ANYTHING_ELSE:
        return word
    for candidate in (word, word.lower(), word.lower().replace("ё", "е")):
        if knows(candidate):
            return candidate
    return None


class Decoding:
    """One connection's recognition. Sound is 16-bit little-endian mono PCM at the configured rate."""

    def __init__(
        self,
        model: vosk.Model,
        config: StreamConfig,
        *,
        supports_grammar: bool,
        adapts: bool = False,
        body_words: BodyWords | None = None,
    ) -> None:
        """`adapts`: the model has an extractor of i-vectors, it learns its speaker. Raises BadRequest."""
        self._model = model
        self._config = config
        self.partials = config.partials
        """Whether `accept` answers with what a phrase is so far; may be changed at any time."""
        self._grammar: Grammar | None = None
        if config.phrases and supports_grammar:
            self._grammar = fit_to_vocabulary(
                config.phrases, lambda word: int(model.vosk_model_find_word(word)) >= 0
            )
            if not set(self._grammar.phrases) - {_ANYTHING_ELSE}:
                missing = ", ".join(self._grammar.unknown_words)
                raise BadRequest(f"no phrase of phrase_list is in the model's vocabulary; unknown words: {missing}")
        self.grammar_refused = bool(config.phrases) and not supports_grammar
        self._adapts = adapts
        self._body_words = body_words or BodyWords({})
        self._gathered = bytearray()
        self._step_bytes = 2 * int(STEP_S * config.sample_rate_hz)
        self._gate = SoundGate(config.sample_rate_hz, tail_s=END_S if adapts else TAIL_S)
        self._results: list[str] = []
        self._partial = _NO_PARTIAL
        self._partial_is_new = False
        self._begin()

    @property
    def unknown_words(self) -> tuple[str, ...]:
        return self._grammar.unknown_words if self._grammar else ()

    @property
    def between_phrases(self) -> bool:
        """Nobody is speaking, and all that was said has been told."""
        return self._gate.is_shut and not self._results

    def accept(self, pcm: bytes) -> str:
        """Feed sound; the JSON answer is a partial, or a result where a phrase has ended."""
        self.feed(pcm)
        return self.answer()

    def feed(self, pcm: bytes) -> None:
        """Feed a part of a message."""
        self._gathered += pcm
        if len(self._gathered) >= self._step_bytes:
            self._hand_on()

    def answer(self) -> str:
        """The answer to what was fed since the last one."""
        if self._results:
            answer, self._results = joined(self._results), []
            return answer
        if not self.partials:
            return _NO_PARTIAL
        if self._partial_is_new:
            self._partial = self._body_words.joined_in(str(self._recogniser.PartialResult()))
            self._partial_is_new = False
        return self._partial

    def finish(self) -> str:
        """The result of what was fed since the last one."""
        self._hand_on()
        for passage in self._gate.flush():
            self._decode(passage)
        self._take_result(self._recogniser.FinalResult())
        return self.answer()

    def _hand_on(self) -> None:
        pcm = bytes(self._gathered)
        self._gathered.clear()
        for passage in self._gate.feed(pcm):
            self._decode(passage)

    def _decode(self, passage: Passage) -> None:
        if passage.pcm:
            self._time.note(self._fed_samples, passage.start)
            self._fed_samples += len(passage.pcm) // 2
            self._partial_is_new = True
            if self._recogniser.AcceptWaveform(passage.pcm):
                self._take_result(self._recogniser.Result())
        if passage.ends:
            self._end_phrase()

    def _end_phrase(self) -> None:
        # The final result begins the features anew, which an adapting model had better not; its tail is longer.
        self._take_result(self._recogniser.Result() if self._adapts else self._recogniser.FinalResult())
        if self._fed_samples >= RECYCLE_AFTER_S * self._config.sample_rate_hz:
            self._begin()

    def _take_result(self, result: str) -> None:
        self._results.append(self._body_words.joined_in(self._time.of(result)))
        self._time.settle()
        self._partial = _NO_PARTIAL
        self._partial_is_new = False

    def _begin(self) -> None:
        """A recogniser, and its count of samples, from the beginning."""
        settings: tuple[Any, ...] = (self._model, self._config.sample_rate_hz)
        if self._grammar is not None:
            settings += (json.dumps(self._grammar.phrases, ensure_ascii=False),)
        self._recogniser = vosk.KaldiRecognizer(*settings)
        self._recogniser.SetWords(self._config.words)
        self._recogniser.SetMaxAlternatives(self._config.max_alternatives)
        self._fed_samples = 0
        self._time = StreamTime(self._config.sample_rate_hz)
