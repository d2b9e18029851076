"""The line's side of recognition: `ports.Recognizer` over the protocol of vosk-server, one WebSocket a channel.

Works against our own recogniser and against any `alphacep/vosk-server`. Nothing here waits in the caller's face:
`feed` queues, a task sends; what comes back is told in the event loop's thread. While the recogniser is away the
channel says so, keeps a little sound, and goes on when it is back, with word times that stay the channel's own.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from app.application.ports import Heard, Listening, Word
from app.domain.errors import BadInput
from app.speech.sound_queue import SoundQueue

END_OF_SOUND = '{"eof" : 1}'
"""vosk-server compares this text character by character, blanks included."""

SAMPLE_RATE_HZ = 8000
_CHUNK_MS = 40
"""A word waits for its chunk to fill: 100 ms, as vosk-server's own clients send, showed it some 40 ms later."""
_MOST_UNANSWERED = 1000 // _CHUNK_MS
"""Chunks under way: beyond a second of lag sound waits here, where it is bounded, and not in the network."""
_OPEN_WITHIN_S = 5.0
_LAST_WORDS_WITHIN_S = 5.0
_BACK_OFF_S = (0.1, 0.2, 0.5, 1.0, 2.0)
_FAILURES_AT_THE_END = 3
"""A closed channel whose recogniser is away for so many attempts has no more words to wait for."""
_AWAY = (OSError, TimeoutError, ConnectionClosed, InvalidHandshake, ValueError)
"""What a recogniser that is gone, hangs or is something else raises; ValueError comes of a strange answer."""


_T = TypeVar("_T")
logger = structlog.get_logger()


class _NotAnAnswer(ValueError):
    """The message is not one that a vosk-server sends."""


class _ChannelRefused(Exception):
    """The recogniser will not follow this channel's configuration."""


@dataclass(frozen=True)
class _Answer:
    """One message of the recogniser. `words` count from the connection's first sample."""

    text: str
    final: bool
    words: tuple[Word, ...]
    error: str
    unknown_words: tuple[str, ...]

    @classmethod
    def parse(cls, message: str | bytes) -> _Answer:
        """Raises ValueError (`_NotAnAnswer` is one) when it is not a vosk-server's answer."""
        answer = json.loads(message)
        if not isinstance(answer, dict):
            raise _NotAnAnswer("not a JSON object")
        try:
            return cls._of(answer)
        except (KeyError, TypeError, AttributeError) as error:
            raise _NotAnAnswer(f"not an answer of a vosk-server: {error!r}") from error

    @classmethod
    def _of(cls, answer: dict[str, Any]) -> _Answer:
        final = "text" in answer or "alternatives" in answer
        best = answer["alternatives"][0] if answer.get("alternatives") else answer
        words = tuple(
            Word(str(word["word"]), float(word["start"]), float(word["end"]), float(word.get("conf", 1.0)))
            for word in best.get("result", ())
        )
        text = str(best.get("text" if final else "partial", "")).strip()
        unknown = tuple(str(word) for word in answer.get("unknown_words", ()))
        return cls(text, final, words, str(answer.get("error", "")), unknown)


