"""A worker of the recogniser: one process, one model, one decoding thread, the connections its parent hands it.

Its parent (`app.speech.recogniser`) accepts connections and passes each one as a descriptor over a Unix socket.
Towards the parent one byte means: the model is loaded, a connection is gone. The socket's end means that the
parent is gone, and the worker with it.
"""

from __future__ import annotations

import array
import asyncio
import json
import logging
import os
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import structlog
import vosk
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from app.speech.decoding import BadRequest, Decoding, StreamConfig
from app.speech.model_files import ModelDescription, check_model
from app.speech.recogniser import CONNECTION_GONE, READY

_CLOSE_TIMEOUT_S = 2.0
_LONGEST_MESSAGE_BYTES = 1 << 20

logger = structlog.get_logger()


class HandedOverSocket(socket.socket):
    """Looks to asyncio like a listening socket; `accept` takes a connection that the parent has accepted."""

    stopped: asyncio.Event

    def listen(self, _backlog: int = 0, /) -> None:
        """Nothing to do: the parent listens."""

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection. Raises BlockingIOError or ConnectionAbortedError, which asyncio passes over."""
        size = array.array("i").itemsize
        descriptors = array.array("i")
        try:
            mark, ancillary, _flags, _address = self.recvmsg(1, socket.CMSG_SPACE(size))
        except ConnectionResetError:
            mark, ancillary = b"", []
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                descriptors.frombytes(content[:size])
        if not mark:
            # The end of the socket stays readable for ever: stop listening to it as well.
            asyncio.get_running_loop().remove_reader(self.fileno())
            self.stopped.set()
        if not descriptors:
            raise BlockingIOError
        connection = socket.socket(fileno=descriptors[0])
        try:
            return connection, connection.getpeername()
        except OSError as error:
            connection.close()
            self.tell_parent(CONNECTION_GONE)
            raise ConnectionAbortedError("gone before it was taken") from error

    def tell_parent(self, what: bytes) -> None:
        """One byte towards the parent; a parent that is gone ends the worker."""
        try:
            self.send(what)
        except OSError:
            self.stopped.set()


class Worker:
    """The connections of this process and the model they share."""

    def __init__(self, description: ModelDescription, parent: HandedOverSocket) -> None:
        self._description = description
        self._parent = parent
        self._model: Any = None
        self._decoder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="decode")

    async def run(self) -> None:
        """Load, then serve until the parent is gone or the process is told to stop."""
        loop = asyncio.get_running_loop()
        stopped = self._parent.stopped = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, stopped.set)
        await loop.run_in_executor(self._decoder, self._load)
        worker = self

        class Counted(ServerConnection):
            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                worker._parent.tell_parent(CONNECTION_GONE)

        server = serve(
            self._converse,
            sock=self._parent,
            create_connection=Counted,
            compression=None,
            close_timeout=_CLOSE_TIMEOUT_S,
            max_size=_LONGEST_MESSAGE_BYTES,
        )
        async with server:
            self._parent.tell_parent(READY)
            await stopped.wait()

    def _load(self) -> None:
        vosk.SetLogLevel(-1)
        self._model = vosk.Model(str(self._description.path))
        # Some faults show only when a recogniser is made or decodes: better now than in a call.
        trial = Decoding(self._model, self._default_config(), supports_grammar=False)
        trial.accept(bytes(2 * self._description.sample_rate_hz))
        trial.finish()

    def _default_config(self) -> StreamConfig:
        return StreamConfig(float(self._description.sample_rate_hz))

    async def _converse(self, connection: ServerConnection) -> None:
        try:
            await self._answer_messages(connection)
        except BadRequest as error:
            logger.warning("recogniser_request_refused", reason=str(error))
            await connection.send(json.dumps({"error": str(error)}, ensure_ascii=False))
            await connection.close(CloseCode.POLICY_VIOLATION, "bad request")
        except ConnectionClosed:
            logger.debug("recogniser_connection_closed")

    async def _answer_messages(self, connection: ServerConnection) -> None:
        loop = asyncio.get_running_loop()
        config = self._default_config()
        decoding: Decoding | None = None
        async for message in connection:
            if isinstance(message, str):
                order = _parse_order(message)
                if "config" in order:
                    # As in vosk-server, a configuration takes effect before the first sound only; but for partials.
                    config = StreamConfig.parse(order["config"], self._default_config().sample_rate_hz)
                    if decoding is not None:
                        decoding.partials = config.partials
                    continue
            remarks: dict[str, Any] = {}
            if decoding is None:
                decoding = await loop.run_in_executor(self._decoder, self._open, config)
                remarks = _remarks(decoding)
            if isinstance(message, bytes):
                answer = await loop.run_in_executor(self._decoder, decoding.accept, message)
            else:
                answer = await loop.run_in_executor(self._decoder, decoding.finish)
            await connection.send(_with_remarks(answer, remarks))
            if isinstance(message, str) and "eof" in order:
                return

    def _open(self, config: StreamConfig) -> Decoding:
        return Decoding(self._model, config, supports_grammar=self._description.supports_grammar)


def _parse_order(message: str) -> dict[str, Any]:
    try:
        order = json.loads(message)
    except ValueError as error:
        raise BadRequest("a text message must be JSON") from error
    if not isinstance(order, dict) or not {"config", "eof", "reset"} & order.keys():
        raise BadRequest('a text message must hold "config", "eof" or "reset"')
    return order


def _remarks(decoding: Decoding) -> dict[str, Any]:
    """What a client should know of its phrases: keys beside the first answer, so that answers match chunks."""
    remarks: dict[str, Any] = {}
    if decoding.unknown_words:
        remarks["unknown_words"] = list(decoding.unknown_words)
    if decoding.grammar_refused:
        remarks["phrase_list_ignored"] = "this model takes no phrases at run time"
    if remarks:
        logger.warning("phrase_list_not_followed", **remarks)
    return remarks


def _with_remarks(answer: str, remarks: dict[str, Any]) -> str:
    return json.dumps({**json.loads(answer), **remarks}, ensure_ascii=False) if remarks else answer


def main(arguments: list[str]) -> int:
    """`recogniser_worker <model directory> <descriptor of the socket to the parent>`"""
    # Ctrl-C reaches the whole group of processes; the parent alone decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    # websockets' own remarks (a probe that connects and leaves) are of no use to anyone here.
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    parent = HandedOverSocket(fileno=int(arguments[1]))
    parent.setblocking(False)
    worker = Worker(check_model(Path(arguments[0])), parent)
    asyncio.run(worker.run())
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stderr.flush()
    # A decoding thread deep in libvosk would hold up the ordinary end of the interpreter.
    os._exit(code)
