"""The line's side of recognition, against real recogniser processes and against servers that others could run."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from app.application.ports import Rank, Reception
from app.domain.errors import BadInput
from app.speech.recogniser import Recogniser
from app.speech.recogniser_client import VoskRecognizer
from app.speech.recognition_channel import Channel
from app.speech.strain import Degree
from scripts.speech_bench.plain_server import PlainServer
from tests.integration.speech.telephone import MODEL, Listener, feed, frames, say, silence

QUESTION = "какой срок рассмотрения моего обращения"
REPLY = "ваше заявление на рассмотрении"


def address_of(server: Server) -> str:
    return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@contextlib.asynccontextmanager
async def foreign_server(converse: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[str]:
    async with serve(converse, "127.0.0.1", 0, close_timeout=0.5) as server:
        yield address_of(server)


@contextlib.asynccontextmanager
async def published_server() -> AsyncIterator[str]:
    """The published vosk-server in its few lines, as the benchmark has it, over the real libvosk."""
    server = await PlainServer(MODEL, threads=2).listen()
    try:
        yield address_of(server)
    finally:
        server.close()
        await server.wait_closed()


async def test_words_come_as_partials_and_then_final_with_times(client: VoskRecognizer, listener: Listener) -> None:
    listening = client.listen(listener.on_heard, listener.on_reception)
    await feed(listening, say(QUESTION) + silence(2.0))
    await listener.until(lambda told: told.text == QUESTION)
    assert listener.available == [True]
    assert listener.loops == {asyncio.get_running_loop()}
    assert any(QUESTION.startswith(partial) for partial in listener.partials if partial)
    assert [word.text for word in listener.words] == QUESTION.split()
    assert all(before.end_s <= after.start_s + 0.01 for before, after in pairwise(listener.words))
    assert listener.words[0].start_s == pytest.approx(0.3, abs=0.25)
    listening.close()


async def test_partials_are_not_repeated(client: VoskRecognizer, listener: Listener) -> None:
    listening = client.listen(listener.on_heard, listener.on_reception)
    await feed(listening, silence(2.0) + say(QUESTION) + silence(2.0))
    await listener.until(lambda told: told.text == QUESTION)
    listening.close()
    assert "" not in listener.partials
    assert all(before != after for before, after in pairwise(listener.partials))


async def test_the_last_words_come_after_the_channel_is_closed(client: VoskRecognizer, listener: Listener) -> None:
    listening = client.listen(listener.on_heard, listener.on_reception)
    await feed(listening, say(QUESTION, pause_s=0.15))
    assert listener.text == ""
    listening.close()
    listening.feed(silence(2.0))
    await listener.until(lambda told: told.text == QUESTION)
    assert listener.available == [True]


async def test_closing_the_client_still_brings_the_last_words(recogniser: Recogniser, listener: Listener) -> None:
    client = VoskRecognizer(f"ws://127.0.0.1:{recogniser.port}")
    listening = client.listen(listener.on_heard, listener.on_reception)
    await feed(listening, say(QUESTION, pause_s=0.15))
    await client.aclose()
    assert listener.text == QUESTION
    await client.aclose()


async def test_two_channels_of_one_call_are_kept_apart(client: VoskRecognizer) -> None:
    caller, operator = Listener(), Listener()
    listenings = [client.listen(told.on_heard, told.on_reception) for told in (caller, operator)]
    await asyncio.gather(
        feed(listenings[0], say(QUESTION, "ru+f3")), feed(listenings[1], silence(1.0) + say(REPLY, "ru+m3"))
    )
    for listening in listenings:
        listening.close()
    await asyncio.gather(
        caller.until(lambda told: told.text == QUESTION), operator.until(lambda told: told.text == REPLY)
    )
    assert operator.words[0].start_s == pytest.approx(1.3, abs=0.25)


async def test_a_killed_worker_costs_no_word_and_times_stay_call_times(
    recogniser: Recogniser, client: VoskRecognizer, listener: Listener
) -> None:
    listening = client.listen(listener.on_heard, listener.on_reception)
    await feed(listening, say(REPLY) + silence(2.0))
    await listener.until(lambda told: told.text == REPLY)
    sound = say(QUESTION)
    middle = len(sound) // 2 // 320 * 320
    await feed(listening, sound[:middle])
    # The worker that has our connection; the other one has none.
    victim = max(recogniser.connections_by_worker, key=lambda pid: recogniser.connections_by_worker[pid])
    os.kill(victim, signal.SIGKILL)
    await listener.until(lambda told: told.available == [True, False])
    await feed(listening, sound[middle:])
    await listener.until(lambda told: told.available == [True, False, True])
    await feed(listening, silence(2.0))
    await listener.until(lambda told: told.text == f"{REPLY} {QUESTION}")
    question = listener.words[len(REPLY.split()) :]
    begins = (len(say(REPLY)) + len(silence(2.0))) / 16000 + 0.3
    ends = begins + len(sound) / 16000 - 0.6
    assert question[0].start_s == pytest.approx(begins, abs=0.25)
    assert question[-1].end_s == pytest.approx(ends, abs=0.4)
    listening.close()


async def test_a_recogniser_that_comes_later_hears_what_is_said_from_then_on(listener: Listener) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    client = VoskRecognizer(f"ws://127.0.0.1:{port}")
    listening = client.listen(listener.on_heard, listener.on_reception)
    await listener.until(lambda told: told.available == [False])
    # Ten seconds of silence, of which it keeps the last three.
    await feed(listening, silence(10.0), times_real=50)
    recogniser = Recogniser(MODEL, "127.0.0.1", port, workers=1)
    await recogniser.start()
    try:
        await listener.until(lambda told: told.available == [False, True])
        await feed(listening, say(QUESTION) + silence(2.0))
        await listener.until(lambda told: told.text == QUESTION)
        assert listener.words[0].start_s == pytest.approx(10.3, abs=0.25)
    finally:
        listening.close()
        await client.aclose()
        await recogniser.aclose()


async def test_a_vosk_server_of_others_takes_the_place_by_its_address_alone(listener: Listener) -> None:
    survey = Listener()
    async with published_server() as address:
        client = VoskRecognizer(address)
        listening = client.listen(listener.on_heard, listener.on_reception)
        await feed(listening, say(REPLY) + silence(2.0))
        await listener.until(lambda told: told.text == REPLY)
        # What we say of ourselves in mid-stream is passed over, and costs no answer.
        assert isinstance(listening, Channel)
        listening.follow(Degree.CALLERS_WITHOUT_PARTIALS)
        shown = len(listener.partials)
        narrowed = client.listen(survey.on_heard, survey.on_reception, ["да", "нет", "[unk]"], Rank.SURVEY)
        await asyncio.gather(feed(listening, say(QUESTION, pause_s=0.15)), feed(narrowed, say("нет")))
        await client.aclose()
    assert listener.text == f"{REPLY} {QUESTION}"
    assert [word.text for word in listener.words] == listener.text.split()
    assert listener.words[len(REPLY.split())].start_s == pytest.approx(len(say(REPLY)) / 16000 + 2.15, abs=0.25)
    assert listener.partials[shown:] == []
    assert survey.text == "нет"
    assert listener.receptions == survey.receptions == [Reception()]


async def test_a_recogniser_that_hangs_counts_as_away(listener: Listener) -> None:
    async def say_nothing(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for _ in connection:
                pass

    async with foreign_server(say_nothing) as address:
        client = VoskRecognizer(address, answer_within_s=0.3)
        listening = client.listen(listener.on_heard, listener.on_reception)
        await feed(listening, silence(0.2))
        await listener.until(lambda told: told.available == [False])
        listening.close()
        await client.aclose()


@pytest.mark.parametrize(
    "answer", ["hello", "[]", '{"text": "да", "result": [{"word": "да"}]}', '{"alternatives": 5}']
)
async def test_something_else_at_the_address_counts_as_away(listener: Listener, answer: str) -> None:
    async def talk_nonsense(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for _ in connection:
                await connection.send(answer)

    async with foreign_server(talk_nonsense) as address:
        client = VoskRecognizer(address)
        listening = client.listen(listener.on_heard, listener.on_reception)
        await feed(listening, silence(0.2))
        await listener.until(lambda told: told.available == [False])
        assert listener.heard == []
        listening.close()
        await client.aclose()


async def test_phrases_that_no_model_knows_make_the_channel_unavailable(
    client: VoskRecognizer, listener: Listener
) -> None:
    listening = client.listen(listener.on_heard, listener.on_reception, ["шмурдяк", "[unk]"])
    await feed(listening, silence(0.2))
    await listener.until(lambda told: told.available == [False])
    listening.close()


async def test_a_listener_that_fails_does_not_end_its_channel(client: VoskRecognizer, listener: Listener) -> None:
    def fail_at_first(heard: object) -> None:
        if not failures:
            failures.append(heard)
            raise RuntimeError("a fault of the listener")
        listener.on_heard(heard)  # type: ignore[arg-type]  # it is what on_heard gives

    failures: list[object] = []
    listening = client.listen(fail_at_first, listener.on_reception)
    await feed(listening, say(QUESTION))
    listening.close()
    await listener.until(lambda told: told.text == QUESTION)
    assert failures


async def test_feeding_and_closing_never_wait(listener: Listener) -> None:
    # Port 9 of the loopback: nobody answers there.
    client = VoskRecognizer("ws://127.0.0.1:9")
    listening = client.listen(listener.on_heard, listener.on_reception)
    before = time.monotonic()
    for frame in frames(silence(20.0)):
        listening.feed(frame)
    listening.close()
    assert time.monotonic() - before < 2.0
    await client.aclose()


@pytest.mark.parametrize("address", ["127.0.0.1:2700", "http://127.0.0.1:2700", "ws://", ""])
def test_an_address_that_cannot_be_a_recognisers_is_refused(address: str) -> None:
    with pytest.raises(BadInput, match="ws://host:port"):
        VoskRecognizer(address)
