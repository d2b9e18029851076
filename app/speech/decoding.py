"""One stream of sound through libvosk: what the vosk-server protocol says of a connection, without the socket.

Everything here blocks (libvosk releases the interpreter lock) and is called in one thread.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import vosk

RECYCLE_AFTER_S = 300.0
"""A recogniser grew by 16 MB in 20 minutes of stream (measured): it is made anew at the first pause after this."""

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


def joined(results: list[str]) -> str:
    """One result of several (JSON of libvosk), as if the phrases had been one."""
    if len(results) == 1:
        return results[0]
    best = [max(result.get("alternatives", [result]), key=_confidence) for result in map(json.loads, results)]
    text = " ".join(result["text"] for result in best if result.get("text"))
    one: dict[str, Any] = {"text": text}
    if words := [word for result in best for word in result.get("result", ())]:
        one["result"] = words
    if any("confidence" in result for result in best):
        one = {"alternatives": [{"confidence": sum(map(_confidence, best)), **one}]}
    return json.dumps(one, ensure_ascii=False)


def _confidence(alternative: dict[str, Any]) -> float:
    return float(alternative.get("confidence", 0.0))


class Decoding:
    """One connection's recognition. Sound is 16-bit little-endian mono PCM at the configured rate."""

    def __init__(self, model: vosk.Model, config: StreamConfig, *, supports_grammar: bool) -> None:
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
        self._odd_byte = b""
        self._fed_samples = 0
        self._answered = 0
        self._results: list[str] = []
        self._offset_s = 0.0
        self._recogniser = self._make_recogniser()

    @property
    def unknown_words(self) -> tuple[str, ...]:
        return self._grammar.unknown_words if self._grammar else ()

    @property
    def between_phrases(self) -> bool:
        """The last answer was a result, and nothing has been fed since."""
        return self._answered == self._fed_samples

    def accept(self, pcm: bytes) -> str:
        """Feed sound; the JSON answer is a partial, or a result where a phrase has ended."""
        self.feed(pcm)
        return self.answer()

    def feed(self, pcm: bytes) -> None:
        """Feed a part of a message."""
        pcm = self._odd_byte + pcm
        whole = len(pcm) // 2 * 2
        self._odd_byte = pcm[whole:]
        self._fed_samples += whole // 2
        if self._recogniser.AcceptWaveform(pcm[:whole]):
            self._results.append(self._in_stream_time(self._recogniser.Result()))

    def answer(self) -> str:
        """The answer to what was fed since the last one."""
        if not self._results:
            return str(self._recogniser.PartialResult()) if self.partials else _NO_PARTIAL
        answer = joined(self._results)
        self._results = []
        if self._fed_samples >= RECYCLE_AFTER_S * self._config.sample_rate_hz:
            self._offset_s += self._fed_samples / self._config.sample_rate_hz
            self._fed_samples = 0
            self._recogniser = self._make_recogniser()
        self._answered = self._fed_samples
        return answer

    def finish(self) -> str:
        """The result of what was fed since the last one."""
        self._results.append(self._in_stream_time(self._recogniser.FinalResult()))
        self._answered = self._fed_samples
        answer, self._results = joined(self._results), []
        return answer

    def _make_recogniser(self) -> vosk.KaldiRecognizer:
        settings: tuple[Any, ...] = (self._model, self._config.sample_rate_hz)
        if self._grammar is not None:
            settings += (json.dumps(self._grammar.phrases, ensure_ascii=False),)
        recogniser = vosk.KaldiRecognizer(*settings)
        recogniser.SetWords(self._config.words)
        recogniser.SetMaxAlternatives(self._config.max_alternatives)
        return recogniser

    def _in_stream_time(self, answer: str) -> str:
        """libvosk counts from its recogniser's birth; the client counts from its first sample."""
        if not self._offset_s:
            return answer
        parsed = json.loads(answer)
        for result in (parsed, *parsed.get("alternatives", ())):
            for word in result.get("result", ()):
                word["start"] = round(word["start"] + self._offset_s, 6)
                word["end"] = round(word["end"] + self._offset_s, 6)
        return json.dumps(parsed, ensure_ascii=False)
