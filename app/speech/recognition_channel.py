"""One channel to a recogniser: its queue, its connection, and what was last told of it.

While the recogniser is away the channel says so, keeps a little sound, and goes on when it is back. Where it has no
place for the channel it asks again, ever more slowly, and whenever a place gets free. What the line can do without
while the recogniser cannot keep up is spared: such a channel's sound is let go until it is wanted again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.frames import CloseCode

from app.application.ports import Ear, Heard, Rank, Reception, Word
from app.speech.lag import IN_TIME_S, Lateness
from app.speech.sound_queue import SoundQueue
from app.speech.strain import Degree
from app.speech.vosk_answers import Answer

END_OF_SOUND = '{"eof" : 1}'
"""vosk-server compares this text character by character, blanks included."""

SAMPLE_RATE_HZ = 8000
_CHUNK_MS = 40
"""A word waits for its chunk to fill: 100 ms, as vosk-server's own clients send, showed it some 40 ms later."""
_MOST_UNANSWERED = 1000 // _CHUNK_MS
"""Chunks under way: beyond a second of lag sound waits here, where it is bounded, and not in the network."""
_OPEN_WITHIN_S = 5.0
LAST_WORDS_WITHIN_S = 5.0
_LEAVE_WITHIN_S = 1.0
"""A channel that is spared, or gives its place away, waits so long for its last words."""
_BACK_OFF_S = (0.1, 0.2, 0.5, 1.0, 2.0)
_NO_PLACE_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
ASKS_EACH = 4
"""A place that another gives up is free after a moment: only every so many refusals one more is asked for it."""
_FAILURES_AT_THE_END = 3
"""A closed channel whose recogniser is away for so many attempts has no more words to wait for."""
_AWAY = (OSError, TimeoutError, ConnectionClosed, InvalidHandshake, ValueError)
"""What a recogniser that is gone, hangs or is something else raises; ValueError comes of a strange answer."""

_T = TypeVar("_T")
logger = structlog.get_logger()


class _ChannelRefused(Exception):
    """The recogniser will not follow this channel's configuration."""


class Line(Protocol):
    """What a channel tells the line's other channels."""

    def wants_place(self, channel: Channel) -> None:
        """There is no place for it: one of a lower rank may give up its own."""

    def left_place(self) -> None:
        """A place got free."""


