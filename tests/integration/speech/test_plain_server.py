"""The peer of the benchmark answers as a published vosk-server does: one answer a message."""

from __future__ import annotations

import json
from pathlib import Path

from websockets.asyncio.client import connect

from app.config import PROJECT
from app.speech.espeak import synthesise
from scripts.speech_bench.plain_server import END, RESET, PlainServer

MODEL: Path = PROJECT / "models" / "liniya-demo-ru"


async def test_sound_is_answered_with_partials_and_the_end_with_the_words() -> None:
    pcm = synthesise("соедините меня пожалуйста со специалистом") + bytes(4000)
    async with (
        await PlainServer(MODEL, threads=1).listen() as server,
        connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}") as client,
    ):
        await client.send(json.dumps({"config": {"sample_rate": 8000, "words": True}}))
        partials = []
        for place in range(0, len(pcm), 3200):
            await client.send(pcm[place : place + 3200])
            partials.append(json.loads(await client.recv())["partial"])
        await client.send(RESET)
        whole = json.loads(await client.recv())
        await client.send(END)
        assert json.loads(await client.recv())["text"] == ""
    assert "соедините" in partials[-1].split()
    assert [word["word"] for word in whole["result"]] == whole["text"].split()
    assert whole["text"].startswith("соедините меня")
