"""A recogniser with too few places, or too slow: what the line's channels do, with the real one and a slow one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from app.application.ports import Ear, Listening, Rank, Reception
from app.speech import recogniser_client, strain
from app.speech.recogniser import Recogniser
from app.speech.recogniser_client import VoskRecognizer
from app.speech.strain import Degree, Trend
from tests.integration.speech.telephone import MODEL, Listener, feed, frames, say, silence

REPLY = "ваше заявление на рассмотрении"


def hears(listener: Listener) -> bool:
    return bool(listener.receptions) and listener.receptions[-1].ear is Ear.HEARS


def spared(listener: Listener) -> bool:
    return Reception(Ear.SPARED) in listener.receptions


class Sides:
    """Channels that are fed silence in real time, and what each was told."""

    def __init__(self, client: VoskRecognizer) -> None:
        self._client = client
        self._feeding: list[asyncio.Task[None]] = []
        self.listenings: list[Listening] = []

    def open(self, rank: Rank, phrases: list[str] | None = None) -> Listener:
        listener = Listener()
        listening = self._client.listen(listener.on_heard, listener.on_reception, phrases, rank)
        self.listenings.append(listening)
        self._feeding.append(asyncio.create_task(feed(listening, silence(30.0), times_real=1.0)))
        return listener

    async def aclose(self) -> None:
        for task in self._feeding:
            task.cancel()
        await asyncio.gather(*self._feeding, return_exceptions=True)
        await self._client.aclose()


@contextlib.asynccontextmanager
async def line_to(address: str, *, limit_s: float = 4.0) -> AsyncIterator[Sides]:
    sides = Sides(VoskRecognizer(address, limit_s=limit_s))
    try:
        yield sides
    finally:
        await sides.aclose()


@contextlib.asynccontextmanager
async def real_recogniser(streams: int) -> AsyncIterator[tuple[Recogniser, str]]:
    recogniser = Recogniser(MODEL, "127.0.0.1", 0, workers=1, streams=streams)
    await recogniser.start()
    try:
        yield recogniser, f"ws://127.0.0.1:{recogniser.port}"
    finally:
        await recogniser.aclose()


# --- places ----------------------------------------------------------------------------------------------------


async def test_an_operators_channel_gives_its_place_to_a_caller_and_gets_the_next_free_one() -> None:
    async with real_recogniser(streams=2) as (_, address), line_to(address) as sides:
        older = sides.open(Rank.OPERATOR)
        await older.until(hears)
        newer = sides.open(Rank.OPERATOR)
        await newer.until(hears)
        caller = sides.open(Rank.CALLER)
        await caller.until(hears)
        assert newer.receptions[-1] == Reception(Ear.NO_PLACE)
        assert older.receptions == [Reception()]
        sides.listenings[2].close()
        await newer.until(hears)


async def test_nobody_gives_way_to_an_equal_and_callers_do_to_a_survey() -> None:
    async with real_recogniser(streams=1) as (_, address), line_to(address) as sides:
        caller = sides.open(Rank.CALLER)
        await caller.until(hears)
        second = sides.open(Rank.CALLER)
        await second.until(lambda told: told.receptions == [Reception(Ear.NO_PLACE)])
        assert caller.receptions == [Reception()]
        survey = sides.open(Rank.SURVEY, ["да", "нет", "[unk]"])
        await survey.until(hears)
        assert caller.receptions[-1] == Reception(Ear.NO_PLACE)


async def test_the_first_words_of_a_call_that_waits_for_its_place_are_not_lost() -> None:
    async with real_recogniser(streams=1) as (_, address), line_to(address) as sides:
        operator = sides.open(Rank.OPERATOR)
        await operator.until(hears)
        caller = Listener()
        listening = sides._client.listen(caller.on_heard, caller.on_reception, rank=Rank.CALLER)
        await feed(listening, say(REPLY) + silence(2.0))
        await caller.until(lambda told: told.text == REPLY)


# --- a recogniser that stands still ------------------------------------------------------------------------------


async def test_words_that_come_late_are_told_of_until_they_come_in_time_again() -> None:
    async with real_recogniser(streams=2) as (recogniser, address), line_to(address) as sides:
        caller = Listener()
        listening = sides._client.listen(caller.on_heard, caller.on_reception)
        sound = say(REPLY) + silence(8.0)
        speaking = asyncio.create_task(feed(listening, sound, times_real=1.0))
        await caller.until(hears)
        (worker,) = recogniser.worker_pids
        os.kill(worker, signal.SIGSTOP)
        try:
            await caller.until(lambda told: told.receptions[-1].late_s > 0)
        finally:
            os.kill(worker, signal.SIGCONT)
        await caller.until(lambda told: told.receptions[-1] == Reception())
        await caller.until(lambda told: told.text == REPLY)
        assert {reception.ear for reception in caller.receptions} == {Ear.HEARS}
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)


# --- a recogniser that cannot keep up ----------------------------------------------------------------------------


@dataclass
class Slow:
    """A foreign server of which the test says how long it thinks over each message."""

    thinks_s: float = 0.0
    texts: list[Any] = field(default_factory=list)
    """What came beside sound, of all connections."""
    talks: bool = True

    async def converse(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for message in connection:
                if isinstance(message, str):
                    self.texts.append(json.loads(message))
                    if "eof" in self.texts[-1]:
                        await connection.send('{"text": ""}')
                        return
                    continue
                await asyncio.sleep(self.thinks_s)
                await connection.send(json.dumps({"partial": "да" if self.talks else ""}))


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line's steps without their patience."""
    monkeypatch.setattr(recogniser_client, "LOOK_EACH_S", 0.05)
    steps = {key: (following, 0.3) for key, (following, _) in strain.STEPS.items()}
    monkeypatch.setattr(strain, "STEPS", steps)
    assert set(steps) >= {(Degree.ALL, Trend.BEHIND)}