class Channel:
    """Implements `ports.Listening`. Use it in the event loop's thread."""

    def __init__(
        self,
        line: Line,
        url: str,
        on_heard: Callable[[Heard], None],
        on_reception: Callable[[Reception], None],
        phrases: Sequence[str] | None,
        *,
        rank: Rank,
        number: int,
        answer_within_s: float,
        waiting_s: float,
    ) -> None:
        """`number` counts the line's channels; an answer is owed within `answer_within_s`; what has waited longer
        than `waiting_s` is let go."""
        self.rank = rank
        self.number = number
        self._line = line
        self._url = url
        self._answer_within_s = answer_within_s
        self._on_heard = on_heard
        self._on_reception = on_reception
        self._config: dict[str, Any] = {
            "sample_rate": SAMPLE_RATE_HZ,
            "words": True,
            "max_alternatives": 0,
            "resumes": True,
        }
        if phrases is not None:
            self._config["phrase_list"] = list(phrases)
        self._queue = SoundQueue(SAMPLE_RATE_HZ, chunk_ms=_CHUNK_MS, waiting_s=waiting_s)
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._closing = asyncio.Event()
        self._leaving = asyncio.Event()
        self._may_return = asyncio.Event()
        self._told: Reception | None = None
        self._ear = Ear.HEARS
        self._dropped = 0
        self._loses_sound = False
        self._lateness = Lateness()
        self._degree = Degree.ALL
        self._partials_asked = True
        self._last_partial = ""
        self._answers = 0
        self._failures = 0
        self._refusals = 0
        self._gave_way = False
        self._end_sent = False

    # --- what the line asks for ------------------------------------------------------------------------------

    def feed(self, pcm: bytes) -> None:
        """Queue sound: 16-bit, 8 kHz, any length (see `ports.Listening.feed`)."""
        if self._closing.is_set():
            return
        if self._spared:
            self._queue.pass_over(pcm)
        elif self._queue.feed(pcm, self._loop.time()):
            self._wake.set()

    def close(self) -> None:
        """No more sound; the words already said still arrive, for at most a few seconds."""
        if not self._closing.is_set():
            self._queue.flush(self._loop.time())
            self._closing.set()
            self._may_return.set()
            self._wake.set()

    def follow(self, degree: Degree) -> None:
        """The line does without some recognition, or takes it up again."""
        was_spared, self._degree = self._spared, degree
        if self._spared and not was_spared:
            self._queue.drop_waiting()
            self._leave(Ear.SPARED)
        elif was_spared and not self._spared:
            self._may_return.set()
        if not self._partials:
            self._show_partial("")
        self._wake.set()

    def give_way(self) -> None:
        """Leave the place to a channel that matters more, and ask for another."""
        self._gave_way, self._refusals = True, 0
        self._leave(Ear.NO_PLACE)

    def try_now(self) -> None:
        """A place may be free."""
        self._may_return.set()

    @property
    def waits_for_place(self) -> bool:
        return self._ear is Ear.NO_PLACE and not self._closing.is_set() and not self._spared

    @property
    def has_place(self) -> bool:
        """It is heard, and stays so unless it is told to give way."""
        return bool(self._answers) and not self._leaving.is_set() and not self._closing.is_set()

    def look(self, now_s: float) -> float:
        """The channel's lag in seconds, 0 while it is not heard; tells when words begin or cease to be late."""
        lag_s = self._queue.lag_s(now_s) if self.has_place else 0.0
        self._lateness.seen(lag_s, now_s)
        if self.has_place:
            dropped, self._dropped = self._dropped, self._queue.dropped_samples
            self._loses_sound = self._dropped > dropped or (self._loses_sound and lag_s >= IN_TIME_S)
        if self._told is not None:
            self._tell_reception(self._heard_as if self.has_place else self._ear)
        return lag_s

    @property
    def _heard_as(self) -> Ear:
        """How it is heard while it has a place: what is told when sound goes that nobody has heard."""
        return Ear.SPARED if self._loses_sound else Ear.HEARS

    @property
    def _spared(self) -> bool:
        return self.rank is Rank.OPERATOR and self._degree >= Degree.CALLERS

    @property
    def _partials(self) -> bool:
        return self._degree < Degree.CALLERS_WITHOUT_PARTIALS

    def _leave(self, ear: Ear) -> None:
        self._may_return.clear()
        self._leaving.set()
        self._wake.set()
        self._tell_reception(ear)

    # --- the conversation ------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, and connect again, until the channel is closed and its last words were told."""
        conversing = asyncio.create_task(self._keep_conversing())
        closing = asyncio.create_task(self._closing.wait())
        try:
            await asyncio.wait({conversing, closing}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({conversing}, timeout=LAST_WORDS_WITHIN_S)
        finally:
            for task in (conversing, closing):
                task.cancel()
            await asyncio.gather(conversing, closing, return_exceptions=True)
        if not conversing.cancelled() and (failure := conversing.exception()) is not None:
            logger.error("recognition_channel_failed", exc_info=failure)
            self._tell_reception(Ear.AWAY)

    async def _keep_conversing(self) -> None:
        while True:
            ending = Ear.SPARED if self._spared else await self._converse()
            if self._closing.is_set() and self._is_over(ending):
                return
            match ending:
                case Ear.SPARED:
                    await self._rest(ending, None)
                case Ear.NO_PLACE:
                    await self._wait_for_place()
                case Ear.AWAY:
                    await self._rest(ending, _BACK_OFF_S[min(self._failures, len(_BACK_OFF_S)) - 1])

    def _is_over(self, ending: Ear) -> bool:
        """A closed channel, after a conversation that ended so, has no more words to wait for."""
        if ending in (Ear.SPARED, Ear.NO_PLACE):
            return True
        self._queue.rewind()
        hopeless = ending is Ear.AWAY and self._failures >= _FAILURES_AT_THE_END and not self._answers
        return self._queue.is_empty or hopeless

    async def _converse(self) -> Ear:
        """One connection, to its end. Returns how the channel is heard without it; HEARS: it is worth another one
        at once, or none."""
        self._answers, self._gave_way = 0, False
        self._leaving.clear()
        try:
            await self._connect()
        except _AWAY as error:
            return self._ended_by(error)
        except _ChannelRefused as error:
            self._failures, self._refusals = len(_BACK_OFF_S), 0
            logger.error("recogniser_refused_channel", reason=str(error))
            return Ear.AWAY
        finally:
            if self._answers:
                self._line.left_place()
        return Ear.NO_PLACE if self._gave_way else Ear.HEARS

    def _ended_by(self, error: BaseException) -> Ear:
        if _is_full(error):
            self._failures, self._refusals = 0, 1 if self._answers else self._refusals + 1
            return Ear.NO_PLACE
        if _closed_with(error, CloseCode.SERVICE_RESTART) and self._answers:
            # Its worker is about to be replaced, another has a place: nothing is amiss.
            self._queue.rewind()
            return Ear.HEARS
        self._failures, self._refusals = 1 if self._answers else self._failures + 1, 0
        if self._failures == 1:
            logger.warning("recogniser_away", reason=f"{type(error).__name__}: {error}")
        return Ear.AWAY

    async def _wait_for_place(self) -> None:
        """Ask again, ever more slowly; who gave its place away (no refusal yet) begins with the longest pause."""
        if self._refusals == 1:
            logger.warning("recogniser_has_no_place", rank=self.rank.name)
        if self._refusals % ASKS_EACH == 1:
            self._line.wants_place(self)
        await self._rest(Ear.NO_PLACE, _NO_PLACE_S[min(self._refusals, len(_NO_PLACE_S)) - 1])

    async def _rest(self, ear: Ear, seconds: float | None) -> None:
        """No connection: for so long, or until it is worth trying again; spared, until it is wanted."""
        self._answers = 0
        self._queue.rewind()
        self._lateness = Lateness()
        self._show_partial("")
        self._tell_reception(ear)
        self._may_return.clear()
        if seconds is None:
            self._queue.drop_waiting()
        else:
            # Channels that lost one recogniser together must not all come back in the same instant.
            seconds *= random.uniform(0.5, 1.0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._may_return.wait()

    async def _connect(self) -> None:
        """A conversation to the last words of a channel that closes or leaves. Raises _AWAY or _ChannelRefused."""
        async with connect(
            self._url, compression=None, proxy=None, open_timeout=_OPEN_WITHIN_S, close_timeout=1
        ) as connection:
            await self._send_config(connection)
            self._end_sent = self._loses_sound = False
            self._dropped = self._queue.dropped_samples
            await self._exchange(connection)

    async def _exchange(self, connection: ClientConnection) -> None:
        sending = asyncio.create_task(self._send(connection))
        receiving = asyncio.create_task(self._receive(connection))
        leaving = asyncio.create_task(self._leaving.wait())
        try:
            await asyncio.wait({receiving, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not receiving.done():
                await asyncio.wait({receiving}, timeout=_LEAVE_WITHIN_S)
            if receiving.done():
                receiving.result()
        finally:
            tasks = (sending, receiving, leaving)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send_config(self, connection: ClientConnection) -> None:
        """Before the first sound. `resumes` and `partials` are ours: servers of others pass them over."""
        self._partials_asked = self._partials
        config = self._config if self._partials else {**self._config, "partials": False}
        await connection.send(json.dumps({"config": config}, ensure_ascii=False))

    async def _send(self, connection: ClientConnection) -> None:
        while True:
            self._wake.clear()
            if self._partials_asked != self._partials:
                self._partials_asked = self._partials
                await connection.send(json.dumps({"config": {"partials": self._partials}}))
            while not self._done_sending and self._queue.unanswered < _MOST_UNANSWERED and not self._queue.is_empty:
                await connection.send(self._queue.take().pcm)
            if self._done_sending:
                self._end_sent = True
                await connection.send(END_OF_SOUND)
                return
            await self._wake.wait()

    @property
    def _done_sending(self) -> bool:
        return self._leaving.is_set() or (self._closing.is_set() and self._queue.is_empty)

    async def _receive(self, connection: ClientConnection) -> None:
        while True:
            message = await self._next_message(connection)
            answer = Answer.parse(message)
            if answer.error:
                raise _ChannelRefused(answer.error)
            self._answers += 1
            if not self._leaving.is_set():
                self._tell_reception(self._heard_as)
            if answer.unknown_words:
                logger.warning("phrases_not_in_vocabulary", words=answer.unknown_words)
            # The answer to the end of the sound is the one that comes when no chunk is unanswered.
            last = self._end_sent and self._queue.unanswered == 0
            self._queue.answered(final=answer.final)
            self._wake.set()
            self._tell(answer)
            if last and answer.final:
                return

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

    # --- what is told ----------------------------------------------------------------------------------------

    def _tell(self, answer: Answer) -> None:
        if not answer.final:
            if self._partials:
                self._show_partial(answer.text)
            return
        if not answer.text:
            self._show_partial("")
            return
        self._last_partial = ""
        seconds = self._queue.call_seconds
        words = tuple(
            Word(word.text, seconds(word.start_s), seconds(word.end_s), word.confidence) for word in answer.words
        )
        self._call(self._on_heard, Heard(answer.text, final=True, words=words))

    def _show_partial(self, text: str) -> None:
        if text != self._last_partial:
            self._last_partial = text
            self._call(self._on_heard, Heard(text, final=False))

    def _tell_reception(self, ear: Ear) -> None:
        self._ear = ear
        reception = Reception(ear, self._lateness.late_s)
        if reception != self._told and not self._closing.is_set():
            self._told = reception
            self._call(self._on_reception, reception)

    def _call(self, told: Callable[[_T], None], value: _T) -> None:
        """What the listener does with the news must not end the recognition of its channel."""
        try:
            told(value)
        except Exception:
            logger.exception("recognition_listener_failed")


def _is_full(error: BaseException) -> bool:
    """The recogniser says that it has no place: after the opening (1013) or instead of it (503)."""
    refused = isinstance(error, InvalidStatus) and error.response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    return refused or _closed_with(error, CloseCode.TRY_AGAIN_LATER)


def _closed_with(error: BaseException, code: CloseCode) -> bool:
    return isinstance(error, ConnectionClosed) and error.rcvd is not None and error.rcvd.code == code
