"""What is said on one connection of the recogniser: the protocol of vosk-server, message by message.

A configuration before the first sound; each chunk of sound is answered by one partial or final result; `eof` by the
last one, and the end; `reset` by the result so far. Everything is done at once in the event loop's thread: a worker
has one core, and two threads would take turns on it with a hand-over for each chunk (docs/decisions/0018).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import structlog
from websockets.frames import CloseCode

from app.speech.decoding import BadRequest, Decoding, StreamConfig
from app.speech.turning_away import MOVE, MOVE_REASON
from app.speech.websocket_stream import WebSocketStream

_SLICE_S = 0.5
"""Sound is decoded in slices of at most so much: a file sent in one message must not keep calls waiting."""

logger = structlog.get_logger()


class Conversation:
    """One connection's dialogue; `open_decoding` makes its recognition at the first sound."""

    def __init__(
        self, stream: WebSocketStream, default: StreamConfig, open_decoding: Callable[[StreamConfig], Decoding]
    ) -> None:
        self._stream = stream
        self._config = default
        self._default_rate_hz = default.sample_rate_hz
        self._open_decoding = open_decoding
        self._decoding: Decoding | None = None
        self._remarks: dict[str, Any] = {}
        self._rest = memoryview(b"")
        self._moving = False

    def take(self, message: str | bytes | None) -> bool:
        """Handle a message, or (None) go on with the last; True when there is more to do."""
        try:
            if isinstance(message, str):
                self._follow(message)
                return False
            if message is not None:
                self._rest = memoryview(message)
            return self._decode_a_slice()
        except BadRequest as error:
            logger.warning("recogniser_request_refused", reason=str(error))
            self._stream.send(json.dumps({"error": str(error)}, ensure_ascii=False))
            self._stream.close(CloseCode.POLICY_VIOLATION, "bad request")
            return False

    def move(self) -> None:
        """Let go of a client that can come back, at the end of the phrase that is being said; others stay."""
        self._moving = self._config.resumes
        self._move_between_phrases()

    def _decode_a_slice(self) -> bool:
        decoding = self._opened()
        size = int(_SLICE_S * self._config.sample_rate_hz) * 2
        decoding.feed(bytes(self._rest[:size]))
        self._rest = self._rest[size:]
        if self._rest:
            return True
        self._answer(decoding.answer())
        self._move_between_phrases()
        return False

    def _follow(self, message: str) -> None:
        order = _parse_order(message)
        if "config" in order:
            config = StreamConfig.parse(order["config"], self._default_rate_hz)
            # As in vosk-server, a configuration takes effect before the first sound only; but for partials.
            if self._decoding is None:
                self._config = config
            else:
                self._decoding.partials = config.partials
            return
        self._answer(self._opened().finish())
        if "eof" in order:
            self._stream.close()

    def _opened(self) -> Decoding:
        if self._decoding is None:
            self._decoding = self._open_decoding(self._config)
            self._remarks = _remarks(self._decoding)
        return self._decoding

    def _answer(self, answer: str) -> None:
        if self._remarks:
            # Beside the first answer and not in one of their own: answers match chunks.
            answer = json.dumps({**json.loads(answer), **self._remarks}, ensure_ascii=False)
            self._remarks = {}
        self._stream.send(answer)

    def _move_between_phrases(self) -> None:
        if self._moving and (self._decoding is None or self._decoding.between_phrases):
            self._stream.close(MOVE, MOVE_REASON)


def _parse_order(message: str) -> dict[str, Any]:
    try:
        order = json.loads(message)
    except ValueError as error:
        raise BadRequest("a text message must be JSON") from error
    if not isinstance(order, dict) or not {"config", "eof", "reset"} & order.keys():
        raise BadRequest('a text message must hold "config", "eof" or "reset"')
    return order


def _remarks(decoding: Decoding) -> dict[str, Any]:
    """What a client should know of its phrases."""
    remarks: dict[str, Any] = {}
    if decoding.unknown_words:
        remarks["unknown_words"] = list(decoding.unknown_words)
    if decoding.grammar_refused:
        remarks["phrase_list_ignored"] = "this model takes no phrases at run time"
    if remarks:
        logger.warning("phrase_list_not_followed", **remarks)
    return remarks
