"""A vosk-server as it is published, in its few lines: load the model, accept, decode everything.

    python -m scripts.speech_bench.plain_server MODEL [--threads N]

The behaviour of the websocket server of `alphacep/vosk-server`, written anew: one process, one event loop, a pool
of a thread a core; a recogniser a connection, made at its first sound; each message is decoded in the pool and
answered before the next one is read; nothing is left out and nothing is recycled. Says "ready PORT"; ends with its
standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vosk
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

END = '{"eof" : 1}'
RESET = '{"reset" : 1}'
"""Compared character by character, blanks included, as it is published."""


@dataclass
class Wishes:
    """What a client's `config` asks for, with what holds without one."""

    sample_rate: float = 8000.0
    words: bool = True
    max_alternatives: int = 0
    phrase_list: list[str] | None = None

    def take(self, config: dict[str, Any]) -> None:
        for name in self.__dataclass_fields__.keys() & config.keys():
            setattr(self, name, config[name])

    def recogniser(self, model: vosk.Model) -> vosk.KaldiRecognizer:
        phrases = [json.dumps(self.phrase_list, ensure_ascii=False)] if self.phrase_list else []
        recogniser = vosk.KaldiRecognizer(model, float(self.sample_rate), *phrases)
        recogniser.SetWords(bool(self.words))
        recogniser.SetMaxAlternatives(int(self.max_alternatives))
        return recogniser


def answer(recogniser: vosk.KaldiRecognizer, message: str | bytes) -> str:
    """One message, one answer."""
    if message in (END, RESET):
        return str(recogniser.FinalResult())
    if recogniser.AcceptWaveform(message):
        return str(recogniser.Result())
    return str(recogniser.PartialResult())


class PlainServer:
    """Conversations over one model. Use it in one event loop; in tests: `async with await listen(...)`."""

    def __init__(self, model: Path, threads: int = 0) -> None:
        """Loads the model. `threads` 0 is what is published: one a core of the machine."""
        vosk.SetLogLevel(-1)
        self._model = vosk.Model(str(model))
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1)

    async def listen(self, port: int = 0) -> Server:
        """At `port` of this machine, 0 a free one; `.sockets[0].getsockname()[1]` tells which."""
        return await serve(self._converse, "127.0.0.1", port)

    async def _converse(self, connection: ServerConnection) -> None:
        try:
            await self._answer_all(connection)
        except ConnectionClosed:
            return

    async def _answer_all(self, connection: ServerConnection) -> None:
        loop = asyncio.get_running_loop()
        wishes = Wishes()
        recogniser = None
        while True:
            message = await connection.recv()
            if isinstance(message, str) and "config" in message:
                wishes.take(json.loads(message)["config"])
                continue
            if recogniser is None:
                recogniser = wishes.recogniser(self._model)
            await connection.send(await loop.run_in_executor(self._pool, answer, recogniser, message))
            if message == END:
                return


async def run(model: Path, threads: int) -> None:
    """Serve until standard input ends."""
    server = await PlainServer(model, threads).listen()
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)  # threads deep in libvosk would hold up the ordinary end


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, default=0, help="0: one a core of the machine")
    options = parser.parse_args()
    asyncio.run(run(options.model, options.threads))


if __name__ == "__main__":
    main()
