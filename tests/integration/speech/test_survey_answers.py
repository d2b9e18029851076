"""The spoken answers of the survey (L15): synthesised callers, A-law, our client and server, the bundled model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from app.speech.recogniser_client import VoskRecognizer
from tests.integration.speech.telephone import Listener, feed, say, silence

RESOLVED = ["да", "нет", "[unk]"]
RATING = [
    "удовлетворен",
    "удовлетворена",
    "частично удовлетворен",
    "частично удовлетворена",
    "частично",
    "не удовлетворен",
    "не удовлетворена",
    "полностью удовлетворен",
    "[unk]",
]
# Variants of which the model was not trained on m3, m6, f3 and f5 (model-notes).
VOICES = ["ru", "ru+m2", "ru+m3", "ru+m6", "ru+f2", "ru+f3", "ru+f5"]
SPELLED_WITH_YO = {"удовлетворен": "удовлетворён", "не удовлетворен": "не удовлетворён"}


async def heard_from(client: VoskRecognizer, pcm: bytes, phrases: Sequence[str]) -> str:
    listener = Listener()
    listening = client.listen(listener.on_heard, listener.on_reception, phrases)
    await feed(listening, pcm)
    listening.close()
    await listener.until(lambda told: bool(told.text))
    return listener.text


async def answers_of_all_voices(client: VoskRecognizer, spoken: str, phrases: Sequence[str]) -> dict[str, str]:
    sounds = [say(spoken, voice, pause_s=0.5) for voice in VOICES]
    heard = await asyncio.gather(*(heard_from(client, sound, phrases) for sound in sounds))
    return dict(zip(VOICES, heard, strict=True))


@pytest.mark.parametrize("answer", ["да", "нет"])
async def test_yes_and_no(client: VoskRecognizer, answer: str) -> None:
    assert await answers_of_all_voices(client, answer, RESOLVED) == dict.fromkeys(VOICES, answer)


@pytest.mark.parametrize("answer", [phrase for phrase in RATING if phrase != "[unk]"])
async def test_the_rating_of_the_consultant(client: VoskRecognizer, answer: str) -> None:
    spoken = SPELLED_WITH_YO.get(answer, answer)
    assert await answers_of_all_voices(client, spoken, RATING) == dict.fromkeys(VOICES, answer)


@pytest.mark.parametrize("phrases", [RESOLVED, RATING])
async def test_other_speech_is_no_answer(client: VoskRecognizer, phrases: list[str]) -> None:
    heard = await heard_from(client, say("где посмотреть список документов для субсидии", "ru+f3"), phrases)
    assert set(heard.split()) == {"[unk]"}


@pytest.mark.parametrize("phrases", [RESOLVED, RATING])
async def test_silence_is_no_answer(client: VoskRecognizer, phrases: list[str]) -> None:
    listener = Listener()
    listening = client.listen(listener.on_heard, listener.on_reception, phrases)
    await feed(listening, silence(3.0))
    listening.close()
    await asyncio.wait_for(client.aclose(), 10)
    assert listener.text == ""
