"""A worker of the recogniser: one process, one model, the connections its parent hands it.

Its parent (`app.speech.recogniser`) accepts connections and passes each one as a descriptor over a Unix socket;
what else is said over it stands in `app.speech.worker_process`. The socket's end means that the parent is gone, and
the worker with it.
"""

from __future__ import annotations

import array
import asyncio
import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import structlog
import vosk

from app.domain.errors import Unavailable
from app.speech.body_vocabulary import body_words_of
from app.speech.conversation import Conversation
from app.speech.decoding import Decoding, StreamConfig
from app.speech.espeak import synthesise
from app.speech.model_files import ModelDescription, check_model
from app.speech.websocket_stream import WebSocketStream
from app.speech.worker_process import ASK, CONNECTION, GONE, HERE, MOVE_OUT, READY

_SAMPLE = "здравствуйте подскажите пожалуйста какой срок рассмотрения моего обращения"
"""Said once at the start: what speech costs here depends on the model and the machine."""

logger = structlog.get_logger()


class Worker:
    """The connections of this process and the model they share."""

    def __init__(self, description: ModelDescription, parent: socket.socket) -> None:
        self._description = description
        self._parent = parent
        self._model: Any = None
        self._body_words = body_words_of(description.path)
        self._conversations: dict[WebSocketStream, Conversation] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self._stopped = asyncio.Event()
        self._moving_out = False

    async def run(self) -> None:
        """Load, then serve until the parent is gone or the process is told to stop."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stopped.set)
        try:
            self._model = vosk.Model(str(self._description.path))
            cost_s = self._try_out()
        except Exception as error:  # vosk raises nothing narrower
            raise Unavailable(f"the model was not loaded: {error}") from error
        loop.add_reader(self._parent.fileno(), self._hear_parent)
        self._tell_parent(f"{READY} {cost_s}")
        await self._stopped.wait()

    def _try_out(self) -> float:
        """CPU-seconds for a second of speech; 0 where there is no speech to be had.

        Some faults of a model show only when a recogniser is made or decodes: better now than in a call."""
        trial = self._open(self._default_config())
        trial.accept(bytes(2 * self._description.sample_rate_hz))
        trial.finish()
        try:
            speech = synthesise(_SAMPLE)
        except Unavailable as error:
            logger.warning("capacity_not_measured", reason=str(error))
            return 0.0
        return _cost(self._open(StreamConfig(_LINE_RATE_HZ)), speech)

    def _default_config(self) -> StreamConfig:
        return StreamConfig(float(self._description.sample_rate_hz))

    def _open(self, config: StreamConfig) -> Decoding:
        return Decoding(
            self._model,
            config,
            supports_grammar=self._description.supports_grammar,
            adapts=(self._description.path / "ivector").is_dir(),
            body_words=self._body_words,
        )

    # --- the parent ---

    def _hear_parent(self) -> None:
        size = array.array("i").itemsize
        try:
            mark, ancillary, _flags, _address = self._parent.recvmsg(1, socket.CMSG_SPACE(size))
        except BlockingIOError:
            return
        except ConnectionResetError:
            mark, ancillary = b"", []
        descriptors = array.array("i")
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                descriptors.frombytes(content[:size])
        if mark == CONNECTION and descriptors:
            self._take_over(socket.socket(fileno=descriptors[0]))
        elif mark == ASK:
            self._tell_parent(HERE)
        elif mark == MOVE_OUT:
            self._move_out()
        elif not mark:
            # The end of the socket stays readable for ever: stop listening to it as well.
            asyncio.get_running_loop().remove_reader(self._parent.fileno())
            self._stopped.set()

    def _tell_parent(self, line: str) -> None:
        """A parent that is gone ends the worker."""
        try:
            self._parent.send(line.encode() + b"\n")
        except OSError:
            self._stopped.set()

    def _move_out(self) -> None:
        self._moving_out = True
        for conversation in list(self._conversations.values()):
            conversation.move()
        self._end_when_empty()

    def _end_when_empty(self) -> None:
        if self._moving_out and not self._conversations and not self._opening:
            self._stopped.set()

    # --- connections ---

    def _take_over(self, connection: socket.socket) -> None:
        task = asyncio.get_running_loop().create_task(self._begin(connection))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _begin(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(self._make_stream, connection)
        except OSError as error:
            logger.debug("connection_gone_before_it_was_taken", reason=str(error))
            connection.close()
            self._tell_parent(GONE)

    def _make_stream(self) -> WebSocketStream:
        stream = WebSocketStream(lambda _stream: None, self._take, self._gone)
        self._conversations[stream] = Conversation(stream, self._default_config(), self._open)
        return stream

    def _take(self, stream: WebSocketStream, message: str | bytes | None) -> bool:
        return self._conversations[stream].take(message)

    def _gone(self, stream: WebSocketStream) -> None:
        del self._conversations[stream]
        self._tell_parent(GONE)
        self._end_when_empty()


_LINE_RATE_HZ = 8000.0


def _cost(decoding: Decoding, speech: bytes) -> float:
    """The second time counts: the first one fills caches. CPU time, not the clock's: others start up beside us."""
    chunk = int(0.04 * _LINE_RATE_HZ) * 2
    cost_s = 0.0
    for _ in range(2):
        before = time.thread_time()
        for start in range(0, len(speech), chunk):
            decoding.accept(speech[start : start + chunk])
        decoding.finish()
        cost_s = time.thread_time() - before
    return cost_s / (len(speech) / 2 / _LINE_RATE_HZ) if speech else 0.0


def main(arguments: list[str]) -> int:
    """`recogniser_worker <model directory> <descriptor of the socket to the parent>`"""
    # Ctrl-C reaches the whole group of processes; the parent alone decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    vosk.SetLogLevel(-1)
    parent = socket.socket(fileno=int(arguments[1]))
    parent.setblocking(False)
    description = check_model(Path(arguments[0]))
    try:
        asyncio.run(_run(description, parent))
    except Unavailable as error:
        # The parent knows what it means, and says it in one line.
        logger.error("recogniser_worker_cannot_run", reason=str(error))
        return 1
    return 0


async def _run(description: ModelDescription, parent: socket.socket) -> None:
    await Worker(description, parent).run()


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stderr.flush()
    # What is still being decoded would hold up the ordinary end of the interpreter.
    os._exit(code)
