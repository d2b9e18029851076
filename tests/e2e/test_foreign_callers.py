"""The same consultation with telephones that we did not write: sipp, baresip and pyVoIP call the real office.

The operator sits at a SIP phone of ours. Each caller says the same question, hears the operator, and is led into
the survey; sipp and baresip answer it by keys, pyVoIP, which has none, hangs up there. That sipp hears what is sent
is proved by its echo in tests/integration/telephony/test_sipp.py.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from app.application.reports import CallRecord
from app.domain.calls import Outcome
from app.domain.facts import By, Speaker, SurveyQuestionAsked
from app.simulator.operator import SimulatedOperator
from app.telephony import g711
from tests.e2e.real_office import Office, at_the_phone, likeness, office, speech
from tests.e2e.stored import calls_of, ended_call, facts_of, state_of, until
from tests.integration.telephony.baresip_phone import baresip
from tests.integration.telephony.exchange import HERE, LOOPBACK, free_port, sipp
from tests.integration.telephony.sound import Samples, of_unsigned_8_bit, samples_of, unsigned_8_bit

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUESTION = "Скажите, какой срок рассмотрения моего обращения?"
GREETING = "Добрый день! Служба жилищного надзора. Меня зовут Анна Сергеевна. Чем могу помочь?"
FAREWELL = "Спасибо за обращение. До свидания!"
FIRST_S = 2.5
"""So long a caller is silent, until the operator has answered."""
SAME_SOUND = 0.6


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with office(tmp_path_factory.mktemp("office")) as opened:
        yield opened


@dataclass
class ForeignPhone:
    """A foreign telephone in its call. `answer` gives a key for the question now asked, where it has keys to give;
    `finish` waits for its end and gives what it heard, where it keeps that."""

    answer: Callable[[], Awaitable[None]] | None
    finish: Callable[[], Awaitable[Samples | None]]


Peer = Callable[[Path, int, Samples], AbstractAsyncContextManager[ForeignPhone]]


@asynccontextmanager
async def sipp_phone(folder: Path, port: int, says: Samples) -> AsyncIterator[ForeignPhone]:
    (folder / "words.al").write_bytes(g711.encode("PCMA", says).tobytes())
    async with sipp("consultation", folder, towards=port, options=["-timeout", "90s"]) as peer:

        async def finish() -> None:
            await peer.finished()

        async def presses_by_itself() -> None:
            """The scenario does."""

        yield ForeignPhone(presses_by_itself, finish)


@asynccontextmanager
async def baresip_phone(folder: Path, port: int, says: Samples) -> AsyncIterator[ForeignPhone]:
    quiet = np.zeros(8000 * 60, np.int16)
    async with baresip(folder, "pcma", np.concatenate([says, quiet])) as peer:
        await peer.command("dial", f"sip:line@{LOOPBACK}:{port}")

        async def press() -> None:
            await peer.command("sndcode", "1")

        async def finish() -> Samples:
            return peer.heard()

        yield ForeignPhone(press, finish)


@asynccontextmanager
async def pyvoip_phone(folder: Path, port: int, says: Samples) -> AsyncIterator[ForeignPhone]:
    (folder / "says.u8").write_bytes(unsigned_8_bit(says))
    places = [port, free_port(), free_port(), folder / "says.u8", 0, folder / "heard.u8"]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(HERE / "pyvoip_phone.py"),
        *map(str, places),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )

    async def finish() -> Samples:
        assert process.stdin is not None
        process.stdin.close()
        output, _ = await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode == 0, output.decode(errors="replace")
        return of_unsigned_8_bit((folder / "heard.u8").read_bytes())

    try:
        yield ForeignPhone(None, finish)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


@pytest.mark.parametrize(
    "peer",
    [
        pytest.param(sipp_phone, id="sipp", marks=pytest.mark.needs_debian("sipp")),
        pytest.param(baresip_phone, id="baresip", marks=pytest.mark.needs_debian("baresip")),
        pytest.param(pyvoip_phone, id="pyvoip"),
    ],
)
async def test_a_consultation(running: Office, tmp_path: Path, peer: Peer) -> None:
    question, greeting = await speech(QUESTION), await speech(GREETING, "ru+f5")
    says = np.concatenate([np.zeros(int(8000 * FIRST_S), np.int16), samples_of(question)])
    async with at_the_phone(running, "ivanova") as operator:
        async with peer(tmp_path, running.settings.sip_port, says) as caller:
            await asyncio.wait_for(operator.phone.answered.wait(), 20)
            await operator.phone.say(greeting)
            await until(lambda: "рассмотрения" in words(operator, "caller"), "the caller's words are recognised")
            assert likeness(question, operator.phone.heard.pcm) > SAME_SOUND
            await operator.phone.say(await speech(FAREWELL, "ru+f5"))
            operator.phone.hang_up()
            if caller.answer is None:
                await until(lambda: questions(running) >= 1, "the survey has begun")
            else:
                await answers_the_survey(running, caller.answer)
            heard = await caller.finish()
        record = await ended_call(running)
    assert heard is None or likeness(greeting, heard.astype("<i2").tobytes()) > SAME_SOUND
    is_in_order(record, rated=caller.answer is not None)


async def answers_the_survey(running: Office, answer: Callable[[], Awaitable[None]]) -> None:
    for number in (1, 2):
        await until(lambda: questions(running) >= number, f"question {number} is asked")  # noqa: B023
        await answer()
    await ended_call(running)


def words(operator: SimulatedOperator, speaker: str) -> str:
    return " ".join(one["text"] for one in operator.view["transcript"] if one["speaker"] == speaker)


def questions(running: Office) -> int:
    """How many questions of the survey have been asked in the call."""
    found = calls_of(running)
    return len({fact.question for fact in facts_of(found[0], SurveyQuestionAsked)}) if found else 0


def is_in_order(record: CallRecord, *, rated: bool) -> None:
    call = state_of(record)
    assert record.row.outcome is Outcome.ANSWERED
    assert record.row.operators == ("ivanova",)
    assert {phrase.speaker for phrase in call.phrases} == {Speaker.CALLER, Speaker.OPERATOR}
    assert {tick.stage for tick in call.ticks} >= {"greeting", "farewell"}
    assert call.survey_complete is rated
    answers = {question: (answer.answer, answer.by) for question, answer in call.answers}
    if rated:
        assert answers == {"answer_received": ("yes", By.KEY), "satisfaction": ("satisfied", By.KEY)}
        assert (call.ended_by, call.end_why) == (By.LINE, "finished")
    else:
        assert answers == {}
        assert (call.ended_by, call.end_why) == (By.CALLER, "hung_up")
