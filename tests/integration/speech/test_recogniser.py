"""Our recogniser's processes, with the bundled model, spoken to by a raw WebSocket client as by a foreign one."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.domain.errors import BadInput, Unavailable
from app.speech.recogniser import Recogniser
from tests.integration.speech.telephone import MODEL, say, silence

ROOT = Path(__file__).parents[3]


def connection_to(recogniser: Recogniser) -> connect:
    return connect(f"ws://127.0.0.1:{recogniser.port}", proxy=None, compression=None)


async def answers_to(connection: ClientConnection, pcm: bytes, chunk_bytes: int = 1600) -> list[dict[str, Any]]:
    """One answer for each chunk, and that to the end of the sound, as vosk-server's own test client takes them."""
    answers = []
    for start in range(0, len(pcm), chunk_bytes):
        await connection.send(pcm[start : start + chunk_bytes])
        answers.append(json.loads(await connection.recv()))
    await connection.send('{"eof" : 1}')
    answers.append(json.loads(await connection.recv()))
    return answers


def text_of(answers: list[dict[str, Any]]) -> str:
    return " ".join(answer["text"] for answer in answers if answer.get("text"))


async def until(holds: Callable[[], bool]) -> None:
    """Processes tell nobody when they come and go: look until it holds, for at most 20 seconds."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110  (see above)
            await asyncio.sleep(0.05)


async def until_workers(recogniser: Recogniser, count: int, without: int = 0) -> None:
    await until(lambda: len(recogniser.worker_pids) == count and without not in recogniser.worker_pids)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False


async def until_gone(pids: list[int]) -> None:
    await until(lambda: not any(is_alive(pid) for pid in pids))


async def test_a_foreign_client_is_answered_chunk_by_chunk_with_words_and_times(recogniser: Recogniser) -> None:
    async with connection_to(recogniser) as connection:
        await connection.send('{"config": {"sample_rate": 8000, "words": true}}')
        answers = await answers_to(connection, say("какой срок рассмотрения моего обращения"))
    assert all("partial" in answer or "text" in answer for answer in answers)
    assert any(answer.get("partial") for answer in answers)
    assert text_of(answers) == "какой срок рассмотрения моего обращения"
    words = [word for answer in answers for word in answer.get("result", ())]
    assert [word["word"] for word in words] == text_of(answers).split()
    assert all(0 <= word["conf"] <= 1.001 and word["start"] < word["end"] for word in words)
    assert words[0]["start"] == pytest.approx(0.3, abs=0.25)


async def test_without_a_configuration_the_models_own_rate_is_taken(recogniser: Recogniser) -> None:
    async with connection_to(recogniser) as connection:
        answers = await answers_to(connection, say("нужен паспорт и заявление"), chunk_bytes=777)
    assert text_of(answers) == "нужен паспорт и заявление"


async def test_phrases_narrow_what_is_heard_and_unknown_words_are_reported(recogniser: Recogniser) -> None:
    async with connection_to(recogniser) as connection:
        phrases = ["да", "нет", "не шмурдяк", "[unk]"]
        await connection.send(json.dumps({"config": {"sample_rate": 8000, "phrase_list": phrases}}))
        answers = await answers_to(connection, say("нет"))
    assert answers[0]["unknown_words"] == ["шмурдяк"]
    assert text_of(answers) == "нет"


@pytest.mark.parametrize(
    "message",
    [
        "not json",
        '{"hello": 1}',
        '{"config": {"sample_rate": 1}}',
        '{"config": {"phrase_list": ["шмурдяк", "[unk]"]}}',
    ],
)
async def test_what_cannot_be_followed_is_answered_with_an_error_and_the_end(
    recogniser: Recogniser, message: str
) -> None:
    async with connection_to(recogniser) as connection:
        await connection.send(message)
        await connection.send(silence(0.1))
        assert "error" in json.loads(await connection.recv())
        with pytest.raises(ConnectionClosed) as closed:
            await connection.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


async def test_reset_gives_the_result_and_goes_on(recogniser: Recogniser) -> None:
    async with connection_to(recogniser) as connection:
        sound = say("нужен паспорт и заявление", pause_s=0.2)
        for start in range(0, len(sound), 1600):
            await connection.send(sound[start : start + 1600])
            await connection.recv()
        await connection.send('{"reset" : 1}')
        assert json.loads(await connection.recv())["text"] == "нужен паспорт и заявление"
        assert text_of(await answers_to(connection, say("да спасибо"))) == "да спасибо"


async def test_connections_are_spread_over_the_workers(recogniser: Recogniser) -> None:
    await until_workers(recogniser, 2)
    connections = [await connection_to(recogniser) for _ in range(6)]
    assert sorted(recogniser.connections_by_worker.values()) == [3, 3]
    for connection in connections:
        await connection.close()
    await until(lambda: not any(recogniser.connections_by_worker.values()))


async def test_two_channels_are_heard_at_once_and_apart(recogniser: Recogniser) -> None:
    async with connection_to(recogniser) as one, connection_to(recogniser) as other:
        caller, operator = await asyncio.gather(
            answers_to(one, say("где посмотреть список документов для субсидии", "ru+f3")),
            answers_to(other, say("ваше заявление на рассмотрении", "ru+m3")),
        )
    assert text_of(caller) == "где посмотреть список документов для субсидии"
    assert text_of(operator) == "ваше заявление на рассмотрении"


async def test_a_killed_worker_is_replaced(recogniser: Recogniser) -> None:
    await until_workers(recogniser, 2)
    for _ in range(2):
        victim = recogniser.worker_pids[0]
        os.kill(victim, signal.SIGKILL)
        await until_workers(recogniser, 2, without=victim)
    async with connection_to(recogniser) as connection:
        assert text_of(await answers_to(connection, say("да спасибо"))) == "да спасибо"


async def test_closing_ends_every_worker() -> None:
    recogniser = Recogniser(MODEL, "127.0.0.1", 0, workers=2)
    await recogniser.start()
    await until_workers(recogniser, 2)
    pids = recogniser.worker_pids
    async with connection_to(recogniser) as connection:
        await recogniser.aclose()
        with pytest.raises(ConnectionClosed):
            await connection.recv()
    assert not any(is_alive(pid) for pid in pids)


async def run_the_command(port: int) -> asyncio.subprocess.Process:
    code = (
        "import sys; from pathlib import Path; from app.speech.recogniser import serve;"
        "serve(Path(sys.argv[1]), '127.0.0.1', int(sys.argv[2]), 2)"
    )
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(MODEL), str(port), cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def until_children(pid: int, count: int) -> list[int]:
    await until(lambda: len(children_of(pid)) == count)
    return children_of(pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_process_ends_cleanly_with_its_workers_on_a_signal(number: signal.Signals) -> None:
    process = await run_the_command(free_port())
    workers = await until_children(process.pid, 2)
    process.send_signal(number)
    async with asyncio.timeout(10):
        assert await process.wait() == 0
    await until_gone(workers)


async def test_workers_do_not_outlive_a_parent_that_was_killed() -> None:
    process = await run_the_command(free_port())
    workers = await until_children(process.pid, 2)
    process.kill()
    await process.wait()
    await until_gone(workers)


async def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(Unavailable, match=f"port {port}: the port is in use") as refused:
            Recogniser(MODEL, "127.0.0.1", port)
    assert "\n" not in str(refused.value)


async def test_a_missing_model_and_a_name_for_an_address_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="liniya model install"):
        Recogniser(tmp_path / "nothing", "127.0.0.1", 0)
    with pytest.raises(BadInput, match="not an IP address"):
        Recogniser(MODEL, "recogniser.example", 0)


@pytest.mark.parametrize("name", ["am/final.mdl", "graph/HCLr.fst", "graph/Gr.fst"])
async def test_a_model_that_only_libvosk_finds_wanting_is_one_clear_line(tmp_path: Path, name: str) -> None:
    damaged = tmp_path / "model"
    shutil.copytree(MODEL, damaged)
    content = (damaged / name).read_bytes()
    (damaged / name).write_bytes(content[: len(content) // 2])
    recogniser = Recogniser(damaged, "127.0.0.1", 0, workers=1)
    with pytest.raises(Unavailable, match="libvosk gave it up while loading"):
        await recogniser.start()
    assert recogniser.worker_pids == []
