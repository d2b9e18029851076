"""What a vosk-server answers with: one JSON object a message."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from app.application.ports import Word


class NotAnAnswer(ValueError):
    """The message is not one that a vosk-server sends."""


@dataclass(frozen=True)
class Answer:
    """One message of the recogniser. `words` count from the connection's first sample; a server that was not asked
    for them, or follows no wish, sends none."""

    text: str
    final: bool
    words: tuple[Word, ...]
    error: str
    unknown_words: tuple[str, ...]

    @classmethod
    def parse(cls, message: str | bytes) -> Answer:
        """Raises ValueError (`NotAnAnswer` is one) when it is not a vosk-server's answer."""
        answer = json.loads(message)
        if not isinstance(answer, dict):
            raise NotAnAnswer("not a JSON object")
        try:
            return cls._of(answer)
        except (KeyError, TypeError, AttributeError) as error:
            raise NotAnAnswer(f"not an answer of a vosk-server: {error!r}") from error

    @classmethod
    def _of(cls, answer: dict[str, Any]) -> Answer:
        final = "text" in answer or "alternatives" in answer
        best = answer["alternatives"][0] if answer.get("alternatives") else answer
        words = tuple(
            Word(str(word["word"]), float(word["start"]), float(word["end"]), float(word.get("conf", 1.0)))
            for word in best.get("result", ())
        )
        text = str(best.get("text" if final else "partial", "")).strip()
        unknown = tuple(str(word) for word in answer.get("unknown_words", ()))
        return cls(text, final, words, str(answer.get("error", "")), unknown)