class VoskRecognizer:
    """Channels to the recogniser at `url` (`ws://host:port`). Use it in the event loop's thread."""

    def __init__(self, url: str, *, answer_within_s: float = 5.0) -> None:
        """A recogniser that owes an answer for longer than `answer_within_s` counts as away.

        Raises `BadInput` when the address cannot be one of a recogniser."""
        parts = urlsplit(url)
        if parts.scheme not in ("ws", "wss") or not parts.hostname:
            raise BadInput(f"the recogniser's address {url!r} is not of the form ws://host:port")
        self._url = url
        self._answer_within_s = answer_within_s
        self._channels: set[_Channel] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def listen(
        self,
        on_heard: Callable[[Heard], None],
        on_available: Callable[[bool], None],
        phrases: Sequence[str] | None = None,
    ) -> Listening:
        """Open one channel (see `ports.Recognizer.listen`). The connection is made behind the scenes."""
        channel = _Channel(self._url, self._answer_within_s, on_heard, on_available, phrases)
        task = asyncio.get_running_loop().create_task(channel.run(), name="recognition")
        self._channels.add(channel)
        self._tasks.add(task)

        def forget(ended: asyncio.Task[None]) -> None:
            self._channels.discard(channel)
            self._tasks.discard(ended)

        task.add_done_callback(forget)
        return channel

    async def aclose(self) -> None:
        """Close every channel, wait (bounded) for the last words, end the tasks."""
        for channel in list(self._channels):
            channel.close()
        tasks = list(self._tasks)
        if tasks:
            _done, late = await asyncio.wait(tasks, timeout=_LAST_WORDS_WITHIN_S + 1)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class _Channel:
    """One channel: its queue, its connection, and what was last told."""

    def __init__(
        self,
        url: str,
        answer_within_s: float,
        on_heard: Callable[[Heard], None],
        on_available: Callable[[bool], None],
        phrases: Sequence[str] | None,
    ) -> None:
        self._url = url
        self._answer_within_s = answer_within_s
        self._on_heard = on_heard
        self._on_available = on_available
        self._config: dict[str, Any] = {"sample_rate": SAMPLE_RATE_HZ, "words": True, "max_alternatives": 0}
        if phrases is not None:
            self._config["phrase_list"] = list(phrases)
        self._queue = SoundQueue(SAMPLE_RATE_HZ, chunk_ms=_CHUNK_MS)
        self._wake = asyncio.Event()
        self._closing = asyncio.Event()
        self._available: bool | None = None
        self._last_partial = ""
        self._answers = 0
        self._end_sent = False

    def feed(self, pcm: bytes) -> None:
        """Queue sound: 16-bit, 8 kHz, any length (see `ports.Listening.feed`)."""
        if not self._closing.is_set() and self._queue.feed(pcm):
            self._wake.set()

    def close(self) -> None:
        """No more sound; the words already said still arrive, for at most a few seconds."""
        if not self._closing.is_set():
            self._queue.flush()
            self._closing.set()
            self._wake.set()

    async def run(self) -> None:
        """Connect, and connect again, until the channel is closed and its last words were told."""
        conversing = asyncio.create_task(self._keep_conversing())
        closing = asyncio.create_task(self._closing.wait())
        try:
            await asyncio.wait({conversing, closing}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({conversing}, timeout=_LAST_WORDS_WITHIN_S)
        finally:
            for task in (conversing, closing):
                task.cancel()
            await asyncio.gather(conversing, closing, return_exceptions=True)
        if not conversing.cancelled() and (failure := conversing.exception()) is not None:
            logger.error("recognition_channel_failed", exc_info=failure)
            self._tell_available(False)

    async def _keep_conversing(self) -> None:
        failures = 0
        while True:
            self._answers = 0
            try:
                if await self._converse():
                    return
            except _AWAY as error:
                failures = 1 if self._answers else failures + 1
                if failures == 1:
                    logger.warning("recogniser_away", reason=f"{type(error).__name__}: {error}")
            except _ChannelRefused as error:
                failures = len(_BACK_OFF_S)
                logger.error("recogniser_refused_channel", reason=str(error))
            self._queue.rewind()
            self._tell_available(False)
            hopeless = failures >= _FAILURES_AT_THE_END and not self._answers
            if self._closing.is_set() and (self._queue.is_empty or hopeless):
                return
            pause = _BACK_OFF_S[min(failures, len(_BACK_OFF_S)) - 1]
            # Channels that lost one recogniser together must not all come back in the same instant.
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))

    async def _converse(self) -> bool:
        """One connection; True when the channel was closed and the last words have come."""
        async with connect(
            self._url, compression=None, proxy=None, open_timeout=_OPEN_WITHIN_S, close_timeout=1
        ) as connection:
            await connection.send(json.dumps({"config": self._config}, ensure_ascii=False))
            self._end_sent = False
            self._tell_available(True)
            sending = asyncio.create_task(self._send(connection))
            try:
                return await self._receive(connection)
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    async def _send(self, connection: ClientConnection) -> None:
        while True:
            self._wake.clear()
            while not self._queue.is_empty and self._queue.unanswered < _MOST_UNANSWERED:
                await connection.send(self._queue.take().pcm)
            if self._closing.is_set() and self._queue.is_empty:
                self._end_sent = True
                await connection.send(END_OF_SOUND)
                return
            await self._wake.wait()

    async def _receive(self, connection: ClientConnection) -> bool:
        while True:
            message = await self._next_message(connection)
            answer = _Answer.parse(message)
            if answer.error:
                raise _ChannelRefused(answer.error)
            self._answers += 1
            if answer.unknown_words:
                logger.warning("phrases_not_in_vocabulary", words=answer.unknown_words)
            # The answer to the end of the sound is the one that comes when no chunk is unanswered.
            last = self._end_sent and self._queue.unanswered == 0
            self._queue.answered(final=answer.final)
            self._wake.set()
            self._tell(answer)
            if last and answer.final:
                return True

    async def _next_message(self, connection: ClientConnection) -> str | bytes:
        """The next answer. Raises TimeoutError when one is owed and does not come: the recogniser hangs."""
        while True:
            owed = self._queue.unanswered > 0 or self._end_sent
            try:
                async with asyncio.timeout(self._answer_within_s):
                    return await connection.recv()
            except TimeoutError:
                if owed:
                    raise TimeoutError("no answer from the recogniser") from None

    def _tell(self, answer: _Answer) -> None:
        if not answer.final:
            if answer.text != self._last_partial:
                self._last_partial = answer.text
                self._call(self._on_heard, Heard(answer.text, final=False))
            return
        showed_partial, self._last_partial = bool(self._last_partial), ""
        if answer.text:
            seconds = self._queue.call_seconds
            words = tuple(
                Word(word.text, seconds(word.start_s), seconds(word.end_s), word.confidence)
                for word in answer.words
            )
            self._call(self._on_heard, Heard(answer.text, final=True, words=words))
        elif showed_partial:
            self._call(self._on_heard, Heard("", final=False))

    def _tell_available(self, available: bool) -> None:
        if available != self._available and not self._closing.is_set():
            self._available = available
            self._call(self._on_available, available)

    def _call(self, told: Callable[[_T], None], value: _T) -> None:
        """What the listener does with the news must not end the recognition of its channel."""
        try:
            told(value)
        except Exception:
            logger.exception("recognition_listener_failed")
