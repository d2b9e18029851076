"""What a listener heard, and what is played: the same for everybody who is measured."""

from __future__ import annotations

import asyncio
import json
import sys

import numpy as np

SECONDS = 2
SILENCE = bytes(320)


class Heard:
    """Counts frames of 16-bit PCM, and those that are not silence."""

    def __init__(self) -> None:
        self.frames = 0
        self.loud = 0

    def take(self, pcm: bytes) -> None:
        self.frames += 1
        self.loud += pcm != SILENCE

    def tell(self) -> None:
        print(json.dumps({"frames": self.frames, "loud": self.loud}), flush=True)

    async def tell_when_asked(self) -> None:
        """Until standard input ends."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while await reader.readline():
            self.tell()


def music() -> bytes:
    """Two seconds of 16-bit PCM at 8 kHz."""
    times = np.arange(8000 * SECONDS) / 8000
    return np.round(6000 * np.sin(2 * np.pi * 350 * times)).astype("<i2").tobytes()
