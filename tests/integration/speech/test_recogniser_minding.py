"""What the recogniser's parent does for its workers and its machine: admission, hung workers, grown ones."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosed

from app.config import Settings
from app.recogniser_process import follow_words
from app.speech.body_vocabulary import with_words, words_wanted
from app.speech.recogniser import Minding, Recogniser
from app.speech.turning_away import CAPACITY, MOVE, TRY_AGAIN_LATER
from tests.integration.speech.telephone import MODEL, say
from tests.integration.speech.test_recogniser import answers_to, connection_to, text_of, until, until_workers

QUESTION = "какой срок рассмотрения моего обращения"
REPLY = "ваше заявление на рассмотрении"
WATCHFUL = Minding(look_every_s=0.05, hangs_after_s=0.5, young_for_s=0.0)


@contextlib.asynccontextmanager
async def running(workers: int = 1, streams: int = 0, minding: Minding = WATCHFUL) -> AsyncIterator[Recogniser]:
    recogniser = Recogniser(MODEL, "127.0.0.1", 0, workers, streams=streams, minding=minding)
    await recogniser.start()
    try:
        yield recogniser
    finally:
        await recogniser.aclose()


async def test_a_machine_is_measured_when_nobody_says_how_much_it_bears() -> None:
    async with running() as one, running(streams=7) as told:
        assert one.streams >= 2
        assert told.streams == 7


async def test_a_stream_too_many_is_told_to_try_again_later_and_a_free_place_is_given() -> None:
    async with running(streams=1) as recogniser:
        async with connection_to(recogniser) as served:
            async with connection_to(recogniser) as refused:
                with pytest.raises(ConnectionClosed) as closed:
                    await refused.recv()
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (TRY_AGAIN_LATER, CAPACITY)
            assert text_of(await answers_to(served, say(REPLY))) == REPLY
        await until(lambda: not any(recogniser.connections_by_worker.values()))
        async with connection_to(recogniser) as later:
            assert text_of(await answers_to(later, say("да спасибо"))) == "да спасибо"


async def test_a_worker_that_hangs_is_killed_and_replaced() -> None:
    async with running() as recogniser:
        victim = recogniser.worker_pids[0]
        os.kill(victim, signal.SIGSTOP)
        await until_workers(recogniser, 1, without=victim)
        async with connection_to(recogniser) as connection:
            assert text_of(await answers_to(connection, say("да спасибо"))) == "да спасибо"


async def test_another_model_takes_over_while_a_call_goes_on(tmp_path: Path) -> None:
    async with running() as recogniser:
        first = recogniser.worker_pids[0]
        async with connection_to(recogniser) as connection:
            recogniser.use(with_words(MODEL, ["ктухулова"], tmp_path))
            await until_workers(recogniser, 1, without=first)
            assert text_of(await answers_to(connection, say(QUESTION))) == QUESTION
        async with connection_to(recogniser) as later:
            assert "ктухулова" in text_of(await answers_to(later, say("соедините с ктухулова")))


async def test_a_model_that_cannot_be_loaded_is_given_up(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(MODEL, broken)
    (broken / "am" / "final.mdl").write_bytes((MODEL / "am" / "final.mdl").read_bytes()[:-40_000])
    async with running() as recogniser:
        first = recogniser.worker_pids
        recogniser.use(broken)
        await until(lambda: recogniser.model.path == MODEL.resolve())
        assert recogniser.worker_pids == first
        async with connection_to(recogniser) as connection:
            assert text_of(await answers_to(connection, say(REPLY))) == REPLY


async def test_the_file_of_words_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("бзыбская\n", encoding="utf-8")
    given: dict[str, Any] = {"model": MODEL, "vocabulary": file, "data_dir": tmp_path}
    settings = Settings(**given)
    words = words_wanted([], file)
    async with running() as recogniser:
        following = asyncio.create_task(follow_words(recogniser, settings, [], words, every_s=0.05))
        try:
            with capture_logs() as logs:
                file.write_text("street\n", encoding="utf-8")
                await until(lambda: bool(logs))
            assert recogniser.model.path == MODEL.resolve()
            file.write_text("ктухулов\n", encoding="utf-8")
            await until(lambda: recogniser.model.path != MODEL.resolve())
        finally:
            following.cancel()
        assert [(line["event"], "words.txt:1" in line["reason"]) for line in logs] == [("words_not_changed", True)]
        assert "ктухулову" in (recogniser.model.path / "body_words.json").read_text(encoding="utf-8")


async def test_while_the_database_is_away_nobody_is_forgotten(tmp_path: Path) -> None:
    given: dict[str, Any] = {"model": MODEL, "data_dir": tmp_path, "database_url": "postgresql://127.0.0.1:1/none"}
    async with running() as recogniser:
        with capture_logs() as logs:
            following = asyncio.create_task(
                follow_words(recogniser, Settings(**given), [], ["ктухулова"], every_s=0.05)
            )
            await until(lambda: bool(logs))
            following.cancel()
        assert [line["event"] for line in logs] == ["words_not_changed"]
        assert recogniser.model.path == MODEL.resolve()


async def test_words_that_cannot_be_written_leave_those_that_are_known(tmp_path: Path) -> None:
    (tmp_path / "vocabulary").write_text("no folder", encoding="utf-8")
    file = tmp_path / "words.txt"
    file.write_text("ктухулов\n", encoding="utf-8")
    given: dict[str, Any] = {"model": MODEL, "vocabulary": file, "data_dir": tmp_path}
    async with running() as recogniser:
        with capture_logs() as logs:
            following = asyncio.create_task(follow_words(recogniser, Settings(**given), [], [], every_s=0.05))
            await until(lambda: bool(logs))
            following.cancel()
        assert [line["event"] for line in logs] == ["words_not_changed"]
        assert recogniser.model.path == MODEL.resolve()


GROWS_AT_ONCE = Minding(growth_bytes=-(1 << 40), look_every_s=0.05, young_for_s=0.5)


async def test_a_client_that_does_not_come_back_is_served_to_its_end_by_a_grown_worker() -> None:
    async with running(minding=GROWS_AT_ONCE) as recogniser:
        first = recogniser.worker_pids[0]
        async with connection_to(recogniser) as connection:
            await until_workers(recogniser, 1, without=first)
            assert text_of(await answers_to(connection, say(QUESTION))) == QUESTION
        await until(lambda: first not in recogniser.connections_by_worker)


async def test_a_client_that_stays_too_long_on_a_grown_worker_is_closed() -> None:
    hasty = Minding(growth_bytes=-(1 << 40), look_every_s=0.05, young_for_s=0.5, move_within_s=0.2)
    async with running(minding=hasty) as recogniser, connection_to(recogniser) as connection:
        with pytest.raises(ConnectionClosed) as closed:
            await connection.recv()
    assert closed.value.rcvd is None or closed.value.rcvd.code == MOVE