async def test_operators_are_spared_then_partials_and_both_come_back(hasty: None) -> None:
    slow = Slow()
    async with serve(slow.converse, "127.0.0.1", 0, close_timeout=0.2) as server:
        address = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with line_to(address, limit_s=1.2) as sides:
            caller, operator = sides.open(Rank.CALLER), sides.open(Rank.OPERATOR)
            await asyncio.gather(caller.until(hears), operator.until(hears))
            await caller.until(lambda told: told.partials == ["да"])
            slow.thinks_s = 0.1  # of 40 ms of sound
            await operator.until(spared)
            await caller.until(lambda told: told.partials[-1] == "")
            assert caller.receptions[-1].ear is Ear.HEARS
            slow.thinks_s = 0.0
            await caller.until(lambda told: told.partials[-1] == "да")
            await operator.until(hears)
    partials = [one["config"]["partials"] for one in slow.texts if "partials" in one.get("config", {})]
    assert partials == [False, True]
    assert slow.texts.count({"eof": 1}) == 3


async def test_a_caller_whose_sound_is_let_go_is_not_heard_until_words_come_in_time(hasty: None) -> None:
    slow = Slow(talks=False)
    async with serve(slow.converse, "127.0.0.1", 0, close_timeout=0.2) as server:
        address = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with line_to(address, limit_s=0.5) as sides:
            caller = sides.open(Rank.CALLER)
            await caller.until(hears)
            slow.thinks_s = 0.2  # of 40 ms of sound
            await caller.until(lambda told: told.receptions[-1].late_s > 0)
            assert {reception.ear for reception in caller.receptions} == {Ear.HEARS}
            await caller.until(lambda told: told.receptions[-1].ear is Ear.SPARED)
            slow.thinks_s = 0.0
            await caller.until(hears)
            assert [one.ear for one in caller.receptions].count(Ear.SPARED) <= 3


async def test_a_spared_channel_can_be_closed(hasty: None) -> None:
    slow = Slow(thinks_s=0.2)
    async with serve(slow.converse, "127.0.0.1", 0, close_timeout=0.2) as server:
        address = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with line_to(address, limit_s=1.2) as sides:
            operator = sides.open(Rank.OPERATOR)
            await operator.until(spared)
            for frame in frames(silence(20.0)):
                sides.listenings[0].feed(frame)
            sides.listenings[0].close()
            await sides._client.aclose()
            assert sides._client._channels == set()


# --- servers that close ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "told"), [(CloseCode.SERVICE_RESTART, [True]), (CloseCode.GOING_AWAY, [True, False, True])]
)
async def test_a_channel_that_is_moved_comes_back_and_nobody_notices(code: CloseCode, told: list[bool]) -> None:
    connections = []
    came_back = asyncio.Event()

    async def converse(connection: ServerConnection) -> None:
        connections.append(connection)
        answered = 0
        async for message in connection:
            if isinstance(message, str) and "config" in message:
                continue
            await connection.send('{"text": ""}')
            answered += 1
            if answered == 5 and len(connections) == 1:
                await connection.close(code)
                return
            if answered == 5:
                came_back.set()

    async with serve(converse, "127.0.0.1", 0, close_timeout=0.2) as server:
        address = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with line_to(address) as sides:
            caller = sides.open(Rank.CALLER)
            async with asyncio.timeout(10):
                await came_back.wait()
            assert caller.available == told
            assert caller.heard == []
